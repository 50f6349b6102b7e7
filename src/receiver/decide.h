/*
 * What becomes of a message that has come in for a user of ours: here, that it
 * is delivered, and with which trace fields (RFC 5321 4.4). The person's own
 * decision, for users who ask, joins here.
 */
#ifndef RECEIVER_DECIDE_H
#define RECEIVER_DECIDE_H

#include "base/settings.h"
#include "proto/address.h"
#include "proto/arrival.h"
#include "store/store.h"

#define DECIDE_TRACE_MAX 4096 /* octets of trace fields of one delivery */

/* The record under which an arrival's content is stored. Borrows from it. */
void decide_message(const struct arrival *arrival, int64_t now,
    struct store_message *message_r);

/*
 * A delivery of ARRIVAL to the local user RECIPIENT. Its texts lie in ARENA.
 * No field names another recipient, nor even this one: a Bcc stays unseen
 * (WIRE 6). 0 or -E_NOMEM.
 */
int decide_delivery(const struct settings *settings,
    const struct arrival *arrival, const struct address *recipient, int64_t now,
    struct arena *arena, struct store_delivery *delivery_r);

/*
 * What pull_arrived and a push have in common: fills COUNT deliveries, one for
 * each recipient of ARRIVAL, in OP's arena. 0, -E_NOMEM, -E_SYNTAX.
 */
int decide_deliveries(const struct settings *settings,
    const struct arrival *arrival, int64_t now, struct arena *arena,
    const struct store_delivery **deliveries_r);

/* A pushed message: fills OP, a message_put, with it and its deliveries. */
int decide_pushed(const struct settings *settings,
    const struct arrival *arrival, struct store_op *op);

#endif
