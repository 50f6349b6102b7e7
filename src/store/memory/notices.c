/*
 * Notices that others left here, in memory: left, claimed, settled, shown. The
 * name of a notice is the identifier, the domain that was verified and the
 * recipient that it named. Fetching is in fetches.c, deciding in decisions.c.
 */
#include "store/memory/memory.h"

#include "store/listing.h"

#include <stdlib.h>

void
memory_notice_free(struct memory_notice *row)
{
	arena_fini(&row->text);
	arena_fini(&row->filled);
	buf_fini(&row->reply);
	buf_fini(&row->folder);
	free(row);
}

static bool
has_name(const struct memory_notice *notice, struct span id, struct span domain,
    struct span named)
{
	return span_equals(notice->row.id, id) &&
	       span_equals(notice->row.domain, domain) &&
	       span_equals(notice->row.named, named);
}

struct memory_notice *
memory_notice_find(const struct memory *m, struct span id, struct span domain,
    struct span named)
{
	for (size_t i = 0; i < m->notices.count; i++) {
		struct memory_notice *notice = m->notices.at[i];

		if (has_name(notice, id, domain, named))
			return notice;
	}
	return NULL;
}

struct memory_notice *
memory_notice_at(const struct memory *m, struct key key)
{
	for (size_t i = 0; i < m->notices.count; i++) {
		struct memory_notice *notice = m->notices.at[i];

		if (key_equals(notice->row.key, key))
			return notice;
	}
	return NULL;
}

bool
memory_notice_copy(struct store_op *op, const struct memory_notice *from,
    struct store_notice *to_r)
{
	struct store_notice row = from->row;

	row.reply = buf_span(&from->reply);
	row.folder = buf_span(&from->folder);
	return copy_notice(&op->arena, &row, to_r);
}

struct store_notice *
memory_notice_rows(struct store_op *op, const struct memory_picked *picked)
{
	struct store_notice *notices =
	    arena_take(&op->arena, picked->count * sizeof *notices);

	for (unsigned i = 0; notices != NULL && i < picked->count; i++)
		if (!memory_notice_copy(op, picked->at[i], &notices[i]))
			return NULL;
	return notices;
}

bool
memory_notice_drop(const struct memory *m, struct memory_notice *notice,
    enum store_notice_state state, int64_t moment, struct key *body_r)
{
	struct memory_message *message =
	    memory_message_find(m, notice->row.message);

	*body_r = notice->row.message;
	/* What another one's pull brought was never this one's. */
	if (notice->row.state == NOTICE_PENDING)
		notice->row.message = (struct key){0};
	notice->row.state = state;
	if (state == NOTICE_LAPSED)
		notice->row.unconfirmed = false;
	return message != NULL && memory_release(m, message, moment);
}

static bool
is_waiting(const struct memory_notice *notice)
{
	return notice->row.state <= NOTICE_KEPT;
}

/* Is one of the ceilings reached? */
static bool
is_full(const struct memory *m, const struct store_notice_put *put,
    const struct store_notice *asked)
{
	uint64_t of_source = 0, in_all = 0;
	uint64_t source_max =
	    asked->recipient.n > 0 ? put->pending_max : put->domain_max;

	for (size_t i = 0; i < m->notices.count; i++) {
		const struct memory_notice *notice = m->notices.at[i];

		if (!is_waiting(notice))
			continue;
		in_all++;
		of_source +=
		    span_equals(notice->row.domain, asked->domain) &&
		    span_equals(notice->row.recipient, asked->recipient);
	}
	return (source_max != 0 && of_source >= source_max) ||
	       (put->total_max != 0 && in_all >= put->total_max);
}

static struct memory_notice *
new_notice(const struct store_notice *from)
{
	struct memory_notice *notice = calloc(1, sizeof *notice);

	if (notice == NULL)
		return NULL;
	arena_init(&notice->text, STORE_OP_ARENA);
	arena_init(&notice->filled, STORE_OP_ARENA);
	buf_init(&notice->reply, STORE_OP_ARENA);
	buf_init(&notice->folder, STORE_OP_ARENA);
	memory_say(&notice->reply, from->reply);
	if (copy_notice(&notice->text, from, &notice->row) &&
	    copy_notice_text(&notice->text, from, &notice->row)) {
		notice->row.unconfirmed = false;
		notice->row.message = (struct key){0};
		notice->row.folder = span_of("");
		notice->row.shown = false;
		notice->row.stub_tries = 0;
		notice->row.decided_at = notice->row.counted_at = 0;
		notice->row.vote = 0;
		notice->row.verdict_due = listing_blocks(&notice->row);
		return notice;
	}
	memory_notice_free(notice);
	return NULL;
}

static enum store_outcome
put_one(struct memory *m, const struct store_notice_put *put,
    const struct store_notice *asked)
{
	struct memory_notice *notice;

	if (memory_notice_at(m, asked->key) != NULL ||
	    memory_notice_find(m, asked->id, asked->domain, asked->named) !=
		NULL)
		return STORE_EXISTS;
	if (asked->state != NOTICE_PENDING && asked->state != NOTICE_WANTED &&
	    !listing_blocks(asked))
		return STORE_CONFLICT;
	if (asked->envelope.n > STORE_ENVELOPE_MAX || is_full(m, put, asked))
		return STORE_FULL;
	if (listing_blocks(asked) && !memory_may_tell(m, asked))
		return STORE_EXISTS;
	notice = new_notice(asked);
	if (notice == NULL)
		return STORE_FULL;
	memory_add(&m->notices, notice);
	return STORE_OK;
}

/* Of which one is it the domain's oldest PENDING one, and of how many? */
static uint64_t
weigh(const struct memory *m, const struct memory_notice *candidate)
{
	uint64_t count = 0;

	for (size_t i = 0; i < m->notices.count; i++) {
		const struct memory_notice *notice = m->notices.at[i];

		if (notice->row.state != NOTICE_PENDING ||
		    !span_equals(
			notice->row.recipient, candidate->row.recipient) ||
		    !span_equals(notice->row.domain, candidate->row.domain))
			continue;
		if (memory_compare_keys(notice->row.key, candidate->row.key) <
		    0)
			return 0;
		count++;
	}
	return count;
}

/* The oldest PENDING one of the user's largest source, of equal ones the
   oldest; and how many PENDING ones the user has. */
static struct memory_notice *
find_victim(const struct memory *m, struct span user, uint64_t *count_r)
{
	struct memory_notice *victim = NULL;
	uint64_t largest = 0;

	*count_r = 0;
	for (size_t i = 0; i < m->notices.count; i++) {
		struct memory_notice *notice = m->notices.at[i];
		uint64_t weight;

		if (notice->row.state != NOTICE_PENDING ||
		    !span_equals(notice->row.recipient, user))
			continue;
		++*count_r;
		weight = weigh(m, notice);
		if (weight < largest || weight == 0)
			continue;
		if (weight == largest && victim != NULL &&
		    memory_compare_keys(notice->row.key, victim->row.key) > 0)
			continue;
		victim = notice;
		largest = weight;
	}
	return victim;
}

static void
make_room(struct memory *m, struct store_op *op, struct span user)
{
	struct store_notice_put *put = &op->notice_put;
	struct memory_notice *victim;
	uint64_t count;
	struct key body;

	if (put->user_max == 0 || user.n == 0)
		return;
	victim = find_victim(m, user, &count);
	if (count <= put->user_max || victim == NULL)
		return;
	if (memory_notice_drop(
		m, victim, NOTICE_LAPSED, store_moment(op), &body))
		put->bodies[put->body_count++] = body;
	put->lapsed++;
}

enum store_outcome
store_memory_notice_put(struct memory *m, struct store_op *op)
{
	struct store_notice_put *put = &op->notice_put;

	if (put->count > STORE_RECIPIENTS_PART ||
	    !memory_reserve(&m->notices, put->count))
		return STORE_FULL;
	put->lapsed = put->body_count = 0;
	put->outcomes =
	    arena_take(&op->arena, put->count * sizeof put->outcomes[0]);
	put->bodies =
	    arena_take(&op->arena, put->count * sizeof put->bodies[0]);
	if (put->outcomes == NULL || put->bodies == NULL)
		return STORE_FULL;
	for (unsigned i = 0; i < put->count; i++) {
		struct store_notice asked = put->notices[i];

		asked.recipient = memory_identity_user(m, asked.named);
		put->outcomes[i] = put_one(m, put, &asked);
		if (put->outcomes[i] == STORE_OK &&
		    asked.state == NOTICE_PENDING)
			make_room(m, op, asked.recipient);
	}
	return STORE_OK;
}

static bool
is_due(const void *row, const void *arg)
{
	const struct memory_notice *notice = row;
	const struct store_op *op = arg;
	const struct store_notice_claim *claim = &op->notice_claim;

	for (unsigned i = 0; i < claim->without_count; i++)
		if (ip_equals(claim->without[i], notice->row.address))
			return false;
	return (notice->row.state == NOTICE_WANTED ||
		   notice->row.state == NOTICE_PULLING ||
		   notice->row.unconfirmed || notice->row.verdict_due) &&
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

/* What a claim does to the row; done alike to the row and to its copy. */
static void
begin_pull(struct store_notice *row, int64_t now)
{
	row->tries++;
	if (row->state != NOTICE_WANTED && row->state != NOTICE_PULLING)
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
	claim->notices = memory_notice_rows(op, &picked);
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

static bool
is_confirmable(const struct store_notice *row)
{
	return row->state >= NOTICE_KEPT && row->state <= NOTICE_REFUSED;
}

/* LATER: for a pull that failed, a confirmation or a verdict that did. */
static bool
put_off(struct store_notice *row, int64_t next_at)
{
	if (row->state == NOTICE_PULLING)
		row->state = NOTICE_WANTED;
	else if (row->state == NOTICE_WANTED)
		return row->next_at == next_at;
	else if (!row->unconfirmed && !row->verdict_due)
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

/* TOLD: that verdict, and not one that came since. */
static bool
note_told(struct store_notice *row, unsigned verdict)
{
	if (!is_confirmable(row) || row->verdict == VERDICT_NONE)
		return false;
	if (row->verdict == verdict)
		row->verdict_due = false;
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
	case NOTICE_END_TOLD:
		return note_told(row, settle->verdict);
	}
	return false;
}

/* What the user is told of one that lapses. */
static enum store_outcome
add_report(struct memory *m, const struct store_notice_settle *settle)
{
	if (!store_report_fits(&settle->message))
		return STORE_FULL;
	if (memory_message_find(m, settle->message.key) != NULL ||
	    memory_delivery_is_there(m, settle->delivery.key))
		return STORE_CONFLICT;
	return memory_report_add(m, &settle->message, &settle->delivery);
}

enum store_outcome
store_memory_notice_settle(struct memory *m, struct store_op *op)
{
	const struct store_notice_settle *settle = &op->notice_settle;
	struct memory_notice *notice =
	    memory_notice_find(m, settle->id, settle->domain, settle->named);
	enum store_outcome outcome = STORE_OK;

	if (notice == NULL)
		return STORE_NONE;
	if (settle->has_report && settle->end == NOTICE_END_LAPSED &&
	    notice->row.state == NOTICE_PULLING)
		outcome = add_report(m, settle);
	if (outcome != STORE_OK)
		return outcome;
	if (!settle_row(&notice->row, settle))
		return STORE_CONFLICT;
	memory_say(&notice->reply, settle->reply);
	notice->pull = (struct memory_lease){0};
	return STORE_OK;
}

/* The one that brought the message; of several the first. */
static const struct memory_notice *
find_bringer(const struct memory *m, const struct store_notice_get *get)
{
	const struct memory_notice *found = NULL;

	for (size_t i = 0; i < m->notices.count; i++) {
		const struct memory_notice *notice = m->notices.at[i];

		if ((notice->row.state != NOTICE_FETCHED &&
			notice->row.state != NOTICE_DELIVERED) ||
		    !key_equals(notice->row.message, get->message) ||
		    !span_equals(notice->row.recipient, get->recipient))
			continue;
		if (found == NULL ||
		    memory_compare_keys(notice->row.key, found->row.key) < 0)
			found = notice;
	}
	return found;
}

enum store_outcome
store_memory_notice_get(struct memory *m, struct store_op *op)
{
	struct store_notice_get *get = &op->notice_get;
	const struct memory_notice *notice =
	    !key_is_zero(get->key) ? memory_notice_at(m, get->key)
	    : !key_is_zero(get->message)
		? find_bringer(m, get)
		: memory_notice_find(m, get->id, get->domain, get->named);

	if (notice == NULL)
		return STORE_NONE;
	if (!memory_notice_copy(op, notice, &get->notice))
		return STORE_FULL;
	if (get->whole &&
	    !copy_notice_text(&op->arena, &notice->row, &get->notice))
		return STORE_FULL;
	return STORE_OK;
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
	list->notices = memory_notice_rows(op, &picked);
	list->count = list->notices == NULL ? 0 : picked.count;
	memory_picked_free(&picked);
	return list->notices == NULL ? STORE_FULL : STORE_OK;
}
