/* How a turn ended: taken, refused, given back; and never twice. */
#include "held.h"

#include "origin/settle.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
	struct side side;
	struct held held;
};

/* A hold that is being pulled. */
static void
open_at(struct fixture *f, bool spooled)
{
	side_open(&f->side, "a.test", "", 0);
	side_add_user(&f->side, "alice@a.test");
	assert_true(held_new(&f->side, spooled, &f->held));
	held_notice(&f->side, &f->held, 48 * HOUR);
	held_lease(&f->side, &f->held);
}

static int
set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	open_at(f, false);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	side_assert_clean(&f->side);
	side_close(&f->side);
	free(f);
	return 0;
}

struct noted {
	unsigned times;
	enum store_outcome outcome;
	bool body_free;
	struct key message;
};

static void
note(void *arg, enum store_outcome outcome, bool body_free, struct key message)
{
	struct noted *n = arg;

	n->times++;
	n->outcome = outcome;
	n->body_free = body_free;
	n->message = message;
}

static struct noted
settle_as(struct fixture *f, enum store_hold_state to, uint64_t node)
{
	char reply[] = "250 2.0.0 stored";
	const struct settle_end end = {.hold = f->held.key,
	    .node = node,
	    .ticket = TICKET,
	    .state = to,
	    .reply = span_of(reply)};
	struct noted n = {0};

	settle_pull(f->side.store, &end, f->side.now, note, &n);
	assert_int_equal(n.times, 0);     /* only when it is durable */
	memset(reply, 'x', sizeof reply); /* it was copied */
	side_turn(&f->side);
	assert_int_equal(n.times, 1);
	return n;
}

static enum store_outcome
settle(struct fixture *f, enum store_hold_state to)
{
	return settle_as(f, to, NODE).outcome;
}

/* GD-34 IM-07 DM-26 */
static void
a_message_taken_is_over_and_its_content_goes(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	assert_int_equal(settle(f, HOLD_TAKEN), STORE_OK);
	op = held_get(&f->side, &f->held);
	assert_int_equal(op->hold_get.row.hold.state, HOLD_TAKEN);
	assert_int_equal(op->hold_get.row.hold.ended_at, f->side.now);
	assert_span(op->hold_get.row.hold.reply, "250 2.0.0 stored");
	store_op_free(&op);
	/* the store's own check sees content that nobody needs */
	side_assert_clean(&f->side);
}

static void
a_message_refused_is_over(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(settle(f, HOLD_REFUSED), STORE_OK);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_REFUSED);
}

/* AT-14 */
static void
a_message_given_back_waits_on(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(settle(f, HOLD_NOTICED), STORE_OK);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_NOTICED);
	held_lease(&f->side, &f->held);
}

static void
the_same_end_again_is_no_fault(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(settle(f, HOLD_TAKEN), STORE_OK);
	assert_int_equal(settle(f, HOLD_TAKEN), STORE_OK);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_TAKEN);
}

/* GD-35 AT-15 */
static void
what_is_over_cannot_end_otherwise(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(settle(f, HOLD_TAKEN), STORE_OK);
	assert_int_equal(settle(f, HOLD_REFUSED), STORE_CONFLICT);
	assert_int_equal(settle(f, HOLD_NOTICED), STORE_CONFLICT);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_TAKEN);
}

static void
only_who_has_the_lease_can_end_it(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    settle_as(f, HOLD_TAKEN, NODE + 1).outcome, STORE_CONFLICT);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_LEASED);
	assert_int_equal(settle(f, HOLD_TAKEN), STORE_OK);
}

/* AT-15: a turn that was given up on must not settle the next one. */
static void
the_end_of_an_older_lease_settles_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_op *op = side_op(&f->side, STORE_HOLD_LEASE);

	f->side.now += f->side.settings->lease_time;
	op->now = f->side.now;
	op->hold_lease.key = f->held.key;
	op->hold_lease.id = span_of(f->held.id);
	op->hold_lease.asker = ip_of(PEER);
	op->hold_lease.node = NODE;
	op->hold_lease.ticket = TICKET + 1;
	op->hold_lease.lease_until = f->side.now + HOUR;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
	assert_int_equal(settle(f, HOLD_REFUSED), STORE_CONFLICT);
	assert_int_equal(settle(f, HOLD_NOTICED), STORE_CONFLICT);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_LEASED);
}

static void
no_other_state_is_an_end_of_a_turn(void **state)
{
	static const enum store_hold_state states[] = {
	    HOLD_LEASED, HOLD_EXPIRED, HOLD_WITHDRAWN};
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof states / sizeof states[0]; i++)
		assert_int_equal(settle(f, states[i]), STORE_CONFLICT);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_LEASED);
}

static void
a_hold_that_is_not_there_is_none(void **state)
{
	struct fixture *f = *state;
	struct key there = f->held.key;

	f->held.key = key_new(NOW);
	assert_int_equal(settle(f, HOLD_TAKEN), STORE_NONE);
	f->held.key = there;
}

static void
a_spooled_body_may_go_after_its_last_hold(void **state)
{
	struct fixture f;
	struct noted n;

	(void)state;
	open_at(&f, true);
	n = settle_as(&f, HOLD_NOTICED, NODE);
	assert_false(n.body_free);
	held_lease(&f.side, &f.held);
	n = settle_as(&f, HOLD_TAKEN, NODE);
	assert_true(n.body_free);
	assert_false(key_is_zero(n.message));
	side_close(&f.side);
}

/* WIRE 4.7: the answer to the next command waits for this word. */
static void
an_unsure_store_is_said_to_be_unsure(void **state)
{
	unsigned unsure = 0, done = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct fixture f;
		enum store_outcome outcome;
		enum store_hold_state now;

		side_open(&f.side, "a.test", "", seed);
		side_add_user(&f.side, "alice@a.test");
		if (!held_new(&f.side, false, &f.held)) {
			side_close(&f.side);
			continue;
		}
		held_notice(&f.side, &f.held, 48 * HOUR);
		held_lease(&f.side, &f.held);
		outcome = settle(&f, HOLD_TAKEN);
		now = held_state(&f.side, &f.held);
		unsure += outcome == STORE_UNSURE;
		done += outcome == STORE_UNSURE && now == HOLD_TAKEN;
		if (outcome != STORE_UNSURE) {
			assert_int_equal(outcome, STORE_OK);
			assert_int_equal(now, HOLD_TAKEN);
		}
		side_assert_clean(&f.side);
		side_close(&f.side);
	}
	assert_true(unsure > done && done > 0);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_message_taken_is_over_and_its_content_goes),
	    CASE(a_message_refused_is_over),
	    CASE(a_message_given_back_waits_on),
	    CASE(the_same_end_again_is_no_fault),
	    CASE(what_is_over_cannot_end_otherwise),
	    CASE(only_who_has_the_lease_can_end_it),
	    CASE(the_end_of_an_older_lease_settles_nothing),
	    CASE(no_other_state_is_an_end_of_a_turn),
	    CASE(a_hold_that_is_not_there_is_none),
	    cmocka_unit_test(a_spooled_body_may_go_after_its_last_hold),
	    cmocka_unit_test(an_unsure_store_is_said_to_be_unsure),
	};

	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
