/*
 * Borrowed bytes. A span points into somebody else's memory and never owns
 * it; whoever hands one out says how long it may be used. Spans are not
 * NUL-terminated and may hold any octet.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *p;
	size_t n;
};

/* The bytes of a C string, without its NUL; NULL gives the empty span. */
struct span span_of(const char *text);

/* N bytes at P. */
struct span span_make(const void *p, size_t n);

/* The part from AT (cut to the end) of at most N bytes. */
struct span span_part(struct span s, size_t at, size_t n);

/* What is left after the first N bytes (N cut to the length). */
struct span span_skip(struct span s, size_t n);

bool span_equals(struct span a, struct span b);

/* The same in a time that tells only the lengths: for what is secret. */
bool span_equals_secret(struct span a, struct span b);

/* ASCII letters without case; every other octet exactly. */
bool span_equals_nocase(struct span a, struct span b);
bool span_starts_nocase(struct span s, struct span prefix);
bool span_ends_nocase(struct span s, struct span suffix);

/* Index of the first C at or after FROM, or s.n when there is none. */
size_t span_find(struct span s, size_t from, char c);

/* Index of the first occurrence of NEEDLE at or after FROM, or s.n. */
size_t span_search(struct span s, size_t from, struct span needle);

/* From the last C to the end; empty when there is none. */
struct span span_from_last(struct span s, char c);

/* Without spaces, tabs, CR and LF at both ends. */
struct span span_trim(struct span s);

/*
 * Takes the text up to SEPARATOR from *REST into *WORD and moves *REST past
 * the separator. The last word ends at the end. False when *REST was empty.
 */
bool span_cut(struct span *rest, char separator, struct span *word_r);

/*
 * A decimal number of 1 to 19 digits and nothing else, at most MAX.
 * 0 done, -E_SYNTAX not a number, -E_RANGE too large.
 */
int span_number(struct span s, uint64_t max, uint64_t *number_r);

/*
 * Copies S with a NUL into ROOM bytes at TO. -E_RANGE when it does not fit
 * or holds a NUL itself; TO is then the empty string.
 */
int span_copy(struct span s, char *to, size_t room);

#endif
