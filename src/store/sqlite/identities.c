/* Other addresses of users, in SQLite. */
#include "store/sqlite/query.h"

#include "store/problems.h"

bool
identities_has(struct sqlite_store *s, struct span address)
{
	struct query q =
	    query_new(s, "SELECT 1 FROM identities WHERE address = ?1");

	query_put_text(&q, address);
	return query_one(&q, 0) == 1;
}

struct span
identities_user(struct sqlite_store *s, struct span address)
{
	struct query q =
	    query_new(s, "SELECT user FROM identities WHERE address = ?1");
	struct span user = address;

	query_put_text(&q, address);
	if (query_next(&q))
		user = query_text(&q);
	query_end(&q);
	return user;
}

void
identities_drop(struct sqlite_store *s, struct span user)
{
	struct query q =
	    query_new(s, "DELETE FROM identities INDEXED BY identities_user"
			 " WHERE user = ?1");

	query_put_text(&q, user);
	query_run(&q);
}

static bool
is_of(struct sqlite_store *s, const struct store_identity *identity)
{
	struct query q = query_new(
	    s, "SELECT 1 FROM identities WHERE address = ?1 AND user = ?2");

	query_put_text(&q, identity->address);
	query_put_text(&q, identity->user);
	return query_one(&q, 0) == 1;
}

static uint64_t
count_of(struct sqlite_store *s, struct span user)
{
	struct query q = query_new(s,
	    "SELECT count(*) FROM identities INDEXED BY identities_user"
	    " WHERE user = ?1");

	query_put_text(&q, user);
	return (uint64_t)query_one(&q, 0);
}

enum store_outcome
store_sqlite_identity_put(struct sqlite_store *s, struct store_op *op)
{
	const struct store_identity_put *put = &op->identity_put;
	const struct store_identity *identity = &put->identity;
	struct query q;

	if (!users_is_there(s, identity->user))
		return STORE_NONE;
	if (is_of(s, identity))
		return STORE_OK;
	if (users_is_there(s, identity->address) ||
	    identities_has(s, identity->address))
		return STORE_EXISTS;
	if (put->user_max > 0 && count_of(s, identity->user) >= put->user_max)
		return STORE_FULL;
	q = query_new(s, "INSERT INTO identities (address, user, created)"
			 " VALUES (?1, ?2, ?3)");
	query_put_text(&q, identity->address);
	query_put_text(&q, identity->user);
	query_put_number(&q, identity->created);
	query_run(&q);
	return STORE_OK;
}

enum store_outcome
store_sqlite_identity_drop(struct sqlite_store *s, struct store_op *op)
{
	struct query q =
	    query_new(s, "DELETE FROM identities WHERE address = ?1");

	query_put_text(&q, op->identity_drop.address);
	return query_run(&q) > 0 ? STORE_OK : STORE_NONE;
}

#define IDENTITY_ROWS                                                          \
	"SELECT i.address, i.user, i.created, u.password FROM identities AS i" \
	" CROSS JOIN users AS u ON u.address = i.user"

static struct query
page_of(struct sqlite_store *s, struct span user)
{
	struct query q = user.n == 0
			     ? query_new(s, IDENTITY_ROWS
				   " WHERE ?1 = x'' AND i.address > ?2"
				   " ORDER BY i.address LIMIT ?3")
			     : query_new(s, IDENTITY_ROWS
				   " WHERE i.user = ?1 AND i.address > ?2"
				   " ORDER BY i.address LIMIT ?3");

	query_put_text(&q, user);
	return q;
}

void
identities_list(struct sqlite_store *s, struct store_identity_list *list)
{
	unsigned limit = (unsigned)query_limit(list->limit);
	struct query q = page_of(s, list->user);

	list->count = 0;
	list->identities = query_room(s, limit, sizeof list->identities[0]);
	query_put_text(&q, list->after);
	query_put_number(&q, limit);
	while (list->identities != NULL && query_next(&q)) {
		struct store_identity *row = &list->identities[list->count++];

		row->address = query_text(&q);
		row->user = query_text(&q);
		row->created = query_number(&q);
		row->password = query_text(&q);
	}
	query_end(&q);
}

enum store_outcome
store_sqlite_identity_list(struct sqlite_store *s, struct store_op *op)
{
	identities_list(s, &op->identity_list);
	return STORE_OK;
}

void
identities_check(struct sqlite_store *s, struct problems *found)
{
	struct query q = query_new(s,
	    "SELECT address FROM identities AS i WHERE"
	    " EXISTS (SELECT 1 FROM users AS u WHERE u.address = i.address)"
	    " OR NOT EXISTS"
	    "  (SELECT 1 FROM users AS u WHERE u.address = i.user)");

	while (query_next(&q))
		problems_say(found, PROBLEM_IDENTITY, query_text(&q));
	query_end(&q);
}
