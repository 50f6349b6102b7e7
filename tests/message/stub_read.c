/*
 * Reads a stub back with other means than it was made by: its fields one by
 * one, its parts through their encoding, the tags of its HTML, and what is left
 * of that without tags.
 */
#include "stub_read.h"

#include "base/utf8.h"
#include "message/head.h"
#include "message/html_text.h"
#include "message/shown.h"
#include "message/stub.h"
#include "message/transfer.h"

#include <string.h>

#define LINE_MAX 998
#define BOUNDARY "--=_stub"

/* In this order, each once; Reply-To may be missing. */
static const char *const fields[] = {"From", "To", "Subject", "Date",
    "Message-ID", "Reply-To", "X-Restante-Envelope", "Auto-Submitted",
    "MIME-Version", "Content-Type"};
#define FIELDS   (sizeof fields / sizeof *fields)
#define REPLY_TO 5

static const char *const elements[] = {"!DOCTYPE", "html", "head", "meta",
    "title", "body", "div", "span", "b", "bdi"};

static bool
is_lines(struct span s)
{
	struct span line;

	if (s.n == 0 || s.p[s.n - 1] != '\n')
		return false;
	while (span_cut(&s, '\n', &line)) {
		if (line.n == 0 || line.n > LINE_MAX + 1 ||
		    span_find(line, 0, '\r') != line.n - 1)
			return false;
		for (size_t i = 0; i + 1 < line.n; i++) {
			if (line.p[i] < ' ' || line.p[i] > '~')
				return false;
		}
	}
	return true;
}

static const char *
read_head(struct span text)
{
	struct span field, name, value;
	struct head head;
	size_t at = 0, n = 0;
	bool good;

	head_init(&head);
	good = head_feed(&head, text) == text.n && head.complete && !head.none;
	while (good && head_next(&head, &at, &field, &name, &value) == 1) {
		if (n == REPLY_TO && !span_equals(name, span_of(fields[n])))
			n++;
		good = n < FIELDS && span_equals(name, span_of(fields[n]));
		good = good && span_trim(value).n > 0;
		n++;
	}
	head_fini(&head);
	return good && n == FIELDS ? NULL : "fields that are not ours";
}

/* The content of the part of TYPE behind the next boundary. */
static bool
read_part(struct span *rest, const char *type, struct buf *to)
{
	struct span line, encoded;
	struct transfer t;

	if (!span_cut(rest, '\n', &line) ||
	    !span_equals(line, span_of(BOUNDARY "\r")) ||
	    !span_cut(rest, '\n', &line) ||
	    span_search(line, 0, span_of(type)) == line.n ||
	    !span_cut(rest, '\n', &line) ||
	    !span_equals(
		line, span_of("Content-Transfer-Encoding: base64\r")) ||
	    !span_cut(rest, '\n', &line) || line.n != 1)
		return false;
	encoded = span_part(*rest, 0, span_search(*rest, 0, span_of("--")));
	*rest = span_skip(*rest, encoded.n);
	transfer_init(&t, TRANSFER_BASE64);
	return transfer_feed(&t, encoded, to) == 0 && transfer_end(&t, to) == 0;
}

/* Line ends are CRLF. */
static bool
is_harmless(struct span s)
{
	while (s.n > 0) {
		uint32_t c = 0;
		size_t n = utf8_read(s, &c);

		if (span_starts_nocase(s, span_of("\r\n")))
			n = 2;
		else if (n == 0 || c == '\n' || shown_character(c) != c)
			return false;
		s = span_skip(s, n);
	}
	return true;
}

static bool
is_tag_of_ours(struct span tag)
{
	static const char *const wanting[] = {
	    "href", "src", "url", "http", " on", "&", "\\"};
	struct span name;

	if (tag.n > 0 && tag.p[0] == '/')
		tag = span_skip(tag, 1);
	for (size_t i = 0; i < sizeof wanting / sizeof *wanting; i++) {
		if (span_search(tag, 0, span_of(wanting[i])) < tag.n)
			return false;
	}
	(void)span_cut(&tag, ' ', &name);
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
		if (span_equals(name, span_of(elements[i])))
			return true;
	}
	return false;
}

/* Every "<" begins a tag of ours, and every one that is open is closed. */
static bool
has_only_tags_of_ours(struct span html)
{
	size_t open = 0, closed = 0;

	for (size_t at = 0; at < html.n; at++) {
		size_t end;

		at = span_find(html, at, '<');
		if (at == html.n)
			break;
		end = span_find(html, at, '>');
		if (!is_tag_of_ours(span_part(html, at + 1, end - at - 1)))
			return false;
		closed += html.p[at + 1] == '/';
		open += html.p[at + 1] != '/';
		at = end;
	}
	/* DOCTYPE and three of meta have no end. */
	return open == closed + 4;
}

static void
put_without_blanks(struct span s, struct buf *to)
{
	for (size_t i = 0; i < s.n; i++) {
		if (strchr(" \r\n", s.p[i]) == NULL || s.p[i] == '\0')
			(void)buf_char(to, s.p[i]);
	}
}

/* Both say the same, but for blanks and what marks a line of a stranger's. */
static bool
says_the_same(struct span text, struct span html)
{
	struct buf reduced, a, b;
	struct html_text h;
	struct span line;
	bool same;

	buf_init(&reduced, 1u << 20);
	buf_init(&a, 1u << 20);
	buf_init(&b, 1u << 20);
	html_text_init(&h);
	(void)html_text_feed(&h, html, &reduced);
	(void)html_text_end(&h, &reduced);
	while (span_cut(&text, '\n', &line))
		put_without_blanks(
		    span_skip(
			line, span_starts_nocase(line, span_of("> ")) ? 2 : 0),
		    &a);
	put_without_blanks(buf_span(&reduced), &b);
	same = !buf_bad(&a) && !buf_bad(&b) &&
	       span_equals(buf_span(&a), buf_span(&b));
	buf_fini(&reduced);
	buf_fini(&a);
	buf_fini(&b);
	return same;
}

const char *
stub_read(
    struct span head, struct span body, struct buf *text, struct buf *html)
{
	struct span rest = body;

	if (head.n > STUB_HEAD_MAX || !is_lines(span_part(head, 0, head.n - 2)))
		return "the head is not printable lines";
	if (read_head(head) != NULL)
		return read_head(head);
	if (body.n > STUB_BODY_MAX)
		return "the body is too long";
	if (!read_part(&rest, "text/plain; charset=utf-8", text) ||
	    !read_part(&rest, "text/html; charset=utf-8", html) ||
	    !span_equals(rest, span_of(BOUNDARY "--\r\n")))
		return "the body is not two parts";
	if (!is_harmless(buf_span(text)) || !is_harmless(buf_span(html)))
		return "a part is not harmless";
	if (!has_only_tags_of_ours(buf_span(html)))
		return "a tag that is not ours";
	if (strstr(buf_string(text), "://") != NULL ||
	    strstr(buf_string(html), "://") != NULL)
		return "a link";
	if (!says_the_same(buf_span(text), buf_span(html)))
		return "the parts differ";
	return NULL;
}
