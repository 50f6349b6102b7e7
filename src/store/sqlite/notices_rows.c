/*
 * Rows of notices, in SQLite: loaded by whatever names them, saved as they
 * move, ended. What is asked about them is in notices.c and its sisters.
 */
#include "store/sqlite/query.h"

#include "store/target.h"

static void
read_notice(struct query *q, struct store_notice *notice_r)
{
	char address[STORE_TARGET];

	*notice_r = (struct store_notice){.key = query_key(q)};
	notice_r->id = query_text(q);
	notice_r->domain = query_text(q);
	notice_r->named = query_text(q);
	notice_r->recipient = query_text(q);
	notice_r->to = query_text(q);
	notice_r->sender = query_text(q);
	notice_r->subject = query_text(q);
	notice_r->envelope = span_of("");
	notice_r->attachments = (unsigned)query_number(q);
	notice_r->verdict = (unsigned)query_number(q);
	notice_r->verdict_due = query_number(q) != 0;
	query_octets(q, address, sizeof address);
	notice_r->address = target_read(address);
	notice_r->dialect = (enum store_route)query_number(q);
	notice_r->state = (enum store_notice_state)query_number(q);
	notice_r->unconfirmed = query_number(q) != 0;
	notice_r->has_digest = !query_is_nothing(q);
	if (notice_r->has_digest)
		query_octets(q, notice_r->digest, sizeof notice_r->digest);
	notice_r->has_size = !query_is_nothing(q);
	if (notice_r->has_size)
		notice_r->size = (uint64_t)query_number(q);
	notice_r->tries = (unsigned)query_number(q);
	notice_r->created = query_number(q);
	notice_r->first_try_at = query_number(q);
	notice_r->next_at = query_number(q);
	notice_r->expires_at = query_number(q);
	notice_r->message = query_key(q);
	notice_r->reply = query_text(q);
	notice_r->decided_at = query_number(q);
	notice_r->server = query_text(q);
	notice_r->folder = query_text(q);
	notice_r->shown = query_number(q) != 0;
	notice_r->counted_at = query_number(q);
	notice_r->vote = (int)query_number(q);
	notice_r->stub_tries = (unsigned)query_number(q);
}

/* Ends Q, which asks for NOTICE_COLUMNS. */
static bool
load(struct query *q, struct store_notice *notice_r)
{
	bool found = query_next(q);

	if (found)
		read_notice(q, notice_r);
	query_end(q);
	return found;
}

bool
notices_load_named(struct sqlite_store *s, struct span id, struct span domain,
    struct span named, struct store_notice *notice_r)
{
	struct query q = query_new(s,
	    "SELECT " NOTICE_COLUMNS " FROM notices INDEXED BY notices_name"
	    " WHERE domain = ?1 AND id = ?2 AND named = ?3");

	query_put_text(&q, domain);
	query_put_text(&q, id);
	query_put_text(&q, named);
	return load(&q, notice_r);
}

bool
notices_load_at(struct sqlite_store *s, const struct key *key,
    struct store_notice *notice_r)
{
	struct query q = query_new(
	    s, "SELECT " NOTICE_COLUMNS " FROM notices WHERE key = ?1");

	query_put_key(&q, key);
	return load(&q, notice_r);
}

struct store_notice *
notices_load_page(struct sqlite_store *s, unsigned page, unsigned *count_r)
{
	struct store_notice *rows = query_room(s, page, sizeof *rows);

	*count_r = 0;
	for (unsigned i = 0; rows != NULL && i < page; i++)
		if (notices_load_at(s, &s->keys[i], &rows[*count_r]))
			++*count_r;
	return rows;
}

bool
notices_load_bringer(struct sqlite_store *s, const struct store_notice_get *get,
    struct store_notice *notice_r)
{
	struct query q = query_new(s,
	    "SELECT " NOTICE_COLUMNS " FROM notices INDEXED BY notices_brought"
	    " WHERE state IN (5, 6) AND message IS NOT NULL AND message = ?1"
	    " AND recipient = ?2 ORDER BY key LIMIT 1");

	query_put_key(&q, &get->message);
	query_put_text(&q, get->recipient);
	return load(&q, notice_r);
}

void
notices_save(struct sqlite_store *s, const struct store_notice *was,
    const struct store_notice *is, bool gives_back)
{
	struct query q = query_new(s,
	    "UPDATE notices SET state = ?2, unconfirmed = ?3, next_at = ?4,"
	    " message = ?5, reply = ?6, verdict = ?7, verdict_due = ?8,"
	    " lease_node = CASE ?9 WHEN 1 THEN 0 ELSE lease_node END,"
	    " lease_until = CASE ?9 WHEN 1 THEN 0 ELSE lease_until END,"
	    " decided_at = ?10, folder = ?11, counted_at = ?12,"
	    " vote = ?13"
	    " WHERE key = ?1");

	query_put_key(&q, &is->key);
	query_put_number(&q, is->state);
	query_put_number(&q, is->unconfirmed);
	query_put_number(&q, is->next_at);
	if (key_is_zero(is->message))
		query_put_nothing(&q);
	else
		query_put_key(&q, &is->message);
	query_put_text(&q, is->reply);
	query_put_number(&q, is->verdict);
	query_put_number(&q, is->verdict_due);
	query_put_number(&q, gives_back);
	query_put_number(&q, is->decided_at);
	query_put_text(&q, is->folder);
	query_put_number(&q, is->counted_at);
	query_put_number(&q, is->vote);
	query_run(&q);
	tally_notice(s, was->state, was->unconfirmed, was->verdict_due, -1);
	tally_notice(s, is->state, is->unconfirmed, is->verdict_due, 1);
}

bool
notices_drop(struct sqlite_store *s, const struct store_notice *was,
    struct store_notice *is, enum store_notice_state state, int64_t moment,
    struct key *body_r)
{
	*body_r = was->message;
	/* What another one's pull brought was never this one's. */
	if (was->state == NOTICE_PENDING)
		is->message = (struct key){0};
	is->state = state;
	if (state == NOTICE_LAPSED)
		is->unconfirmed = false;
	notices_save(s, was, is, false);
	return !key_is_zero(*body_r) && messages_release(s, body_r, moment);
}

void
notices_put_text(
    struct sqlite_store *s, const struct key *key, struct span text)
{
	struct query q;

	if (text.n == 0)
		return;
	q = query_new(
	    s, "INSERT INTO envelopes (notice, text) VALUES (?1, ?2)");
	query_put_key(&q, key);
	query_put_text(&q, text);
	query_run(&q);
}

void
notices_load_text(struct sqlite_store *s, struct store_notice *notice)
{
	struct query q =
	    query_new(s, "SELECT text FROM envelopes WHERE notice = ?1");

	query_put_key(&q, &notice->key);
	if (query_next(&q))
		notice->envelope = query_text(&q);
	query_end(&q);
}

void
notices_finish(struct sqlite_store *s, const struct key *key)
{
	struct query q = query_new(s, "UPDATE notices SET state = 6"
				      " WHERE key = ?1 AND state = 5"
				      " RETURNING unconfirmed, verdict_due");
	bool found, unconfirmed = false, verdict_due = false;

	query_put_key(&q, key);
	found = query_next(&q);
	if (found) {
		unconfirmed = query_number(&q) != 0;
		verdict_due = query_number(&q) != 0;
	}
	query_end(&q);
	if (!found)
		return;
	tally_notice(s, NOTICE_FETCHED, unconfirmed, verdict_due, -1);
	tally_notice(s, NOTICE_DELIVERED, unconfirmed, verdict_due, 1);
}
