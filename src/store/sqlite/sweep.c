/*
 * Removing records whose time has passed, in SQLite. Holds go before their
 * messages, so that a shown hold always has one. Nothing is scanned: each kind
 * has an index of those that are over.
 */
#include "store/sqlite/query.h"

/* Room goes back to the file system when more than a quarter is unused. */
#define SPARE_SHARE 4
#define SPARE_LEAST 1024 /* pages; below that it is not worth it */

/* The page of keys that QUERY finds before a time. */
static unsigned
find_past(
    struct sqlite_store *s, const char *text, int64_t before, unsigned limit)
{
	struct query q = query_new(s, text);

	query_put_number(&q, before);
	query_put_number(&q, query_limit(limit));
	return query_page(&q);
}

/* The last of those announced under LEADER went: that may go now as well. */
static void
free_leader(struct sqlite_store *s, const struct key *leader)
{
	struct query q = query_new(s,
	    "UPDATE holds SET leads = 2 WHERE key = ?1 AND leads = 1"
	    " AND NOT EXISTS (SELECT 1 FROM holds AS h"
	    "  INDEXED BY holds_envelope"
	    "  WHERE h.envelope = ?1 AND h.envelope <> h.key)");

	query_put_key(&q, leader);
	query_run(&q);
}

static void
drop_hold(struct sqlite_store *s, const struct key *key)
{
	struct query q = query_new(s, "DELETE FROM holds WHERE key = ?1"
				      " RETURNING state, route, envelope");
	struct key leader = *key;

	query_put_key(&q, key);
	while (query_next(&q)) {
		int64_t state = query_number(&q);

		tally_hold(s, (enum store_hold_state)state,
		    (enum store_route)query_number(&q), -1);
		leader = query_key(&q);
	}
	query_end(&q);
	if (!key_equals(leader, *key))
		free_leader(s, &leader);
}

static void
drop_message(struct sqlite_store *s, const struct key *key)
{
	struct query q = query_new(s, "DELETE FROM messages WHERE key = ?1");

	query_put_key(&q, key);
	query_run(&q);
	tally_add(s, TALLY_MESSAGES, -1);
}

static void
drop_notice(struct sqlite_store *s, const struct key *key)
{
	struct query q = query_new(s, "DELETE FROM notices WHERE key = ?1"
				      " RETURNING state, unconfirmed,"
				      " verdict_due");

	query_put_key(&q, key);
	while (query_next(&q)) {
		int64_t state = query_number(&q);
		bool unconfirmed = query_number(&q) != 0;

		tally_notice(s, (enum store_notice_state)state, unconfirmed,
		    query_number(&q) != 0, -1);
	}
	query_end(&q);
	q = query_new(s, "DELETE FROM envelopes WHERE notice = ?1");
	query_put_key(&q, key);
	query_run(&q);
}

/* These have addresses instead of keys. */
static unsigned
drop_denied(struct sqlite_store *s, int64_t now, unsigned limit)
{
	struct query q = query_new(s,
	    "DELETE FROM denied WHERE address IN"
	    " (SELECT address FROM denied INDEXED BY denied_until"
	    "  WHERE until <= ?1 ORDER BY until, address LIMIT ?2)");

	query_put_number(&q, now);
	query_put_number(&q, query_limit(limit));
	return query_run(&q);
}

/* Nothing of a staged message was ever counted. */
static void
drop_staged(struct sqlite_store *s, const struct key *key)
{
	static const char *const parts[] = {
	    "DELETE FROM holds WHERE message = ?1",
	    "DELETE FROM deliveries WHERE message = ?1",
	    "DELETE FROM contents WHERE message = ?1",
	    "DELETE FROM messages WHERE key = ?1",
	};

	struct query usage =
	    query_new(s, "SELECT user, size FROM messages WHERE key = ?1");

	query_put_key(&usage, key);
	if (query_next(&usage)) {
		struct span user = query_text(&usage);

		usage_add(s, user, -query_number(&usage));
	}
	query_end(&usage);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		struct query q = query_new(s, parts[i]);

		query_put_key(&q, key);
		query_run(&q);
	}
}

/* One kind of rows: which are past, and how they go. */
struct kind {
	const char *past;
	int64_t before;
	void (*drop)(struct sqlite_store *s, const struct key *key);
};

/* Peers have names instead of keys. */
static unsigned
drop_peers(struct sqlite_store *s, int64_t before, unsigned limit)
{
	struct query q = query_new(s,
	    "DELETE FROM peers WHERE name IN"
	    " (SELECT name FROM peers INDEXED BY peers_seen"
	    "  WHERE " IS_FORGETTABLE " AND seen < ?1"
	    "  AND (list = 1 OR until < ?1) ORDER BY seen, name LIMIT ?2)");
	unsigned count;

	query_put_number(&q, before);
	query_put_number(&q, query_limit(limit));
	count = query_run(&q);
	tally_add(s, TALLY_PEERS, -(int64_t)count);
	return count;
}

static void
give_space_back(struct sqlite_store *s)
{
	struct query q = query_new(s, "PRAGMA freelist_count");
	int64_t spare = query_one(&q, 0), pages;

	q = query_new(s, "PRAGMA page_count");
	pages = query_one(&q, 0);
	if (spare < SPARE_LEAST || spare < pages / SPARE_SHARE)
		return;
	q = query_new(s, "PRAGMA incremental_vacuum(200)");
	query_run(&q);
}

enum store_outcome
store_sqlite_sweep(struct sqlite_store *s, struct store_op *op)
{
	struct store_sweep *sweep = &op->sweep;
	const struct kind kinds[] = {
	    {"SELECT key FROM holds INDEXED BY holds_ended"
	     " WHERE " IS_SWEEPABLE " AND ended_at < ?1"
	     " ORDER BY ended_at, key LIMIT ?2",
		sweep->holds_before, drop_hold},
	    {"SELECT key FROM messages INDEXED BY messages_freed"
	     " WHERE freed_at > 0 AND freed_at < ?1 AND NOT EXISTS"
	     " (SELECT 1 FROM holds INDEXED BY holds_message"
	     "  WHERE message = messages.key)"
	     " ORDER BY freed_at, key LIMIT ?2",
		sweep->holds_before, drop_message},
	    {"SELECT key FROM notices INDEXED BY notices_over"
	     " WHERE " IS_OVER " AND expires_at < ?1"
	     " ORDER BY expires_at, key LIMIT ?2",
		sweep->notices_before, drop_notice},
	    {"SELECT key FROM messages INDEXED BY messages_staged"
	     " WHERE staged = 1 AND created < ?1 ORDER BY created, key LIMIT "
	     "?2",
		op->now - STORE_STAGED_LIFE, drop_staged},
	};

	sweep->removed = 0;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		unsigned count = find_past(s, kinds[i].past, kinds[i].before,
		    sweep->limit - sweep->removed);

		for (unsigned at = 0; at < count; at++)
			kinds[i].drop(s, &s->keys[at]);
		sweep->removed += count;
	}
	sweep->removed +=
	    drop_denied(s, op->now, sweep->limit - sweep->removed);
	sweep->removed +=
	    drop_peers(s, sweep->peers_before, sweep->limit - sweep->removed);
	sweep->removed +=
	    figures_sweep(s, op->now / STORE_DAY - STORE_DAYS_KEPT,
		sweep->limit - sweep->removed);
	sweep->removed += complaints_sweep(
	    s, op->now - STORE_COMPLAINTS_KEPT, sweep->limit - sweep->removed);
	give_space_back(s);
	return STORE_OK;
}
