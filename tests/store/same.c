/* What two drivers answered, compared field by field. */
#include "same.h"

#include "fixture.h"

static void
same_span(struct span a, struct span b)
{
	assert_int_equal(a.n, b.n);
	if (a.n > 0)
		assert_memory_equal(a.p, b.p, a.n);
}

static void
same_key(struct key a, struct key b)
{
	assert_memory_equal(a.b, b.b, sizeof a.b);
}

static void
same_user(const struct store_user *a, const struct store_user *b)
{
	same_span(a->address, b->address);
	same_span(a->password, b->password);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->from_check, b->from_check);
	assert_memory_equal(a->secret, b->secret, sizeof a->secret);
	assert_int_equal(a->created, b->created);
}

static void
same_message(const struct store_message *a, const struct store_message *b)
{
	same_key(a->key, b->key);
	same_span(a->sender, b->sender);
	same_span(a->user, b->user);
	same_span(a->envid, b->envid);
	same_span(a->subject, b->subject);
	assert_int_equal(a->spooled, b->spooled);
	assert_int_equal(a->body_8bit, b->body_8bit);
	assert_int_equal(a->created, b->created);
	assert_memory_equal(a->digest, b->digest, sizeof a->digest);
	same_span(a->head, b->head);
	same_span(a->body, b->body);
}

static void
same_hold_rows(const struct store_hold_row *x, const struct store_hold_row *y,
    unsigned count, unsigned other_count)
{
	assert_int_equal(count, other_count);
	for (unsigned i = 0; i < count; i++) {
		const struct store_hold *a = &x[i].hold, *b = &y[i].hold;

		same_key(a->key, b->key);
		same_key(a->message, b->message);
		same_span(a->id, b->id);
		same_span(a->recipient, b->recipient);
		same_span(a->reply, b->reply);
		same_span(a->targets, b->targets);
		assert_int_equal(a->state, b->state);
		assert_int_equal(a->route, b->route);
		assert_int_equal(a->tries, b->tries);
		assert_int_equal(a->created, b->created);
		assert_int_equal(a->next_at, b->next_at);
		assert_int_equal(a->expires_at, b->expires_at);
		assert_int_equal(a->ended_at, b->ended_at);
		assert_int_equal(a->capabilities, b->capabilities);
		same_message(&x[i].message, &y[i].message);
	}
}

static void
same_notices(const struct store_notice *a, const struct store_notice *b,
    unsigned count, unsigned other_count)
{
	assert_int_equal(count, other_count);
	for (unsigned i = 0; i < count; i++, a++, b++) {
		same_span(a->id, b->id);
		same_span(a->domain, b->domain);
		same_key(a->key, b->key);
		assert_true(ip_equals(a->address, b->address));
		assert_int_equal(a->state, b->state);
		assert_int_equal(a->unconfirmed, b->unconfirmed);
		assert_int_equal(a->has_digest, b->has_digest);
		assert_int_equal(a->has_size, b->has_size);
		assert_int_equal(a->size, b->size);
		assert_int_equal(a->tries, b->tries);
		assert_int_equal(a->first_try_at, b->first_try_at);
		assert_int_equal(a->next_at, b->next_at);
		assert_int_equal(a->expires_at, b->expires_at);
		same_key(a->message, b->message);
		same_span(a->reply, b->reply);
	}
}

static void
same_deliveries(
    const struct store_delivery_claim *x, const struct store_delivery_claim *y)
{
	assert_int_equal(x->count, y->count);
	for (unsigned i = 0; i < x->count; i++) {
		same_key(x->rows[i].delivery.key, y->rows[i].delivery.key);
		same_span(x->rows[i].delivery.notice_id,
		    y->rows[i].delivery.notice_id);
		assert_int_equal(
		    x->rows[i].delivery.tries, y->rows[i].delivery.tries);
		assert_int_equal(
		    x->rows[i].delivery.next_at, y->rows[i].delivery.next_at);
		same_message(&x->rows[i].message, &y->rows[i].message);
	}
}

static void
same_expired(
    const struct store_hold_expire *x, const struct store_hold_expire *y)
{
	same_hold_rows(x->rows, y->rows, x->count, y->count);
	assert_int_equal(x->body_count, y->body_count);
	for (unsigned i = 0; i < x->body_count; i++)
		same_key(x->bodies[i], y->bodies[i]);
}

static void
same_users(const struct store_user_list *x, const struct store_user_list *y)
{
	assert_int_equal(x->count, y->count);
	for (unsigned i = 0; i < x->count; i++)
		same_user(&x->users[i], &y->users[i]);
}

static void
same_peers(const struct store_peer *a, const struct store_peer *b,
    unsigned count, unsigned other_count)
{
	assert_int_equal(count, other_count);
	for (unsigned i = 0; i < count; i++, a++, b++) {
		same_span(a->name, b->name);
		assert_int_equal(a->list, b->list);
		assert_int_equal(a->until, b->until);
		assert_int_equal(a->notices, b->notices);
		assert_int_equal(a->pulls, b->pulls);
		assert_int_equal(a->failures, b->failures);
		assert_int_equal(a->created, b->created);
		assert_int_equal(a->seen, b->seen);
	}
}

/* Both are clean, always. */
static void
same_checks(const struct store_check *x, const struct store_check *y)
{
	if (x->problems + y->problems > 0)
		fail_msg("memory: %.*s sqlite: %.*s", (int)x->text.n, x->text.p,
		    (int)y->text.n, y->text.p);
}

void
same_results(const struct store_op *x, const struct store_op *y)
{
	if (x->outcome != y->outcome)
		fail_msg("%s: %s in memory, %s in sqlite",
		    store_verb_name(x->verb), store_outcome_name(x->outcome),
		    store_outcome_name(y->outcome));
	if (x->verb == STORE_HOLD_LEASE)
		assert_int_equal(
		    x->hold_lease.entitled, y->hold_lease.entitled);
	if (x->outcome != STORE_OK)
		return;
	if (x->verb == STORE_USER_GET)
		same_user(&x->user_get.user, &y->user_get.user);
	else if (x->verb == STORE_USER_LIST)
		same_users(&x->user_list, &y->user_list);
	else if (x->verb == STORE_HOLD_CLAIM)
		same_hold_rows(x->hold_claim.rows, y->hold_claim.rows,
		    x->hold_claim.count, y->hold_claim.count);
	else if (x->verb == STORE_HOLD_LEASE)
		same_hold_rows(&x->hold_lease.row, &y->hold_lease.row, 1, 1);
	else if (x->verb == STORE_HOLD_SETTLE)
		assert_int_equal(
		    x->hold_settle.body_free, y->hold_settle.body_free);
	else if (x->verb == STORE_HOLD_END)
		assert_int_equal(x->hold_end.body_free, y->hold_end.body_free);
	else if (x->verb == STORE_HOLD_EXPIRE)
		same_expired(&x->hold_expire, &y->hold_expire);
	else if (x->verb == STORE_HOLD_GET)
		same_hold_rows(&x->hold_get.row, &y->hold_get.row, 1, 1);
	else if (x->verb == STORE_HOLD_LIST)
		same_hold_rows(x->hold_list.rows, y->hold_list.rows,
		    x->hold_list.count, y->hold_list.count);
	else if (x->verb == STORE_NOTICE_CLAIM)
		same_notices(x->notice_claim.notices, y->notice_claim.notices,
		    x->notice_claim.count, y->notice_claim.count);
	else if (x->verb == STORE_NOTICE_GET)
		same_notices(
		    &x->notice_get.notice, &y->notice_get.notice, 1, 1);
	else if (x->verb == STORE_NOTICE_LIST)
		same_notices(x->notice_list.notices, y->notice_list.notices,
		    x->notice_list.count, y->notice_list.count);
	else if (x->verb == STORE_DELIVERY_CLAIM)
		same_deliveries(&x->delivery_claim, &y->delivery_claim);
	else if (x->verb == STORE_DELIVERY_SETTLE)
		assert_int_equal(
		    x->delivery_settle.body_free, y->delivery_settle.body_free);
	else if (x->verb == STORE_PEER_PUT)
		same_peers(&x->peer_put.peer, &y->peer_put.peer, 1, 1);
	else if (x->verb == STORE_PEER_GET)
		same_peers(&x->peer_get.peer, &y->peer_get.peer, 1, 1);
	else if (x->verb == STORE_PEER_LIST)
		same_peers(x->peer_list.peers, y->peer_list.peers,
		    x->peer_list.count, y->peer_list.count);
	else if (x->verb == STORE_SWEEP)
		assert_int_equal(x->sweep.removed, y->sweep.removed);
	else if (x->verb == STORE_COUNT)
		assert_memory_equal(&x->count, &y->count, sizeof x->count);
	else if (x->verb == STORE_CHECK)
		same_checks(&x->check, &y->check);
}
