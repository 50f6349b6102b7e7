/*
 * Notices that others left here, in SQLite: left, claimed, settled, shown. The
 * name of a notice is the identifier, the domain that was verified and the
 * recipient that it named; our own key orders them by time. Fetching is in
 * fetches.c, deciding in decisions.c.
 */
#include "store/sqlite/query.h"

#include "store/listing.h"
#include "store/target.h"

static bool
is_known(struct sqlite_store *s, const struct store_notice *notice)
{
	struct query q = query_new(s,
	    "SELECT EXISTS (SELECT 1 FROM notices WHERE key = ?1)"
	    " OR EXISTS (SELECT 1 FROM notices INDEXED BY notices_name"
	    "  WHERE domain = ?2 AND id = ?3 AND named = ?4)");

	query_put_key(&q, &notice->key);
	query_put_text(&q, notice->domain);
	query_put_text(&q, notice->id);
	query_put_text(&q, notice->named);
	return query_one(&q, 0) == 1;
}

/* A ceiling as the number of rows at which to stop counting. */
static int64_t
count_limit(uint64_t max)
{
	return max < INT64_MAX ? (int64_t)max : INT64_MAX;
}

/* Counts no further than the ceiling. */
static bool
source_is_full(struct sqlite_store *s, const struct store_notice *notice,
    uint64_t source_max)
{
	int64_t max = count_limit(source_max);
	struct query q =
	    query_new(s, "SELECT count(*) FROM (SELECT 1 FROM notices"
			 " INDEXED BY notices_waiting WHERE recipient = ?1"
			 " AND domain = ?2 AND " IS_WAITING " LIMIT ?3)");

	query_put_text(&q, notice->recipient);
	query_put_text(&q, notice->domain);
	query_put_number(&q, max);
	return query_one(&q, 0) >= max;
}

static bool
is_full(struct sqlite_store *s, const struct store_notice_put *put,
    const struct store_notice *notice)
{
	uint64_t source_max =
	    notice->recipient.n > 0 ? put->pending_max : put->domain_max;

	if (put->total_max != 0 && tally_waiting(s) >= put->total_max)
		return true;
	return source_max != 0 && source_is_full(s, notice, source_max);
}

/* A number or nothing, octets or nothing. */
static void
put_announced(struct query *q, const struct store_notice *notice)
{
	if (notice->has_digest)
		query_put_text(q, span_make(notice->digest, STORE_DIGEST));
	else
		query_put_nothing(q);
	if (notice->has_size)
		query_put_number(q, (int64_t)notice->size);
	else
		query_put_nothing(q);
}

static void
insert(struct sqlite_store *s, const struct store_notice *notice)
{
	char address[STORE_TARGET];
	struct query q = query_new(s,
	    "INSERT INTO notices (key, id, domain, named, recipient, given,"
	    " sender, subject, attachments, verdict, address, dialect, state,"
	    " digest, size, tries, created, first_try_at, next_at, expires_at,"
	    " reply, server, verdict_due)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
	    " ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)");

	target_write(notice->address, address);
	query_put_key(&q, &notice->key);
	query_put_text(&q, notice->id);
	query_put_text(&q, notice->domain);
	query_put_text(&q, notice->named);
	query_put_text(&q, notice->recipient);
	query_put_text(&q, notice->to);
	query_put_text(&q, notice->sender);
	query_put_text(&q, notice->subject);
	query_put_number(&q, notice->attachments);
	query_put_number(&q, notice->verdict);
	query_put_text(&q, span_make(address, sizeof address));
	query_put_number(&q, notice->dialect);
	query_put_number(&q, notice->state);
	put_announced(&q, notice);
	query_put_number(&q, notice->tries);
	query_put_number(&q, notice->created);
	query_put_number(&q, notice->first_try_at);
	query_put_number(&q, notice->next_at);
	query_put_number(&q, notice->expires_at);
	query_put_text(&q, notice->reply);
	query_put_text(&q, notice->server);
	query_put_number(&q, listing_blocks(notice));
	query_run(&q);
	notices_put_text(s, &notice->key, notice->envelope);
	tally_notice(s, notice->state, false, listing_blocks(notice), 1);
}

static enum store_outcome
put_one(struct sqlite_store *s, const struct store_notice_put *put,
    const struct store_notice *notice)
{
	if (is_known(s, notice))
		return STORE_EXISTS;
	if (notice->state != NOTICE_PENDING && notice->state != NOTICE_WANTED &&
	    !listing_blocks(notice))
		return STORE_CONFLICT;
	if (notice->envelope.n > STORE_ENVELOPE_MAX || is_full(s, put, notice))
		return STORE_FULL;
	if (listing_blocks(notice) && !lists_may_tell(s, notice))
		return STORE_EXISTS;
	insert(s, notice);
	return STORE_OK;
}

static bool
has_too_many(struct sqlite_store *s, struct span user, uint64_t user_max)
{
	int64_t max = count_limit(user_max);
	struct query q =
	    query_new(s, "SELECT count(*) FROM (SELECT 1 FROM notices"
			 " INDEXED BY notices_waiting WHERE recipient = ?1"
			 " AND " IS_WAITING " AND state = 1 LIMIT ?2)");

	query_put_text(&q, user);
	query_put_number(&q, max < INT64_MAX ? max + 1 : max);
	return query_one(&q, 0) > max;
}

/* The oldest PENDING one of the user's largest source, of equal ones the
   oldest. */
static struct key
find_victim(struct sqlite_store *s, struct span user)
{
	struct query q = query_new(s,
	    "SELECT min(key) FROM notices INDEXED BY notices_waiting"
	    " WHERE recipient = ?1 AND " IS_WAITING " AND state = 1"
	    " GROUP BY domain ORDER BY count(*) DESC, min(key) LIMIT 1");
	struct key key = {0};

	query_put_text(&q, user);
	if (query_next(&q))
		key = query_key(&q);
	query_end(&q);
	return key;
}

static void
make_room(struct sqlite_store *s, struct store_op *op, struct span user)
{
	struct store_notice_put *put = &op->notice_put;
	struct store_notice was, is;
	struct key victim, body;

	if (put->user_max == 0 || user.n == 0 ||
	    !has_too_many(s, user, put->user_max))
		return;
	victim = find_victim(s, user);
	if (!notices_load_at(s, &victim, &was))
		return;
	is = was;
	if (notices_drop(s, &was, &is, NOTICE_LAPSED, store_moment(op), &body))
		put->bodies[put->body_count++] = body;
	put->lapsed++;
}

enum store_outcome
store_sqlite_notice_put(struct sqlite_store *s, struct store_op *op)
{
	struct store_notice_put *put = &op->notice_put;

	if (put->count > STORE_RECIPIENTS_PART)
		return STORE_FULL;
	put->lapsed = put->body_count = 0;
	put->outcomes = query_room(s, put->count, sizeof put->outcomes[0]);
	put->bodies = query_room(s, put->count, sizeof put->bodies[0]);
	if (put->outcomes == NULL || put->bodies == NULL)
		return STORE_FULL;
	for (unsigned i = 0; i < put->count; i++) {
		struct store_notice notice = put->notices[i];

		notice.recipient = identities_user(s, notice.named);
		put->outcomes[i] = put_one(s, put, &notice);
		if (put->outcomes[i] == STORE_OK &&
		    notice.state == NOTICE_PENDING)
			make_room(s, op, notice.recipient);
	}
	return STORE_OK;
}

/* Those that are here are only asked about or told; the others are pulled. */
static void
claim_notice(struct sqlite_store *s, struct store_notice *notice,
    const struct store_claim *claim, int64_t now)
{
	const struct store_notice was = *notice;
	struct query q = query_new(s,
	    "UPDATE notices SET state = ?2, tries = ?3, first_try_at = ?4,"
	    " lease_node = ?5, lease_until = ?6 WHERE key = ?1");

	notice->tries++;
	if (was.state == NOTICE_WANTED || was.state == NOTICE_PULLING) {
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
	tally_notice(s, was.state, was.unconfirmed, was.verdict_due, -1);
	tally_notice(
	    s, notice->state, notice->unconfirmed, notice->verdict_due, 1);
}

#define DUE_NOTICES                                      \
	"SELECT key FROM notices INDEXED BY notices_due" \
	" WHERE " IS_PULLABLE " AND next_at <= ?1 AND lease_until <= ?1"

/* Those of the addresses to be left out have their texts in ROOM. */
static struct query
due_notices(struct sqlite_store *s, const struct store_notice_claim *claim,
    int64_t now, char room[STORE_WITHOUT_MAX][STORE_TARGET])
{
	struct query q = query_new(s,
	    claim->without_count == 0
		? DUE_NOTICES " ORDER BY next_at, key LIMIT ?2"
		: DUE_NOTICES " AND address NOT IN (?3, ?4, ?5, ?6, ?7, ?8, ?9,"
			      " ?10) ORDER BY next_at, key LIMIT ?2");

	query_put_number(&q, now);
	query_put_number(&q, query_limit(claim->claim.limit));
	for (unsigned i = 0; claim->without_count > 0 && i < STORE_WITHOUT_MAX;
	     i++) {
		/* a place that is not used has the first one again */
		target_write(
		    claim->without[i < claim->without_count ? i : 0], room[i]);
		query_put_text(&q, span_make(room[i], STORE_TARGET));
	}
	return q;
}

enum store_outcome
store_sqlite_notice_claim(struct sqlite_store *s, struct store_op *op)
{
	struct store_notice_claim *claim = &op->notice_claim;
	char room[STORE_WITHOUT_MAX][STORE_TARGET];
	struct query q = due_notices(s, claim, op->now, room);

	claim->notices = notices_load_page(s, query_page(&q), &claim->count);
	for (unsigned i = 0; i < claim->count; i++)
		claim_notice(s, &claim->notices[i], &claim->claim, op->now);
	return STORE_OK;
}

/* LATER: the same again finds it WANTED at that time. */
static bool
put_off(struct store_notice *notice, int64_t next_at)
{
	if (notice->state == NOTICE_WANTED)
		return notice->next_at == next_at;
	if (notice->state == NOTICE_PULLING)
		notice->state = NOTICE_WANTED;
	else if (!notice->unconfirmed && !notice->verdict_due)
		return false;
	notice->next_at = next_at;
	return true;
}

/* What the end makes of the notice. False: its state does not allow it. */
static bool
apply_end(struct store_notice *notice, const struct store_notice_settle *settle)
{
	enum store_notice_state ended =
	    settle->end == NOTICE_END_LAPSED ? NOTICE_LAPSED : NOTICE_REFUSED;
	bool is_here =
	    notice->state >= NOTICE_KEPT && notice->state <= NOTICE_REFUSED;

	switch (settle->end) {
	case NOTICE_END_CONFIRMED:
		notice->unconfirmed = false;
		return is_here;
	case NOTICE_END_LATER:
		return put_off(notice, settle->next_at);
	case NOTICE_END_TOLD:
		if (notice->verdict == settle->verdict)
			notice->verdict_due = false;
		return is_here && notice->verdict != VERDICT_NONE;
	case NOTICE_END_LAPSED:
	case NOTICE_END_REFUSED:
		if (notice->state != NOTICE_PULLING)
			return notice->state == ended;
		notice->state = ended;
		notice->unconfirmed =
		    ended == NOTICE_REFUSED && settle->next_at != 0;
		notice->next_at = settle->next_at;
		return true;
	}
	return false;
}

/* What the user is told of one that lapses. */
static enum store_outcome
add_report(struct sqlite_store *s, const struct store_notice_settle *settle)
{
	const struct key none = {0};

	if (!store_report_fits(&settle->message))
		return STORE_FULL;
	if (messages_is_there(s, &settle->message.key) ||
	    deliveries_is_there(s, &settle->delivery.key))
		return STORE_CONFLICT;
	messages_insert(s, &settle->message, false);
	deliveries_insert(
	    s, &settle->message.key, &none, &settle->delivery, 1, false);
	return STORE_OK;
}

enum store_outcome
store_sqlite_notice_settle(struct sqlite_store *s, struct store_op *op)
{
	const struct store_notice_settle *settle = &op->notice_settle;
	enum store_outcome outcome = STORE_OK;
	struct store_notice was, is;

	if (!notices_load_named(
		s, settle->id, settle->domain, settle->named, &was))
		return STORE_NONE;
	is = was;
	if (!apply_end(&is, settle))
		return STORE_CONFLICT;
	if (settle->has_report && settle->end == NOTICE_END_LAPSED &&
	    was.state == NOTICE_PULLING)
		outcome = add_report(s, settle);
	if (outcome != STORE_OK)
		return outcome;
	if (settle->reply.n > 0)
		is.reply = settle->reply;
	notices_save(s, &was, &is, true);
	return STORE_OK;
}

enum store_outcome
store_sqlite_notice_get(struct sqlite_store *s, struct store_op *op)
{
	struct store_notice_get *get = &op->notice_get;
	bool found = !key_is_zero(get->key)
			 ? notices_load_at(s, &get->key, &get->notice)
		     : !key_is_zero(get->message)
			 ? notices_load_bringer(s, get, &get->notice)
			 : notices_load_named(s, get->id, get->domain,
			       get->named, &get->notice);

	if (found && get->whole)
		notices_load_text(s, &get->notice);
	return found ? STORE_OK : STORE_NONE;
}

enum store_outcome
store_sqlite_notice_list(struct sqlite_store *s, struct store_op *op)
{
	struct store_notice_list *list = &op->notice_list;
	struct query q = query_new(
	    s, "SELECT key FROM notices WHERE key > ?1 ORDER BY key LIMIT ?2");

	query_put_key(&q, &list->after);
	query_put_number(&q, query_limit(list->limit));
	list->notices = notices_load_page(s, query_page(&q), &list->count);
	return STORE_OK;
}
