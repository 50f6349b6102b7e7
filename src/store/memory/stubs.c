/* Stubs of undecided notices in mailboxes, in memory. */
#include "store/memory/memory.h"

static bool
is_due(const void *row, const void *arg)
{
	const struct memory_notice *notice = row;
	const struct store_op *op = arg;
	bool is_undecided = notice->row.state == NOTICE_PENDING ||
			    notice->row.state == NOTICE_KEPT;
	bool is_over = notice->row.state >= NOTICE_FETCHED;

	return (notice->row.shown
		       ? is_over
		       : is_undecided && notice->row.recipient.n > 0) &&
	       notice->stub_at <= op->now && notice->stub.until <= op->now;
}

static int
by_time(const void *a, const void *b)
{
	const struct memory_notice *const *x = a, *const *y = b;
	int r = memory_compare_times((*x)->stub_at, (*y)->stub_at);

	return r != 0 ? r : memory_compare_keys((*x)->row.key, (*y)->row.key);
}

enum store_outcome
store_memory_stub_claim(struct memory *m, struct store_op *op)
{
	struct store_stub_claim *claim = &op->stub_claim;
	struct memory_picked picked;

	if (!memory_pick(
		&m->notices, is_due, op, by_time, claim->claim.limit, &picked))
		return STORE_FULL;
	claim->notices = memory_notice_rows(op, &picked);
	claim->count = claim->notices == NULL ? 0 : picked.count;
	for (unsigned i = 0; i < claim->count; i++) {
		struct memory_notice *notice = picked.at[i];

		if (!copy_notice_text(
			&op->arena, &notice->row, &claim->notices[i]))
			claim->notices[i].envelope = span_of("");
		claim->notices[i].stub_tries = ++notice->row.stub_tries;
		notice->stub.node = claim->claim.node;
		notice->stub.until = claim->claim.lease_until;
	}
	memory_picked_free(&picked);
	return claim->notices == NULL ? STORE_FULL : STORE_OK;
}

enum store_outcome
store_memory_stub_settle(struct memory *m, struct store_op *op)
{
	const struct store_stub_settle *settle = &op->stub_settle;
	struct memory_notice *notice = memory_notice_at(m, settle->key);

	if (notice == NULL)
		return STORE_NONE;
	notice->stub = (struct memory_lease){0};
	if (settle->done) {
		notice->row.shown = settle->shown;
		notice->row.stub_tries = 0;
	}
	notice->stub_at = settle->done ? 0 : settle->next_at;
	return STORE_OK;
}
