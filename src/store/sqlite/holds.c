/*
 * Holds before anybody pulls them, in SQLite: notices that are due, how they
 * went, and showing holds. Pulling and ending them is in pulls.c.
 */
#include "store/sqlite/query.h"

#include "store/target.h"

#define COLUMNS                                                                \
	"key, message, id, recipient, domain, notify, orcpt, state, route,"    \
	" tries, created, next_at, expires_at, ended_at, capabilities, reply," \
	" targets, visible, envelope, verdict, sent_whole, report_at,"         \
	" reported, report"

static void
read_hold(struct query *q, struct store_hold *hold_r)
{
	hold_r->key = query_key(q);
	hold_r->message = query_key(q);
	hold_r->id = query_text(q);
	hold_r->recipient = query_text(q);
	hold_r->domain = query_text(q);
	hold_r->notify = (unsigned)query_number(q);
	hold_r->orcpt = query_text(q);
	hold_r->state = (enum store_hold_state)query_number(q);
	hold_r->route = (enum store_route)query_number(q);
	hold_r->tries = (unsigned)query_number(q);
	hold_r->created = query_number(q);
	hold_r->next_at = query_number(q);
	hold_r->expires_at = query_number(q);
	hold_r->ended_at = query_number(q);
	hold_r->capabilities = (uint64_t)query_number(q);
	hold_r->reply = query_text(q);
	hold_r->targets = query_text(q);
	hold_r->visible = query_number(q) != 0;
	hold_r->envelope = query_key(q);
	hold_r->verdict = (unsigned)query_number(q);
	hold_r->sent_whole = query_number(q) != 0;
	hold_r->report_at = query_number(q);
	hold_r->reported = (unsigned)query_number(q);
	hold_r->report = query_text(q);
}

static bool
load_hold(
    struct sqlite_store *s, const struct key *key, struct store_hold *hold_r)
{
	struct query q = query_new(
	    s, "SELECT " COLUMNS " FROM holds WHERE key = ?1 AND state > 0");
	bool found;

	query_put_key(&q, key);
	found = query_next(&q);
	if (found)
		read_hold(&q, hold_r);
	query_end(&q);
	return found;
}

bool
holds_load(
    struct sqlite_store *s, const struct key *key, struct store_hold_row *row_r)
{
	return load_hold(s, key, &row_r->hold) &&
	       messages_load(s, &row_r->hold.message, &row_r->message);
}

/* Into ROWS[AT]. Holds of one message often follow each other. */
static bool
load_next(struct sqlite_store *s, const struct key *key,
    struct store_hold_row *rows, unsigned at)
{
	struct store_hold_row *row = &rows[at];

	if (!load_hold(s, key, &row->hold))
		return false;
	if (at == 0 || !key_equals(row->hold.message, row[-1].hold.message))
		return messages_load(s, &row->hold.message, &row->message);
	row->message = row[-1].message;
	return true;
}

struct store_hold_row *
holds_load_page(struct sqlite_store *s, unsigned page, unsigned *count_r)
{
	struct store_hold_row *rows = query_room(s, page, sizeof *rows);

	*count_r = 0;
	for (unsigned i = 0; rows != NULL && i < page; i++)
		if (load_next(s, &s->keys[i], rows, *count_r))
			++*count_r;
	return rows;
}

bool
holds_standing(struct sqlite_store *s, const struct key *key,
    struct hold_standing *standing_r)
{
	struct query q = query_new(s,
	    "SELECT message, state, route, next_at, notice_node, notice_until,"
	    " lease_node, lease_ticket, lease_until, leads, reportable,"
	    " verdict, reported, report_at FROM holds WHERE key = ?1 AND state "
	    "> 0");
	bool found;

	query_put_key(&q, key);
	found = query_next(&q);
	if (found) {
		standing_r->message = query_key(&q);
		standing_r->state = (enum store_hold_state)query_number(&q);
		standing_r->route = (enum store_route)query_number(&q);
		standing_r->next_at = query_number(&q);
		standing_r->notice_node = (uint64_t)query_number(&q);
		standing_r->notice_until = query_number(&q);
		standing_r->lease_node = (uint64_t)query_number(&q);
		standing_r->lease_ticket = (uint64_t)query_number(&q);
		standing_r->lease_until = query_number(&q);
		standing_r->leads = query_number(&q) != 0;
		standing_r->is_reportable = query_number(&q) != 0;
		standing_r->verdict = (unsigned)query_number(&q);
		standing_r->reported = (unsigned)query_number(&q);
		standing_r->report_at = query_number(&q);
	}
	query_end(&q);
	return found;
}

void
holds_claim(struct sqlite_store *s, const char *update, const struct key *key,
    const struct store_claim *claim)
{
	struct query q = query_new(s, update);

	query_put_key(&q, key);
	query_put_number(&q, (int64_t)claim->node);
	query_put_number(&q, claim->lease_until);
	query_run(&q);
}

/* One whose lease was lost while it was sent: HELD as before, also in HOLD. */
static void
take_back(struct sqlite_store *s, struct store_hold *hold)
{
	struct query q =
	    query_new(s, "UPDATE holds SET state = 1, sent_whole = 1,"
			 " lease_node = 0, lease_until = 0 WHERE key = ?1");

	query_put_key(&q, &hold->key);
	query_run(&q);
	tally_hold(s, HOLD_LEASED, hold->route, -1);
	tally_hold(s, HOLD_HELD, hold->route, 1);
	hold->state = HOLD_HELD;
	hold->sent_whole = true;
}

static void
load_envelope(struct sqlite_store *s, struct store_hold_row *rows, unsigned at)
{
	struct store_hold_row *row = &rows[at];

	if (at > 0 && key_equals(row->hold.message, row[-1].hold.message))
		row->message.envelope = row[-1].message.envelope;
	else
		messages_load_envelope(s, &row->message);
}

#define DUE_HOLDS                                                         \
	"SELECT key FROM holds INDEXED BY holds_due WHERE " IS_NOTIFIABLE \
	" AND next_at <= ?1 AND notice_until <= ?1 AND lease_until <= ?1"

static struct query
due_holds(
    struct sqlite_store *s, const struct store_hold_claim *claim, int64_t now)
{
	struct query q = query_new(
	    s, claim->without_count == 0
		   ? DUE_HOLDS " ORDER BY next_at, key LIMIT ?2"
		   : DUE_HOLDS " AND domain NOT IN (?3, ?4, ?5, ?6, ?7, ?8, ?9,"
			       " ?10) ORDER BY next_at, key LIMIT ?2");

	query_put_number(&q, now);
	query_put_number(&q, query_limit(claim->claim.limit));
	/* a place that is not used has the first one again */
	for (unsigned i = 0; claim->without_count > 0 && i < STORE_WITHOUT_MAX;
	     i++)
		query_put_text(
		    &q, claim->without[i < claim->without_count ? i : 0]);
	return q;
}

enum store_outcome
store_sqlite_hold_claim(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_claim *claim = &op->hold_claim;
	struct query q = due_holds(s, claim, op->now);

	claim->rows = holds_load_page(s, query_page(&q), &claim->count);
	for (unsigned i = 0; i < claim->count; i++) {
		struct store_hold *hold = &claim->rows[i].hold;

		load_envelope(s, claim->rows, i);
		holds_claim(s,
		    "UPDATE holds SET notice_node = ?2, notice_until = ?3"
		    " WHERE key = ?1",
		    &hold->key, &claim->claim);
		if (hold->state == HOLD_LEASED)
			take_back(s, hold);
	}
	return STORE_OK;
}

enum store_outcome
store_sqlite_hold_aim(struct sqlite_store *s, struct store_op *op)
{
	const struct store_hold_aim *aim = &op->hold_aim;

	if (!target_list_fits(aim->targets) || aim->count > STORE_PAGE_MAX)
		return STORE_FULL;
	for (unsigned i = 0; i < aim->count; i++) {
		struct query q = query_new(s, "UPDATE holds SET targets = ?2"
					      " WHERE key = ?1 AND " IS_OPEN);

		query_put_key(&q, &aim->keys[i]);
		query_put_text(&q, aim->targets);
		query_run(&q);
	}
	return STORE_OK;
}

enum store_outcome
store_sqlite_hold_noticed(struct sqlite_store *s, struct store_op *op)
{
	const struct store_hold_noticed *noticed = &op->hold_noticed;
	struct hold_standing was;
	enum store_hold_state state;
	enum store_route route;
	int64_t report_at;
	struct query q;

	if (!holds_standing(s, &noticed->key, &was))
		return STORE_NONE;
	if (was.state > HOLD_LEASED)
		return STORE_OK;
	state = was.state == HOLD_HELD ? HOLD_NOTICED : was.state;
	route = noticed->route > ROUTE_UNKNOWN ? noticed->route : was.route;
	if (was.state == HOLD_LEASED && was.route == ROUTE_PUSH)
		route = was.route;
	report_at = was.report_at;
	if (was.reported == 0 && was.is_reportable)
		report_at = store_time_or_never(noticed->report_at);
	/* Columns on the right are those before the statement. */
	q = query_new(s,
	    "UPDATE holds SET state = ?2, route = ?3,"
	    " tries = tries + (expires_at = 9223372036854775807),"
	    " expires_at = CASE expires_at WHEN 9223372036854775807"
	    "  THEN ?4 ELSE expires_at END,"
	    " capabilities = ?5,"
	    " reply = CASE length(?6) WHEN 0 THEN reply ELSE ?6 END,"
	    " report_at = ?7,"
	    " notice_node = 0, notice_until = 0 WHERE key = ?1");
	query_put_key(&q, &noticed->key);
	query_put_number(&q, state);
	query_put_number(&q, route);
	query_put_number(&q, noticed->expires_at);
	query_put_number(&q, (int64_t)noticed->capabilities);
	query_put_text(&q, noticed->reply);
	query_put_number(&q, report_at);
	query_run(&q);
	tally_hold(s, was.state, was.route, -1);
	tally_hold(s, state, route, 1);
	return STORE_OK;
}

enum store_outcome
store_sqlite_hold_retry(struct sqlite_store *s, struct store_op *op)
{
	const struct store_hold_retry *retry = &op->hold_retry;
	struct hold_standing was;
	enum store_route route;
	struct query q;

	if (!holds_standing(s, &retry->key, &was))
		return STORE_NONE;
	if (was.state != HOLD_HELD)
		return STORE_CONFLICT;
	if (was.notice_until == 0 && was.next_at == retry->next_at)
		return STORE_OK;
	route = retry->route > ROUTE_UNKNOWN ? retry->route : was.route;
	q = query_new(s,
	    "UPDATE holds SET route = ?2, next_at = ?3, tries = tries + 1,"
	    " reply = CASE length(?4) WHEN 0 THEN reply ELSE ?4 END,"
	    " notice_node = 0, notice_until = 0 WHERE key = ?1");
	query_put_key(&q, &retry->key);
	query_put_number(&q, route);
	query_put_number(&q, retry->next_at);
	query_put_text(&q, retry->reply);
	query_run(&q);
	tally_hold(s, HOLD_HELD, was.route, -1);
	tally_hold(s, HOLD_HELD, route, 1);
	return STORE_OK;
}

enum store_outcome
store_sqlite_hold_get(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_get *get = &op->hold_get;

	return holds_load(s, &get->key, &get->row) ? STORE_OK : STORE_NONE;
}

/* Open ones lie in three runs of the index, each in order. */
#define OF_STATE(index, and_user, state)                           \
	"SELECT key FROM (SELECT key FROM holds INDEXED BY " index \
	" WHERE state = " state and_user                           \
	" AND key > ?1 ORDER BY key LIMIT ?2)"
#define OF_OPEN(index, and_user)                                             \
	OF_STATE(index, and_user, "1")                                       \
	" UNION ALL " OF_STATE(index, and_user, "2") " UNION ALL " OF_STATE( \
	    index, and_user, "3") " ORDER BY key LIMIT ?2"

/* The page's keys, from the index made for the question. */
static unsigned
list_keys(struct sqlite_store *s, const struct store_hold_list *list)
{
	static const char *const all[] = {
	    "SELECT key FROM holds WHERE key > ?1 AND state > 0"
	    " ORDER BY key LIMIT ?2",
	    OF_OPEN("holds_state", ""),
	    OF_STATE("holds_state", "", "?3"),
	};
	static const char *const of_user[] = {
	    "SELECT key FROM holds INDEXED BY holds_user"
	    " WHERE key > ?1 AND state > 0 AND user = ?4"
	    " ORDER BY key LIMIT ?2",
	    OF_OPEN("holds_user_state", " AND user = ?4"),
	    OF_STATE("holds_user_state", " AND user = ?4", "?3"),
	};
	enum { ANY, OPEN, ONE } which = list->open_only ? OPEN : ANY;
	struct query q;

	if (list->state > HOLD_LEASED && list->open_only)
		return 0;
	if (list->state != 0)
		which = ONE;
	q = query_new(s, (list->user.n == 0 ? all : of_user)[which]);
	query_put_key(&q, &list->after);
	query_put_number(&q, query_limit(list->limit));
	if (list->state != 0)
		query_put_number(&q, list->state);
	else
		query_put_nothing(&q);
	if (list->user.n > 0)
		query_put_text(&q, list->user);
	return query_page(&q);
}

enum store_outcome
store_sqlite_hold_list(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_list *list = &op->hold_list;

	list->rows = holds_load_page(s, list_keys(s, list), &list->count);
	return STORE_OK;
}
