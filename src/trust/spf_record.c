/*
 * The grammar of an SPF record, RFC 7208 12. Terms are read one at a time
 * from the text, so a record of any length needs no table of terms. What the
 * terms mean is in spf.c; what a domain-spec is in spf_macro.c.
 *
 *	record           = version *( 1*SP ( directive / modifier ) ) *SP
 *	directive        = [ "+" / "-" / "?" / "~" ] mechanism
 *	all              = "all"
 *	include          = "include" ":" domain-spec
 *	a                = "a"  [ ":" domain-spec ] [ dual-cidr-length ]
 *	mx               = "mx" [ ":" domain-spec ] [ dual-cidr-length ]
 *	ptr              = "ptr" [ ":" domain-spec ]
 *	ip4              = "ip4" ":" address [ "/" length ]
 *	ip6              = "ip6" ":" address [ "/" length ]
 *	exists           = "exists" ":" domain-spec
 *	modifier         = name "=" ( domain-spec / macro-string )
 *	dual-cidr-length = [ "/" length ] [ "//" length ]
 */
#include "trust/spf_record.h"

#include "base/err.h"
#include "trust/spf_macro.h"

#include <arpa/inet.h>

#define VERSION "v=spf1"

#define BITS4_MAX 32
#define BITS6_MAX 128

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

bool
spf_record_is(struct span text)
{
	struct span version = span_of(VERSION);

	return span_starts_nocase(text, version) &&
	       (text.n == version.n || text.p[version.n] == ' ');
}

/* A prefix length: digits without a leading zero, at most MAX. */
static int
parse_length(struct span digits, uint64_t max, uint8_t *bits_r)
{
	uint64_t number;

	if (digits.n > 1 && digits.p[0] == '0')
		return -E_SYNTAX;
	if (span_number(digits, max, &number) != 0)
		return -E_SYNTAX;
	*bits_r = (uint8_t)number;
	return 0;
}

/* Where the digits at the end of TEXT begin, or 0 when no slash precedes. */
static size_t
find_length(struct span text)
{
	size_t at = text.n;

	while (at > 0 && is_digit(text.p[at - 1]))
		at--;
	if (at == text.n || at == 0 || text.p[at - 1] != '/')
		return 0;
	return at;
}

/*
 * Takes a dual-cidr-length off the end of *ARGUMENT. From the end, because a
 * domain-spec may hold slashes itself.
 */
static int
cut_lengths(struct span *argument, struct spf_term *term_r)
{
	size_t at = find_length(*argument);

	if (at >= 2 && argument->p[at - 2] == '/') {
		if (parse_length(span_skip(*argument, at), BITS6_MAX,
			&term_r->bits6) != 0)
			return -E_SYNTAX;
		argument->n = at - 2;
		at = find_length(*argument);
	}
	if (at == 0)
		return 0;
	if (parse_length(span_skip(*argument, at), BITS4_MAX, &term_r->bits4) !=
	    0)
		return -E_SYNTAX;
	argument->n = at - 1;
	return 0;
}

static int
parse_nothing(struct span argument, struct spf_term *term_r)
{
	(void)term_r;
	return argument.n == 0 ? 0 : -E_SYNTAX;
}

/* ":" domain-spec */
static int
parse_target(struct span argument, struct spf_term *term_r)
{
	if (argument.n == 0 || argument.p[0] != ':')
		return -E_SYNTAX;
	term_r->target = span_skip(argument, 1);
	return spf_macro_is_domain(term_r->target) ? 0 : -E_SYNTAX;
}

static int
parse_optional_target(struct span argument, struct spf_term *term_r)
{
	return argument.n == 0 ? 0 : parse_target(argument, term_r);
}

static int
parse_target_and_lengths(struct span argument, struct spf_term *term_r)
{
	if (cut_lengths(&argument, term_r) != 0)
		return -E_SYNTAX;
	return parse_optional_target(argument, term_r);
}

/* Cuts ":" address [ "/" length ] into its two parts. */
static int
cut_network(
    struct span argument, char address_r[IP_TEXT], struct span *length_r)
{
	size_t slash;

	if (argument.n == 0 || argument.p[0] != ':')
		return -E_SYNTAX;
	slash = span_find(argument, 1, '/');
	*length_r = span_skip(argument, slash);
	return span_copy(span_part(argument, 1, slash - 1), address_r, IP_TEXT);
}

static int
parse_ip4(struct span argument, struct spf_term *term_r)
{
	char address[IP_TEXT];
	struct span length;

	if (cut_network(argument, address, &length) != 0 ||
	    inet_pton(AF_INET, address, term_r->network.b) != 1)
		return -E_SYNTAX;
	term_r->network.family = 4;
	if (length.n == 0)
		return 0;
	return parse_length(span_skip(length, 1), BITS4_MAX, &term_r->bits4);
}

/*
 * Not ip_parse(): that would turn a mapped network into an IPv4 one, which
 * this mechanism must never match.
 */
static int
parse_ip6(struct span argument, struct spf_term *term_r)
{
	char address[IP_TEXT];
	struct span length;

	if (cut_network(argument, address, &length) != 0 ||
	    inet_pton(AF_INET6, address, term_r->network.b) != 1)
		return -E_SYNTAX;
	term_r->network.family = 6;
	if (length.n == 0)
		return 0;
	return parse_length(span_skip(length, 1), BITS6_MAX, &term_r->bits6);
}

static const struct {
	const char *name;
	enum spf_kind kind;
	int (*parse)(struct span argument, struct spf_term *term_r);
} mechanisms[] = {
    {"all", SPF_ALL, parse_nothing},
    {"include", SPF_INCLUDE, parse_target},
    {"a", SPF_A, parse_target_and_lengths},
    {"mx", SPF_MX, parse_target_and_lengths},
    {"ptr", SPF_PTR, parse_optional_target},
    {"ip4", SPF_IP4, parse_ip4},
    {"ip6", SPF_IP6, parse_ip6},
    {"exists", SPF_EXISTS, parse_target},
};

/* Takes the qualifier off; without one a mechanism that matches passes. */
static enum spf_result
cut_qualifier(struct span *word)
{
	enum spf_result result;

	switch (word->p[0]) {
	case '+':
		result = SPF_PASS;
		break;
	case '-':
		result = SPF_FAIL;
		break;
	case '~':
		result = SPF_SOFTFAIL;
		break;
	case '?':
		result = SPF_NEUTRAL;
		break;
	default:
		return SPF_PASS;
	}
	*word = span_skip(*word, 1);
	return result;
}

static int
parse_mechanism(struct span word, struct spf_term *term_r)
{
	struct span name;
	size_t end = 0;

	term_r->result = cut_qualifier(&word);
	while (end < word.n && word.p[end] != ':' && word.p[end] != '/')
		end++;
	name = span_part(word, 0, end);
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]);
	     i++) {
		if (!span_equals_nocase(name, span_of(mechanisms[i].name)))
			continue;
		term_r->kind = mechanisms[i].kind;
		return mechanisms[i].parse(span_skip(word, end), term_r);
	}
	return -E_SYNTAX;
}

/* The length of the name in front of "=", or 0: no modifier. */
static size_t
modifier_name(struct span word)
{
	size_t n = 0;

	if (!is_letter(word.p[0]))
		return 0;
	while (n < word.n &&
	       (is_letter(word.p[n]) || is_digit(word.p[n]) ||
		   word.p[n] == '-' || word.p[n] == '_' || word.p[n] == '.'))
		n++;
	return n < word.n && word.p[n] == '=' ? n : 0;
}

static int
parse_modifier(struct span name, struct span value, struct spf_term *term_r)
{
	term_r->target = value;
	if (span_equals_nocase(name, span_of("redirect"))) {
		term_r->kind = SPF_REDIRECT;
		return spf_macro_is_domain(value) ? 0 : -E_SYNTAX;
	}
	if (span_equals_nocase(name, span_of("exp"))) {
		term_r->kind = SPF_EXP;
		return spf_macro_is_domain(value) ? 0 : -E_SYNTAX;
	}
	term_r->kind = SPF_UNKNOWN_MODIFIER;
	return spf_macro_is_string(value) ? 0 : -E_SYNTAX;
}

int
spf_record_next(struct span *rest, struct spf_term *term_r)
{
	struct span word = {NULL, 0};
	size_t name;
	int code;

	*term_r = (struct spf_term){
	    .result = SPF_NEUTRAL,
	    .bits4 = BITS4_MAX,
	    .bits6 = BITS6_MAX,
	};
	while (word.n == 0) {
		if (!span_cut(rest, ' ', &word))
			return 0;
	}
	name = modifier_name(word);
	if (name > 0)
		code = parse_modifier(span_part(word, 0, name),
		    span_skip(word, name + 1), term_r);
	else
		code = parse_mechanism(word, term_r);
	return code == 0 ? 1 : code;
}

int
spf_record_check(
    struct span record, struct span *terms_r, struct span *redirect_r)
{
	struct span rest = span_skip(record, span_of(VERSION).n);
	struct spf_term term;
	unsigned redirects = 0;
	unsigned explanations = 0;
	int more;

	*terms_r = rest;
	*redirect_r = (struct span){NULL, 0};
	while ((more = spf_record_next(&rest, &term)) > 0) {
		if (term.kind == SPF_REDIRECT) {
			redirects++;
			*redirect_r = term.target;
		} else if (term.kind == SPF_EXP) {
			explanations++;
		}
	}
	if (redirects > 1 || explanations > 1)
		return -E_SYNTAX;
	return more;
}
