/* The name of the last row is all that is kept from one page to the next. */
#include "daemon/keeper/keeper_page.h"

#include "daemon/role/role.h"

/* NAME holds the text of *AFTER. How many rows, or negative. */
static int
read_one(const struct keeper_page *page, struct arena *name, struct span *after)
{
	struct store_op *op = store_op_new(page->verb, role_now());
	struct span last = span_of("");
	int count = -E_SYSTEM;

	if (op == NULL)
		return -E_NOMEM;
	page->ask(page->owner, op, *after);
	if (store_do(page->store, op) == STORE_OK)
		count = (int)page->take(page->owner, op, &last);
	if (count > 0) {
		arena_fini(name);
		arena_init(name, STORE_OP_ARENA);
		*after = arena_copy(name, last);
		if (after->p == NULL)
			count = -E_NOMEM;
	}
	store_op_free(&op);
	return count;
}

int
keeper_page_all(const struct keeper_page *page)
{
	struct span after = span_of("");
	struct arena name;
	int count;

	arena_init(&name, STORE_OP_ARENA);
	do
		count = read_one(page, &name, &after);
	while (count == STORE_PAGE_MAX);
	arena_fini(&name);
	return count < 0 ? count : 0;
}
