/*
 * A message of a stranger: its header section, MIME, text and attachments, as
 * they are shown. The first line of the input is a name of a character set.
 * All that comes out is harmless, bounded, and the same however it is split.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/utf8.h"
#include "message/dsn.h"
#include "message/encoded_word.h"
#include "message/head.h"
#include "message/mailbox_list.h"
#include "message/preview.h"
#include "message/shown.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 8192 /* octets of a text that a person is shown */

/* --- the header section --- */

static size_t
collect(struct head *h, struct span message, bool whole)
{
	struct fuzz_pieces pieces = fuzz_pieces(message);
	size_t taken = 0;

	head_init(h);
	while (taken < message.n && !h->complete) {
		size_t left = message.n - taken;
		size_t n = whole ? left : fuzz_piece(&pieces, left);
		size_t used = head_feed(h, span_part(message, taken, n));

		assert(used <= n && (used == n || h->complete));
		taken += used;
	}
	if (!h->complete)
		head_end(h);
	return taken;
}

static void
check_edit(const struct head *h)
{
	const struct span added = span_of("Received: x\r\n");
	struct buf edited;

	buf_init(&edited, HEAD_MAX + HEAD_ADDED_MAX);
	assert(head_edit(h, span_of(""), false, &edited) == 0);
	assert(fuzz_same(&edited, &h->text));
	buf_clear(&edited);
	assert(head_edit(h, added, true, &edited) == 0);
	assert(span_starts_nocase(buf_span(&edited), added));
	buf_fini(&edited);
}

static void
check_value(struct span value)
{
	char text[1024], type[MIME_TYPE_ROOM];
	size_t n = encoded_word_text(value, text, sizeof text);
	struct span rest = value;

	assert(n == strlen(text));
	fuzz_assert_shown(text, sizeof text, false);
	if (mime_type(value, type))
		fuzz_assert_shown(type, sizeof type, false);
	n = mime_text(value, "name", text, sizeof text);
	assert(n == strlen(text));
	fuzz_assert_shown(text, sizeof text, false);
	if (mime_octets(value, "boundary", text, sizeof text, &n))
		assert(n > 0 && n < sizeof text && text[n] == '\0' &&
		       mime_has(value, "boundary"));
	while (mailbox_list_next(&rest, text, sizeof text) == 1) {
		assert(strchr(text, '@') != NULL);
		for (const char *c = text; *c != '\0'; c++)
			assert((unsigned char)*c >= ' ' && *c != 127);
	}
}

static void
check_fields(const struct head *h)
{
	const char *end = h->text.p + h->text.n;
	struct span field, name, value;
	size_t at = 0, before = 0;
	struct head_facts facts;
	char text[320];
	int rc = 1;

	while (head_next(h, &at, &field, &name, &value) == 1) {
		assert(at > before && at <= h->text.n);
		before = at;
		assert(field.p >= h->text.p && field.p + field.n <= end);
		assert(name.n > 0 && name.n + value.n < field.n);
		check_value(value);
	}
	head_facts(h, &facts);
	at = 0;
	while (rc != 0) {
		rc = head_from(h, &at, text, sizeof text);
		assert(rc == 0 || rc == 1 || rc == -E_SYNTAX);
	}
	assert(dsn_is_automatic(buf_span(&h->text)) ==
	       dsn_is_automatic(buf_span(&h->text)));
}

static void
check_is_front(const struct head *h, struct span message, size_t taken)
{
	assert(h->complete && h->text.n == taken && taken <= HEAD_MAX);
	assert(span_equals(buf_span(&h->text), span_part(message, 0, taken)));
}

static void
check_head(struct span message)
{
	struct head whole, split;
	size_t taken = collect(&whole, message, true);
	size_t taken_split = collect(&split, message, false);

	check_is_front(&whole, message, taken);
	check_is_front(&split, message, taken_split);
	assert(whole.none == split.none && whole.cut == split.cut);
	/* Without one, what was taken before that was known stays. */
	assert(taken == taken_split || whole.none);
	if (!whole.none) {
		check_fields(&whole);
		check_edit(&whole);
	}
	head_fini(&whole);
	head_fini(&split);
}

/* --- what a person is shown --- */

static struct preview *
look(struct span message, bool whole)
{
	struct fuzz_pieces pieces = fuzz_pieces(message);
	struct preview *p = preview_new();

	assert(p != NULL);
	for (size_t n = message.n; message.n > 0;
	     message = span_skip(message, n)) {
		n = whole ? message.n : fuzz_piece(&pieces, message.n);
		preview_feed(p, span_part(message, 0, n));
	}
	preview_end(p);
	return p;
}

static void
check_preview(struct span message)
{
	struct preview *whole = look(message, true);
	struct preview *split = look(message, false);
	const struct preview_facts *facts = preview_facts(whole);

	fuzz_assert_shown(facts->subject, sizeof facts->subject, false);
	fuzz_assert_shown(facts->text, sizeof facts->text, true);
	assert(strlen(facts->text) <= SHOWN_MAX);
	assert(facts->listed <= facts->attachments);
	assert(facts->listed <= PREVIEW_LISTED);
	assert(!facts->broken); /* no ceiling is in its way */
	for (unsigned i = 0; i < facts->listed; i++) {
		const struct preview_attachment *a = &facts->list[i];

		fuzz_assert_shown(a->name, sizeof a->name, false);
		fuzz_assert_shown(a->type, sizeof a->type, false);
	}
	assert(memcmp(facts, preview_facts(split), sizeof *facts) == 0);
	preview_free(&whole);
	preview_free(&split);
}

/* --- character sets, HTML --- */

static void
decode(struct span name, struct span octets, bool whole, struct buf *text)
{
	struct fuzz_pieces pieces = fuzz_pieces(octets);
	struct charset c;

	charset_open(&c, name);
	for (size_t n = 0; octets.n > 0; octets = span_skip(octets, n)) {
		size_t before = text->n;

		n = whole ? octets.n : fuzz_piece(&pieces, octets.n);
		assert(charset_feed(&c, span_part(octets, 0, n), text) == 0);
		assert(text->n - before <= 3 * (n + CHARSET_HELD));
	}
	assert(charset_end(&c, text) == 0);
	charset_close(&c);
	assert(utf8_is_valid(buf_span(text)));
}

static void
strip(struct span octets, bool whole, struct buf *text)
{
	struct fuzz_pieces pieces = fuzz_pieces(octets);
	struct html_text h;

	html_text_init(&h);
	for (size_t n = 0; octets.n > 0; octets = span_skip(octets, n)) {
		size_t before = text->n;

		n = whole ? octets.n : fuzz_piece(&pieces, octets.n);
		assert(html_text_feed(&h, span_part(octets, 0, n), text) == 0);
		assert(text->n - before <= 3 * (n + HTML_TEXT_NAME));
	}
	assert(html_text_end(&h, text) == 0);
}

static void
check_text(struct span name, struct span octets)
{
	struct buf whole, split, html, html_split;

	buf_init(&whole, 4 * octets.n + 1024);
	buf_init(&split, 4 * octets.n + 1024);
	buf_init(&html, 16 * octets.n + 4096);
	buf_init(&html_split, 16 * octets.n + 4096);
	decode(name, octets, true, &whole);
	decode(name, octets, false, &split);
	assert(fuzz_same(&whole, &split));
	strip(buf_span(&whole), true, &html);
	strip(buf_span(&whole), false, &html_split);
	assert(fuzz_same(&html, &html_split));
	assert(utf8_is_valid(buf_span(&html)));
	buf_fini(&whole);
	buf_fini(&split);
	buf_fini(&html);
	buf_fini(&html_split);
}

void
fuzz_one(struct span input)
{
	struct span name = {"", 0};

	span_cut(&input, '\n', &name);
	if (input.n == 0)
		return;
	check_head(input);
	check_preview(input);
	check_text(name, input);
}
