/*
 * For: making a configuration safe for libconfuse. That library takes the last
 * of several values for one key, puts environment variables into texts, skips
 * characters that it does not know, and after a text without an end it reads
 * the next file (a reload!) as if still inside that text. Its comments may
 * overrun a buffer. So what it gets is a small language without any of these:
 *
 *   text    = *( key "=" ( value / list ) )
 *   list    = "{" [ value *( "," value ) ] "}"
 *   value   = word / DQUOTE *( character / "\\" / "\" DQUOTE ) DQUOTE
 *                  / "'" *( character / "\\" / "\'" ) "'"
 *   key     = word
 *   word    = 1*( ALPHA / DIGIT / "." / "-" / "_" / ":" / "@" / "[" / "]" )
 *   comment = "#" to the end of the line, "//" likewise, or "/" "*" to "*" "/"
 *
 * Not for: the order of these tokens (libconfuse sees to that) and not for the
 * meaning of values (settings_check.c).
 *
 * Read on: settings.c; docs/ADD-A-SETTING.md.
 */
#include "base/settings_scan.h"

#include <string.h>

enum token { TOKEN_NONE, TOKEN_WORD, TOKEN_OTHER };

struct state {
	struct settings_scan *scan;
	struct buf *clean;
	struct err *why;
	size_t at;         /* the next octet to look at */
	enum token before; /* the last token */
	struct span word;  /* its text if it was a word */
	bool in_list;      /* between braces */
};

static bool
is_word(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr(".-_:@[]", c) != NULL;
}

/* The octet BY places ahead, or NUL (which the text never holds). */
static char
ahead(const struct state *s, size_t by)
{
	struct span text = s->scan->text;

	return by < text.n - s->at ? text.p[s->at + by] : '\0';
}

/* A value or a list may have ended: what follows is not to blame on its key. */
static void
value_ended(struct state *s)
{
	if (!s->in_list)
		s->scan->key = (struct span){0};
}

/* Hands N octets on as they are. */
static void
keep(struct state *s, size_t n)
{
	buf_put(s->clean, span_part(s->scan->text, s->at, n));
	s->at += n;
}

/* Hands N octets on as spaces, their line ends as line ends. */
static void
blank(struct state *s, size_t n)
{
	size_t end = s->at + n;

	for (; s->at < end; s->at++) {
		bool line_end = s->scan->text.p[s->at] == '\n';

		buf_char(s->clean, line_end ? '\n' : ' ');
		s->scan->line += line_end;
	}
}

static int
scan_comment(struct state *s)
{
	struct span text = s->scan->text;
	size_t end;

	if (ahead(s, 0) == '#' || ahead(s, 1) == '/') {
		blank(s, span_find(text, s->at, '\n') - s->at);
		return 0;
	}
	end = span_search(text, s->at + 2, span_of("*/"));
	if (end == text.n)
		return err_set(s->why, -E_SYNTAX, "a comment without an end");
	blank(s, end + 2 - s->at);
	return 0;
}

/* At the quote that opens a text. A text ends in the line where it began. */
static int
scan_quoted(struct state *s)
{
	char quote = ahead(s, 0);
	size_t n = 1;

	for (; ahead(s, n) != quote; n++) {
		char c = ahead(s, n);

		if (c == '\0' || c == '\n')
			return err_set(s->why, -E_SYNTAX,
			    "a text without its closing quote");
		if (c == '$' && ahead(s, n + 1) == '{')
			return err_set(s->why, -E_SYNTAX,
			    "${...}: variables are not replaced here");
		if (c != '\\')
			continue;
		n++;
		if (ahead(s, n) != '\\' && ahead(s, n) != quote)
			return err_set(s->why, -E_SYNTAX,
			    "only \\\\ and \\%c may stand behind a backslash",
			    quote);
	}
	keep(s, n + 1);
	s->before = TOKEN_OTHER;
	value_ended(s);
	return 0;
}

static void
scan_word(struct state *s)
{
	size_t n = 1;

	while (is_word(ahead(s, n)))
		n++;
	s->word = span_part(s->scan->text, s->at, n);
	s->before = TOKEN_WORD;
	keep(s, n);
	value_ended(s);
}

/* At "=": the word before it is a key; notes its line. */
static int
scan_equals(struct state *s)
{
	struct settings_scan *scan = s->scan;
	int index;

	if (s->before != TOKEN_WORD)
		return err_set(s->why, -E_SYNTAX,
		    "a key, without quotes, must stand in front of =");
	scan->key = s->word;
	index = scan->find(s->word);
	if (index < 0)
		return err_set(s->why, -E_SYNTAX, "there is no such key");
	if (scan->lines[index] != 0)
		return err_set(s->why, -E_SYNTAX,
		    "given twice, the first time in line %u",
		    scan->lines[index]);
	scan->lines[index] = scan->line;
	s->before = TOKEN_OTHER;
	keep(s, 1);
	return 0;
}

static int
refuse(struct state *s)
{
	unsigned char c = (unsigned char)ahead(s, 0);

	if (c == '$' && ahead(s, 1) == '{')
		return err_set(s->why, -E_SYNTAX,
		    "${...}: variables are not replaced here");
	if (c > ' ' && c < 0x7f)
		return err_set(s->why, -E_SYNTAX,
		    "unexpected %c: put the value between quotes", c);
	return err_set(s->why, -E_SYNTAX, "unexpected character 0x%02x", c);
}

static int
scan_token(struct state *s)
{
	char c = ahead(s, 0);

	if (c == '#' ||
	    (c == '/' && (ahead(s, 1) == '/' || ahead(s, 1) == '*')))
		return scan_comment(s);
	if (c == '"' || c == '\'')
		return scan_quoted(s);
	if (is_word(c)) {
		scan_word(s);
		return 0;
	}
	if (c == '=')
		return scan_equals(s);
	if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		blank(s, 1);
		return 0;
	}
	if (c != '{' && c != '}' && c != ',')
		return refuse(s);
	s->before = TOKEN_OTHER;
	s->in_list = c == '{' || (s->in_list && c == ',');
	keep(s, 1);
	if (c == '}')
		value_ended(s);
	return 0;
}

int
settings_scan(struct settings_scan *scan, struct buf *clean, struct err *why)
{
	struct state s = {.scan = scan, .clean = clean, .why = why};
	size_t nul = span_find(scan->text, 0, '\0');
	int error = 0;

	scan->line = 1;
	scan->key = (struct span){0};
	if (nul < scan->text.n) {
		for (size_t i = 0; i < nul; i++)
			scan->line += scan->text.p[i] == '\n';
		return err_set(why, -E_SYNTAX, "a NUL character");
	}
	while (error == 0 && s.at < scan->text.n)
		error = scan_token(&s);
	if (error == 0 && scan->key.n > 0) {
		scan->line = scan->lines[scan->find(scan->key)];
		return err_set(
		    why, -E_SYNTAX, "has no value, or a list without its end");
	}
	if (error == 0 && buf_bad(clean))
		return err_set(why, -E_NOMEM, "no memory");
	return error;
}
