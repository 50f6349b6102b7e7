/*
 * Numbers for octets that others choose, made with a salt that they do not
 * know: nobody can find two that collide (SipHash-2-4, Aumasson and Bernstein,
 * 2012). Not for what must outlive the process.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/ip.h"

struct hash_salt {
	uint64_t k[2];
};

/* A new one, from the system. */
void hash_salt_fill(struct hash_salt *salt_r);

uint64_t hash_span(const struct hash_salt *salt, struct span s);

/* The same for whatever ip_equals() finds equal. */
uint64_t hash_ip(const struct hash_salt *salt, struct ip ip);

#endif
