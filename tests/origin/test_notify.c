/* Notices: grouped by domain, aimed before the call, judged by their replies.
   How calls end otherwise is in test_notify_end.c. */
#include "notifying.h"

#include <stdio.h>
#include <string.h>

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
a_call_carries_all_that_a_notice_says(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);
	struct recorded_call *call;
	struct store_op *op;

	a.subject = span_of("minutes");
	hold(f, &a);
	call = call_b(f);
	op = side_only_hold(&f->side);
	assert_int_equal(call->count, 1);
	assert_span(op->hold_list.rows[0].hold.id, call->items[0].id);
	assert_memory_equal(call->items[0].digest, a.digest, STORE_DIGEST);
	assert_string_equal(call->items[0].sender, "alice@a.test");
	assert_string_equal(call->items[0].recipient, "bob@b.test");
	assert_string_equal(call->items[0].subject, "minutes");
	assert_int_equal(call->items[0].size, a.size);
	assert_int_equal(call->targets_size, STORE_TARGET);
	assert_memory_equal(call->targets, target_of(TARGET).p, STORE_TARGET);
	store_op_free(&op);
}

/* ---- envelopes ---- */

static struct recorded_item *
item_for(struct recorded_call *call, const char *recipient)
{
	unsigned i = 0;

	while (
	    i < call->count && strcmp(call->items[i].recipient, recipient) != 0)
		i++;
	assert_true(i < call->count);
	return &call->items[i];
}

static void
hold_envelope(struct fixture *f)
{
	const struct arrival_recipient recipients[] = {
	    {.recipient = span_of("bob@b.test"), .visible = true},
	    {.recipient = span_of("secret@b.test")},
	    {.recipient = span_of("eve@c.test"), .visible = true},
	    {.recipient = span_of("carol@b.test"), .visible = true},
	};
	struct arrival a = arrival_for(recipients, 4);

	a.envelope = span_of("Subject: minutes\r\n");
	hold(f, &a);
}

/* TO is announced in the envelope that LEADER leads; its text is kept there. */
static void
assert_announced(struct recorded_call *call, const char *to, const char *leader)
{
	const struct recorded_item *item = item_for(call, to);
	const struct recorded_item *first = item_for(call, leader);
	char text[160] = "";

	if (item == first)
		snprintf(text, sizeof text,
		    "Envelope-Id: %s\r\nSubject: minutes\r\n", first->id);
	assert_true(key_equals(item->envelope, first->hold));
	assert_string_equal(item->envid, first->id);
	assert_string_equal(item->text, text);
}

/* WIRE 6 */
static void
those_who_may_see_each_other_share_the_identifier_of_the_first(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;

	hold_envelope(f);
	call = call_b(f);
	assert_int_equal(call->count, 3);
	assert_announced(call, "bob@b.test", "bob@b.test");
	assert_announced(call, "carol@b.test", "bob@b.test");
	assert_announced(call, "secret@b.test", "secret@b.test");
	call = recorder_call(&f->world, "c.test");
	assert_announced(call, "eve@c.test", "eve@c.test");
}

static void
a_hold_whose_leader_is_not_in_the_call_is_announced_by_itself(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;

	hold_envelope(f);
	call = call_b(f);
	recorder_answer(&f->world, call->number,
	    item_for(call, "bob@b.test")->hold, 250, "250 noted");
	recorder_over(&f->world, call);
	recorder_over(&f->world, recorder_call(&f->world, "c.test"));
	f->side.now += 5 * MINUTE;
	call = call_b(f);
	assert_int_equal(call->count, 2);
	assert_announced(call, "carol@b.test", "carol@b.test");
	assert_announced(call, "secret@b.test", "secret@b.test");
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

static void
every_code_of_success_is_one(void **state)
{
	static const int codes[] = {200, 250, 251, 252, 299};

	(void)state;
	for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct fixture f;

		open_at(&f, 0);
		hold_one(&f);
		recorder_reply(&f.world, call_b(&f), codes[i], "reply");
		assert_int_equal(only_hold(&f).state, HOLD_NOTICED);
		close_all(&f);
	}
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
	recorder_reply(&f.world, call_b(&f), 250, "250 noted");
	assert_int_equal(only_hold(&f).expires_at, NOW + 24 * HOUR);
	close_all(&f);
}

/* Where a person decides they have longer, and the author hears of it. */
static void
life_and_delayed_report_depend_on_the_dialect(void **state)
{
	static const struct {
		enum store_route dialect;
		int64_t expires_at, report_at;
	} cases[] = {
	    {ROUTE_GDEL, NOW + 48 * HOUR, INT64_MAX},
	    {ROUTE_MSID, NOW + 14 * DAY, NOW + DAY},
	    {ROUTE_ENVELOPE, NOW + 14 * DAY, NOW + DAY},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture f;
		struct store_hold held;

		open_at(&f, 0);
		f.world.dialect = cases[i].dialect;
		hold_one(&f);
		recorder_reply(&f.world, call_b(&f), 250, "250 noted");
		held = only_hold(&f);
		assert_int_equal(held.route, cases[i].dialect);
		assert_int_equal(held.expires_at, cases[i].expires_at);
		assert_int_equal(held.report_at, cases[i].report_at);
		close_all(&f);
	}
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

		recorder_reply(&f->world, call_b(f), 450, "450 4.7.1 too many");
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

/* WIRE 8: it may learn, or its successor may. */
static void
who_understands_nothing_is_told_again_later(void **state)
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
		assert_int_equal(held.next_at, NOW + 5 * MINUTE);
		assert_reply(&f, "502 what");
		close_all(&f);
	}
}

static void
open_with(struct fixture *f, const char *more)
{
	side_open(&f->side, "a.test", more, 0);
	side_add_user(&f->side, "alice@a.test");
	recorder_open(&f->world, &f->side);
}

/* Whether there is a word for it is found out by the call. */
static void
with_push_alone_there_is_a_call_as_well(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "speak = {\"push\"}");
	hold_one(&f);
	recorder_over(&f.world, call_b(&f));
	assert_int_equal(only_hold(&f).state, HOLD_HELD);
	assert_int_equal(only_hold(&f).next_at, NOW + 5 * MINUTE);
	close_all(&f);
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
		recorder_answer(&f->world, call->number, call->items[i].hold,
		    codes[i], "reply");
	recorder_over(&f->world, call);
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
	recorder_answer(&f->world, call->number, stranger, 550, "550");
	recorder_answer(
	    &f->world, call->number + 7, call->items[0].hold, 550, "550");
	notify_over(f->world.notify, call->number + 7, span_of(""), NOW);
	recorder_answer(
	    &f->world, call->number, call->items[0].hold, 250, "250 noted");
	/* too late: it was answered */
	recorder_answer(
	    &f->world, call->number, call->items[0].hold, 550, "550");
	recorder_over(&f->world, call);
	recorder_over(&f->world, call);
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
	recorder_answer(
	    &f->world, f->world.questions[0].number, held.key, 550, "550");
	notify_over(
	    f->world.notify, f->world.questions[0].number, span_of(""), NOW);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	assert_int_equal(f->world.call_count, 1);
	assert_int_equal(only_hold(f).state, HOLD_HELD);
	assert_int_equal(only_hold(f).route, ROUTE_UNKNOWN);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(holds_of_one_domain_go_in_one_call),
	    CASE(a_call_carries_all_that_a_notice_says),
	    CASE(
		those_who_may_see_each_other_share_the_identifier_of_the_first),
	    CASE(a_hold_whose_leader_is_not_in_the_call_is_announced_by_itself),
	    CASE(targets_are_durable_before_the_call),
	    CASE(what_is_under_way_is_not_asked_for_again),
	    CASE(a_second_answer_to_a_question_is_dropped),
	    CASE(after_250_the_life_of_the_hold_begins),
	    cmocka_unit_test(every_code_of_success_is_one),
	    cmocka_unit_test(the_keep_time_is_a_setting),
	    cmocka_unit_test(life_and_delayed_report_depend_on_the_dialect),
	    CASE(pauses_double_up_to_the_longest),
	    cmocka_unit_test(every_temporary_reply_is_tried_again),
	    cmocka_unit_test(who_understands_nothing_is_told_again_later),
	    cmocka_unit_test(with_push_alone_there_is_a_call_as_well),
	    cmocka_unit_test(every_other_refusal_ends_the_hold),
	    CASE(each_notice_of_a_call_has_its_own_reply),
	    CASE(answers_of_calls_and_holds_that_are_not_there_are_dropped),
	    CASE(an_answer_before_the_call_is_dropped),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
