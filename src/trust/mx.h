/*
 * Which hosts take mail for a domain: RFC 5321 5.1 whole, as a pure module.
 * MX by preference, equal ones in random order (from SEED), null MX (RFC 7505),
 * implicit MX only when there are no MX records, every A and AAAA of each host
 * in the order given, no CNAME target tricks, an address literal as itself.
 * Serves the origin (whom to notify) and the receiver (may this host leave
 * notices for a domain that has no SPF record: WIRE 8, GD-52).
 */
#ifndef TRUST_MX_H
#define TRUST_MX_H

#include "trust/dns.h"

#define MX_HOSTS_MAX     20 /* hosts looked at, best preference first */
#define MX_ADDRESSES_MAX 32 /* addresses kept in all */

enum mx_outcome {
	MX_FOUND, /* at least one address */
	MX_NULL,  /* "." : takes no mail at all: permanent, 5.1.10 */
	MX_NONE,  /* no such domain, or no address: permanent, 5.1.2 / 5.4.4 */
	MX_TEMPORARY, /* DNS did not answer */
	MX_OURSELVES, /* the best host is this server (loop): permanent, 5.4.6
		       */
};

struct mx_address {
	struct ip ip;
	uint16_t preference;
	char host[DNS_NAME_MAX];
};

struct mx_query {
	struct span domain; /* A-labels, or "[address literal]" */
	struct span
	    ourselves; /* our host name: it and all hosts of equal or worse
			  preference are left out; "" when not wanted */
	uint64_t seed;
};

struct mx;

struct mx *mx_new(const struct mx_query *query);
void mx_free(struct mx **x);
int mx_wants(const struct mx *x, struct dns_question *question_r);
void mx_answer(struct mx *x, const struct dns_answer *answer);

/* After mx_wants() said 0. The array is borrowed as long as the machine. */
enum mx_outcome mx_result(const struct mx *x,
    const struct mx_address **addresses_r, unsigned *count_r);

/*
 * Whether some look-up was not answered, so that addresses may be missing.
 * Who refuses a client because it is not among them must then say "later".
 */
bool mx_is_partial(const struct mx *x);

#endif
