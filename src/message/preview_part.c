/*
 * One part: what its header section says, what it counts as, its size if it is
 * an attachment and its first lines if it is text.
 *
 * Not for where parts begin and end: preview.c.
 *
 * Read on in preview_inner.h, and in preview.h for what counts as what.
 */
#include "message/preview_inner.h"

#include "message/shown.h"

#include <string.h>

void
preview_part_begin(struct preview_part *p, bool told)
{
	*p = (struct preview_part){.told = told, .transfer = TRANSFER_PLAIN};
}

static void
take_name(struct preview_part *p, struct span value, const char *parameter)
{
	if (!mime_has(value, parameter))
		return;
	p->named = true;
	if (p->told)
		(void)mime_text(value, parameter, p->name, sizeof p->name);
}

static void
take_type(struct preview_part *p, struct span value)
{
	size_t n;

	p->has_type = true;
	/* RFC 2045 5.2: what cannot be read is text/plain. */
	if (!mime_type(value, p->type))
		return;
	if (mime_has(value, "boundary"))
		p->boundary_is_long = !mime_octets(value, "boundary",
		    p->boundary, sizeof p->boundary, &p->boundary_n);
	(void)mime_octets(value, "charset", p->charset, sizeof p->charset, &n);
	while (p->boundary_n > 0 && (p->boundary[p->boundary_n - 1] == ' ' ||
					p->boundary[p->boundary_n - 1] == '\t'))
		p->boundary_n--;
	/* The name in the disposition goes first (RFC 2183 2.3). */
	if (!p->named)
		take_name(p, value, "name");
}

static void
take_disposition(struct preview_part *p, struct span value)
{
	p->has_disposition = true;
	p->attached = mime_is(value, "attachment");
	take_name(p, value, "filename");
}

void
preview_part_field(struct preview_part *p, struct span name, struct span value)
{
	if (span_equals_nocase(name, span_of("Content-Type"))) {
		if (!p->has_type)
			take_type(p, value);
	} else if (span_equals_nocase(name, span_of("Content-Disposition"))) {
		if (!p->has_disposition)
			take_disposition(p, value);
	} else if (span_equals_nocase(
		       name, span_of("Content-Transfer-Encoding"))) {
		if (!p->has_transfer)
			p->transfer = transfer_kind(value);
		p->has_transfer = true;
	}
}

static bool
is_text(const struct preview_part *p)
{
	return span_starts_nocase(span_of(p->type), span_of("text/"));
}

static bool
is_attachment(const struct preview_part *p)
{
	if (p->attached)
		return true;
	/* Some programs name the only text that they write. */
	if (p->is_message && is_text(p))
		return false;
	return p->named || (!is_text(p) && !p->alternative);
}

static enum preview_rank
rank_of(const struct preview_part *p)
{
	const bool plain = strcmp(p->type, "text/plain") == 0;

	if (p->attached || (!plain && strcmp(p->type, "text/html") != 0))
		return PREVIEW_NO_TEXT;
	if (p->named && !p->is_message)
		return PREVIEW_NAMED;
	return plain ? PREVIEW_PLAIN : PREVIEW_HTML;
}

static void
list(struct preview_part *p, struct preview_facts *facts)
{
	facts->attachments++;
	if (facts->listed == PREVIEW_LISTED)
		return;
	p->listed = &facts->list[facts->listed++];
	(void)span_copy(
	    span_of(p->name), p->listed->name, sizeof p->listed->name);
	(void)span_copy(
	    span_of(p->type), p->listed->type, sizeof p->listed->type);
	transfer_meter_init(&p->meter, p->transfer);
}

bool
preview_part_open(struct preview_part *p, struct preview_found *found)
{
	if (is_attachment(p))
		list(p, &found->facts);
	p->rank = rank_of(p);
	if (p->rank <= found->rank || found->text_left == 0)
		p->rank = PREVIEW_NO_TEXT;
	if (p->rank != PREVIEW_NO_TEXT)
		preview_text_init(&found->text, p->transfer,
		    span_of(p->charset), strcmp(p->type, "text/html") == 0);
	return p->listed != NULL || p->rank != PREVIEW_NO_TEXT;
}

/* Nothing more of the text is wanted, or there is none. */
static void
finish_text(struct preview_part *p, struct preview_found *found)
{
	preview_text_end(&found->text);
	found->facts.broken = found->facts.broken || found->text.broken;
	if (found->text.n > 0) {
		memcpy(found->facts.text, found->text.text, found->text.n + 1);
		found->rank = p->rank;
	}
	p->rank = PREVIEW_NO_TEXT;
}

static void
feed_text(struct preview_part *p, struct preview_found *found, struct span in)
{
	in = span_part(in, 0, found->text_left);
	found->text_left -= in.n;
	preview_text_feed(&found->text, in);
	if (found->text.full || found->text_left == 0)
		finish_text(p, found);
}

bool
preview_part_feed(
    struct preview_part *p, struct preview_found *found, struct span in)
{
	if (p->listed != NULL)
		transfer_meter_add(&p->meter, in);
	if (p->rank != PREVIEW_NO_TEXT)
		feed_text(p, found, in);
	return p->listed != NULL || p->rank != PREVIEW_NO_TEXT;
}

void
preview_part_close(
    struct preview_part *p, struct preview_found *found, bool boundary)
{
	if (p->rank != PREVIEW_NO_TEXT)
		finish_text(p, found);
	if (p->listed != NULL)
		p->listed->size = transfer_meter_size(&p->meter, boundary);
	p->listed = NULL;
}
