/* Other addresses of users, in memory. */
#include "store/memory/memory.h"

#include "store/problems.h"

#include <stdlib.h>

void
memory_identity_free(struct memory_identity *row)
{
	arena_fini(&row->text);
	free(row);
}

static struct memory_identity *
find(const struct memory *m, struct span address)
{
	for (size_t i = 0; i < m->identities.count; i++) {
		struct memory_identity *identity = m->identities.at[i];

		if (span_equals(identity->row.address, address))
			return identity;
	}
	return NULL;
}

struct span
memory_identity_user(const struct memory *m, struct span address)
{
	const struct memory_identity *identity = find(m, address);

	return identity != NULL ? identity->row.user : address;
}

static void
take_off(struct memory *m, struct memory_identity *identity)
{
	memory_remove(&m->identities, identity);
	memory_identity_free(identity);
}

void
memory_identities_drop(struct memory *m, struct span user)
{
	for (size_t i = m->identities.count; i > 0; i--) {
		struct memory_identity *identity = m->identities.at[i - 1];

		if (span_equals(identity->row.user, user))
			take_off(m, identity);
	}
}

static uint64_t
count_of(const struct memory *m, struct span user)
{
	uint64_t count = 0;

	for (size_t i = 0; i < m->identities.count; i++) {
		const struct memory_identity *identity = m->identities.at[i];

		count += span_equals(identity->row.user, user);
	}
	return count;
}

static bool
copy_identity(struct arena *a, const struct store_identity *from,
    struct store_identity *to_r)
{
	to_r->address = arena_copy(a, from->address);
	to_r->user = arena_copy(a, from->user);
	to_r->password = arena_copy(a, from->password);
	to_r->created = from->created;
	return !arena_has_failed(a);
}

static enum store_outcome
add(struct memory *m, const struct store_identity *row)
{
	struct memory_identity *identity;

	if (!memory_reserve(&m->identities, 1))
		return STORE_FULL;
	identity = calloc(1, sizeof *identity);
	if (identity == NULL)
		return STORE_FULL;
	arena_init(&identity->text, STORE_OP_ARENA);
	if (!copy_identity(&identity->text, row, &identity->row)) {
		memory_identity_free(identity);
		return STORE_FULL;
	}
	memory_add(&m->identities, identity);
	return STORE_OK;
}

enum store_outcome
store_memory_identity_put(struct memory *m, struct store_op *op)
{
	const struct store_identity_put *put = &op->identity_put;
	const struct store_identity *asked = &put->identity;
	const struct memory_identity *old = find(m, asked->address);

	if (!memory_user_is_there(m, asked->user))
		return STORE_NONE;
	if (old != NULL && span_equals(old->row.user, asked->user))
		return STORE_OK;
	if (old != NULL || memory_user_is_there(m, asked->address))
		return STORE_EXISTS;
	if (put->user_max > 0 && count_of(m, asked->user) >= put->user_max)
		return STORE_FULL;
	return add(m, asked);
}

enum store_outcome
store_memory_identity_drop(struct memory *m, struct store_op *op)
{
	struct memory_identity *identity = find(m, op->identity_drop.address);

	if (identity == NULL)
		return STORE_NONE;
	take_off(m, identity);
	return STORE_OK;
}

static bool
is_listed(const void *row, const void *arg)
{
	const struct memory_identity *identity = row;
	const struct store_identity_list *list = arg;

	return (list->user.n == 0 ||
		   span_equals(identity->row.user, list->user)) &&
	       memory_compare_texts(identity->row.address, list->after) > 0;
}

static int
by_address(const void *a, const void *b)
{
	const struct memory_identity *const *x = a, *const *y = b;

	return memory_compare_texts((*x)->row.address, (*y)->row.address);
}

bool
memory_identities_list(const struct memory *m, struct arena *arena,
    struct store_identity_list *list)
{
	struct memory_picked picked;
	bool ok;

	if (!memory_pick(&m->identities, is_listed, list, by_address,
		list->limit, &picked))
		return false;
	list->count = 0;
	list->identities =
	    arena_take(arena, picked.count * sizeof list->identities[0]);
	ok = list->identities != NULL;
	for (unsigned i = 0; ok && i < picked.count; i++) {
		const struct memory_identity *identity = picked.at[i];
		struct store_identity row = identity->row;

		row.password = memory_user_password(m, row.user);
		ok = copy_identity(arena, &row, &list->identities[i]);
		list->count += ok;
	}
	memory_picked_free(&picked);
	return ok;
}

enum store_outcome
store_memory_identity_list(struct memory *m, struct store_op *op)
{
	return memory_identities_list(m, &op->arena, &op->identity_list)
		   ? STORE_OK
		   : STORE_FULL;
}

void
memory_identities_check(const struct memory *m, struct problems *found)
{
	for (size_t i = 0; i < m->identities.count; i++) {
		const struct memory_identity *identity = m->identities.at[i];

		if (memory_user_is_there(m, identity->row.address) ||
		    !memory_user_is_there(m, identity->row.user))
			problems_say(
			    found, PROBLEM_IDENTITY, identity->row.address);
	}
}
