/*
 * How a stub looks where mail programs show HTML: a card that is read on a
 * narrow screen as well, in light and in dark. Few colours, and none for text,
 * so that the program's own stay.
 *
 * Not for what is said (stub_words.c). Nothing is loaded and nothing can be
 * followed: no link, picture, script or style sheet, and no address.
 *
 * Read on in stub.h. What must stay true: every text passes put_escaped(), and
 * what strangers wrote lies in an element that keeps its direction to itself.
 */
#include "message/stub_inner.h"

#define FOREIGN "lang=\"\" dir=\"auto\""
#define QUIET   "<span style=\"opacity:.65\">"

/* Before and behind label, text and note; where one is missing, so is all. */
static const struct look {
	const char *begin, *before_label, *before, *behind, *end;
} looks[] = {
    [STUB_TITLE] = {"<div style=\"font-size:12px;font-weight:600;"
		    "color:#a8690f;margin-bottom:10px\">",
	"", "<span>", "</span>", "</div>"},
    [STUB_SENDER] = {"<div>", QUIET, "<b><bdi " FOREIGN ">", "</bdi></b>",
	"</div>"},
    [STUB_CLAIM] = {"<div style=\"font-size:13px\">", QUIET,
	"<bdi " FOREIGN ">", "</bdi>", "</div>"},
    [STUB_ABOUT] = {"<div style=\"margin:8px 0\">",
	"<span style=\"opacity:.65;font-size:13px\">",
	"<b " FOREIGN " style=\"font-size:18px;unicode-bidi:isolate\">", "</b>",
	"</div>"},
    [STUB_FACT] = {"<span style=\"display:inline-block;font-size:13px;"
		   "margin-right:14px\">",
	QUIET, "<span>", "</span>", "</span>"},
    [STUB_ATTACHMENT] = {"<div style=\"font-size:13px;margin-left:14px\">", "",
	"<bdi " FOREIGN ">", "</bdi>", "</div>"},
    [STUB_LINES] = {"<div style=\"margin:12px 0\">",
	"<span style=\"opacity:.65;font-size:13px\">",
	"<div " FOREIGN " style=\"border-left:3px solid "
	"rgba(128,128,128,.5);padding-left:10px\">",
	"</div>", "</div>"},
    [STUB_UNTIL] = {"<div style=\"font-size:13px\">", QUIET, "<span>",
	"</span>", "</div>"},
    [STUB_ADVICE] = {"<div style=\"font-size:13px;margin-top:12px;"
		     "padding-top:12px;border-top:1px solid "
		     "rgba(128,128,128,.4)\">",
	"", "<span>", "</span>", "</div>"},
};

static const char *
entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&#34;";
	case '\'':
		return "&#39;";
	case '\n':
		return "\r\n";
	default:
		return NULL;
	}
}

static void
put_escaped(struct buf *to, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		const char *entity = entity_of(text.p[i]);

		if (entity != NULL)
			(void)buf_text(to, entity);
		else
			(void)buf_char(to, text.p[i]);
	}
}

/* Lines are elements of their own, since each has its own direction. */
static void
put_text(const struct look *look, const struct stub_row *row, struct buf *to)
{
	struct span line, rest = span_of(row->text);
	const bool lines = row->look == STUB_LINES;

	while (lines && span_cut(&rest, '\n', &line)) {
		(void)buf_text(to, look->before);
		put_escaped(to, line);
		(void)buf_text(to, look->behind);
	}
	if (!lines) {
		(void)buf_text(to, look->before);
		put_escaped(to, rest);
		(void)buf_text(to, look->behind);
	}
}

void
stub_html_row(const struct stub_row *row, struct buf *to)
{
	const struct look *look = &looks[row->look];

	(void)buf_text(to, look->begin);
	if (row->label[0] != '\0') {
		(void)buf_text(to, look->before_label);
		put_escaped(to, span_of(row->label));
		(void)buf_text(to, ":</span> ");
	}
	put_text(look, row, to);
	if (row->note[0] != '\0') {
		(void)buf_text(to, QUIET);
		put_escaped(to, span_of(row->note));
		(void)buf_text(to, "</span>");
	}
	(void)buf_text(to, look->end);
	(void)buf_text(to, "\r\n");
}

void
stub_html_begin(struct buf *to)
{
	(void)buf_text(to,
	    "<!DOCTYPE html>\r\n"
	    "<html lang=\"en\" dir=\"ltr\" style=\"color-scheme:light dark\">"
	    "<head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width\">"
	    "<meta name=\"color-scheme\" content=\"light dark\">"
	    "<title>Waiting</title></head>\r\n"
	    "<body style=\"margin:0;padding:10px\">"
	    "<div style=\"max-width:36em;margin:0 auto;padding:14px;"
	    "border:1px solid rgba(128,128,128,.4);border-radius:8px;"
	    "font:15px/1.45 system-ui,sans-serif;overflow-wrap:anywhere\">"
	    "\r\n");
}

void
stub_html_end(struct buf *to)
{
	(void)buf_text(to, "</div></body></html>\r\n");
}
