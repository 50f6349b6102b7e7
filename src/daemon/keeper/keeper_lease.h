/*
 * Which leases each front has for its turns, so that those of a front that dies
 * need not run out first. The leases themselves are in the store.
 */
#ifndef DAEMON_KEEPER_LEASE_H
#define DAEMON_KEEPER_LEASE_H

#include "daemon/keeper/keeper.h"

/* Turns of one front that are remembered: more than it has sessions, unless the
   settings say otherwise. What is not remembered ends by its time. */
#define KEEPER_LEASES_MAX 16384

/* HOLD is leased under TICKET (not 0) to whom DESK is of. DESK may be NULL. */
void keeper_lease_given(struct desk *desk, struct key hold, uint64_t ticket);

/* That turn is over, and whoever had it says how. DESK may be NULL. */
void keeper_lease_ended(struct desk *desk, uint64_t ticket);

/* A turn that nobody takes: the next one who asks need not wait until the lease
   runs out. WHOLE: its final dot may have been sent. */
void keeper_lease_give_back(struct keeper *k, struct key hold, uint64_t ticket,
    bool whole, const char *why);

/* Whom DESK was of is gone: all its turns are given back. */
void keeper_lease_drop(struct keeper *k, struct desk *desk);

#endif
