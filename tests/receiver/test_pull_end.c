/* Fetching: our own faults, what has come, and confirming it. */
#include "pulling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- our own faults ---- */

/* Nobody to make the call is no fault of the other side's: no try counts. */
static void
while_nobody_can_call_notices_wait_and_do_not_lapse(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "id", PEER, 14 * DAY);
	p->nobody = true;
	for (unsigned i = 0; i < 30; i++) {
		pulling_look(p);
		p->side.now++;
	}
	p->nobody = false;
	pulling_look(p);
	pulling_end(p, pulling_only(p), 0, PULL_LATER);
	assert_int_equal(pulling_get(p, "id").state, NOTICE_WANTED);
	/* the schedule counts from the first look */
	assert_int_equal(pulling_get(p, "id").next_at, NOW + 10 * MINUTE);
}

/* As many as there is room for are claimed, and nobody calls. */
static void
what_waits_for_somebody_to_call_is_not_forgotten(void **state)
{
	struct pulling *p = *state;
	char address[32];

	p->nobody = true;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(address, sizeof address, "203.0.113.%u", i + 1);
		put_many(p, 30, address);
	}
	pulling_look(p);
	assert_int_equal(
	    side_count(&p->side).notices[NOTICE_PULLING], PULL_UNDER_WAY);
	p->nobody = false;
	pulling_look(p);
	assert_true(p->call_count > 30);
}

/* AT-02: one that has left very many, and answers slowly, is one of many. */
static void
a_source_of_very_many_notices_keeps_nobody_waiting(void **state)
{
	struct pulling *p = *state;
	struct pulling_call *last;

	put_many(p, 600, PEER);
	pulling_look(p);
	assert_in_range(side_count(&p->side).notices[NOTICE_PULLING],
	    PULL_SHARE, PULL_SHARE + PULL_PAGE);
	assert_int_equal(p->call_count, 1);
	p->side.now++;
	pulling_put(p, "honest", "203.0.113.8", 14 * DAY);
	pulling_look(p);
	assert_int_equal(p->call_count, 2);
	last = &p->calls[1];
	assert_true(ip_equals(last->address, ip_of("203.0.113.8")));
	/* and as soon as a call of the first is over, its next ones are due */
	pulling_over(p, &p->calls[0], false);
	assert_int_equal(p->call_count, 3);
}

/* Its lease runs out meanwhile, and it is claimed again. */
static void
what_waits_long_is_asked_for_once(void **state)
{
	struct pulling p;

	(void)state;
	pulling_open(&p, "pull-connections-total = 1", 0);
	pulling_put(&p, "one", PEER, 14 * DAY);
	pulling_put(&p, "two", "203.0.113.8", 14 * DAY);
	for (unsigned i = 0; i < 3; i++) {
		pulling_look(&p);
		p.side.now += p.side.settings->lease_time;
	}
	assert_int_equal(p.call_count, 1);
	pulling_over(&p, &p.calls[0], false);
	assert_int_equal(p.call_count, 2);
	assert_int_equal(p.calls[1].count, 1);
	pulling_over(&p, &p.calls[1], false);
	assert_int_equal(p.call_count, 2);
	pulling_close(&p);
}

static void
what_waits_for_a_connection_outlives_the_caller(void **state)
{
	struct pulling p;
	char first[48];

	(void)state;
	pulling_open(&p, "pull-connections-total = 1", 0);
	pulling_put(&p, "one", PEER, 14 * DAY);
	pulling_put(&p, "two", "203.0.113.8", 14 * DAY);
	pulling_look(&p);
	memcpy(first, pulling_only(&p)->ids[0], sizeof first);
	pull_lost(p.pull, p.side.now);
	side_turn(&p.side);
	pulling_clear(&p);
	pulling_look(&p);
	assert_string_not_equal(pulling_only(&p)->ids[0], first);
	assert_int_equal(pulling_get(&p, p.calls[0].ids[0]).tries, 1);
	pulling_close(&p);
}

static void
calls_that_were_cut_short_are_made_again_at_once(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "one", PEER, 14 * DAY);
	pulling_put(p, "two", PEER, 14 * DAY);
	pulling_look(p);
	fetch(p, "one");
	pulling_end(p, &p->calls[0], 0, PULL_CONFIRMED);
	pull_lost(p->pull, p->side.now);
	side_turn(&p->side);
	pulling_clear(p);
	p->side.now++;
	pulling_look(p);
	assert_string_equal(pulling_only(p)->ids[0], "two");
}

/* The call broke off between our 250 and the origin's next answer. */
static void
what_came_before_a_call_was_cut_short_is_only_confirmed(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "id", PEER, 14 * DAY);
	pulling_look(p);
	fetch(p, "id");
	pull_lost(p->pull, p->side.now);
	side_turn(&p->side);
	assert_int_equal(pulling_get(p, "id").state, NOTICE_FETCHED);
	pulling_clear(p);
	p->side.now += 10 * MINUTE;
	pulling_look(p);
	assert_true(pulling_only(p)->unconfirmed[0]);
}

static void
a_pull_that_nobody_ended_is_free_after_its_lease(void **state)
{
	struct pulling *p = *state;
	const struct pull_world world = {p, NULL, NULL, NULL};

	pulling_put(p, "id", PEER, 14 * DAY);
	pulling_look(p);
	pulling_clear(p);
	pull_free(&p->pull); /* the process dies; its successor makes no call */
	assert_int_equal(
	    pull_new(p->side.store, p->side.settings, NODE, &world, &p->pull),
	    0);
	p->side.now += p->side.settings->lease_time - 1;
	pulling_look(p); /* would call NULL */
	assert_int_equal(pulling_get(p, "id").tries, 1);
}

static void
answers_of_calls_that_are_not_there_are_dropped(void **state)
{
	struct pulling *p = *state;
	struct pulling_call *call;

	pulling_put(p, "id", PEER, 14 * DAY);
	pulling_look(p);
	call = pulling_only(p);
	pull_ended(p->pull, call->number + 1, call->notices[0], PULL_REFUSED,
	    span_of(""), NOW);
	pull_ended(p->pull, call->number, key_new(NOW), PULL_REFUSED,
	    span_of(""), NOW);
	pull_over(p->pull, call->number + 1, true, span_of(""), NOW);
	pull_ended(p->pull, call->number, call->notices[0], PULL_LATER,
	    span_of(""), NOW);
	/* it has ended already */
	pull_ended(p->pull, call->number, call->notices[0], PULL_REFUSED,
	    span_of(""), NOW);
	pulling_over(p, call, true);
	pull_over(p->pull, call->number, true, span_of(""), NOW);
	side_turn(&p->side);
	assert_int_equal(pulling_get(p, "id").state, NOTICE_WANTED);
	pulling_put(p, "another", PEER, 14 * DAY);
	pulling_look(p);
	assert_int_equal(p->call_count, 2);
}

/* ---- what has come ---- */

/* GD-26 IM-07 WIRE 4.7 */
static void
a_message_that_has_come_is_ours_and_unconfirmed(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "id", PEER, 14 * DAY);
	pulling_look(p);
	fetch(p, "id");
	assert_int_equal(pulling_get(p, "id").state, NOTICE_FETCHED);
	assert_true(pulling_get(p, "id").unconfirmed);
	assert_int_equal(side_count(&p->side).deliveries, 1);
	assert_int_equal(side_count(&p->side).messages, 1);
	pulling_end(p, pulling_only(p), 0, PULL_CONFIRMED);
	assert_false(pulling_get(p, "id").unconfirmed);
	pulling_clear(p);
	p->side.now += 7 * DAY;
	pulling_look(p);
	assert_int_equal(p->call_count, 0);
}

/* AT-14 IM-08 */
static void
an_unconfirmed_notice_is_asked_about_until_it_is_confirmed(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "id", PEER, 14 * DAY);
	pulling_look(p);
	fetch(p, "id");
	pulling_end(p, pulling_only(p), 0, PULL_UNCONFIRMED);
	for (unsigned i = 0; i < 12; i++) {
		pulling_clear(p);
		p->side.now = pulling_get(p, "id").next_at;
		assert_true(p->side.now >= NOW + (i + 1) * 10 * MINUTE);
		pulling_look(p);
		assert_true(pulling_only(p)->unconfirmed[0]);
		pulling_end(p, pulling_only(p), 0,
		    i % 2 == 0 ? PULL_LATER : PULL_UNCONFIRMED);
		assert_int_equal(pulling_get(p, "id").state, NOTICE_FETCHED);
		assert_true(pulling_get(p, "id").unconfirmed);
	}
}

static void
a_550_or_another_turn_confirms(void **state)
{
	static const enum pull_end ends[] = {PULL_GONE, PULL_CONFIRMED};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct pulling p;

		pulling_open(&p, "", 0);
		pulling_put(&p, "id", PEER, 14 * DAY);
		pulling_look(&p);
		fetch(&p, "id");
		pulling_end(&p, pulling_only(&p), 0, PULL_UNCONFIRMED);
		pulling_clear(&p);
		p.side.now += 10 * MINUTE;
		pulling_look(&p);
		pulling_end(&p, pulling_only(&p), 0, ends[i]);
		assert_false(pulling_get(&p, "id").unconfirmed);
		assert_int_equal(pulling_get(&p, "id").state, NOTICE_FETCHED);
		assert_int_equal(side_count(&p.side).deliveries, 1);
		pulling_close(&p);
	}
}

/* AT-14: a second copy is not delivered. */
static void
the_same_message_again_is_stored_once(void **state)
{
	struct pulling *p = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);

	pulling_put(p, "id", PEER, 14 * DAY);
	pulling_look(p);
	assert_int_equal(pulling_arrive(p, "id", &a), REPLY_STORED);
	assert_int_equal(pulling_arrive(p, "id", &a), REPLY_STORED);
	a.message = key_new(NOW);
	assert_int_equal(pulling_arrive(p, "id", &a), REPLY_DELIVERY_LATER);
	assert_int_equal(side_count(&p->side).deliveries, 1);
	assert_int_equal(side_count(&p->side).messages, 1);
}

static void
what_was_not_asked_for_is_not_stored(void **state)
{
	struct pulling *p = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);

	pulling_put(p, "id", PEER, 14 * DAY);
	/* wanted, but nobody pulls it; and never heard of */
	assert_int_equal(pulling_arrive(p, "id", &a), REPLY_DELIVERY_LATER);
	assert_int_equal(pulling_arrive(p, "other", &a), REPLY_DELIVERY_LATER);
	assert_int_equal(side_count(&p->side).messages, 0);
}

/* AT-13 */
static void
what_the_store_cannot_hold_gets_no_room(void **state)
{
	struct pulling *p = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);
	char *head = calloc(1, STORE_HEAD_MAX + 1);

	assert_non_null(head);
	a.head = span_make(head, STORE_HEAD_MAX + 1);
	pulling_put(p, "id", PEER, 14 * DAY);
	pulling_look(p);
	assert_int_equal(pulling_arrive(p, "id", &a), REPLY_NO_ROOM);
	assert_int_equal(pulling_get(p, "id").state, NOTICE_PULLING);
	free(head);
}

/* ---- many, and a store that is not sure ---- */

static void
all_pages_are_claimed_up_to_the_ceiling(void **state)
{
	struct pulling *p = *state;
	char address[32];
	struct store_count count;

	for (unsigned i = 0; i < 20; i++) {
		snprintf(address, sizeof address, "203.0.113.%u", i + 1);
		put_many(p, 60, address);
	}
	pulling_look(p);
	count = side_count(&p->side);
	assert_int_equal(count.notices[NOTICE_PULLING], PULL_UNDER_WAY);
	for (unsigned i = 0; i < p->call_count; i++)
		pulling_over(p, &p->calls[i], false);
	count = side_count(&p->side);
	assert_int_equal(count.notices[NOTICE_PULLING], 0);
	assert_int_equal(count.notices[NOTICE_WANTED], 1200);
}

/* Every way a pull may end, drawn from LUCK. */
static void
end_by_luck(struct pulling *p, struct pulling_call *call, unsigned *luck)
{
	struct arrival a = arrival_to("bob@b.test", NULL);
	enum reply_name reply = REPLY_DELIVERY_LATER;
	unsigned draw;

	*luck = *luck * 1103515245u + 12345u;
	draw = *luck / 65536 % 4;
	if (call->unconfirmed[0]) {
		pulling_end(
		    p, call, 0, draw == 0 ? PULL_UNCONFIRMED : PULL_GONE);
		return;
	}
	a.message = key_new(p->side.now);
	if (draw > 0)
		reply = pulling_arrive(p, call->ids[0], &a);
	if (reply != REPLY_STORED)
		pulling_end(p, call, 0, PULL_LATER);
	else
		pulling_end(
		    p, call, 0, draw == 1 ? PULL_UNCONFIRMED : PULL_CONFIRMED);
}

static void
in_any_weather_a_notice_is_fetched_once_or_lapses(void **state)
{
	unsigned fetched = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		struct pulling p;
		unsigned luck = (unsigned)seed;
		struct store_notice end;

		pulling_open(&p, "", seed);
		pulling_put(&p, "id", PEER, 48 * HOUR);
		/* a day for each question after the last try */
		for (unsigned i = 0; i < 6 * 24 * 12; i++) {
			pulling_clear(&p);
			pulling_look(&p);
			if (p.call_count > 0)
				end_by_luck(&p, pulling_only(&p), &luck);
			p.side.now += 10 * MINUTE;
		}
		end = pulling_get(&p, "id");
		assert_true(
		    end.state == NOTICE_FETCHED || end.state == NOTICE_LAPSED);
		assert_false(end.unconfirmed);
		assert_int_equal(side_count(&p.side).deliveries,
		    end.state == NOTICE_FETCHED);
		fetched += end.state == NOTICE_FETCHED;
		pulling_close(&p);
	}
	assert_true(fetched > 130);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(while_nobody_can_call_notices_wait_and_do_not_lapse),
	    CASE(what_waits_for_somebody_to_call_is_not_forgotten),
	    CASE(a_source_of_very_many_notices_keeps_nobody_waiting),
	    cmocka_unit_test(what_waits_long_is_asked_for_once),
	    cmocka_unit_test(what_waits_for_a_connection_outlives_the_caller),
	    CASE(calls_that_were_cut_short_are_made_again_at_once),
	    CASE(what_came_before_a_call_was_cut_short_is_only_confirmed),
	    CASE(a_pull_that_nobody_ended_is_free_after_its_lease),
	    CASE(answers_of_calls_that_are_not_there_are_dropped),
	    CASE(a_message_that_has_come_is_ours_and_unconfirmed),
	    CASE(an_unconfirmed_notice_is_asked_about_until_it_is_confirmed),
	    cmocka_unit_test(a_550_or_another_turn_confirms),
	    CASE(the_same_message_again_is_stored_once),
	    CASE(what_was_not_asked_for_is_not_stored),
	    CASE(what_the_store_cannot_hold_gets_no_room),
	    CASE(all_pages_are_claimed_up_to_the_ceiling),
	    cmocka_unit_test(in_any_weather_a_notice_is_fetched_once_or_lapses),
	};

	return cmocka_run_group_tests_name("pull_end", tests, NULL, NULL);
}
