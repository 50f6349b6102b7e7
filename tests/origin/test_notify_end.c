/* Notices: how calls end, what else may happen meanwhile, and many of them. */
#include "notifying.h"

#include "origin/accept.h"

#include <stdio.h>
#include <string.h>

/* ---- ends of calls ---- */

static void
holds_without_an_answer_share_the_end_of_the_call(void **state)
{
	struct fixture *f = *state;
	struct store_hold held;

	hold_one(f);
	recorder_over(&f->world, call_b(f));
	held = only_hold(f);
	assert_int_equal(held.state, HOLD_HELD);
	assert_int_equal(held.route, ROUTE_UNKNOWN);
	assert_int_equal(held.next_at, NOW + 5 * MINUTE);
	assert_reply(f, "why it ended");
}

static void
mx_records_decide_before_any_call(void **state)
{
	static const struct {
		enum mx_outcome outcome;
		enum store_hold_state state;
		const char *reply;
	} cases[] = {{MX_TEMPORARY, HOLD_HELD, "DNS did not answer"},
	    {MX_NULL, HOLD_REFUSED, "556 5.1.10 the domain takes no mail"},
	    {MX_NONE, HOLD_REFUSED, "550 5.1.2 no such domain"},
	    {MX_OURSELVES, HOLD_REFUSED,
		"550 5.4.6 its mail hosts are ours, or in a private network"}};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture f;

		open_at(&f, 0);
		hold_spooled(&f);
		recorder_look(&f.world);
		recorder_resolve(&f.world, cases[i].outcome, NULL);
		assert_int_equal(f.world.call_count, 0);
		assert_int_equal(only_hold(&f).state, cases[i].state);
		assert_reply(&f, cases[i].reply);
		assert_int_equal(f.world.freed, cases[i].state == HOLD_REFUSED);
		close_all(&f);
	}
}

static void
too_many_targets_are_tried_again_later(void **state)
{
	static char many[(STORE_TARGETS_MAX + 1) * STORE_TARGET];
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof many; i += STORE_TARGET)
		memcpy(many + i, target_of(TARGET).p, STORE_TARGET);
	hold_one(f);
	recorder_look(&f->world);
	notify_resolved(f->world.notify, f->world.questions[0].number, MX_FOUND,
	    span_make(many, sizeof many), NOW);
	side_turn(&f->side);
	assert_int_equal(f->world.call_count, 0);
	assert_int_equal(only_hold(f).next_at, NOW + 5 * MINUTE);
}

/* Nobody to make the call is no fault of the other side's: no try counts. */
static void
while_nobody_can_call_holds_wait_without_a_try(void **state)
{
	struct fixture *f = *state;

	f->world.nobody = true;
	hold_one(f);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	for (unsigned i = 0; i < 30; i++) {
		f->side.now++;
		recorder_look(&f->world);
		recorder_resolve(&f->world, MX_FOUND, TARGET);
	}
	assert_int_equal(only_hold(f).tries, 0);
	f->world.nobody = false;
	recorder_look(&f->world);
	recorder_reply(
	    &f->world, recorder_call(&f->world, "b.test"), 450, "450 later");
	assert_int_equal(only_hold(f).state, HOLD_HELD);
	assert_int_equal(only_hold(f).tries, 1);
	assert_int_equal(only_hold(f).next_at, f->side.now + 5 * MINUTE);
}

/* Whoever makes calls, or asks DNS, was restarted: no fault of the other
   side's, so there is no pause. */
static void
calls_that_were_cut_short_are_made_again_at_once(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", "carol@c.test", NULL);
	struct store_count count;

	hold(f, &a);
	recorder_look(&f->world);
	/* b.test is being called, c.test waits for DNS */
	notify_resolved(f->world.notify, f->world.questions[0].number, MX_FOUND,
	    target_of(TARGET), NOW);
	side_turn(&f->side);
	notify_lost(f->world.notify, NOW);
	side_turn(&f->side);
	notify_unresolved(f->world.notify, NOW);
	side_turn(&f->side);
	recorder_clear(&f->world);
	f->side.now++;
	recorder_look(&f->world);
	assert_int_equal(f->world.question_count, 2);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	recorder_reply(&f->world, &f->world.calls[0], 250, "250 noted");
	recorder_reply(&f->world, &f->world.calls[1], 250, "250 noted");
	count = side_count(&f->side);
	assert_int_equal(count.holds[HOLD_NOTICED], 2);
}

static void
a_restart_of_the_caller_does_not_touch_questions(void **state)
{
	struct fixture *f = *state;

	hold_one(f);
	recorder_look(&f->world);
	notify_lost(f->world.notify, NOW);
	side_turn(&f->side);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_int_equal(f->world.call_count, 1);
}

static void
a_restart_of_the_resolver_does_not_touch_calls(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;

	hold_one(f);
	call = call_b(f);
	notify_unresolved(f->world.notify, NOW);
	side_turn(&f->side);
	recorder_reply(&f->world, call, 250, "250 noted");
	assert_int_equal(only_hold(f).state, HOLD_NOTICED);
}

/* A claim that nobody settled is free again when its lease has run out. */
static void
a_lost_claim_comes_again_after_its_lease(void **state)
{
	struct fixture *f = *state;

	hold_one(f);
	recorder_look(&f->world);
	recorder_close(&f->world); /* the process dies */
	recorder_open(&f->world, &f->side);
	f->side.now += f->side.settings->lease_time - 1;
	recorder_look(&f->world);
	assert_int_equal(f->world.question_count, 0);
	f->side.now++;
	recorder_look(&f->world);
	assert_int_equal(f->world.question_count, 1);
}

/* And a call may take longer than that: its holds are not announced twice. */
static void
a_long_call_keeps_what_it_has(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;

	hold_one(f);
	call = call_b(f);
	f->side.now += f->side.settings->lease_time + 1;
	recorder_look(&f->world);
	assert_int_equal(f->world.question_count, 0);
	recorder_reply(&f->world, call, 250, "250 noted");
	assert_int_equal(only_hold(f).state, HOLD_NOTICED);
}

/* ---- a pull that is quicker than the reply ---- */

static void
lease(struct fixture *f, const struct recorded_call *call)
{
	struct store_op *op = side_op(&f->side, STORE_HOLD_LEASE);

	op->hold_lease.key = call->items[0].hold;
	op->hold_lease.id = span_of(call->items[0].id);
	op->hold_lease.asker = ip_of(TARGET);
	op->hold_lease.node = NODE;
	op->hold_lease.lease_until = f->side.now + HOUR;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
}

static void
a_pull_may_be_quicker_than_the_reply_to_the_notice(void **state)
{
	static const int codes[] = {250, 450, 502, 550};

	(void)state;
	for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct fixture f;
		struct recorded_call *call;

		open_at(&f, 0);
		hold_one(&f);
		call = call_b(&f);
		lease(&f, call);
		recorder_reply(&f.world, call, codes[i], "reply");
		/* the pull decides */
		assert_int_equal(only_hold(&f).state, HOLD_LEASED);
		close_all(&f);
	}
}

/* ---- many ---- */

static void
hold_many(struct fixture *f, unsigned count)
{
	struct arrival_recipient recipients[STORE_RECIPIENTS_PART] = {0};
	static char texts[STORE_RECIPIENTS_PART][32];
	struct arrival a;

	for (unsigned i = 0; i < count; i++) {
		snprintf(
		    texts[i], sizeof texts[i], "user%u@d%u.test", i, i % 20);
		recipients[i].recipient = span_of(texts[i]);
	}
	a = arrival_for(recipients, count);
	hold(f, &a);
}

static void
all_pages_are_claimed_without_being_asked_again(void **state)
{
	struct fixture *f = *state;
	unsigned items = 0;

	hold_many(f, 700);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	for (unsigned i = 0; i < f->world.call_count; i++) {
		assert_true(f->world.calls[i].count <= NOTIFY_PAGE);
		items += f->world.calls[i].count;
	}
	assert_int_equal(items, 700);
}

/* How many due holds nobody has claimed. They stay so. */
static unsigned
unclaimed(struct fixture *f)
{
	struct store_op *op = side_op(&f->side, STORE_HOLD_CLAIM);
	unsigned count;

	op->hold_claim.claim.node = NODE + 1;
	op->hold_claim.claim.lease_until = f->side.now;
	op->hold_claim.claim.limit = STORE_PAGE_MAX;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	count = op->hold_claim.count;
	store_op_free(&op);
	return count;
}

static void
no_more_is_under_way_than_the_ceiling(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 3; i++)
		hold_many(f, 1000);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_int_equal(unclaimed(f), 3000 - NOTIFY_UNDER_WAY);
	/* as calls end, the others are looked for without a further word */
	for (unsigned i = 0; i < f->world.call_count; i++) {
		recorder_reply(&f->world, &f->world.calls[i], 250, "250");
		recorder_resolve(&f->world, MX_FOUND, TARGET);
	}
	assert_int_equal(side_count(&f->side).holds[HOLD_NOTICED], 3000);
}

static void
hold_many_for_b(struct fixture *f, unsigned count)
{
	struct arrival_recipient recipients[STORE_RECIPIENTS_PART] = {0};
	static char texts[STORE_RECIPIENTS_PART][32];
	struct arrival a;

	for (unsigned i = 0; i < count; i++) {
		snprintf(texts[i], sizeof texts[i], "user%u@b.test", i);
		recipients[i].recipient = span_of(texts[i]);
	}
	a = arrival_for(recipients, count);
	hold(f, &a);
}

/* A domain that is slow, or gets much, keeps no other one from being told. */
static void
a_domain_for_which_very_many_wait_keeps_nobody_waiting(void **state)
{
	struct fixture *f = *state;
	struct arrival a;

	hold_many_for_b(f, 600);
	hold_many_for_b(f, 600);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_in_range(
	    1200 - unclaimed(f), NOTIFY_SHARE, NOTIFY_SHARE + NOTIFY_PAGE - 1);
	f->side.now++;
	a = arrival_to("carol@c.test", NULL);
	hold(f, &a);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_int_equal(recorder_call(&f->world, "c.test")->count, 1);
	/* and as calls end, its next ones are due without a further word */
	for (unsigned i = 0; i < f->world.call_count; i++) {
		recorder_reply(&f->world, &f->world.calls[i], 250, "250");
		recorder_resolve(&f->world, MX_FOUND, TARGET);
	}
	assert_int_equal(side_count(&f->side).holds[HOLD_NOTICED], 1201);
}

/* The same for our connections. */
static void
a_domain_gets_only_so_many_calls_at_once(void **state)
{
	struct fixture *f = *state;
	const unsigned holds = NOTIFY_CALLS_MAX + 3;

	for (unsigned i = 0; i < holds; i++) {
		hold_one(f);
		recorder_look(&f->world);
		recorder_resolve(&f->world, MX_FOUND, TARGET);
	}
	assert_int_equal(f->world.call_count, NOTIFY_CALLS_MAX);
	for (unsigned i = 0; i < f->world.call_count; i++)
		recorder_reply(&f->world, &f->world.calls[i], 250, "250 noted");
	assert_true(f->world.call_count > NOTIFY_CALLS_MAX);
	assert_int_equal(side_count(&f->side).holds[HOLD_NOTICED], holds);
}

/* Where a group lies among those that wait is chance: many, so that C is seldom
   the first. */
#define WAITING 50

static void
while_one_domain_has_no_line_others_are_called(void **state)
{
	struct fixture *f = *state;
	struct arrival a;

	for (unsigned i = 0; i < NOTIFY_CALLS_MAX + WAITING; i++) {
		hold_one(f);
		recorder_look(&f->world);
		recorder_resolve(&f->world, MX_FOUND, TARGET);
	}
	assert_int_equal(f->world.call_count, NOTIFY_CALLS_MAX);
	a = arrival_to("y@c.test", NULL);
	hold(f, &a);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_int_equal(f->world.call_count, NOTIFY_CALLS_MAX + 1);
}

/* `notice-connections` */
static void
so_many_calls_are_made_in_all(void **state)
{
	struct fixture *f = *state;
	struct side other;
	struct arrival a = arrival_to("x@b.test", "y@c.test", "z@d.test", NULL);

	side_open(&other, "a.test", "notice-connections = 2", 0);
	notify_settings(f->world.notify, other.settings);
	hold(f, &a);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_int_equal(f->world.call_count, 2);
	recorder_reply(&f->world, &f->world.calls[0], 250, "250 noted");
	assert_int_equal(f->world.call_count, 3);
	notify_settings(f->world.notify, f->side.settings);
	side_close(&other);
}

/* ---- a store that is late, and sometimes not sure ---- */

static void
answer_all(struct fixture *f, unsigned *luck)
{
	static const int codes[] = {250, 250, 250, 450, 0};

	for (unsigned i = 0; i < f->world.call_count; i++) {
		struct recorded_call *call = &f->world.calls[i];

		for (unsigned j = 0; j < call->count; j++) {
			*luck = *luck * 1103515245u + 12345u;
			recorder_answer(&f->world, call->number,
			    call->items[j].hold, codes[*luck / 65536 % 5],
			    "reply");
		}
		recorder_over(&f->world, call);
	}
	recorder_clear(&f->world);
}

static void
in_any_weather_every_hold_gets_its_notice(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct fixture f;
		unsigned luck = (unsigned)seed;
		struct store_count count;
		unsigned all;

		side_open(&f.side, "a.test", "", seed);
		side_add_user(&f.side, "alice@a.test");
		recorder_open(&f.world, &f.side);
		for (unsigned i = 0; i < 10; i++) {
			const struct accept accept = {f.side.store,
			    f.side.settings, f.side.local, f.side.secret, NULL,
			    NULL};
			struct arrival a =
			    arrival_to("bob@b.test", "carol@c.test", NULL);
			struct heard heard = {0};

			accept_message(&accept, &a, NOW, hear_text, &heard);
			side_turn(&f.side);
		}
		all = side_each_hold(&f.side, NULL, NULL);
		assert_true(all > 0);
		for (unsigned tick = 0; tick < 400; tick++) {
			recorder_look(&f.world);
			recorder_resolve(&f.world, MX_FOUND, TARGET);
			answer_all(&f, &luck);
			f.side.now += 5 * MINUTE;
		}
		count = side_count(&f.side);
		assert_int_equal(count.holds[HOLD_NOTICED], all);
		close_all(&f);
	}
}

static void
new_settings_count_from_the_next_notice_on(void **state)
{
	struct fixture *f = *state;
	struct side other;

	side_open(&other, "a.test", "notice-retry-first = \"1m\"", 0);
	hold_one(f);
	notify_settings(f->world.notify, other.settings);
	recorder_reply(&f->world, call_b(f), 450, "450");
	assert_int_equal(only_hold(f).next_at, NOW + MINUTE);
	notify_settings(f->world.notify, f->side.settings);
	side_close(&other);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(holds_without_an_answer_share_the_end_of_the_call),
	    cmocka_unit_test(mx_records_decide_before_any_call),
	    CASE(too_many_targets_are_tried_again_later),
	    CASE(while_nobody_can_call_holds_wait_without_a_try),
	    CASE(calls_that_were_cut_short_are_made_again_at_once),
	    CASE(a_restart_of_the_caller_does_not_touch_questions),
	    CASE(a_restart_of_the_resolver_does_not_touch_calls),
	    CASE(a_lost_claim_comes_again_after_its_lease),
	    CASE(a_long_call_keeps_what_it_has),
	    cmocka_unit_test(
		a_pull_may_be_quicker_than_the_reply_to_the_notice),
	    CASE(all_pages_are_claimed_without_being_asked_again),
	    CASE(no_more_is_under_way_than_the_ceiling),
	    CASE(a_domain_for_which_very_many_wait_keeps_nobody_waiting),
	    CASE(a_domain_gets_only_so_many_calls_at_once),
	    CASE(while_one_domain_has_no_line_others_are_called),
	    cmocka_unit_test(in_any_weather_every_hold_gets_its_notice),
	    CASE(so_many_calls_are_made_in_all),
	    CASE(new_settings_count_from_the_next_notice_on),
	};

	return cmocka_run_group_tests_name("notify_end", tests, NULL, NULL);
}
