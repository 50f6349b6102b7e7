/* Holds in each of their states. */
#include "held.h"

#include "origin/accept.h"
#include "store/target.h"

#include <string.h>

/* The newest comes last. */
static void
take_newest(void *arg, const struct store_hold_row *row)
{
	struct held *h = arg;

	h->key = row->hold.key;
	assert_int_equal(span_copy(row->hold.id, h->id, sizeof h->id), 0);
}

bool
held_new(struct side *s, bool spooled, struct held *held_r)
{
	const struct accept accept = {
	    s->store, s->settings, s->local, s->secret, NULL, NULL};
	struct arrival a = arrival_to("bob@b.test", NULL);
	struct heard heard = {0};

	a.spooled = spooled;
	if (spooled)
		a.body = a.sender = span_of("");
	accept_message(&accept, &a, s->now, hear_text, &heard);
	side_turn(s);
	assert_int_equal(heard.times, 1);
	return heard.reply == REPLY_HELD &&
	       side_each_hold(s, take_newest, held_r) > 0;
}

static void
run(struct side *s, struct store_op *op)
{
	assert_int_equal(side_do(s, op), STORE_OK);
	store_op_free(&op);
}

void
held_aim(struct side *s, const struct held *h)
{
	struct store_op *op = side_op(s, STORE_HOLD_AIM);
	char target[STORE_TARGET];

	target_write(ip_of(PEER), target);
	op->hold_aim.count = 1;
	op->hold_aim.keys = &h->key;
	op->hold_aim.targets = span_make(target, sizeof target);
	run(s, op);
}

void
held_notice(struct side *s, const struct held *h, int64_t life)
{
	struct store_op *op = side_op(s, STORE_HOLD_NOTICED);

	held_aim(s, h);
	op->hold_noticed.key = h->key;
	op->hold_noticed.route = ROUTE_GDEL;
	op->hold_noticed.expires_at = s->now + life;
	run(s, op);
}

void
held_lease(struct side *s, const struct held *h)
{
	struct store_op *op = side_op(s, STORE_HOLD_LEASE);

	op->hold_lease.key = h->key;
	op->hold_lease.id = span_of(h->id);
	op->hold_lease.asker = ip_of(PEER);
	op->hold_lease.node = NODE;
	op->hold_lease.ticket = TICKET;
	op->hold_lease.lease_until = s->now + s->settings->lease_time;
	/* asked again after UNSURE, it may have it already: BUSY */
	side_do(s, op);
	store_op_free(&op);
	assert_int_equal(held_state(s, h), HOLD_LEASED);
}

struct store_op *
held_get(struct side *s, const struct held *h)
{
	struct store_op *op = side_op(s, STORE_HOLD_GET);

	op->hold_get.key = h->key;
	assert_int_equal(side_do(s, op), STORE_OK);
	return op;
}

enum store_hold_state
held_state(struct side *s, const struct held *h)
{
	struct store_op *op = held_get(s, h);
	enum store_hold_state state = op->hold_get.row.hold.state;

	store_op_free(&op);
	return state;
}
