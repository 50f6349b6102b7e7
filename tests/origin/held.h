/* Holds in each of their states, for tests of what happens to them next. */
#ifndef TESTS_ORIGIN_HELD_H
#define TESTS_ORIGIN_HELD_H

#include "steps.h"

#include "proto/identifier.h"

#define PEER   "192.0.2.7" /* its notice goes there */
#define TICKET 41          /* of every lease, unless said otherwise */

struct held {
	struct key key;
	char id[IDENTIFIER_TEXT];
};

/* HELD, for bob@b.test; SPOOLED: its body lies in the spool, and no report will
   quote it (its sender is null). False: the weather did not let it be held. */
bool held_new(struct side *s, bool spooled, struct held *held_r);

/* A notice is about to go to PEER. */
void held_aim(struct side *s, const struct held *h);

/* It was taken there; the hold lives LIFE seconds. */
void held_notice(struct side *s, const struct held *h, int64_t life);

/* PEER pulls, as node NODE with TICKET. */
void held_lease(struct side *s, const struct held *h);

/* The hold as it is now. Free the operation. */
struct store_op *held_get(struct side *s, const struct held *h);
enum store_hold_state held_state(struct side *s, const struct held *h);

#endif
