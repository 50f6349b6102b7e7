/* Fetching: whom we call and when, and when we stop. What comes of it is in
   test_pull_end.c. */
#include "pulling.h"

#include <stdio.h>
#include <string.h>

/* ---- whom ---- */

/* GD-27 AT-01 */
static void
notices_of_one_address_are_fetched_in_one_call(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "one", PEER, DAY);
	pulling_put(p, "two", "2001:db8::7", DAY);
	pulling_put(p, "three", PEER, DAY);
	pulling_look(p);
	assert_int_equal(p->call_count, 2);
	assert_int_equal(p->calls[0].count + p->calls[1].count, 3);
	for (unsigned i = 0; i < 2; i++) {
		bool v4 = p->calls[i].address.family == 4;

		assert_int_equal(p->calls[i].count, v4 ? 2 : 1);
		assert_string_equal(p->calls[i].ids[0], v4 ? "one" : "two");
		assert_false(p->calls[i].unconfirmed[0]);
	}
	assert_int_equal(pulling_get(p, "one").state, NOTICE_PULLING);
}

/* GD-15 */
static void
a_notice_is_not_fetched_before_its_time(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "id", PEER, DAY);
	p->side.now--;
	pulling_look(p);
	assert_int_equal(p->call_count, 0);
	p->side.now++;
	pulling_look(p);
	assert_int_equal(p->call_count, 1);
	pulling_look(p);
	assert_int_equal(p->call_count, 1);
}

/* AT-01 */
static void
one_connection_until_an_address_has_proved_itself(void **state)
{
	struct pulling *p = *state;

	put_many(p, 6 * PULL_CALL_ITEMS, PEER);
	pulling_look(p);
	assert_int_equal(p->call_count, 1);
	/* a call that brings nothing proves nothing */
	pulling_over(p, &p->calls[0], true);
	assert_int_equal(p->call_count, 2);
	pulling_end(p, &p->calls[1], 0, PULL_GONE);
	pulling_end(p, &p->calls[1], 1, PULL_REFUSED);
	pulling_over(p, &p->calls[1], true);
	assert_int_equal(p->call_count, 3);
	assert_int_equal(p->confirmed, 0);
	fetch(p, p->calls[2].ids[0]);
	pulling_end(p, &p->calls[2], 0, PULL_CONFIRMED);
	assert_int_equal(p->confirmed, 1);
	assert_true(ip_equals(p->confirmed_last, ip_of(PEER)));
	pulling_over(p, &p->calls[2], true);
	/* three groups of 64 are left */
	assert_int_equal(p->call_count, 6);
}

static void
a_proven_address_gets_no_more_connections_than_the_setting(void **state)
{
	struct pulling p;

	(void)state;
	pulling_open(&p, "pull-connections = 2", 0);
	put_many(&p, 1, PEER);
	pulling_look(&p);
	fetch(&p, p.calls[0].ids[0]);
	pulling_end(&p, &p.calls[0], 0, PULL_CONFIRMED);
	put_many(&p, 4 * PULL_CALL_ITEMS, PEER);
	pulling_look(&p);
	assert_int_equal(p.call_count, 1 + 2);
	pulling_over(&p, &p.calls[1], true);
	assert_int_equal(p.call_count, 1 + 3);
	pulling_close(&p);
}

/* AT-01: trust outlives the process that found it out */
static void
an_address_proved_in_an_earlier_life_needs_no_new_proof(void **state)
{
	struct pulling *p = *state;

	put_many(p, 4 * PULL_CALL_ITEMS, PEER);
	pulling_look(p);
	assert_int_equal(p->call_count, 1);
	pull_trust(p->pull, ip_of("203.0.113.8"));
	assert_int_equal(p->call_count, 1);
	pull_trust(p->pull, ip_of(PEER));
	pulling_look(p); /* it had as much under way as a stranger may */
	assert_int_equal(p->call_count, 4);
	/* and what is forgotten counts no more */
	pull_trust(p->pull, ip_of("203.0.113.9"));
	pull_distrust(p->pull, ip_of("203.0.113.9"));
	put_many(p, 2 * PULL_CALL_ITEMS, "203.0.113.9");
	pulling_look(p);
	assert_int_equal(p->call_count, 5);
	assert_int_equal(p->confirmed, 0);
}

static void
all_connections_together_have_a_ceiling(void **state)
{
	struct pulling p;
	char address[32];

	(void)state;
	pulling_open(&p, "pull-connections-total = 3", 0);
	for (unsigned i = 0; i < 5; i++) {
		snprintf(address, sizeof address, "203.0.113.%u", i + 1);
		put_many(&p, 1, address);
	}
	pulling_look(&p);
	assert_int_equal(p.call_count, 3);
	pulling_over(&p, &p.calls[1], false);
	assert_int_equal(p.call_count, 4);
	pulling_over(&p, &p.calls[0], false);
	assert_int_equal(p.call_count, 5);
	pulling_close(&p);
}

static void
ceilings_can_be_lifted(void **state)
{
	struct pulling p;

	(void)state;
	pulling_open(&p,
	    "pull-connections = \"unlimited\"\n"
	    "pull-connections-total = \"unlimited\"",
	    0);
	put_many(&p, 1, PEER);
	pulling_look(&p);
	assert_int_equal(p.call_count, 1);
	fetch(&p, p.calls[0].ids[0]);
	pulling_end(&p, &p.calls[0], 0, PULL_CONFIRMED);
	put_many(&p, 10 * PULL_CALL_ITEMS, PEER);
	pulling_look(&p);
	assert_true(p.call_count > 8);
	pulling_close(&p);
}

/* ---- when ---- */

/* GD-16 GD-17 */
static void
a_pull_that_fails_is_tried_five_times_in_two_days(void **state)
{
	static const int minutes[] = {0, 10, 60, 8 * 60, 24 * 60};
	struct pulling *p = *state;
	int64_t at = NOW;

	pulling_put(p, "id", PEER, 14 * DAY);
	for (unsigned i = 0; i < 5; i++) {
		at += minutes[i] * MINUTE;
		pull_once(p, at, PULL_LATER);
		assert_int_equal(pulling_get(p, "id").tries, i + 1);
	}
	assert_int_equal(pulling_get(p, "id").state, NOTICE_LAPSED);
	p->side.now += 30 * DAY;
	pulling_look(p);
	assert_int_equal(p->call_count, 0);
}

/* GD-16: the host cannot be reached at all. */
static void
a_call_that_reached_nobody_counts_as_a_try(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "id", PEER, 14 * DAY);
	pulling_put(p, "other", PEER, 14 * DAY);
	pulling_look(p);
	pulling_over(p, &p->calls[0], false);
	assert_int_equal(pulling_get(p, "other").next_at, NOW + 10 * MINUTE);
	assert_int_equal(pulling_get(p, "id").state, NOTICE_WANTED);
	assert_int_equal(pulling_get(p, "id").next_at, NOW + 10 * MINUTE);
	assert_int_equal(pulling_get(p, "id").tries, 1);
}

/* A message at which every call breaks off costs the others no tries. */
static void
what_a_broken_call_did_not_ask_is_asked_without_it(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "bad", PEER, 14 * DAY);
	pulling_put(p, "one", PEER, 14 * DAY);
	pulling_put(p, "two", PEER, 14 * DAY);
	pulling_look(p);
	assert_string_equal(p->calls[0].ids[0], "bad");
	pulling_over(p, &p->calls[0], true);
	assert_int_equal(pulling_get(p, "bad").next_at, NOW + 10 * MINUTE);
	pulling_clear(p);
	p->side.now += MINUTE;
	pulling_look(p);
	assert_int_equal(p->call_count, 1);
	assert_int_equal(p->calls[0].count, 2);
	assert_string_equal(p->calls[0].ids[0], "one");
	/* they have the whole schedule before them */
	pulling_end(p, &p->calls[0], 0, PULL_LATER);
	assert_int_equal(pulling_get(p, "one").next_at, NOW + 10 * MINUTE);
}

static void
behind_a_bad_message_all_others_arrive(void **state)
{
	struct pulling *p = *state;
	char id[48];

	pulling_put(p, "bad", PEER, 14 * DAY);
	put_many(p, 9, PEER);
	while (pulling_get(p, "bad").state != NOTICE_LAPSED) {
		struct pulling_call *call = &p->calls[0];

		pulling_clear(p);
		p->side.now += MINUTE;
		pulling_look(p);
		if (p->call_count == 0)
			continue;
		for (unsigned i = 0; i < call->count; i++) {
			if (strcmp(call->ids[i], "bad") == 0)
				break;
			fetch(p, call->ids[i]);
			pull_ended(p->pull, call->number, call->notices[i],
			    PULL_CONFIRMED, span_of(""), p->side.now);
		}
		pulling_over(p, call, true);
	}
	for (unsigned i = 0; i < 9; i++) {
		snprintf(id, sizeof id, "%s-%u", PEER, i);
		assert_int_equal(pulling_get(p, id).state, NOTICE_FETCHED);
	}
}

/* No try is made when the origin does not keep the message any more. */
static void
no_try_is_made_after_expiry(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "id", PEER, 2 * HOUR);
	pull_once(p, NOW, PULL_LATER);
	pull_once(p, NOW + 10 * MINUTE, PULL_LATER);
	assert_int_equal(pulling_get(p, "id").state, NOTICE_WANTED);
	pull_once(p, NOW + 70 * MINUTE, PULL_LATER);
	assert_int_equal(pulling_get(p, "id").state, NOTICE_LAPSED);
}

static void
no_try_is_made_outside_the_window(void **state)
{
	struct pulling p;

	(void)state;
	pulling_open(&p, "pull-window = \"9h\"", 0);
	pulling_put(&p, "id", PEER, 14 * DAY);
	pull_once(&p, NOW, PULL_LATER);
	pull_once(&p, NOW + 10 * MINUTE, PULL_LATER);
	/* the next pause, of eight hours, leads beyond */
	pull_once(&p, NOW + 70 * MINUTE, PULL_LATER);
	assert_int_equal(pulling_get(&p, "id").state, NOTICE_LAPSED);
	pulling_close(&p);
}

static void
the_pauses_are_a_setting(void **state)
{
	struct pulling p;

	(void)state;
	pulling_open(&p, "pull-retries = {\"1m\", \"2m\", \"3m\"}", 0);
	pulling_put(&p, "id", PEER, 14 * DAY);
	pull_once(&p, NOW, PULL_LATER);
	pull_once(&p, NOW + 1 * MINUTE, PULL_LATER);
	pull_once(&p, NOW + 3 * MINUTE, PULL_LATER);
	pull_once(&p, NOW + 6 * MINUTE, PULL_LATER);
	assert_int_equal(pulling_get(&p, "id").state, NOTICE_LAPSED);
	pulling_close(&p);
}

/* WIRE 8: a 550 is asked once more. GD-45 */
static void
a_550_is_asked_once_more_and_then_the_notice_lapses(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "id", PEER, 14 * DAY);
	pull_once(p, NOW, PULL_GONE);
	assert_int_equal(pulling_get(p, "id").state, NOTICE_WANTED);
	pull_once(p, NOW + 10 * MINUTE, PULL_GONE);
	assert_int_equal(pulling_get(p, "id").state, NOTICE_LAPSED);
}

static void
what_we_refused_is_not_asked_for_again(void **state)
{
	struct pulling *p = *state;

	pulling_put(p, "id", PEER, 14 * DAY);
	pull_once(p, NOW, PULL_REFUSED);
	assert_int_equal(pulling_get(p, "id").state, NOTICE_REFUSED);
	assert_false(pulling_get(p, "id").unconfirmed);
	p->side.now += DAY;
	pulling_look(p);
	assert_int_equal(p->call_count, 0);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(notices_of_one_address_are_fetched_in_one_call),
	    CASE(a_notice_is_not_fetched_before_its_time),
	    CASE(one_connection_until_an_address_has_proved_itself),
	    cmocka_unit_test(
		a_proven_address_gets_no_more_connections_than_the_setting),
	    CASE(an_address_proved_in_an_earlier_life_needs_no_new_proof),
	    cmocka_unit_test(all_connections_together_have_a_ceiling),
	    cmocka_unit_test(ceilings_can_be_lifted),
	    CASE(a_pull_that_fails_is_tried_five_times_in_two_days),
	    CASE(a_call_that_reached_nobody_counts_as_a_try),
	    CASE(what_a_broken_call_did_not_ask_is_asked_without_it),
	    CASE(behind_a_bad_message_all_others_arrive),
	    CASE(no_try_is_made_after_expiry),
	    cmocka_unit_test(no_try_is_made_outside_the_window),
	    cmocka_unit_test(the_pauses_are_a_setting),
	    CASE(a_550_is_asked_once_more_and_then_the_notice_lapses),
	    CASE(what_we_refused_is_not_asked_for_again),
	};

	return cmocka_run_group_tests_name("pull", tests, NULL, NULL);
}
