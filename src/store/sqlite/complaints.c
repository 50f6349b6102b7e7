/*
 * Complaints about our users, how they stand, and of whom the administrator is
 * to be told, in SQLite.
 */
#include "store/sqlite/query.h"

#include "store/complaining.h"

/* ---- how it stands ---- */

static struct store_standing
standing_of(struct sqlite_store *s, struct span user, int64_t now)
{
	struct store_standing standing = {0};
	struct query q = query_new(
	    s, "SELECT suspended_at, lifted_at FROM standings WHERE user = ?1");

	query_put_text(&q, user);
	if (query_next(&q)) {
		standing.suspended_at = query_number(&q);
		standing.lifted_at = query_number(&q);
	}
	query_end(&q);
	q = query_new(s,
	    "SELECT count(*) FROM complaints INDEXED BY complaints_user"
	    " WHERE user = ?1 AND at > ?2");
	query_put_text(&q, user);
	query_put_number(&q, complaining_since(standing.lifted_at, now));
	standing.complaints = (uint64_t)query_one(&q, 0);
	return standing;
}

/* The latest LIMIT about USER. */
static struct store_complaint *
latest(struct sqlite_store *s, struct span user, unsigned limit, bool heads,
    unsigned *count_r)
{
	struct store_complaint *rows =
	    query_room(s, (unsigned)query_limit(limit), sizeof *rows);
	struct query q = query_new(s,
	    "SELECT hold, user, sender, recipient, domain, subject, verdict,"
	    " at, written, CASE ?3 WHEN 1 THEN head ELSE x'' END"
	    " FROM complaints INDEXED BY complaints_user"
	    " WHERE user = ?1 ORDER BY at DESC, hold DESC LIMIT ?2");

	*count_r = 0;
	query_put_text(&q, user);
	query_put_number(&q, query_limit(limit));
	query_put_number(&q, heads);
	while (rows != NULL && query_next(&q)) {
		struct store_complaint *c = &rows[(*count_r)++];

		c->hold = query_key(&q);
		c->user = query_text(&q);
		c->sender = query_text(&q);
		c->recipient = query_text(&q);
		c->domain = query_text(&q);
		c->subject = query_text(&q);
		c->verdict = (unsigned)query_number(&q);
		c->at = query_number(&q);
		c->written = query_number(&q);
		c->head = query_text(&q);
	}
	query_end(&q);
	return rows;
}

void
complaints_standing(
    struct sqlite_store *s, struct store_user_get *get, int64_t now)
{
	get->standing = standing_of(s, get->address, now);
	get->complaints = latest(s, get->address, get->complaint_limit, false,
	    &get->complaint_count);
}

static void
set_standing(
    struct sqlite_store *s, struct span user, int64_t suspended, int64_t lifted)
{
	struct query q = query_new(s,
	    "INSERT INTO standings (user, suspended_at, lifted_at)"
	    " VALUES (?1, ?2, ?3) ON CONFLICT (user) DO UPDATE SET"
	    " suspended_at = ?2,"
	    " lifted_at = CASE ?3 WHEN 0 THEN lifted_at ELSE ?3 END");

	query_put_text(&q, user);
	query_put_number(&q, suspended);
	query_put_number(&q, lifted);
	query_run(&q);
}

void
complaints_restrain(struct sqlite_store *s, struct span user,
    enum store_submission submission, int64_t now)
{
	if (submission == SUBMISSION_ON)
		set_standing(s, user, 0, now);
	else if (submission == SUBMISSION_OFF)
		set_standing(s, user, now, 0);
}

void
complaints_forget(struct sqlite_store *s, struct span user)
{
	struct query q = query_new(s, "DELETE FROM standings WHERE user = ?1");

	query_put_text(&q, user);
	query_run(&q);
}

/* ---- one more ---- */

/* A restraint that began before the last complaint is not begun again. */
static bool
begin(struct sqlite_store *s, struct span user, enum store_restraint restraint,
    int64_t since, int64_t moment)
{
	struct query q = query_new(s,
	    "INSERT INTO investigations (user, restraint, at, told_at)"
	    " VALUES (?1, ?2, ?3, 0) ON CONFLICT (user, restraint) DO UPDATE"
	    " SET at = ?3, told_at = 0 WHERE at <= ?4");

	query_put_text(&q, user);
	query_put_number(&q, restraint);
	query_put_number(&q, moment);
	query_put_number(&q, since);
	return query_run(&q) == 1;
}

static void
restrain(struct sqlite_store *s, struct store_op *op, struct span user)
{
	struct store_hold_verdict *verdict = &op->hold_verdict;
	struct store_standing standing = standing_of(s, user, op->now);
	enum store_restraint restraint = complaining_restraint(
	    &standing, verdict->slow_at, verdict->suspend_at);

	if (restraint == RESTRAINT_NONE ||
	    !begin(s, user, restraint,
		complaining_since(standing.lifted_at, op->now),
		store_moment(op)))
		return;
	if (restraint == RESTRAINT_SUSPEND)
		set_standing(s, user, store_moment(op), 0);
	verdict->restraint = restraint;
}

void
complaints_add(struct sqlite_store *s, struct store_op *op,
    const struct store_hold_row *row)
{
	unsigned verdict = op->hold_verdict.verdict;
	struct query q;

	if (!complaining_counts(verdict, row->message.user))
		return;
	q = query_new(s,
	    "INSERT INTO complaints (hold, user, sender, recipient, domain,"
	    " subject, head, verdict, at, written)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce((SELECT"
	    "  substr(head, 1, ?10) FROM contents WHERE message = ?11), x''),"
	    " ?7, ?8, ?9) ON CONFLICT (hold) DO NOTHING");
	query_put_key(&q, &row->hold.key);
	query_put_text(&q, row->message.user);
	query_put_text(&q, row->message.sender);
	query_put_text(&q, row->hold.recipient);
	query_put_text(&q, row->hold.domain);
	query_put_text(&q, row->message.subject);
	query_put_number(&q, verdict);
	query_put_number(&q, store_moment(op));
	query_put_number(&q, row->message.created);
	query_put_number(&q, STORE_COMPLAINT_HEAD);
	query_put_key(&q, &row->message.key);
	if (query_run(&q) == 1)
		restrain(s, op, row->message.user);
}

unsigned
complaints_sweep(struct sqlite_store *s, int64_t before, unsigned limit)
{
	struct query q = query_new(s,
	    "DELETE FROM complaints WHERE hold IN"
	    " (SELECT hold FROM complaints INDEXED BY complaints_at"
	    "  WHERE at < ?1 ORDER BY at, hold LIMIT ?2)");

	query_put_number(&q, before);
	query_put_number(&q, query_limit(limit));
	return query_run(&q);
}

/* ---- the administrator is told ---- */

static void
claim_investigation(struct sqlite_store *s,
    const struct store_investigation *row, const struct store_claim *claim)
{
	struct query q = query_new(s,
	    "UPDATE investigations SET lease_node = ?3, lease_until = ?4"
	    " WHERE user = ?1 AND restraint = ?2");

	query_put_text(&q, row->user);
	query_put_number(&q, row->restraint);
	query_put_number(&q, (int64_t)claim->node);
	query_put_number(&q, claim->lease_until);
	query_run(&q);
}

enum store_outcome
store_sqlite_complaint_claim(struct sqlite_store *s, struct store_op *op)
{
	struct store_complaint_claim *claim = &op->complaint_claim;
	unsigned limit = (unsigned)query_limit(claim->claim.limit);
	struct query q =
	    query_new(s, "SELECT user, restraint, at FROM investigations"
			 " INDEXED BY investigations_due"
			 " WHERE told_at = 0 AND lease_until <= ?1"
			 " ORDER BY at, user, restraint LIMIT ?2");

	claim->count = 0;
	claim->rows = query_room(s, limit, sizeof claim->rows[0]);
	query_put_number(&q, op->now);
	query_put_number(&q, limit);
	while (claim->rows != NULL && query_next(&q)) {
		struct store_investigation *row = &claim->rows[claim->count++];

		row->user = query_text(&q);
		row->restraint = (enum store_restraint)query_number(&q);
		row->at = query_number(&q);
	}
	query_end(&q);
	for (unsigned i = 0; i < claim->count; i++) {
		struct store_investigation *row = &claim->rows[i];

		row->standing = standing_of(s, row->user, op->now);
		row->complaints = latest(s, row->user, claim->complaint_limit,
		    true, &row->complaint_count);
		claim_investigation(s, row, &claim->claim);
	}
	return STORE_OK;
}

/* What the administrator gets. */
static enum store_outcome
add_report(struct sqlite_store *s, const struct store_complaint_told *told)
{
	const struct key none = {0};

	if (!store_report_fits(&told->message))
		return STORE_FULL;
	if (messages_is_there(s, &told->message.key) ||
	    deliveries_is_there(s, &told->delivery.key))
		return STORE_CONFLICT;
	messages_insert(s, &told->message, false);
	deliveries_insert(
	    s, &told->message.key, &none, &told->delivery, 1, false);
	return STORE_OK;
}

enum store_outcome
store_sqlite_complaint_told(struct sqlite_store *s, struct store_op *op)
{
	struct store_complaint_told *told = &op->complaint_told;
	enum store_outcome outcome = STORE_OK;
	struct query q = query_new(s, "SELECT told_at FROM investigations"
				      " WHERE user = ?1 AND restraint = ?2");
	int64_t told_at;

	query_put_text(&q, told->user);
	query_put_number(&q, told->restraint);
	told_at = query_one(&q, -1);
	if (told_at < 0)
		return STORE_NONE;
	if (told_at > 0)
		return STORE_EXISTS;
	told->nobody =
	    told->has_report && !users_is_there(s, told->delivery.user);
	if (told->has_report && !told->nobody)
		outcome = add_report(s, told);
	if (outcome != STORE_OK)
		return outcome;
	q = query_new(s,
	    "UPDATE investigations SET told_at = ?3, lease_node = 0,"
	    " lease_until = 0 WHERE user = ?1 AND restraint = ?2");
	query_put_text(&q, told->user);
	query_put_number(&q, told->restraint);
	query_put_number(&q, store_moment(op));
	query_run(&q);
	return STORE_OK;
}
