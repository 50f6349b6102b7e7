/*
 * Our own addresses, as the configuration names them. Pure: no socket is made
 * or asked.
 */
#include "daemon/caller/source.h"

#include <string.h>

static bool
is_wildcard(struct ip ip)
{
	static const uint8_t zero[16];

	return memcmp(ip.b, zero, sizeof zero) == 0;
}

struct ip
source_for(const struct settings *s, unsigned family)
{
	static const struct ip any;
	struct ip ip;
	uint16_t port;

	for (unsigned i = 0; i < s->source_addresses.n; i++)
		if (ip_parse(span_of(s->source_addresses.v[i]), &ip) == 0 &&
		    ip.family == family)
			return ip;
	for (unsigned i = 0; i < s->listen_smtp.n; i++)
		if (settings_endpoint(s->listen_smtp.v[i], &ip, &port) == 0 &&
		    ip.family == family && !is_wildcard(ip))
			return ip;
	return any;
}

static bool
listens_at(const struct settings *s, struct ip address)
{
	struct ip ip;
	uint16_t port;

	for (unsigned i = 0; i < s->listen_smtp.n; i++)
		if (settings_endpoint(s->listen_smtp.v[i], &ip, &port) == 0 &&
		    port == s->smtp_port && ip.family == address.family &&
		    (ip_equals(ip, address) || is_wildcard(ip)))
			return true;
	return false;
}

int
source_ourselves(
    const struct settings *s, struct ip *address_r, struct err *err)
{
	static const struct {
		unsigned family;
		const char *loopback;
	} families[] = {{4, "127.0.0.1"}, {6, "::1"}};

	for (unsigned i = 0; i < sizeof families / sizeof *families; i++) {
		*address_r = source_for(s, families[i].family);
		if (address_r->family == 0)
			ip_parse(span_of(families[i].loopback), address_r);
		if (listens_at(s, *address_r))
			return 0;
	}
	return err_set(err, -E_NONE,
	    "this server cannot call itself: listen-smtp has no address that "
	    "it calls from with the port that others are called at (smtp-port "
	    "%llu)",
	    (unsigned long long)s->smtp_port);
}
