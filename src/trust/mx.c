/*
 * Which hosts take mail for a domain, RFC 5321 5.1 and RFC 7505. Asks for the
 * MX records, puts the hosts into their order, then asks for A and AAAA of
 * each. Not here: connecting, and which address may be called at all
 * (ip_is_special()).
 *
 *	ASK_MX -> ASK_A, ASK_AAAA for each host -> end
 *
 * What must hold: hosts are in the order in which they are to be tried; an
 * address is kept once, under the first host that has it.
 */
#include "trust/mx.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

enum asking { ASK_NOTHING, ASK_MX, ASK_A, ASK_AAAA };

struct host {
	uint16_t preference;
	uint64_t lot; /* drawn: decides among equal preferences */
	char name[DNS_NAME_MAX];
};

struct mx {
	char domain[DNS_NAME_MAX];
	char ourselves[DNS_NAME_MAX];
	uint64_t seed;

	struct host hosts[DNS_RECORDS_MAX];
	unsigned host_count, host_next;
	struct mx_address addresses[MX_ADDRESSES_MAX];
	unsigned address_count;

	enum asking asking;
	bool temporary; /* some look-up was not answered */
	enum mx_outcome outcome;
};

/* The next number of a splitmix64 sequence: even, and the same every time. */
static uint64_t
draw(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void
end(struct mx *x, enum mx_outcome outcome)
{
	x->asking = ASK_NOTHING;
	x->outcome = outcome;
}

static void
add_host(struct mx *x, struct span name, uint16_t preference)
{
	struct host *host = &x->hosts[x->host_count];

	if (x->host_count == DNS_RECORDS_MAX || dns_name(name, host->name) != 0)
		return;
	host->preference = preference;
	host->lot = draw(&x->seed);
	x->host_count++;
}

static bool
is_known(const struct mx *x, struct ip ip)
{
	for (unsigned i = 0; i < x->address_count; i++) {
		if (ip_equals(x->addresses[i].ip, ip))
			return true;
	}
	return false;
}

static void
add_address(struct mx *x, struct ip ip, const struct host *host)
{
	struct mx_address *address = &x->addresses[x->address_count];

	if (x->address_count == MX_ADDRESSES_MAX || is_known(x, ip))
		return;
	address->ip = ip;
	address->preference = host->preference;
	span_copy(span_of(host->name), address->host, DNS_NAME_MAX);
	x->address_count++;
}

static int
compare_hosts(const void *a, const void *b)
{
	const struct host *one = a;
	const struct host *other = b;

	if (one->preference != other->preference)
		return one->preference < other->preference ? -1 : 1;
	if (one->lot != other->lot)
		return one->lot < other->lot ? -1 : 1;
	return 0;
}

/* The best preference this server itself has, or 65536: it is not there. */
static unsigned
our_preference(const struct mx *x)
{
	unsigned best = UINT16_MAX + 1u;

	for (unsigned i = 0; i < x->host_count; i++) {
		const struct host *host = &x->hosts[i];

		if (host->preference < best &&
		    span_equals_nocase(
			span_of(host->name), span_of(x->ourselves)))
			best = host->preference;
	}
	return best;
}

/*
 * Sorts the hosts and leaves out ourselves with all that are not better
 * (5.1: a loop otherwise). False when nothing but ourselves is left.
 */
static bool
order_hosts(struct mx *x)
{
	unsigned limit = our_preference(x);
	unsigned kept = 0;

	qsort(x->hosts, x->host_count, sizeof(x->hosts[0]), compare_hosts);
	while (kept < x->host_count && x->hosts[kept].preference < limit)
		kept++;
	if (kept == 0 && x->host_count > 0)
		return false;
	x->host_count = kept < MX_HOSTS_MAX ? kept : MX_HOSTS_MAX;
	return true;
}

static void
begin_host(struct mx *x)
{
	if (x->host_next < x->host_count && x->address_count < MX_ADDRESSES_MAX)
		x->asking = ASK_A;
	else if (x->address_count > 0)
		end(x, MX_FOUND);
	else
		end(x, x->temporary ? MX_TEMPORARY : MX_NONE);
}

static void
begin_hosts(struct mx *x)
{
	if (order_hosts(x))
		begin_host(x);
	else
		end(x, MX_OURSELVES);
}

/*
 * The records there are. One that names the root says "no mail" (RFC 7505),
 * but beside others it is a mistake and left out.
 */
static void
take_hosts(struct mx *x, const struct dns_answer *answer)
{
	unsigned named = 0;

	for (unsigned i = 0; i < answer->count; i++) {
		const struct dns_record *record = &answer->records[i];

		if (record->name.n == 0)
			continue;
		named++;
		add_host(x, record->name, record->preference);
	}
	if (named == 0)
		end(x, MX_NULL);
	else
		begin_hosts(x);
}

static void
take_mx(struct mx *x, const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_FOUND:
		take_hosts(x, answer);
		break;
	case DNS_EMPTY: /* the domain itself is the host */
		add_host(x, span_of(x->domain), 0);
		begin_hosts(x);
		break;
	case DNS_NO_NAME:
		end(x, MX_NONE);
		break;
	case DNS_TEMPORARY:
		x->temporary = true;
		end(x, MX_TEMPORARY);
		break;
	}
}

static void
take_addresses(struct mx *x, const struct dns_answer *answer)
{
	if (answer->status == DNS_TEMPORARY)
		x->temporary = true;
	for (unsigned i = 0; i < answer->count; i++)
		add_address(x, answer->records[i].ip, &x->hosts[x->host_next]);
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]": it is its own and only host. */
static void
take_literal(struct mx *x)
{
	struct span text = span_of(x->domain);
	struct span tag = span_of("IPv6:");
	struct host host = {.preference = 0};
	bool tagged;
	struct ip ip;

	span_copy(text, host.name, DNS_NAME_MAX);
	end(x, MX_NONE);
	if (text.p[text.n - 1] != ']')
		return;
	text = span_part(text, 1, text.n - 2);
	tagged = span_starts_nocase(text, tag);
	if (tagged)
		text = span_skip(text, tag.n);
	/* RFC 5321 4.1.3: the tag stands before colons, and only there. */
	if (tagged != (span_find(text, 0, ':') < text.n) ||
	    ip_parse(text, &ip) != 0)
		return;
	add_address(x, ip, &host);
	end(x, MX_FOUND);
}

struct mx *
mx_new(const struct mx_query *query)
{
	struct mx *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->seed = query->seed;
	dns_name(query->ourselves, x->ourselves);
	if (query->domain.n > 0 && query->domain.p[0] == '[') {
		if (span_copy(query->domain, x->domain, DNS_NAME_MAX) == 0)
			take_literal(x);
		else
			end(x, MX_NONE);
	} else if (dns_name(query->domain, x->domain) == 0) {
		x->asking = ASK_MX;
	} else {
		end(x, MX_NONE);
	}
	return x;
}

void
mx_free(struct mx **x)
{
	free(*x);
	*x = NULL;
}

int
mx_wants(const struct mx *x, struct dns_question *question_r)
{
	const char *name = x->domain;

	switch (x->asking) {
	case ASK_NOTHING:
		return 0;
	case ASK_MX:
		question_r->type = DNS_MX;
		break;
	case ASK_A:
		question_r->type = DNS_A;
		name = x->hosts[x->host_next].name;
		break;
	case ASK_AAAA:
		question_r->type = DNS_AAAA;
		name = x->hosts[x->host_next].name;
		break;
	}
	span_copy(span_of(name), question_r->name, DNS_NAME_MAX);
	return 1;
}

void
mx_answer(struct mx *x, const struct dns_answer *answer)
{
	switch (x->asking) {
	case ASK_NOTHING:
		break;
	case ASK_MX:
		take_mx(x, answer);
		break;
	case ASK_A:
		take_addresses(x, answer);
		x->asking = ASK_AAAA;
		break;
	case ASK_AAAA:
		take_addresses(x, answer);
		x->host_next++;
		begin_host(x);
		break;
	}
}

enum mx_outcome
mx_result(const struct mx *x, const struct mx_address **addresses_r,
    unsigned *count_r)
{
	*addresses_r = x->addresses;
	*count_r = x->address_count;
	return x->outcome;
}

bool
mx_is_partial(const struct mx *x)
{
	return x->temporary;
}
