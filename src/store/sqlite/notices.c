/*
 * Notices that others left here, in SQLite. The name of a notice is the
 * identifier together with the domain that was verified; our own key orders
 * them by time.
 */
#include "store/sqlite/query.h"

#include "store/target.h"

#define COLUMNS                                                                \
	"key, id, domain, address, dialect, state, unconfirmed, digest, size," \
	" tries, created, first_try_at, next_at, expires_at, message, reply"

static void
read_notice(struct query *q, struct store_notice *notice_r)
{
	char address[STORE_TARGET];

	notice_r->key = query_key(q);
	notice_r->id = query_text(q);
	notice_r->domain = query_text(q);
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
}

/* Ends Q, which asks for COLUMNS. */
static bool
load(struct query *q, struct store_notice *notice_r)
{
	bool found = query_next(q);

	if (found)
		read_notice(q, notice_r);
	query_end(q);
	return found;
}

static bool
load_named(struct sqlite_store *s, struct span id, struct span domain,
    struct store_notice *notice_r)
{
	struct query q = query_new(s,
	    "SELECT " COLUMNS " FROM notices INDEXED BY notices_name"
	    " WHERE domain = ?1 AND id = ?2");

	query_put_text(&q, domain);
	query_put_text(&q, id);
	return load(&q, notice_r);
}

static struct store_notice *
load_page(struct sqlite_store *s, unsigned page, unsigned *count_r)
{
	struct store_notice *rows = query_room(s, page, sizeof *rows);

	*count_r = 0;
	for (unsigned i = 0; rows != NULL && i < page; i++) {
		struct query q = query_new(
		    s, "SELECT " COLUMNS " FROM notices WHERE key = ?1");

		query_put_key(&q, &s->keys[i]);
		if (load(&q, &rows[*count_r]))
			++*count_r;
	}
	return rows;
}

static bool
is_known(struct sqlite_store *s, const struct store_notice *notice)
{
	struct query q = query_new(s,
	    "SELECT EXISTS (SELECT 1 FROM notices WHERE key = ?1)"
	    " OR EXISTS (SELECT 1 FROM notices INDEXED BY notices_name"
	    "  WHERE domain = ?2 AND id = ?3)");

	query_put_key(&q, &notice->key);
	query_put_text(&q, notice->domain);
	query_put_text(&q, notice->id);
	return query_one(&q, 0) == 1;
}

/* Counts no further than the ceiling. */
static bool
domain_is_full(struct sqlite_store *s, struct span domain, uint64_t pending_max)
{
	int64_t max =
	    pending_max < INT64_MAX ? (int64_t)pending_max : INT64_MAX;
	struct query q =
	    query_new(s, "SELECT count(*) FROM (SELECT 1 FROM notices"
			 " INDEXED BY notices_waiting"
			 " WHERE domain = ?1 AND " IS_WAITING " LIMIT ?2)");

	query_put_text(&q, domain);
	query_put_number(&q, max);
	return query_one(&q, 0) >= max;
}

static bool
is_full(struct sqlite_store *s, const struct store_notice_put *put)
{
	if (put->total_max != 0 && tally_waiting(s) >= put->total_max)
		return true;
	return put->pending_max != 0 &&
	       domain_is_full(s, put->notice.domain, put->pending_max);
}

static void
insert(struct sqlite_store *s, const struct store_notice *notice)
{
	char address[STORE_TARGET];
	struct query q = query_new(s,
	    "INSERT INTO notices (key, id, domain, address, dialect, state,"
	    " digest, size, tries, created, first_try_at, next_at, expires_at,"
	    " reply)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
	    " ?14)");

	target_write(notice->address, address);
	query_put_key(&q, &notice->key);
	query_put_text(&q, notice->id);
	query_put_text(&q, notice->domain);
	query_put_text(&q, span_make(address, sizeof address));
	query_put_number(&q, notice->dialect);
	query_put_number(&q, notice->state);
	if (notice->has_digest)
		query_put_text(&q, span_make(notice->digest, STORE_DIGEST));
	else
		query_put_nothing(&q);
	if (notice->has_size)
		query_put_number(&q, (int64_t)notice->size);
	else
		query_put_nothing(&q);
	query_put_number(&q, notice->tries);
	query_put_number(&q, notice->created);
	query_put_number(&q, notice->first_try_at);
	query_put_number(&q, notice->next_at);
	query_put_number(&q, notice->expires_at);
	query_put_text(&q, notice->reply);
	query_run(&q);
	tally_notice(s, notice->state, false, 1);
}

enum store_outcome
store_sqlite_notice_put(struct sqlite_store *s, struct store_op *op)
{
	const struct store_notice_put *put = &op->notice_put;

	if (is_known(s, &put->notice))
		return STORE_EXISTS;
	if (put->notice.state != NOTICE_PENDING &&
	    put->notice.state != NOTICE_WANTED)
		return STORE_CONFLICT;
	if (is_full(s, put))
		return STORE_FULL;
	insert(s, &put->notice);
	return STORE_OK;
}

/* Writes what moves in a notice, and gives its lease back. */
static void
save(struct sqlite_store *s, const struct store_notice *was,
    const struct store_notice *is)
{
	struct query q = query_new(s,
	    "UPDATE notices SET state = ?2, unconfirmed = ?3, tries = ?4,"
	    " first_try_at = ?5, next_at = ?6, message = ?7, reply = ?8,"
	    " lease_node = 0, lease_until = 0 WHERE key = ?1");

	query_put_key(&q, &is->key);
	query_put_number(&q, is->state);
	query_put_number(&q, is->unconfirmed);
	query_put_number(&q, is->tries);
	query_put_number(&q, is->first_try_at);
	query_put_number(&q, is->next_at);
	if (key_is_zero(is->message))
		query_put_nothing(&q);
	else
		query_put_key(&q, &is->message);
	query_put_text(&q, is->reply);
	query_run(&q);
	tally_notice(s, was->state, was->unconfirmed, -1);
	tally_notice(s, is->state, is->unconfirmed, 1);
}

/* Unconfirmed ones are only asked about; the others are pulled. */
static void
claim_notice(struct sqlite_store *s, struct store_notice *notice,
    const struct store_claim *claim, int64_t now)
{
	const struct store_notice was = *notice;
	struct query q = query_new(s,
	    "UPDATE notices SET state = ?2, tries = ?3, first_try_at = ?4,"
	    " lease_node = ?5, lease_until = ?6 WHERE key = ?1");

	notice->tries++;
	if (!notice->unconfirmed) {
		notice->state = NOTICE_PULLING;
		if (notice->first_try_at == 0)
			notice->first_try_at = now;
	}
	query_put_key(&q, &notice->key);
	query_put_number(&q, notice->state);
	query_put_number(&q, notice->tries);
	query_put_number(&q, notice->first_try_at);
	query_put_number(&q, (int64_t)claim->node);
	query_put_number(&q, claim->lease_until);
	query_run(&q);
	tally_notice(s, was.state, was.unconfirmed, -1);
	tally_notice(s, notice->state, notice->unconfirmed, 1);
}

enum store_outcome
store_sqlite_notice_claim(struct sqlite_store *s, struct store_op *op)
{
	struct store_notice_claim *claim = &op->notice_claim;
	struct query q = query_new(s,
	    "SELECT key FROM notices INDEXED BY notices_due"
	    " WHERE " IS_PULLABLE " AND next_at <= ?1 AND lease_until <= ?1"
	    " ORDER BY next_at, key LIMIT ?2");

	query_put_number(&q, op->now);
	query_put_number(&q, query_limit(claim->claim.limit));
	claim->notices = load_page(s, query_page(&q), &claim->count);
	for (unsigned i = 0; i < claim->count; i++)
		claim_notice(s, &claim->notices[i], &claim->claim, op->now);
	return STORE_OK;
}

static bool
message_is_there(struct sqlite_store *s, const struct key *key)
{
	struct query q = query_new(s, "SELECT 1 FROM messages WHERE key = ?1");

	query_put_key(&q, key);
	return query_one(&q, 0) == 1;
}

enum store_outcome
store_sqlite_notice_fetched(struct sqlite_store *s, struct store_op *op)
{
	const struct store_notice_fetched *fetched = &op->notice_fetched;
	const struct key *key = &fetched->message.key;
	struct store_notice was, is;

	if (!store_content_fits(&fetched->message) ||
	    fetched->delivery_count > STORE_RECIPIENTS_PART)
		return STORE_FULL;
	if (fetched->delivery_count == 0 ||
	    !load_named(s, fetched->id, fetched->domain, &was))
		return STORE_CONFLICT;
	if (key_equals(was.message, *key))
		return STORE_EXISTS;
	if (was.state != NOTICE_PULLING || message_is_there(s, key))
		return STORE_CONFLICT;
	messages_insert(s, &fetched->message, false);
	deliveries_insert(
	    s, key, fetched->deliveries, fetched->delivery_count, false);
	is = was;
	is.state = NOTICE_FETCHED;
	is.unconfirmed = true;
	is.next_at = fetched->next_at;
	is.message = *key;
	save(s, &was, &is);
	return STORE_OK;
}

/* What the end makes of the notice. False: its state does not allow it. */
static bool
apply_end(
    struct store_notice *notice, enum store_notice_end end, int64_t next_at)
{
	enum store_notice_state ended =
	    end == NOTICE_END_LAPSED ? NOTICE_LAPSED : NOTICE_REFUSED;
	bool is_pulling = notice->state == NOTICE_PULLING;

	switch (end) {
	case NOTICE_END_CONFIRMED:
		notice->unconfirmed = false;
		return notice->state >= NOTICE_FETCHED &&
		       notice->state <= NOTICE_REFUSED;
	case NOTICE_END_LATER:
		/* The same again finds it WANTED at that time. */
		if (!is_pulling && !notice->unconfirmed)
			return notice->state == NOTICE_WANTED &&
			       notice->next_at == next_at;
		if (is_pulling)
			notice->state = NOTICE_WANTED;
		notice->next_at = next_at;
		return true;
	case NOTICE_END_LAPSED:
	case NOTICE_END_REFUSED:
		if (!is_pulling)
			return notice->state == ended;
		notice->state = ended;
		notice->unconfirmed = ended == NOTICE_REFUSED && next_at != 0;
		notice->next_at = next_at;
		return true;
	}
	return false;
}

enum store_outcome
store_sqlite_notice_settle(struct sqlite_store *s, struct store_op *op)
{
	const struct store_notice_settle *settle = &op->notice_settle;
	struct store_notice was, is;

	if (!load_named(s, settle->id, settle->domain, &was))
		return STORE_NONE;
	is = was;
	if (!apply_end(&is, settle->end, settle->next_at))
		return STORE_CONFLICT;
	if (settle->reply.n > 0)
		is.reply = settle->reply;
	save(s, &was, &is);
	return STORE_OK;
}

void
notices_finish(struct sqlite_store *s, struct span id, struct span domain)
{
	struct query q =
	    query_new(s, "UPDATE notices INDEXED BY notices_name SET state = 5"
			 " WHERE domain = ?1 AND id = ?2 AND state = 4"
			 " RETURNING unconfirmed");
	int64_t unconfirmed;

	query_put_text(&q, domain);
	query_put_text(&q, id);
	unconfirmed = query_one(&q, -1);
	if (unconfirmed < 0)
		return;
	tally_notice(s, NOTICE_FETCHED, unconfirmed == 1, -1);
	tally_notice(s, NOTICE_DELIVERED, unconfirmed == 1, 1);
}

enum store_outcome
store_sqlite_notice_get(struct sqlite_store *s, struct store_op *op)
{
	struct store_notice_get *get = &op->notice_get;

	if (!load_named(s, get->id, get->domain, &get->notice))
		return STORE_NONE;
	return STORE_OK;
}

enum store_outcome
store_sqlite_notice_list(struct sqlite_store *s, struct store_op *op)
{
	struct store_notice_list *list = &op->notice_list;
	struct query q = query_new(
	    s, "SELECT key FROM notices WHERE key > ?1 ORDER BY key LIMIT ?2");

	query_put_key(&q, &list->after);
	query_put_number(&q, query_limit(list->limit));
	list->notices = load_page(s, query_page(&q), &list->count);
	return STORE_OK;
}
