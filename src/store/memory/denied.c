/*
 * Addresses that are denied for a time, in memory. Who is denied, and what a
 * denied one may still do, is decided by those who ask (WIRE 7).
 */
#include "store/memory/memory.h"

#include <stdlib.h>

void
memory_denied_free(struct memory_denied *row)
{
	arena_fini(&row->text);
	free(row);
}

static struct memory_denied *
find(const struct memory *m, struct span address)
{
	for (size_t i = 0; i < m->denied.count; i++) {
		struct memory_denied *denied = m->denied.at[i];

		if (span_equals(denied->row.address, address))
			return denied;
	}
	return NULL;
}

static void
take_off(struct memory *m, struct memory_denied *denied)
{
	if (denied == NULL)
		return;
	memory_remove(&m->denied, denied);
	memory_denied_free(denied);
}

static struct memory_denied *
new_denied(struct span address)
{
	struct memory_denied *denied = calloc(1, sizeof *denied);

	if (denied == NULL)
		return NULL;
	arena_init(&denied->text, STORE_OP_ARENA);
	denied->row.address = arena_copy(&denied->text, address);
	if (denied->row.address.p != NULL)
		return denied;
	memory_denied_free(denied);
	return NULL;
}

enum store_outcome
store_memory_denied_put(struct memory *m, struct store_op *op)
{
	const struct store_denied_put *put = &op->denied_put;
	struct memory_denied *denied = find(m, put->address);

	if (put->until <= op->now) {
		take_off(m, denied);
		return STORE_OK;
	}
	if (denied == NULL) {
		if (!memory_reserve(&m->denied, 1))
			return STORE_FULL;
		denied = new_denied(put->address);
		if (denied == NULL)
			return STORE_FULL;
		memory_add(&m->denied, denied);
	}
	denied->row.until = put->until;
	return STORE_OK;
}

static bool
is_listed(const void *row, const void *arg)
{
	const struct memory_denied *denied = row;
	const struct store_op *op = arg;

	return denied->row.until > op->now &&
	       memory_compare_texts(
		   denied->row.address, op->denied_list.after) > 0;
}

static int
by_address(const void *a, const void *b)
{
	const struct memory_denied *const *x = a, *const *y = b;

	return memory_compare_texts((*x)->row.address, (*y)->row.address);
}

enum store_outcome
store_memory_denied_list(struct memory *m, struct store_op *op)
{
	struct store_denied_list *list = &op->denied_list;
	struct memory_picked picked;

	if (!memory_pick(
		&m->denied, is_listed, op, by_address, list->limit, &picked))
		return STORE_FULL;
	list->count = 0;
	list->denied =
	    arena_take(&op->arena, picked.count * sizeof list->denied[0]);
	for (unsigned i = 0; list->denied != NULL && i < picked.count; i++) {
		const struct memory_denied *denied = picked.at[i];
		struct span address =
		    arena_copy(&op->arena, denied->row.address);

		if (address.p == NULL)
			list->denied = NULL;
		else
			list->denied[list->count++] =
			    (struct store_denied){address, denied->row.until};
	}
	memory_picked_free(&picked);
	return list->denied == NULL ? STORE_FULL : STORE_OK;
}
