/* What a peer offers, compared with what it offered before (AT-26). */
#include "remembering.h"

#include <stdio.h>

enum offers { NOTHING = 0, TLS = 1, KEYWORD = 2, ALL = 3 };

static void
ask(struct remembering *r, const char *address, bool pulls, enum offers offers)
{
	static uint64_t question = 40;
	const struct peer from = {.kind = ROLE_CALLER};
	const struct message_peer_offers m = {
	    .question = ++question,
	    .address = ip_of(address),
	    .pulls = pulls,
	    .tls = (offers & TLS) != 0,
	    .keyword = (offers & KEYWORD) != 0,
	};

	r->answers = 0;
	keeper_offers_asked(&r->keeper, &from, &m);
	side_turn(&r->side);
	assert_int_equal(r->answers, 1);
	assert_int_equal(r->judged.question, question);
	assert_true(r->judged.judged);
}

/* Of a call for notices: what is lacking? */
static enum offers
lacks(struct remembering *r, enum offers offers)
{
	ask(r, PEER, false, offers);
	return (r->judged.lacks_tls ? TLS : NOTHING) |
	       (r->judged.lacks_keyword ? KEYWORD : NOTHING);
}

static void
who_was_never_called_lacks_nothing(void **state)
{
	assert_int_equal(lacks(*state, NOTHING), NOTHING);
	assert_int_equal(lacks(*state, NOTHING), NOTHING);
	assert_int_equal(lacks(*state, KEYWORD), NOTHING);
	assert_int_equal(lacks(*state, ALL), NOTHING);
}

static void
who_offered_it_within_seven_days_lacks_it(void **state)
{
	struct remembering *r = *state;

	assert_int_equal(lacks(r, ALL), NOTHING);
	assert_int_equal(lacks(r, KEYWORD), TLS);
	assert_int_equal(lacks(r, TLS), KEYWORD);
	assert_int_equal(lacks(r, NOTHING), ALL);
	assert_int_equal(lacks(r, ALL), NOTHING);
	r->side.now += 7 * DAY - 1;
	assert_int_equal(lacks(r, KEYWORD), TLS);
	r->side.now++;
	/* the keyword was there a second ago */
	assert_int_equal(lacks(r, NOTHING), KEYWORD);
	r->side.now += 7 * DAY - 1;
	assert_int_equal(lacks(r, NOTHING), NOTHING);
}

/* To be weaker does not become the custom. */
static void
asking_again_does_not_wear_the_memory_out(void **state)
{
	struct remembering *r = *state;

	assert_int_equal(lacks(r, ALL), NOTHING);
	for (unsigned i = 0; i < 6; i++) {
		r->side.now += DAY;
		assert_int_equal(lacks(r, NOTHING), ALL);
	}
}

static void
a_pull_needs_no_notice_keyword(void **state)
{
	struct remembering *r = *state;

	assert_int_equal(lacks(r, ALL), NOTHING);
	ask(r, PEER, true, TLS);
	assert_false(r->judged.lacks_keyword);
	assert_false(r->judged.lacks_tls);
	ask(r, PEER, true, KEYWORD);
	assert_true(r->judged.lacks_tls);
	ask(r, "203.0.113.8", true, NOTHING);
	assert_false(r->judged.lacks_tls);
}

static void
the_time_is_a_setting_and_zero_is_never(void **state)
{
	struct remembering r;

	(void)state;
	remembering_open(&r, "remember-offers = \"60s\"", 0);
	assert_int_equal(lacks(&r, ALL), NOTHING);
	r.side.now += 59;
	assert_int_equal(lacks(&r, KEYWORD), TLS);
	r.side.now++;
	assert_int_equal(lacks(&r, KEYWORD), NOTHING);
	remembering_close(&r);
	remembering_open(&r, "remember-offers = \"0s\"", 0);
	assert_int_equal(lacks(&r, ALL), NOTHING);
	assert_int_equal(lacks(&r, NOTHING), NOTHING);
	r.side.now--; /* a clock that runs back */
	assert_int_equal(lacks(&r, NOTHING), NOTHING);
	remembering_close(&r);
}

/* WIRE 8: trust in an address that served pulls outlives the process */
static void
pulls_from_who_served_one_within_30_days_are_trusted(void **state)
{
	struct remembering *r = *state;

	ask(r, PEER, true, TLS);
	assert_int_equal(r->trusted, 0);
	keeper_history_pulled(
	    r->keeper.history, ip_of(PEER), span_of("a.test"));
	side_turn(&r->side);
	remembering_restart(r);
	ask(r, "203.0.113.8", true, TLS);
	ask(r, PEER, false, TLS);
	ask(r, PEER, true, NOTHING); /* weaker: who knows who that is */
	assert_int_equal(r->trusted, 0);
	ask(r, PEER, true, TLS);
	assert_int_equal(r->trusted, 1);
	assert_true(ip_equals(r->trusted_last, ip_of(PEER)));
	r->side.now += 30 * DAY;
	ask(r, PEER, true, TLS);
	assert_int_equal(r->trusted, 1);
}

/* A store that does not answer makes nobody weaker, and is asked once. */
static void
each_question_is_answered_whatever_the_store_does(void **state)
{
	struct remembering r;
	char address[IP_TEXT];

	(void)state;
	for (uint64_t seed = 1; seed < 20; seed++) {
		remembering_open(&r, "", seed);
		for (unsigned i = 0; i < 20; i++) {
			snprintf(address, sizeof address, "203.0.113.%u", i);
			ask(&r, address, false, ALL);
			assert_false(r.judged.lacks_tls);
			assert_false(r.judged.lacks_keyword);
		}
		remembering_close(&r);
	}
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(who_was_never_called_lacks_nothing),
	    CASE(who_offered_it_within_seven_days_lacks_it),
	    CASE(asking_again_does_not_wear_the_memory_out),
	    CASE(a_pull_needs_no_notice_keyword),
	    cmocka_unit_test(the_time_is_a_setting_and_zero_is_never),
	    CASE(pulls_from_who_served_one_within_30_days_are_trusted),
	    cmocka_unit_test(each_question_is_answered_whatever_the_store_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
