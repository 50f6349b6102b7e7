/*
 * Holds while they are pulled and as they end, in SQLite. Who may pull is
 * compared here, because it is one decision with taking the lease (WIRE 7);
 * what is answered on the wire is decided in origin/.
 */
#include "store/sqlite/query.h"

#include "store/target.h"

bool
pulls_running(const struct hold_standing *standing, int64_t now)
{
	return standing->state == HOLD_LEASED && standing->lease_until > now;
}

/* The lease of the pull is given back: noticed as before. */
static void
give_back(struct sqlite_store *s, const struct key *key,
    const struct hold_standing *was, const struct hold_end *end)
{
	struct query q = query_new(s,
	    "UPDATE holds SET state = 2, sent_whole = sent_whole OR ?2,"
	    " reply = CASE length(?3) WHEN 0 THEN reply ELSE ?3 END,"
	    " lease_node = 0, lease_until = 0 WHERE key = ?1");

	query_put_key(&q, key);
	query_put_number(&q, end->sent_whole);
	query_put_text(&q, end->reply);
	query_run(&q);
	tally_hold(s, was->state, was->route, -1);
	tally_hold(s, HOLD_NOTICED, was->route, 1);
}

/* The same, and it is told, or sent by us (ROUTE_PUSH), from AT on. */
static void
hold_again(struct sqlite_store *s, const struct hold_standing *was,
    const struct store_hold_settle *settle, enum store_route route, int64_t at)
{
	struct query q = query_new(s,
	    "UPDATE holds SET state = 1, route = ?5, next_at = ?2,"
	    " tries = tries + 1, sent_whole = sent_whole OR ?3,"
	    " reply = CASE length(?4) WHEN 0 THEN reply ELSE ?4 END,"
	    " lease_node = 0, lease_until = 0 WHERE key = ?1");

	query_put_key(&q, &settle->key);
	query_put_number(&q, at);
	query_put_number(&q, settle->sent_whole);
	query_put_text(&q, settle->reply);
	query_put_number(&q, route);
	query_run(&q);
	tally_hold(s, was->state, was->route, -1);
	tally_hold(s, HOLD_HELD, route, 1);
}

/* Was it sent because a list said so, and that is so no more? */
static bool
is_unlisted(struct sqlite_store *s, const struct store_hold_settle *settle,
    const struct hold_standing *was)
{
	struct store_hold_row row;

	return settle->by_policy && settle->state == HOLD_REFUSED &&
	       was->route == ROUTE_PUSH && holds_load(s, &settle->key, &row) &&
	       lists_unlearn_of_hold(s, &row);
}

void
pulls_end(struct sqlite_store *s, const struct key *key,
    const struct hold_standing *was, const struct hold_end *end)
{
	bool is_failure =
	    end->state == HOLD_REFUSED || end->state == HOLD_EXPIRED;
	bool is_due = is_failure && was->is_reportable;
	struct query q = query_new(s,
	    "UPDATE holds SET state = ?2, ended_at = ?3,"
	    " reply = CASE length(?4) WHEN 0 THEN reply ELSE ?4 END,"
	    " sent_whole = sent_whole OR ?5,"
	    " verdict = CASE ?6 WHEN 0 THEN verdict ELSE ?6 END,"
	    " report_at = ?7, report_node = 0, report_until = 0,"
	    " lease_node = 0, lease_until = 0 WHERE key = ?1");

	query_put_key(&q, key);
	query_put_number(&q, end->state);
	query_put_number(&q, end->moment);
	query_put_text(&q, end->reply);
	query_put_number(&q, end->sent_whole);
	query_put_number(&q, end->verdict);
	query_put_number(&q, is_due ? end->moment : INT64_MAX);
	query_run(&q);
	tally_hold(s, was->state, was->route, -1);
	tally_hold(s, end->state, was->route, 1);
	tally_add(s, TALLY_REPORTS, is_due);
}

/* The key of the one that is announced under LEADER with this recipient. */
static bool
find_announced(struct sqlite_store *s, const struct key *leader,
    struct span recipient, struct key *key_r)
{
	struct query q = query_new(s,
	    "SELECT key FROM holds INDEXED BY holds_envelope"
	    " WHERE envelope = ?1 AND " IS_FOLLOWER " AND " FOLDED
	    " = lower(CAST(?2 AS TEXT)) AND state > 0 ORDER BY key LIMIT 1");
	bool found;

	query_put_key(&q, leader);
	query_put_text(&q, recipient);
	found = query_next(&q);
	if (found)
		*key_r = query_key(&q);
	query_end(&q);
	return found;
}

enum store_outcome
pulls_ask(struct sqlite_store *s, struct hold_asking *asking)
{
	struct store_hold *hold = &asking->row->hold;
	bool found, leads;
	struct key key;

	asking->entitled = asking->needs_to = false;
	if (!holds_standing(s, &asking->key, &asking->was) ||
	    !holds_load(s, &asking->key, asking->row) ||
	    !span_equals_secret(hold->id, asking->id))
		return STORE_NONE;
	leads = asking->was.leads;
	found = asking->to.n == 0 ||
		span_equals_nocase(hold->recipient, asking->to);
	if (!found && leads) {
		found = find_announced(s, &asking->key, asking->to, &key) &&
			holds_standing(s, &key, &asking->was) &&
			holds_load(s, &key, asking->row);
	}
	asking->entitled = target_has(hold->targets, asking->asker);
	if (!asking->entitled || !found)
		return STORE_NONE;
	asking->needs_to =
	    asking->verdict != VERDICT_NONE && asking->to.n == 0 && leads;
	return asking->needs_to ? STORE_CONFLICT : STORE_OK;
}

/* Writes the lease, also into LEASE->ROW. */
static void
take_lease(struct sqlite_store *s, struct store_hold_lease *lease,
    const struct hold_standing *was)
{
	struct store_hold *hold = &lease->row.hold;
	struct query q = query_new(s,
	    "UPDATE holds SET state = 3, lease_node = ?2, lease_until = ?3,"
	    " lease_ticket = ?4, verdict = ?5, sent_whole = ?6 WHERE key = ?1");

	/* Nobody told how the lease before this one ended. */
	if (was->state == HOLD_LEASED)
		hold->sent_whole = true;
	if (lease->verdict != VERDICT_NONE)
		hold->verdict = lease->verdict;
	hold->state = HOLD_LEASED;
	query_put_key(&q, &hold->key);
	query_put_number(&q, (int64_t)lease->node);
	query_put_number(&q, lease->lease_until);
	query_put_number(&q, (int64_t)lease->ticket);
	query_put_number(&q, hold->verdict);
	query_put_number(&q, hold->sent_whole);
	query_run(&q);
	tally_hold(s, was->state, was->route, -1);
	tally_hold(s, HOLD_LEASED, was->route, 1);
}

enum store_outcome
store_sqlite_hold_lease(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_lease *lease = &op->hold_lease;
	struct store_hold *hold = &lease->row.hold;
	struct hold_asking asking = {.key = lease->key,
	    .id = lease->id,
	    .to = lease->to,
	    .asker = lease->asker,
	    .verdict = lease->verdict,
	    .row = &lease->row};
	enum store_outcome outcome = pulls_ask(s, &asking);

	lease->entitled = asking.entitled;
	lease->needs_to = asking.needs_to;
	if (outcome != STORE_OK)
		return outcome;
	if (lease->verdict != VERDICT_NONE &&
	    !store_is_acceptance(lease->verdict))
		return STORE_CONFLICT;
	if (asking.was.state > HOLD_LEASED ||
	    hold->expires_at <= op->now - STORE_HOLD_GRACE)
		return STORE_NONE;
	if (pulls_running(&asking.was, op->now))
		return STORE_BUSY;
	if (!messages_load_content(s, &lease->row.message))
		return STORE_NONE;
	take_lease(s, lease, &asking.was);
	lists_learn_of_hold(s, &lease->row, lease->verdict, op->now);
	return STORE_OK;
}

/* Writes the lease of a push, also into PUSH->ROW. */
static void
take_to_push(struct sqlite_store *s, struct store_hold_push *push,
    const struct hold_standing *was)
{
	struct store_hold *hold = &push->row.hold;
	struct query q =
	    query_new(s, "UPDATE holds SET state = 3, route = 5, targets = x'',"
			 " notice_node = 0, notice_until = 0, lease_node = ?2,"
			 " lease_until = ?3, lease_ticket = ?4 WHERE key = ?1");

	hold->state = HOLD_LEASED;
	hold->route = ROUTE_PUSH;
	hold->targets = span_of("");
	query_put_key(&q, &push->key);
	query_put_number(&q, (int64_t)push->node);
	query_put_number(&q, push->lease_until);
	query_put_number(&q, (int64_t)push->ticket);
	query_run(&q);
	tally_hold(s, was->state, was->route, -1);
	tally_hold(s, HOLD_LEASED, ROUTE_PUSH, 1);
}

static bool
is_leased_so(
    const struct hold_standing *standing, uint64_t node, uint64_t ticket)
{
	return standing->state == HOLD_LEASED && standing->lease_node == node &&
	       standing->lease_ticket == ticket;
}

enum store_outcome
store_sqlite_hold_push(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_push *push = &op->hold_push;
	struct hold_standing was;
	bool is_again;

	if (!holds_standing(s, &push->key, &was))
		return STORE_NONE;
	is_again = was.route == ROUTE_PUSH &&
		   is_leased_so(&was, push->node, push->ticket);
	if (!is_again &&
	    (was.state != HOLD_HELD || was.notice_node != push->node ||
		was.notice_until <= op->now))
		return STORE_CONFLICT;
	if (!holds_load(s, &push->key, &push->row) ||
	    !messages_load_content(s, &push->row.message))
		return STORE_NONE;
	take_to_push(s, push, &was);
	return STORE_OK;
}

/* Back to where it was, or on to an end. */
static void
settle_lease(struct sqlite_store *s, struct store_hold_settle *settle,
    const struct hold_standing *was, int64_t moment)
{
	const struct hold_end end = {.state = settle->state,
	    .reply = settle->reply,
	    .sent_whole = settle->sent_whole,
	    .moment = moment};

	settle->unlisted = is_unlisted(s, settle, was);
	if (settle->unlisted)
		hold_again(s, was, settle, ROUTE_UNKNOWN, moment);
	else if (settle->state == HOLD_HELD)
		hold_again(s, was, settle, ROUTE_PUSH, settle->next_at);
	else if (settle->state == HOLD_NOTICED)
		give_back(s, &settle->key, was, &end);
	else
		pulls_end(s, &settle->key, was, &end);
}

enum store_outcome
store_sqlite_hold_settle(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_settle *settle = &op->hold_settle;
	int64_t moment = store_moment(op);
	struct hold_standing was;

	if (!holds_standing(s, &settle->key, &was))
		return STORE_NONE;
	if (!store_settles_to(settle->state))
		return STORE_CONFLICT;
	if (is_leased_so(&was, settle->node, settle->ticket))
		settle_lease(s, settle, &was, moment);
	else if (was.state != settle->state ||
		 (was.state == HOLD_HELD && was.next_at != settle->next_at))
		return STORE_CONFLICT;
	settle->message = was.message;
	settle->body_free = settle->state > HOLD_LEASED && !settle->unlisted &&
			    messages_release(s, &was.message, moment);
	return STORE_OK;
}

/* Did USER submit its message? "" is everybody. */
static bool
is_of_user(struct sqlite_store *s, const struct key *key, struct span user)
{
	struct query q;

	if (user.n == 0)
		return true;
	q = query_new(s, "SELECT 1 FROM holds WHERE key = ?1 AND user = ?2");
	query_put_key(&q, key);
	query_put_text(&q, user);
	return query_one(&q, 0) == 1;
}

enum store_outcome
store_sqlite_hold_end(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_end *asked = &op->hold_end;
	struct hold_end end = {.state = asked->state,
	    .reply = asked->reply,
	    .moment = store_moment(op)};
	struct hold_standing was;

	if (!holds_standing(s, &asked->key, &was) ||
	    !is_of_user(s, &asked->key, asked->user))
		return STORE_NONE;
	if (asked->state != HOLD_REFUSED && asked->state != HOLD_WITHDRAWN)
		return STORE_CONFLICT;
	if (pulls_running(&was, op->now))
		return STORE_BUSY;
	end.sent_whole = was.state == HOLD_LEASED;
	if (was.state <= HOLD_LEASED)
		pulls_end(s, &asked->key, &was, &end);
	else if (was.state != asked->state)
		return STORE_CONFLICT;
	asked->message = was.message;
	asked->body_free = messages_release(s, &was.message, end.moment);
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
expire_row(
    struct sqlite_store *s, const struct store_hold_row *row, int64_t moment)
{
	const struct hold_standing was = {.state = row->hold.state,
	    .route = row->hold.route,
	    .is_reportable = store_is_reportable(&row->message)};
	const struct hold_end end = {.state = HOLD_EXPIRED,
	    .sent_whole = was.state == HOLD_LEASED,
	    .moment = moment};

	pulls_end(s, &row->hold.key, &was, &end);
}

/* The row as expire_row left it. */
static void
show_expired(struct store_hold_row *row, int64_t moment)
{
	row->hold.sent_whole |= row->hold.state == HOLD_LEASED;
	row->hold.state = HOLD_EXPIRED;
	row->hold.ended_at = moment;
	row->hold.report_at =
	    store_is_reportable(&row->message) ? moment : INT64_MAX;
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
		const struct store_hold *hold = &expire->rows[i].hold;

		expire_row(s, &expire->rows[i], moment);
		show_expired(&expire->rows[i], moment);
		if (messages_release(s, &hold->message, moment))
			expire->bodies[expire->body_count++] = hold->message;
	}
	return STORE_OK;
}
