/*
 * Which characters may be shown. A terminal obeys escapes, a mail program turns
 * text around where it is told to, and a person believes what is seen: so what
 * a stranger wrote is never shown as it came.
 *
 * Not for characters that merely look like others, and not for HTML.
 *
 * Read on in shown.h; UTF-8 itself is in base/utf8.c.
 */
#include "message/shown.h"

#include "base/utf8.h"

#include <assert.h>
#include <string.h>

struct range {
	uint32_t first, last;
	uint32_t shown; /* what stands for them */
};

/* In order. Everything that is not here is shown as it is. */
static const struct range ranges[] = {
    {0x0000, 0x0008, UTF8_UNKNOWN}, {0x0009, 0x0009, ' '},
    {0x000a, 0x000d, '\n'}, /* LF, VT, FF, CR */
    {0x000e, 0x001f, UTF8_UNKNOWN}, {0x007f, 0x0084, UTF8_UNKNOWN},
    {0x0085, 0x0085, '\n'}, /* next line */
    {0x0086, 0x009f, UTF8_UNKNOWN}, {0x00a0, 0x00a0, ' '},
    {0x00ad, 0x00ad, 0}, /* soft hyphen */
    {0x034f, 0x034f, 0}, /* grapheme joiner: filler in newsletters */
    {0x061c, 0x061c, UTF8_UNKNOWN}, {0x180e, 0x180e, 0},
    {0x2000, 0x200a, ' '}, /* spaces of all widths */
    {0x200b, 0x200b, 0},
    /* 200c and 200d, the joiners, are needed to spell. */
    {0x200e, 0x200f, UTF8_UNKNOWN}, /* marks of direction */
    {0x2028, 0x2029, '\n'},
    {0x202a, 0x202e, UTF8_UNKNOWN}, /* embedding, override */
    {0x202f, 0x202f, ' '}, {0x205f, 0x205f, ' '}, {0x2060, 0x2065, 0},
    {0x2066, 0x2069, UTF8_UNKNOWN}, /* isolates */
    {0x206a, 0x206f, 0}, {0x3000, 0x3000, ' '}, {0xfeff, 0xfeff, 0},
    {0xfff9, 0xfffb, 0}, {0xe0000, 0xe007f, 0}, /* tags */
};

uint32_t
shown_character(uint32_t c)
{
	if (c >= 0x20 && c < 0x7f)
		return c;
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		if (c < ranges[i].first)
			break;
		if (c <= ranges[i].last)
			return ranges[i].shown;
	}
	return c;
}

/* The next character of *REST as it is shown; CR LF is one line end. */
static uint32_t
next_shown(struct span *rest)
{
	uint32_t c = UTF8_UNKNOWN;
	size_t n = utf8_read(*rest, &c);

	if (n == 0)
		n = 1;
	if (c == '\r' && rest->n > 1 && rest->p[1] == '\n')
		n = 2;
	*rest = span_skip(*rest, n);
	return shown_character(c);
}

/* Passes over the blanks at the start of *REST. */
static void
skip_blanks(struct span *rest)
{
	while (rest->n > 0) {
		struct span behind = *rest;
		const uint32_t c = next_shown(&behind);

		if (c != ' ' && c != '\n' && c != 0)
			break;
		*rest = behind;
	}
}

size_t
shown_text(struct span text, enum shown_form form, char *to, size_t room)
{
	size_t at = 0;

	assert(room > 0);
	while (text.n > 0) {
		char octets[UTF8_MAX];
		uint32_t c = next_shown(&text);
		size_t n;

		if (c == 0)
			continue;
		if (form == SHOWN_LINE && (c == '\n' || c == ' ')) {
			skip_blanks(&text);
			c = ' ';
		}
		n = utf8_write(c, octets);
		if (n >= room - at)
			break;
		memcpy(to + at, octets, n);
		at += n;
	}
	to[at] = '\0';
	return at;
}
