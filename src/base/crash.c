/* Stopping at a named point. Not in any program that is installed. */
#include "base/crash.h"

#ifdef CRASH_POINTS

#include "base/log.h"
#include "base/span.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *name; /* NULL: none */
	size_t length;
	unsigned long left; /* times to pass it before it counts */
	int was_read;
} chosen;

static void
read_choice(void)
{
	const char *text = getenv(CRASH_ENVIRONMENT);
	const char *colon = text != NULL ? strrchr(text, ':') : NULL;

	chosen.was_read = 1;
	if (colon == NULL)
		return;
	chosen.name = text;
	chosen.length = (size_t)(colon - text);
	chosen.left = strtoul(colon + 1, NULL, 10);
}

static int
is_chosen(const char *when, const char *what)
{
	size_t n = strlen(when);

	return n + strlen(what) == chosen.length &&
	       memcmp(chosen.name, when, n) == 0 &&
	       memcmp(chosen.name + n, what, chosen.length - n) == 0;
}

void
crash_point(const char *when, const char *what)
{
	if (!chosen.was_read)
		read_choice();
	if (chosen.name == NULL || chosen.left == 0 || !is_chosen(when, what) ||
	    --chosen.left > 0)
		return;
	log_event("crash-point", "name=%s%s", when, what);
	raise(SIGSTOP);
}

#else
/* A file has to have something in it. */
typedef int crash_points_are_not_compiled_in;
#endif
