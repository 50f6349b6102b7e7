/*
 * Why something failed. Functions return 0 or a negative E_* code; where the
 * cause is known, the text for a person is put into a struct err once, and
 * whoever acts upon it logs it once.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_code {
	E_NOMEM = 1, /* memory, or a named ceiling, is used up */
	E_SYNTAX,    /* what was parsed is malformed */
	E_RANGE,     /* well formed, but outside the allowed range */
	E_SYSTEM,    /* the operating system refused; errno is in the text */
	E_AGAIN,     /* not now: try again later */
	E_CLOSED,    /* the other side has gone */
	E_NONE,      /* there is no such thing */
	E_EXISTS,    /* it is there already */
	E_STATE,     /* not legal in this state */
	E_DENIED,    /* not allowed to whoever asked */
};

struct err {
	int code; /* negative E_*, 0 when nothing failed */
	char text[256];
};

/* Fills E (which may be NULL) and returns CODE, so that callers can return it.
 */
int err_set(struct err *e, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and the text of errno at the end, code -E_SYSTEM. */
int err_system(struct err *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A short name for a negative code, for logs; never NULL. */
const char *err_name(int code);

#endif
