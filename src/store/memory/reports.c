/*
 * Reports to authors that are due, made, or left out, in memory. What they say
 * and who wants them is decided in origin/.
 */
#include "store/memory/memory.h"

static bool
is_due(const void *row, const void *arg)
{
	const struct memory_hold *hold = row;
	const struct store_op *op = arg;

	return !hold->staged && hold->row.report_at <= op->now &&
	       hold->author.until <= op->now;
}

static int
by_due(const void *a, const void *b)
{
	const struct memory_hold *const *x = a, *const *y = b;
	int r = memory_compare_times((*x)->row.report_at, (*y)->row.report_at);

	return r != 0 ? r : memory_compare_keys((*x)->row.key, (*y)->row.key);
}

/* How many of the picked ones fit into the ceiling: at least one. */
static unsigned
count_fitting(const struct memory_picked *picked)
{
	unsigned count = 0;
	size_t sum = 0;

	for (; count < picked->count; count++) {
		const struct memory_hold *hold = picked->at[count];

		sum += hold->message->row.head.n + hold->message->row.body.n;
		if (count > 0 && sum > STORE_REPORT_OCTETS)
			break;
	}
	return count;
}

static struct store_hold_row *
copy_picked(struct store_op *op, const struct memory_picked *picked)
{
	struct store_hold_row *rows = memory_hold_rows(op, picked);

	for (unsigned i = 0; rows != NULL && i < picked->count; i++) {
		const struct memory_hold *hold = picked->at[i];

		if (!copy_content(
			&op->arena, &hold->message->row, &rows[i].message))
			return NULL;
	}
	return rows;
}

enum store_outcome
store_memory_report_claim(struct memory *m, struct store_op *op)
{
	struct store_report_claim *claim = &op->report_claim;
	struct memory_picked picked;

	if (!memory_pick(
		&m->holds, is_due, op, by_due, claim->claim.limit, &picked))
		return STORE_FULL;
	picked.count = count_fitting(&picked);
	claim->rows = copy_picked(op, &picked);
	claim->count = claim->rows == NULL ? 0 : picked.count;
	for (unsigned i = 0; i < claim->count; i++) {
		struct memory_hold *hold = picked.at[i];

		hold->author.node = claim->claim.node;
		hold->author.until = claim->claim.lease_until;
	}
	memory_picked_free(&picked);
	return claim->rows == NULL ? STORE_FULL : STORE_OK;
}

/* The report is dealt with. True: the body of the hold may be removed. */
static bool
mark(const struct memory *m, struct memory_hold *hold,
    const struct store_report_none *with, int64_t moment)
{
	hold->row.reported |= with->reported;
	hold->row.report_at =
	    store_next_report(with->reported, with->report_at);
	hold->author = (struct memory_lease){0};
	memory_say(&hold->report, with->report);
	return memory_release(m, hold->message, moment);
}

enum store_outcome
memory_report_add(struct memory *m, const struct store_message *report,
    const struct store_delivery *delivery)
{
	struct memory_message *message;

	if (!memory_reserve(&m->messages, 1))
		return STORE_FULL;
	message = memory_message_new(report);
	if (message == NULL)
		return STORE_FULL;
	if (!memory_deliveries_add(m, message, (struct key){0}, delivery, 1)) {
		memory_message_free(message);
		return STORE_FULL;
	}
	memory_add(&m->messages, message);
	memory_deliveries_show(m, message);
	return STORE_OK;
}

enum store_outcome
store_memory_report_put(struct memory *m, struct store_op *op)
{
	struct store_report_put *put = &op->report_put;
	struct memory_hold *hold = memory_hold_find(m, put->hold);
	const struct store_report_none with = {.reported = put->reported,
	    .report_at = put->report_at,
	    .report = put->report};
	enum store_outcome outcome;

	if (!store_content_fits(&put->message))
		return STORE_FULL;
	if (memory_message_find(m, put->message.key) != NULL)
		return STORE_EXISTS;
	if (hold == NULL)
		return STORE_NONE;
	outcome = store_report_allowed(
	    &hold->row, put->reported, put->report_at, false, op->now);
	if (outcome != STORE_OK)
		return outcome;
	if (memory_delivery_is_there(m, put->delivery.key))
		return STORE_CONFLICT;
	outcome = memory_report_add(m, &put->message, &put->delivery);
	if (outcome != STORE_OK)
		return outcome;
	put->body = hold->row.message;
	put->body_free = mark(m, hold, &with, store_moment(op));
	return STORE_OK;
}

enum store_outcome
store_memory_report_none(struct memory *m, struct store_op *op)
{
	struct store_report_none *none = &op->report_none;
	struct memory_hold *hold = memory_hold_find(m, none->hold);
	enum store_outcome outcome;

	if (hold == NULL)
		return STORE_NONE;
	outcome = store_report_allowed(
	    &hold->row, none->reported, none->report_at, true, op->now);
	if (outcome != STORE_OK)
		return outcome;
	none->body = hold->row.message;
	none->body_free = mark(m, hold, none, store_moment(op));
	return STORE_OK;
}
