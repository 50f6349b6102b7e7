/*
 * Parameters behind a path or identifier: SIZE, BODY, SMTPUTF8, the DSN words
 * of RFC 3461, and those of WIRE 2. Whether a value suits this server (a SIZE
 * beyond the limit) is decided by the verb. See params.h.
 *
 *   params = [ param *( SP param ) ]
 *   param  = keyword [ "=" value ]        ; keyword without case, RFC 5321
 */
#include "proto/params.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include "proto/address.h"
#include "proto/identifier.h"

#include <string.h>

#define DIGEST_PREFIX  "sha256:"
#define DIGEST_TEXT    43 /* characters of base64url over 32 octets */
#define NUMBER_MAX     9999999999999999999u /* 19 digits, WIRE 2 */
#define EXPIRES_DIGITS 9

enum {
	ON_MAIL = 1 << PARAMS_MAIL,
	ON_RCPT = 1 << PARAMS_RCPT,
	ON_GDEL = 1 << PARAMS_GDEL,
	ON_ENVELOPE = 1 << PARAMS_ENVELOPE,
};

static bool
is_hexadecimal(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* xtext = *( xchar / "+" 2HEXDIG )  (RFC 3461 4) */
static bool
is_xtext(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '!' || s.p[i] > '~' || s.p[i] == '=')
			return false;
		if (s.p[i] != '+')
			continue;
		if (s.n - i < 3 || !is_hexadecimal(s.p[i + 1]) ||
		    !is_hexadecimal(s.p[i + 2]))
			return false;
		i += 2;
	}
	return true;
}

static int
take_size(struct span value, struct params *p)
{
	if (span_number(value, NUMBER_MAX, &p->size) < 0)
		return -E_SYNTAX;
	p->has_size = true;
	return 0;
}

static int
take_body(struct span value, struct params *p)
{
	p->body_8bit = span_equals_nocase(value, span_of("8BITMIME"));
	if (p->body_8bit || span_equals_nocase(value, span_of("7BIT")))
		return 0;
	return -E_SYNTAX;
}

static int
take_utf8(struct span value, struct params *p)
{
	(void)value;
	p->smtputf8 = true;
	return 0;
}

static int
take_dmtp(struct span value, struct params *p)
{
	(void)value;
	p->dmtp = true;
	return 0;
}

/* AUTH=xtext names who first sent it; nobody here asks (RFC 4954 5). */
static int
take_auth(struct span value, struct params *p)
{
	(void)p;
	return value.n > 0 && is_xtext(value) ? 0 : -E_SYNTAX;
}

static int
take_ret(struct span value, struct params *p)
{
	if (span_equals_nocase(value, span_of("FULL")))
		p->ret = RET_FULL;
	else if (span_equals_nocase(value, span_of("HDRS")))
		p->ret = RET_HDRS;
	return p->ret == RET_ABSENT ? -E_SYNTAX : 0;
}

static int
take_envid(struct span value, struct params *p)
{
	if (value.n == 0 || value.n > PARAMS_ENVID_MAX || !is_xtext(value))
		return -E_SYNTAX;
	return span_copy(value, p->envid, sizeof(p->envid));
}

static int
take_envelope_id(struct span value, struct params *p)
{
	if (!identifier_is_legal(value))
		return -E_SYNTAX;
	return span_copy(value, p->envid, sizeof(p->envid));
}

static unsigned
notify_bit(struct span word)
{
	static const struct {
		const char *word;
		enum params_notify bit;
	} bits[] = {
	    {"NEVER", NOTIFY_NEVER},
	    {"SUCCESS", NOTIFY_SUCCESS},
	    {"FAILURE", NOTIFY_FAILURE},
	    {"DELAY", NOTIFY_DELAY},
	};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (span_equals_nocase(word, span_of(bits[i].word)))
			return bits[i].bit;
	}
	return 0;
}

/* "NEVER" / 1#( "SUCCESS" / "FAILURE" / "DELAY" )  (RFC 3461 4.1) */
static int
take_notify(struct span value, struct params *p)
{
	struct span rest = value;
	struct span word;

	if (value.n == 0 || value.p[value.n - 1] == ',')
		return -E_SYNTAX;
	while (span_cut(&rest, ',', &word)) {
		unsigned bit = notify_bit(word);

		if (bit == 0)
			return -E_SYNTAX;
		p->notify |= bit;
	}
	if ((p->notify & NOTIFY_NEVER) != 0 && p->notify != NOTIFY_NEVER)
		return -E_SYNTAX;
	return 0;
}

/* addr-type ";" xtext  (RFC 3461 4.2) */
static int
take_orcpt(struct span value, struct params *p)
{
	size_t semicolon = span_find(value, 0, ';');

	if (semicolon == 0 || semicolon + 1 >= value.n ||
	    value.n > PARAMS_ORCPT_MAX)
		return -E_SYNTAX;
	if (!is_xtext(span_part(value, 0, semicolon)) ||
	    !is_xtext(span_skip(value, semicolon + 1)))
		return -E_SYNTAX;
	return span_copy(value, p->orcpt, sizeof(p->orcpt));
}

static int
take_digest(struct span value, struct params *p)
{
	struct span prefix = span_of(DIGEST_PREFIX);
	struct span text = span_skip(value, prefix.n);
	size_t n;

	if (!span_starts_nocase(value, prefix) || text.n != DIGEST_TEXT ||
	    base64_url_decode(text, p->digest, sizeof(p->digest), &n) < 0 ||
	    n != sizeof(p->digest))
		return -E_SYNTAX;
	p->has_digest = true;
	return 0;
}

static int
take_expires(struct span value, struct params *p)
{
	uint64_t seconds;

	if (value.n > EXPIRES_DIGITS ||
	    span_number(value, UINT32_MAX, &seconds) < 0 ||
	    seconds < PARAMS_EXPIRES_MIN)
		return -E_SYNTAX;
	p->has_expires = true;
	p->expires = seconds > PARAMS_EXPIRES_MAX ? PARAMS_EXPIRES_MAX
						  : (int64_t)seconds;
	return 0;
}

static int
take_from(struct span value, struct params *p)
{
	return address_domain(value, p->from);
}

enum offer { ALWAYS, WITH_UTF8, WITH_DSN, WITH_AUTH };

struct keyword {
	const char *word;
	unsigned verbs;
	enum offer offer;
	bool has_value;
	int (*take)(struct span value, struct params *p);
};

static const struct keyword keywords[] = {
    {"SIZE", ON_MAIL | ON_ENVELOPE, ALWAYS, true, take_size},
    {"BODY", ON_MAIL, ALWAYS, true, take_body},
    {"SMTPUTF8", ON_MAIL, WITH_UTF8, false, take_utf8},
    {"DMTP", ON_MAIL, ALWAYS, false, take_dmtp},
    {"AUTH", ON_MAIL, WITH_AUTH, true, take_auth},
    {"RET", ON_MAIL, WITH_DSN, true, take_ret},
    {"ENVID", ON_MAIL, WITH_DSN, true, take_envid},
    {"ENVID", ON_ENVELOPE, ALWAYS, true, take_envelope_id},
    {"NOTIFY", ON_RCPT, WITH_DSN, true, take_notify},
    {"ORCPT", ON_RCPT, WITH_DSN, true, take_orcpt},
    {"DIGEST", ON_MAIL | ON_GDEL | ON_ENVELOPE, ALWAYS, true, take_digest},
    {"EXPIRES", ON_MAIL | ON_GDEL | ON_ENVELOPE, ALWAYS, true, take_expires},
    {"FROM", ON_GDEL, ALWAYS, true, take_from},
};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

static bool
is_offered(enum offer offer, struct params_rules rules)
{
	switch (offer) {
	case ALWAYS:
		return true;
	case WITH_UTF8:
		return rules.utf8;
	case WITH_DSN:
		return rules.dsn;
	case WITH_AUTH:
		return rules.auth;
	}
	return false;
}

/* The row of WORD for this verb; KEYWORDS when it is not offered. */
static size_t
find_keyword(struct span word, struct params_rules rules)
{
	for (size_t i = 0; i < KEYWORDS; i++) {
		const struct keyword *k = &keywords[i];

		if ((k->verbs & 1u << rules.verb) != 0 &&
		    is_offered(k->offer, rules) &&
		    span_equals_nocase(word, span_of(k->word)))
			return i;
	}
	return KEYWORDS;
}

static enum params_fault
take_word(struct span text, struct params_rules rules, unsigned *seen,
    struct params *params_r)
{
	size_t equals = span_find(text, 0, '=');
	bool has_value = equals < text.n;
	size_t at = find_keyword(span_part(text, 0, equals), rules);
	int result;

	if (text.n == 0)
		return PARAMS_MALFORMED;
	if (at == KEYWORDS)
		return PARAMS_UNKNOWN;
	if ((*seen & 1u << at) != 0 || has_value != keywords[at].has_value)
		return PARAMS_MALFORMED;
	*seen |= 1u << at;
	result = keywords[at].take(span_skip(text, equals + 1), params_r);
	if (result == -E_NOMEM)
		return PARAMS_NO_MEMORY;
	return result < 0 ? PARAMS_MALFORMED : PARAMS_GOOD;
}

enum params_fault
params_parse(struct span s, struct params_rules rules, struct params *params_r)
{
	enum params_fault fault = PARAMS_GOOD;
	struct span rest = s;
	struct span word;
	unsigned seen = 0;

	memset(params_r, 0, sizeof(*params_r));
	if (s.n > 0 && s.p[s.n - 1] == ' ')
		return PARAMS_MALFORMED;
	while (fault == PARAMS_GOOD && span_cut(&rest, ' ', &word))
		fault = take_word(word, rules, &seen, params_r);
	return fault;
}

void
params_print_notice(const struct params *p, struct buf *to)
{
	char digest[DIGEST_TEXT + 1];

	if (p->has_digest) {
		base64_url(span_make(p->digest, sizeof(p->digest)), digest,
		    sizeof(digest));
		buf_print(to, " DIGEST=" DIGEST_PREFIX "%s", digest);
	}
	if (p->has_expires)
		buf_print(to, " EXPIRES=%lld", (long long)p->expires);
	if (p->from[0] != '\0')
		buf_print(to, " FROM=%s", p->from);
}
