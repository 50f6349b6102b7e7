/*
 * The text that says why something failed, made where the cause is known.
 *
 * Not for logging (log.h does that, once, where the failure is acted upon) and
 * not for replies to peers, which have a table of their own in proto/.
 *
 * Read on in err.h.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *e, int code, const char *format, ...)
{
	va_list arguments;

	if (e == NULL)
		return code;
	e->code = code;
	va_start(arguments, format);
	(void)vsnprintf(e->text, sizeof e->text, format, arguments);
	va_end(arguments);
	return code;
}

int
err_system(struct err *e, const char *format, ...)
{
	const int cause = errno; /* before anything here can change it */
	va_list arguments;
	size_t n;

	if (e == NULL)
		return -E_SYSTEM;
	e->code = -E_SYSTEM;
	va_start(arguments, format);
	(void)vsnprintf(e->text, sizeof e->text, format, arguments);
	va_end(arguments);
	n = strlen(e->text);
	(void)snprintf(
	    e->text + n, sizeof e->text - n, ": %s", strerror(cause));
	return -E_SYSTEM;
}

const char *
err_name(int code)
{
	static const char *const names[] = {
	    [0] = "none",
	    [E_NOMEM] = "nomem",
	    [E_SYNTAX] = "syntax",
	    [E_RANGE] = "range",
	    [E_SYSTEM] = "system",
	    [E_AGAIN] = "again",
	    [E_CLOSED] = "closed",
	    [E_NONE] = "missing",
	    [E_EXISTS] = "exists",
	    [E_STATE] = "state",
	    [E_DENIED] = "denied",
	};
	const size_t count = sizeof names / sizeof names[0];

	if (code > 0 || (size_t) - (long)code >= count)
		return "unknown";
	return names[-code];
}
