/*
 * DNS answers in wire form (RFC 1035 4) as the records the pure modules know.
 * Pure; the octets come from strangers' servers, through the resolver library.
 */
#ifndef DAEMON_DNS_PACKET_H
#define DAEMON_DNS_PACKET_H

#include "trust/dns.h"

struct dns_packet;

/*
 * Reads the records that answer QUESTION, at the end of its chain of CNAMEs.
 * A packet that is malformed, cut, or says neither success nor "no such name"
 * is DNS_TEMPORARY. Records beyond DNS_RECORDS_MAX are left out. A name that
 * cannot be written as text is ".." (no question can be made of it), a text
 * of more than DNS_TEXT_MAX octets is "". NULL: no memory.
 */
struct dns_packet *dns_packet_new(
    struct span packet, const struct dns_question *question, bool secure);
void dns_packet_free(struct dns_packet **p);

/* Borrowed as long as the packet lives. */
const struct dns_answer *dns_packet_answer(const struct dns_packet *p);

#endif
