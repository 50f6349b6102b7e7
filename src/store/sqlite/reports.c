/*
 * Reports to authors that are due, made, or left out, in SQLite. What they say
 * and who wants them is decided in origin/.
 */
#include "store/sqlite/query.h"

/* Loads until the octets are used up, at least one row. */
static void
load_page(
    struct sqlite_store *s, unsigned page, struct store_report_claim *claim)
{
	size_t sum = 0;

	claim->count = 0;
	claim->rows = query_room(s, page, sizeof claim->rows[0]);
	for (unsigned i = 0; claim->rows != NULL && i < page; i++) {
		struct store_hold_row *row = &claim->rows[claim->count];

		if (!holds_load(s, &s->keys[i], row) ||
		    !messages_load_content(s, &row->message))
			continue;
		sum += row->message.head.n + row->message.body.n;
		if (claim->count > 0 && sum > STORE_REPORT_OCTETS)
			break;
		claim->count++;
	}
}

enum store_outcome
store_sqlite_report_claim(struct sqlite_store *s, struct store_op *op)
{
	struct store_report_claim *claim = &op->report_claim;
	struct query q = query_new(s,
	    "SELECT key FROM holds INDEXED BY holds_report"
	    " WHERE " IS_REPORTABLE " AND report_at <= ?1"
	    " AND report_until <= ?1 ORDER BY report_at, key LIMIT ?2");

	query_put_number(&q, op->now);
	query_put_number(&q, query_limit(claim->claim.limit));
	load_page(s, query_page(&q), claim);
	for (unsigned i = 0; i < claim->count; i++)
		holds_claim(s,
		    "UPDATE holds SET report_node = ?2, report_until = ?3"
		    " WHERE key = ?1",
		    &claim->rows[i].hold.key, &claim->claim);
	return STORE_OK;
}

/* Is the hold there, and may it be marked so? */
static enum store_outcome
judge(struct sqlite_store *s, const struct store_report_none *with, bool alone,
    int64_t now, struct hold_standing *was_r)
{
	struct store_hold hold = {0};

	if (!holds_standing(s, &with->hold, was_r))
		return STORE_NONE;
	hold.state = was_r->state;
	hold.report_at = was_r->report_at;
	return store_report_allowed(
	    &hold, with->reported, with->report_at, alone, now);
}

/* The report is dealt with. True: the body of the hold may be removed. */
static bool
mark(struct sqlite_store *s, const struct store_report_none *with,
    const struct hold_standing *was, int64_t moment)
{
	struct query q = query_new(s,
	    "UPDATE holds SET reported = reported | ?2, report_at = ?3,"
	    " report = CASE length(?4) WHEN 0 THEN report ELSE ?4 END,"
	    " report_node = 0, report_until = 0 WHERE key = ?1");
	int64_t next = store_next_report(with->reported, with->report_at);

	query_put_key(&q, &with->hold);
	query_put_number(&q, with->reported);
	query_put_number(&q, next);
	query_put_text(&q, with->report);
	query_run(&q);
	if (was->state > HOLD_LEASED && next == INT64_MAX)
		tally_add(s, TALLY_REPORTS, -1);
	return messages_release(s, &was->message, moment);
}

enum store_outcome
store_sqlite_report_put(struct sqlite_store *s, struct store_op *op)
{
	struct store_report_put *put = &op->report_put;
	const struct store_report_none with = {.hold = put->hold,
	    .reported = put->reported,
	    .report_at = put->report_at,
	    .report = put->report};
	const struct key none = {0};
	enum store_outcome outcome;
	struct hold_standing was;

	if (!store_content_fits(&put->message))
		return STORE_FULL;
	if (messages_is_there(s, &put->message.key))
		return STORE_EXISTS;
	outcome = judge(s, &with, false, op->now, &was);
	if (outcome != STORE_OK)
		return outcome;
	if (deliveries_is_there(s, &put->delivery.key))
		return STORE_CONFLICT;
	messages_insert(s, &put->message, false);
	deliveries_insert(
	    s, &put->message.key, &none, &put->delivery, 1, false);
	put->body = was.message;
	put->body_free = mark(s, &with, &was, store_moment(op));
	return STORE_OK;
}

enum store_outcome
store_sqlite_report_none(struct sqlite_store *s, struct store_op *op)
{
	struct store_report_none *none = &op->report_none;
	struct hold_standing was;
	enum store_outcome outcome = judge(s, none, true, op->now, &was);

	if (outcome != STORE_OK)
		return outcome;
	none->body = was.message;
	none->body_free = mark(s, none, &was, store_moment(op));
	return STORE_OK;
}
