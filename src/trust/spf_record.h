/*
 * Private to SPF: the grammar of a record, RFC 7208 4.5, 4.6, 5, 6 and 12.
 */
#ifndef TRUST_SPF_RECORD_H
#define TRUST_SPF_RECORD_H

#include "base/ip.h"
#include "trust/spf.h"

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT, /* the modifiers */
	SPF_EXP,
	SPF_UNKNOWN_MODIFIER,
};

struct spf_term {
	enum spf_kind kind;
	enum spf_result result; /* of a mechanism that matches: its qualifier */
	struct span target; /* domain-spec, not expanded; empty: none given */
	struct ip network;  /* IP4, IP6: as written, mapped ones too */
	uint8_t bits4;      /* prefix lengths; IP6 has its own in bits6 */
	uint8_t bits6;
};

/* Whether a TXT record is an SPF record at all (4.5). */
bool spf_record_is(struct span text);

/*
 * Checks the whole RECORD before any of it is used (4.6). *TERMS_R is what
 * follows the version, for spf_record_next(); *REDIRECT_R the redirect's
 * domain-spec, empty when there is none. Both borrow from RECORD. 0 or
 * -E_SYNTAX.
 */
int spf_record_check(
    struct span record, struct span *terms_r, struct span *redirect_r);

/* Takes the next term from *REST: 1, 0 at the end, -E_SYNTAX. */
int spf_record_next(struct span *rest, struct spf_term *term_r);

#endif
