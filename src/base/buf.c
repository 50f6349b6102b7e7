/*
 * Owned bytes that grow, never past their ceiling, and whose first failure
 * sticks.
 *
 * Not a queue for much traffic: buf_drop() moves what is left to the front,
 * which is cheap for the few kilobytes of a connection and for nothing else.
 * For secrets only with care: see buf_wipe().
 *
 * Read on in buf.h.
 *
 *   p |#### n bytes ####|.... free ....|     n <= cap, n <= max
 *                                            cap <= max + 1 (a closing NUL)
 */
#include "base/buf.h"

#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64 /* most short texts fit without a second step */

void
buf_init(struct buf *b, size_t max)
{
	assert(max < SIZE_MAX);
	*b = (struct buf){.max = max};
}

void
buf_fini(struct buf *b)
{
	buf_release(b);
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
	b->bad = b->full = false;
}

void
buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf){.max = b->max};
}

void
buf_wipe(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	buf_release(b);
}

/* Makes CAP at least WANTED, which may be one more than the ceiling. */
static bool
enlarge(struct buf *b, size_t wanted)
{
	size_t cap = b->cap == 0 ? FIRST_CAPACITY : b->cap;
	char *p;

	if (wanted <= b->cap)
		return true;
	while (cap < wanted)
		cap = cap > SIZE_MAX / 2 ? wanted : cap * 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	p = realloc(b->p, cap);
	if (p == NULL)
		return false;
	b->p = p;
	b->cap = cap;
	return true;
}

char *
buf_room(struct buf *b, size_t n)
{
	if (b->bad || n > b->max - b->n)
		return NULL;
	/* Never ask for nothing, so that NULL always means failure. */
	if (!enlarge(b, b->n + (n == 0 ? 1 : n)))
		return NULL;
	return b->p + b->n;
}

void
buf_grow(struct buf *b, size_t n)
{
	assert(n <= b->cap - b->n && n <= b->max - b->n);
	b->n += n;
}

/* N more were wanted. */
static int
fail(struct buf *b, size_t n)
{
	if (!b->bad)
		b->full = n > b->max - b->n;
	b->bad = true;
	return -E_NOMEM;
}

int
buf_put(struct buf *b, struct span s)
{
	char *room = buf_room(b, s.n);

	if (room == NULL)
		return fail(b, s.n);
	if (s.n > 0)
		memcpy(room, s.p, s.n);
	buf_grow(b, s.n);
	return 0;
}

int
buf_text(struct buf *b, const char *text)
{
	return buf_put(b, span_of(text));
}

int
buf_char(struct buf *b, char c)
{
	return buf_put(b, span_make(&c, 1));
}

int
buf_print(struct buf *b, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (b->bad || n < 0 || (size_t)n > b->max - b->n)
		return fail(b, n < 0 ? 0 : (size_t)n);
	/* vsnprintf wants a byte for its NUL, which is then not counted. */
	if (!enlarge(b, b->n + (size_t)n + 1))
		return fail(b, (size_t)n);
	va_start(arguments, format);
	(void)vsnprintf(b->p + b->n, (size_t)n + 1, format, arguments);
	va_end(arguments);
	b->n += (size_t)n;
	return 0;
}

void
buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->n);
	b->n -= n;
	if (b->n > 0)
		memmove(b->p, b->p + n, b->n);
}

struct span
buf_span(const struct buf *b)
{
	return span_make(b->p, b->n);
}

bool
buf_bad(const struct buf *b)
{
	return b->bad;
}

int
buf_error(const struct buf *b)
{
	if (!b->bad)
		return 0;
	return b->full ? -E_RANGE : -E_NOMEM;
}

const char *
buf_string(struct buf *b)
{
	if (b->bad || !enlarge(b, b->n + 1))
		return "";
	b->p[b->n] = '\0';
	return b->p;
}
