/*
 * Sending a message ourselves, as classical SMTP has it, where nobody takes a
 * notice of it (ST-02, GD-05, WIRE 9). The call that came to leave notices does
 * it: for each hold it asks for the content, which nobody else can fetch from
 * then on, and says how it went.
 */
#ifndef ORIGIN_PUSH_H
#define ORIGIN_PUSH_H

#include "store/store.h"

struct push_ask {
	struct store *store;
	struct key hold; /* claimed by `node` */
	uint64_t node;
	uint64_t ticket; /* of this sending; its end brings it back */
	int64_t lease_until;
};

/*
 * ANSWERED once, now or from a later store_turn(): the leased row with its
 * content, borrowed for that call, or NULL with why not: CONFLICT and NONE:
 * somebody else was quicker, or it has ended.
 */
void push_begin(const struct push_ask *ask, int64_t now,
    void (*answered)(void *arg, enum store_outcome outcome,
	const struct store_hold_row *row),
    void *arg);

/*
 * The operation that will write down how it ended. It is there before anything
 * is sent: who found no memory for it afterwards would send a message twice.
 * NULL: no memory. ASK is for this call only.
 */
struct store_op *push_end_new(const struct push_ask *ask, int64_t now);

struct push_end {
	int code; /* the destination's last word; 0: it said none */
	struct span reply;
	bool sent_whole; /* its final dot was sent */
	int64_t next_at; /* when to try again, after 4xx or nothing */
};

/* 2xx: TAKEN. 5xx: REFUSED; by policy, where a list had promised otherwise: the
   list is corrected and a notice tried (SM-34). Else HELD, to be tried again.
   OP is then to be submitted. */
void push_settle(struct store_op *op, const struct push_end *end, int64_t now);

#endif
