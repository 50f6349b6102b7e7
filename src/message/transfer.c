/*
 * base64 and quoted-printable, as mail programs really write them.
 *
 * Not for base64 where one thing must have one spelling: base/base64.c.
 * transfer_meter.c measures parts; it is apart since it must be fast.
 *
 * Read on in transfer.h.
 */
#include "message/transfer.h"

#include "base/err.h"

#include <string.h>

#define LINE_OCTETS 57 /* of a line of 76 in base64 */

enum transfer_kind
transfer_kind(struct span value)
{
	size_t n = 0;

	value = span_trim(value);
	if (value.n > 0 && value.p[0] == '"')
		value = span_skip(value, 1);
	while (n < value.n && strchr(" \t\r\n;(\"", value.p[n]) == NULL)
		n++;
	value = span_part(value, 0, n);
	if (span_equals_nocase(value, span_of("base64")))
		return TRANSFER_BASE64;
	if (span_equals_nocase(value, span_of("quoted-printable")))
		return TRANSFER_QUOTED;
	return TRANSFER_PLAIN;
}

void
transfer_init(struct transfer *t, enum transfer_kind kind)
{
	*t = (struct transfer){.kind = kind, .state = TRANSFER_IN_TEXT};
}

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of C in base64, or -1. */
static int
digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

static void
feed_base64(struct transfer *t, struct span in, struct buf *to)
{
	for (size_t i = 0; i < in.n; i++) {
		const int value = digit_value(in.p[i]);

		/* Padding ends a group; another text may follow it. */
		if (in.p[i] == '=')
			t->count = 0;
		if (value < 0)
			continue;
		t->bits = t->bits << 6 | (uint32_t)value;
		t->count += 6;
		if (t->count < 8)
			continue;
		t->count -= 8;
		(void)buf_char(to, (char)(t->bits >> t->count));
	}
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
put_blanks(struct transfer *t, struct buf *to)
{
	(void)buf_put(to, span_make(t->blanks, t->blanks_n));
	t->blanks_n = 0;
}

/* C stands in the text and nothing is pending but blanks. */
static void
take_text(struct transfer *t, char c, struct buf *to)
{
	if (is_blank(c)) {
		if (t->blanks_n == sizeof t->blanks)
			put_blanks(t, to);
		t->blanks[t->blanks_n++] = c;
		return;
	}
	if (c == '\r' || c == '\n')
		t->blanks_n = 0;
	else
		put_blanks(t, to);
	if (c == '=')
		t->state = TRANSFER_BEHIND_EQUAL;
	else
		(void)buf_char(to, c);
}

/* What was pending turned out to be text; C follows it. */
static void
take_back(struct transfer *t, char c, struct buf *to)
{
	(void)buf_char(to, '=');
	if (t->state == TRANSFER_BEHIND_DIGIT)
		(void)buf_char(to, t->digit);
	t->state = TRANSFER_IN_TEXT;
	take_text(t, c, to);
}

static void
take_quoted(struct transfer *t, char c, struct buf *to)
{
	switch (t->state) {
	case TRANSFER_IN_TEXT:
		take_text(t, c, to);
		return;
	case TRANSFER_BEHIND_EQUAL:
		if (hex_value(c) >= 0) {
			t->digit = c;
			t->state = TRANSFER_BEHIND_DIGIT;
		} else if (c == '\n') {
			t->state = TRANSFER_IN_TEXT;
		} else if (c == '\r' || is_blank(c)) {
			t->state = TRANSFER_IN_SOFT_END;
		} else {
			take_back(t, c, to);
		}
		return;
	case TRANSFER_BEHIND_DIGIT:
		if (hex_value(c) < 0) {
			take_back(t, c, to);
			return;
		}
		(void)buf_char(
		    to, (char)(hex_value(t->digit) << 4 | hex_value(c)));
		t->state = TRANSFER_IN_TEXT;
		return;
	case TRANSFER_IN_SOFT_END:
		if (c == '\n')
			t->state = TRANSFER_IN_TEXT;
		else if (c != '\r' && !is_blank(c))
			take_back(t, c, to);
		return;
	}
}

int
transfer_feed(struct transfer *t, struct span in, struct buf *to)
{
	switch (t->kind) {
	case TRANSFER_PLAIN:
		(void)buf_put(to, in);
		break;
	case TRANSFER_BASE64:
		feed_base64(t, in, to);
		break;
	case TRANSFER_QUOTED:
		for (size_t i = 0; i < in.n; i++)
			take_quoted(t, in.p[i], to);
		break;
	}
	return buf_bad(to) ? -E_NOMEM : 0;
}

int
transfer_end(struct transfer *t, struct buf *to)
{
	/* "=" alone was a soft line end; blanks at the end of a line go. */
	if (t->kind == TRANSFER_QUOTED && t->state == TRANSFER_BEHIND_DIGIT) {
		(void)buf_char(to, '=');
		(void)buf_char(to, t->digit);
	}
	transfer_init(t, t->kind);
	return buf_bad(to) ? -E_NOMEM : 0;
}

/* One line, or what is left at the end. */
static void
put_base64_line(struct span in, struct buf *to)
{
	for (size_t i = 0; i < in.n; i += 3) {
		const size_t left = in.n - i;
		uint32_t bits = (uint32_t)(unsigned char)in.p[i] << 16;

		if (left > 1)
			bits |= (uint32_t)(unsigned char)in.p[i + 1] << 8;
		if (left > 2)
			bits |= (unsigned char)in.p[i + 2];
		(void)buf_char(to, alphabet[bits >> 18]);
		(void)buf_char(to, alphabet[bits >> 12 & 63]);
		(void)buf_char(to, left > 1 ? alphabet[bits >> 6 & 63] : '=');
		(void)buf_char(to, left > 2 ? alphabet[bits & 63] : '=');
	}
}

int
transfer_base64(struct span in, struct buf *to)
{
	for (size_t at = 0; at < in.n; at += LINE_OCTETS) {
		put_base64_line(span_part(in, at, LINE_OCTETS), to);
		(void)buf_text(to, "\r\n");
	}
	return buf_bad(to) ? -E_NOMEM : 0;
}
