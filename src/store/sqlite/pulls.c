/*
 * Holds while they are pulled and as they end, in SQLite. Who may pull is
 * compared here, because it is one decision with taking the lease (WIRE 7);
 * what is answered on the wire is decided in origin/.
 */
#include "store/sqlite/query.h"

#include "store/target.h"

static bool
is_pulled(const struct hold_standing *standing, int64_t now)
{
	return standing->state == HOLD_LEASED && standing->lease_until > now;
}

/* Gives the lease of the pull back as well. */
static void
change_state(struct sqlite_store *s, const struct key *key,
    const struct hold_standing *was, enum store_hold_state state,
    struct span reply, int64_t moment)
{
	struct query q = query_new(s,
	    "UPDATE holds SET state = ?2, ended_at = ?3,"
	    " reply = CASE length(?4) WHEN 0 THEN reply ELSE ?4 END,"
	    " lease_node = 0, lease_until = 0 WHERE key = ?1");

	query_put_key(&q, key);
	query_put_number(&q, state);
	query_put_number(&q, state > HOLD_LEASED ? moment : 0);
	query_put_text(&q, reply);
	query_run(&q);
	tally_hold(s, was->state, was->route, -1);
	tally_hold(s, state, was->route, 1);
}

static void
take_lease(struct sqlite_store *s, const struct store_hold_lease *lease,
    const struct hold_standing *was)
{
	struct query q = query_new(s,
	    "UPDATE holds SET state = 3, lease_node = ?2, lease_until = ?3,"
	    " lease_ticket = ?4 WHERE key = ?1");

	query_put_key(&q, &lease->key);
	query_put_number(&q, (int64_t)lease->node);
	query_put_number(&q, lease->lease_until);
	query_put_number(&q, (int64_t)lease->ticket);
	query_run(&q);
	tally_hold(s, was->state, was->route, -1);
	tally_hold(s, HOLD_LEASED, was->route, 1);
}

enum store_outcome
store_sqlite_hold_lease(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_lease *lease = &op->hold_lease;
	struct store_hold *hold = &lease->row.hold;
	struct hold_standing was;

	lease->entitled = false;
	if (!holds_standing(s, &lease->key, &was) ||
	    !holds_load(s, &lease->key, &lease->row))
		return STORE_NONE;
	lease->entitled = span_equals_secret(hold->id, lease->id) &&
			  target_has(hold->targets, lease->asker);
	if (!lease->entitled || was.state > HOLD_LEASED ||
	    hold->expires_at <= op->now - STORE_HOLD_GRACE)
		return STORE_NONE;
	if (is_pulled(&was, op->now))
		return STORE_BUSY;
	if (!messages_load_content(s, &lease->row.message))
		return STORE_NONE;
	take_lease(s, lease, &was);
	hold->state = HOLD_LEASED;
	return STORE_OK;
}

enum store_outcome
store_sqlite_hold_settle(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_settle *settle = &op->hold_settle;
	int64_t moment = store_moment(op);
	struct hold_standing was;

	if (!holds_standing(s, &settle->key, &was))
		return STORE_NONE;
	if (settle->state != HOLD_TAKEN && settle->state != HOLD_REFUSED &&
	    settle->state != HOLD_NOTICED)
		return STORE_CONFLICT;
	if (was.state == HOLD_LEASED && was.lease_node == settle->node &&
	    was.lease_ticket == settle->ticket)
		change_state(s, &settle->key, &was, settle->state,
		    settle->reply, moment);
	else if (was.state != settle->state)
		return STORE_CONFLICT;
	settle->message = was.message;
	settle->body_free = settle->state != HOLD_NOTICED &&
			    messages_release(s, &was.message, moment);
	return STORE_OK;
}

enum store_outcome
store_sqlite_hold_end(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_end *end = &op->hold_end;
	int64_t moment = store_moment(op);
	struct hold_standing was;

	if (!holds_standing(s, &end->key, &was))
		return STORE_NONE;
	if (end->state != HOLD_REFUSED && end->state != HOLD_WITHDRAWN)
		return STORE_CONFLICT;
	if (is_pulled(&was, op->now))
		return STORE_BUSY;
	if (was.state <= HOLD_LEASED)
		change_state(
		    s, &end->key, &was, end->state, end->reply, moment);
	else if (was.state != end->state)
		return STORE_CONFLICT;
	end->message = was.message;
	end->body_free = messages_release(s, &was.message, moment);
	return STORE_OK;
}

/*
 * First those whose time is over, then those that never began to live; the
 * second are behind the first in the same index.
 */
#define IS_UNLEASED \
	" AND notice_until <= ?3 AND (state <> 3 OR lease_until <= ?3)"

static unsigned
expiring_keys(struct sqlite_store *s, const struct store_op *op)
{
	const struct store_hold_expire *expire = &op->hold_expire;
	struct query q = query_new(s,
	    "SELECT key FROM (SELECT key FROM holds INDEXED BY holds_expiry"
	    "  WHERE " IS_OPEN " AND expires_at <= ?1" IS_UNLEASED
	    "  ORDER BY expires_at, created, key LIMIT ?4)"
	    " UNION ALL"
	    " SELECT key FROM (SELECT key FROM holds INDEXED BY holds_expiry"
	    "  WHERE " IS_OPEN " AND expires_at = 9223372036854775807"
	    "  AND created < ?2" IS_UNLEASED "  ORDER BY created, key LIMIT ?4)"
	    " LIMIT ?4");

	query_put_number(&q, op->now - expire->grace);
	query_put_number(&q, expire->born_before);
	query_put_number(&q, op->now);
	query_put_number(&q, query_limit(expire->limit));
	return query_page(&q);
}

static void
expire_row(struct sqlite_store *s, struct store_hold *hold, int64_t moment)
{
	const struct hold_standing was = {
	    .state = hold->state, .route = hold->route};

	change_state(s, &hold->key, &was, HOLD_EXPIRED, span_of(""), moment);
	hold->state = HOLD_EXPIRED;
	hold->ended_at = moment;
}

enum store_outcome
store_sqlite_hold_expire(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_expire *expire = &op->hold_expire;
	int64_t moment = store_moment(op);

	expire->body_count = 0;
	expire->rows = holds_load_page(s, expiring_keys(s, op), &expire->count);
	expire->bodies = query_room(s, expire->count, sizeof expire->bodies[0]);
	for (unsigned i = 0; expire->bodies != NULL && i < expire->count; i++) {
		struct store_hold *hold = &expire->rows[i].hold;

		expire_row(s, hold, moment);
		if (messages_release(s, &hold->message, moment))
			expire->bodies[expire->body_count++] = hold->message;
	}
	return STORE_OK;
}
