/*
 * How many sessions each address (IPv6 /64) has open now, so that one host
 * cannot take them all (GD-44). One crowd for each process that has sessions,
 * so that they are gone with it. Bounded: beyond CROWD_MAX addresses new ones
 * are refused.
 */
#ifndef DAEMON_CROWD_H
#define DAEMON_CROWD_H

#include "base/ip.h"

#define CROWD_MAX 200000 /* addresses with sessions at once */

struct crowd;

int crowd_new(struct crowd **c);
void crowd_free(struct crowd **c);

/* How many sessions IP has, with all that are the same host (ip_host()). */
uint64_t crowd_count(const struct crowd *c, struct ip ip);

/* One more from IP. False: CROWD_MAX or no memory. */
bool crowd_enter(struct crowd *c, struct ip ip);

/* One that entered has gone. */
void crowd_leave(struct crowd *c, struct ip ip);

#endif
