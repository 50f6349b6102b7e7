/*
 * Macro-strings, RFC 7208 7. Reads one piece at a time, so that checking and
 * expanding share one grammar. Not here: %{c}, %{r} and %{t}, which are legal
 * in explanations alone, and explanations are not fetched.
 *
 *	domain-spec   = macro-string domain-end
 *	domain-end    = ( "." toplabel [ "." ] ) / macro-expand
 *	toplabel      = ( *alphanum ALPHA *alphanum ) /
 *	                ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
 *	macro-string  = *( macro-expand / macro-literal )
 *	macro-expand  = ( "%{" macro-letter transformers *delimiter "}" )
 *	                / "%%" / "%_" / "%-"
 *	macro-literal = %x21-24 / %x26-7E
 *	transformers  = *DIGIT [ "r" ]
 *	delimiter     = "." / "-" / "+" / "," / "/" / "_" / "="
 */
#include "trust/spf_macro.h"

#include "base/buf.h"
#include "base/err.h"

#include <string.h>

#define EXPANDED_MAX 16384 /* octets before cutting to a name's length */
#define KEEP_MAX     128   /* more parts than a name has labels */

/* One piece of a macro-string. */
struct piece {
	struct span literal; /* what it stands for, when letter is 0 */
	char letter;         /* lower case */
	bool escaped;        /* the letter was upper case */
	bool expanded;       /* written with a percent sign */
	bool reversed;
	unsigned keep;          /* parts to keep on the right; 0: all */
	struct span delimiters; /* where to split; empty: dots */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* What stands between "%{" and "}". */
static int
parse_braces(struct span body, struct piece *piece_r)
{
	size_t at = 1;
	size_t digits;

	if (body.n == 0 || !is_one_of(lower(body.p[0]), "slodipvh"))
		return -E_SYNTAX;
	piece_r->letter = lower(body.p[0]);
	piece_r->escaped = piece_r->letter != body.p[0];
	for (; at < body.n && is_digit(body.p[at]); at++) {
		piece_r->keep *= 10;
		piece_r->keep += (unsigned)(body.p[at] - '0');
		if (piece_r->keep > KEEP_MAX)
			piece_r->keep = KEEP_MAX;
	}
	digits = at - 1;
	if (digits > 0 && piece_r->keep == 0)
		return -E_SYNTAX;
	if (at < body.n && lower(body.p[at]) == 'r') {
		piece_r->reversed = true;
		at++;
	}
	piece_r->delimiters = span_skip(body, at);
	for (; at < body.n; at++) {
		if (!is_one_of(body.p[at], ".-+,/_="))
			return -E_SYNTAX;
	}
	return 1;
}

/* What follows a percent sign, which is the first octet of *REST. */
static int
parse_percent(struct span *rest, struct piece *piece_r)
{
	size_t end;
	struct span body;

	piece_r->expanded = true;
	if (rest->n < 2)
		return -E_SYNTAX;
	switch (rest->p[1]) {
	case '%':
		piece_r->literal = span_of("%");
		break;
	case '_':
		piece_r->literal = span_of(" ");
		break;
	case '-':
		piece_r->literal = span_of("%20");
		break;
	case '{':
		end = span_find(*rest, 2, '}');
		if (end == rest->n)
			return -E_SYNTAX;
		body = span_part(*rest, 2, end - 2);
		*rest = span_skip(*rest, end + 1);
		return parse_braces(body, piece_r);
	default:
		return -E_SYNTAX;
	}
	*rest = span_skip(*rest, 2);
	return 1;
}

/* The next piece of *REST: 1; 0 at the end; -E_SYNTAX. */
static int
next_piece(struct span *rest, struct piece *piece_r)
{
	*piece_r = (struct piece){.letter = '\0'};
	if (rest->n == 0)
		return 0;
	if (rest->p[0] == '%')
		return parse_percent(rest, piece_r);
	if (rest->p[0] < '!' || rest->p[0] > '~')
		return -E_SYNTAX;
	piece_r->literal = span_part(*rest, 0, 1);
	*rest = span_skip(*rest, 1);
	return 1;
}

bool
spf_macro_is_string(struct span text)
{
	struct piece piece;
	int more;

	do
		more = next_piece(&text, &piece);
	while (more > 0);
	return more == 0;
}

static bool
is_top_label(struct span label)
{
	bool letter = false;
	bool hyphen = false;

	if (label.n == 0 || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++) {
		letter |= is_letter(label.p[i]);
		hyphen |= label.p[i] == '-';
	}
	return letter || hyphen;
}

/* Whether TEXT ends in "." toplabel [ "." ]; its pieces are valid. */
static bool
ends_in_top_label(struct span text)
{
	size_t at;

	if (text.n > 0 && text.p[text.n - 1] == '.')
		text.n--;
	at = text.n;
	while (at > 0 && (is_letter(text.p[at - 1]) ||
			     is_digit(text.p[at - 1]) || text.p[at - 1] == '-'))
		at--;
	return at > 0 && text.p[at - 1] == '.' &&
	       is_top_label(span_skip(text, at));
}

bool
spf_macro_is_domain(struct span text)
{
	struct span rest = text;
	struct piece piece;
	bool expanded = false;
	int more;

	while ((more = next_piece(&rest, &piece)) > 0)
		expanded = piece.expanded;
	return more == 0 && (expanded || ends_in_top_label(text));
}

bool
spf_macro_has(struct span text, char letter)
{
	struct piece piece;

	while (next_piece(&text, &piece) > 0) {
		if (piece.letter == letter)
			return true;
	}
	return false;
}

static struct span
value_of(const struct spf_values *values, char letter)
{
	switch (letter) {
	case 's':
		return values->sender;
	case 'l':
		return values->local;
	case 'o':
		return values->origin;
	case 'd':
		return values->domain;
	case 'i':
		return values->client;
	case 'p':
		return values->validated;
	case 'v':
		return values->family;
	default: /* the grammar leaves only h */
		return values->helo;
	}
}

static bool
is_delimiter(struct span delimiters, char c)
{
	if (delimiters.n == 0)
		return c == '.';
	return span_find(delimiters, 0, c) < delimiters.n;
}

/* Cuts VALUE at each delimiter; empty parts count. At least one part. */
static size_t
split(struct span value, struct span delimiters,
    struct span parts_r[SPF_VALUE_MAX + 1])
{
	size_t count = 0;
	size_t begin = 0;

	for (size_t i = 0; i < value.n; i++) {
		if (!is_delimiter(delimiters, value.p[i]))
			continue;
		parts_r[count++] = span_part(value, begin, i - begin);
		begin = i + 1;
	}
	parts_r[count++] = span_skip(value, begin);
	return count;
}

/* Everything but RFC 3986's unreserved octets as %XX. */
static void
put_escaped(struct buf *to, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (is_letter(c) || is_digit(c) || is_one_of(c, "-._~"))
			buf_char(to, c);
		else
			buf_print(to, "%%%02X", (unsigned)(unsigned char)c);
	}
}

static void
put_text(struct buf *to, struct span text, bool escaped)
{
	if (escaped)
		put_escaped(to, text);
	else
		buf_put(to, text);
}

static void
put_macro(struct buf *to, const struct piece *piece, struct span value)
{
	struct span parts[SPF_VALUE_MAX + 1];
	size_t count;
	size_t first = 0;

	if (piece->keep == 0 && !piece->reversed && piece->delimiters.n == 0) {
		put_text(to, value, piece->escaped);
		return;
	}
	count = split(value, piece->delimiters, parts);
	if (piece->keep > 0 && piece->keep < count)
		first = count - piece->keep;
	for (size_t i = first; i < count; i++) {
		if (i > first)
			buf_char(to, '.');
		put_text(to, parts[piece->reversed ? count - 1 - i : i],
		    piece->escaped);
	}
}

/* Takes labels off the left until a name's length is reached. */
static struct span
cut_left(struct span text)
{
	if (text.n > 0 && text.p[text.n - 1] == '.')
		text.n--;
	while (text.n >= DNS_NAME_MAX)
		text = span_skip(text, span_find(text, 0, '.') + 1);
	return text;
}

int
spf_macro_expand(struct span text, const struct spf_values *values,
    char name_r[DNS_NAME_MAX])
{
	struct piece piece;
	struct buf out;
	int code;

	name_r[0] = '\0';
	buf_init(&out, EXPANDED_MAX);
	while ((code = next_piece(&text, &piece)) > 0) {
		if (piece.letter == '\0')
			buf_put(&out, piece.literal);
		else
			put_macro(&out, &piece, value_of(values, piece.letter));
	}
	if (code == 0 && buf_bad(&out))
		code = -E_RANGE;
	if (code == 0)
		code = dns_name(cut_left(buf_span(&out)), name_r);
	buf_fini(&out);
	return code;
}
