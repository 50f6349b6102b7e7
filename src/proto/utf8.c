/*
 * Checking UTF-8. Not for converting or folding it: libidn2 does domains, and
 * local parts stay as they came. See utf8.h; RFC 3629 3 and 4.
 */
#include "proto/utf8.h"

struct form {
	unsigned char mask, lead; /* first octet & mask == lead */
	unsigned more;            /* continuation octets */
	uint32_t least;           /* smaller values have a shorter form */
};

static const struct form forms[] = {
    {0x80, 0x00, 0, 0x0},
    {0xe0, 0xc0, 1, 0x80},
    {0xf0, 0xe0, 2, 0x800},
    {0xf8, 0xf0, 3, 0x10000},
};

static const struct form *
form_of(unsigned char first)
{
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((first & forms[i].mask) == forms[i].lead)
			return &forms[i];
	}
	return NULL;
}

size_t
utf8_length(struct span s)
{
	unsigned char first = s.n > 0 ? (unsigned char)s.p[0] : 0;
	const struct form *form = form_of(first);
	uint32_t value;

	if (form == NULL || s.n < 1 + form->more)
		return 0;
	value = first & (unsigned char)~form->mask;
	for (unsigned i = 1; i <= form->more; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (c & 0x3f);
	}
	if (value < form->least || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	return 1 + form->more;
}

bool
utf8_is_valid(struct span s)
{
	while (s.n > 0) {
		size_t n = utf8_length(s);

		if (n == 0)
			return false;
		s = span_skip(s, n);
	}
	return true;
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
