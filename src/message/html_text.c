/*
 * A scanner for HTML as mail has it: tags are told from text, a few of them
 * begin a line, a few hide what is in them, and entities become characters.
 *
 * Not a parser: nesting, style sheets and what they hide are not seen. What
 * comes out is text and is shown as text; html_entity.c knows the entities.
 *
 * Read on in html_text.h.
 *
 *   "<" [ "/" ] letter ...        a tag, until ">" outside of quotation marks
 *   "<" ( "!" / "?" ) ...         a mark, until ">"; "<!--" until "-->"
 *   "<" anything else             text
 *   within a hidden element       all is passed over but its own end tag
 */
#include "message/html_text.h"

#include "base/err.h"
#include "base/utf8.h"
#include "message/html_entity.h"

#include <string.h>

/* Elements whose content nobody reads. */
static const char *const hidden[] = {"script", "style", "template", "title"};

/* Elements before and behind which a line ends. */
static const char *const blocks[] = {"address", "article", "aside",
    "blockquote", "body", "br", "caption", "center", "dd", "div", "dl", "dt",
    "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre", "section",
    "table", "tbody", "tfoot", "thead", "tr", "ul"};

/* Elements that stand beside each other. */
static const char *const cells[] = {"img", "option", "td", "th"};

#define COUNT(names) (sizeof names / sizeof *names)

void
html_text_init(struct html_text *h)
{
	*h = (struct html_text){.state = HTML_TEXT_PLAIN};
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_one_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static void
want_gap(struct html_text *h, enum html_text_gap gap)
{
	if (gap > h->gap)
		h->gap = gap;
}

/* Something that can be seen. */
static void
put_seen(struct html_text *h, struct span s, struct buf *to)
{
	if (h->started && h->gap != HTML_TEXT_NONE)
		(void)buf_char(to, h->gap == HTML_TEXT_LINE ? '\n' : ' ');
	h->gap = HTML_TEXT_NONE;
	h->started = true;
	(void)buf_put(to, s);
}

static void
take_plain(struct html_text *h, char c, struct buf *to)
{
	if (h->hidden[0] != '\0') {
		if (c == '<')
			h->state = HTML_TEXT_OPEN;
	} else if (c == '<') {
		h->state = HTML_TEXT_OPEN;
	} else if (c == '&') {
		h->state = HTML_TEXT_ENTITY;
		h->name_n = 0;
	} else if (is_blank(c)) {
		want_gap(
		    h, h->pre && c == '\n' ? HTML_TEXT_LINE : HTML_TEXT_SPACE);
	} else {
		put_seen(h, span_make(&c, 1), to);
	}
}

/* The entity is over, C is behind it; END at the end of the text. */
static void
finish_entity(struct html_text *h, bool end, char c, struct buf *to)
{
	char octets[UTF8_MAX];
	const struct span name = span_make(h->name, h->name_n);
	const uint32_t character = html_entity_character(name);

	h->state = HTML_TEXT_PLAIN;
	if (character == 0) {
		put_seen(h, span_of("&"), to);
		if (name.n > 0)
			put_seen(h, name, to);
	} else if (character == ' ' || character == 0xa0) {
		want_gap(h, HTML_TEXT_SPACE);
	} else {
		put_seen(
		    h, span_make(octets, utf8_write(character, octets)), to);
	}
	if (!end && (c != ';' || character == 0))
		take_plain(h, c, to);
}

static void
take_entity(struct html_text *h, char c, struct buf *to)
{
	const bool in_name = is_letter(c) || (c >= '0' && c <= '9') ||
			     (c == '#' && h->name_n == 0);

	if (in_name && h->name_n < sizeof h->name)
		h->name[h->name_n++] = c;
	else
		finish_entity(h, false, c, to);
}

static void
take_open(struct html_text *h, char c, struct buf *to)
{
	h->closing = c == '/';
	h->attribute = false;
	h->dashes = 0;
	h->name_n = 0;
	if (c == '/' || is_letter(c)) {
		h->state = HTML_TEXT_TAG_NAME;
		if (c != '/')
			h->name[h->name_n++] = (char)(c | 0x20);
	} else if (h->hidden[0] != '\0') {
		h->state = c == '<' ? HTML_TEXT_OPEN : HTML_TEXT_PLAIN;
	} else if (c == '!' || c == '?') {
		h->state = HTML_TEXT_MARK;
	} else {
		h->state = HTML_TEXT_PLAIN;
		put_seen(h, span_of("<"), to);
		take_plain(h, c, to);
	}
}

/* The tag H->name is complete. */
static void
act_on_tag(struct html_text *h)
{
	const char *name = h->name;

	h->state = HTML_TEXT_PLAIN;
	h->name[h->name_n < sizeof h->name ? h->name_n : 0] = '\0';
	if (h->hidden[0] != '\0') {
		if (h->closing && strcmp(h->hidden, name) == 0)
			h->hidden[0] = '\0';
		return;
	}
	if (strcmp(name, "pre") == 0)
		h->pre = !h->closing;
	if (is_one_of(name, blocks, COUNT(blocks)))
		want_gap(h, HTML_TEXT_LINE);
	else if (is_one_of(name, cells, COUNT(cells)))
		want_gap(h, HTML_TEXT_SPACE);
	else if (!h->closing && is_one_of(name, hidden, COUNT(hidden)))
		memcpy(h->hidden, h->name, sizeof h->hidden);
}

/* Within a tag, behind its name. */
static void
take_tag(struct html_text *h, char c)
{
	if (c == '>') {
		act_on_tag(h);
	} else if (h->attribute && (c == '"' || c == '\'')) {
		h->state = HTML_TEXT_QUOTE;
		h->quote = c;
	} else if (!is_blank(c)) {
		h->attribute = c == '=';
	}
}

static void
take_tag_name(struct html_text *h, char c)
{
	const bool in_name = is_letter(c) || (c >= '0' && c <= '9');

	if (!in_name) {
		h->state = HTML_TEXT_TAG;
		/* In a script "a</b" is no tag: it must not eat the end tag. */
		if (h->hidden[0] != '\0' && c != '>') {
			h->name[h->name_n < sizeof h->name ? h->name_n : 0] =
			    '\0';
			if (strcmp(h->hidden, h->name) != 0 || !h->closing)
				h->state =
				    c == '<' ? HTML_TEXT_OPEN : HTML_TEXT_PLAIN;
			if (h->state != HTML_TEXT_TAG)
				return;
		}
		take_tag(h, c);
	} else if (h->name_n < sizeof h->name) {
		h->name[h->name_n++] = (char)(c | (is_letter(c) ? 0x20 : 0));
	}
}

static void
take_mark(struct html_text *h, char c)
{
	if (h->dashes < 2) {
		h->dashes = c == '-' ? h->dashes + 1 : 3;
		if (h->dashes == 2) {
			h->state = HTML_TEXT_COMMENT;
			/* "<!-->" is a whole comment. */
			return;
		}
	}
	if (c == '>')
		h->state = HTML_TEXT_PLAIN;
}

static void
take_comment(struct html_text *h, char c)
{
	if (c == '>' && h->dashes >= 2)
		h->state = HTML_TEXT_PLAIN;
	else if (c != '-')
		h->dashes = 0;
	else if (h->dashes < 2)
		h->dashes++;
}

static void
take(struct html_text *h, char c, struct buf *to)
{
	switch (h->state) {
	case HTML_TEXT_PLAIN:
		take_plain(h, c, to);
		return;
	case HTML_TEXT_ENTITY:
		take_entity(h, c, to);
		return;
	case HTML_TEXT_OPEN:
		take_open(h, c, to);
		return;
	case HTML_TEXT_TAG_NAME:
		take_tag_name(h, c);
		return;
	case HTML_TEXT_TAG:
		take_tag(h, c);
		return;
	case HTML_TEXT_QUOTE:
		if (c == h->quote)
			h->state = HTML_TEXT_TAG;
		h->attribute = false;
		return;
	case HTML_TEXT_MARK:
		take_mark(h, c);
		return;
	case HTML_TEXT_COMMENT:
		take_comment(h, c);
		return;
	}
}

int
html_text_feed(struct html_text *h, struct span in, struct buf *to)
{
	for (size_t i = 0; i < in.n; i++)
		take(h, in.p[i], to);
	return buf_bad(to) ? -E_NOMEM : 0;
}

int
html_text_end(struct html_text *h, struct buf *to)
{
	if (h->state == HTML_TEXT_ENTITY)
		finish_entity(h, true, '\0', to);
	else if (h->state == HTML_TEXT_OPEN && h->hidden[0] == '\0')
		put_seen(h, span_of("<"), to);
	h->state = HTML_TEXT_PLAIN;
	return buf_bad(to) ? -E_NOMEM : 0;
}
