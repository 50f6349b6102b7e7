/*
 * SipHash-2-4: the state is mixed twice for eight octets, and four times at the
 * end. A sum like FNV would be shorter, but what collides under one salt there
 * often does under another.
 *
 * Read on in hash.h.
 */
#include "base/hash.h"

#include "base/rand.h"

#include <string.h>

void
hash_salt_fill(struct hash_salt *salt_r)
{
	rand_fill(salt_r, sizeof *salt_r);
}

static uint64_t
turned(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void
mix(uint64_t v[4], unsigned rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = turned(v[1], 13) ^ v[0];
		v[3] = turned(v[3], 16) ^ v[2];
		v[0] = turned(v[0], 32) + v[3];
		v[2] += v[1];
		v[1] = turned(v[1], 17) ^ v[2];
		v[3] = turned(v[3], 21) ^ v[0];
		v[2] = turned(v[2], 32);
	}
}

/* Up to eight octets, the first one lowest. */
static uint64_t
word_of(const char *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return word;
}

static void
take(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v, 2);
	v[0] ^= word;
}

uint64_t
hash_span(const struct hash_salt *salt, struct span s)
{
	uint64_t v[4] = {
	    salt->k[0] ^ UINT64_C(0x736f6d6570736575),
	    salt->k[1] ^ UINT64_C(0x646f72616e646f6d),
	    salt->k[0] ^ UINT64_C(0x6c7967656e657261),
	    salt->k[1] ^ UINT64_C(0x7465646279746573),
	};
	size_t at = 0;

	for (; s.n - at >= 8; at += 8)
		take(v, word_of(s.p + at, 8));
	take(v, word_of(s.p + at, s.n - at) | (uint64_t)s.n << 56);
	v[2] ^= 0xff;
	mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
hash_ip(const struct hash_salt *salt, struct ip ip)
{
	char octets[1 + sizeof ip.b];
	size_t n = ip.family == 4 ? 4 : ip.family == 6 ? sizeof ip.b : 0;

	octets[0] = (char)ip.family;
	memcpy(octets + 1, ip.b, sizeof ip.b);
	return hash_span(salt, span_make(octets, 1 + n));
}
