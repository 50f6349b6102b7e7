/*
 * Collects the header section of a message while its octets pass by, answers
 * the few questions the server has about it, and puts fields in front of it.
 *
 * Not a mail parser: no MIME, no decoding, and nothing is ever repaired. Which
 * fields are added and what is refused is decided by others.
 *
 * Read on in head.h; the addresses in a field are read in mailbox_list.c.
 *
 *   fields = *field CRLF                     (the CRLF closes the section)
 *   field  = name *WSP ":" *octet CRLF *( WSP *octet CRLF )
 *   name   = 1*( %d33-57 / %d59-126 )        (RFC 5322 2.2, and 4.5 for *WSP)
 *
 * Only CRLF ends a line. What must stay true at any moment:
 *
 *   text + the octets that were not taken = the message, octet for octet
 */
#include "message/head.h"

#include "base/err.h"
#include "message/mailbox_list.h"

#include <string.h>

#define NAME_MAX_OCTETS 998 /* a name has to fit into its line (2.1.1) */

void
head_init(struct head *h)
{
	*h = (struct head){.complete = false};
	buf_init(&h->text, HEAD_MAX);
}

void
head_fini(struct head *h)
{
	buf_fini(&h->text);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

enum beginning { BEGINS_FIELD, BEGINS_OTHER, BEGINS_UNKNOWN };

/* What the line at S begins with; *NAME_R and *COLON_R when it is a field. */
static enum beginning
look_at_line(struct span s, struct span *name_r, size_t *colon_r)
{
	size_t name = 0, colon;

	while (name < s.n && s.p[name] > ' ' && s.p[name] < 0x7f &&
	       s.p[name] != ':')
		name++;
	colon = name;
	while (colon < s.n && is_space(s.p[colon]))
		colon++;
	if (colon > NAME_MAX_OCTETS)
		return BEGINS_OTHER;
	if (colon == s.n)
		return name == 0 && s.n > 0 ? BEGINS_OTHER : BEGINS_UNKNOWN;
	if (name == 0 || s.p[colon] != ':')
		return BEGINS_OTHER;
	*name_r = span_part(s, 0, name);
	*colon_r = colon;
	return BEGINS_FIELD;
}

/* The same for a message, which may begin with the empty line at once. */
static enum beginning
look_at_message(struct span s)
{
	struct span name;
	size_t colon;

	if (s.n > 0 && s.p[0] == '\r') {
		if (s.n == 1)
			return BEGINS_UNKNOWN;
		return s.p[1] == '\n' ? BEGINS_FIELD : BEGINS_OTHER;
	}
	return look_at_line(s, &name, &colon);
}

/* Where the header section ends, its empty line counted in; or TEXT.n + 1. */
static size_t
section_end(struct span text, size_t from)
{
	size_t at;

	if (span_starts_nocase(text, span_of("\r\n")))
		return 2;
	/* The first three octets may have come earlier. */
	at = span_search(text, from < 3 ? 0 : from - 3, span_of("\r\n\r\n"));
	return at == text.n ? text.n + 1 : at + 4;
}

/*
 * Takes back what was collected beyond AT. Nobody has seen those octets yet:
 * they are still IN of the same call.
 */
static void
shorten(struct buf *text, size_t at)
{
	text->n = at;
}

size_t
head_feed(struct head *h, struct span in)
{
	const size_t before = h->text.n;
	size_t end;

	if (h->complete)
		return 0;
	in = span_part(in, 0, HEAD_MAX - before);
	if (buf_put(&h->text, in) < 0) {
		h->complete = true;
		return 0;
	}
	if (look_at_message(buf_span(&h->text)) == BEGINS_OTHER) {
		shorten(&h->text, before);
		h->complete = h->none = true;
		return 0;
	}
	end = section_end(buf_span(&h->text), before);
	if (end <= h->text.n) {
		shorten(&h->text, end);
		h->complete = true;
	} else if (h->text.n == HEAD_MAX) {
		h->complete = h->cut = true;
	}
	return h->text.n - before;
}

void
head_end(struct head *h)
{
	if (h->complete)
		return;
	h->complete = true;
	h->none = look_at_message(buf_span(&h->text)) != BEGINS_FIELD;
}

/* The index behind the line at FROM and the lines that continue it. */
static size_t
folded_end(struct span text, size_t from)
{
	const struct span line_end = span_of("\r\n");

	do {
		from = span_search(text, from, line_end);
		if (from < text.n)
			from += line_end.n;
	} while (from < text.n && is_space(text.p[from]));
	return from;
}

static struct span
without_line_end(struct span s)
{
	return span_ends_nocase(s, span_of("\r\n")) ? span_part(s, 0, s.n - 2)
						    : s;
}

int
head_next(const struct head *h, size_t *at, struct span *field_r,
    struct span *name_r, struct span *value_r)
{
	const struct span text = buf_span(&h->text);

	if (h->none)
		return 0;
	while (*at < text.n) {
		const size_t start = *at, end = folded_end(text, start);
		const struct span field = span_part(text, start, end - start);
		size_t colon;

		*at = end;
		if (look_at_line(field, name_r, &colon) != BEGINS_FIELD)
			continue;
		*field_r = field;
		*value_r = without_line_end(span_skip(field, colon + 1));
		return 1;
	}
	return 0;
}

static bool
is_named(struct span name, const char *wanted)
{
	return span_equals_nocase(name, span_of(wanted));
}

void
head_facts(const struct head *h, struct head_facts *facts_r)
{
	struct span field, name, value;
	size_t at = 0;

	*facts_r = (struct head_facts){.received = 0};
	while (head_next(h, &at, &field, &name, &value) == 1) {
		facts_r->received += is_named(name, "Received");
		facts_r->from_fields += is_named(name, "From");
		facts_r->has_date |= is_named(name, "Date");
		facts_r->has_message_id |= is_named(name, "Message-ID");
		facts_r->has_bcc |= is_named(name, "Bcc");
	}
}

/* The start of the field that holds AT: continuation lines are its own. */
static size_t
field_start(struct span text, size_t at)
{
	const char *line_end;

	do {
		line_end = at == 0 ? NULL : memrchr(text.p, '\n', at - 1);
		at = line_end == NULL ? 0 : (size_t)(line_end - text.p) + 1;
	} while (at > 0 && is_space(text.p[at]));
	return at;
}

int
head_from(const struct head *h, size_t *at, char *to, size_t room)
{
	const struct span text = buf_span(&h->text);
	struct span field, name, value;

	/*
	 * *AT is where the last address ended, so the field it is in has to be
	 * found again; at the start of a line that continues nothing, it is the
	 * start of a field that nobody has looked into.
	 */
	while (*at < text.n) {
		size_t next = field_start(text, *at + 1);
		int rc;

		if (head_next(h, &next, &field, &name, &value) == 0)
			return 0;
		if (*at > (size_t)(value.p - text.p))
			value =
			    span_skip(value, *at - (size_t)(value.p - text.p));
		rc = is_named(name, "From")
			 ? mailbox_list_next(&value, to, room)
			 : 0;
		*at = rc == 1 ? (size_t)(value.p - text.p) : next;
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The fields as they came, but without Bcc. */
static void
put_without_bcc(const struct head *h, struct buf *to)
{
	const struct span text = buf_span(&h->text);
	struct span field, name, value;
	size_t at = 0, kept = 0;

	while (head_next(h, &at, &field, &name, &value) == 1) {
		const size_t start = (size_t)(field.p - text.p);

		if (!is_named(name, "Bcc") || (h->cut && at == text.n))
			continue;
		(void)buf_put(to, span_part(text, kept, start - kept));
		kept = at;
	}
	(void)buf_put(to, span_skip(text, kept));
}

int
head_edit(
    const struct head *h, struct span added, bool drop_bcc, struct buf *to)
{
	if (buf_bad(&h->text))
		return -E_NOMEM;
	(void)buf_put(to, added);
	if (h->none && added.n > 0)
		(void)buf_text(to, "\r\n");
	if (drop_bcc)
		put_without_bcc(h, to);
	else
		(void)buf_put(to, buf_span(&h->text));
	return buf_bad(to) ? -E_NOMEM : 0;
}
