/*
 * Sets of four places; which set is an address's own follows from its octets
 * and a number that nobody outside knows, so that nobody can choose addresses
 * that push out a certain other one.
 */
#include "trust/recent.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

#define WAYS 4u

struct place {
	struct ip address;
	int64_t at; /* 0: free */
};

struct recent {
	unsigned sets; /* a power of two */
	struct hash_salt salt;
	struct place places[];
};

struct recent *
recent_new(unsigned most)
{
	struct recent *r;

	assert(most >= WAYS && (most & (most - 1)) == 0);
	r = calloc(1, sizeof *r + most * sizeof r->places[0]);
	if (r == NULL)
		return NULL;
	r->sets = most / WAYS;
	hash_salt_fill(&r->salt);
	return r;
}

void
recent_free(struct recent **r)
{
	free(*r);
	*r = NULL;
}

/* The first place of its set. */
static size_t
set_of(const struct recent *r, struct ip address)
{
	return (size_t)(hash_ip(&r->salt, address) & (r->sets - 1)) * WAYS;
}

int64_t
recent_get(const struct recent *r, struct ip address)
{
	const struct place *set = &r->places[set_of(r, address)];

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].at != 0 && ip_equals(set[i].address, address))
			return set[i].at;
	return 0;
}

void
recent_put(struct recent *r, struct ip address, int64_t at)
{
	struct place *set = &r->places[set_of(r, address)], *to = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].at != 0 && ip_equals(set[i].address, address)) {
			to = &set[i];
			break;
		}
		if (set[i].at < to->at)
			to = &set[i];
	}
	if (to->at < at)
		*to = (struct place){address, at};
}

void
recent_drop(struct recent *r, struct ip address)
{
	struct place *set = &r->places[set_of(r, address)];

	for (unsigned i = 0; i < WAYS; i++)
		if (ip_equals(set[i].address, address))
			set[i].at = 0;
}
