/*
 * Reads the envelope text of a peer. It comes from a stranger and will be shown
 * to a person: all of it is bounded and made harmless, and little is refused,
 * since a person can judge what a program cannot.
 *
 * Not for writing one (envelope_print.c); the text of the envelope is read by
 * preview.c like that of any message.
 *
 * Read on in envelope.h.
 *
 *   status     = "none" / count [ ";" attachment *( "," attachment ) ]
 *   attachment = quoted-string type size
 */
#include "message/envelope.h"

#include "message/encoded_word.h"

#include <string.h>

#define COUNT_MAX 1000000000 /* attachments; who says more is not believed */

/* Puts VALUE as a harmless line behind what TO holds already. */
static void
join(struct span value, char *to, size_t room)
{
	size_t n = strlen(to);

	if (n > 0 && n + 3 < room) {
		memcpy(to + n, ", ", 3);
		n += 2;
	}
	(void)encoded_word_text(value, to + n, room - n);
}

/* The first of several counts. */
static void
take_first(struct span value, char *to, size_t room)
{
	if (to[0] == '\0')
		(void)encoded_word_text(value, to, room);
}

/* It names things: as it is, or not at all. */
static void
take_message_id(struct span value, struct envelope *e)
{
	value = span_trim(value);
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] <= ' ' || value.p[i] >= 0x7f)
			return;
	}
	if (e->message_id[0] == '\0')
		(void)span_copy(value, e->message_id, sizeof e->message_id);
}

static void
take_size(struct span value, struct envelope *e)
{
	uint64_t size;

	if (e->size == 0 &&
	    span_number(span_trim(value), INT64_MAX, &size) == 0)
		e->size = size;
}

/* The text of a quoted-string at the start of *REST, escapes still in it. */
static struct span
take_quoted(struct span *rest)
{
	const struct span start = *rest;
	size_t at = 1;

	if (start.n == 0 || start.p[0] != '"')
		return span_of(NULL);
	while (at < start.n && start.p[at] != '"')
		at += start.p[at] == '\\' ? 2 : 1;
	*rest = span_skip(start, at + 1);
	return span_skip(span_part(start, 0, at), 1);
}

static void
show_name(struct span quoted, struct preview_attachment *a)
{
	char plain[ENVELOPE_TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i < quoted.n && n < sizeof plain; i++) {
		if (quoted.p[i] == '\\' && i + 1 < quoted.n)
			i++;
		plain[n++] = quoted.p[i];
	}
	(void)encoded_word_text(span_make(plain, n), a->name, sizeof a->name);
}

/* One attachment, with its comma; false when it cannot be read. */
static bool
take_attachment(struct span *rest, struct preview_attachment *a)
{
	struct span one, type;

	*rest = span_trim(*rest);
	show_name(take_quoted(rest), a);
	if (!span_cut(rest, ',', &one))
		return false;
	one = span_trim(one);
	if (!span_cut(&one, ' ', &type) || !mime_type(type, a->type))
		return false;
	return span_number(span_trim(one), INT64_MAX, &a->size) == 0;
}

/* *TOLD: there was one before, and it counts. */
static void
take_status(struct span value, struct envelope *e, bool *told)
{
	struct span rest = value, word;
	uint64_t count;

	if (*told || !span_cut(&rest, ';', &word))
		return;
	word = span_trim(word);
	if (span_equals_nocase(word, span_of("none")))
		count = 0;
	else if (span_number(word, COUNT_MAX, &count) != 0)
		return;
	*told = true;
	e->attachments = (unsigned)count;
	e->listed = 0;
	while (e->listed < PREVIEW_LISTED && e->listed < count &&
	       take_attachment(&rest, &e->list[e->listed]))
		e->listed++;
}

/* False: it is none of the fields that an envelope has. */
static bool
take_field(struct span name, struct span value, struct envelope *e, bool *told)
{
	if (span_equals_nocase(name, span_of("From"))) {
		e->from_fields++;
		join(value, e->from, sizeof e->from);
	} else if (span_equals_nocase(name, span_of("To"))) {
		join(value, e->to, sizeof e->to);
	} else if (span_equals_nocase(name, span_of("Cc"))) {
		join(value, e->cc, sizeof e->cc);
	} else if (span_equals_nocase(name, span_of("Date"))) {
		take_first(value, e->date, sizeof e->date);
	} else if (span_equals_nocase(name, span_of("Subject"))) {
		take_first(value, e->subject, sizeof e->subject);
	} else if (span_equals_nocase(name, span_of("Message-ID"))) {
		take_message_id(value, e);
	} else if (span_equals_nocase(name, span_of("Message-Size"))) {
		take_size(value, e);
	} else if (span_equals_nocase(name, span_of("Attachment-Status"))) {
		take_status(value, e, told);
	} else {
		return false;
	}
	return true;
}

/* The first lines, and what the text itself has attached. */
static int
take_text(struct span text, struct envelope *e)
{
	struct preview *p = preview_new();
	const struct preview_facts *facts;
	int result;

	if (p == NULL)
		return -E_NOMEM;
	preview_feed(p, text);
	preview_end(p);
	facts = preview_facts(p);
	memcpy(e->preview, facts->text, sizeof e->preview);
	e->attachments = facts->attachments;
	e->listed = facts->listed;
	memcpy(e->list, facts->list, sizeof e->list);
	result = facts->broken ? -E_NOMEM : 0;
	preview_free(&p);
	return result;
}

static int
take_fields(const struct head *h, struct envelope *e, struct err *why)
{
	struct span field, name, value;
	bool told = false; /* of attachments */
	unsigned known = 0;
	size_t at = 0;

	if (h->none)
		return err_set(why, -E_SYNTAX,
		    "an envelope text without a header section");
	while (head_next(h, &at, &field, &name, &value) == 1)
		known += take_field(name, value, e, &told);
	if (known == 0)
		return err_set(why, -E_SYNTAX,
		    "an envelope text without any field of an envelope");
	return 0;
}

int
envelope_parse(struct span text, struct envelope *envelope_r, struct err *why)
{
	struct head head;
	int rc;

	*envelope_r = (struct envelope){.from_fields = 0};
	if (text.n > ENVELOPE_TEXT_MAX)
		return err_set(why, -E_SYNTAX,
		    "an envelope text of more than %d octets",
		    ENVELOPE_TEXT_MAX);
	rc = take_text(text, envelope_r);
	if (rc != 0)
		return rc;
	head_init(&head);
	(void)head_feed(&head, text);
	head_end(&head);
	rc = buf_bad(&head.text) ? -E_NOMEM
				 : take_fields(&head, envelope_r, why);
	head_fini(&head);
	return rc;
}
