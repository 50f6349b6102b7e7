/*
 * One line an event on standard error, never waiting for whoever reads it.
 *
 * Not for content, not for secrets, and not for texts that a peer gets to see.
 *
 * Read on in log.h. A line is made in memory and leaves in one write, which a
 * pipe takes whole or not at all as long as it is no longer than PIPE_BUF
 * (pipe(7)): lines of several processes do not mix.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 2000 /* with its line end; below PIPE_BUF */
#define QUOTE_ROOMS     8    /* calls of log_quote() in one event */
#define QUOTE_OCTETS    200

_Static_assert(LINE_MAX_OCTETS <= PIPE_BUF, "a line leaves whole");

static const char *role = "restante";
static unsigned long dropped; /* lines lost since the last one that fitted */

void
log_open(const char *name)
{
	role = name;
}

void
log_never_block(void)
{
	const int flags = fcntl(STDERR_FILENO, F_GETFL);

	/* Without standard error there is nobody to tell. */
	if (flags >= 0)
		(void)fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
}

/* A line under construction: what does not fit is cut. */
struct line {
	char text[LINE_MAX_OCTETS];
	size_t n;
};

static void __attribute__((format(printf, 2, 0)))
add_list(struct line *l, const char *format, va_list arguments)
{
	const size_t room = sizeof l->text - l->n;
	const int n = vsnprintf(l->text + l->n, room, format, arguments);

	if (n > 0)
		l->n += (size_t)n < room ? (size_t)n : room - 1;
}

static void __attribute__((format(printf, 2, 3)))
add(struct line *l, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_list(l, format, arguments);
	va_end(arguments);
}

static void
add_time(struct line *l)
{
	struct timespec now = {0};
	struct tm parts = {0};
	char text[sizeof "2026-11-22T10:00:00"];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &parts);
	if (strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
		text[0] = '\0';
	add(l, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

/*
 * Replaces what could begin another line or steer a terminal. Callers quote
 * what comes from strangers; this is for the day one of them forgets.
 */
static void
make_harmless(struct line *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->text[i] < ' ' || l->text[i] == '\177')
			l->text[i] = '?';
	}
}

static void
write_line(const struct line *l)
{
	ssize_t n;

	do {
		n = write(STDERR_FILENO, l->text, l->n);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)l->n)
		dropped = 0;
	else
		dropped++;
}

void
log_event(const char *event, const char *format, ...)
{
	const int before = errno; /* logging must not disturb its caller */
	struct line l = {.n = 0};
	va_list arguments;

	add_time(&l);
	add(&l, " %s[%ld] %s", role, (long)getpid(), event);
	if (dropped > 0)
		add(&l, " dropped-lines=%lu", dropped);
	add(&l, " ");
	va_start(arguments, format);
	add_list(&l, format, arguments);
	va_end(arguments);
	make_harmless(&l);
	while (l.text[l.n - 1] == ' ')
		l.n--;
	/* vsnprintf left a NUL behind the text: the line end takes its place.
	 */
	l.text[l.n++] = '\n';
	write_line(&l);
	errno = before;
}

const char *
log_quote(struct span s)
{
	static char rooms[QUOTE_ROOMS][4 * QUOTE_OCTETS + 3];
	static const char digits[] = "0123456789abcdef";
	static unsigned turn;
	char *const room = rooms[turn++ % QUOTE_ROOMS];
	const bool quoted = s.n == 0 || span_find(s, 0, ' ') < s.n;
	char *to = room;

	if (quoted)
		*to++ = '"';
	for (size_t i = 0; i < s.n && i < QUOTE_OCTETS; i++) {
		const uint8_t c = (uint8_t)s.p[i];

		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
			*to++ = (char)c;
			continue;
		}
		*to++ = '\\';
		*to++ = 'x';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	if (quoted)
		*to++ = '"';
	*to = '\0';
	return room;
}

void
log_no_memory(const char *what)
{
	log_event("no-memory", "for=%s", what);
}
