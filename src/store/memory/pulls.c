/*
 * Holds while they are pulled and as they end, in memory. Who may pull is
 * compared here, because it is one decision with taking the lease (WIRE 7);
 * what is answered on the wire is decided in origin/.
 */
#include "store/memory/memory.h"

#include "store/target.h"

/* Has what was said, and the grace after it, passed? */
static bool
is_over(const struct memory_hold *hold, int64_t now)
{
	return hold->row.expires_at <= now - STORE_HOLD_GRACE;
}

static bool
is_pulled(const struct memory_hold *hold, int64_t now)
{
	return hold->row.state == HOLD_LEASED && hold->pull.until > now;
}

enum store_outcome
store_memory_hold_lease(struct memory *m, struct store_op *op)
{
	struct store_hold_lease *lease = &op->hold_lease;
	struct memory_hold *hold = memory_hold_find(m, lease->key);

	lease->entitled = hold != NULL &&
			  span_equals_secret(hold->row.id, lease->id) &&
			  target_has(buf_span(&hold->targets), lease->asker);
	if (!lease->entitled || !memory_hold_open(hold) ||
	    is_over(hold, op->now))
		return STORE_NONE;
	if (is_pulled(hold, op->now))
		return STORE_BUSY;
	if (!memory_hold_copy(op, hold, &lease->row) ||
	    !copy_content(&op->arena, &hold->message->row, &lease->row.message))
		return STORE_FULL;
	hold->row.state = lease->row.hold.state = HOLD_LEASED;
	hold->pull.node = lease->node;
	hold->pull.ticket = lease->ticket;
	hold->pull.until = lease->lease_until;
	return STORE_OK;
}

static void
change_state(struct memory_hold *hold, enum store_hold_state state,
    struct span reply, int64_t moment)
{
	hold->row.state = state;
	hold->pull = (struct memory_lease){0};
	memory_say(&hold->reply, reply);
	if (state != HOLD_NOTICED)
		hold->row.ended_at = moment;
}

enum store_outcome
store_memory_hold_settle(struct memory *m, struct store_op *op)
{
	struct store_hold_settle *settle = &op->hold_settle;
	struct memory_hold *hold = memory_hold_find(m, settle->key);

	if (hold == NULL)
		return STORE_NONE;
	if (settle->state != HOLD_TAKEN && settle->state != HOLD_REFUSED &&
	    settle->state != HOLD_NOTICED)
		return STORE_CONFLICT;
	if (hold->row.state == HOLD_LEASED && hold->pull.node == settle->node &&
	    hold->pull.ticket == settle->ticket)
		change_state(
		    hold, settle->state, settle->reply, store_moment(op));
	if (hold->row.state != settle->state)
		return STORE_CONFLICT;
	settle->message = hold->row.message;
	if (settle->state != HOLD_NOTICED)
		settle->body_free =
		    memory_release(m, hold->message, store_moment(op));
	return STORE_OK;
}

enum store_outcome
store_memory_hold_end(struct memory *m, struct store_op *op)
{
	struct store_hold_end *end = &op->hold_end;
	struct memory_hold *hold = memory_hold_find(m, end->key);

	if (hold == NULL)
		return STORE_NONE;
	if (end->state != HOLD_REFUSED && end->state != HOLD_WITHDRAWN)
		return STORE_CONFLICT;
	if (is_pulled(hold, op->now))
		return STORE_BUSY;
	if (memory_hold_open(hold))
		change_state(hold, end->state, end->reply, store_moment(op));
	if (hold->row.state != end->state)
		return STORE_CONFLICT;
	end->message = hold->row.message;
	end->body_free = memory_release(m, hold->message, store_moment(op));
	return STORE_OK;
}

static bool
is_expiring(const void *row, const void *arg)
{
	const struct memory_hold *hold = row;
	const struct store_op *op = arg;
	const struct store_hold_expire *expire = &op->hold_expire;

	if (hold->staged || !memory_hold_open(hold) ||
	    is_pulled(hold, op->now) || hold->notice.until > op->now)
		return false;
	if (hold->row.expires_at == INT64_MAX)
		return hold->row.created < expire->born_before;
	return hold->row.expires_at <= op->now - expire->grace;
}

static int
by_expiry(const void *a, const void *b)
{
	const struct memory_hold *const *x = a, *const *y = b;
	int r =
	    memory_compare_times((*x)->row.expires_at, (*y)->row.expires_at);

	if (r == 0)
		r = memory_compare_times((*x)->row.created, (*y)->row.created);
	if (r == 0)
		r = memory_compare_keys((*x)->row.key, (*y)->row.key);
	return r;
}

/* The rows are copied already, so nothing fails from here on. */
static void
expire_picked(
    struct memory *m, struct store_op *op, const struct memory_picked *picked)
{
	struct store_hold_expire *expire = &op->hold_expire;
	int64_t moment = store_moment(op);

	for (unsigned i = 0; i < picked->count; i++) {
		struct memory_hold *hold = picked->at[i];

		change_state(hold, HOLD_EXPIRED, span_of(""), moment);
		expire->rows[i].hold.state = HOLD_EXPIRED;
		expire->rows[i].hold.ended_at = moment;
		if (memory_release(m, hold->message, moment))
			expire->bodies[expire->body_count++] =
			    hold->row.message;
	}
	expire->count = picked->count;
}

enum store_outcome
store_memory_hold_expire(struct memory *m, struct store_op *op)
{
	struct store_hold_expire *expire = &op->hold_expire;
	enum store_outcome outcome = STORE_FULL;
	struct memory_picked picked;

	expire->count = expire->body_count = 0;
	if (!memory_pick(
		&m->holds, is_expiring, op, by_expiry, expire->limit, &picked))
		return STORE_FULL;
	expire->rows = memory_hold_rows(op, &picked);
	expire->bodies =
	    arena_take(&op->arena, picked.count * sizeof expire->bodies[0]);
	if (expire->rows != NULL && expire->bodies != NULL) {
		expire_picked(m, op, &picked);
		outcome = STORE_OK;
	}
	memory_picked_free(&picked);
	return outcome;
}
