/*
 * Is the peer slower than we put up with, sending or taking octets (AT-25)? It
 * is looked at in windows of a minute (WIRE 11). Silence is not slowness: each
 * machine has a time for that besides.
 */
#ifndef PROTO_RATE_H
#define PROTO_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_SECONDS 60

struct rate {
	bool is_running;
	bool was_held; /* in a moment of this window the peer waited for us */
	int64_t since;
	uint64_t octets; /* in this window */
};

/* Begins a window, unless one runs. To stop it: rate.is_running = false. */
void rate_run(struct rate *r, int64_t now);

/* UNTIL, or the end of the window that runs, if that comes before. */
int64_t rate_deadline(const struct rate *r, int64_t until);

/* A window is over, and the next begins: was it below LEAST octets a second,
   and by the peer's fault alone? False also within a window, and for one in
   which nothing moved. */
bool rate_is_low(struct rate *r, int64_t now, uint64_t least);

#endif
