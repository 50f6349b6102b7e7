/*
 * Leases that an earlier life of a node left behind, in SQLite. Done once at
 * its start, so that all open holds are looked at is no matter; notices and
 * deliveries are found in an index.
 */
#include "store/sqlite/query.h"

static void
run(struct sqlite_store *s, const char *text, uint64_t node)
{
	struct query q = query_new(s, text);

	query_put_number(&q, (int64_t)node);
	query_run(&q);
}

enum store_outcome
store_sqlite_lease_free(struct sqlite_store *s, struct store_op *op)
{
	uint64_t node = op->lease_free.node;

	if (node == 0)
		return STORE_OK;
	run(s,
	    "UPDATE holds SET notice_node = 0, notice_until = 0"
	    " WHERE " IS_OPEN " AND notice_node = ?1",
	    node);
	/* The node stays: who may settle a leased hold does not change. */
	run(s,
	    "UPDATE holds SET lease_until = 0"
	    " WHERE " IS_OPEN " AND lease_node = ?1",
	    node);
	run(s,
	    "UPDATE notices SET lease_node = 0, lease_until = 0 WHERE key IN"
	    " (SELECT key FROM notices INDEXED BY notices_due"
	    "  WHERE " IS_PULLABLE " AND lease_until > 0)"
	    " AND lease_node = ?1",
	    node);
	run(s,
	    "UPDATE deliveries SET lease_node = 0, lease_until = 0"
	    " WHERE key IN"
	    " (SELECT key FROM deliveries INDEXED BY deliveries_due"
	    "  WHERE staged = 0 AND lease_until > 0)"
	    " AND lease_node = ?1",
	    node);
	return STORE_OK;
}
