/*
 * What a person decides, in memory: what there is to decide, the decision, and
 * that the time for it is over.
 */
#include "store/memory/memory.h"

/* ACCEPT and AUTHORIZE of a PENDING or KEPT one. */
static enum store_outcome
take(struct memory *m, struct memory_notice *notice, struct store_op *op)
{
	struct store_notice_decide *decide = &op->notice_decide;
	struct memory_message *message =
	    memory_message_find(m, notice->row.message);

	if (message == NULL) {
		notice->row.state = NOTICE_WANTED;
		notice->row.next_at = op->now;
		return STORE_OK;
	}
	if (key_is_zero(decide->delivery.key) ||
	    memory_delivery_is_there(m, decide->delivery.key))
		return STORE_CONFLICT;
	if (!memory_deliveries_add(
		m, message, notice->row.key, &decide->delivery, 1))
		return STORE_FULL;
	memory_deliveries_show(m, message);
	decide->have = notice->row.state == NOTICE_PENDING;
	if (decide->have) {
		notice->row.verdict_due = true;
		notice->row.next_at = op->now;
	}
	notice->row.state = NOTICE_FETCHED;
	return STORE_OK;
}

/* A refusal of one whose message is here, or was never fetched. */
static void
refuse(struct memory *m, struct memory_notice *notice, struct store_op *op)
{
	struct store_notice_decide *decide = &op->notice_decide;

	notice->row.verdict_due = true;
	notice->row.next_at = op->now;
	if (notice->row.state == NOTICE_PENDING ||
	    notice->row.state == NOTICE_KEPT)
		decide->body_free = memory_notice_drop(m, notice,
		    NOTICE_REFUSED, store_moment(op), &decide->message);
}

static enum store_outcome
decide_row(struct memory *m, struct memory_notice *notice, struct store_op *op)
{
	struct store_notice_decide *decide = &op->notice_decide;
	struct store_notice *row = &notice->row;
	bool is_undecided =
	    row->state == NOTICE_PENDING || row->state == NOTICE_KEPT;
	bool is_here =
	    row->state == NOTICE_FETCHED || row->state == NOTICE_DELIVERED;
	enum store_outcome outcome = STORE_OK;

	if (!is_undecided && row->verdict == decide->verdict) {
		decide->again = true;
		return row->state == NOTICE_LAPSED ? STORE_CONFLICT : STORE_OK;
	}
	if (store_is_acceptance(decide->verdict) && is_undecided)
		outcome = take(m, notice, op);
	else if (store_is_refusal(decide->verdict) &&
		 (is_undecided || (is_here && !store_is_refusal(row->verdict))))
		refuse(m, notice, op);
	else
		return STORE_CONFLICT;
	if (outcome != STORE_OK)
		return outcome;
	outcome =
	    memory_figures_decided(m, op, row, decide->verdict, &decide->peer);
	row->verdict = decide->verdict;
	if (store_is_acceptance(decide->verdict))
		memory_say(&notice->folder, decide->folder);
	if (row->decided_at == 0)
		row->decided_at = store_moment(op);
	if (outcome != STORE_OK)
		return outcome;
	return memory_learn_of_notice(m, row, row->verdict, op->now);
}

enum store_outcome
store_memory_notice_decide(struct memory *m, struct store_op *op)
{
	struct store_notice_decide *decide = &op->notice_decide;
	struct memory_notice *notice = memory_notice_at(m, decide->key);
	enum store_outcome outcome;

	if (notice == NULL ||
	    (decide->user.n > 0 &&
		!span_equals(notice->row.recipient, decide->user)))
		return STORE_NONE;
	if (!store_is_acceptance(decide->verdict) &&
	    !store_is_refusal(decide->verdict))
		return STORE_CONFLICT;
	/* Is there room for the row? It is copied again when it has changed. */
	if (!memory_notice_copy(op, notice, &decide->notice))
		return STORE_FULL;
	outcome = decide_row(m, notice, op);
	if (outcome != STORE_OK)
		return outcome;
	if (!memory_notice_copy(op, notice, &decide->notice))
		return STORE_FULL;
	return STORE_OK;
}

/* Is it to be pulled because a person accepted it? */
static bool
is_accepted(const struct store_notice *row)
{
	return row->state == NOTICE_WANTED && row->decided_at > 0 &&
	       store_is_acceptance(row->verdict);
}

static bool
is_expiring(const void *row, const void *arg)
{
	const struct memory_notice *notice = row;
	const struct store_op *op = arg;

	return (notice->row.state == NOTICE_PENDING ||
		   notice->row.state == NOTICE_WANTED ||
		   notice->row.state == NOTICE_KEPT) &&
	       !is_accepted(&notice->row) && notice->row.expires_at <= op->now;
}

static int
by_expiry(const void *a, const void *b)
{
	const struct memory_notice *const *x = a, *const *y = b;
	int r =
	    memory_compare_times((*x)->row.expires_at, (*y)->row.expires_at);

	return r != 0 ? r : memory_compare_keys((*x)->row.key, (*y)->row.key);
}

/* The rows are copied already, so nothing fails from here on. */
static void
expire_picked(
    struct memory *m, struct store_op *op, const struct memory_picked *picked)
{
	struct store_notice_expire *expire = &op->notice_expire;

	for (unsigned i = 0; i < picked->count; i++) {
		struct memory_notice *notice = picked->at[i];
		struct key body;

		if (memory_notice_drop(
			m, notice, NOTICE_LAPSED, store_moment(op), &body))
			expire->bodies[expire->body_count++] = body;
		expire->notices[i].state = notice->row.state;
		expire->notices[i].unconfirmed = notice->row.unconfirmed;
		expire->notices[i].message = notice->row.message;
	}
	expire->count = picked->count;
}

enum store_outcome
store_memory_notice_expire(struct memory *m, struct store_op *op)
{
	struct store_notice_expire *expire = &op->notice_expire;
	enum store_outcome outcome = STORE_FULL;
	struct memory_picked picked;

	expire->count = expire->body_count = 0;
	if (!memory_pick(&m->notices, is_expiring, op, by_expiry, expire->limit,
		&picked))
		return STORE_FULL;
	expire->notices = memory_notice_rows(op, &picked);
	expire->bodies =
	    arena_take(&op->arena, picked.count * sizeof expire->bodies[0]);
	if (expire->notices != NULL && expire->bodies != NULL) {
		expire_picked(m, op, &picked);
		outcome = STORE_OK;
	}
	memory_picked_free(&picked);
	return outcome;
}

static bool
is_listed(const void *row, const void *arg)
{
	const struct memory_notice *notice = row;
	const struct store_envelope_list *list = arg;

	if (notice->row.recipient.n == 0 ||
	    (list->user.n > 0 &&
		!span_equals(list->user, notice->row.recipient)))
		return false;
	if (!list->all && notice->row.state != NOTICE_PENDING &&
	    notice->row.state != NOTICE_KEPT)
		return false;
	return key_is_zero(list->before) ||
	       memory_compare_keys(notice->row.key, list->before) < 0;
}

static int
by_newness(const void *a, const void *b)
{
	const struct memory_notice *const *x = a, *const *y = b;

	return memory_compare_keys((*y)->row.key, (*x)->row.key);
}

enum store_outcome
store_memory_envelope_list(struct memory *m, struct store_op *op)
{
	struct store_envelope_list *list = &op->envelope_list;
	struct memory_picked picked;

	if (!memory_pick(
		&m->notices, is_listed, list, by_newness, list->limit, &picked))
		return STORE_FULL;
	list->notices = memory_notice_rows(op, &picked);
	list->count = list->notices == NULL ? 0 : picked.count;
	memory_picked_free(&picked);
	return list->notices == NULL ? STORE_FULL : STORE_OK;
}
