/*
 * Leases that an earlier life of a node left behind, in SQLite. Each kind of
 * lease has an index of those that are taken, so that a start costs as much as
 * there was under way, not as much as there is.
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
	    "UPDATE holds INDEXED BY holds_claimed"
	    " SET notice_node = 0, notice_until = 0"
	    " WHERE notice_node <> 0 AND notice_node = ?1",
	    node);
	run(s,
	    "UPDATE holds INDEXED BY holds_reporting"
	    " SET report_node = 0, report_until = 0"
	    " WHERE report_node <> 0 AND report_node = ?1",
	    node);
	/* The node stays: who may settle a leased hold does not change. */
	run(s,
	    "UPDATE holds INDEXED BY holds_leased SET lease_until = 0"
	    " WHERE lease_node <> 0 AND lease_node = ?1",
	    node);
	run(s,
	    "UPDATE notices INDEXED BY notices_leased"
	    " SET lease_node = 0, lease_until = 0"
	    " WHERE lease_node <> 0 AND lease_node = ?1",
	    node);
	run(s,
	    "UPDATE notices INDEXED BY notices_stub_claimed"
	    " SET stub_node = 0, stub_until = 0"
	    " WHERE stub_node <> 0 AND stub_node = ?1",
	    node);
	run(s,
	    "UPDATE deliveries INDEXED BY deliveries_leased"
	    " SET lease_node = 0, lease_until = 0"
	    " WHERE lease_node <> 0 AND lease_node = ?1",
	    node);
	run(s,
	    "UPDATE investigations INDEXED BY investigations_leased"
	    " SET lease_node = 0, lease_until = 0"
	    " WHERE lease_node <> 0 AND lease_node = ?1",
	    node);
	return STORE_OK;
}
