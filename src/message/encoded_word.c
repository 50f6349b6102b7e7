/*
 * RFC 2047 both ways.
 *
 *   word     = "=?" charset [ "*" language ] "?" encoding "?" text "?="
 *   encoding = "B" / "Q"                       (either case)
 *
 * Reading takes a word wherever it stands: within quotation marks, without
 * spaces around it, longer than 75 octets, with spaces in its text. Nothing in
 * a value that is no word can make another part of it unreadable.
 *
 * Not for parameters, which have an encoding of their own (mime.c).
 *
 * Read on in encoded_word.h.
 */
#include "message/encoded_word.h"

#include "base/err.h"
#include "base/utf8.h"
#include "message/charset.h"
#include "message/shown.h"
#include "message/transfer.h"

#include <string.h>

#define VALUE_MAX     8192 /* octets of a value that are looked at */
#define CHARSET_ROOM  60   /* octets of a charset's name */
#define TEXT_OCTETS   45 /* in a written word: 60 of base64, 72 with the rest */
#define WRITTEN_BEGIN "=?UTF-8?B?"

struct word {
	struct span charset, text;
	bool is_quoted; /* Q, not B */
	size_t n;       /* octets of the whole word */
};

/* Is there a word at the start of S? */
static bool
read_word(struct span s, struct word *word_r)
{
	const struct span end = span_of("?=");
	size_t at, text;
	char encoding;

	if (s.n < 2 || s.p[0] != '=' || s.p[1] != '?')
		return false;
	at = span_find(span_part(s, 0, 2 + CHARSET_ROOM), 2, '?');
	if (at == 2 || at + 3 >= s.n || s.p[at] != '?' || s.p[at + 2] != '?')
		return false;
	encoding = (char)(s.p[at + 1] & ~0x20);
	if (encoding != 'B' && encoding != 'Q')
		return false;
	text = at + 3;
	at = span_search(s, text, end);
	if (at == s.n)
		return false;
	word_r->charset = span_part(s, 2, text - 5);
	word_r->charset.n = span_find(word_r->charset, 0, '*');
	word_r->text = span_part(s, text, at - text);
	word_r->is_quoted = encoding == 'Q';
	word_r->n = at + end.n;
	return true;
}

/* The octets that W stands for, still in its character set. */
static void
put_octets(const struct word *w, struct buf *to)
{
	struct transfer t;

	transfer_init(&t, w->is_quoted ? TRANSFER_QUOTED : TRANSFER_BASE64);
	for (size_t i = 0; i < w->text.n; i++) {
		const char c = w->text.p[i];

		/* In Q a space is spelled "_", and none stands at an end. */
		if (w->is_quoted && (c == '_' || c == ' '))
			(void)transfer_feed(&t, span_of("=20"), to);
		else
			(void)transfer_feed(&t, span_make(&c, 1), to);
	}
	(void)transfer_end(&t, to);
}

/* A value being read. */
struct reader {
	struct buf *to;
	struct buf octets; /* of one word */
	bool in_word;      /* what was read last is a word; charset is open */
	struct span charset_name;
	struct charset charset;
};

static void
leave_word(struct reader *r)
{
	if (!r->in_word)
		return;
	(void)charset_end(&r->charset, r->to);
	charset_close(&r->charset);
	r->in_word = false;
}

static void
take_word(struct reader *r, const struct word *w)
{
	if (r->in_word && !span_equals_nocase(r->charset_name, w->charset))
		leave_word(r);
	if (!r->in_word)
		charset_open(&r->charset, w->charset);
	r->in_word = true;
	r->charset_name = w->charset;
	buf_clear(&r->octets);
	put_octets(w, &r->octets);
	(void)charset_feed(&r->charset, buf_span(&r->octets), r->to);
}

/* VALUE with its words decoded behind TO. */
static void
decode(struct span value, struct buf *to)
{
	struct reader r = {.to = to};
	size_t blanks = 0; /* behind a word: not written yet */
	struct word word;

	buf_init(&r.octets, VALUE_MAX);
	while (blanks < value.n) {
		const struct span rest = span_skip(value, blanks);

		if (read_word(rest, &word)) {
			take_word(&r, &word);
			value = span_skip(rest, word.n);
			blanks = 0;
		} else if (r.in_word && strchr(" \t\r\n", rest.p[0]) != NULL &&
			   rest.p[0] != '\0') {
			blanks++;
		} else {
			const size_t n = span_find(value, blanks + 1, '=');

			leave_word(&r);
			(void)buf_put(to, span_part(value, 0, n));
			value = span_skip(value, n);
			blanks = 0;
		}
	}
	leave_word(&r);
	buf_fini(&r.octets);
}

size_t
encoded_word_text(struct span value, char *to, size_t room)
{
	struct buf text;
	size_t n;

	value = span_part(span_trim(value), 0, VALUE_MAX);
	if (span_search(value, 0, span_of("=?")) == value.n)
		return shown_text(value, SHOWN_LINE, to, room);
	buf_init(&text, 3 * (VALUE_MAX + CHARSET_HELD));
	decode(value, &text);
	n = shown_text(span_trim(buf_span(&text)), SHOWN_LINE, to, room);
	buf_fini(&text);
	return n;
}

int
encoded_word_print(struct span text, struct buf *to)
{
	bool first = true;

	while (text.n > 0) {
		const struct span part = utf8_part(text, TEXT_OCTETS);

		if (!first)
			(void)buf_text(to, "\r\n ");
		(void)buf_text(to, WRITTEN_BEGIN);
		(void)transfer_base64(part, to);
		/* That was one line; its end is not wanted here. */
		if (!buf_bad(to))
			to->n -= 2;
		(void)buf_text(to, "?=");
		text = span_skip(text, part.n);
		first = false;
	}
	return buf_bad(to) ? -E_NOMEM : 0;
}
