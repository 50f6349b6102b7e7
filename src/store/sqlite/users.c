/*
 * Accounts, in SQLite. Folding addresses and hashing passwords is done by the
 * callers.
 */
#include "store/sqlite/query.h"

bool
users_is_there(struct sqlite_store *s, struct span address)
{
	struct query q = query_new(s, "SELECT 1 FROM users WHERE address = ?1");

	query_put_text(&q, address);
	return query_one(&q, 0) == 1;
}

enum store_outcome
store_sqlite_user_put(struct sqlite_store *s, struct store_op *op)
{
	const struct store_user_put *put = &op->user_put;
	const struct store_user *user = &put->user;
	bool was_there = users_is_there(s, user->address);
	struct query q;

	if (put->only_new && was_there)
		return STORE_EXISTS;
	if (put->only_old && !was_there)
		return STORE_NONE;
	if (!was_there && identities_has(s, user->address))
		return STORE_EXISTS;
	q = query_new(s,
	    "INSERT INTO users"
	    " (address, password, mode, from_check, secret, created, answers,"
	    "  trash)"
	    " VALUES (?1, ?2, CASE ?3 WHEN 0 THEN 1 ELSE ?3 END,"
	    "  CASE ?4 WHEN 0 THEN 1 ELSE ?4 END, ?5, ?6,"
	    "  CASE ?7 WHEN 0 THEN 1 ELSE ?7 END,"
	    "  CASE ?8 WHEN 0 THEN 1 ELSE ?8 END)"
	    " ON CONFLICT (address) DO UPDATE SET"
	    " password = CASE length(?2) WHEN 0 THEN password ELSE ?2 END,"
	    " mode = CASE ?3 WHEN 0 THEN mode ELSE ?3 END,"
	    " from_check = CASE ?4 WHEN 0 THEN from_check ELSE ?4 END,"
	    " answers = CASE ?7 WHEN 0 THEN answers ELSE ?7 END,"
	    " trash = CASE ?8 WHEN 0 THEN trash ELSE ?8 END");
	query_put_text(&q, user->address);
	query_put_text(&q, user->password);
	query_put_number(&q, user->mode);
	query_put_number(&q, user->from_check);
	query_put_text(&q, span_make(user->secret, sizeof user->secret));
	query_put_number(&q, user->created);
	query_put_number(&q, user->answers);
	query_put_number(&q, user->trash);
	query_run(&q);
	tally_add(s, TALLY_USERS, was_there ? 0 : 1);
	complaints_restrain(
	    s, user->address, put->submission, store_moment(op));
	return STORE_OK;
}

static void
read_user(struct query *q, struct store_user *user_r)
{
	user_r->address = query_text(q);
	user_r->password = query_text(q);
	user_r->mode = (enum store_mode)query_number(q);
	user_r->from_check = (enum store_from_check)query_number(q);
	query_octets(q, user_r->secret, sizeof user_r->secret);
	user_r->created = query_number(q);
	user_r->answers = (enum store_answers)query_number(q);
	user_r->trash = (enum store_trash)query_number(q);
}

static enum store_listed
listed(struct sqlite_store *s, const struct store_user_get *get)
{
	struct store_entry_find find = {
	    .user = get->user.address,
	    .side = SIDE_INCOMING,
	    .address = get->sender,
	    .server = get->server,
	    .verified = get->verified,
	};

	if (get->sender.n == 0 || lists_find(s, &find) != STORE_OK)
		return LISTED_NOT;
	return find.entry.list;
}

static void
find_identities(struct sqlite_store *s, struct store_user_get *get)
{
	struct store_identity_list list = {
	    .user = get->user.address,
	    .limit = get->identity_limit,
	};

	if (get->identity_limit > 0)
		identities_list(s, &list);
	get->identity_count = list.count;
	get->identities = list.identities;
}

enum store_outcome
store_sqlite_user_get(struct sqlite_store *s, struct store_op *op)
{
	struct store_user_get *get = &op->user_get;
	struct query q =
	    query_new(s, "SELECT address, password, mode, "
			 "from_check, secret, created, answers, trash"
			 " FROM users WHERE address = coalesce("
			 " (SELECT user FROM identities"
			 "  WHERE address = ?1), ?1)");
	bool found;

	query_put_text(&q, get->address);
	found = query_next(&q);
	if (found)
		read_user(&q, &get->user);
	query_end(&q);
	if (found)
		get->listed = listed(s, get);
	if (found)
		find_identities(s, get);
	if (found && get->with_standing)
		complaints_standing(s, get, op->now);
	return found ? STORE_OK : STORE_NONE;
}

enum store_outcome
store_sqlite_user_list(struct sqlite_store *s, struct store_op *op)
{
	struct store_user_list *list = &op->user_list;
	unsigned limit = (unsigned)query_limit(list->limit);
	struct query q = query_new(s,
	    "SELECT address, password, mode, from_check, secret, created, "
	    "answers, trash"
	    " FROM users WHERE address > ?1 ORDER BY address LIMIT ?2");

	list->count = 0;
	list->users = query_room(s, limit, sizeof list->users[0]);
	query_put_text(&q, list->after);
	query_put_number(&q, limit);
	while (list->users != NULL && query_next(&q))
		read_user(&q, &list->users[list->count++]);
	query_end(&q);
	return STORE_OK;
}

enum store_outcome
store_sqlite_user_drop(struct sqlite_store *s, struct store_op *op)
{
	struct query q = query_new(s, "DELETE FROM users WHERE address = ?1");

	query_put_text(&q, op->user_drop.address);
	if (query_run(&q) == 0)
		return STORE_NONE;
	lists_drop(s, op->user_drop.address);
	complaints_forget(s, op->user_drop.address);
	identities_drop(s, op->user_drop.address);
	tally_add(s, TALLY_USERS, -1);
	return STORE_OK;
}
