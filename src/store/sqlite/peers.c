/* Listed hosts, networks and domains, and what hosts have done, in SQLite. */
#include "store/sqlite/query.h"

#define MADE    "name, list, until, notices, pulls, failures, created, seen"
#define COLUMNS PEER_COLUMNS

void
peers_read(struct query *q, struct store_peer *peer_r)
{
	peer_r->name = query_text(q);
	peer_r->list = (enum store_listed)query_number(q);
	peer_r->until = query_number(q);
	peer_r->notices = (uint64_t)query_number(q);
	peer_r->pulls = (uint64_t)query_number(q);
	peer_r->failures = (uint64_t)query_number(q);
	peer_r->created = query_number(q);
	peer_r->seen = query_number(q);
	peer_r->domain = query_text(q);
	peer_r->verified_at = query_number(q);
	peer_r->pulled_at = query_number(q);
	peer_r->tls_at = query_number(q);
	peer_r->keyword_at = query_number(q);
	peer_r->messages = (uint64_t)query_number(q);
	peer_r->accepts = (uint64_t)query_number(q);
	peer_r->refusals = (uint64_t)query_number(q);
}

bool
peers_load(struct sqlite_store *s, struct span name, struct store_peer *peer_r)
{
	struct query q =
	    query_new(s, "SELECT " COLUMNS " FROM peers WHERE name = ?1");
	bool found;

	query_put_text(&q, name);
	found = query_next(&q);
	if (found)
		peers_read(&q, peer_r);
	query_end(&q);
	return found;
}

enum store_outcome
store_sqlite_peer_put(struct sqlite_store *s, struct store_op *op)
{
	struct store_peer_put *put = &op->peer_put;
	bool was_there = peers_load(s, put->name, &put->peer);
	struct query q = query_new(s,
	    "INSERT INTO peers (" MADE ")"
	    " VALUES (?1, ?2, ?3, 0, 0, 0, ?4, ?4)"
	    " ON CONFLICT (name) DO UPDATE SET list = ?2, until = ?3,"
	    " seen = ?4 RETURNING " COLUMNS);

	query_put_text(&q, put->name);
	query_put_number(&q, put->list);
	query_put_number(&q, put->until);
	query_put_number(&q, op->now);
	if (query_next(&q))
		peers_read(&q, &put->peer);
	query_end(&q);
	tally_add(s, TALLY_PEERS, was_there ? 0 : 1);
	return STORE_OK;
}

enum store_outcome
store_sqlite_peer_get(struct sqlite_store *s, struct store_op *op)
{
	struct store_peer_get *get = &op->peer_get;

	if (!peers_load(s, get->name, &get->peer))
		return STORE_NONE;
	get->day_count = 0;
	if (get->day_limit > 0)
		figures_days(s, get);
	return STORE_OK;
}

static struct query
page_of(struct sqlite_store *s, enum store_peers which)
{
	switch (which) {
	case PEERS_LISTED:
		return query_new(s,
		    "SELECT " COLUMNS " FROM peers INDEXED BY peers_listed"
		    " WHERE list > 1 AND name > ?1 ORDER BY name LIMIT ?2");
	case PEERS_JUDGED:
		return query_new(s,
		    "SELECT " COLUMNS " FROM peers INDEXED BY peers_judged"
		    " WHERE " IS_JUDGED " AND name > ?1"
		    " ORDER BY name LIMIT ?2");
	case PEERS_MARKED:
		return query_new(s,
		    "SELECT " COLUMNS " FROM peers WHERE name IN ("
		    " SELECT name FROM peers INDEXED BY peers_listed"
		    "  WHERE list > 1 AND name > ?1 UNION"
		    " SELECT name FROM peers INDEXED BY peers_judged"
		    "  WHERE " IS_JUDGED " AND name > ?1"
		    " ORDER BY 1 LIMIT ?2) ORDER BY name");
	case PEERS_OF_DOMAIN:
		return query_new(s,
		    "SELECT " COLUMNS " FROM peers INDEXED BY peers_domain"
		    " WHERE domain <> x'' AND domain = ?3 AND name > ?1"
		    " ORDER BY name LIMIT ?2");
	case PEERS_ALL:
		break;
	}
	return query_new(s, "SELECT " COLUMNS " FROM peers WHERE name > ?1"
			    " ORDER BY name LIMIT ?2");
}

enum store_outcome
store_sqlite_peer_list(struct sqlite_store *s, struct store_op *op)
{
	struct store_peer_list *list = &op->peer_list;
	unsigned limit = (unsigned)query_limit(list->limit);
	struct query q = page_of(s, list->which);

	list->count = 0;
	list->peers = query_room(s, limit, sizeof list->peers[0]);
	query_put_text(&q, list->after);
	query_put_number(&q, limit);
	if (list->which == PEERS_OF_DOMAIN)
		query_put_text(&q, list->of_domain);
	while (list->peers != NULL && query_next(&q))
		peers_read(&q, &list->peers[list->count++]);
	query_end(&q);
	return STORE_OK;
}

enum store_outcome
store_sqlite_peer_drop(struct sqlite_store *s, struct store_op *op)
{
	struct query q = query_new(s, "DELETE FROM peers WHERE name = ?1");

	query_put_text(&q, op->peer_drop.name);
	if (query_run(&q) == 0)
		return STORE_NONE;
	tally_add(s, TALLY_PEERS, -1);
	figures_drop(s, op->peer_drop.name);
	return STORE_OK;
}

void
peers_make(struct sqlite_store *s, struct span name, int64_t now)
{
	struct query q = query_new(s, "INSERT INTO peers (" MADE ")"
				      " VALUES (?1, 1, 0, 0, 0, 0, ?2, ?2)");

	query_put_text(&q, name);
	query_put_number(&q, now);
	query_run(&q);
	tally_add(s, TALLY_PEERS, 1);
}

/* False: there is no such row. */
static bool
add(struct sqlite_store *s, const struct store_peer *peer, int64_t now)
{
	struct query q = query_new(s,
	    "UPDATE peers SET notices = notices + ?2, pulls = pulls + ?3,"
	    " failures = failures + ?4, seen = ?5 WHERE name = ?1");

	query_put_text(&q, peer->name);
	query_put_number(&q, (int64_t)peer->notices);
	query_put_number(&q, (int64_t)peer->pulls);
	query_put_number(&q, (int64_t)peer->failures);
	query_put_number(&q, now);
	return query_run(&q) == 1;
}

enum store_outcome
store_sqlite_peer_count(struct sqlite_store *s, struct store_op *op)
{
	const struct store_peer_count *count = &op->peer_count;

	if (count->count > STORE_PAGE_MAX)
		return STORE_FULL;
	for (unsigned i = 0; i < count->count; i++) {
		const struct store_peer *peer = &count->peers[i];

		if (add(s, peer, op->now) ||
		    (count->total_max > 0 &&
			tally_peers(s) >= count->total_max))
			continue;
		peers_make(s, peer->name, op->now);
		add(s, peer, op->now);
	}
	return STORE_OK;
}

enum store_outcome
store_sqlite_peer_seen(struct sqlite_store *s, struct store_op *op)
{
	struct store_peer_seen *seen = &op->peer_seen;
	struct query q;

	if (!peers_load(s, seen->name, &seen->before)) {
		seen->before =
		    (struct store_peer){.name = seen->name, .list = LISTED_NOT};
		if (seen->total_max > 0 && tally_peers(s) >= seen->total_max)
			return STORE_FULL;
		peers_make(s, seen->name, op->now);
	}
	q = query_new(s,
	    "UPDATE peers SET seen = ?2,"
	    " domain = CASE length(?3) WHEN 0 THEN domain ELSE ?3 END,"
	    " verified_at = CASE ?4 WHEN 1 THEN ?2 ELSE verified_at END,"
	    " pulled_at = CASE ?5 WHEN 1 THEN ?2 ELSE pulled_at END,"
	    " tls_at = CASE ?6 WHEN 1 THEN ?2 ELSE tls_at END,"
	    " keyword_at = CASE ?7 WHEN 1 THEN ?2 ELSE keyword_at END"
	    " WHERE name = ?1 RETURNING " COLUMNS);
	query_put_text(&q, seen->name);
	query_put_number(&q, op->now);
	query_put_text(&q, seen->domain);
	query_put_number(&q, seen->verified);
	query_put_number(&q, seen->pulled);
	query_put_number(&q, seen->tls);
	query_put_number(&q, seen->keyword);
	if (query_next(&q))
		peers_read(&q, &seen->peer);
	query_end(&q);
	return STORE_OK;
}
