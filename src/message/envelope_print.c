/*
 * Writes the envelope text. It has to fit whatever stands in the message, so
 * each part has a ceiling, and the lists of addresses share what is left:
 *
 *   identifier, From, Date, Subject, ...  at most about 6,500 octets together
 *   To, Cc                                2 KiB each, or what the others leave
 *
 * Not for reading one (envelope.c), and not for what is told of a message
 * (preview.c).
 *
 * Read on in envelope.h.
 */
#include "message/envelope.h"

#include "base/utf8.h"
#include "message/encoded_word.h"
#include "message/mailbox_list.h"
#include "message/shown.h"
#include "message/transfer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Octets of each value, before it is folded. */
#define FROM_MAX       512
#define LIST_MAX       2048 /* WIRE 6 */
#define DATE_MAX       100
#define SUBJECT_MAX    700 /* as it stands in the message */
#define SUBJECT_CUT    450 /* a longer one: of its text */
#define MESSAGE_ID_MAX 300
#define LINK_MAX       500 /* List-Unsubscribe */
#define POST_MAX       64  /* its companion has one legal value */
#define STATUS_MAX     1500
#define VALUE_ROOM     (SHOWN_ROOM(LIST_MAX) + 64)

#define ADDRESS_ROOM 1024 /* longer ones end a list */
#define LINE_COLUMNS 76
#define WORD_MAX     900 /* octets without a space; a line may have 998 */
#define ID_FIELD     "Envelope-Id: "
/* What folding adds to N octets: two lines together have more than one. */
#define FOLDED(n) ((n) + (n) / 16 + 64)

struct writer {
	struct buf *to;
	bool seven_bit;
};

/* One word, with the spaces in front of it. */
static struct span
take_word(struct span *rest)
{
	const struct span start = *rest;
	size_t n = 0;

	while (n < start.n && start.p[n] == ' ')
		n++;
	n = span_find(start, n, ' ');
	if (n > WORD_MAX)
		n = utf8_part(start, WORD_MAX).n;
	*rest = span_skip(start, n);
	return span_part(start, 0, n);
}

/* TEXT is a harmless line; COLUMN is where it begins. */
static void
put_folded(struct writer *w, size_t column, struct span text)
{
	text = span_trim(text);
	while (text.n > 0) {
		const struct span word = take_word(&text);

		if (column + word.n > LINE_COLUMNS && column > 1) {
			(void)buf_text(w->to, "\r\n");
			/* Its space is the fold's; half a word gets one. */
			if (word.p[0] != ' ')
				(void)buf_char(w->to, ' ');
			column = 0;
		}
		(void)buf_put(w->to, word);
		column += word.n;
	}
}

/* Octets that a reader of ASCII could not take are shown as "?". */
static void
put_field(struct writer *w, const char *name, struct span text)
{
	const size_t start = w->to->n;

	if (text.n == 0)
		return;
	(void)buf_print(w->to, "%s: ", name);
	put_folded(w, strlen(name) + 2, text);
	(void)buf_text(w->to, "\r\n");
	for (size_t i = start; w->seven_bit && i < w->to->n; i++) {
		if ((unsigned char)w->to->p[i] >= 0x80)
			w->to->p[i] = '?';
	}
}

/* The first field NAME, or the empty span. */
static struct span
find_field(const struct head *h, const char *name)
{
	struct span field, found, value;
	size_t at = 0;

	while (head_next(h, &at, &field, &found, &value) == 1) {
		if (span_equals_nocase(found, span_of(name)))
			return span_trim(value);
	}
	return span_of(NULL);
}

/* A field that is copied whole, if it is ASCII and not too long. */
static void
put_copied(struct writer *w, const struct head *h, const char *name, size_t max)
{
	const struct span value = find_field(h, name);
	char text[VALUE_ROOM];
	struct span shown;

	if (value.n > LIST_MAX || !utf8_is_ascii(value))
		return;
	shown =
	    span_make(text, shown_text(value, SHOWN_LINE, text, sizeof text));
	if (shown.n <= max && utf8_is_ascii(shown))
		put_field(w, name, shown);
}

/* Lists of addresses. */

/* All fields NAME behind TO, with commas between them. */
static void
join_fields(const struct head *h, const char *name, struct buf *to)
{
	struct span field, found, value;
	size_t at = 0;

	while (head_next(h, &at, &field, &found, &value) == 1) {
		if (!span_equals_nocase(found, span_of(name)))
			continue;
		if (to->n > 0)
			(void)buf_text(to, ", ");
		(void)buf_put(to, span_trim(value));
	}
}

/*
 * As many whole mailboxes of LIST as fit into MAX octets; *MORE_R counts those
 * behind them, as far as they can be read.
 */
static struct span
cut_list(struct span list, size_t max, unsigned *more_r)
{
	struct span rest = list, kept = span_part(list, 0, 0);
	char address[ADDRESS_ROOM];

	*more_r = 0;
	if (list.n <= max)
		return list;
	while (mailbox_list_next(&rest, address, sizeof address) == 1) {
		const size_t end = list.n - rest.n;

		if (end <= max)
			kept = span_part(list, 0, end);
		else
			++*more_r;
	}
	kept = span_trim(kept);
	while (kept.n > 0 && kept.p[kept.n - 1] == ',')
		kept = span_trim(span_part(kept, 0, kept.n - 1));
	return kept;
}

static void
put_list(struct writer *w, const struct head *h, const char *name, size_t max)
{
	char text[VALUE_ROOM];
	struct buf joined;
	struct span kept;
	unsigned more;
	size_t n;

	if (max > LIST_MAX)
		max = LIST_MAX;
	buf_init(&joined, 2 * HEAD_MAX);
	join_fields(h, name, &joined);
	kept = cut_list(buf_span(&joined), max, &more);
	n = shown_text(kept, SHOWN_LINE, text, sizeof text);
	/* Octets that are no UTF-8 have grown. */
	n = utf8_part(span_make(text, n), max).n;
	if (kept.n < joined.n)
		n += (size_t)snprintf(text + n, sizeof text - n,
		    more > 0 ? "%s(and %u more)" : "%s(and more)",
		    n > 0 ? " " : "", more);
	put_field(w, name, span_make(text, n));
	buf_fini(&joined);
}

/* The others. */

static void
put_subject(
    struct writer *w, const struct head *h, const struct preview_facts *facts)
{
	const struct span value = find_field(h, "Subject");
	char text[SHOWN_ROOM(SUBJECT_MAX)];
	struct span shown;

	if (value.n == 0)
		return;
	if (value.n <= SUBJECT_MAX) {
		shown = span_make(
		    text, shown_text(value, SHOWN_LINE, text, sizeof text));
		if (shown.n <= SUBJECT_MAX &&
		    (!w->seven_bit || utf8_is_ascii(shown))) {
			put_field(w, "Subject", shown);
			return;
		}
	}
	(void)buf_text(w->to, "Subject: ");
	(void)encoded_word_print(
	    utf8_part(span_of(facts->subject), SUBJECT_CUT), w->to);
	(void)buf_text(w->to, "\r\n");
}

/* In quotation marks. What looks like an encoded word is made one. */
static void
put_name(struct writer *w, struct span name, struct buf *to)
{
	char line[SHOWN_ROOM(4 * PREVIEW_NAME_ROOM)];
	struct buf encoded;

	buf_init(&encoded, sizeof line - 1);
	if ((w->seven_bit && !utf8_is_ascii(name)) ||
	    span_search(name, 0, span_of("=?")) < name.n) {
		(void)encoded_word_print(name, &encoded);
		name = span_make(line, shown_text(buf_span(&encoded),
					   SHOWN_LINE, line, sizeof line));
	}
	(void)buf_char(to, '"');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '"' || name.p[i] == '\\')
			(void)buf_char(to, '\\');
		(void)buf_char(to, name.p[i]);
	}
	(void)buf_char(to, '"');
	buf_fini(&encoded);
}

static void
put_status(struct writer *w, const struct preview_facts *facts)
{
	struct buf status;

	if (facts->attachments == 0) {
		put_field(w, "Attachment-Status", span_of("none"));
		return;
	}
	buf_init(&status, STATUS_MAX + 4 * PREVIEW_NAME_ROOM + MIME_TYPE_ROOM);
	(void)buf_print(&status, "%u", facts->attachments);
	for (unsigned i = 0; i < facts->listed; i++) {
		const struct preview_attachment *a = &facts->list[i];
		const size_t before = status.n;

		(void)buf_text(&status, i == 0 ? "; " : ", ");
		put_name(w, span_of(a->name), &status);
		(void)buf_print(&status, " %s %" PRIu64, a->type, a->size);
		if (buf_bad(&status) || status.n > STATUS_MAX) {
			/* The count tells that there are more. */
			status.n = before;
			break;
		}
	}
	put_field(w, "Attachment-Status", buf_span(&status));
	buf_fini(&status);
}

/* A line of mail may have 998 octets. */
static bool
has_long_line(struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		if (line.n > WORD_MAX)
			return true;
	}
	return false;
}

static void
put_text(struct writer *w, struct span text)
{
	const bool ascii = utf8_is_ascii(text);
	const bool base64 = (w->seven_bit && !ascii) || has_long_line(text);
	struct buf lines;
	struct span line;

	(void)buf_print(w->to,
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: %s\r\n\r\n",
	    base64  ? "base64"
	    : ascii ? "7bit"
		    : "8bit");
	buf_init(&lines, PREVIEW_TEXT_ROOM + 2 * PREVIEW_TEXT_LINES);
	while (span_cut(&text, '\n', &line)) {
		(void)buf_put(&lines, line);
		(void)buf_text(&lines, "\r\n");
	}
	if (base64)
		(void)transfer_base64(buf_span(&lines), w->to);
	else
		(void)buf_put(w->to, buf_span(&lines));
	buf_fini(&lines);
}

/* Everything behind the addresses. */
static void
put_rest(struct writer *w, const struct envelope_source *source)
{
	put_copied(w, source->head, "Date", DATE_MAX);
	put_subject(w, source->head, source->facts);
	put_copied(w, source->head, "Message-ID", MESSAGE_ID_MAX);
	put_copied(w, source->head, "List-Unsubscribe", LINK_MAX);
	put_copied(w, source->head, "List-Unsubscribe-Post", POST_MAX);
	(void)buf_print(w->to, "Message-Size: %" PRIu64 "\r\n", source->size);
	put_status(w, source->facts);
	put_text(w, span_of(source->facts->text));
}

/* Octets for a list that goes behind TO, if USED of END are somebody's. */
static size_t
list_room(const struct buf *to, size_t used, size_t end)
{
	size_t max = LIST_MAX;

	while (max > 0 && to->n + FOLDED(max) + used > end)
		max -= max < 64 ? max : 64;
	return max;
}

int
envelope_print(const struct envelope_source *source, struct buf *to)
{
	const size_t start = to->n;
	const size_t end = start + ENVELOPE_TEXT_MAX;
	struct buf rest;
	struct writer w = {to, source->seven_bit};
	struct writer behind = {&rest, source->seven_bit};
	size_t used = strlen(ID_FIELD) + ENVELOPE_ID_MAX + 2;

	buf_init(&rest, ENVELOPE_TEXT_MAX);
	put_rest(&behind, source);
	if (source->id.n > 0) {
		(void)buf_text(to, ID_FIELD);
		(void)buf_put(to, source->id);
		(void)buf_text(to, "\r\n");
		used = 0;
	}
	used += rest.n;
	put_list(&w, source->head, "From", FROM_MAX);
	put_list(&w, source->head, "To", list_room(to, used, end));
	put_list(&w, source->head, "Cc", list_room(to, used, end));
	(void)buf_put(to, buf_span(&rest));
	if (buf_bad(&rest))
		to->bad = true;
	buf_fini(&rest);
	return buf_bad(to) ? -E_NOMEM : 0;
}
