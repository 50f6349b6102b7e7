/*
 * An address of either family, and networks of them. IPv4-mapped IPv6
 * addresses are turned into IPv4 as they enter, so that two spellings of one
 * host never differ (WIRE 8).
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/span.h"

#include <sys/socket.h>

#define IP_TEXT     46            /* INET6_ADDRSTRLEN */
#define IP_NET_TEXT (IP_TEXT + 4) /* and "/128" */

struct ip {
	uint8_t family; /* 4, 6, or 0: none */
	uint8_t b[16];  /* network order; IPv4 in the first four */
};

struct ip_net {
	struct ip address;
	uint8_t bits;
};

int ip_parse(struct span s, struct ip *ip_r);
void ip_text(struct ip ip, char text_r[IP_TEXT]);
bool ip_equals(struct ip a, struct ip b);

/* "address" or "address/bits"; bits beyond the prefix must be zero. */
int ip_net_parse(struct span s, struct ip_net *net_r);
/* The one spelling of NET: "address", or "address/bits" of a real network. */
void ip_net_text(const struct ip_net *net, char text_r[IP_NET_TEXT]);
bool ip_net_has(const struct ip_net *net, struct ip ip);

/* The network of BITS that holds IP, for counting by network. */
struct ip ip_mask(struct ip ip, unsigned bits);

/*
 * What counts as one host where hosts are counted: an IPv4 address, an IPv6
 * /64, since whoever has one address of that has them all.
 */
struct ip_net ip_host(struct ip ip);

/*
 * True for addresses nobody in the public network can own: loopback, private,
 * link-local, multicast, 0/8, 100.64/10, unique-local, mapped and translated
 * forms (WIRE 8, AT-24).
 */
bool ip_is_special(struct ip ip);

/* Of this machine itself: 127/8, ::1. */
bool ip_is_loopback(struct ip ip);

/* To and from socket addresses. ip_from_sockaddr: -E_RANGE other families. */
socklen_t
ip_to_sockaddr(struct ip ip, uint16_t port, struct sockaddr_storage *to);
int ip_from_sockaddr(
    const struct sockaddr *from, struct ip *ip_r, uint16_t *port_r);

#endif
