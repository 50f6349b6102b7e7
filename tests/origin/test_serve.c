/* Who gets a message that we hold, and that all others learn nothing. */
#include "serving.h"

#include "origin/accept.h"
#include "origin/settle.h"

#include <stdlib.h>
#include <string.h>

/* GD-26 GD-32 DM-20 */
static void
whoever_got_the_notice_gets_the_message(void **state)
{
	struct fixture *f = *state;
	struct pulled p;

	held_notice(&f->side, &f->held, 48 * HOUR);
	p = ask(f, f->held.id, PEER);
	assert_int_equal(p.reply, REPLY_YOUR_TURN);
	assert_true(key_equals(p.hold, f->held.key));
	assert_int_equal(p.state, HOLD_LEASED);
	assert_string_equal(p.sender, "alice@a.test");
	assert_string_equal(p.recipient, "bob@b.test");
	assert_string_equal(p.body, "Here they are.\r\n");
	assert_int_equal(held_state(&f->side, &f->held), HOLD_LEASED);
}

static void
a_pull_before_the_notice_was_answered_is_served(void **state)
{
	struct fixture *f = *state;

	held_aim(&f->side, &f->held);
	expect(f, PEER, REPLY_YOUR_TURN);
}

/* AT-05: no operation is submitted, so nothing is looked up. */
static void
a_guess_never_reaches_the_store(void **state)
{
	struct fixture *f = *state;
	char id[IDENTIFIER_TEXT];
	struct pulled p;

	held_notice(&f->side, &f->held, 48 * HOUR);
	/* any octet of the key or of the first tag: 24 octets, 32 letters */
	for (unsigned i = 0; i < 32; i++) {
		memcpy(id, f->held.id, sizeof id);
		id[i] = id[i] == 'A' ? 'B' : 'A';
		memset(&p, 0, sizeof p);
		serve_pull(&f->serve, span_of(id), ip_of(PEER), f->side.now,
		    take_answer, &p);
		assert_false(store_pending(f->side.store));
		assert_int_equal(p.times, 1);
		assert_int_equal(p.reply, REPLY_NOT_FOR_YOU);
		assert_false(p.has_row);
	}
	assert_int_equal(held_state(&f->side, &f->held), HOLD_NOTICED);
}

static void
what_is_no_identifier_never_reaches_the_store(void **state)
{
	static const char *const ids[] = {"", "x", "..", "../../etc/passwd",
	    "abc@d.test", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		struct pulled p = {0};

		serve_pull(&f->serve, span_of(ids[i]), ip_of(PEER), f->side.now,
		    take_answer, &p);
		assert_false(store_pending(f->side.store));
		assert_int_equal(p.reply, REPLY_NOT_FOR_YOU);
	}
}

/* GD-28 GD-46 AT-04: right key and first tag, but not the whole. */
static void
a_forged_second_tag_gets_nothing(void **state)
{
	struct fixture *f = *state;
	char id[IDENTIFIER_TEXT];

	held_notice(&f->side, &f->held, 48 * HOUR);
	/* the last letter has two bits that must stay zero */
	for (unsigned i = 32; i < 42; i++) {
		memcpy(id, f->held.id, sizeof id);
		id[i] = id[i] == 'A' ? 'B' : 'A';
		assert_int_equal(ask(f, id, PEER).reply, REPLY_NOT_FOR_YOU);
	}
	assert_int_equal(held_state(&f->side, &f->held), HOLD_NOTICED);
}

/* GD-29 GD-33 AT-06 DM-21 */
static void
a_foreign_asker_gets_nothing(void **state)
{
	static const char *const askers[] = {
	    "192.0.2.8", "192.0.2.6", "127.0.0.1", "2001:db8::7", "::1"};
	struct fixture *f = *state;

	held_notice(&f->side, &f->held, 48 * HOUR);
	for (unsigned i = 0; i < sizeof askers / sizeof askers[0]; i++)
		expect(f, askers[i], REPLY_NOT_FOR_YOU);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_NOTICED);
	expect(f, PEER, REPLY_YOUR_TURN);
}

static void
two_spellings_of_an_address_are_one_asker(void **state)
{
	struct fixture *f = *state;

	held_notice(&f->side, &f->held, 48 * HOUR);
	expect(f, "::ffff:192.0.2.7", REPLY_YOUR_TURN);
}

static void
nobody_gets_what_has_not_been_aimed(void **state)
{
	struct fixture *f = *state;

	expect(f, PEER, REPLY_NOT_FOR_YOU);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_HELD);
}

/* GD-28 GD-29 GD-34 GD-35: the same reply for all. */
static void
what_is_over_looks_like_what_never_was(void **state)
{
	static const enum store_hold_state ends[] = {HOLD_TAKEN, HOLD_REFUSED};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct fixture f;

		open_at(&f, 0);
		assert_true(held_new(&f.side, false, &f.held));
		held_notice(&f.side, &f.held, 48 * HOUR);
		held_lease(&f.side, &f.held);
		settle(&f, ends[i]);
		expect(&f, PEER, REPLY_NOT_FOR_YOU);
		expect(&f, "192.0.2.8", REPLY_NOT_FOR_YOU);
		assert_int_equal(held_state(&f.side, &f.held), ends[i]);
		side_close(&f.side);
	}
}

/* GD-13 */
static void
an_hour_of_grace_is_served_and_not_a_second_more(void **state)
{
	struct fixture *f = *state;

	held_notice(&f->side, &f->held, 48 * HOUR);
	f->side.now = NOW + 49 * HOUR;
	expect(f, PEER, REPLY_NOT_FOR_YOU);
	f->side.now = NOW + 49 * HOUR - 1;
	expect(f, PEER, REPLY_YOUR_TURN);
}

/* AT-14 AT-15 */
static void
while_one_pull_runs_another_is_told_later(void **state)
{
	struct fixture *f = *state;

	held_notice(&f->side, &f->held, 48 * HOUR);
	expect(f, PEER, REPLY_YOUR_TURN);
	expect(f, PEER, REPLY_DELIVERY_LATER);
	expect(f, "192.0.2.8", REPLY_NOT_FOR_YOU);
	f->side.now += f->side.settings->lease_time - 1;
	expect(f, PEER, REPLY_DELIVERY_LATER);
	f->side.now++;
	expect(f, PEER, REPLY_YOUR_TURN);
}

static void
a_message_given_back_can_be_pulled_again(void **state)
{
	struct fixture *f = *state;

	held_notice(&f->side, &f->held, 48 * HOUR);
	expect(f, PEER, REPLY_YOUR_TURN);
	settle(f, HOLD_NOTICED);
	expect(f, PEER, REPLY_YOUR_TURN);
	settle(f, HOLD_TAKEN);
	expect(f, PEER, REPLY_NOT_FOR_YOU);
}

static void
another_server_does_not_know_our_identifiers(void **state)
{
	struct fixture *f = *state;
	struct fixture other;

	held_notice(&f->side, &f->held, 48 * HOUR);
	side_open(&other.side, "z.test", "", 0);
	other.serve = setup_of(&other.side);
	assert_int_equal(
	    ask(&other, f->held.id, PEER).reply, REPLY_NOT_FOR_YOU);
	side_close(&other.side);
}

/* ---- verdicts, and envelopes of several ---- */

/* bob and carol of one envelope, which PEER got. */
static struct held
announce_two(struct fixture *f)
{
	const struct arrival_recipient two[] = {
	    {.recipient = span_of("bob@b.test"), .visible = true},
	    {.recipient = span_of("carol@b.test"), .visible = true},
	};
	const struct accept accept = {f->side.store, f->side.settings,
	    f->side.local, f->side.secret, NULL, NULL};
	struct arrival a = arrival_for(two, 2);
	struct store_op *op = side_op(&f->side, STORE_HOLD_LIST);
	struct held held[2] = {0}, leader = {0};
	struct heard heard = {0};

	a.message = key_new(NOW + DAY); /* newer than that of the case */
	accept_message(&accept, &a, NOW + DAY, hear_text, &heard);
	side_turn(&f->side);
	assert_heard(heard, REPLY_HELD);
	op->hold_list.after = f->held.key;
	op->hold_list.limit = 2;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	assert_int_equal(op->hold_list.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		const struct store_hold *hold = &op->hold_list.rows[i].hold;

		held[i].key = hold->key;
		span_copy(hold->id, held[i].id, sizeof held[i].id);
		if (key_equals(hold->envelope, hold->key))
			leader = held[i];
		held_notice(&f->side, &held[i], 14 * DAY);
	}
	store_op_free(&op);
	return leader;
}

/* WIRE 6 */
static void
a_verdict_on_an_envelope_of_several_must_say_to_whom(void **state)
{
	struct fixture *f = *state;
	struct held leader = announce_two(f);
	struct pulled p;

	f->serve.verdict = VERDICT_ACCEPT;
	assert_int_equal(ask(f, leader.id, PEER).reply, REPLY_BAD_TO);
	f->serve.to = span_of("dave@b.test");
	assert_int_equal(ask(f, leader.id, PEER).reply, REPLY_NOT_FOR_YOU);
	f->serve.to = span_of("carol@b.test");
	p = ask(f, leader.id, PEER);
	assert_int_equal(p.reply, REPLY_YOUR_TURN);
	assert_string_equal(p.recipient, "carol@b.test");
	assert_int_equal(
	    judge(f, &leader, VERDICT_REJECT, "", false).reply, REPLY_BAD_TO);
	assert_int_equal(
	    judge(f, &leader, VERDICT_REJECT, "bob@b.test", false).reply,
	    REPLY_VERDICT_OK);
	assert_int_equal(held_state(&f->side, &leader), HOLD_REFUSED);
}

/* SM-22 SM-23 SM-24 */
static void
a_refusal_ends_the_hold_and_may_be_said_again(void **state)
{
	struct fixture *f = *state;

	held_notice(&f->side, &f->held, 14 * DAY);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
		    judge(f, &f->held, VERDICT_SPAM, "", false).reply,
		    REPLY_VERDICT_OK);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_REFUSED);
	expect(f, PEER, REPLY_NOT_FOR_YOU);
}

static void
who_has_the_message_already_takes_it_without_a_turn(void **state)
{
	struct fixture *f = *state;

	held_notice(&f->side, &f->held, 14 * DAY);
	assert_int_equal(
	    judge(f, &f->held, VERDICT_ACCEPT, "", true).reply, REPLY_HAVE_IT);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_TAKEN);
}

/* GD-29 AT-05 */
static void
a_verdict_is_taken_only_from_whom_it_was_announced_to(void **state)
{
	struct fixture *f = *state;
	struct held guess = f->held;

	/* it was aimed at nobody yet */
	assert_int_equal(judge(f, &f->held, VERDICT_REJECT, "", false).reply,
	    REPLY_NOT_FOR_YOU);
	held_notice(&f->side, &f->held, 14 * DAY);
	guess.id[0] = guess.id[0] == 'A' ? 'B' : 'A';
	assert_int_equal(judge(f, &guess, VERDICT_REJECT, "", false).reply,
	    REPLY_NOT_FOR_YOU);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_NOTICED);
}

/* A row comes only with a lease, and an unsure store never says "never". */
static void
in_any_weather_an_entitled_asker_is_served_or_told_later(void **state)
{
	unsigned served = 0, later = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct fixture f;
		struct pulled p;

		open_at(&f, seed);
		if (!held_new(&f.side, false, &f.held)) {
			side_close(&f.side);
			continue;
		}
		held_notice(&f.side, &f.held, 48 * HOUR);
		p = ask(&f, f.held.id, PEER);
		if (p.reply == REPLY_YOUR_TURN)
			assert_int_equal(
			    held_state(&f.side, &f.held), HOLD_LEASED);
		else
			assert_int_equal(p.reply, REPLY_DELIVERY_LATER);
		served += p.reply == REPLY_YOUR_TURN;
		later += p.reply == REPLY_DELIVERY_LATER;
		side_assert_clean(&f.side);
		side_close(&f.side);
	}
	assert_true(served > 50 && later > 0);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(whoever_got_the_notice_gets_the_message),
	    CASE(a_pull_before_the_notice_was_answered_is_served),
	    CASE(a_guess_never_reaches_the_store),
	    CASE(what_is_no_identifier_never_reaches_the_store),
	    CASE(a_forged_second_tag_gets_nothing),
	    CASE(a_foreign_asker_gets_nothing),
	    CASE(two_spellings_of_an_address_are_one_asker),
	    CASE(nobody_gets_what_has_not_been_aimed),
	    cmocka_unit_test(what_is_over_looks_like_what_never_was),
	    CASE(an_hour_of_grace_is_served_and_not_a_second_more),
	    CASE(while_one_pull_runs_another_is_told_later),
	    CASE(a_message_given_back_can_be_pulled_again),
	    CASE(another_server_does_not_know_our_identifiers),
	    CASE(a_verdict_on_an_envelope_of_several_must_say_to_whom),
	    CASE(a_refusal_ends_the_hold_and_may_be_said_again),
	    CASE(who_has_the_message_already_takes_it_without_a_turn),
	    CASE(a_verdict_is_taken_only_from_whom_it_was_announced_to),
	    cmocka_unit_test(
		in_any_weather_an_entitled_asker_is_served_or_told_later),
	};

	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
