/* Users' lists, in SQLite: an entry is found by its whole name. */
#include "store/sqlite/query.h"

#include "store/listing.h"

#define COLUMNS "user, side, address, server, list, by, created, told_at"

static void
read_entry(struct query *q, struct store_entry *entry_r)
{
	entry_r->user = query_text(q);
	entry_r->side = (enum store_side)query_number(q);
	entry_r->address = query_text(q);
	entry_r->server = query_text(q);
	entry_r->list = (enum store_listed)query_number(q);
	entry_r->by = (enum store_entry_by)query_number(q);
	entry_r->created = query_number(q);
	entry_r->told_at = query_number(q);
}

/* Puts the name of an entry as ?1 to ?4. */
static void
put_name(struct query *q, struct span user, enum store_side side,
    struct span address, struct span server)
{
	query_put_text(q, user);
	query_put_number(q, side);
	query_put_text(q, address);
	query_put_text(q, server);
}

void
lists_set(struct sqlite_store *s, const struct store_entry *entry)
{
	struct query q =
	    query_new(s, "INSERT INTO entries (" COLUMNS ")"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)"
			 " ON CONFLICT (user, side, address, server)"
			 " DO UPDATE SET list = ?5, by = ?6, created = ?7");

	put_name(&q, entry->user, entry->side, entry->address, entry->server);
	query_put_number(&q, entry->list);
	query_put_number(&q, entry->by);
	query_put_number(&q, entry->created);
	query_run(&q);
}

void
lists_drop(struct sqlite_store *s, struct span user)
{
	struct query q = query_new(s, "DELETE FROM entries WHERE user = ?1");

	query_put_text(&q, user);
	query_run(&q);
}

static bool
has_address(struct sqlite_store *s, const struct store_entry *entry)
{
	struct query q = query_new(s,
	    "SELECT 1 FROM entries"
	    " WHERE user = ?1 AND side = ?2 AND address = ?3 LIMIT 1");

	query_put_text(&q, entry->user);
	query_put_number(&q, entry->side);
	query_put_text(&q, entry->address);
	return query_one(&q, 0) == 1;
}

static bool
is_there(struct sqlite_store *s, const struct store_entry *entry)
{
	struct query q =
	    query_new(s, "SELECT 1 FROM entries WHERE user = ?1 AND side = ?2"
			 " AND address = ?3 AND server = ?4");

	put_name(&q, entry->user, entry->side, entry->address, entry->server);
	return query_one(&q, 0) == 1;
}

/* Triggers keep the number (schema.c): a long list is not counted for each
   entry that is put. */
static bool
is_full(struct sqlite_store *s, const struct store_entry *entry, uint64_t max)
{
	struct query q = query_new(
	    s, "SELECT n FROM entry_counts WHERE user = ?1 AND side = ?2");

	query_put_text(&q, entry->user);
	query_put_number(&q, entry->side);
	return (uint64_t)query_one(&q, 0) >= max;
}

enum store_outcome
store_sqlite_entry_put(struct sqlite_store *s, struct store_op *op)
{
	const struct store_entry_put *put = &op->entry_put;

	if (put->only_new && has_address(s, &put->entry))
		return STORE_EXISTS;
	/* A list that is not full need not be looked through first. */
	if (put->user_max > 0 && is_full(s, &put->entry, put->user_max) &&
	    !is_there(s, &put->entry))
		return STORE_FULL;
	lists_set(s, &put->entry);
	return STORE_OK;
}

enum store_outcome
store_sqlite_entry_drop(struct sqlite_store *s, struct store_op *op)
{
	const struct store_entry_drop *drop = &op->entry_drop;
	struct query q =
	    query_new(s, "DELETE FROM entries WHERE user = ?1 AND side = ?2"
			 " AND address = ?3 AND (?5 OR server = ?4)");

	put_name(&q, drop->user, drop->side, drop->address, drop->server);
	query_put_number(&q, drop->any_server);
	return query_run(&q) > 0 ? STORE_OK : STORE_NONE;
}

/* ---- which entry counts ---- */

/* The entry for exactly this ADDRESS (or "@domain"), with this server or with
   none. */
static bool
load(struct sqlite_store *s, const struct store_entry_find *find,
    struct span address, struct store_entry *entry_r)
{
	struct query q = query_new(s,
	    "SELECT " COLUMNS " FROM entries WHERE user = ?1 AND side = ?2"
	    " AND address = ?3 AND (server = ?4 OR"
	    "  (server = x'' AND (list = 3 OR ?5)))"
	    " ORDER BY list DESC, server DESC LIMIT 1");
	bool found;

	put_name(&q, find->user, find->side, address, find->server);
	query_put_number(&q, find->verified);
	found = query_next(&q);
	if (found)
		read_entry(&q, entry_r);
	query_end(&q);
	return found;
}

/* An entry that was waiting for it learns its server. There is none of that
   name yet, or load() had chosen it. */
static void
complete(struct sqlite_store *s, const struct store_entry_find *find,
    struct store_entry *entry)
{
	struct query q = query_new(s,
	    "UPDATE entries SET server = ?5"
	    " WHERE user = ?1 AND side = ?2 AND address = ?3 AND server = ?4");

	put_name(&q, entry->user, entry->side, entry->address, entry->server);
	query_put_text(&q, find->server);
	query_run(&q);
	entry->server = find->server;
}

enum store_outcome
lists_find(struct sqlite_store *s, struct store_entry_find *find)
{
	struct store_entry *entry = &find->entry;
	struct span domain = span_from_last(find->address, '@');

	if (load(s, find, find->address, entry)) {
		if (find->side == SIDE_INCOMING && entry->server.n == 0 &&
		    entry->list == LISTED_ALLOW && find->server.n > 0)
			complete(s, find, entry);
		return STORE_OK;
	}
	return domain.n > 0 && load(s, find, domain, entry) ? STORE_OK
							    : STORE_NONE;
}

/* ---- what verdicts say ---- */

void
lists_learn_of_notice(struct sqlite_store *s, const struct store_notice *notice,
    unsigned verdict, int64_t now)
{
	struct store_entry entry;
	char room[LISTING_ROOM];

	if (listing_of_notice(notice, verdict, now, room, &entry))
		lists_set(s, &entry);
}

void
lists_learn_of_hold(struct sqlite_store *s, const struct store_hold_row *row,
    unsigned verdict, int64_t now)
{
	struct store_entry entry;
	char room[LISTING_ROOM];

	if (listing_of_hold(
		&row->hold, row->message.user, verdict, now, room, &entry))
		lists_set(s, &entry);
}

bool
lists_unlearn_of_hold(struct sqlite_store *s, const struct store_hold_row *row)
{
	struct store_entry entry;
	char room[LISTING_ROOM];
	struct query q =
	    query_new(s, "DELETE FROM entries WHERE user = ?1 AND side = ?2"
			 " AND address = ?3 AND server = ?4 AND list = 2");

	if (!listing_of_hold(&row->hold, row->message.user, VERDICT_AUTHORIZE,
		0, room, &entry)) {
		query_end(&q);
		return false;
	}
	put_name(&q, entry.user, entry.side, entry.address, entry.server);
	return query_run(&q) > 0;
}

bool
lists_may_tell(struct sqlite_store *s, const struct store_notice *notice)
{
	struct store_entry entry;
	char room[LISTING_ROOM];
	struct query q = query_new(s,
	    "UPDATE entries SET told_at = ?6 WHERE user = ?1 AND side = ?2"
	    " AND address IN (?3, ?5) AND server IN (?4, x'') AND list = 3"
	    " AND told_at <= ?7");

	if (!listing_of_notice(
		notice, VERDICT_SPAMMER, notice->created, room, &entry)) {
		query_end(&q);
		return false;
	}
	put_name(&q, entry.user, entry.side, entry.address, entry.server);
	query_put_text(&q, span_from_last(entry.address, '@'));
	query_put_number(&q, notice->created);
	query_put_number(&q, notice->created - LISTING_TELL_AGAIN);
	return query_run(&q) > 0;
}

bool
lists_are_counted(struct sqlite_store *s)
{
	struct query q = query_new(s,
	    "WITH seen (user, side, n) AS (SELECT user, side, count(*)"
	    "  FROM entries GROUP BY user, side)"
	    " SELECT count(*) FROM"
	    " (SELECT user, side, n FROM seen"
	    "  EXCEPT SELECT user, side, n FROM entry_counts)"
	    " UNION ALL SELECT count(*) FROM"
	    " (SELECT user, side, n FROM entry_counts"
	    "  EXCEPT SELECT user, side, n FROM seen)");
	int64_t differences = 0;

	while (query_next(&q))
		differences += query_number(&q);
	query_end(&q);
	return differences == 0;
}

enum store_outcome
store_sqlite_entry_find(struct sqlite_store *s, struct store_op *op)
{
	return lists_find(s, &op->entry_find);
}

enum store_outcome
store_sqlite_entry_list(struct sqlite_store *s, struct store_op *op)
{
	struct store_entry_list *list = &op->entry_list;
	unsigned limit = (unsigned)query_limit(list->limit);
	struct query q =
	    query_new(s, "SELECT " COLUMNS " FROM entries WHERE user = ?1"
			 " AND (side, address, server) > (?2, ?3, ?4)"
			 " AND (?5 = 0 OR side = ?5)"
			 " AND (?6 = x'' OR address = ?6)"
			 " ORDER BY side, address, server LIMIT ?7");

	list->count = 0;
	list->entries = query_room(s, limit, sizeof list->entries[0]);
	put_name(&q, list->user, list->after_side, list->after_address,
	    list->after_server);
	query_put_number(&q, list->side);
	query_put_text(&q, list->address);
	query_put_number(&q, limit);
	while (list->entries != NULL && query_next(&q))
		read_entry(&q, &list->entries[list->count++]);
	query_end(&q);
	return STORE_OK;
}
