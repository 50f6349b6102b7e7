/*
 * Notices that others left here, in memory. The key of a notice is the
 * identifier together with the domain that was verified.
 */
#include "store/memory/memory.h"

#include <stdlib.h>

void
memory_notice_free(struct memory_notice *row)
{
	arena_fini(&row->text);
	buf_fini(&row->reply);
	free(row);
}

struct memory_notice *
memory_notice_find(const struct memory *m, struct span id, struct span domain)
{
	for (size_t i = 0; i < m->notices.count; i++) {
		struct memory_notice *notice = m->notices.at[i];

		if (span_equals(notice->row.id, id) &&
		    span_equals(notice->row.domain, domain))
			return notice;
	}
	return NULL;
}

static bool
notice_copy(struct store_op *op, const struct memory_notice *from,
    struct store_notice *to_r)
{
	struct store_notice row = from->row;

	row.reply = buf_span(&from->reply);
	return copy_notice(&op->arena, &row, to_r);
}

static bool
is_waiting(const struct memory_notice *notice)
{
	return notice->row.state <= NOTICE_PULLING;
}

/* Is one of the ceilings reached? */
static bool
is_full(const struct memory *m, const struct store_notice_put *put)
{
	uint64_t of_domain = 0, in_all = 0;

	for (size_t i = 0; i < m->notices.count; i++) {
		const struct memory_notice *notice = m->notices.at[i];

		if (!is_waiting(notice))
			continue;
		in_all++;
		if (span_equals(notice->row.domain, put->notice.domain))
			of_domain++;
	}
	return (put->pending_max != 0 && of_domain >= put->pending_max) ||
	       (put->total_max != 0 && in_all >= put->total_max);
}

static struct memory_notice *
new_notice(const struct store_notice *from)
{
	struct memory_notice *notice = calloc(1, sizeof *notice);

	if (notice == NULL)
		return NULL;
	arena_init(&notice->text, STORE_OP_ARENA);
	buf_init(&notice->reply, STORE_OP_ARENA);
	memory_say(&notice->reply, from->reply);
	if (copy_notice(&notice->text, from, &notice->row)) {
		notice->row.unconfirmed = false;
		notice->row.message = (struct key){0};
		return notice;
	}
	memory_notice_free(notice);
	return NULL;
}

static bool
is_known(const struct memory *m, const struct store_notice *asked)
{
	for (size_t i = 0; i < m->notices.count; i++) {
		const struct memory_notice *notice = m->notices.at[i];

		if (key_equals(notice->row.key, asked->key))
			return true;
	}
	return memory_notice_find(m, asked->id, asked->domain) != NULL;
}

enum store_outcome
store_memory_notice_put(struct memory *m, struct store_op *op)
{
	const struct store_notice_put *put = &op->notice_put;
	struct memory_notice *notice;

	if (is_known(m, &put->notice))
		return STORE_EXISTS;
	if (put->notice.state != NOTICE_PENDING &&
	    put->notice.state != NOTICE_WANTED)
		return STORE_CONFLICT;
	if (is_full(m, put) || !memory_reserve(&m->notices, 1))
		return STORE_FULL;
	notice = new_notice(&put->notice);
	if (notice == NULL)
		return STORE_FULL;
	memory_add(&m->notices, notice);
	return STORE_OK;
}

static bool
is_due(const void *row, const void *arg)
{
	const struct memory_notice *notice = row;
	const struct store_op *op = arg;

	return (notice->row.state == NOTICE_WANTED ||
		   notice->row.state == NOTICE_PULLING ||
		   notice->row.unconfirmed) &&
	       notice->row.next_at <= op->now && notice->pull.until <= op->now;
}

static int
by_key(const void *a, const void *b)
{
	const struct memory_notice *const *x = a, *const *y = b;

	return memory_compare_keys((*x)->row.key, (*y)->row.key);
}

static int
by_due(const void *a, const void *b)
{
	const struct memory_notice *const *x = a, *const *y = b;
	int r = memory_compare_times((*x)->row.next_at, (*y)->row.next_at);

	return r != 0 ? r : by_key(a, b);
}

static struct store_notice *
copy_picked(struct store_op *op, const struct memory_picked *picked)
{
	struct store_notice *notices =
	    arena_take(&op->arena, picked->count * sizeof *notices);

	for (unsigned i = 0; notices != NULL && i < picked->count; i++)
		if (!notice_copy(op, picked->at[i], &notices[i]))
			return NULL;
	return notices;
}

/* What a claim does to the row; done alike to the row and to its copy. */
static void
begin_pull(struct store_notice *row, int64_t now)
{
	row->tries++;
	if (row->unconfirmed)
		return;
	row->state = NOTICE_PULLING;
	if (row->first_try_at == 0)
		row->first_try_at = now;
}

enum store_outcome
store_memory_notice_claim(struct memory *m, struct store_op *op)
{
	struct store_notice_claim *claim = &op->notice_claim;
	struct memory_picked picked;

	if (!memory_pick(
		&m->notices, is_due, op, by_due, claim->claim.limit, &picked))
		return STORE_FULL;
	claim->notices = copy_picked(op, &picked);
	claim->count = claim->notices == NULL ? 0 : picked.count;
	for (unsigned i = 0; i < claim->count; i++) {
		struct memory_notice *notice = picked.at[i];

		begin_pull(&notice->row, op->now);
		begin_pull(&claim->notices[i], op->now);
		notice->pull.node = claim->claim.node;
		notice->pull.until = claim->claim.lease_until;
	}
	memory_picked_free(&picked);
	return claim->notices == NULL ? STORE_FULL : STORE_OK;
}

static enum store_outcome
add_fetched(struct memory *m, const struct store_notice_fetched *fetched)
{
	struct memory_message *message;

	if (!memory_reserve(&m->messages, 1))
		return STORE_FULL;
	message = memory_message_new(&fetched->message);
	if (message == NULL)
		return STORE_FULL;
	if (!memory_deliveries_add(
		m, message, fetched->deliveries, fetched->delivery_count)) {
		memory_deliveries_drop(m, message);
		memory_message_free(message);
		return STORE_FULL;
	}
	memory_add(&m->messages, message);
	memory_deliveries_show(m, message);
	return STORE_OK;
}

enum store_outcome
store_memory_notice_fetched(struct memory *m, struct store_op *op)
{
	const struct store_notice_fetched *fetched = &op->notice_fetched;
	struct memory_notice *notice =
	    memory_notice_find(m, fetched->id, fetched->domain);
	enum store_outcome outcome;

	if (!store_content_fits(&fetched->message) ||
	    fetched->delivery_count > STORE_RECIPIENTS_PART)
		return STORE_FULL;
	if (notice == NULL || fetched->delivery_count == 0)
		return STORE_CONFLICT;
	if (key_equals(notice->row.message, fetched->message.key))
		return STORE_EXISTS;
	if (notice->row.state != NOTICE_PULLING ||
	    memory_message_find(m, fetched->message.key) != NULL)
		return STORE_CONFLICT;
	outcome = add_fetched(m, fetched);
	if (outcome != STORE_OK)
		return outcome;
	notice->row.state = NOTICE_FETCHED;
	notice->row.unconfirmed = true;
	notice->row.next_at = fetched->next_at;
	notice->row.message = fetched->message.key;
	notice->pull = (struct memory_lease){0};
	return STORE_OK;
}

static bool
is_confirmable(const struct store_notice *row)
{
	return row->state == NOTICE_FETCHED || row->state == NOTICE_DELIVERED ||
	       row->state == NOTICE_REFUSED;
}

/* LATER: for a pull that failed, or a confirmation that did. */
static bool
put_off(struct store_notice *row, int64_t next_at)
{
	if (row->state == NOTICE_PULLING)
		row->state = NOTICE_WANTED;
	else if (!row->unconfirmed && row->state != NOTICE_WANTED)
		return false;
	else if (row->state == NOTICE_WANTED && row->next_at != next_at)
		return false;
	row->next_at = next_at;
	return true;
}

/* LAPSED and REFUSED: the pull ends without a message. */
static bool
give_up(
    struct store_notice *row, enum store_notice_state state, int64_t next_at)
{
	if (row->state == state)
		return true;
	if (row->state != NOTICE_PULLING)
		return false;
	row->state = state;
	row->unconfirmed = state == NOTICE_REFUSED && next_at != 0;
	row->next_at = next_at;
	return true;
}

static bool
settle_row(struct store_notice *row, const struct store_notice_settle *settle)
{
	switch (settle->end) {
	case NOTICE_END_CONFIRMED:
		if (!is_confirmable(row))
			return false;
		row->unconfirmed = false;
		return true;
	case NOTICE_END_LATER:
		return put_off(row, settle->next_at);
	case NOTICE_END_LAPSED:
		return give_up(row, NOTICE_LAPSED, settle->next_at);
	case NOTICE_END_REFUSED:
		return give_up(row, NOTICE_REFUSED, settle->next_at);
	}
	return false;
}

enum store_outcome
store_memory_notice_settle(struct memory *m, struct store_op *op)
{
	const struct store_notice_settle *settle = &op->notice_settle;
	struct memory_notice *notice =
	    memory_notice_find(m, settle->id, settle->domain);

	if (notice == NULL)
		return STORE_NONE;
	if (!settle_row(&notice->row, settle))
		return STORE_CONFLICT;
	memory_say(&notice->reply, settle->reply);
	notice->pull = (struct memory_lease){0};
	return STORE_OK;
}

enum store_outcome
store_memory_notice_get(struct memory *m, struct store_op *op)
{
	struct store_notice_get *get = &op->notice_get;
	const struct memory_notice *notice =
	    memory_notice_find(m, get->id, get->domain);

	if (notice == NULL)
		return STORE_NONE;
	return notice_copy(op, notice, &get->notice) ? STORE_OK : STORE_FULL;
}

static bool
is_after(const void *row, const void *arg)
{
	const struct memory_notice *notice = row;
	const struct key *after = arg;

	return memory_compare_keys(notice->row.key, *after) > 0;
}

enum store_outcome
store_memory_notice_list(struct memory *m, struct store_op *op)
{
	struct store_notice_list *list = &op->notice_list;
	struct memory_picked picked;

	if (!memory_pick(&m->notices, is_after, &list->after, by_key,
		list->limit, &picked))
		return STORE_FULL;
	list->notices = copy_picked(op, &picked);
	list->count = list->notices == NULL ? 0 : picked.count;
	memory_picked_free(&picked);
	return list->notices == NULL ? STORE_FULL : STORE_OK;
}
