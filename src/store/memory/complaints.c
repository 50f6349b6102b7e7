/*
 * Complaints about our users, how they stand, and of whom the administrator is
 * to be told, in memory.
 */
#include "store/memory/memory.h"

#include "store/complaining.h"

#include <stdlib.h>

#define USER_OCTETS 1024

/* ---- rows ---- */

void
memory_complaint_free(struct memory_complaint *row)
{
	arena_fini(&row->text);
	free(row);
}

static void
standing_free(struct memory_standing *row)
{
	buf_fini(&row->user);
	free(row);
}

static void
investigation_free(struct memory_investigation *row)
{
	buf_fini(&row->user);
	free(row);
}

void
memory_complaints_close(struct memory *m)
{
	for (size_t i = 0; i < m->complaints.count; i++)
		memory_complaint_free(m->complaints.at[i]);
	for (size_t i = 0; i < m->standings.count; i++)
		standing_free(m->standings.at[i]);
	for (size_t i = 0; i < m->investigations.count; i++)
		investigation_free(m->investigations.at[i]);
	free(m->complaints.at);
	free(m->standings.at);
	free(m->investigations.at);
}

static struct memory_standing *
find_standing(const struct memory *m, struct span user)
{
	for (size_t i = 0; i < m->standings.count; i++) {
		struct memory_standing *row = m->standings.at[i];

		if (span_equals(buf_span(&row->user), user))
			return row;
	}
	return NULL;
}

static struct memory_standing *
make_standing(struct memory *m, struct span user)
{
	struct memory_standing *row = find_standing(m, user);

	if (row != NULL)
		return row;
	row = calloc(1, sizeof *row);
	if (row == NULL || !memory_reserve(&m->standings, 1)) {
		free(row);
		return NULL;
	}
	buf_init(&row->user, USER_OCTETS);
	buf_put(&row->user, user);
	memory_add(&m->standings, row);
	return row;
}

static struct memory_investigation *
find_investigation(
    const struct memory *m, struct span user, enum store_restraint restraint)
{
	for (size_t i = 0; i < m->investigations.count; i++) {
		struct memory_investigation *row = m->investigations.at[i];

		if (row->restraint == restraint &&
		    span_equals(buf_span(&row->user), user))
			return row;
	}
	return NULL;
}

static struct memory_investigation *
make_investigation(
    struct memory *m, struct span user, enum store_restraint restraint)
{
	struct memory_investigation *row =
	    find_investigation(m, user, restraint);

	if (row != NULL)
		return row;
	row = calloc(1, sizeof *row);
	if (row == NULL || !memory_reserve(&m->investigations, 1)) {
		free(row);
		return NULL;
	}
	buf_init(&row->user, USER_OCTETS);
	buf_put(&row->user, user);
	row->restraint = restraint;
	row->told_at = 1; /* nothing is due yet */
	memory_add(&m->investigations, row);
	return row;
}

/* ---- how it stands ---- */

static struct store_standing
standing_of(const struct memory *m, struct span user, int64_t now)
{
	const struct memory_standing *row = find_standing(m, user);
	struct store_standing standing = {0};
	int64_t since;

	if (row != NULL) {
		standing.suspended_at = row->suspended_at;
		standing.lifted_at = row->lifted_at;
	}
	since = complaining_since(standing.lifted_at, now);
	for (size_t i = 0; i < m->complaints.count; i++) {
		const struct memory_complaint *c = m->complaints.at[i];

		standing.complaints +=
		    c->row.at > since && span_equals(c->row.user, user);
	}
	return standing;
}

static bool
is_about(const void *row, const void *arg)
{
	const struct memory_complaint *c = row;

	return span_equals(c->row.user, *(const struct span *)arg);
}

static int
by_lateness(const void *a, const void *b)
{
	const struct memory_complaint *const *x = a, *const *y = b;
	int r = memory_compare_times((*y)->row.at, (*x)->row.at);

	return r != 0 ? r : memory_compare_keys((*y)->row.hold, (*x)->row.hold);
}

/* The latest LIMIT about USER. NULL: no room. */
static struct store_complaint *
latest(const struct memory *m, struct arena *a, struct span user,
    unsigned limit, bool heads, unsigned *count_r)
{
	struct store_complaint *rows;
	struct memory_picked picked;
	bool ok;

	*count_r = 0;
	if (!memory_pick(
		&m->complaints, is_about, &user, by_lateness, limit, &picked))
		return NULL;
	rows = arena_take(a, (picked.count + 1) * sizeof *rows);
	ok = rows != NULL;
	for (unsigned i = 0; ok && i < picked.count; i++) {
		struct store_complaint row =
		    ((const struct memory_complaint *)picked.at[i])->row;

		if (!heads)
			row.head = span_of("");
		ok = copy_complaint(a, &row, &rows[i]);
		*count_r += ok;
	}
	memory_picked_free(&picked);
	return ok ? rows : NULL;
}

enum store_outcome
memory_standing_get(
    const struct memory *m, struct store_op *op, struct store_user_get *get)
{
	if (!get->with_standing)
		return STORE_OK;
	get->standing = standing_of(m, get->address, op->now);
	get->complaints = latest(m, &op->arena, get->address,
	    get->complaint_limit, false, &get->complaint_count);
	return get->complaints != NULL ? STORE_OK : STORE_FULL;
}

enum store_outcome
memory_standing_put(struct memory *m, struct span user,
    enum store_submission submission, int64_t now)
{
	struct memory_standing *row;

	if (submission == 0)
		return STORE_OK;
	row = make_standing(m, user);
	if (row == NULL)
		return STORE_FULL;
	row->suspended_at = submission == SUBMISSION_OFF ? now : 0;
	if (submission == SUBMISSION_ON)
		row->lifted_at = now;
	return STORE_OK;
}

void
memory_standing_drop(struct memory *m, struct span user)
{
	struct memory_standing *row = find_standing(m, user);

	if (row == NULL)
		return;
	memory_remove(&m->standings, row);
	standing_free(row);
}

/* ---- one more ---- */

static struct memory_complaint *
new_complaint(const struct memory_hold *hold, unsigned verdict, int64_t now)
{
	const struct store_message *message = &hold->message->row;
	struct store_complaint row = {
	    .hold = hold->row.key,
	    .user = message->user,
	    .sender = message->sender,
	    .recipient = hold->row.recipient,
	    .domain = hold->row.domain,
	    .subject = message->subject,
	    .head = span_part(message->head, 0, STORE_COMPLAINT_HEAD),
	    .verdict = verdict,
	    .at = now,
	    .written = message->created,
	};
	struct memory_complaint *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	arena_init(&c->text, STORE_OP_ARENA);
	if (copy_complaint(&c->text, &row, &c->row))
		return c;
	memory_complaint_free(c);
	return NULL;
}

/* A restraint that began before the last complaint is not begun again. */
static enum store_outcome
restrain(struct memory *m, struct store_op *op, struct span user)
{
	struct store_hold_verdict *verdict = &op->hold_verdict;
	struct memory_standing *row = make_standing(m, user);
	struct store_standing standing = standing_of(m, user, op->now);
	enum store_restraint restraint = complaining_restraint(
	    &standing, verdict->slow_at, verdict->suspend_at);
	struct memory_investigation *due;

	if (row == NULL)
		return STORE_FULL;
	if (restraint == RESTRAINT_NONE)
		return STORE_OK;
	due = make_investigation(m, user, restraint);
	if (due == NULL)
		return STORE_FULL;
	if (due->at > complaining_since(standing.lifted_at, op->now))
		return STORE_OK;
	if (restraint == RESTRAINT_SUSPEND)
		row->suspended_at = store_moment(op);
	due->at = store_moment(op);
	due->told_at = 0;
	verdict->restraint = restraint;
	return STORE_OK;
}

enum store_outcome
memory_complain(
    struct memory *m, struct store_op *op, const struct memory_hold *hold)
{
	unsigned verdict = op->hold_verdict.verdict;
	struct memory_complaint *c;

	if (!complaining_counts(verdict, hold->message->row.user))
		return STORE_OK;
	for (size_t i = 0; i < m->complaints.count; i++) {
		c = m->complaints.at[i];
		if (key_equals(c->row.hold, hold->row.key))
			return STORE_OK;
	}
	c = new_complaint(hold, verdict, store_moment(op));
	if (c == NULL || !memory_reserve(&m->complaints, 1)) {
		if (c != NULL)
			memory_complaint_free(c);
		return STORE_FULL;
	}
	memory_add(&m->complaints, c);
	return restrain(m, op, c->row.user);
}

/* ---- the administrator is told ---- */

static bool
is_due(const void *row, const void *arg)
{
	const struct memory_investigation *i = row;
	const struct store_op *op = arg;

	return i->told_at == 0 && i->lease.until <= op->now;
}

static int
by_time(const void *a, const void *b)
{
	const struct memory_investigation *const *x = a, *const *y = b;
	int r = memory_compare_times((*x)->at, (*y)->at);

	if (r == 0)
		r = memory_compare_texts(
		    buf_span(&(*x)->user), buf_span(&(*y)->user));
	return r != 0 ? r : (int)(*x)->restraint - (int)(*y)->restraint;
}

static bool
show(const struct memory *m, struct store_op *op,
    const struct memory_investigation *from, struct store_investigation *to)
{
	to->user = arena_copy(&op->arena, buf_span(&from->user));
	to->restraint = from->restraint;
	to->at = from->at;
	to->standing = standing_of(m, to->user, op->now);
	to->complaints = latest(m, &op->arena, to->user,
	    op->complaint_claim.complaint_limit, true, &to->complaint_count);
	return to->user.p != NULL && to->complaints != NULL;
}

enum store_outcome
store_memory_complaint_claim(struct memory *m, struct store_op *op)
{
	struct store_complaint_claim *claim = &op->complaint_claim;
	struct memory_picked picked;
	bool ok;

	if (!memory_pick(&m->investigations, is_due, op, by_time,
		claim->claim.limit, &picked))
		return STORE_FULL;
	claim->count = 0;
	claim->rows =
	    arena_take(&op->arena, (picked.count + 1) * sizeof *claim->rows);
	ok = claim->rows != NULL;
	for (unsigned i = 0; ok && i < picked.count; i++) {
		struct memory_investigation *row = picked.at[i];

		ok = show(m, op, row, &claim->rows[i]);
		row->lease.node = claim->claim.node;
		row->lease.until = claim->claim.lease_until;
		claim->count += ok;
	}
	memory_picked_free(&picked);
	return ok ? STORE_OK : STORE_FULL;
}

enum store_outcome
store_memory_complaint_told(struct memory *m, struct store_op *op)
{
	struct store_complaint_told *told = &op->complaint_told;
	struct memory_investigation *row =
	    find_investigation(m, told->user, told->restraint);
	enum store_outcome outcome = STORE_OK;

	if (row == NULL)
		return STORE_NONE;
	if (row->told_at > 0)
		return STORE_EXISTS;
	told->nobody =
	    told->has_report && !memory_user_is_there(m, told->delivery.user);
	if (told->has_report && !told->nobody) {
		if (!store_report_fits(&told->message))
			return STORE_FULL;
		if (memory_message_find(m, told->message.key) != NULL ||
		    memory_delivery_is_there(m, told->delivery.key))
			return STORE_CONFLICT;
		outcome = memory_report_add(m, &told->message, &told->delivery);
	}
	if (outcome != STORE_OK)
		return outcome;
	row->told_at = store_moment(op);
	row->lease = (struct memory_lease){0};
	return STORE_OK;
}
