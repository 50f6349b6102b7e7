/*
 * Deliveries to our own users, in SQLite. Writing into mailboxes is done by
 * the posters; here it is only remembered what they still have to do.
 */
#include "store/sqlite/query.h"

static bool
insert_delivery(struct sqlite_store *s, const struct key *message,
    const struct key *notice, const struct store_delivery *delivery,
    bool staged)
{
	struct query q = query_new(s,
	    "INSERT INTO deliveries (key, message, user, recipient, trace,"
	    " notice_id, notice_domain, tries, created, next_at, staged,"
	    " notice)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
	    " ON CONFLICT (key) DO NOTHING");

	query_put_key(&q, &delivery->key);
	query_put_key(&q, message);
	query_put_text(&q, identities_user(s, delivery->user));
	query_put_text(&q, delivery->recipient);
	query_put_text(&q, delivery->trace);
	query_put_text(&q, delivery->notice_id);
	query_put_text(&q, delivery->notice_domain);
	query_put_number(&q, delivery->tries);
	query_put_number(&q, delivery->created);
	query_put_number(&q, delivery->next_at);
	query_put_number(&q, staged);
	query_put_key(&q, notice);
	return query_run(&q) == 1;
}

unsigned
deliveries_insert(struct sqlite_store *s, const struct key *message,
    const struct key *notice, const struct store_delivery *deliveries,
    unsigned count, bool staged)
{
	unsigned added = 0;

	for (unsigned i = 0; i < count; i++)
		added +=
		    insert_delivery(s, message, notice, &deliveries[i], staged);
	if (!staged)
		tally_add(s, TALLY_DELIVERIES, added);
	return added;
}

bool
deliveries_is_there(struct sqlite_store *s, const struct key *key)
{
	struct query q =
	    query_new(s, "SELECT 1 FROM deliveries WHERE key = ?1");

	query_put_key(&q, key);
	return query_one(&q, 0) == 1;
}

static bool
load_delivery(struct sqlite_store *s, const struct key *key,
    struct store_delivery *delivery_r)
{
	struct query q = query_new(s,
	    "SELECT key, message, user, recipient, trace, notice_id,"
	    " notice_domain, tries, created, next_at, coalesce((SELECT folder"
	    "  FROM notices WHERE key = deliveries.notice), x'')"
	    " FROM deliveries WHERE key = ?1 AND staged = 0");
	bool found;

	query_put_key(&q, key);
	found = query_next(&q);
	if (found) {
		delivery_r->key = query_key(&q);
		delivery_r->message = query_key(&q);
		delivery_r->user = query_text(&q);
		delivery_r->recipient = query_text(&q);
		delivery_r->trace = query_text(&q);
		delivery_r->notice_id = query_text(&q);
		delivery_r->notice_domain = query_text(&q);
		delivery_r->tries = (unsigned)query_number(&q);
		delivery_r->created = query_number(&q);
		delivery_r->next_at = query_number(&q);
		delivery_r->folder = query_text(&q);
	}
	query_end(&q);
	return found;
}

static bool
load_row(struct sqlite_store *s, const struct key *key,
    struct store_delivery_row *row_r)
{
	return load_delivery(s, key, &row_r->delivery) &&
	       messages_load(s, &row_r->delivery.message, &row_r->message) &&
	       messages_load_content(s, &row_r->message);
}

/* Loads until the octets asked for are used up, at least one row. */
static void
load_page(
    struct sqlite_store *s, unsigned page, struct store_delivery_claim *claim)
{
	size_t sum = 0;

	claim->count = 0;
	claim->rows = query_room(s, page, sizeof claim->rows[0]);
	claim->more = page == query_limit(claim->claim.limit);
	for (unsigned i = 0; claim->rows != NULL && i < page; i++) {
		struct store_delivery_row *row = &claim->rows[claim->count];

		if (!load_row(s, &s->keys[i], row))
			continue;
		sum += row->message.head.n + row->message.body.n;
		if (claim->count > 0 && sum > claim->octets) {
			claim->more = true;
			break;
		}
		claim->count++;
	}
}

static void
claim_delivery(struct sqlite_store *s, const struct key *key,
    const struct store_claim *claim)
{
	struct query q = query_new(s,
	    "UPDATE deliveries SET tries = tries + 1, lease_node = ?2,"
	    " lease_until = ?3 WHERE key = ?1");

	query_put_key(&q, key);
	query_put_number(&q, (int64_t)claim->node);
	query_put_number(&q, claim->lease_until);
	query_run(&q);
}

enum store_outcome
store_sqlite_delivery_claim(struct sqlite_store *s, struct store_op *op)
{
	struct store_delivery_claim *claim = &op->delivery_claim;
	struct query q = query_new(s,
	    "SELECT key FROM deliveries INDEXED BY deliveries_due"
	    " WHERE staged = 0 AND next_at <= ?1 AND lease_until <= ?1"
	    " ORDER BY next_at, key LIMIT ?2");

	query_put_number(&q, op->now);
	query_put_number(&q, query_limit(claim->claim.limit));
	load_page(s, query_page(&q), claim);
	for (unsigned i = 0; i < claim->count; i++) {
		claim_delivery(s, &claim->rows[i].delivery.key, &claim->claim);
		claim->rows[i].delivery.tries++;
	}
	return STORE_OK;
}

/* The same time again without a claim is the same answer again. */
static void
put_off(struct sqlite_store *s, const struct store_delivery_settle *settle)
{
	struct query q = query_new(s,
	    "UPDATE deliveries SET next_at = ?2,"
	    " lease_node = 0, lease_until = 0"
	    " WHERE key = ?1 AND (lease_until <> 0 OR next_at <> ?2)");

	query_put_key(&q, &settle->key);
	query_put_number(&q, settle->next_at);
	query_run(&q);
}

/* The row goes; was it the last of its notice, then that is done too. */
static void
finish(struct sqlite_store *s, const struct store_delivery *delivery,
    struct store_op *op)
{
	struct query q = query_new(
	    s, "DELETE FROM deliveries WHERE key = ?1 RETURNING notice");
	struct key notice = {0};

	query_put_key(&q, &delivery->key);
	while (query_next(&q))
		notice = query_key(&q);
	query_end(&q);
	tally_add(s, TALLY_DELIVERIES, -1);
	if (key_is_zero(notice))
		return;
	figures_delivered(s, &notice, op, &op->delivery_settle.peer);
	q = query_new(s,
	    "SELECT 1 FROM deliveries INDEXED BY deliveries_message"
	    " WHERE message = ?1 AND notice = ?2 LIMIT 1");
	query_put_key(&q, &delivery->message);
	query_put_key(&q, &notice);
	if (query_one(&q, 0) == 0)
		notices_finish(s, &notice);
}

enum store_outcome
store_sqlite_delivery_settle(struct sqlite_store *s, struct store_op *op)
{
	struct store_delivery_settle *settle = &op->delivery_settle;
	struct store_delivery delivery;

	if (!load_delivery(s, &settle->key, &delivery))
		return settle->done ? STORE_OK : STORE_NONE;
	settle->message = delivery.message;
	if (!settle->done) {
		put_off(s, settle);
		return STORE_OK;
	}
	finish(s, &delivery, op);
	settle->body_free =
	    messages_release(s, &delivery.message, store_moment(op));
	return STORE_OK;
}
