/*
 * How much each user's waiting messages take, kept as it changes, so that a
 * quota costs one look-up however many wait.
 */
#include "store/sqlite/query.h"

void
usage_add(struct sqlite_store *s, struct span user, int64_t octets)
{
	struct query q;

	if (user.n == 0)
		return;
	q = query_new(s,
	    "INSERT INTO usages (user, octets) VALUES (?1, ?2)"
	    " ON CONFLICT (user) DO UPDATE SET octets = octets + ?2");
	query_put_text(&q, user);
	query_put_number(&q, octets);
	query_run(&q);
}

bool
usage_fits(struct sqlite_store *s, const struct store_message_put *put)
{
	const struct store_message *message = &put->message;
	struct query q;

	if (put->quota == 0 || message->user.n == 0)
		return true;
	q = query_new(s, "SELECT octets FROM usages WHERE user = ?1");
	query_put_text(&q, message->user);
	return (uint64_t)query_one(&q, 0) + message->size <= put->quota;
}
