/*
 * How many rows there are of each kind and state, kept as they change: a scan
 * of a million holds would stall the keeper. Changes are summed up in memory
 * during a batch and written once at its end, so they cost a few updates for
 * each commit, not for each operation. store_check compares them with the rows.
 */
#include "store/sqlite/query.h"

void
tally_add(struct sqlite_store *s, enum tally kind, int64_t n)
{
	s->changes.by[kind][0] += n;
}

void
tally_hold(struct sqlite_store *s, enum store_hold_state state,
    enum store_route route, int sign)
{
	s->changes.by[TALLY_HOLDS][state] += sign;
	if (state == HOLD_HELD && route == ROUTE_PUSH)
		s->changes.by[TALLY_PUSH][0] += sign;
}

void
tally_notice(struct sqlite_store *s, enum store_notice_state state,
    bool unconfirmed, bool verdict_due, int sign)
{
	s->changes.by[TALLY_NOTICES][state] += sign;
	if (unconfirmed)
		s->changes.by[TALLY_UNCONFIRMED][0] += sign;
	if (verdict_due)
		s->changes.by[TALLY_VERDICTS][0] += sign;
}

static void
write_change(struct sqlite_store *s, int kind, int state)
{
	struct query q;

	if (s->changes.by[kind][state] == 0)
		return;
	q = query_new(s,
	    "INSERT INTO counts (kind, state, n) VALUES (?1, ?2, ?3)"
	    " ON CONFLICT (kind, state) DO UPDATE SET n = n + ?3");
	query_put_number(&q, kind);
	query_put_number(&q, state);
	query_put_number(&q, s->changes.by[kind][state]);
	query_run(&q);
	s->changes.by[kind][state] = 0;
}

void
tally_flush(struct sqlite_store *s)
{
	for (int kind = 0; kind < TALLY_KINDS; kind++)
		for (int state = 0; state < STORE_COUNT_STATES; state++)
			write_change(s, kind, state);
}

static int64_t
read_count(struct sqlite_store *s, int kind, int state)
{
	struct query q =
	    query_new(s, "SELECT n FROM counts WHERE kind = ?1 AND state = ?2");

	query_put_number(&q, kind);
	query_put_number(&q, state);
	return query_one(&q, 0) + s->changes.by[kind][state];
}

uint64_t
tally_waiting(struct sqlite_store *s)
{
	int64_t n = 0;

	for (int state = NOTICE_PENDING; state <= NOTICE_KEPT; state++)
		n += read_count(s, TALLY_NOTICES, state);
	return n > 0 ? (uint64_t)n : 0;
}

uint64_t
tally_peers(struct sqlite_store *s)
{
	return (uint64_t)read_count(s, TALLY_PEERS, 0);
}

enum store_outcome
store_sqlite_count(struct sqlite_store *s, struct store_op *op)
{
	struct store_count *count = &op->count;

	count->users = (uint64_t)read_count(s, TALLY_USERS, 0);
	count->messages = (uint64_t)read_count(s, TALLY_MESSAGES, 0);
	count->deliveries = (uint64_t)read_count(s, TALLY_DELIVERIES, 0);
	count->peers = tally_peers(s);
	count->unconfirmed = (uint64_t)read_count(s, TALLY_UNCONFIRMED, 0);
	count->routes_push = (uint64_t)read_count(s, TALLY_PUSH, 0);
	count->verdicts_due = (uint64_t)read_count(s, TALLY_VERDICTS, 0);
	count->reports_due = (uint64_t)read_count(s, TALLY_REPORTS, 0);
	for (int state = 0; state < STORE_COUNT_STATES; state++) {
		count->holds[state] =
		    (uint64_t)read_count(s, TALLY_HOLDS, state);
		count->notices[state] =
		    (uint64_t)read_count(s, TALLY_NOTICES, state);
	}
	return STORE_OK;
}

bool
tally_is_right(struct sqlite_store *s)
{
	struct query q = query_new(s,
	    "WITH seen (kind, state, n) AS ("
	    " SELECT 0, 0, count(*) FROM users"
	    " UNION ALL SELECT 1, 0, count(*) FROM messages WHERE staged = 0"
	    " UNION ALL SELECT 2, 0, count(*) FROM deliveries WHERE staged = 0"
	    " UNION ALL SELECT 3, state, count(*) FROM holds WHERE state > 0"
	    "  GROUP BY state"
	    " UNION ALL SELECT 4, state, count(*) FROM notices GROUP BY state"
	    " UNION ALL SELECT 5, 0, count(*) FROM notices"
	    "  WHERE unconfirmed = 1"
	    " UNION ALL SELECT 6, 0, count(*) FROM holds"
	    "  WHERE state = 1 AND route = 5"
	    " UNION ALL SELECT 7, 0, count(*) FROM peers"
	    " UNION ALL SELECT 8, 0, count(*) FROM notices"
	    "  WHERE verdict_due = 1"
	    " UNION ALL SELECT 9, 0, count(*) FROM holds"
	    "  WHERE ended_at > 0 AND " IS_REPORTABLE ")"
	    " SELECT count(*) FROM"
	    " (SELECT kind, state, n FROM seen WHERE n <> 0"
	    "  EXCEPT SELECT kind, state, n FROM counts)"
	    " UNION ALL SELECT count(*) FROM"
	    " (SELECT kind, state, n FROM counts WHERE n <> 0"
	    "  EXCEPT SELECT kind, state, n FROM seen)");
	int64_t differences = 0;

	while (query_next(&q))
		differences += query_number(&q);
	query_end(&q);
	return differences == 0;
}
