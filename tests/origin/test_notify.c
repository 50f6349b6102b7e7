/* Notices: grouped by domain, aimed before the call, judged by their replies.
 */
#include "recorder.h"

#include "origin/accept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET "192.0.2.7"

struct fixture {
	struct side side;
	struct recorder world;
};

static void
open_at(struct fixture *f, uint64_t seed)
{
	side_open(&f->side, "a.test", "", seed);
	side_add_user(&f->side, "alice@a.test");
	recorder_open(&f->world, &f->side);
}

static int
set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	open_at(f, 0);
	*state = f;
	return 0;
}

static void
close_all(struct fixture *f)
{
	side_assert_clean(&f->side);
	recorder_close(&f->world);
	side_close(&f->side);
}

static int
tear_down(void **state)
{
	close_all(*state);
	free(*state);
	return 0;
}

/* Holds of one message. */
static void
hold(struct fixture *f, const struct arrival *arrival)
{
	const struct accept accept = {f->side.store, f->side.settings,
	    f->side.local, f->side.secret};
	struct heard heard = {0};

	accept_message(&accept, arrival, f->side.now, hear_text, &heard);
	side_turn(&f->side);
	assert_heard(heard, REPLY_HELD);
}

static void
hold_one(struct fixture *f)
{
	struct arrival a = arrival_to("bob@b.test", NULL);

	hold(f, &a);
}

/* A hold whose body lies in the spool. */
static void
hold_spooled(struct fixture *f)
{
	struct arrival a = arrival_to("bob@b.test", NULL);

	a.spooled = true;
	a.body = span_of("");
	hold(f, &a);
}

/* Up to the call. */
static struct recorded_call *
call_b(struct fixture *f)
{
	recorder_clear(&f->world);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	return recorder_call(&f->world, "b.test");
}

static struct store_hold
only_hold(struct fixture *f)
{
	struct store_op *op = side_only_hold(&f->side);
	struct store_hold copy = op->hold_list.rows[0].hold;

	copy.id = copy.recipient = copy.domain = copy.orcpt = copy.reply =
	    copy.targets = span_of("");
	store_op_free(&op);
	return copy;
}

static void
assert_reply(struct fixture *f, const char *text)
{
	struct store_op *op = side_only_hold(&f->side);

	assert_span(op->hold_list.rows[0].hold.reply, text);
	store_op_free(&op);
}

/* ---- before the call ---- */

/* GD-20 */
static void
holds_of_one_domain_go_in_one_call(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", "carol@c.test",
	    "dave@B.TEST", "eve@d.test", "frank@b.test", NULL);

	hold(f, &a);
	recorder_look(&f->world);
	assert_int_equal(f->world.question_count, 3);
	assert_int_equal(f->world.call_count, 0);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_int_equal(f->world.call_count, 3);
	assert_int_equal(recorder_call(&f->world, "b.test")->count, 3);
	assert_int_equal(recorder_call(&f->world, "c.test")->count, 1);
	assert_int_equal(recorder_call(&f->world, "d.test")->count, 1);
}

/* GD-19 AT-07 GD-13 */
static void
a_call_carries_identifier_digest_target_and_life(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);
	struct recorded_call *call;
	struct store_op *op;

	hold(f, &a);
	call = call_b(f);
	op = side_only_hold(&f->side);
	assert_int_equal(call->count, 1);
	assert_span(op->hold_list.rows[0].hold.id, call->items[0].id);
	assert_memory_equal(call->items[0].digest, a.digest, STORE_DIGEST);
	assert_int_equal(call->expires, 48 * HOUR);
	assert_int_equal(call->targets_size, STORE_TARGET);
	assert_memory_equal(call->targets, target_of(TARGET).p, STORE_TARGET);
	store_op_free(&op);
}

/* GD-29 GD-33 */
static void
targets_are_durable_before_the_call(void **state)
{
	struct fixture *f = *state;
	struct arrival a =
	    arrival_to("bob@b.test", "carol@b.test", "carol@c.test", NULL);

	f->world.look_first = true;
	hold(f, &a);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_int_equal(f->world.call_count, 2);
}

static void
what_is_under_way_is_not_asked_for_again(void **state)
{
	struct fixture *f = *state;

	hold_one(f);
	recorder_look(&f->world);
	recorder_look(&f->world);
	assert_int_equal(f->world.question_count, 1);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	recorder_look(&f->world);
	assert_int_equal(f->world.question_count, 0);
	assert_int_equal(f->world.call_count, 1);
}

static void
a_second_answer_to_a_question_is_dropped(void **state)
{
	struct fixture *f = *state;
	uint64_t question;

	hold_one(f);
	recorder_look(&f->world);
	question = f->world.questions[0].number;
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	notify_resolved(f->world.notify, question, MX_NONE, span_of(""), NOW);
	notify_resolved(
	    f->world.notify, question + 9, MX_NONE, span_of(""), NOW);
	side_turn(&f->side);
	assert_int_equal(f->world.call_count, 1);
	assert_int_equal(only_hold(f).state, HOLD_HELD);
}

/* ---- replies ---- */

/* GD-24 GD-25 */
static void
after_250_the_life_of_the_hold_begins(void **state)
{
	struct fixture *f = *state;
	struct store_hold held;

	hold_one(f);
	recorder_reply(&f->world, call_b(f), 250, "250 2.0.0 noted");
	held = only_hold(f);
	assert_int_equal(held.state, HOLD_NOTICED);
	assert_int_equal(held.route, ROUTE_GDEL);
	assert_int_equal(held.expires_at, NOW + 48 * HOUR);
	assert_int_equal(held.capabilities, 33);
	assert_int_equal(held.tries, 1);
	assert_reply(f, "250 2.0.0 noted");
	recorder_clear(&f->world);
	f->side.now += DAY;
	recorder_look(&f->world);
	assert_int_equal(f->world.question_count, 0);
}

/* GD-13 */
static void
the_keep_time_is_a_setting(void **state)
{
	struct fixture f;

	(void)state;
	side_open(&f.side, "a.test", "hold-time-server = \"24h\"", 0);
	side_add_user(&f.side, "alice@a.test");
	recorder_open(&f.world, &f.side);
	hold_one(&f);
	assert_int_equal(call_b(&f)->expires, 24 * HOUR);
	recorder_reply(&f.world, &f.world.calls[0], 250, "250 noted");
	assert_int_equal(only_hold(&f).expires_at, NOW + 24 * HOUR);
	close_all(&f);
}

/* The pause after each try, from five minutes to four hours. */
static void
pauses_double_up_to_the_longest(void **state)
{
	static const int minutes[] = {5, 10, 20, 40, 80, 160, 240, 240, 240};
	struct fixture *f = *state;

	hold_one(f);
	for (unsigned i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
		int64_t due = f->side.now + minutes[i] * MINUTE;
		struct store_hold held;

		recorder_reply(
		    &f->world, call_b(f), 450, "450 4.7.1 too many");
		held = only_hold(f);
		assert_int_equal(held.state, HOLD_HELD);
		assert_int_equal(held.tries, i + 1);
		assert_int_equal(held.next_at, due);
		recorder_clear(&f->world);
		f->side.now = due - 1;
		recorder_look(&f->world);
		assert_int_equal(f->world.question_count, 0);
		f->side.now = due;
	}
	assert_reply(f, "450 4.7.1 too many");
}

static void
every_temporary_reply_is_tried_again(void **state)
{
	static const int codes[] = {0, 354, 421, 450, 451, 452, 499};

	(void)state;
	for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct fixture f;
		struct store_hold held;

		open_at(&f, 0);
		hold_one(&f);
		recorder_reply(&f.world, call_b(&f), codes[i], "reply");
		held = only_hold(&f);
		assert_int_equal(held.state, HOLD_HELD);
		assert_int_equal(held.route, ROUTE_UNKNOWN);
		assert_int_equal(held.next_at, NOW + 5 * MINUTE);
		close_all(&f);
	}
}

/* ST-02 GD-05 */
static void
who_does_not_understand_notices_waits_for_push(void **state)
{
	static const int codes[] = {500, 501, 502, 504, 555};

	(void)state;
	for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct fixture f;
		struct store_hold held;

		open_at(&f, 0);
		hold_one(&f);
		recorder_reply(&f.world, call_b(&f), codes[i], "502 what");
		held = only_hold(&f);
		assert_int_equal(held.state, HOLD_HELD);
		assert_int_equal(held.route, ROUTE_PUSH);
		assert_true(held.next_at == INT64_MAX);
		recorder_clear(&f.world);
		f.side.now += DAY;
		recorder_look(&f.world);
		assert_int_equal(f.world.question_count, 0);
		close_all(&f);
	}
}

/* GD-55, the origin's side */
static void
every_other_refusal_ends_the_hold(void **state)
{
	static const int codes[] = {503, 530, 550, 551, 552, 553, 554, 571};

	(void)state;
	for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct fixture f;

		open_at(&f, 0);
		hold_spooled(&f);
		recorder_reply(
		    &f.world, call_b(&f), codes[i], "550 5.7.23 not you");
		assert_int_equal(only_hold(&f).state, HOLD_REFUSED);
		assert_reply(&f, "550 5.7.23 not you");
		assert_int_equal(f.world.freed, 1);
		close_all(&f);
	}
}

static void
each_notice_of_a_call_has_its_own_reply(void **state)
{
	static const int codes[] = {250, 452, 550};
	struct fixture *f = *state;
	struct arrival a =
	    arrival_to("bob@b.test", "carol@b.test", "dave@b.test", NULL);
	struct recorded_call *call;
	struct store_count count;

	hold(f, &a);
	call = call_b(f);
	for (unsigned i = 0; i < 3; i++)
		notify_answered(f->world.notify, call->number,
		    call->items[i].hold, codes[i], span_of("reply"), 0, NOW);
	recorder_over(&f->world, call, NOTIFY_DONE);
	count = side_count(&f->side);
	assert_int_equal(count.holds[HOLD_NOTICED], 1);
	assert_int_equal(count.holds[HOLD_HELD], 1);
	assert_int_equal(count.holds[HOLD_REFUSED], 1);
	assert_int_equal(f->world.freed, 0);
}

static void
answers_of_calls_and_holds_that_are_not_there_are_dropped(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;
	struct key stranger = key_new(NOW);

	hold_one(f);
	call = call_b(f);
	notify_answered(f->world.notify, call->number, stranger, 550,
	    span_of("550"), 0, NOW);
	notify_answered(f->world.notify, call->number + 7, call->items[0].hold,
	    550, span_of("550"), 0, NOW);
	notify_over(f->world.notify, call->number + 7, NOTIFY_NO_KEYWORD,
	    span_of(""), NOW);
	notify_answered(f->world.notify, call->number, call->items[0].hold, 250,
	    span_of("250 noted"), 0, NOW);
	/* too late: it was answered */
	notify_answered(f->world.notify, call->number, call->items[0].hold, 550,
	    span_of("550"), 0, NOW);
	recorder_over(&f->world, call, NOTIFY_NO_KEYWORD);
	recorder_over(&f->world, call, NOTIFY_UNREACHABLE);
	assert_int_equal(only_hold(f).state, HOLD_NOTICED);
}

static void
an_answer_before_the_call_is_dropped(void **state)
{
	struct fixture *f = *state;
	struct store_hold held;

	hold_one(f);
	recorder_look(&f->world);
	held = only_hold(f);
	notify_answered(f->world.notify, f->world.questions[0].number, held.key,
	    550, span_of("550"), 0, NOW);
	notify_over(f->world.notify, f->world.questions[0].number,
	    NOTIFY_NO_KEYWORD, span_of(""), NOW);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_int_equal(f->world.call_count, 1);
	assert_int_equal(only_hold(f).route, ROUTE_UNKNOWN);
}

/* ---- ends of calls ---- */

static void
holds_without_an_answer_share_the_end_of_the_call(void **state)
{
	static const struct {
		enum notify_end end;
		enum store_route route;
	} cases[] = {{NOTIFY_DONE, ROUTE_UNKNOWN},
	    {NOTIFY_UNREACHABLE, ROUTE_UNKNOWN},
	    {NOTIFY_NO_KEYWORD, ROUTE_PUSH}};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct fixture f;
		struct store_hold held;

		open_at(&f, 0);
		hold_one(&f);
		recorder_over(&f.world, call_b(&f), cases[i].end);
		held = only_hold(&f);
		assert_int_equal(held.state, HOLD_HELD);
		assert_int_equal(held.route, cases[i].route);
		if (cases[i].route == ROUTE_UNKNOWN)
			assert_int_equal(held.next_at, NOW + 5 * MINUTE);
		assert_reply(&f, "why it ended");
		close_all(&f);
	}
}

static void
mx_records_decide_before_any_call(void **state)
{
	static const struct {
		enum mx_outcome outcome;
		enum store_hold_state state;
		const char *reply;
	} cases[] = {
	    {MX_TEMPORARY, HOLD_HELD, "DNS did not answer"},
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
		assert_int_equal(
		    f.world.freed, cases[i].state == HOLD_REFUSED);
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

static void
nobody_to_make_the_call_means_another_try(void **state)
{
	struct fixture *f = *state;

	f->world.nobody = true;
	hold_one(f);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_int_equal(only_hold(f).state, HOLD_HELD);
	assert_true(only_hold(f).next_at > NOW);
	f->world.nobody = false;
	f->side.now = only_hold(f).next_at;
	recorder_reply(&f->world, call_b(f), 250, "250 noted");
	assert_int_equal(only_hold(f).state, HOLD_NOTICED);
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
		snprintf(texts[i], sizeof texts[i], "user%u@d%u.test", i,
		    i % 5);
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

static void
no_more_is_under_way_than_the_ceiling(void **state)
{
	struct fixture *f = *state;
	unsigned items = 0;

	for (unsigned i = 0; i < 3; i++)
		hold_many(f, 1000);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	for (unsigned i = 0; i < f->world.call_count; i++)
		items += f->world.calls[i].count;
	assert_int_equal(items, NOTIFY_UNDER_WAY);
	/* as calls end, the others are looked for without a further word */
	for (unsigned i = 0; i < f->world.call_count; i++) {
		recorder_reply(&f->world, &f->world.calls[i], 250, "250");
		recorder_resolve(&f->world, MX_FOUND, TARGET);
	}
	assert_int_equal(side_count(&f->side).holds[HOLD_NOTICED], 3000);
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
			notify_answered(f->world.notify, call->number,
			    call->items[j].hold, codes[*luck / 65536 % 5],
			    span_of("reply"), 0, f->side.now);
		}
		recorder_over(&f->world, call, NOTIFY_DONE);
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
			    f.side.settings, f.side.local, f.side.secret};
			struct arrival a = arrival_to(
			    "bob@b.test", "carol@c.test", NULL);
			struct heard heard = {0};

			accept_message(
			    &accept, &a, NOW, hear_text, &heard);
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
	    CASE(holds_of_one_domain_go_in_one_call),
	    CASE(a_call_carries_identifier_digest_target_and_life),
	    CASE(targets_are_durable_before_the_call),
	    CASE(what_is_under_way_is_not_asked_for_again),
	    CASE(a_second_answer_to_a_question_is_dropped),
	    CASE(after_250_the_life_of_the_hold_begins),
	    cmocka_unit_test(the_keep_time_is_a_setting),
	    CASE(pauses_double_up_to_the_longest),
	    cmocka_unit_test(every_temporary_reply_is_tried_again),
	    cmocka_unit_test(who_does_not_understand_notices_waits_for_push),
	    cmocka_unit_test(every_other_refusal_ends_the_hold),
	    CASE(each_notice_of_a_call_has_its_own_reply),
	    CASE(answers_of_calls_and_holds_that_are_not_there_are_dropped),
	    CASE(an_answer_before_the_call_is_dropped),
	    cmocka_unit_test(holds_without_an_answer_share_the_end_of_the_call),
	    cmocka_unit_test(mx_records_decide_before_any_call),
	    CASE(too_many_targets_are_tried_again_later),
	    CASE(nobody_to_make_the_call_means_another_try),
	    CASE(calls_that_were_cut_short_are_made_again_at_once),
	    CASE(a_restart_of_the_resolver_does_not_touch_calls),
	    CASE(a_lost_claim_comes_again_after_its_lease),
	    cmocka_unit_test(
		a_pull_may_be_quicker_than_the_reply_to_the_notice),
	    CASE(all_pages_are_claimed_without_being_asked_again),
	    CASE(no_more_is_under_way_than_the_ceiling),
	    cmocka_unit_test(in_any_weather_every_hold_gets_its_notice),
	    CASE(new_settings_count_from_the_next_notice_on),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
