/*
 * The first lines of a part: four machines in a row, each fed with what the
 * one before it made, in pieces that bound what is kept in between.
 *
 *   octets -> transfer -> charset -> [ html_text ] -> lines
 *
 * Not for choosing the part: preview.c.
 *
 * Read on in preview_text.h.
 */
#include "message/preview_text.h"

#include "base/utf8.h"
#include "message/shown.h"

#include <string.h>

/* Octets taken in one step, and what each machine may make of them. */
#define PIECE           512
#define TRANSFER_OCTETS (PIECE + TRANSFER_BLANKS)
#define CHARSET_OCTETS  (3 * (TRANSFER_OCTETS + CHARSET_HELD))
#define HTML_OCTETS     (3 * (CHARSET_OCTETS + HTML_TEXT_NAME))

void
preview_text_init(struct preview_text *t, enum transfer_kind transfer,
    struct span charset, bool is_html)
{
	*t = (struct preview_text){.is_html = is_html};
	transfer_init(&t->transfer, transfer);
	charset_open(&t->charset, charset);
	html_text_init(&t->html);
}

/* Appends C unless no room is left for it. */
static void
put(struct preview_text *t, uint32_t c)
{
	char octets[UTF8_MAX];
	const size_t n = utf8_write(c, octets);

	if (t->characters == PREVIEW_TEXT_CHARACTERS)
		t->full = true;
	if (t->full)
		return;
	memcpy(t->text + t->n, octets, n);
	t->n += n;
	t->text[t->n] = '\0';
	t->characters++;
}

static void
end_line(struct preview_text *t)
{
	if (t->in_line && ++t->lines == PREVIEW_TEXT_LINES)
		t->full = true;
	t->in_line = t->space = false;
}

/* C is a character as it is shown. */
static void
take(struct preview_text *t, uint32_t c)
{
	if (c == '\n') {
		end_line(t);
	} else if (c == ' ') {
		t->space = t->in_line;
	} else if (c != 0) {
		if (!t->in_line && t->lines > 0)
			put(t, '\n');
		if (t->space)
			put(t, ' ');
		t->space = false;
		t->in_line = true;
		put(t, c);
	}
}

static void
feed_lines(struct preview_text *t, struct span in)
{
	while (in.n > 0 && !t->full) {
		uint32_t c = UTF8_UNKNOWN;
		const size_t n = utf8_read(in, &c);

		take(t, shown_character(c));
		in = span_skip(in, n > 0 ? n : 1);
	}
}

static void
feed_html(struct preview_text *t, struct span in, bool end)
{
	struct buf text;

	if (!t->is_html) {
		feed_lines(t, in);
		return;
	}
	buf_init(&text, HTML_OCTETS);
	(void)html_text_feed(&t->html, in, &text);
	if (end)
		(void)html_text_end(&t->html, &text);
	t->broken = t->broken || buf_bad(&text);
	feed_lines(t, buf_span(&text));
	buf_fini(&text);
}

/* One piece, or the end. */
static void
feed_piece(struct preview_text *t, struct span in, bool end)
{
	struct buf octets, characters;

	buf_init(&octets, TRANSFER_OCTETS);
	buf_init(&characters, CHARSET_OCTETS);
	(void)transfer_feed(&t->transfer, in, &octets);
	if (end)
		(void)transfer_end(&t->transfer, &octets);
	(void)charset_feed(&t->charset, buf_span(&octets), &characters);
	if (end)
		(void)charset_end(&t->charset, &characters);
	t->broken = t->broken || buf_bad(&octets) || buf_bad(&characters);
	feed_html(t, buf_span(&characters), end);
	buf_fini(&characters);
	buf_fini(&octets);
}

void
preview_text_feed(struct preview_text *t, struct span in)
{
	while (in.n > 0 && !t->full) {
		feed_piece(t, span_part(in, 0, PIECE), false);
		in = span_skip(in, PIECE);
	}
}

void
preview_text_end(struct preview_text *t)
{
	if (!t->full)
		feed_piece(t, span_of(NULL), true);
	end_line(t);
	/* The ceiling may have come behind what was to separate. */
	while (
	    t->n > 0 && (t->text[t->n - 1] == '\n' || t->text[t->n - 1] == ' '))
		t->text[--t->n] = '\0';
	charset_close(&t->charset);
}
