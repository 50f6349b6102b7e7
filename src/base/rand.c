/*
 * The only source of random octets in the program: the kernel's.
 *
 * Not for tests that want repeatable numbers; pure modules take what they need
 * as arguments instead.
 *
 * Read on in rand.h.
 */
#include "base/rand.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void
rand_fill(void *p, size_t n)
{
	unsigned char *to = p;

	while (n > 0) {
		const ssize_t got = getrandom(to, n, 0);

		/* Going on with guessable identifiers is worse than ending. */
		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0) {
			to += got;
			n -= (size_t)got;
		}
	}
}

uint64_t
rand_below(uint64_t limit)
{
	uint64_t unfair, number;

	assert(limit > 0);
	/*
	 * The first 2^64 mod LIMIT numbers are one more than fit evenly: they
	 * are thrown away, and what is left is a multiple of LIMIT.
	 */
	unfair = (UINT64_MAX - limit + 1) % limit;
	do {
		rand_fill(&number, sizeof number);
	} while (number < unfair);
	return number % limit;
}
