/*
 * The operator's lists of hosts (allow-hosts, deny-hosts): networks and names,
 * 10^5 of them and more. A look-up never walks the list. Pure: who asks for a
 * name has looked it up and confirmed it (GD-63, GD-64).
 */
#ifndef TRUST_HOSTS_H
#define TRUST_HOSTS_H

#include "base/err.h"
#include "base/ip.h"

struct hosts;

/*
 * A list of N entries, each one of
 *	192.0.2.1, 2001:db8::1         that address
 *	192.0.2.0/24, 2001:db8::/32    that network; no bits beyond the prefix
 *	mx.c.test                      that name
 *	.c.test, *.c.test              every name below it, but not c.test
 * in either case of letters. NULL: E says which entry is none of these, or
 * that memory is used up. ENTRIES are copied.
 */
struct hosts *hosts_new(const char *const *entries, unsigned n, struct err *e);
void hosts_free(struct hosts **h);

bool hosts_has_ip(const struct hosts *h, struct ip ip);

/*
 * NAME must be forward-confirmed: taken from the PTR record of the host's
 * address, and with that address among its own A or AAAA records. One trailing
 * dot is ignored.
 */
bool hosts_has_name(const struct hosts *h, struct span name);

/* Whether there are names at all, so that a reverse look-up is worth it. */
bool hosts_needs_name(const struct hosts *h);

#endif
