/*
 * Addresses that are denied for a time, in SQLite. Who is denied, and what a
 * denied one may still do, is decided by those who ask (WIRE 7).
 */
#include "store/sqlite/query.h"

enum store_outcome
store_sqlite_denied_put(struct sqlite_store *s, struct store_op *op)
{
	const struct store_denied_put *put = &op->denied_put;
	struct query q;

	if (put->until <= op->now) {
		q = query_new(s, "DELETE FROM denied WHERE address = ?1");
		query_put_text(&q, put->address);
		query_run(&q);
		return STORE_OK;
	}
	q = query_new(s, "INSERT INTO denied (address, until) VALUES (?1, ?2)"
			 " ON CONFLICT (address) DO UPDATE SET until = ?2");
	query_put_text(&q, put->address);
	query_put_number(&q, put->until);
	query_run(&q);
	return STORE_OK;
}

enum store_outcome
store_sqlite_denied_list(struct sqlite_store *s, struct store_op *op)
{
	struct store_denied_list *list = &op->denied_list;
	unsigned limit = (unsigned)query_limit(list->limit);
	struct query q = query_new(s,
	    "SELECT address, until FROM denied"
	    " WHERE address > ?1 AND until > ?2 ORDER BY address LIMIT ?3");

	list->count = 0;
	list->denied = query_room(s, limit, sizeof list->denied[0]);
	query_put_text(&q, list->after);
	query_put_number(&q, op->now);
	query_put_number(&q, limit);
	while (list->denied != NULL && query_next(&q)) {
		struct store_denied *denied = &list->denied[list->count++];

		denied->address = query_text(&q);
		denied->until = query_number(&q);
	}
	query_end(&q);
	return STORE_OK;
}
