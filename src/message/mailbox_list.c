/*
 * Finds the addresses among everything else that RFC 5322 allows around them.
 *
 * Not for envelope addresses (proto/address.c), and it decodes nothing: an
 * encoded word in a display name is one more atom to pass over.
 *
 * Read on in mailbox_list.h.
 *
 *   list     = element *( ( "," / ";" ) element )
 *   element  = [ group ":" ] [ spec / [ phrase ] "<" [ route ":" ] spec ">" ]
 *   spec     = word *( "." word ) "@" ( literal / atom *( "." atom ) )
 *   word     = atom / quoted-string
 *
 * Comments, spaces and folds may stand between any two tokens. A group is
 * nothing but a name with a colon in front of an element here, so that its end
 * needs no memory from one call to the next.
 */
#include "message/mailbox_list.h"

#include "base/err.h"

#include <string.h>

enum token_kind {
	TOKEN_END,
	TOKEN_ATOM,    /* atext and all octets beyond ASCII (RFC 6532) */
	TOKEN_QUOTED,  /* with its quotation marks */
	TOKEN_LITERAL, /* with its brackets */
	TOKEN_SPECIAL, /* one character: < > @ , ; : . */
	TOKEN_BROKEN,
};

struct token {
	enum token_kind kind;
	struct span text;
};

static bool
is_fold(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_atom(char c)
{
	const unsigned char octet = (unsigned char)c;

	return octet > ' ' && octet != 0x7f &&
	       strchr("()<>[]:;@\\,.\"", c) == NULL;
}

/*
 * The length of what begins at S with its opening character and ends with
 * CLOSE, a backslash hiding the character after it; 0 when it has no end.
 * Inside a comment (OPEN is a parenthesis) there may be more comments.
 */
static size_t
enclosed_length(struct span s, char open, char close)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (i == 0 || (open == '(' && s.p[i] == open))
			depth++;
		else if (s.p[i] == close && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* False when a comment has no end. */
static bool
skip_between(struct span *rest)
{
	while (rest->n > 0) {
		size_t n = 1;

		if (rest->p[0] == '(')
			n = enclosed_length(*rest, '(', ')');
		else if (!is_fold(rest->p[0]))
			return true;
		if (n == 0)
			return false;
		*rest = span_skip(*rest, n);
	}
	return true;
}

static struct token
take(struct span *rest, enum token_kind kind, size_t n)
{
	const struct token token = {
	    n == 0 ? TOKEN_BROKEN : kind, span_part(*rest, 0, n)};

	*rest = span_skip(*rest, n);
	return token;
}

static struct token
token_next(struct span *rest)
{
	size_t n = 0;

	if (!skip_between(rest))
		return take(rest, TOKEN_BROKEN, 0);
	if (rest->n == 0)
		return (struct token){TOKEN_END, *rest};
	switch (rest->p[0]) {
	case '"':
		return take(
		    rest, TOKEN_QUOTED, enclosed_length(*rest, '"', '"'));
	case '[':
		return take(
		    rest, TOKEN_LITERAL, enclosed_length(*rest, '[', ']'));
	case '<':
	case '>':
	case '@':
	case ',':
	case ';':
	case ':':
	case '.':
		return take(rest, TOKEN_SPECIAL, 1);
	}
	while (n < rest->n && is_atom(rest->p[n]))
		n++;
	return take(rest, TOKEN_ATOM, n);
}

static bool
token_is(struct token t, char special)
{
	return t.kind == TOKEN_SPECIAL && t.text.p[0] == special;
}

/* Where an address is being written. */
struct writer {
	char *to;
	size_t room, n;
	bool bad;
};

/* Copies a token without its folds; control characters make it bad. */
static void
put(struct writer *w, struct token t)
{
	for (size_t i = 0; i < t.text.n; i++) {
		const unsigned char c = (unsigned char)t.text.p[i];

		if (c == '\r' || c == '\n')
			continue;
		if ((c < ' ' && c != '\t') || c == 0x7f || w->n + 1 >= w->room)
			w->bad = true;
		else
			w->to[w->n++] = (char)c;
	}
}

/* word *( "." word ), or atoms only; *NEXT_R is the token behind it. */
static bool
read_dotted(struct span *rest, struct token first, bool quoted,
    struct writer *w, struct token *next_r)
{
	struct token t = first;

	for (;;) {
		if (t.kind != TOKEN_ATOM && !(quoted && t.kind == TOKEN_QUOTED))
			return false;
		put(w, t);
		t = token_next(rest);
		if (!token_is(t, '.'))
			break;
		put(w, t);
		t = token_next(rest);
	}
	*next_r = t;
	return true;
}

/* [ route ":" ] spec and nothing behind it. The route is passed over. */
static bool
read_spec(struct span s, bool route_allowed, struct writer *w)
{
	struct token t = token_next(&s);

	if (route_allowed && token_is(t, '@')) {
		while (t.kind != TOKEN_END && t.kind != TOKEN_BROKEN &&
		       !token_is(t, ':'))
			t = token_next(&s);
		t = token_next(&s);
	}
	if (!read_dotted(&s, t, true, w, &t) || !token_is(t, '@'))
		return false;
	put(w, t);
	t = token_next(&s);
	if (t.kind == TOKEN_LITERAL) {
		put(w, t);
		t = token_next(&s);
	} else if (!read_dotted(&s, t, false, w, &t)) {
		return false;
	}
	return t.kind == TOKEN_END && !w->bad;
}

/* One element, found before it is read. */
struct element {
	struct span spec; /* what holds the address */
	bool angle;       /* it stood between angle brackets */
	bool empty;       /* no token at all, or only a group's name */
	bool last;        /* the end of the list is behind it */
};

static struct span
between(struct span from, struct span until)
{
	return span_part(from, 0, from.n - until.n);
}

/* Moves *REST past ">" and makes what was before it E's address. */
static bool
find_angle(struct span *rest, struct element *e)
{
	const struct span start = *rest;
	struct span before = start;
	struct token t = token_next(rest);

	while (!token_is(t, '>')) {
		if (t.kind == TOKEN_END || t.kind == TOKEN_BROKEN ||
		    token_is(t, '<'))
			return false;
		before = *rest;
		t = token_next(rest);
	}
	e->spec = between(start, before);
	e->angle = true;
	return true;
}

/* Moves *REST past one element and its separator. */
static bool
find_element(struct span *rest, struct element *e)
{
	struct span start = *rest, before = *rest;
	struct token t = token_next(rest);

	*e = (struct element){.empty = true};
	while (t.kind != TOKEN_END && !token_is(t, ',') && !token_is(t, ';')) {
		/* Behind the closing bracket there is only a separator. */
		if (t.kind == TOKEN_BROKEN || e->angle)
			return false;
		e->empty = token_is(t, ':');
		if (e->empty)
			start = *rest;
		if (token_is(t, '<') && !find_angle(rest, e))
			return false;
		before = *rest;
		t = token_next(rest);
	}
	if (!e->angle)
		e->spec = between(start, before);
	e->last = t.kind == TOKEN_END;
	return true;
}

int
mailbox_list_next(struct span *rest, char *to, size_t room)
{
	struct writer w = {to, room, 0, room == 0};
	struct element e;

	do {
		if (!find_element(rest, &e))
			return -E_SYNTAX;
		if (e.empty && e.last)
			return 0;
	} while (e.empty);
	if (!read_spec(e.spec, e.angle, &w))
		return -E_SYNTAX;
	to[w.n] = '\0';
	return 1;
}
