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

bool
memory_hold_pulled(const struct memory_hold *hold, int64_t now)
{
	return hold->row.state == HOLD_LEASED && hold->pull.until > now;
}

/* The one that is announced under LEADER with this recipient; NULL: none. */
static struct memory_hold *
find_announced(
    const struct memory *m, struct memory_hold *leader, struct span recipient)
{
	struct memory_hold *found = NULL;

	if (recipient.n == 0 ||
	    span_equals_nocase(leader->row.recipient, recipient))
		return leader;
	for (size_t i = 0; i < m->holds.count; i++) {
		struct memory_hold *hold = m->holds.at[i];

		if (!hold->staged &&
		    key_equals(hold->row.envelope, leader->row.key) &&
		    span_equals_nocase(hold->row.recipient, recipient) &&
		    (found == NULL ||
			memory_compare_keys(hold->row.key, found->row.key) < 0))
			found = hold;
	}
	return found;
}

enum store_outcome
memory_ask(const struct memory *m, struct memory_asking *asking)
{
	struct memory_hold *leader = memory_hold_find(m, asking->key), *hold;

	asking->entitled = asking->needs_to = false;
	asking->hold = NULL;
	if (leader == NULL || !span_equals_secret(leader->row.id, asking->id))
		return STORE_NONE;
	hold = find_announced(m, leader, asking->to);
	asking->entitled = target_has(
	    buf_span(&(hold != NULL ? hold : leader)->targets), asking->asker);
	if (!asking->entitled || hold == NULL)
		return STORE_NONE;
	if (asking->verdict != VERDICT_NONE && asking->to.n == 0 &&
	    leader->leads) {
		asking->needs_to = true;
		return STORE_CONFLICT;
	}
	asking->hold = hold;
	return STORE_OK;
}

/* Writes the lease into the row, and its copy LEASE->ROW. */
static void
take_lease(struct memory_hold *hold, struct store_hold_lease *lease)
{
	/* Nobody told how the lease before this one ended. */
	if (hold->row.state == HOLD_LEASED)
		hold->row.sent_whole = true;
	if (lease->verdict != VERDICT_NONE)
		hold->row.verdict = lease->verdict;
	hold->row.state = HOLD_LEASED;
	lease->row.hold.state = hold->row.state;
	lease->row.hold.verdict = hold->row.verdict;
	lease->row.hold.sent_whole = hold->row.sent_whole;
	hold->pull.node = lease->node;
	hold->pull.ticket = lease->ticket;
	hold->pull.until = lease->lease_until;
}

enum store_outcome
store_memory_hold_lease(struct memory *m, struct store_op *op)
{
	struct store_hold_lease *lease = &op->hold_lease;
	struct memory_asking asking = {.key = lease->key,
	    .id = lease->id,
	    .to = lease->to,
	    .asker = lease->asker,
	    .verdict = lease->verdict};
	enum store_outcome outcome = memory_ask(m, &asking);
	struct memory_hold *hold = asking.hold;

	lease->entitled = asking.entitled;
	lease->needs_to = asking.needs_to;
	if (outcome != STORE_OK)
		return outcome;
	if (lease->verdict != VERDICT_NONE &&
	    !store_is_acceptance(lease->verdict))
		return STORE_CONFLICT;
	if (!memory_hold_open(hold) || is_over(hold, op->now))
		return STORE_NONE;
	if (memory_hold_pulled(hold, op->now))
		return STORE_BUSY;
	if (!memory_hold_copy(op, hold, &lease->row) ||
	    !copy_content(&op->arena, &hold->message->row, &lease->row.message))
		return STORE_FULL;
	take_lease(hold, lease);
	return memory_learn_of_hold(m, hold, lease->verdict, op->now);
}

static bool
is_leased_so(const struct memory_hold *hold, uint64_t node, uint64_t ticket)
{
	return hold->row.state == HOLD_LEASED && hold->pull.node == node &&
	       hold->pull.ticket == ticket;
}

static bool
may_push(const struct memory_hold *hold, const struct store_op *op)
{
	const struct store_hold_push *push = &op->hold_push;

	if (hold->row.state == HOLD_HELD)
		return hold->notice.node == push->node &&
		       hold->notice.until > op->now;
	return hold->row.route == ROUTE_PUSH &&
	       is_leased_so(hold, push->node, push->ticket);
}

enum store_outcome
store_memory_hold_push(struct memory *m, struct store_op *op)
{
	struct store_hold_push *push = &op->hold_push;
	struct memory_hold *hold = memory_hold_find(m, push->key);

	if (hold == NULL)
		return STORE_NONE;
	if (!may_push(hold, op))
		return STORE_CONFLICT;
	if (!memory_hold_copy(op, hold, &push->row) ||
	    !copy_content(&op->arena, &hold->message->row, &push->row.message))
		return STORE_FULL;
	hold->row.state = push->row.hold.state = HOLD_LEASED;
	hold->row.route = push->row.hold.route = ROUTE_PUSH;
	buf_clear(&hold->targets);
	push->row.hold.targets = span_of("");
	hold->notice = (struct memory_lease){0};
	hold->pull.node = push->node;
	hold->pull.ticket = push->ticket;
	hold->pull.until = push->lease_until;
	return STORE_OK;
}

void
memory_hold_move(struct memory_hold *hold, enum store_hold_state state,
    struct span reply, int64_t moment)
{
	bool is_failure = state == HOLD_REFUSED || state == HOLD_EXPIRED;

	hold->row.state = state;
	hold->pull = (struct memory_lease){0};
	memory_say(&hold->reply, reply);
	if (state <= HOLD_NOTICED)
		return;
	hold->row.ended_at = moment;
	hold->author = (struct memory_lease){0};
	hold->row.report_at =
	    is_failure && store_is_reportable(&hold->message->row) ? moment
								   : INT64_MAX;
}

/* HELD again: told, or sent by us (ROUTE_PUSH), from NEXT_AT on. */
static void
wait(struct memory_hold *hold, enum store_route route, int64_t next_at)
{
	hold->row.route = route;
	hold->row.next_at = next_at;
	hold->row.tries++;
}

/* Was it sent because a list said so, and that is so no more? */
static bool
is_unlisted(struct memory *m, const struct memory_hold *hold,
    const struct store_hold_settle *settle)
{
	return settle->by_policy && settle->state == HOLD_REFUSED &&
	       hold->row.route == ROUTE_PUSH && memory_unlearn_of_hold(m, hold);
}

enum store_outcome
store_memory_hold_settle(struct memory *m, struct store_op *op)
{
	struct store_hold_settle *settle = &op->hold_settle;
	struct memory_hold *hold = memory_hold_find(m, settle->key);

	if (hold == NULL)
		return STORE_NONE;
	if (!store_settles_to(settle->state))
		return STORE_CONFLICT;
	if (is_leased_so(hold, settle->node, settle->ticket)) {
		hold->row.sent_whole |= settle->sent_whole;
		settle->unlisted = is_unlisted(m, hold, settle);
		memory_hold_move(hold,
		    settle->unlisted ? HOLD_HELD : settle->state, settle->reply,
		    store_moment(op));
		if (settle->unlisted)
			wait(hold, ROUTE_UNKNOWN, store_moment(op));
		else if (settle->state == HOLD_HELD)
			wait(hold, ROUTE_PUSH, settle->next_at);
	}
	if (settle->unlisted) {
		settle->message = hold->row.message;
		return STORE_OK;
	}
	if (hold->row.state != settle->state ||
	    (settle->state == HOLD_HELD &&
		hold->row.next_at != settle->next_at))
		return STORE_CONFLICT;
	settle->message = hold->row.message;
	if (settle->state > HOLD_LEASED)
		settle->body_free =
		    memory_release(m, hold->message, store_moment(op));
	return STORE_OK;
}

enum store_outcome
store_memory_hold_end(struct memory *m, struct store_op *op)
{
	struct store_hold_end *end = &op->hold_end;
	struct memory_hold *hold = memory_hold_find(m, end->key);

	if (hold == NULL ||
	    (end->user.n > 0 &&
		!span_equals(hold->message->row.user, end->user)))
		return STORE_NONE;
	if (end->state != HOLD_REFUSED && end->state != HOLD_WITHDRAWN)
		return STORE_CONFLICT;
	if (memory_hold_pulled(hold, op->now))
		return STORE_BUSY;
	if (memory_hold_open(hold)) {
		hold->row.sent_whole |= hold->row.state == HOLD_LEASED;
		memory_hold_move(
		    hold, end->state, end->reply, store_moment(op));
	}
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
	    memory_hold_pulled(hold, op->now) || hold->notice.until > op->now)
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

		hold->row.sent_whole |= hold->row.state == HOLD_LEASED;
		memory_hold_move(hold, HOLD_EXPIRED, span_of(""), moment);
		expire->rows[i].hold.state = HOLD_EXPIRED;
		expire->rows[i].hold.ended_at = moment;
		expire->rows[i].hold.sent_whole = hold->row.sent_whole;
		expire->rows[i].hold.report_at = hold->row.report_at;
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
