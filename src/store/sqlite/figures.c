/*
 * What people think of the mail of each domain, in SQLite: the figures of its
 * row, and how they came about, day by day.
 */
#include "store/sqlite/query.h"

#include "store/voting.h"

/* So much more on that day, never below zero. */
static void
add_to_day(struct sqlite_store *s, struct span name, const struct voting *v)
{
	struct query q = query_new(s,
	    "INSERT INTO peer_days (name, day, messages, accepts, refusals)"
	    " VALUES (?1, ?2, ?3, ?4, ?5)"
	    " ON CONFLICT (name, day) DO UPDATE SET"
	    " messages = messages + ?3, accepts = accepts + ?4,"
	    " refusals = refusals + ?5");

	query_put_text(&q, name);
	query_put_number(&q, v->day);
	query_put_number(&q, v->messages);
	query_put_number(&q, v->accepts > 0);
	query_put_number(&q, v->refusals);
	query_run(&q);
	if (v->accepts >= 0)
		return;
	q = query_new(s, "UPDATE peer_days SET accepts = max(accepts - 1, 0)"
			 " WHERE name = ?1 AND day = ?2");
	query_put_text(&q, name);
	query_put_number(&q, v->undone);
	query_run(&q);
}

static void
add(struct sqlite_store *s, struct span name, const struct voting *v,
    int64_t now, struct store_peer *peer_r)
{
	struct query q;

	if (!peers_load(s, name, peer_r))
		peers_make(s, name, now);
	add_to_day(s, name, v);
	q = query_new(s,
	    "UPDATE peers SET messages = messages + ?2,"
	    " accepts = max(accepts + ?3, 0), refusals = refusals + ?4,"
	    " seen = ?5 WHERE name = ?1 RETURNING " PEER_COLUMNS);
	query_put_text(&q, name);
	query_put_number(&q, v->messages);
	query_put_number(&q, v->accepts);
	query_put_number(&q, v->refusals);
	query_put_number(&q, now);
	if (query_next(&q))
		peers_read(&q, peer_r);
	query_end(&q);
}

void
figures_decided(struct sqlite_store *s, struct store_notice *notice,
    unsigned verdict, const struct store_op *op, struct store_peer *peer_r)
{
	bool is_there = peers_load(s, notice->domain, peer_r);
	const struct voting v = voting_of_verdict(
	    notice, verdict, is_there ? peer_r->created : INT64_MAX, op->now);

	if (v.messages > 0)
		notice->counted_at = store_moment(op);
	notice->vote = store_is_refusal(verdict) ? -1 : 1;
	add(s, notice->domain, &v, op->now, peer_r);
}

void
figures_delivered(struct sqlite_store *s, const struct key *notice,
    const struct store_op *op, struct store_peer *peer_r)
{
	const struct voting v = voting_of_delivery(op->now);
	struct query q =
	    query_new(s, "UPDATE notices SET counted_at = ?2"
			 " WHERE key = ?1 AND decided_at = 0 RETURNING domain");
	struct span domain = {0};

	query_put_key(&q, notice);
	query_put_number(&q, store_moment(op));
	while (query_next(&q))
		domain = query_text(&q);
	query_end(&q);
	if (domain.n > 0)
		add(s, domain, &v, op->now, peer_r);
}

void
figures_days(struct sqlite_store *s, struct store_peer_get *get)
{
	unsigned limit = (unsigned)query_limit(get->day_limit);
	struct query q = query_new(s,
	    "SELECT day, messages, accepts, refusals FROM peer_days"
	    " WHERE name = ?1 ORDER BY day DESC LIMIT ?2");

	get->days = query_room(s, limit, sizeof get->days[0]);
	query_put_text(&q, get->name);
	query_put_number(&q, limit);
	while (get->days != NULL && query_next(&q)) {
		struct store_peer_day *day = &get->days[get->day_count++];

		day->day = query_number(&q);
		day->messages = (uint64_t)query_number(&q);
		day->accepts = (uint64_t)query_number(&q);
		day->refusals = (uint64_t)query_number(&q);
	}
	query_end(&q);
}

void
figures_drop(struct sqlite_store *s, struct span name)
{
	struct query q = query_new(s, "DELETE FROM peer_days WHERE name = ?1");

	query_put_text(&q, name);
	query_run(&q);
}

unsigned
figures_sweep(struct sqlite_store *s, int64_t before_day, unsigned limit)
{
	struct query q = query_new(s,
	    "DELETE FROM peer_days WHERE (day, name) IN"
	    " (SELECT day, name FROM peer_days INDEXED BY peer_days_day"
	    "  WHERE day < ?1 ORDER BY day, name LIMIT ?2)");

	query_put_number(&q, before_day);
	query_put_number(&q, query_limit(limit));
	return query_run(&q);
}
