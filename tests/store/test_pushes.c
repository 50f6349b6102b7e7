/* Holds whose message we send ourselves, on every driver. */
#include "fixture.h"

#define TICKET 41

static struct store_op *
claim(struct fixture *f, unsigned expected)
{
	struct store_op *op = begin(f, STORE_HOLD_CLAIM);

	op->hold_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	expect(f, STORE_OK);
	assert_int_equal(op->hold_claim.count, expected);
	return op;
}

static struct store_op *
begin_push(struct fixture *f, unsigned hold)
{
	struct store_op *op = begin(f, STORE_HOLD_PUSH);

	op->hold_push.key = key_of(hold);
	op->hold_push.node = NODE;
	op->hold_push.ticket = TICKET;
	op->hold_push.lease_until = f->now + 600;
	return op;
}

static struct store_op *
begin_settle(struct fixture *f, unsigned hold, enum store_hold_state to)
{
	struct store_op *op = begin(f, STORE_HOLD_SETTLE);

	op->hold_settle.key = key_of(hold);
	op->hold_settle.node = NODE;
	op->hold_settle.ticket = TICKET;
	op->hold_settle.state = to;
	op->hold_settle.next_at = f->now + 300;
	op->hold_settle.reply = span_of("450 4.7.1 later");
	return op;
}

/* One hold, 10, of message 1 in the spool, leased for a push. */
static void
put_pushed(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);
	struct store_hold row = hold_of(10, 1);

	row.report_at = NOW + 5000;
	op->message_put.message = message_of(1);
	op->message_put.message.spooled = true;
	op->message_put.hold_count = 1;
	op->message_put.holds = &row;
	expect(f, STORE_OK);
	claim(f, 1);
	begin_push(f, 10);
	expect(f, STORE_OK);
}

static void
free_leases(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_LEASE_FREE);

	op->lease_free.node = NODE;
	expect(f, STORE_OK);
}

static uint64_t
routes_push(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_COUNT);

	expect(f, STORE_OK);
	return op->count.routes_push;
}

static void
a_hold_that_is_to_be_pushed_is_due_like_any_other(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	op = begin(f, STORE_HOLD_RETRY);
	op->hold_retry.key = key_of(10);
	op->hold_retry.route = ROUTE_PUSH;
	op->hold_retry.next_at = NOW + 300;
	expect(f, STORE_OK);
	assert_int_equal(hold_now(f, 10).next_at, NOW + 300);
	assert_int_equal(routes_push(f), 1);
	f->now = NOW + 299;
	claim(f, 0);
	f->now = NOW + 300;
	op = claim(f, 1);
	assert_int_equal(op->hold_claim.rows[0].hold.route, ROUTE_PUSH);
	assert_false(op->hold_claim.rows[0].hold.sent_whole);
	assert_clean(f);
}

static void
a_push_brings_the_content_and_nobody_else_may_fetch_it(void **state)
{
	struct fixture *f = *state;
	struct store_hold_row *row;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	claim(f, 1);
	aim(f, 10);
	op = begin_push(f, 10);
	expect(f, STORE_OK);
	row = &op->hold_push.row;
	assert_int_equal(row->hold.state, HOLD_LEASED);
	assert_int_equal(row->hold.route, ROUTE_PUSH);
	assert_int_equal(row->hold.targets.n, 0);
	assert_false(row->hold.sent_whole);
	assert_span(row->message.head, "Subject: minutes\r\n\r\n");
	assert_span(row->message.body, "Here they are.\r\n");
	assert_int_equal(hold_now(f, 10).state, HOLD_LEASED);
	assert_int_equal(hold_now(f, 10).route, ROUTE_PUSH);
	assert_int_equal(hold_now(f, 10).targets.n, 0);
	op = begin_lease(f, 10);
	expect(f, STORE_NONE);
	assert_false(op->hold_lease.entitled);
	f->now += 599; /* the claim ran out long ago, the lease did not */
	claim(f, 0);
	assert_clean(f);
}

static void
only_who_has_claimed_a_hold_may_push_it(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	begin_push(f, 10); /* nobody has */
	expect(f, STORE_CONFLICT);
	claim(f, 1);
	op = begin_push(f, 10);
	op->hold_push.node = NODE + 1;
	expect(f, STORE_CONFLICT);
	begin_push(f, 11);
	expect(f, STORE_NONE);
	f->now += 60; /* the claim ran out */
	begin_push(f, 10);
	expect(f, STORE_CONFLICT);
	assert_int_equal(hold_now(f, 10).route, ROUTE_UNKNOWN);
	claim(f, 1);
	begin_push(f, 10);
	expect(f, STORE_OK);
}

static void
what_is_no_longer_held_is_not_pushed(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 3);
	claim(f, 3);
	notify(f, 10);
	begin_push(f, 10);
	expect(f, STORE_CONFLICT);
	aim(f, 11);
	op = begin_lease(f, 11); /* a pull, even of this node and ticket */
	op->hold_lease.ticket = TICKET;
	expect(f, STORE_OK);
	begin_push(f, 11);
	expect(f, STORE_CONFLICT);
	begin_end(f, 12, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	begin_push(f, 12);
	expect(f, STORE_CONFLICT);
	assert_int_equal(hold_now(f, 11).targets.n, STORE_TARGET);
	assert_clean(f);
}

static void
the_same_push_again_finds_its_lease(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_pushed(f);
	f->now += 60;
	op = begin_push(f, 10);
	expect(f, STORE_OK);
	assert_span(op->hold_push.row.message.body, "Here they are.\r\n");
	assert_false(op->hold_push.row.hold.sent_whole);
	assert_int_equal(hold_now(f, 10).tries, 0);
	op = begin_push(f, 10);
	op->hold_push.ticket = TICKET + 1;
	expect(f, STORE_CONFLICT);
	op = begin_push(f, 10);
	op->hold_push.node = NODE + 1;
	expect(f, STORE_CONFLICT);
	f->now = NOW + 659; /* so long since the second one */
	claim(f, 0);
	f->now = NOW + 660;
	claim(f, 1);
	assert_clean(f);
}

static void
a_push_that_failed_is_due_later(void **state)
{
	struct fixture *f = *state;
	struct store_hold hold;
	struct store_op *op;

	put_pushed(f);
	for (unsigned i = 0; i < 2; i++) { /* counted once */
		op = begin_settle(f, 10, HOLD_HELD);
		op->hold_settle.sent_whole = true;
		expect(f, STORE_OK);
		assert_false(op->hold_settle.body_free);
	}
	hold = hold_now(f, 10);
	assert_int_equal(hold.state, HOLD_HELD);
	assert_int_equal(hold.route, ROUTE_PUSH);
	assert_int_equal(hold.next_at, NOW + 300);
	assert_int_equal(hold.tries, 1);
	assert_true(hold.sent_whole);
	assert_int_equal(hold.report_at, NOW + 5000);
	assert_span(hold.reply, "450 4.7.1 later");
	assert_int_equal(routes_push(f), 1);
	op = begin_settle(f, 10, HOLD_HELD);
	op->hold_settle.next_at = NOW + 301;
	expect(f, STORE_CONFLICT);
	begin_settle(f, 10, HOLD_TAKEN);
	expect(f, STORE_CONFLICT);
	f->now = NOW + 299;
	claim(f, 0);
	f->now = NOW + 300;
	claim(f, 1);
	begin_push(f, 10);
	expect(f, STORE_OK);
	assert_clean(f);
}

static void
only_the_lease_that_is_there_is_settled(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_pushed(f);
	op = begin_settle(f, 10, HOLD_HELD);
	op->hold_settle.ticket = TICKET + 1;
	expect(f, STORE_CONFLICT);
	op = begin_settle(f, 10, HOLD_HELD);
	op->hold_settle.node = NODE + 1;
	expect(f, STORE_CONFLICT);
	begin_settle(f, 11, HOLD_HELD);
	expect(f, STORE_NONE);
	assert_int_equal(state_of_hold(f, 10), HOLD_LEASED);
}

/* The asker accepted, and hung up. */
static void
a_pull_given_up_for_a_push_keeps_its_targets_until_then(void **state)
{
	struct fixture *f = *state;
	struct store_hold hold;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	aim(f, 10);
	notify(f, 10);
	op = begin_lease(f, 10);
	op->hold_lease.ticket = TICKET;
	expect(f, STORE_OK);
	op = begin_settle(f, 10, HOLD_HELD);
	op->hold_settle.next_at = NOW;
	expect(f, STORE_OK);
	hold = hold_now(f, 10);
	assert_int_equal(hold.state, HOLD_HELD);
	assert_int_equal(hold.route, ROUTE_PUSH);
	assert_int_equal(hold.tries, 2); /* the notice is one of them */
	assert_int_equal(hold.targets.n, STORE_TARGET);
	assert_int_equal(hold.expires_at, NOW + 172800);
	assert_int_equal(routes_push(f), 1);
	claim(f, 1);
	begin_push(f, 10);
	expect(f, STORE_OK);
	op = begin_lease(f, 10);
	expect(f, STORE_NONE);
	assert_false(op->hold_lease.entitled);
	assert_clean(f);
}

static void
a_push_whose_lease_was_lost_is_claimed_and_held_again(void **state)
{
	struct fixture *f = *state;
	struct store_hold_row *row;

	put_pushed(f);
	f->now += 599;
	claim(f, 0);
	f->now += 1;
	row = claim(f, 1)->hold_claim.rows;
	assert_int_equal(row->hold.state, HOLD_HELD);
	assert_int_equal(row->hold.route, ROUTE_PUSH);
	assert_true(row->hold.sent_whole);
	assert_span(
	    row->message.envelope, "Subject: minutes\r\n\r\nHere they\r\n");
	assert_int_equal(state_of_hold(f, 10), HOLD_HELD);
	assert_true(hold_now(f, 10).sent_whole);
	assert_int_equal(routes_push(f), 1);
	begin_settle(f, 10, HOLD_TAKEN); /* whoever it was comes too late */
	expect(f, STORE_CONFLICT);
	claim(f, 0);
	assert_clean(f);
}

static void
a_push_of_an_earlier_life_is_claimed_at_once(void **state)
{
	struct fixture *f = *state;

	put_pushed(f);
	free_leases(f);
	assert_int_equal(state_of_hold(f, 10), HOLD_LEASED);
	assert_clean(f);
	assert_true(claim(f, 1)->hold_claim.rows[0].hold.sent_whole);
	assert_clean(f);
}

/* One that was aimed at may come back for it; nobody else sends it. */
static void
a_pull_whose_lease_was_lost_is_not_claimed(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 1);
	aim(f, 10);
	lease(f, 10);
	f->now += 600;
	claim(f, 0);
	assert_int_equal(state_of_hold(f, 10), HOLD_LEASED);
}

static void
a_push_that_was_taken_gives_the_content_back(void **state)
{
	struct fixture *f = *state;

	put_pushed(f);
	begin_settle(f, 10, HOLD_TAKEN);
	expect(f, STORE_OK);
	assert_true(f->op->hold_settle.body_free);
	assert_true(key_equals(f->op->hold_settle.message, key_of(1)));
	assert_true(hold_now(f, 10).report_at == INT64_MAX);
	assert_int_equal(hold_now(f, 10).ended_at, NOW);
	begin_settle(f, 10, HOLD_HELD);
	expect(f, STORE_CONFLICT);
	assert_clean(f);
}

static void
a_push_that_was_refused_is_reported(void **state)
{
	struct fixture *f = *state;

	put_pushed(f);
	begin_settle(f, 10, HOLD_REFUSED);
	expect(f, STORE_OK);
	assert_false(f->op->hold_settle.body_free);
	assert_int_equal(hold_now(f, 10).report_at, NOW);
	assert_clean(f);
}

static unsigned
expire(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_HOLD_EXPIRE);

	op->hold_expire.limit = 10;
	op->hold_expire.born_before = NOW + 1;
	expect(f, STORE_OK);
	return op->hold_expire.count;
}

static void
a_hold_being_pushed_is_neither_ended_nor_expired(void **state)
{
	struct fixture *f = *state;

	put_pushed(f);
	f->now += 599;
	begin_end(f, 10, HOLD_WITHDRAWN);
	expect(f, STORE_BUSY);
	begin_end(f, 10, HOLD_REFUSED);
	expect(f, STORE_BUSY);
	assert_int_equal(expire(f), 0);
	f->now += 1;
	assert_int_equal(expire(f), 1);
	assert_int_equal(state_of_hold(f, 10), HOLD_EXPIRED);
	assert_true(hold_now(f, 10).sent_whole);
	claim(f, 0);
	assert_clean(f);
}

static void
a_push_whose_lease_was_lost_can_be_withdrawn(void **state)
{
	struct fixture *f = *state;

	put_pushed(f);
	free_leases(f);
	begin_end(f, 10, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	assert_true(hold_now(f, 10).sent_whole);
	claim(f, 0);
	assert_clean(f);
}

/* Else nobody would find it when its lease is lost. */
static void
a_notice_taken_while_a_hold_is_pushed_leaves_its_route(void **state)
{
	struct fixture *f = *state;

	put_pushed(f);
	notify(f, 10);
	assert_int_equal(hold_now(f, 10).route, ROUTE_PUSH);
	assert_int_equal(state_of_hold(f, 10), HOLD_LEASED);
	f->now += 600;
	claim(f, 1);
	assert_clean(f);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(a_hold_that_is_to_be_pushed_is_due_like_any_other),
	    CASE(a_push_brings_the_content_and_nobody_else_may_fetch_it),
	    CASE(only_who_has_claimed_a_hold_may_push_it),
	    CASE(what_is_no_longer_held_is_not_pushed),
	    CASE(the_same_push_again_finds_its_lease),
	    CASE(a_push_that_failed_is_due_later),
	    CASE(only_the_lease_that_is_there_is_settled),
	    CASE(a_pull_given_up_for_a_push_keeps_its_targets_until_then),
	    CASE(a_push_whose_lease_was_lost_is_claimed_and_held_again),
	    CASE(a_push_of_an_earlier_life_is_claimed_at_once),
	    CASE(a_pull_whose_lease_was_lost_is_not_claimed),
	    CASE(a_push_that_was_taken_gives_the_content_back),
	    CASE(a_push_that_was_refused_is_reported),
	    CASE(a_hold_being_pushed_is_neither_ended_nor_expired),
	    CASE(a_push_whose_lease_was_lost_can_be_withdrawn),
	    CASE(a_notice_taken_while_a_hold_is_pushed_leaves_its_route),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
