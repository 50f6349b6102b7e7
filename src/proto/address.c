/*
 * Mailbox addresses and domain names as servers write them to each other.
 * Not for the addresses in header fields (message/head). See address.h.
 *
 *   path        = "<" [ route ":" ] mailbox ">" / mailbox / "<>"
 *   route       = "@" domain *( "," "@" domain )      ; read and forgotten
 *   mailbox     = local "@" ( domain / literal )
 *   local       = atom *( "." atom ) / quoted
 *   quoted      = DQUOTE *( qtext / "\" %d32-126 ) DQUOTE
 *   domain      = label *( "." label )
 *   literal     = "[" IPv4 "]" / "[IPv6:" IPv6 "]"
 * (RFC 5321 4.1.2, 4.1.3; with RFC 6531 3.3 atoms, qtext and labels may hold
 * UTF-8.)
 */
#include "proto/address.h"

#include "base/err.h"
#include "base/ip.h"
#include "base/utf8.h"

#include <idn2.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX  63 /* octets of one label, RFC 1035 2.3.4 */
#define LOCAL_ROOM (2 * ADDRESS_LOCAL_MAX + 3) /* each quoted, and a NUL */

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool
is_beyond_ascii(char c)
{
	return (unsigned char)c >= 0x80;
}

/* atext of RFC 5322 3.2.3, and what RFC 6531 adds. */
static bool
is_atext(char c)
{
	return is_letter_or_digit(c) || is_beyond_ascii(c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
has_beyond_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (is_beyond_ascii(s.p[i]))
			return true;
	}
	return false;
}

/* --- domains --- */

static bool
is_label(struct span s)
{
	if (s.n == 0 || s.n > LABEL_MAX || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_letter_or_digit(s.p[i]) && s.p[i] != '-')
			return false;
	}
	return true;
}

static int
ascii_domain(struct span s, char text_r[ADDRESS_DOMAIN_MAX + 1])
{
	struct span rest = s;
	struct span label;

	if (s.n == 0 || s.p[s.n - 1] == '.' ||
	    span_copy(s, text_r, ADDRESS_DOMAIN_MAX + 1) < 0)
		return -E_SYNTAX;
	while (span_cut(&rest, '.', &label)) {
		if (!is_label(label))
			return -E_SYNTAX;
	}
	for (size_t i = 0; i < s.n; i++)
		text_r[i] = lower(text_r[i]);
	return 0;
}

/* U-labels to A-labels by IDNA 2008, the only way in for non-ASCII. */
static int
international_domain(struct span s, char text_r[ADDRESS_DOMAIN_MAX + 1])
{
	char text[4 * ADDRESS_DOMAIN_MAX + 1]; /* UTF-8 of the longest name */
	char *ascii = NULL;
	int rc;

	if (!utf8_is_valid(s) || span_copy(s, text, sizeof(text)) < 0)
		return -E_SYNTAX;
	rc = idn2_to_ascii_8z(
	    text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc != IDN2_OK)
		return rc == IDN2_MALLOC ? -E_NOMEM : -E_SYNTAX;
	rc = ascii_domain(span_of(ascii), text_r);
	idn2_free(ascii);
	return rc;
}

int
address_domain(struct span s, char text_r[ADDRESS_DOMAIN_MAX + 1])
{
	int rc = has_beyond_ascii(s) ? international_domain(s, text_r)
				     : ascii_domain(s, text_r);

	if (rc < 0)
		text_r[0] = '\0';
	return rc;
}

/* One spelling for each address, so that texts can be compared. */
static int
literal(struct span s, char text_r[ADDRESS_DOMAIN_MAX + 1])
{
	struct span tag = span_of("IPv6:");
	struct span inner;
	char text[IP_TEXT];
	struct ip ip;
	bool tagged;

	if (s.n < 3 || s.p[s.n - 1] != ']')
		return -E_SYNTAX;
	inner = span_part(s, 1, s.n - 2);
	tagged = span_starts_nocase(inner, tag);
	if (tagged)
		inner = span_skip(inner, tag.n);
	/* IPv4 stands without a tag, IPv6 never (RFC 5321 4.1.3). */
	if ((span_find(inner, 0, ':') < inner.n) != tagged ||
	    ip_parse(inner, &ip) < 0)
		return -E_SYNTAX;
	ip_text(ip, text);
	snprintf(text_r, ADDRESS_DOMAIN_MAX + 1, "[%s%s]",
	    ip.family == 6 ? tag.p : "", text);
	return 0;
}

static int
domain_or_literal(struct span s, bool utf8, char text_r[ADDRESS_DOMAIN_MAX + 1])
{
	if (s.n > 0 && s.p[0] == '[')
		return literal(s, text_r);
	if (s.n > ADDRESS_DOMAIN_MAX && !has_beyond_ascii(s))
		return -E_RANGE;
	if (!utf8 && has_beyond_ascii(s))
		return -E_SYNTAX;
	return address_domain(s, text_r);
}

/* --- local parts --- */

static bool
is_dot_string(struct span s)
{
	bool after_dot = true; /* an atom must come */

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? after_dot : !is_atext(s.p[i]))
			return false;
		after_dot = s.p[i] == '.';
	}
	return s.n > 0 && !after_dot;
}

/*
 * Takes the quotes off S, which begins with one: *N_R octets at TEXT_R, which
 * has room for as many as S has. 0 or -E_SYNTAX.
 */
static int
unquote(struct span s, char *text_r, size_t *n_r)
{
	size_t n = 0;

	if (s.n < 2 || s.p[s.n - 1] != '"')
		return -E_SYNTAX;
	for (size_t i = 1; i < s.n - 1; i++) {
		if (s.p[i] == '"')
			return -E_SYNTAX;
		if (s.p[i] == '\\' && ++i == s.n - 1)
			return -E_SYNTAX;
		if ((s.p[i] < ' ' || s.p[i] > '~') && !is_beyond_ascii(s.p[i]))
			return -E_SYNTAX;
		text_r[n++] = s.p[i];
	}
	*n_r = n;
	return 0;
}

/* Writes S with quotes, and only the backslashes that are needed. */
static void
quote(struct span s, char text_r[LOCAL_ROOM])
{
	size_t n = 0;

	text_r[n++] = '"';
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			text_r[n++] = '\\';
		text_r[n++] = s.p[i];
	}
	text_r[n++] = '"';
	text_r[n] = '\0';
}

static int
quoted_local(struct span s, char text_r[LOCAL_ROOM])
{
	char inner[2 * ADDRESS_LOCAL_MAX + 2];
	struct span text;
	size_t n;

	if (s.n > sizeof(inner))
		return -E_RANGE;
	if (unquote(s, inner, &n) < 0)
		return -E_SYNTAX;
	if (n > ADDRESS_LOCAL_MAX)
		return -E_RANGE;
	text = span_make(inner, n);
	if (is_dot_string(text))
		return span_copy(text, text_r, LOCAL_ROOM);
	quote(text, text_r);
	return 0;
}

static int
local_part(struct span s, bool utf8, char text_r[LOCAL_ROOM])
{
	if (has_beyond_ascii(s) && (!utf8 || !utf8_is_valid(s)))
		return -E_SYNTAX;
	if (s.n > 0 && s.p[0] == '"')
		return quoted_local(s, text_r);
	if (!is_dot_string(s))
		return -E_SYNTAX;
	return s.n > ADDRESS_LOCAL_MAX ? -E_RANGE
				       : span_copy(s, text_r, LOCAL_ROOM);
}

/* --- paths --- */

/* Index of the first STOP outside quotes, or s.n. */
static size_t
find_unquoted(struct span s, char stop)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (quoted && s.p[i] == '\\')
			i++;
		else if (!quoted && s.p[i] == stop)
			return i;
	}
	return s.n;
}

size_t
address_path_length(struct span s)
{
	size_t end;

	if (s.n == 0 || s.p[0] != '<')
		return find_unquoted(s, ' ');
	end = find_unquoted(s, '>');
	return end < s.n ? end + 1 : s.n;
}

static void
point(struct address *a, size_t local, size_t domain)
{
	a->local = span_make(a->text, local);
	/* The "@" stands between them; without a domain there is none. */
	a->domain = span_make(a->text + local + (domain > 0), domain);
	a->utf8 = has_beyond_ascii(a->local);
}

/* Checks the source route in front of *S and takes it off. */
static int
skip_route(struct span *s, bool utf8)
{
	struct span route = span_part(*s, 0, span_find(*s, 0, ':'));
	char text[ADDRESS_DOMAIN_MAX + 1];
	struct span hop;

	if (s->n == 0 || s->p[0] != '@')
		return 0;
	if (route.n == s->n || route.p[route.n - 1] == ',')
		return -E_SYNTAX;
	*s = span_skip(*s, route.n + 1);
	while (span_cut(&route, ',', &hop)) {
		if (hop.n == 0 || hop.p[0] != '@' ||
		    domain_or_literal(span_skip(hop, 1), utf8, text) < 0)
			return -E_SYNTAX;
	}
	return 0;
}

/* "Postmaster" without a domain is an address too (RFC 5321 4.5.1). */
static int
postmaster(struct address *address_r)
{
	struct span text = span_of("postmaster");

	span_copy(text, address_r->text, sizeof(address_r->text));
	point(address_r, text.n, 0);
	return 0;
}

static int
mailbox(struct span s, struct address_rules rules, struct address *address_r)
{
	char local[LOCAL_ROOM] = "";
	char domain[ADDRESS_DOMAIN_MAX + 1] = "";
	size_t at = find_unquoted(s, '@');
	int rc;

	if (at == s.n && rules.bare_postmaster &&
	    span_equals_nocase(s, span_of("postmaster")))
		return postmaster(address_r);
	if (at == s.n)
		return -E_SYNTAX;
	rc = local_part(span_part(s, 0, at), rules.utf8, local);
	if (rc == 0)
		rc =
		    domain_or_literal(span_skip(s, at + 1), rules.utf8, domain);
	if (rc < 0)
		return rc;
	snprintf(
	    address_r->text, sizeof(address_r->text), "%s@%s", local, domain);
	point(address_r, strlen(local), strlen(domain));
	return 0;
}

int
address_parse(
    struct span s, struct address_rules rules, struct address *address_r)
{
	bool angled = s.n > 0 && s.p[0] == '<';

	memset(address_r, 0, sizeof(*address_r));
	point(address_r, 0, 0);
	if (angled && s.p[s.n - 1] != '>')
		return -E_SYNTAX;
	if (angled)
		s = span_part(s, 1, s.n - 2);
	if (angled && s.n == 0)
		return rules.empty_ok ? 0 : -E_SYNTAX;
	if (skip_route(&s, rules.utf8) < 0)
		return -E_SYNTAX;
	return mailbox(s, rules, address_r);
}

void
address_copy(struct address *to, const struct address *from)
{
	memcpy(to->text, from->text, sizeof(to->text));
	point(to, from->local.n, from->domain.n);
}

bool
address_equals(const struct address *a, const struct address *b)
{
	return span_equals(a->domain, b->domain) &&
	       span_equals_nocase(a->local, b->local);
}

void
address_fold(const struct address *a, char text_r[ADDRESS_TEXT])
{
	memcpy(text_r, a->text, ADDRESS_TEXT);
	for (size_t i = 0; i < a->local.n; i++)
		text_r[i] = lower(text_r[i]);
}
