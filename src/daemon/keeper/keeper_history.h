/*
 * What an address left with us and served: a verified notice, a pull that
 * succeeded. Written to the store now and then; whether an address has a
 * history is known here without it.
 */
#ifndef DAEMON_KEEPER_HISTORY_H
#define DAEMON_KEEPER_HISTORY_H

#include "daemon/keeper/keeper.h"

#define KEEPER_HISTORY_MAX  65536            /* addresses with a history */
#define KEEPER_HISTORY_TIME (30 * 24 * 3600) /* seconds it counts (WIRE 8) */
#define KEEPER_HISTORY_PAUSE \
	3600 /* seconds between two writes for one address */

struct keeper_history;

/* Reads who served a pull, before the loop. 0, -E_NOMEM, -E_SYSTEM. */
int keeper_history_new(
    struct keeper *k, struct keeper_history **history_r, struct err *err);
void keeper_history_free(struct keeper_history **history);

/* Was a pull from ADDRESS confirmed within KEEPER_HISTORY_TIME? */
bool keeper_history_has(const struct keeper_history *h, struct ip address);

/* ADDRESS served a pull, or left a notice, and that was verified for DOMAIN. */
void keeper_history_pulled(
    struct keeper_history *h, struct ip address, struct span domain);
void keeper_history_verified(
    struct keeper_history *h, struct ip address, struct span domain);

/* NAME, an address as text, has no history any more. Others are ignored. */
void keeper_history_forget(struct keeper_history *h, struct span name);

#endif
