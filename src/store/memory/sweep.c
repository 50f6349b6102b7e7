/*
 * Removing records whose time has passed, and counting what is there, in
 * memory. Holds go before their messages, so that a shown hold always has one.
 */
#include "store/memory/memory.h"

/* What the callbacks of one kind of rows look at. */
struct sweeping {
	struct memory *m;
	const struct store_sweep *sweep;
	int64_t now;
};

/* One kind of rows: which are to go, which first, and how. */
struct kind {
	struct memory_rows *rows;
	bool (*is_past)(const void *row, const void *sweeping);
	int (*compare)(const void *a, const void *b);
	void (*drop)(struct memory *m, void *row);
};

static int
by_time_and_key(int64_t a, int64_t b, struct key a_key, struct key b_key)
{
	int r = memory_compare_times(a, b);

	return r != 0 ? r : memory_compare_keys(a_key, b_key);
}

static bool
hold_is_past(const void *row, const void *arg)
{
	const struct memory_hold *hold = row;
	const struct sweeping *s = arg;

	if (memory_hold_open(hold) || hold->row.report_at != INT64_MAX ||
	    hold->row.ended_at >= s->sweep->holds_before)
		return false;
	for (size_t i = 0; i < s->m->holds.count; i++) {
		const struct memory_hold *other = s->m->holds.at[i];

		if (other != hold &&
		    key_equals(other->row.envelope, hold->row.key))
			return false;
	}
	return true;
}

static int
by_end(const void *a, const void *b)
{
	const struct memory_hold *const *x = a, *const *y = b;

	return by_time_and_key((*x)->row.ended_at, (*y)->row.ended_at,
	    (*x)->row.key, (*y)->row.key);
}

static void
drop_hold(struct memory *m, void *row)
{
	memory_remove(&m->holds, row);
	memory_hold_free(row);
}

static bool
message_is_past(const void *row, const void *arg)
{
	const struct memory_message *message = row;
	const struct sweeping *s = arg;

	if (message->freed_at == 0 ||
	    message->freed_at >= s->sweep->holds_before)
		return false;
	for (size_t i = 0; i < s->m->holds.count; i++) {
		const struct memory_hold *hold = s->m->holds.at[i];

		if (hold->message == message)
			return false;
	}
	return true;
}

static int
by_freeing(const void *a, const void *b)
{
	const struct memory_message *const *x = a, *const *y = b;

	return by_time_and_key(
	    (*x)->freed_at, (*y)->freed_at, (*x)->row.key, (*y)->row.key);
}

static void
drop_message(struct memory *m, void *row)
{
	memory_remove(&m->messages, row);
	memory_message_free(row);
}

static bool
notice_is_past(const void *row, const void *arg)
{
	const struct memory_notice *notice = row;
	const struct sweeping *s = arg;

	return notice->row.expires_at < s->sweep->notices_before &&
	       !notice->row.shown && notice->row.state > NOTICE_FETCHED;
}

static int
by_expiry(const void *a, const void *b)
{
	const struct memory_notice *const *x = a, *const *y = b;

	return by_time_and_key((*x)->row.expires_at, (*y)->row.expires_at,
	    (*x)->row.key, (*y)->row.key);
}

static void
drop_notice(struct memory *m, void *row)
{
	memory_remove(&m->notices, row);
	memory_notice_free(row);
}

static bool
denial_is_past(const void *row, const void *arg)
{
	const struct memory_denied *denied = row;
	const struct sweeping *s = arg;

	return denied->row.until <= s->now;
}

static int
by_until(const void *a, const void *b)
{
	const struct memory_denied *const *x = a, *const *y = b;
	int r = memory_compare_times((*x)->row.until, (*y)->row.until);

	return r != 0
		   ? r
		   : memory_compare_texts((*x)->row.address, (*y)->row.address);
}

static void
drop_denied(struct memory *m, void *row)
{
	memory_remove(&m->denied, row);
	memory_denied_free(row);
}

static bool
was_never_finished(const void *row, const void *arg)
{
	const struct memory_message *message = row;
	const struct sweeping *s = arg;

	return message->staged &&
	       message->row.created < s->now - STORE_STAGED_LIFE;
}

static int
by_creation(const void *a, const void *b)
{
	const struct memory_message *const *x = a, *const *y = b;

	return by_time_and_key(
	    (*x)->row.created, (*y)->row.created, (*x)->row.key, (*y)->row.key);
}

static void
drop_staged(struct memory *m, void *row)
{
	for (size_t i = m->holds.count; i > 0; i--) {
		struct memory_hold *hold = m->holds.at[i - 1];

		if (hold->message == row)
			drop_hold(m, hold);
	}
	memory_deliveries_drop(m, row);
	drop_message(m, row);
}

static bool
peer_is_past(const void *row, const void *arg)
{
	const struct memory_peer *peer = row;
	const struct sweeping *s = arg;
	bool listed = peer->row.list != LISTED_NOT;

	return peer->row.seen < s->sweep->peers_before &&
	       (!listed || (peer->row.until > 0 &&
			       peer->row.until < s->sweep->peers_before));
}

static int
by_sight(const void *a, const void *b)
{
	const struct memory_peer *const *x = a, *const *y = b;
	int r = memory_compare_times((*x)->row.seen, (*y)->row.seen);

	return r != 0 ? r
		      : memory_compare_texts((*x)->row.name, (*y)->row.name);
}

static void
drop_peer(struct memory *m, void *row)
{
	memory_remove(&m->peers, row);
	memory_peer_free(row);
}

static bool
day_is_past(const void *row, const void *arg)
{
	const struct memory_peer_day *day = row;
	const struct sweeping *s = arg;

	return day->row.day < s->now / STORE_DAY - STORE_DAYS_KEPT;
}

static int
by_day(const void *a, const void *b)
{
	const struct memory_peer_day *const *x = a, *const *y = b;
	int r = memory_compare_times((*x)->row.day, (*y)->row.day);

	return r != 0 ? r
		      : memory_compare_texts(
			    buf_span(&(*x)->name), buf_span(&(*y)->name));
}

static void
drop_day(struct memory *m, void *row)
{
	memory_remove(&m->peer_days, row);
	memory_peer_day_free(row);
}

static bool
complaint_is_past(const void *row, const void *arg)
{
	const struct memory_complaint *c = row;
	const struct sweeping *s = arg;

	return c->row.at < s->now - STORE_COMPLAINTS_KEPT;
}

static int
by_complaint(const void *a, const void *b)
{
	const struct memory_complaint *const *x = a, *const *y = b;

	return by_time_and_key(
	    (*x)->row.at, (*y)->row.at, (*x)->row.hold, (*y)->row.hold);
}

static void
drop_complaint(struct memory *m, void *row)
{
	memory_remove(&m->complaints, row);
	memory_complaint_free(row);
}

static bool
sweep_kind(const struct kind *kind, const struct sweeping *s,
    struct store_sweep *sweep)
{
	struct memory_picked picked;

	if (!memory_pick(kind->rows, kind->is_past, s, kind->compare,
		sweep->limit - sweep->removed, &picked))
		return false;
	for (unsigned i = 0; i < picked.count; i++)
		kind->drop(s->m, picked.at[i]);
	sweep->removed += picked.count;
	memory_picked_free(&picked);
	return true;
}

enum store_outcome
store_memory_sweep(struct memory *m, struct store_op *op)
{
	const struct kind kinds[] = {
	    {&m->holds, hold_is_past, by_end, drop_hold},
	    {&m->messages, message_is_past, by_freeing, drop_message},
	    {&m->notices, notice_is_past, by_expiry, drop_notice},
	    {&m->messages, was_never_finished, by_creation, drop_staged},
	    {&m->denied, denial_is_past, by_until, drop_denied},
	    {&m->peers, peer_is_past, by_sight, drop_peer},
	    {&m->peer_days, day_is_past, by_day, drop_day},
	    {&m->complaints, complaint_is_past, by_complaint, drop_complaint},
	};
	struct store_sweep *sweep = &op->sweep;
	struct sweeping s = {m, sweep, op->now};

	sweep->removed = 0;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (!sweep_kind(&kinds[i], &s, sweep))
			return STORE_FULL;
	return STORE_OK;
}

static void
count_holds(const struct memory *m, struct store_count *count)
{
	for (size_t i = 0; i < m->holds.count; i++) {
		const struct memory_hold *hold = m->holds.at[i];

		if (hold->staged)
			continue;
		count->holds[hold->row.state]++;
		count->reports_due +=
		    !memory_hold_open(hold) && hold->row.report_at != INT64_MAX;
		if (hold->row.state == HOLD_HELD &&
		    hold->row.route == ROUTE_PUSH)
			count->routes_push++;
	}
}

enum store_outcome
store_memory_count(struct memory *m, struct store_op *op)
{
	struct store_count *count = &op->count;

	*count = (struct store_count){
	    .users = m->users.count, .peers = m->peers.count};
	for (size_t i = 0; i < m->messages.count; i++) {
		const struct memory_message *message = m->messages.at[i];

		count->messages += !message->staged;
	}
	for (size_t i = 0; i < m->deliveries.count; i++) {
		const struct memory_delivery *delivery = m->deliveries.at[i];

		count->deliveries += !delivery->staged;
	}
	for (size_t i = 0; i < m->notices.count; i++) {
		const struct memory_notice *notice = m->notices.at[i];

		count->notices[notice->row.state]++;
		count->unconfirmed += notice->row.unconfirmed;
		count->verdicts_due += notice->row.verdict_due;
	}
	count_holds(m, count);
	return STORE_OK;
}
