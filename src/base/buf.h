/*
 * Owned bytes that grow up to a named ceiling. The first failure sticks: later
 * writes do nothing, and buf_bad() tells. So a text can be built in many steps
 * and looked at once.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

struct buf {
	char *p;
	size_t n;   /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* ceiling on n */
	bool bad;   /* a write failed: ceiling or memory */
	bool full;  /* the ceiling */
};

/* Empty, nothing allocated, at most MAX bytes ever. */
void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);

/* Empty again and good again; keeps the memory. */
void buf_clear(struct buf *b);

/* Empty again, and gives the memory back. */
void buf_release(struct buf *b);

/* The same, and what was in the memory is wiped. (What it left behind by
   growing is not: give it room for a secret first.) */
void buf_wipe(struct buf *b);

/* Each returns 0 or -E_NOMEM, which then sticks. */
int buf_put(struct buf *b, struct span s);
int buf_text(struct buf *b, const char *text);
int buf_char(struct buf *b, char c);
int buf_print(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Removes the first N bytes. */
void buf_drop(struct buf *b, size_t n);

/*
 * Room for at least N more bytes behind the end, to be filled and then counted
 * with buf_grow(). NULL when the ceiling or memory does not allow it; asking
 * is no write, so nothing sticks then.
 */
char *buf_room(struct buf *b, size_t n);
void buf_grow(struct buf *b, size_t n);

/* All bytes; borrowed until the next change. */
struct span buf_span(const struct buf *b);
bool buf_bad(const struct buf *b);

/* Why: -E_RANGE for the ceiling, at which it would fail again, or -E_NOMEM; 0
   for a good one. */
int buf_error(const struct buf *b);

/* The text with a NUL behind it (not counted), or "" when that failed. */
const char *buf_string(struct buf *b);

#endif
