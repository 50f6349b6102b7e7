/*
 * For: windows in which octets are counted. Not for: how long silence may last,
 * nor what is said to who is too slow (the machines). See rate.h.
 */
#include "proto/rate.h"

void
rate_run(struct rate *r, int64_t now)
{
	if (!r->is_running)
		*r = (struct rate){.is_running = true, .since = now};
}

int64_t
rate_deadline(const struct rate *r, int64_t until)
{
	int64_t end = r->since + RATE_SECONDS;

	return r->is_running && end < until ? end : until;
}

bool
rate_is_low(struct rate *r, int64_t now, uint64_t least)
{
	struct rate last = *r;

	if (!last.is_running || now < last.since + RATE_SECONDS)
		return false;
	*r = (struct rate){.is_running = true, .since = now};
	return last.octets > 0 && last.octets < RATE_SECONDS * least &&
	       !last.was_held;
}
