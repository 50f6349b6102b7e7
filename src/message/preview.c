/*
 * A message as it passes: header sections, boundaries, parts. Most octets of
 * all mail are attachments, so the way that matters is the short one: look for
 * a line that might be a boundary, count the rest.
 *
 * Not for what a part is (preview_part.c), and not for the header section as it
 * is kept and edited (head.c). Nothing is taken out of the message here.
 *
 * Read on in preview.h.
 *
 *   message   = fields CRLF body
 *   multipart = *line 1*( "--" boundary line-end fields CRLF body )
 *               [ "--" boundary "--" line-end *line ]
 *
 * What must stay true: the result does not depend on how the octets are cut
 * into pieces, so all that is undecided at the end of one is kept (`held`, and
 * the field that may be continued). Lines end with LF, so that a broken message
 * is looked at in the same way as a good one.
 */
#include "message/preview.h"

#include "message/encoded_word.h"
#include "message/preview_inner.h"

#include <stdlib.h>
#include <string.h>

#define NAME_OCTETS 998                     /* of a field, as in head.c */
#define HELD        (PREVIEW_BOUNDARY + 16) /* "--", "--", blanks, line end */
#define STRETCH     (16 * 1024) /* looked at twice while it is in the cache */
#define BLOCK       128         /* octets looked at without a jump */
#define NEAR        16          /* octets looked at one by one before that */

enum place {
	IN_FIELDS,  /* a header section: of the message or of a part */
	IN_PART,    /* the body of a part that is no multipart */
	IN_BETWEEN, /* before the first boundary or behind the last, or the
		     * body of a part that nobody asks about */
	IN_NOTHING, /* nothing that follows matters */
};

struct level {
	char boundary[PREVIEW_BOUNDARY + 1];
	size_t n;
	bool digest;      /* its parts are messages unless they say otherwise */
	bool alternative; /* its parts are forms of the same */
};

struct preview {
	enum place place;
	struct preview_found found;
	struct preview_part part;
	unsigned parts;
	bool has_subject;
	struct level levels[PREVIEW_DEPTH];
	unsigned depth;
	/* Header section: a field as it is unfolded, and the line it is in. */
	char field[PREVIEW_FIELD];
	size_t field_n, line_at; /* the line begins there */
	bool in_line;            /* some of it has come */
	bool any_field;          /* the section has a field already */
	/* Body: a line that may be a boundary. */
	bool at_line;
	char held[HELD];
	size_t held_n;
};

struct preview *
preview_new(void)
{
	struct preview *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->place = IN_FIELDS;
	p->found.text_left = PREVIEW_TEXT_OCTETS;
	preview_part_begin(&p->part, true);
	p->part.is_message = true;
	return p;
}

void
preview_free(struct preview **p)
{
	if (*p == NULL)
		return;
	preview_part_close(&(*p)->part, &(*p)->found, false);
	free(*p);
	*p = NULL;
}

const struct preview_facts *
preview_facts(const struct preview *p)
{
	return &p->found.facts;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Parts. */

/* The header section is over: what kind of part is this? */
static void
enter_body(struct preview *p)
{
	struct preview_part *part = &p->part;
	const struct level *around =
	    p->depth > 0 ? &p->levels[p->depth - 1] : NULL;

	p->at_line = true;
	p->place = IN_BETWEEN;
	part->alternative = around != NULL && around->alternative;
	if (part->type[0] == '\0')
		(void)span_copy(
		    span_of(around != NULL && around->digest && !part->has_type
				? "message/rfc822"
				: "text/plain"),
		    part->type, sizeof part->type);
	if (span_starts_nocase(span_of(part->type), span_of("multipart/"))) {
		if (part->boundary_n > 0 && p->depth < PREVIEW_DEPTH) {
			struct level *level = &p->levels[p->depth++];

			memcpy(
			    level->boundary, part->boundary, part->boundary_n);
			level->n = part->boundary_n;
			level->digest =
			    strcmp(part->type, "multipart/digest") == 0;
			level->alternative =
			    strcmp(part->type, "multipart/alternative") == 0;
			return;
		}
		/* One that says no boundary is read as text. */
		if (part->boundary_n == 0 && !part->boundary_is_long)
			(void)span_copy(span_of("text/plain"), part->type,
			    sizeof part->type);
	}
	if (preview_part_open(part, &p->found))
		p->place = IN_PART;
	else if (p->depth == 0)
		p->place = IN_NOTHING;
}

static void
enter_fields(struct preview *p)
{
	preview_part_begin(&p->part, p->found.facts.listed < PREVIEW_LISTED);
	p->place = IN_FIELDS;
	p->field_n = p->line_at = 0;
	p->in_line = p->any_field = false;
	if (++p->parts > PREVIEW_PARTS)
		p->place = IN_NOTHING;
}

/*
 * Is LINE, with or without its line end, a boundary? *INDEX_R is the level it
 * belongs to, the innermost if several have the same.
 */
static bool
is_boundary(
    const struct preview *p, struct span line, unsigned *index_r, bool *end_r)
{
	const struct span dashes = span_of("--");

	if (!span_starts_nocase(line, dashes))
		return false;
	/* Blanks behind it count for nothing (RFC 2046 5.1.1). */
	line = span_skip(span_trim(line), dashes.n);
	for (unsigned i = p->depth; i > 0; i--) {
		const struct level *level = &p->levels[i - 1];

		if (line.n != level->n && line.n != level->n + dashes.n)
			continue;
		*index_r = i - 1;
		*end_r = line.n > level->n;
		if (memcmp(line.p, level->boundary, level->n) == 0 &&
		    (!*end_r || span_equals(span_skip(line, level->n), dashes)))
			return true;
	}
	return false;
}

/*
 * If LINE is a boundary, the part before it is over, and so is all that lies
 * deeper than the multipart to which it belongs.
 */
static bool
take_boundary(struct preview *p, struct span line)
{
	unsigned index;
	bool end;

	if (!is_boundary(p, line, &index, &end))
		return false;
	preview_part_close(&p->part, &p->found, true);
	p->depth = end ? index : index + 1;
	p->at_line = true;
	if (!end)
		enter_fields(p);
	else
		p->place = p->depth > 0 ? IN_BETWEEN : IN_NOTHING;
	return true;
}

/* Bodies. */

static void
pass(struct preview *p, struct span octets)
{
	if (octets.n == 0)
		return;
	if (p->place == IN_PART &&
	    !preview_part_feed(&p->part, &p->found, octets))
		p->place = p->depth > 0 ? IN_BETWEEN : IN_NOTHING;
	p->at_line = octets.p[octets.n - 1] == '\n';
}

static bool
begins_dash(struct span s, size_t i)
{
	return s.p[i] == '\n' && s.p[i + 1] == '-';
}

/*
 * Index of the first octet of S that begins a line with "-", or S.n. What
 * begins at S[0] is not asked. Blocks are scanned without jumps, so that
 * compilers make vector instructions of it: no short lines slow this down. Only
 * where such lines are dense is it quicker to look at the next octets first.
 */
static size_t
find_dash(struct span s)
{
	size_t i = 0;

	for (; i < NEAR && i + 1 < s.n; i++) {
		if (begins_dash(s, i))
			return i + 1;
	}
	while (s.n - i > BLOCK) {
		const char *block = s.p + i;
		unsigned char any = 0;

		for (size_t j = 0; j < BLOCK; j++)
			any |= (unsigned char)(block[j] == '\n') &
			       (unsigned char)(block[j + 1] == '-');
		if (any != 0)
			break;
		i += BLOCK;
	}
	for (; i + 1 < s.n; i++) {
		if (begins_dash(s, i))
			return i + 1;
	}
	return s.n;
}

/*
 * How many octets at the start of IN surely are no boundary. Lines that lie in
 * IN whole are looked at in place.
 */
static size_t
plain_octets(const struct preview *p, struct span in)
{
	size_t n = p->at_line ? 0 : find_dash(in);

	while (n < in.n) {
		const struct span line = span_part(in, n, HELD);
		const size_t end = span_find(line, 0, '\n');
		unsigned index;
		bool is_end;

		/* Whoever cannot see its end holds it. */
		if (end == line.n && line.n < HELD)
			break;
		if (end < line.n &&
		    is_boundary(p, span_part(line, 0, end), &index, &is_end))
			break;
		n += find_dash(span_skip(in, n));
	}
	return n;
}

static void
release(struct preview *p)
{
	const size_t n = p->held_n;

	p->held_n = 0;
	p->at_line = false;
	pass(p, span_make(p->held, n));
}

/* A whole line, or what there is of it at the end. */
static void
take_held(struct preview *p)
{
	if (take_boundary(p, span_make(p->held, p->held_n)))
		p->held_n = 0;
	else
		release(p);
}

/* At the start of a line: takes of IN what may belong to a boundary. */
static struct span
hold(struct preview *p, struct span in)
{
	size_t n;

	if (p->held_n < 2) {
		if (in.p[0] != '-') {
			release(p);
			return in;
		}
		p->held[p->held_n++] = '-';
		return span_skip(in, 1);
	}
	n = span_find(span_part(in, 0, HELD - p->held_n), 0, '\n') + 1;
	n = span_part(in, 0, n).n;
	if (n > HELD - p->held_n)
		n = HELD - p->held_n;
	memcpy(p->held + p->held_n, in.p, n);
	p->held_n += n;
	if (p->held[p->held_n - 1] == '\n')
		take_held(p);
	else if (p->held_n == HELD)
		release(p);
	return span_skip(in, n);
}

/* Takes some of IN while no header section passes. */
static struct span
take_body(struct preview *p, struct span in)
{
	struct span plain = span_part(in, 0, STRETCH);

	if (p->held_n > 0)
		return hold(p, in);
	if (p->depth > 0)
		plain.n = plain_octets(p, plain);
	if (plain.n == 0)
		return hold(p, in);
	pass(p, plain);
	return span_skip(in, plain.n);
}

/* Header sections. */

static bool
is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		const unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f)
			return false;
	}
	return s.n > 0 && s.n <= NAME_OCTETS;
}

/* The name of FIELD; false if it is none. */
static bool
field_name(struct span field, struct span *name_r, struct span *value_r)
{
	const size_t colon = span_find(field, 0, ':');

	*name_r = span_part(field, 0, colon);
	*value_r = span_skip(field, colon + 1);
	while (name_r->n > 0 && is_blank(name_r->p[name_r->n - 1]))
		name_r->n--;
	return colon < field.n && is_name(*name_r);
}

/* The field, if there is one, goes on in no other line. */
static void
finish_field(struct preview *p)
{
	struct preview_facts *facts = &p->found.facts;
	struct span name, value;

	if (!field_name(span_make(p->field, p->field_n), &name, &value))
		return;
	preview_part_field(&p->part, name, value);
	if (p->part.is_message && !p->has_subject &&
	    span_equals_nocase(name, span_of("Subject"))) {
		p->has_subject = true;
		(void)encoded_word_text(
		    value, facts->subject, sizeof facts->subject);
	}
}

/* Drops the line end of what was collected. */
static void
unfold(struct preview *p)
{
	while (p->field_n > p->line_at && (p->field[p->field_n - 1] == '\n' ||
					      p->field[p->field_n - 1] == '\r'))
		p->field_n--;
}

/* LINE is no field and continues none. */
static void
take_other_line(struct preview *p, struct span line)
{
	/* The message's own header section goes on, as in head.c. */
	if (p->part.is_message && p->any_field)
		return;
	enter_body(p);
	if (take_boundary(p, line))
		return;
	pass(p, line);
	p->at_line = true;
}

/* A line of a header section is complete, as much of it as is kept. */
static void
end_line(struct preview *p)
{
	const struct span line = span_make(p->field, p->field_n);
	struct span name, value;
	unsigned index;
	bool end;

	p->in_line = false;
	if (p->line_at > 0) {
		unfold(p);
		return;
	}
	if (!is_boundary(p, line, &index, &end) &&
	    field_name(line, &name, &value)) {
		p->any_field = true;
		unfold(p);
		return;
	}
	p->field_n = 0;
	if (span_equals(line, span_of("\r\n")) ||
	    span_equals(line, span_of("\n")))
		enter_body(p);
	else
		take_other_line(p, line);
}

/* A line begins with C: the field before it is over unless that is a blank. */
static void
begin_line(struct preview *p, char c)
{
	p->in_line = true;
	p->line_at = p->field_n;
	if (is_blank(c) || p->field_n == 0)
		return;
	finish_field(p);
	p->field_n = p->line_at = 0;
}

/* Takes some of IN while a header section passes. */
static struct span
take_fields(struct preview *p, struct span in)
{
	const size_t end = span_find(in, 0, '\n');
	const struct span line = span_part(in, 0, end + 1);
	struct span kept;

	if (!p->in_line)
		begin_line(p, in.p[0]);
	kept = span_part(line, 0, PREVIEW_FIELD - p->field_n);
	memcpy(p->field + p->field_n, kept.p, kept.n);
	p->field_n += kept.n;
	if (end < in.n)
		end_line(p);
	return span_skip(in, line.n);
}

void
preview_feed(struct preview *p, struct span in)
{
	while (in.n > 0 && p->place != IN_NOTHING)
		in = p->place == IN_FIELDS ? take_fields(p, in)
					   : take_body(p, in);
}

void
preview_end(struct preview *p)
{
	if (p->place == IN_FIELDS && p->in_line)
		end_line(p);
	if (p->place == IN_FIELDS) {
		finish_field(p);
		if (p->part.is_message || p->any_field)
			enter_body(p);
	}
	if (p->held_n > 0)
		take_held(p);
	preview_part_close(&p->part, &p->found, false);
	p->place = IN_NOTHING;
}
