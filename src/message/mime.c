/*
 * Reads the values of Content-Type and Content-Disposition.
 *
 *   value     = type *( ";" parameter )
 *   parameter = name [ "*" number ] [ "*" ] "=" ( quoted-string / text )
 *   extended  = [ charset "'" language "'" ] *( octet / "%" 2HEXDIG )
 *
 * where text goes up to the next semicolon, spaces within included, since
 * programs forget quotation marks; a comment behind it goes.
 *
 * Not for parts and their boundaries (preview.c), and not for the field
 * Content-Transfer-Encoding (transfer.c).
 *
 * Read on in mime.h.
 */
#include "message/mime.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "message/charset.h"
#include "message/encoded_word.h"
#include "message/shown.h"

#include <string.h>

#define PIECES_MAX  32   /* of one continued parameter */
#define OCTETS_MAX  4096 /* of one parameter, before it is decoded */
#define TEXT_OCTETS (3 * (OCTETS_MAX + CHARSET_HELD))

struct parameter {
	struct span name; /* without stars */
	struct span text; /* without quotation marks, escapes still in it */
	size_t piece;     /* number of a continuation; PIECES_MAX: none */
	bool extended;    /* its name ended in a star */
	bool quoted;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Index of the quotation mark that ends what begins at S[0], or S.n. */
static size_t
quoted_end(struct span s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i;
	}
	return s.n;
}

/*
 * Takes what is up to the next semicolon that is not quoted. A quotation mark
 * counts only where a value begins: in the middle of one it is an inch.
 */
static struct span
take_section(struct span *rest)
{
	const struct span start = *rest;
	char before = '\0'; /* the last octet that is no blank */
	size_t at = 0;

	while (at < start.n && start.p[at] != ';') {
		const char c = start.p[at];

		at += c == '"' && before == '='
			  ? quoted_end(span_skip(start, at)) + 1
			  : 1;
		if (!is_blank(c))
			before = c;
	}
	*rest = span_skip(start, at + 1);
	return span_part(start, 0, at);
}

/* Text without quotation marks: without the comment behind it. */
static struct span
without_comment(struct span s)
{
	size_t at = 0;

	while (at < s.n && !(s.p[at] == '(' && at > 0 && is_blank(s.p[at - 1])))
		at++;
	return span_trim(span_part(s, 0, at));
}

/* The stars behind a name say which form it has. */
static void
read_stars(struct parameter *p)
{
	const size_t star = span_find(p->name, 0, '*');
	struct span digits = span_skip(p->name, star + 1);
	uint64_t piece;

	p->piece = PIECES_MAX;
	p->extended = star < p->name.n && p->name.p[p->name.n - 1] == '*';
	p->name = span_part(p->name, 0, star);
	if (p->extended && digits.n > 0)
		digits.n--;
	if (span_number(digits, PIECES_MAX - 1, &piece) == 0)
		p->piece = (size_t)piece;
}

/* The next parameter of *REST, from which the type has been taken. */
static bool
next_parameter(struct span *rest, struct parameter *p)
{
	while (rest->n > 0) {
		const struct span section = take_section(rest);
		const size_t equal = span_find(section, 0, '=');

		if (equal == section.n)
			continue;
		p->name = span_trim(span_part(section, 0, equal));
		p->text = span_trim(span_skip(section, equal + 1));
		p->quoted = p->text.n > 0 && p->text.p[0] == '"';
		if (p->quoted)
			p->text =
			    span_part(p->text, 1, quoted_end(p->text) - 1);
		else
			p->text = without_comment(p->text);
		read_stars(p);
		return true;
	}
	return false;
}

/*
 * The first parameter NAME with this number (PIECES_MAX: without one), in the
 * extended form if that is wanted; pieces may have either.
 */
static bool
find(struct span value, const char *name, size_t piece, bool extended,
    struct parameter *p)
{
	(void)take_section(&value);
	while (next_parameter(&value, p)) {
		if (p->piece == piece &&
		    (piece < PIECES_MAX || p->extended == extended) &&
		    span_equals_nocase(p->name, span_of(name)))
			return true;
	}
	return false;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c & ~0x20);
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void
put_extended(struct span s, struct buf *to)
{
	for (size_t i = 0; i < s.n; i++) {
		const bool three = s.p[i] == '%' && i + 2 < s.n;
		const int high = three ? hex_value(s.p[i + 1]) : -1;
		const int low = three ? hex_value(s.p[i + 2]) : -1;

		if (high < 0 || low < 0) {
			(void)buf_char(to, s.p[i]);
			continue;
		}
		(void)buf_char(to, (char)(high << 4 | low));
		i += 2;
	}
}

/* Backslashes are taken off quotation marks and backslashes only: programs
 * write the paths of their disks. */
static void
put_plain(const struct parameter *p, struct buf *to)
{
	const struct span s = p->text;

	for (size_t i = 0; i < s.n; i++) {
		if (p->quoted && s.p[i] == '\\' && i + 1 < s.n &&
		    (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
			i++;
		/* Folds go, the space that follows them stays. */
		if (s.p[i] != '\r' && s.p[i] != '\n')
			(void)buf_char(to, s.p[i]);
	}
}

/* Takes "charset'language'" off the front of P. */
static struct span
take_charset(struct parameter *p)
{
	const size_t first = span_find(p->text, 0, '\'');
	const size_t second = span_find(p->text, first + 1, '\'');
	const struct span charset = span_part(p->text, 0, first);

	if (second >= p->text.n)
		return span_of(NULL);
	p->text = span_skip(p->text, second + 1);
	return charset;
}

static void
put_piece(const struct parameter *p, struct buf *to)
{
	if (p->extended)
		put_extended(p->text, to);
	else
		put_plain(p, to);
}

/*
 * The octets of an extended or continued parameter behind TO and the name of
 * their character set; false if there is none.
 */
static bool
gather(
    struct span value, const char *name, struct buf *to, struct span *charset_r)
{
	struct parameter p;
	size_t piece = 0;

	*charset_r = span_of(NULL);
	if (find(value, name, PIECES_MAX, true, &p)) {
		*charset_r = take_charset(&p);
		put_piece(&p, to);
		return true;
	}
	for (; piece < PIECES_MAX && find(value, name, piece, true, &p);
	     piece++) {
		if (piece == 0 && p.extended)
			*charset_r = take_charset(&p);
		put_piece(&p, to);
	}
	return piece > 0;
}

static bool
is_token(char c)
{
	const unsigned char octet = (unsigned char)c;

	return octet > ' ' && octet < 0x7f &&
	       strchr("()<>@,;:\\\"[]?=", c) == NULL;
}

/* What may stand behind a word: a parameter, a comment, a space, nothing. */
static bool
ends_word(struct span behind)
{
	return behind.n == 0 || behind.p[0] == ';' || behind.p[0] == '(' ||
	       is_blank(behind.p[0]);
}

bool
mime_type(struct span value, char to[MIME_TYPE_ROOM])
{
	size_t n = 0, slash;

	value = span_trim(value);
	for (; n < value.n && n + 1 < MIME_TYPE_ROOM && is_token(value.p[n]);
	     n++)
		to[n] = value.p[n] >= 'A' && value.p[n] <= 'Z'
			    ? (char)(value.p[n] - 'A' + 'a')
			    : value.p[n];
	to[n] = '\0';
	slash = span_find(span_make(to, n), 0, '/');
	if (ends_word(span_skip(value, n)) && slash > 0 && slash + 1 < n &&
	    span_find(span_make(to, n), slash + 1, '/') == n)
		return true;
	to[0] = '\0';
	return false;
}

bool
mime_is(struct span value, const char *word)
{
	const struct span wanted = span_of(word);

	value = span_trim(value);
	return span_starts_nocase(value, wanted) &&
	       ends_word(span_skip(value, wanted.n));
}

bool
mime_has(struct span value, const char *name)
{
	struct parameter p;

	(void)take_section(&value);
	while (next_parameter(&value, &p)) {
		if (p.text.n > 0 && span_equals_nocase(p.name, span_of(name)))
			return true;
	}
	return false;
}

bool
mime_octets(
    struct span value, const char *name, char *to, size_t room, size_t *n_r)
{
	struct parameter p;
	struct span charset;
	struct buf octets;
	bool good;

	buf_init(&octets, room - 1);
	if (find(value, name, PIECES_MAX, false, &p))
		put_plain(&p, &octets);
	else
		(void)gather(value, name, &octets, &charset);
	good = !buf_bad(&octets) && octets.n > 0;
	*n_r = good ? octets.n : 0;
	if (good)
		memcpy(to, octets.p, octets.n);
	to[*n_r] = '\0';
	buf_fini(&octets);
	return good;
}

/* OCTETS of a character set, shown. */
static size_t
show(struct span octets, struct span charset, char *to, size_t room)
{
	struct charset reader;
	struct buf text;
	size_t n;

	buf_init(&text, TEXT_OCTETS);
	charset_open(&reader, charset);
	(void)charset_feed(&reader, octets, &text);
	(void)charset_end(&reader, &text);
	charset_close(&reader);
	n = shown_text(span_trim(buf_span(&text)), SHOWN_LINE, to, room);
	buf_fini(&text);
	return n;
}

size_t
mime_text(struct span value, const char *name, char *to, size_t room)
{
	struct parameter p;
	struct span charset;
	struct buf octets;
	size_t n = 0;

	to[0] = '\0';
	buf_init(&octets, OCTETS_MAX);
	if (gather(value, name, &octets, &charset)) {
		n = charset.n > 0
			? show(buf_span(&octets), charset, to, room)
			: encoded_word_text(buf_span(&octets), to, room);
	} else if (find(value, name, PIECES_MAX, false, &p)) {
		put_plain(&p, &octets);
		n = encoded_word_text(buf_span(&octets), to, room);
	}
	buf_fini(&octets);
	return n;
}
