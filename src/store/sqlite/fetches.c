/*
 * A message that was fetched for a notice, in SQLite: it becomes ours together
 * with its deliveries, or is kept until a person has decided.
 */
#include "store/sqlite/query.h"

/* What a notice without a recipient did not say. */
static void
fill(struct sqlite_store *s, const struct key *key,
    const struct store_notice_fetched *fetched, struct span user)
{
	struct query q = query_new(s,
	    "UPDATE notices SET recipient = ?2, given = ?3, sender = ?4,"
	    " subject = ?5, attachments = ?6 WHERE key = ?1");

	query_put_key(&q, key);
	query_put_text(&q, user);
	query_put_text(&q, fetched->to);
	query_put_text(&q, fetched->sender);
	query_put_text(&q, fetched->subject);
	query_put_number(&q, fetched->attachments);
	query_run(&q);
	q = query_new(s, "DELETE FROM envelopes WHERE notice = ?1");
	query_put_key(&q, key);
	query_run(&q);
	notices_put_text(s, key, fetched->envelope);
}

/* The others to whom the same was announced, and who have not decided. */
static void
share(struct sqlite_store *s, const struct key *key, const struct key *message)
{
	struct query q = query_new(s,
	    "UPDATE notices AS n INDEXED BY notices_name SET message = ?2"
	    " FROM (SELECT id, domain, sender, digest, size FROM notices"
	    "  WHERE key = ?1) AS f"
	    " WHERE n.domain = f.domain AND n.id = f.id AND n.state = 1"
	    " AND n.message IS NULL AND n.sender = f.sender"
	    " AND n.digest IS f.digest AND n.size IS f.size");

	query_put_key(&q, key);
	query_put_key(&q, message);
	query_run(&q);
}

/* Is there no room for one more KEPT message of USER? */
static bool
is_full(struct sqlite_store *s, const struct store_notice_fetched *fetched,
    struct span user)
{
	struct query q;

	if (!fetched->keep || fetched->quota == 0)
		return false;
	q = query_new(s,
	    "SELECT coalesce(sum(m.size), 0) FROM notices AS n"
	    " INDEXED BY notices_user_undecided"
	    " JOIN messages AS m ON m.key = n.message"
	    " WHERE " IS_UNDECIDED " AND n.recipient = ?1 AND state = 4");
	query_put_text(&q, user);
	return (uint64_t)query_one(&q, 0) + fetched->message.size >
	       fetched->quota;
}

static bool
is_whole(const struct store_notice_fetched *fetched, bool named)
{
	if (!fetched->keep)
		return fetched->delivery_count > 0;
	return fetched->delivery_count == 0 && (named || fetched->user.n > 0);
}

enum store_outcome
store_sqlite_notice_fetched(struct sqlite_store *s, struct store_op *op)
{
	const struct store_notice_fetched *fetched = &op->notice_fetched;
	const struct key *key = &fetched->message.key;
	struct store_notice was, is;
	struct span user;
	bool named;

	if (!store_content_fits(&fetched->message) ||
	    fetched->envelope.n > STORE_ENVELOPE_MAX ||
	    fetched->delivery_count > STORE_RECIPIENTS_PART)
		return STORE_FULL;
	if (!notices_load_named(
		s, fetched->id, fetched->domain, fetched->named, &was))
		return STORE_CONFLICT;
	named = was.named.n > 0;
	user = named ? was.recipient : identities_user(s, fetched->user);
	if (!is_whole(fetched, named))
		return STORE_CONFLICT;
	if (was.state >= NOTICE_KEPT && key_equals(was.message, *key))
		return STORE_EXISTS;
	if (was.state != NOTICE_PULLING || messages_is_there(s, key))
		return STORE_CONFLICT;
	if (is_full(s, fetched, user))
		return STORE_FULL;
	messages_insert(s, &fetched->message, false);
	deliveries_insert(s, key, &was.key, fetched->deliveries,
	    fetched->delivery_count, false);
	if (!named)
		fill(s, &was.key, fetched, user);
	is = was;
	is.state = fetched->keep ? NOTICE_KEPT : NOTICE_FETCHED;
	is.unconfirmed = true;
	is.next_at = fetched->next_at;
	is.message = *key;
	notices_save(s, &was, &is, true);
	share(s, &was.key, key);
	return STORE_OK;
}
