/*
 * Addresses of hosts and networks of them, with one spelling for each host.
 *
 * Not for names (trust/dns.h) and not for ports, which only pass through.
 *
 * Read on in ip.h; why some addresses are never called: docs/WIRE.md 8.
 */
#include "base/ip.h"

#include "base/err.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define MAPPED_BITS 96 /* what stands before IPv4 in ::ffff:0:0/96 */

static unsigned
width(struct ip ip)
{
	return ip.family == 4 ? 32 : 128;
}

static struct ip
from_octets(uint8_t family, const void *octets)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct ip ip = {.family = family};

	memcpy(ip.b, octets, width(ip) / 8);
	if (family != 6 || memcmp(ip.b, mapped, sizeof mapped) != 0)
		return ip;
	return from_octets(4, ip.b + sizeof mapped);
}

int
ip_parse(struct span s, struct ip *ip_r)
{
	char text[IP_TEXT];
	uint8_t octets[16];

	if (span_copy(s, text, sizeof text) < 0)
		return -E_SYNTAX;
	if (inet_pton(AF_INET, text, octets) == 1)
		*ip_r = from_octets(4, octets);
	else if (inet_pton(AF_INET6, text, octets) == 1)
		*ip_r = from_octets(6, octets);
	else
		return -E_SYNTAX;
	return 0;
}

void
ip_text(struct ip ip, char text_r[IP_TEXT])
{
	const int family = ip.family == 4 ? AF_INET : AF_INET6;

	if (ip.family == 0 || inet_ntop(family, ip.b, text_r, IP_TEXT) == NULL)
		memcpy(text_r, "none", sizeof "none");
}

bool
ip_equals(struct ip a, struct ip b)
{
	return a.family == b.family &&
	       (a.family == 0 || memcmp(a.b, b.b, width(a) / 8) == 0);
}

int
ip_net_parse(struct span s, struct ip_net *net_r)
{
	const size_t slash = span_find(s, 0, '/');
	const struct span before = span_part(s, 0, slash);
	struct ip_net net;
	uint64_t bits;
	int rc;

	if (ip_parse(before, &net.address) < 0)
		return -E_SYNTAX;
	net.bits = (uint8_t)width(net.address);
	if (slash == s.n) {
		*net_r = net;
		return 0;
	}
	rc = span_number(span_skip(s, slash + 1), 128, &bits);
	if (rc < 0)
		return rc;
	/* Written as IPv6, but it is a network of mapped IPv4. */
	if (net.address.family == 4 && span_find(before, 0, ':') < before.n) {
		if (bits < MAPPED_BITS)
			return -E_RANGE;
		bits -= MAPPED_BITS;
	}
	if (bits > net.bits)
		return -E_RANGE;
	net.bits = (uint8_t)bits;
	if (!ip_equals(net.address, ip_mask(net.address, net.bits)))
		return -E_RANGE;
	*net_r = net;
	return 0;
}

void
ip_net_text(const struct ip_net *net, char text_r[IP_NET_TEXT])
{
	char address[IP_TEXT];

	ip_text(net->address, address);
	if (net->bits == width(net->address))
		snprintf(text_r, IP_NET_TEXT, "%s", address);
	else
		snprintf(text_r, IP_NET_TEXT, "%s/%u", address, net->bits);
}

bool
ip_net_has(const struct ip_net *net, struct ip ip)
{
	return net->address.family != 0 &&
	       ip_equals(net->address, ip_mask(ip, net->bits));
}

struct ip
ip_mask(struct ip ip, unsigned bits)
{
	for (unsigned i = 0; i < sizeof ip.b; i++) {
		if (bits >= 8) {
			bits -= 8;
			continue;
		}
		ip.b[i] &= (uint8_t)(0xff00u >> bits);
		bits = 0;
	}
	return ip;
}

struct ip_net
ip_host(struct ip ip)
{
	const uint8_t bits = ip.family == 4 ? 32 : 64;

	return (struct ip_net){ip_mask(ip, bits), bits};
}

/*
 * Networks that are nobody's in public. Those for documentation are left out:
 * nothing answers there, and examples and tests are written with them.
 */
static const struct ip_net special[] = {
    {{4, {0}}, 8},              /* this host, on this network */
    {{4, {10}}, 8},             /* private */
    {{4, {100, 64}}, 10},       /* behind a provider's translator */
    {{4, {127}}, 8},            /* loopback */
    {{4, {169, 254}}, 16},      /* link-local */
    {{4, {172, 16}}, 12},       /* private */
    {{4, {192, 0, 0}}, 24},     /* protocol assignments */
    {{4, {192, 168}}, 16},      /* private */
    {{4, {198, 18}}, 15},       /* benchmarks */
    {{4, {224}}, 4},            /* multicast */
    {{4, {240}}, 4},            /* reserved, broadcast */
    {{6, {0x20, 0x01, 0}}, 32}, /* Teredo: an IPv4 address inside */
    {{6, {0x20, 0x02}}, 16},    /* 6to4: an IPv4 address inside */
};

/*
 * All that is handed out of IPv6. Outside are loopback, link-local, multicast,
 * unique-local, and the forms that embed IPv4 (::/96, 64:ff9b::/96).
 */
static const struct ip_net public_v6 = {{6, {0x20}}, 3};

bool
ip_is_special(struct ip ip)
{
	if (ip.family == 0)
		return true;
	if (ip.family == 6 && !ip_net_has(&public_v6, ip))
		return true;
	for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
		if (ip_net_has(&special[i], ip))
			return true;
	}
	return false;
}

bool
ip_is_loopback(struct ip ip)
{
	static const struct ip_net four = {{4, {127}}, 8};
	static const struct ip six = {6, {[15] = 1}};

	return ip_net_has(&four, ip) || ip_equals(ip, six);
}

socklen_t
ip_to_sockaddr(struct ip ip, uint16_t port, struct sockaddr_storage *to)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	memset(to, 0, sizeof *to);
	if (ip.family == 4) {
		v4.sin_port = htons(port);
		memcpy(&v4.sin_addr, ip.b, sizeof v4.sin_addr);
		memcpy(to, &v4, sizeof v4);
		return sizeof v4;
	}
	if (ip.family == 6) {
		v6.sin6_port = htons(port);
		memcpy(&v6.sin6_addr, ip.b, sizeof v6.sin6_addr);
		memcpy(to, &v6, sizeof v6);
		return sizeof v6;
	}
	return 0;
}

int
ip_from_sockaddr(const struct sockaddr *from, struct ip *ip_r, uint16_t *port_r)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	/* Copied, because FROM need not be aligned for what it holds. */
	if (from->sa_family == AF_INET) {
		memcpy(&v4, from, sizeof v4);
		*ip_r = from_octets(4, &v4.sin_addr);
		*port_r = ntohs(v4.sin_port);
		return 0;
	}
	if (from->sa_family == AF_INET6) {
		memcpy(&v6, from, sizeof v6);
		*ip_r = from_octets(6, &v6.sin6_addr);
		*port_r = ntohs(v6.sin6_port);
		return 0;
	}
	return -E_RANGE;
}
