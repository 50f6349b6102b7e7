/*
 * The last step at the origin: how a turn ended (WIRE 4.6, 4.7; GD-34).
 * Responsibility has moved once TAKEN is durable; until then the answer to the
 * destination's next command waits.
 */
#ifndef ORIGIN_SETTLE_H
#define ORIGIN_SETTLE_H

#include "store/store.h"

struct settle_end {
	struct key hold;
	uint64_t node, ticket; /* that hold the lease */
	enum store_hold_state
	    state;         /* TAKEN, REFUSED, or NOTICED: still held */
	struct span reply; /* what the destination said; copied */
	bool sent_whole;   /* the final dot was sent in this lease */
};

/*
 * NOTED is called once, now or from a later store_turn(). BODY_FREE tells that
 * the spooled body of MESSAGE may be removed.
 */
void settle_pull(struct store *store, const struct settle_end *end, int64_t now,
    void (*noted)(void *arg, enum store_outcome outcome, bool body_free,
	struct key message),
    void *arg);

#endif
