/*
 * Private to SPF: macro-strings and domain-specs, RFC 7208 7. Pure text in,
 * text out; looking up what %{p} needs is the machine's work (spf.c).
 */
#ifndef TRUST_SPF_MACRO_H
#define TRUST_SPF_MACRO_H

#include "trust/dns.h"

#define SPF_VALUE_MAX 512 /* octets of one value; a path has at most 256 */

/* What the letters stand for. Each span is at most SPF_VALUE_MAX octets. */
struct spf_values {
	struct span sender;    /* s: local@origin */
	struct span local;     /* l */
	struct span origin;    /* o: the domain in sender */
	struct span domain;    /* d: the domain whose record is read */
	struct span client;    /* i: the address, its parts between dots */
	struct span validated; /* p */
	struct span family;    /* v: "in-addr" or "ip6" */
	struct span helo;      /* h */
};

/* Whether TEXT is a macro-string (any modifier's value). */
bool spf_macro_is_string(struct span text);

/* Whether TEXT is a domain-spec: ends in a top label or a macro. */
bool spf_macro_is_domain(struct span text);

/* Whether a valid TEXT contains %{LETTER}, either case; LETTER is lower. */
bool spf_macro_has(struct span text, char letter);

/*
 * Expands the domain-spec TEXT, cuts labels on the left until 253 octets are
 * left (7.3), and checks that the outcome is a name. 0, or a negative code
 * when no name came out: then nothing can match it.
 */
int spf_macro_expand(struct span text, const struct spf_values *values,
    char name_r[DNS_NAME_MAX]);

#endif
