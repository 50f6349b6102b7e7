/* Stubs of undecided notices in mailboxes, in SQLite. */
#include "store/sqlite/query.h"

static void
claim_stub(struct sqlite_store *s, const struct key *key,
    const struct store_claim *claim)
{
	struct query q =
	    query_new(s, "UPDATE notices SET stub_tries = stub_tries + 1,"
			 " stub_node = ?2, stub_until = ?3"
			 " WHERE key = ?1");

	query_put_key(&q, key);
	query_put_number(&q, (int64_t)claim->node);
	query_put_number(&q, claim->lease_until);
	query_run(&q);
}

enum store_outcome
store_sqlite_stub_claim(struct sqlite_store *s, struct store_op *op)
{
	struct store_stub_claim *claim = &op->stub_claim;
	struct query q = query_new(s,
	    "SELECT key FROM notices INDEXED BY notices_stub"
	    " WHERE " IS_STUB_DUE " AND stub_at <= ?1"
	    " AND stub_until <= ?1 ORDER BY stub_at, key LIMIT ?2");

	query_put_number(&q, op->now);
	query_put_number(&q, query_limit(claim->claim.limit));
	claim->notices = notices_load_page(s, query_page(&q), &claim->count);
	for (unsigned i = 0; i < claim->count; i++) {
		notices_load_text(s, &claim->notices[i]);
		claim_stub(s, &claim->notices[i].key, &claim->claim);
		claim->notices[i].stub_tries++;
	}
	return STORE_OK;
}

enum store_outcome
store_sqlite_stub_settle(struct sqlite_store *s, struct store_op *op)
{
	const struct store_stub_settle *settle = &op->stub_settle;
	struct query q = query_new(s,
	    "UPDATE notices SET stub_node = 0, stub_until = 0,"
	    " stub_tries = CASE ?2 WHEN 1 THEN 0 ELSE stub_tries END,"
	    " stub = CASE ?2 WHEN 1 THEN ?3 ELSE stub END,"
	    " stub_at = CASE ?2 WHEN 1 THEN 0 ELSE ?4 END WHERE key = ?1");

	query_put_key(&q, &settle->key);
	query_put_number(&q, settle->done);
	query_put_number(&q, settle->shown);
	query_put_number(&q, settle->next_at);
	return query_run(&q) == 1 ? STORE_OK : STORE_NONE;
}
