/*
 * What people think of the mail of each domain, in memory: the figures of its
 * row, and how they came about, day by day.
 */
#include "store/memory/memory.h"

#include "store/voting.h"

#include <stdlib.h>

#define NAME_MAX_OCTETS 1024

void
memory_peer_day_free(struct memory_peer_day *row)
{
	buf_fini(&row->name);
	free(row);
}

static bool
is_of(const struct memory_peer_day *day, struct span name)
{
	return span_equals(buf_span(&day->name), name);
}

static struct memory_peer_day *
find(const struct memory *m, struct span name, int64_t day)
{
	for (size_t i = 0; i < m->peer_days.count; i++) {
		struct memory_peer_day *row = m->peer_days.at[i];

		if (row->row.day == day && is_of(row, name))
			return row;
	}
	return NULL;
}

static struct memory_peer_day *
find_or_make(struct memory *m, struct span name, int64_t day)
{
	struct memory_peer_day *row = find(m, name, day);

	if (row != NULL)
		return row;
	row = calloc(1, sizeof *row);
	if (row == NULL || !memory_reserve(&m->peer_days, 1)) {
		free(row);
		return NULL;
	}
	buf_init(&row->name, NAME_MAX_OCTETS);
	buf_put(&row->name, name);
	row->row.day = day;
	memory_add(&m->peer_days, row);
	return row;
}

static enum store_outcome
add(struct memory *m, struct store_op *op, struct span name,
    const struct voting *v, struct store_peer *peer_r)
{
	struct memory_peer *peer = memory_peer_make(m, name, op->now);
	struct memory_peer_day *day = find_or_make(m, name, v->day);
	struct memory_peer_day *undone = find(m, name, v->undone);

	if (peer == NULL || day == NULL)
		return STORE_FULL;
	peer->row.messages = voting_add(peer->row.messages, v->messages);
	peer->row.accepts = voting_add(peer->row.accepts, v->accepts);
	peer->row.refusals = voting_add(peer->row.refusals, v->refusals);
	peer->row.seen = op->now;
	day->row.messages = voting_add(day->row.messages, v->messages);
	day->row.refusals = voting_add(day->row.refusals, v->refusals);
	if (v->accepts > 0)
		day->row.accepts++;
	else if (v->accepts < 0 && undone != NULL)
		undone->row.accepts = voting_add(undone->row.accepts, -1);
	return memory_peer_copy(&op->arena, peer, peer_r) ? STORE_OK
							  : STORE_FULL;
}

enum store_outcome
memory_figures_decided(struct memory *m, struct store_op *op,
    struct store_notice *notice, unsigned verdict, struct store_peer *peer_r)
{
	const struct memory_peer *peer = memory_peer_find(m, notice->domain);
	const struct voting v = voting_of_verdict(notice, verdict,
	    peer != NULL ? peer->row.created : INT64_MAX, op->now);

	if (v.messages > 0)
		notice->counted_at = store_moment(op);
	notice->vote = store_is_refusal(verdict) ? -1 : 1;
	return add(m, op, notice->domain, &v, peer_r);
}

enum store_outcome
memory_figures_delivered(struct memory *m, struct store_op *op,
    struct store_notice *notice, struct store_peer *peer_r)
{
	const struct voting v = voting_of_delivery(op->now);

	if (notice->decided_at > 0)
		return STORE_OK;
	notice->counted_at = store_moment(op);
	return add(m, op, notice->domain, &v, peer_r);
}

static bool
is_named(const void *row, const void *arg)
{
	return is_of(row, *(const struct span *)arg);
}

static int
by_lateness(const void *a, const void *b)
{
	const struct memory_peer_day *const *x = a, *const *y = b;

	return memory_compare_times((*y)->row.day, (*x)->row.day);
}

bool
memory_figures_days(
    const struct memory *m, struct arena *a, struct store_peer_get *get)
{
	struct memory_picked picked;

	if (!memory_pick(&m->peer_days, is_named, &get->name, by_lateness,
		get->day_limit, &picked))
		return false;
	get->days = arena_take(a, picked.count * sizeof get->days[0]);
	get->day_count = get->days != NULL ? picked.count : 0;
	for (unsigned i = 0; i < get->day_count; i++) {
		const struct memory_peer_day *day = picked.at[i];

		get->days[i] = day->row;
	}
	memory_picked_free(&picked);
	return get->days != NULL;
}

void
memory_figures_drop(struct memory *m, struct span name)
{
	for (size_t i = m->peer_days.count; i > 0; i--) {
		struct memory_peer_day *day = m->peer_days.at[i - 1];

		if (!is_of(day, name))
			continue;
		memory_remove(&m->peer_days, day);
		memory_peer_day_free(day);
	}
}
