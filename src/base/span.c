/*
 * Looking at borrowed bytes: cutting, comparing, searching, reading numbers.
 *
 * Not for text with a meaning: mail addresses, header fields and command lines
 * have parsers of their own in proto/ and message/. Nothing here depends on
 * the locale; letters are the ASCII letters.
 *
 * Read on in span.h, and in buf.h for bytes that are owned.
 */
#include "base/span.h"

#include "base/err.h"

#include <string.h>

#define NUMBER_DIGITS 19 /* the most that surely fit into 64 bits (WIRE 2) */

struct span
span_of(const char *text)
{
	return (struct span){text, text == NULL ? 0 : strlen(text)};
}

struct span
span_make(const void *p, size_t n)
{
	return (struct span){p, n};
}

struct span
span_part(struct span s, size_t at, size_t n)
{
	struct span rest = span_skip(s, at);

	if (n < rest.n)
		rest.n = n;
	return rest;
}

struct span
span_skip(struct span s, size_t n)
{
	if (n > s.n)
		n = s.n;
	/* Adding even 0 to NULL is undefined. */
	if (n == 0)
		return s;
	return (struct span){s.p + n, s.n - n};
}

bool
span_equals(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
span_equals_secret(struct span a, struct span b)
{
	volatile unsigned char differs = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differs |= (unsigned char)(a.p[i] ^ b.p[i]);
	return differs == 0;
}

bool
span_equals_nocase(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	}
	return true;
}

bool
span_starts_nocase(struct span s, struct span prefix)
{
	return s.n >= prefix.n &&
	       span_equals_nocase(span_part(s, 0, prefix.n), prefix);
}

bool
span_ends_nocase(struct span s, struct span suffix)
{
	return s.n >= suffix.n &&
	       span_equals_nocase(span_skip(s, s.n - suffix.n), suffix);
}

size_t
span_find(struct span s, size_t from, char c)
{
	const char *found;

	if (from >= s.n)
		return s.n;
	found = memchr(s.p + from, (unsigned char)c, s.n - from);
	return found == NULL ? s.n : (size_t)(found - s.p);
}

struct span
span_from_last(struct span s, char c)
{
	size_t at = s.n;

	while (at > 0 && s.p[at - 1] != c)
		at--;
	return at == 0 ? span_of("") : span_skip(s, at - 1);
}

size_t
span_search(struct span s, size_t from, struct span needle)
{
	const char *found;

	if (from > s.n || needle.n > s.n - from)
		return s.n;
	if (needle.n == 0)
		return from;
	found = memmem(s.p + from, s.n - from, needle.p, needle.n);
	return found == NULL ? s.n : (size_t)(found - s.p);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span
span_trim(struct span s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = span_skip(s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
span_cut(struct span *rest, char separator, struct span *word_r)
{
	size_t end;

	if (rest->n == 0)
		return false;
	end = span_find(*rest, 0, separator);
	*word_r = span_part(*rest, 0, end);
	*rest = span_skip(*rest, end == rest->n ? end : end + 1);
	return true;
}

int
span_number(struct span s, uint64_t max, uint64_t *number_r)
{
	uint64_t number = 0;

	if (s.n == 0 || s.n > NUMBER_DIGITS)
		return -E_SYNTAX;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -E_SYNTAX;
		number = number * 10 + (uint64_t)(s.p[i] - '0');
	}
	if (number > max)
		return -E_RANGE;
	*number_r = number;
	return 0;
}

int
span_copy(struct span s, char *to, size_t room)
{
	if (room == 0)
		return -E_RANGE;
	to[0] = '\0';
	if (s.n >= room || span_find(s, 0, '\0') < s.n)
		return -E_RANGE;
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return 0;
}
