/*
 * The log of base/log.h for tests that print nothing: each line is formatted,
 * so that a wrong argument is found, and then forgotten. Compiled into a test,
 * it stands in the place of base/log.c.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void
log_open(const char *name)
{
	(void)name;
}

void
log_never_block(void)
{
}

void
log_event(const char *event, const char *format, ...)
{
	char line[2048];
	va_list arguments;

	(void)event;
	va_start(arguments, format);
	(void)vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
}

/* Shorter than the real one: nobody reads it. */
const char *
log_quote(struct span s)
{
	static char rooms[8][64];
	static unsigned turn;
	char *room = rooms[turn++ % 8];

	(void)snprintf(
	    room, sizeof rooms[0], "%.*s", (int)s.n, s.p == NULL ? "" : s.p);
	return room;
}

void
log_no_memory(const char *what)
{
	log_event("no-memory", "for=%s", what);
}
