/*
 * Accounts, in memory. Folding addresses and hashing passwords is done by the
 * callers.
 */
#include "store/memory/memory.h"

#include <stdlib.h>
#include <string.h>

void
memory_user_free(struct memory_user *row)
{
	arena_fini(&row->text);
	free(row);
}

static struct memory_user *
find(const struct memory *m, struct span address)
{
	for (size_t i = 0; i < m->users.count; i++) {
		struct memory_user *user = m->users.at[i];

		if (span_equals(user->row.address, address))
			return user;
	}
	return NULL;
}

bool
memory_user_is_there(const struct memory *m, struct span address)
{
	return find(m, address) != NULL;
}

struct span
memory_user_password(const struct memory *m, struct span address)
{
	const struct memory_user *user = find(m, address);

	return user != NULL ? user->row.password : span_of("");
}

/* What the account is after the operation; OLD may be NULL. */
static struct memory_user *
merged(const struct store_user *asked, const struct memory_user *old)
{
	struct memory_user *user = calloc(1, sizeof *user);
	struct store_user row = *asked;

	if (user == NULL)
		return NULL;
	if (old != NULL) {
		memcpy(row.secret, old->row.secret, sizeof row.secret);
		row.created = old->row.created;
	}
	if (row.password.n == 0 && old != NULL)
		row.password = old->row.password;
	if (row.mode == 0)
		row.mode = old != NULL ? old->row.mode : MODE_SERVER;
	if (row.from_check == 0)
		row.from_check =
		    old != NULL ? old->row.from_check : FROM_CHECK_BOTH;
	if (row.answers == 0)
		row.answers = old != NULL ? old->row.answers : ANSWERS_LISTED;
	if (row.trash == 0)
		row.trash = old != NULL ? old->row.trash : TRASH_NOTHING;
	arena_init(&user->text, STORE_OP_ARENA);
	if (copy_user(&user->text, &row, &user->row))
		return user;
	memory_user_free(user);
	return NULL;
}

enum store_outcome
store_memory_user_put(struct memory *m, struct store_op *op)
{
	const struct store_user_put *put = &op->user_put;
	struct memory_user *old = find(m, put->user.address), *user;

	if (put->only_new && old != NULL)
		return STORE_EXISTS;
	if (put->only_old && old == NULL)
		return STORE_NONE;
	if (old == NULL && !span_equals(put->user.address,
			       memory_identity_user(m, put->user.address)))
		return STORE_EXISTS;
	if (!memory_reserve(&m->users, 1))
		return STORE_FULL;
	user = merged(&put->user, old);
	if (user == NULL)
		return STORE_FULL;
	if (old != NULL) {
		memory_remove(&m->users, old);
		memory_user_free(old);
	}
	memory_add(&m->users, user);
	return memory_standing_put(
	    m, user->row.address, put->submission, store_moment(op));
}

/* Sets `listed`. */
static enum store_outcome
look_at_list(struct memory *m, struct store_op *op)
{
	struct store_user_get *get = &op->user_get;
	struct store_entry_find find = {
	    .user = get->user.address,
	    .side = SIDE_INCOMING,
	    .address = get->sender,
	    .server = get->server,
	    .verified = get->verified,
	};
	enum store_outcome outcome =
	    get->sender.n == 0 ? STORE_NONE
			       : memory_entry_find(m, &op->arena, &find);

	get->listed = outcome == STORE_OK ? find.entry.list : LISTED_NOT;
	return outcome == STORE_FULL ? outcome : STORE_OK;
}

enum store_outcome
store_memory_user_get(struct memory *m, struct store_op *op)
{
	struct store_user_get *get = &op->user_get;
	struct store_identity_list list = {.limit = get->identity_limit};
	struct memory_user *user =
	    find(m, memory_identity_user(m, get->address));

	if (user == NULL)
		return STORE_NONE;
	if (!copy_user(&op->arena, &user->row, &get->user))
		return STORE_FULL;
	list.user = get->user.address;
	if (list.limit > 0 && !memory_identities_list(m, &op->arena, &list))
		return STORE_FULL;
	get->identity_count = list.count;
	get->identities = list.identities;
	if (memory_standing_get(m, op, get) != STORE_OK)
		return STORE_FULL;
	return look_at_list(m, op);
}

static bool
is_after(const void *row, const void *after)
{
	const struct memory_user *user = row;
	const struct span *address = after;

	return memory_compare_texts(user->row.address, *address) > 0;
}

static int
by_address(const void *a, const void *b)
{
	const struct memory_user *const *x = a, *const *y = b;

	return memory_compare_texts((*x)->row.address, (*y)->row.address);
}

enum store_outcome
store_memory_user_list(struct memory *m, struct store_op *op)
{
	struct store_user_list *list = &op->user_list;
	enum store_outcome outcome = STORE_OK;
	struct memory_picked picked;

	if (!memory_pick(&m->users, is_after, &list->after, by_address,
		list->limit, &picked))
		return STORE_FULL;
	list->users =
	    arena_take(&op->arena, picked.count * sizeof list->users[0]);
	if (list->users == NULL)
		outcome = STORE_FULL;
	for (unsigned i = 0; outcome == STORE_OK && i < picked.count; i++) {
		const struct memory_user *user = picked.at[i];

		if (!copy_user(&op->arena, &user->row, &list->users[i]))
			outcome = STORE_FULL;
	}
	list->count = outcome == STORE_OK ? picked.count : 0;
	memory_picked_free(&picked);
	return outcome;
}

enum store_outcome
store_memory_user_drop(struct memory *m, struct store_op *op)
{
	struct memory_user *user = find(m, op->user_drop.address);

	if (user == NULL)
		return STORE_NONE;
	memory_entries_drop(m, user->row.address);
	memory_standing_drop(m, user->row.address);
	memory_identities_drop(m, user->row.address);
	memory_remove(&m->users, user);
	memory_user_free(user);
	return STORE_OK;
}
