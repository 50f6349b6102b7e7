/*
 * What a person decides, in SQLite: what there is to decide, the decision, and
 * that the time for it is over.
 */
#include "store/sqlite/query.h"

#include <string.h>

/* A copy is here, and would not be delivered. */
static bool
lacks_delivery(struct sqlite_store *s, const struct store_notice *was,
    const struct store_delivery *delivery)
{
	return !key_is_zero(was->message) &&
	       (key_is_zero(delivery->key) ||
		   deliveries_is_there(s, &delivery->key));
}

/* ACCEPT and AUTHORIZE of a PENDING or KEPT one. */
static void
take(struct sqlite_store *s, const struct store_notice *was,
    struct store_notice *is, struct store_op *op)
{
	struct store_notice_decide *decide = &op->notice_decide;
	const struct store_delivery *delivery = &decide->delivery;

	if (key_is_zero(was->message)) {
		is->state = NOTICE_WANTED;
		is->next_at = op->now;
		notices_save(s, was, is, false);
		return;
	}
	deliveries_insert(s, &was->message, &was->key, delivery, 1, false);
	is->state = NOTICE_FETCHED;
	decide->have = was->state == NOTICE_PENDING;
	if (decide->have) {
		is->verdict_due = true;
		is->next_at = op->now;
	}
	notices_save(s, was, is, false);
}

/* A refusal of one whose message is here, or was never fetched. */
static void
refuse(struct sqlite_store *s, const struct store_notice *was,
    struct store_notice *is, struct store_op *op)
{
	struct store_notice_decide *decide = &op->notice_decide;

	is->verdict_due = true;
	is->next_at = op->now;
	if (was->state == NOTICE_PENDING || was->state == NOTICE_KEPT)
		decide->body_free = notices_drop(s, was, is, NOTICE_REFUSED,
		    store_moment(op), &decide->message);
	else
		notices_save(s, was, is, false);
}

enum store_outcome
store_sqlite_notice_decide(struct sqlite_store *s, struct store_op *op)
{
	struct store_notice_decide *decide = &op->notice_decide;
	struct store_notice *is = &decide->notice, was;
	bool refuses = store_is_refusal(decide->verdict);
	bool is_undecided;

	if (!notices_load_at(s, &decide->key, &was) ||
	    (decide->user.n > 0 && !span_equals(was.recipient, decide->user)))
		return STORE_NONE;
	if (!refuses && !store_is_acceptance(decide->verdict))
		return STORE_CONFLICT;
	*is = was;
	is->verdict = decide->verdict;
	if (!refuses && decide->folder.n > 0)
		is->folder = decide->folder;
	if (is->decided_at == 0)
		is->decided_at = store_moment(op);
	is_undecided = was.state == NOTICE_PENDING || was.state == NOTICE_KEPT;
	if (!is_undecided && was.verdict == decide->verdict) {
		*is = was;
		decide->again = was.state != NOTICE_LAPSED;
		return decide->again ? STORE_OK : STORE_CONFLICT;
	}
	if ((!refuses && !is_undecided) ||
	    (!is_undecided && ((was.state != NOTICE_FETCHED &&
				   was.state != NOTICE_DELIVERED) ||
				  store_is_refusal(was.verdict))))
		return STORE_CONFLICT;
	if (!refuses && lacks_delivery(s, &was, &decide->delivery))
		return STORE_CONFLICT;
	figures_decided(s, is, is->verdict, op, &decide->peer);
	(refuses ? refuse : take)(s, &was, is, op);
	lists_learn_of_notice(s, is, is->verdict, op->now);
	return STORE_OK;
}

enum store_outcome
store_sqlite_notice_expire(struct sqlite_store *s, struct store_op *op)
{
	struct store_notice_expire *expire = &op->notice_expire;
	struct query q =
	    query_new(s, "SELECT key FROM notices INDEXED BY notices_expiry"
			 " WHERE " IS_EXPIRING " AND expires_at <= ?1"
			 " ORDER BY expires_at, key LIMIT ?2");

	query_put_number(&q, op->now);
	query_put_number(&q, query_limit(expire->limit));
	expire->body_count = 0;
	expire->notices = notices_load_page(s, query_page(&q), &expire->count);
	expire->bodies = query_room(s, expire->count, sizeof expire->bodies[0]);
	for (unsigned i = 0; expire->bodies != NULL && i < expire->count; i++) {
		const struct store_notice was = expire->notices[i];
		struct key body;

		if (notices_drop(s, &was, &expire->notices[i], NOTICE_LAPSED,
			store_moment(op), &body))
			expire->bodies[expire->body_count++] = body;
	}
	return STORE_OK;
}

/* The page's keys, from the index made for the question. */
static unsigned
list_keys(struct sqlite_store *s, const struct store_envelope_list *list)
{
	static const char *const of_all[] = {
	    "SELECT key FROM notices INDEXED BY notices_undecided"
	    " WHERE " IS_UNDECIDED " AND recipient <> x'' AND key < ?1"
	    " ORDER BY key DESC LIMIT ?2",
	    "SELECT key FROM notices WHERE recipient <> x'' AND key < ?1"
	    " ORDER BY key DESC LIMIT ?2",
	};
	static const char *const of_user[] = {
	    "SELECT key FROM notices INDEXED BY notices_user_undecided"
	    " WHERE " IS_UNDECIDED " AND recipient = ?3 AND key < ?1"
	    " ORDER BY key DESC LIMIT ?2",
	    "SELECT key FROM notices INDEXED BY notices_user"
	    " WHERE recipient <> x'' AND recipient = ?3 AND key < ?1"
	    " ORDER BY key DESC LIMIT ?2",
	};
	struct query q =
	    query_new(s, (list->user.n == 0 ? of_all : of_user)[list->all]);
	struct key last;

	memset(last.b, 0xff, sizeof last.b);
	query_put_key(&q, key_is_zero(list->before) ? &last : &list->before);
	query_put_number(&q, query_limit(list->limit));
	if (list->user.n > 0)
		query_put_text(&q, list->user);
	return query_page(&q);
}

enum store_outcome
store_sqlite_envelope_list(struct sqlite_store *s, struct store_op *op)
{
	struct store_envelope_list *list = &op->envelope_list;

	list->notices = notices_load_page(s, list_keys(s, list), &list->count);
	return STORE_OK;
}
