/*
 * Holds before anybody pulls them, in memory: notices that are due, how they
 * went, and showing holds. Pulling and ending them is in pulls.c.
 */
#include "store/memory/memory.h"

#include <stdlib.h>

#include "store/target.h"

void
memory_hold_free(struct memory_hold *row)
{
	arena_fini(&row->text);
	buf_fini(&row->reply);
	buf_fini(&row->targets);
	buf_fini(&row->report);
	free(row);
}

struct memory_hold *
memory_hold_find(const struct memory *m, struct key key)
{
	for (size_t i = 0; i < m->holds.count; i++) {
		struct memory_hold *hold = m->holds.at[i];

		if (key_equals(hold->row.key, key))
			return hold->staged ? NULL : hold;
	}
	return NULL;
}

bool
memory_hold_open(const struct memory_hold *hold)
{
	return hold->row.ended_at == 0;
}

bool
memory_hold_copy(struct store_op *op, const struct memory_hold *from,
    struct store_hold_row *to_r)
{
	struct store_hold row = from->row;

	row.reply = buf_span(&from->reply);
	row.targets = buf_span(&from->targets);
	row.report = buf_span(&from->report);
	return copy_hold(&op->arena, &row, &to_r->hold) &&
	       copy_message(&op->arena, &from->message->row, &to_r->message);
}

struct store_hold_row *
memory_hold_rows(struct store_op *op, const struct memory_picked *picked)
{
	struct store_hold_row *rows =
	    arena_take(&op->arena, picked->count * sizeof *rows);

	for (unsigned i = 0; rows != NULL && i < picked->count; i++)
		if (!memory_hold_copy(op, picked->at[i], &rows[i]))
			return NULL;
	return rows;
}

/* Was it to be pushed, and nobody is at it any more? */
static bool
is_lost(const struct memory_hold *hold, int64_t now)
{
	return hold->row.state == HOLD_LEASED &&
	       hold->row.route == ROUTE_PUSH && hold->pull.until <= now;
}

static bool
is_due(const void *row, const void *arg)
{
	const struct memory_hold *hold = row;
	const struct store_op *op = arg;
	const struct store_hold_claim *claim = &op->hold_claim;

	for (unsigned i = 0; i < claim->without_count; i++)
		if (span_equals(claim->without[i], hold->row.domain))
			return false;
	return !hold->staged &&
	       (hold->row.state == HOLD_HELD || is_lost(hold, op->now)) &&
	       hold->row.next_at <= op->now && hold->notice.until <= op->now;
}

/* HELD again, if its lease was lost, also in the copy. */
static void
take_back(struct memory_hold *hold, struct store_hold *copy)
{
	if (hold->row.state != HOLD_LEASED)
		return;
	hold->row.state = copy->state = HOLD_HELD;
	hold->row.sent_whole = copy->sent_whole = true;
	hold->pull = (struct memory_lease){0};
}

static int
by_due(const void *a, const void *b)
{
	const struct memory_hold *const *x = a, *const *y = b;
	int r = memory_compare_times((*x)->row.next_at, (*y)->row.next_at);

	return r != 0 ? r : memory_compare_keys((*x)->row.key, (*y)->row.key);
}

static bool
add_envelopes(struct store_op *op, struct store_hold_row *rows,
    const struct memory_picked *picked)
{
	for (unsigned i = 0; rows != NULL && i < picked->count; i++) {
		const struct memory_hold *hold = picked->at[i];

		if (!copy_envelope(
			&op->arena, &hold->message->row, &rows[i].message))
			return false;
	}
	return rows != NULL;
}

enum store_outcome
store_memory_hold_claim(struct memory *m, struct store_op *op)
{
	struct store_hold_claim *claim = &op->hold_claim;
	struct memory_picked picked;

	if (!memory_pick(
		&m->holds, is_due, op, by_due, claim->claim.limit, &picked))
		return STORE_FULL;
	claim->rows = memory_hold_rows(op, &picked);
	if (!add_envelopes(op, claim->rows, &picked))
		claim->rows = NULL;
	claim->count = claim->rows == NULL ? 0 : picked.count;
	for (unsigned i = 0; i < claim->count; i++) {
		struct memory_hold *hold = picked.at[i];

		take_back(hold, &claim->rows[i].hold);
		hold->notice.node = claim->claim.node;
		hold->notice.until = claim->claim.lease_until;
	}
	memory_picked_free(&picked);
	return claim->rows == NULL ? STORE_FULL : STORE_OK;
}

enum store_outcome
store_memory_hold_aim(struct memory *m, struct store_op *op)
{
	const struct store_hold_aim *aim = &op->hold_aim;

	if (!target_list_fits(aim->targets) || aim->count > STORE_PAGE_MAX)
		return STORE_FULL;
	for (unsigned i = 0; i < aim->count; i++) {
		struct memory_hold *hold = memory_hold_find(m, aim->keys[i]);

		if (hold == NULL || !memory_hold_open(hold))
			continue;
		buf_clear(&hold->targets);
		buf_put(&hold->targets, aim->targets);
	}
	return STORE_OK;
}

enum store_outcome
store_memory_hold_noticed(struct memory *m, struct store_op *op)
{
	const struct store_hold_noticed *noticed = &op->hold_noticed;
	struct memory_hold *hold = memory_hold_find(m, noticed->key);

	if (hold == NULL)
		return STORE_NONE;
	if (!memory_hold_open(hold))
		return STORE_OK;
	if (hold->row.state == HOLD_HELD)
		hold->row.state = HOLD_NOTICED;
	if (hold->row.expires_at == INT64_MAX) {
		hold->row.expires_at = noticed->expires_at;
		hold->row.tries++;
	}
	if (noticed->route > ROUTE_UNKNOWN &&
	    (hold->row.state != HOLD_LEASED || hold->row.route != ROUTE_PUSH))
		hold->row.route = noticed->route;
	if (hold->row.reported == 0 && store_is_reportable(&hold->message->row))
		hold->row.report_at = store_time_or_never(noticed->report_at);
	hold->row.capabilities = noticed->capabilities;
	memory_say(&hold->reply, noticed->reply);
	hold->notice = (struct memory_lease){0};
	return STORE_OK;
}

enum store_outcome
store_memory_hold_retry(struct memory *m, struct store_op *op)
{
	const struct store_hold_retry *retry = &op->hold_retry;
	struct memory_hold *hold = memory_hold_find(m, retry->key);

	if (hold == NULL)
		return STORE_NONE;
	if (hold->row.state != HOLD_HELD)
		return STORE_CONFLICT;
	if (hold->notice.until == 0 && hold->row.next_at == retry->next_at)
		return STORE_OK;
	if (retry->route != ROUTE_UNKNOWN && retry->route != 0)
		hold->row.route = retry->route;
	hold->row.next_at = retry->next_at;
	hold->row.tries++;
	memory_say(&hold->reply, retry->reply);
	hold->notice = (struct memory_lease){0};
	return STORE_OK;
}

enum store_outcome
store_memory_hold_get(struct memory *m, struct store_op *op)
{
	struct store_hold_get *get = &op->hold_get;
	const struct memory_hold *hold = memory_hold_find(m, get->key);

	if (hold == NULL)
		return STORE_NONE;
	return memory_hold_copy(op, hold, &get->row) ? STORE_OK : STORE_FULL;
}

static bool
is_listed(const void *row, const void *arg)
{
	const struct memory_hold *hold = row;
	const struct store_hold_list *list = arg;

	if (hold->staged || (list->open_only && !memory_hold_open(hold)))
		return false;
	if (list->state != 0 && list->state != hold->row.state)
		return false;
	if (list->user.n > 0 &&
	    !span_equals(list->user, hold->message->row.user))
		return false;
	return memory_compare_keys(hold->row.key, list->after) > 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct memory_hold *const *x = a, *const *y = b;

	return memory_compare_keys((*x)->row.key, (*y)->row.key);
}

enum store_outcome
store_memory_hold_list(struct memory *m, struct store_op *op)
{
	struct store_hold_list *list = &op->hold_list;
	struct memory_picked picked;

	if (!memory_pick(
		&m->holds, is_listed, list, by_key, list->limit, &picked))
		return STORE_FULL;
	list->rows = memory_hold_rows(op, &picked);
	list->count = list->rows == NULL ? 0 : picked.count;
	memory_picked_free(&picked);
	return list->rows == NULL ? STORE_FULL : STORE_OK;
}
