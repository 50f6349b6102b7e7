/*
 * Deliveries to our own users, in memory. Writing into mailboxes is done by
 * the posters; here it is only remembered what they still have to do.
 */
#include "store/memory/memory.h"

#include <stdlib.h>

void
memory_delivery_free(struct memory_delivery *row)
{
	arena_fini(&row->text);
	free(row);
}

static struct memory_delivery *
find(const struct memory *m, struct key key)
{
	for (size_t i = 0; i < m->deliveries.count; i++) {
		struct memory_delivery *delivery = m->deliveries.at[i];

		if (key_equals(delivery->row.key, key))
			return delivery;
	}
	return NULL;
}

bool
memory_delivery_is_there(const struct memory *m, struct key key)
{
	return find(m, key) != NULL;
}

static struct memory_delivery *
new_delivery(const struct memory *m, const struct store_delivery *from,
    struct memory_message *message)
{
	struct memory_delivery *delivery = calloc(1, sizeof *delivery);
	struct store_delivery row = *from;

	if (delivery == NULL)
		return NULL;
	row.user = memory_identity_user(m, row.user);
	arena_init(&delivery->text, STORE_OP_ARENA);
	if (!copy_delivery(&delivery->text, &row, &delivery->row)) {
		memory_delivery_free(delivery);
		return NULL;
	}
	delivery->row.message = message->row.key;
	delivery->message = message;
	delivery->staged = true;
	return delivery;
}

bool
memory_deliveries_add(struct memory *m, struct memory_message *message,
    struct key notice, const struct store_delivery *deliveries, unsigned count)
{
	if (!memory_reserve(&m->deliveries, count))
		return false;
	for (unsigned i = 0; i < count; i++) {
		struct memory_delivery *delivery;

		if (find(m, deliveries[i].key) != NULL)
			continue;
		delivery = new_delivery(m, &deliveries[i], message);
		if (delivery == NULL)
			return false;
		delivery->notice = notice;
		memory_add(&m->deliveries, delivery);
	}
	return true;
}

void
memory_deliveries_show(
    const struct memory *m, const struct memory_message *message)
{
	for (size_t i = 0; i < m->deliveries.count; i++) {
		struct memory_delivery *delivery = m->deliveries.at[i];

		if (delivery->message == message)
			delivery->staged = false;
	}
}

void
memory_deliveries_drop(struct memory *m, const struct memory_message *message)
{
	for (size_t i = m->deliveries.count; i > 0; i--) {
		struct memory_delivery *delivery = m->deliveries.at[i - 1];

		if (delivery->message != message)
			continue;
		memory_remove(&m->deliveries, delivery);
		memory_delivery_free(delivery);
	}
}

static bool
is_due(const void *row, const void *arg)
{
	const struct memory_delivery *delivery = row;
	const struct store_op *op = arg;

	return !delivery->staged && delivery->row.next_at <= op->now &&
	       delivery->lease.until <= op->now;
}

static int
by_due(const void *a, const void *b)
{
	const struct memory_delivery *const *x = a, *const *y = b;
	int r = memory_compare_times((*x)->row.next_at, (*y)->row.next_at);

	return r != 0 ? r : memory_compare_keys((*x)->row.key, (*y)->row.key);
}

/* How many of the picked ones fit into the octets asked for: at least one. */
static unsigned
count_fitting(const struct memory_picked *picked, size_t octets)
{
	unsigned count = 0;
	size_t sum = 0;

	while (count < picked->count) {
		const struct memory_delivery *delivery = picked->at[count];

		sum += delivery->message->row.head.n +
		       delivery->message->row.body.n;
		if (count > 0 && sum > octets)
			break;
		count++;
	}
	return count;
}

static struct store_delivery_row *
copy_picked(const struct memory *m, struct store_op *op,
    const struct memory_picked *picked)
{
	struct store_delivery_row *rows =
	    arena_take(&op->arena, picked->count * sizeof *rows);

	for (unsigned i = 0; rows != NULL && i < picked->count; i++) {
		const struct memory_delivery *delivery = picked->at[i];
		const struct store_message *message = &delivery->message->row;
		const struct memory_notice *notice =
		    memory_notice_at(m, delivery->notice);
		struct store_delivery row = delivery->row;

		row.folder =
		    notice != NULL ? buf_span(&notice->folder) : span_of("");
		if (!copy_delivery(&op->arena, &row, &rows[i].delivery) ||
		    !copy_message(&op->arena, message, &rows[i].message) ||
		    !copy_content(&op->arena, message, &rows[i].message))
			return NULL;
	}
	return rows;
}

enum store_outcome
store_memory_delivery_claim(struct memory *m, struct store_op *op)
{
	struct store_delivery_claim *claim = &op->delivery_claim;
	struct memory_picked picked;
	unsigned fitting;

	if (!memory_pick(&m->deliveries, is_due, op, by_due, claim->claim.limit,
		&picked))
		return STORE_FULL;
	fitting = count_fitting(&picked, claim->octets);
	claim->more = fitting < picked.count ||
		      picked.count == claim->claim.limit ||
		      picked.count == STORE_PAGE_MAX;
	picked.count = fitting;
	claim->rows = copy_picked(m, op, &picked);
	claim->count = claim->rows == NULL ? 0 : picked.count;
	for (unsigned i = 0; i < claim->count; i++) {
		struct memory_delivery *delivery = picked.at[i];

		claim->rows[i].delivery.tries = ++delivery->row.tries;
		delivery->lease.node = claim->claim.node;
		delivery->lease.until = claim->claim.lease_until;
	}
	memory_picked_free(&picked);
	return claim->rows == NULL ? STORE_FULL : STORE_OK;
}

/* Was DONE the last delivery of its notice? Then that is done too. */
static void
finish_notice(const struct memory *m, const struct memory_delivery *done,
    struct memory_notice *notice)
{
	for (size_t i = 0; i < m->deliveries.count; i++) {
		const struct memory_delivery *delivery = m->deliveries.at[i];

		if (key_equals(delivery->notice, done->notice))
			return;
	}
	if (notice != NULL && notice->row.state == NOTICE_FETCHED)
		notice->row.state = NOTICE_DELIVERED;
}

static void
put_off(struct memory_delivery *delivery, int64_t next_at)
{
	if (delivery->lease.until == 0 && delivery->row.next_at == next_at)
		return;
	delivery->row.next_at = next_at;
	delivery->lease = (struct memory_lease){0};
}

enum store_outcome
store_memory_delivery_settle(struct memory *m, struct store_op *op)
{
	struct store_delivery_settle *settle = &op->delivery_settle;
	struct memory_delivery *delivery = find(m, settle->key);
	enum store_outcome outcome = STORE_OK;
	struct memory_message *message;
	struct memory_notice *notice;

	if (delivery == NULL || delivery->staged)
		return settle->done ? STORE_OK : STORE_NONE;
	message = delivery->message;
	settle->message = message->row.key;
	if (!settle->done) {
		put_off(delivery, settle->next_at);
		return STORE_OK;
	}
	memory_remove(&m->deliveries, delivery);
	notice = key_is_zero(delivery->notice)
		     ? NULL
		     : memory_notice_at(m, delivery->notice);
	if (notice != NULL)
		outcome = memory_figures_delivered(
		    m, op, &notice->row, &settle->peer);
	finish_notice(m, delivery, notice);
	memory_delivery_free(delivery);
	settle->body_free = memory_release(m, message, store_moment(op));
	return outcome;
}
