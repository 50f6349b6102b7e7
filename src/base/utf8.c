/*
 * UTF-8 by the table of RFC 3629 4, which says for each first octet how many
 * follow and what the second may be; so nothing overlong, no surrogate and
 * nothing beyond U+10FFFF passes, and a wrong sequence is seen at the first
 * octet that makes it wrong.
 *
 * Not for judging which characters are fit to be shown (message/shown.c), and
 * not for folding: libidn2 does domains, and local parts stay as they came.
 *
 * Read on in utf8.h.
 */
#include "base/utf8.h"

struct form {
	unsigned char first, last;               /* of the first octet */
	unsigned char second_least, second_most; /* of the second */
	unsigned char octets;
};

static const struct form forms[] = {
    {0x00, 0x7f, 0x00, 0x00, 1},
    {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct form *
form_of(unsigned char first)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (first >= forms[i].first && first <= forms[i].last)
			return &forms[i];
	}
	return NULL;
}

/* How many octets of S are what FORM asks for, at most all of them. */
static size_t
fitting(struct span s, const struct form *form)
{
	size_t n = 1;

	for (; n < s.n && n < form->octets; n++) {
		const unsigned char c = (unsigned char)s.p[n];
		const bool second = n == 1;

		if (c < (second ? form->second_least : 0x80) ||
		    c > (second ? form->second_most : 0xbf))
			break;
	}
	return n;
}

size_t
utf8_read(struct span s, uint32_t *c_r)
{
	const struct form *form;
	uint32_t c;

	if (s.n == 0)
		return 0;
	c = (unsigned char)s.p[0];
	form = form_of((unsigned char)c);
	if (form == NULL || fitting(s, form) < form->octets)
		return 0;
	if (form->octets > 1)
		c &= 0x7fu >> form->octets;
	for (size_t i = 1; i < form->octets; i++)
		c = c << 6 | ((unsigned char)s.p[i] & 0x3f);
	*c_r = c;
	return form->octets;
}

bool
utf8_is_cut(struct span s)
{
	const struct form *form;

	if (s.n == 0)
		return false;
	form = form_of((unsigned char)s.p[0]);
	return form != NULL && s.n < form->octets && fitting(s, form) == s.n;
}

size_t
utf8_write(uint32_t c, char to[UTF8_MAX])
{
	size_t n;

	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = UTF8_UNKNOWN;
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	/* As many leading ones as there are octets. */
	to[0] = (char)(0xf00u >> n | c);
	return n;
}

struct span
utf8_part(struct span s, size_t max)
{
	size_t n = max;

	if (s.n <= max)
		return s;
	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	/* No UTF-8 at all: callers that go on with the rest must get on. */
	if (max - n >= UTF8_MAX)
		n = max;
	return span_part(s, 0, n);
}

bool
utf8_is_valid(struct span s)
{
	uint32_t c;
	size_t n = 1;

	for (; s.n > 0 && n > 0; s = span_skip(s, n))
		n = utf8_read(s, &c);
	return n > 0;
}

bool
utf8_is_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	}
	return true;
}
