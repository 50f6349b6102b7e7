/*
 * For: making a configuration safe for libconfuse. That library takes the last
 * of several values for one key, puts environment variables into texts, skips
 * characters that it does not know, and after a text without an end it reads
 * the next file (a reload!) as if still inside that text. Its comments may
 * overrun a buffer. So what it gets is a small language without any of these:
 *
 *   text    = *( setting / peer )
 *   setting = key "=" ( value / list )
 *   peer    = "peer" value "{" *setting "}"
 *   list    = "{" [ value *( "," value ) [ "," ] ] "}"
 *   value   = word / DQUOTE *( character / "\\" / "\" DQUOTE ) DQUOTE
 *                  / "'" *( character / "\\" / "\'" ) "'"
 *   key     = word
 *   word    = 1*( ALPHA / DIGIT / "." / "-" / "_" / ":" / "@" / "[" / "]" )
 *   comment = "#" to the end of the line, "//" likewise, or "/" "*" to "*" "/"
 *
 * A setting that is well formed and yet wrong (its key is unknown, or there
 * already) is told of, left out, and the reading goes on behind it.
 *
 * Not for: the meaning of values (settings_check.c).
 *
 * Read on: settings.c; docs/ADD-A-SETTING.md.
 */
#include "base/settings_scan.h"

#include "base/settings_check.h"

#include <string.h>

enum token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_TEXT,
	TOKEN_EQUALS,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_BAD, /* a fault, told already */
};

struct state {
	struct settings_scan *scan;
	struct buf *clean;
	size_t at; /* the next octet to look at */
	unsigned line;
	enum token token;  /* what look() found at `at` */
	struct span whole; /* its octets */
	struct span key;   /* the setting under way, to be blamed */
	unsigned key_line; /* where it began */
	int result;
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

static void
fault(struct state *s, unsigned line, const char *why)
{
	s->scan->fault(s->scan->arg, line, s->key, why);
	s->result = -E_SYNTAX;
}

/* A fault of syntax, behind which nothing can be trusted. Returns false. */
static bool
stop(struct state *s, const char *why)
{
	bool at_end = s->token == TOKEN_END && s->key.n > 0;

	if (s->token != TOKEN_BAD)
		fault(s, at_end ? s->key_line : s->line, why);
	s->token = TOKEN_BAD;
	s->scan->stopped = true;
	return false;
}

/* Hands N octets on as spaces, their line ends as line ends. */
static void
blank(struct state *s, size_t n)
{
	size_t end = s->at + n;

	for (; s->at < end; s->at++) {
		bool line_end = s->scan->text.p[s->at] == '\n';

		buf_char(s->clean, line_end ? '\n' : ' ');
		s->line += line_end;
	}
}

/* Moves past the token that look() found. */
static void
take(struct state *s)
{
	buf_put(s->clean, s->whole);
	s->at += s->whole.n;
}

/* ---- tokens ---- */

/* How many octets of blanks or comment begin here; 0: none, or a fault. */
static size_t
blank_length(struct state *s)
{
	struct span text = s->scan->text;
	char c = ahead(s, 0);
	size_t end;

	if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
		return 1;
	if (c == '#' || (c == '/' && ahead(s, 1) == '/'))
		return span_find(text, s->at, '\n') - s->at;
	if (c != '/' || ahead(s, 1) != '*')
		return 0;
	end = span_search(text, s->at + 2, span_of("*/"));
	if (end < text.n)
		return end + 2 - s->at;
	stop(s, "a comment without an end");
	return 0;
}

/* The octets of the text whose opening quote is here; 0: a fault. A text ends
   in the line where it began. */
static size_t
quoted_length(struct state *s)
{
	char quote = ahead(s, 0);
	size_t n = 1;

	for (; ahead(s, n) != quote; n++) {
		char c = ahead(s, n);

		if (c == '\0' || c == '\n')
			return stop(s, "a text without its closing quote");
		if (c == '$' && ahead(s, n + 1) == '{')
			return stop(
			    s, "${...}: variables are not replaced here");
		if (c != '\\')
			continue;
		n++;
		if (ahead(s, n) != '\\' && ahead(s, n) != quote)
			return stop(s, quote == '"'
					   ? "only \\\\ and \\\" may stand "
					     "behind a backslash"
					   : "only \\\\ and \\' may stand "
					     "behind a backslash");
	}
	return n + 1;
}

static size_t
word_length(const struct state *s)
{
	size_t n = 1;

	while (is_word(ahead(s, n)))
		n++;
	return n;
}

/* No token begins with the character that is here. */
static void
refuse(struct state *s)
{
	unsigned char c = (unsigned char)ahead(s, 0);
	struct err why;

	if (c == '$' && ahead(s, 1) == '{')
		err_set(
		    &why, -E_SYNTAX, "${...}: variables are not replaced here");
	else if (c > ' ' && c < 0x7f)
		err_set(&why, -E_SYNTAX,
		    "unexpected %c: put the value between quotes", c);
	else
		err_set(&why, -E_SYNTAX, "unexpected character 0x%02x", c);
	stop(s, why.text);
}

static enum token
sign(char c)
{
	switch (c) {
	case '=':
		return TOKEN_EQUALS;
	case '{':
		return TOKEN_OPEN;
	case '}':
		return TOKEN_CLOSE;
	case ',':
		return TOKEN_COMMA;
	}
	return TOKEN_BAD;
}

/* Passes blanks and comments, and says which token comes then. */
static enum token
look(struct state *s)
{
	size_t n;
	char c;

	if (s->token == TOKEN_BAD)
		return s->token;
	while ((n = blank_length(s)) > 0)
		blank(s, n);
	if (s->token == TOKEN_BAD)
		return s->token;
	c = ahead(s, 0);
	n = 1;
	if (c == '\0') {
		s->token = TOKEN_END;
		n = 0;
	} else if (c == '"' || c == '\'') {
		s->token = TOKEN_TEXT;
		n = quoted_length(s);
	} else if (is_word(c)) {
		s->token = TOKEN_WORD;
		n = word_length(s);
	} else if (sign(c) != TOKEN_BAD) {
		s->token = sign(c);
	} else {
		refuse(s);
	}
	s->whole = span_part(s->scan->text, s->at, n);
	return s->token;
}

/* ---- settings ---- */

static bool
scan_value(struct state *s, const char *what)
{
	if (look(s) != TOKEN_WORD && s->token != TOKEN_TEXT)
		return stop(s, what);
	take(s);
	return true;
}

/* Behind the opening brace. A comma behind the last value may stay. */
static bool
scan_list(struct state *s)
{
	while (look(s) != TOKEN_CLOSE) {
		if (!scan_value(s, "a list without its end"))
			return false;
		if (look(s) == TOKEN_COMMA)
			take(s);
		else if (s->token != TOKEN_CLOSE)
			return stop(s, "values of a list need commas between");
	}
	take(s);
	return true;
}

/*
 * The place in LINES of the key that look() has found, now with its line. NULL:
 * it is wrong, and told of.
 */
static unsigned *
note_key(struct state *s, int index, unsigned *lines)
{
	struct err why;

	if (index < 0) {
		fault(s, s->line, "there is no such key");
		return NULL;
	}
	if (lines[index] != 0) {
		err_set(&why, -E_SYNTAX,
		    "given twice, the first time in line %u", lines[index]);
		fault(s, s->line, why.text);
		return NULL;
	}
	lines[index] = s->line;
	return &lines[index];
}

/* From the equal sign on. *FITS_R: it is a list only where one may be. */
static bool
scan_assigned(struct state *s, bool takes_list, bool *fits_r)
{
	*fits_r = true;
	if (look(s) != TOKEN_EQUALS)
		return stop(s, "must be followed by =");
	take(s);
	if (look(s) != TOKEN_OPEN)
		return scan_value(s, "has no value");
	*fits_r = takes_list;
	if (!takes_list)
		fault(s, s->line, "takes one value, and no list");
	take(s);
	return scan_list(s);
}

/* At the key of a setting. Nothing of one with a fault is handed on. */
static bool
scan_setting(struct state *s, unsigned *lines, enum settings_scan_place place)
{
	size_t clean_before = s->clean->n;
	bool takes_list = true, fits, good;
	int index = s->scan->find(place, s->whole, &takes_list);
	unsigned *noted;

	s->key = s->whole;
	s->key_line = s->line;
	noted = note_key(s, index, lines);
	take(s);
	good = scan_assigned(s, takes_list, &fits);
	if (!good || !fits || noted == NULL)
		s->clean->n = clean_before;
	if ((!good || !fits) && noted != NULL)
		*noted = 0;
	s->key = (struct span){0};
	return good;
}

/* ---- sections ---- */

static struct settings_scan_peer *
find_peer(struct settings_scan *scan, struct span domain)
{
	for (unsigned i = 0; i < scan->peers_n; i++)
		if (span_equals_nocase(scan->peers[i].domain, domain))
			return &scan->peers[i];
	return NULL;
}

/* Room for the section of DOMAIN, or NULL: it is wrong, and told of. */
static struct settings_scan_peer *
note_peer(struct state *s, struct span domain)
{
	struct settings_scan *scan = s->scan;
	struct settings_scan_peer *before = find_peer(scan, domain);
	struct err why = {0};

	if (before != NULL)
		err_set(&why, -E_SYNTAX,
		    "\"%.*s\" is given twice, the first time in line %u",
		    (int)domain.n, domain.p, before->line);
	else if (scan->peers_n == scan->peers_max)
		err_set(
		    &why, -E_SYNTAX, "more than %u sections", scan->peers_max);
	else
		settings_check_domain(domain, &why);
	if (why.code != 0) {
		fault(s, s->line, why.text);
		return NULL;
	}
	before = &scan->peers[scan->peers_n++];
	*before =
	    (struct settings_scan_peer){.domain = domain, .line = s->line};
	return before;
}

static bool
scan_settings_of_peer(struct state *s, unsigned *lines)
{
	struct span section = s->key;
	unsigned section_line = s->key_line;

	if (look(s) != TOKEN_OPEN)
		return stop(s, "must be followed by { behind the domain");
	take(s);
	while (look(s) == TOKEN_WORD) {
		if (!scan_setting(s, lines, SETTINGS_IN_PEER))
			return false;
		s->key = section;
		s->key_line = section_line;
	}
	if (s->token != TOKEN_CLOSE)
		return stop(s, "a section without its end");
	take(s);
	return true;
}

/* At the word "peer". */
static bool
scan_peer(struct state *s)
{
	unsigned nowhere[SETTINGS_SCAN_PEER_KEYS] = {0};
	size_t clean_before = s->clean->n;
	struct settings_scan_peer *peer;
	struct span domain;
	bool good;

	s->key = s->whole;
	s->key_line = s->line;
	take(s);
	if (look(s) != TOKEN_WORD && s->token != TOKEN_TEXT) {
		s->clean->n = clean_before;
		return stop(s, "must be followed by a domain");
	}
	domain = s->whole;
	if (s->token == TOKEN_TEXT)
		domain = span_part(domain, 1, domain.n - 2);
	peer = note_peer(s, domain);
	take(s);
	good = scan_settings_of_peer(s, peer != NULL ? peer->lines : nowhere);
	if (!good || peer == NULL)
		s->clean->n = clean_before;
	if (!good && peer != NULL)
		s->scan->peers_n--;
	s->key = (struct span){0};
	return good;
}

static bool
scan_statement(struct state *s)
{
	if (s->token != TOKEN_WORD)
		return stop(
		    s, "a key, without quotes, must stand in front of =");
	if (span_equals(s->whole, span_of("peer")))
		return scan_peer(s);
	return scan_setting(s, s->scan->lines, SETTINGS_ANYWHERE);
}

int
settings_scan(struct settings_scan *scan, struct buf *clean)
{
	struct state s = {.scan = scan, .clean = clean, .line = 1};
	size_t nul = span_find(scan->text, 0, '\0');

	if (nul < scan->text.n) {
		for (size_t i = 0; i < nul; i++)
			s.line += scan->text.p[i] == '\n';
		stop(&s, "a NUL character");
		return s.result;
	}
	while (look(&s) != TOKEN_END && s.token != TOKEN_BAD)
		if (!scan_statement(&s))
			break;
	return buf_bad(clean) ? -E_NOMEM : s.result;
}
