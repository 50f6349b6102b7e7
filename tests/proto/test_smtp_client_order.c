/*
 * The client's side of pulls and verdicts (WIRE 5, 6): GTML, ACCEPT and the
 * rest, and the TURNED machine behind GTML.
 */
#include "smtp_client_fixture.h"

#include <string.h>

static const struct params no_params;

static struct smtp_client_gtml
gtml(const char *recipient, uint64_t tag)
{
	return (struct smtp_client_gtml){
	    .id = span_of("id-1"), .recipient = span_of(recipient), .tag = tag};
}

static struct smtp_client_verdict
verdict(enum verdict word, uint64_t tag)
{
	return (struct smtp_client_verdict){.verdict = word,
	    .id = span_of("id-1"),
	    .to = span_of("bob@b.test"),
	    .tag = tag};
}

/* --- GTML --- */

/* DM-17 */
static void
data_in_answer_to_gtml_turns(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_gtml order = gtml("bob@b.test", 7);
	struct machine m = smtp_client_machine(x);
	const struct smtp_client_event *event;

	(void)state;
	assert_int_equal(smtp_client_gtml(x, &order), 0);
	machine_says(x, "GTML id-1 bob@b.test\r\n");
	/* What is behind it belongs to the other machine. */
	assert_int_equal(
	    m.ops->feed(m.self, span_of("data\r\nx"), fixture_now), 6);
	event = told(x, SMTP_CLIENT_TURN);
	assert_int_equal(event->tag, 7);
	assert_int_equal(event->reply.code, 0);
	assert_int_equal(m.ops->feed(m.self, span_of("x"), fixture_now), 0);
	assert_true(m.ops->deadline(m.self) == INT64_MAX);
	smtp_client_free(&x);
}

static void
a_refused_gtml_leaves_the_session(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_gtml order = gtml("\"b b\"@b.test", 7);

	(void)state;
	assert_int_equal(smtp_client_gtml(x, &order), 0);
	/* Brackets only where it could not be read without. */
	machine_says(x, "GTML id-1 <\"b b\"@b.test>\r\n");
	peer_says(x, "550 5.7.1 nothing\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->tag, 7);
	assert_int_equal(smtp_client_gtml(x, &order), 0);
	machine_says(x, "GTML id-1 <\"b b\"@b.test>\r\n");
	peer_says(x, "450-4.7.1 later\r\n450 4.7.1 later\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->reply.code, 450);
	assert_int_equal(smtp_client_quit(x), 0);
	smtp_client_free(&x);
}

static void
any_other_answer_to_gtml_breaks(void **state)
{
	static const char *const answers[] = {
	    "250 2.0.0 ok\r\n", "354 go on\r\n", "DATA now\r\n", "DAT\r\n"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
		struct smtp_client_gtml order = gtml("bob@b.test", 7);

		assert_int_equal(smtp_client_gtml(x, &order), 0);
		machine_says(x, "GTML id-1 bob@b.test\r\n");
		peer_says(x, answers[i]);
		assert_int_equal(told(x, SMTP_CLIENT_BROKEN)->tag, 0);
		smtp_client_free(&x);
	}
}

/* Only GTML, and only as a whole answer. */
static void
data_in_any_other_place_breaks(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_gtml order = gtml("bob@b.test", 2);

	(void)state;
	assert_int_equal(smtp_client_retr(x, span_of("a"), 1), 0);
	machine_says(x, "RETR a\r\n");
	peer_says(x, "DATA\r\n");
	told_broken(x, 0);
	smtp_client_free(&x);
	x = fixture_ready(ALL_KEYWORDS);
	assert_int_equal(smtp_client_gdel(x, span_of("a"), &no_params, 1), 0);
	assert_int_equal(smtp_client_gtml(x, &order), 0);
	machine_says(x, "GDEL a\r\nGTML id-1 bob@b.test\r\n");
	peer_says(x, "DATA\r\n");
	told_broken(x, 0);
	smtp_client_free(&x);
	x = fixture_ready(ALL_KEYWORDS);
	assert_int_equal(smtp_client_gtml(x, &order), 0);
	machine_says(x, "GTML id-1 bob@b.test\r\n");
	peer_says(x, "550-no\r\nDATA\r\n");
	told_broken(x, 0);
	smtp_client_free(&x);
}

/* WIRE 3: the last of a group. AT-16 */
static void
nothing_follows_gtml_before_its_answer(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_gtml order = gtml("bob@b.test", 2);

	(void)state;
	assert_int_equal(smtp_client_gdel(x, span_of("a"), &no_params, 1), 0);
	assert_int_equal(smtp_client_gtml(x, &order), 0);
	assert_int_equal(smtp_client_gtml(x, &order), -E_STATE);
	assert_int_equal(
	    smtp_client_gdel(x, span_of("c"), &no_params, 3), -E_STATE);
	assert_int_equal(smtp_client_quit(x), -E_STATE);
	machine_says(x, "GDEL a\r\nGTML id-1 bob@b.test\r\n");
	peer_says(x, "250 noted\r\nDATA\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->tag, 1);
	assert_int_equal(told(x, SMTP_CLIENT_TURN)->tag, 2);
	smtp_client_free(&x);
}

/* --- verdicts --- */

/* SM-29, SM-30 */
static void
a_granted_accept_turns_and_comes_back(void **state)
{
	static const char *const lines[] = {"ACCEPT id-1 To:<bob@b.test>\r\n",
	    "AUTHORIZE id-1 To:<bob@b.test>\r\n"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
		struct smtp_client_verdict order = verdict((enum verdict)i, 3);

		assert_int_equal(smtp_client_verdict(x, &order), 0);
		machine_says(x, lines[i]);
		peer_says(x, "250 2.0.0 your turn\r\n");
		assert_int_equal(told(x, SMTP_CLIENT_TURN)->tag, 3);
		smtp_client_resume(x, fixture_now);
		assert_int_equal(smtp_client_verdict(x, &order), 0);
		machine_says(x, lines[i]);
		peer_says(x, "550 5.7.1 no\r\n");
		assert_int_equal(told(x, SMTP_CLIENT_REPLY)->tag, 3);
		smtp_client_free(&x);
	}
}

/* SM-13 */
static void
have_is_answered_251_and_does_not_turn(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_verdict order = verdict(SMTP_VERDICT_ACCEPT, 3);

	(void)state;
	order.have = true;
	assert_int_equal(smtp_client_verdict(x, &order), 0);
	machine_says(x, "ACCEPT id-1 To:<bob@b.test> HAVE\r\n");
	peer_says(x, "251 2.0.0 noted\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->reply.code, 251);
	assert_int_equal(smtp_client_verdict(x, &order), 0);
	machine_says(x, "ACCEPT id-1 To:<bob@b.test> HAVE\r\n");
	/* It does not know us any more: take it again (WIRE 4.7). */
	peer_says(x, "250 2.0.0 your turn\r\n");
	told(x, SMTP_CLIENT_TURN);
	smtp_client_free(&x);
}

static void
have_is_kept_from_a_peer_that_does_not_list_it(void **state)
{
	struct smtp_client *x =
	    fixture_ready("250-peer.test\r\n250 PULL DIGEST\r\n");
	struct smtp_client_verdict order = verdict(SMTP_VERDICT_ACCEPT, 3);

	(void)state;
	order.have = true;
	order.to = span_of("");
	order.id = span_of("<m@a.test>");
	assert_int_equal(smtp_client_verdict(x, &order), 0);
	machine_says(x, "ACCEPT <m@a.test>\r\n");
	smtp_client_free(&x);
}

/* SM-31, SM-32, SM-33 */
static void
verdicts_that_do_not_turn_are_pipelined(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_verdict order;

	(void)state;
	for (unsigned i = SMTP_VERDICT_REJECT; i < SMTP_VERDICT_COUNT; i++) {
		order = verdict((enum verdict)i, i);
		order.to = span_of("");
		assert_int_equal(smtp_client_verdict(x, &order), 0);
	}
	order = verdict(SMTP_VERDICT_ACCEPT, 9);
	assert_int_equal(smtp_client_verdict(x, &order), 0);
	assert_int_equal(smtp_client_verdict(x, &order), -E_STATE);
	machine_says(x, "REJECT id-1\r\nSPAM id-1\r\nSPAMMER id-1\r\n"
			"ACCEPT id-1 To:<bob@b.test>\r\n");
	peer_says(x, "250 ok\r\n451 4.3.0 later\r\n250 ok\r\n250 turn\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->tag, SMTP_VERDICT_REJECT);
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->reply.code, 451);
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->tag, SMTP_VERDICT_SPAMMER);
	assert_int_equal(told(x, SMTP_CLIENT_TURN)->tag, 9);
	smtp_client_free(&x);
}

static void
what_would_inject_a_command_is_not_said(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_verdict order = verdict(SMTP_VERDICT_ACCEPT, 1);
	struct smtp_client_gtml pull = gtml("bob@b.test\r\nQUIT", 1);
	char line[1100];

	(void)state;
	assert_int_equal(smtp_client_gtml(x, &pull), -E_SYNTAX);
	pull = gtml("", 1);
	assert_int_equal(smtp_client_gtml(x, &pull), -E_SYNTAX);
	pull = gtml("bob@b.test", 1);
	pull.id = span_of("a b");
	assert_int_equal(smtp_client_gtml(x, &pull), -E_SYNTAX);
	order.to = span_of("a\r\nQUIT");
	assert_int_equal(smtp_client_verdict(x, &order), -E_SYNTAX);
	order = verdict(SMTP_VERDICT_ACCEPT, 1);
	order.id = span_of("");
	assert_int_equal(smtp_client_verdict(x, &order), -E_SYNTAX);
	memset(line, 'a', sizeof(line));
	order.id = span_make(line, sizeof(line));
	assert_int_equal(smtp_client_verdict(x, &order), -E_RANGE);
	machine_says(x, "");
	smtp_client_free(&x);
}

/* --- behind GTML --- */

static struct smtp_client *
behind_gtml(void)
{
	struct smtp_client_setup setup = fixture_setup();

	setup.kind = SMTP_CLIENT_TURNED;
	setup.after_gtml = true;
	return fixture_dial(&setup);
}

/* DM-17 */
static void
behind_gtml_only_the_content_is_sent(void **state)
{
	struct smtp_client *x = behind_gtml();
	struct machine m = smtp_client_machine(x);
	struct smtp_client_send send = plain_send(4);

	(void)state;
	/* The 354 may be there before we know what to send. */
	assert_int_equal(
	    m.ops->feed(m.self, span_of("354 go on\r\n"), fixture_now), 0);
	send.use_bdat = send.smtputf8 = true;
	assert_int_equal(smtp_client_send(x, &send), 0);
	assert_int_equal(smtp_client_send(x, &send), -E_STATE);
	machine_says(x, "");
	peer_says(x, "354 go on\r\n");
	told(x, SMTP_CLIENT_CONTENT);
	assert_int_equal(smtp_client_write(x, span_of(".a\r\n")), 0);
	assert_int_equal(smtp_client_end(x), 0);
	machine_says(x, "..a\r\n.\r\n");
	peer_says(x, "250 2.0.0 stored\r\n");
	told_sent(x, 250, true);
	/* Not closed before it is durable (WIRE 4.7), and deaf till then. */
	assert_int_equal(m.ops->wants(m.self), MACHINE_READ);
	assert_int_equal(m.ops->feed(m.self, span_of("x"), fixture_now), 0);
	assert_int_equal(smtp_client_finish(x), 0);
	assert_int_equal(m.ops->wants(m.self), 0);
	assert_int_equal(smtp_client_finish(x), -E_STATE);
	told_nothing(x);
	smtp_client_free(&x);
}

static void
behind_gtml_refusals_are_told(void **state)
{
	struct smtp_client *x = behind_gtml();
	struct smtp_client_send send = plain_send(0);

	(void)state;
	assert_int_equal(smtp_client_send(x, &send), 0);
	peer_says(x, "452 4.3.1 no room\r\n");
	told_sent(x, 452, false);
	machine_says(x, "");
	assert_int_equal(smtp_client_finish(x), 0);
	smtp_client_free(&x);
	x = behind_gtml();
	assert_int_equal(smtp_client_send(x, &send), 0);
	peer_says(x, "354 go on\r\n");
	told(x, SMTP_CLIENT_CONTENT);
	assert_int_equal(smtp_client_end(x), 0);
	machine_says(x, ".\r\n");
	peer_says(x, "554 5.6.0 another\r\n");
	told_sent(x, 554, true);
	smtp_client_free(&x);
}

static void
behind_gtml_there_is_no_giving_up_but_breaking(void **state)
{
	struct smtp_client *x = behind_gtml();
	struct smtp_client_send send = plain_send(0);

	(void)state;
	assert_int_equal(smtp_client_give_up(x), -E_STATE);
	assert_int_equal(smtp_client_finish(x), -E_STATE);
	assert_int_equal(smtp_client_send(x, &send), 0);
	assert_int_equal(smtp_client_give_up(x), -E_STATE);
	smtp_client_break(x);
	told_broken(x, 0);
	smtp_client_free(&x);
}

static void
behind_gtml_a_silent_asker_times_out(void **state)
{
	struct smtp_client *x = behind_gtml();
	struct machine m = smtp_client_machine(x);
	struct smtp_client_send send = plain_send(0);

	(void)state;
	assert_int_equal(smtp_client_send(x, &send), 0);
	m.ops->tick(m.self, fixture_now);
	assert_int_equal(m.ops->deadline(m.self), fixture_now + 300);
	m.ops->tick(m.self, fixture_now + 300);
	told_broken(x, 0);
	smtp_client_free(&x);
}

/* After RETR the owner never closes by itself. */
static void
finish_is_for_gtml_alone(void **state)
{
	struct smtp_client *x = fixture_turned(0);

	(void)state;
	assert_int_equal(smtp_client_give_up(x), 0);
	machine_says(x, "RSET\r\n");
	peer_says(x, "250 reset\r\n");
	told_sent(x, 250, false);
	assert_int_equal(smtp_client_finish(x), -E_STATE);
	smtp_client_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(data_in_answer_to_gtml_turns),
	    cmocka_unit_test(a_refused_gtml_leaves_the_session),
	    cmocka_unit_test(any_other_answer_to_gtml_breaks),
	    cmocka_unit_test(data_in_any_other_place_breaks),
	    cmocka_unit_test(nothing_follows_gtml_before_its_answer),
	    cmocka_unit_test(a_granted_accept_turns_and_comes_back),
	    cmocka_unit_test(have_is_answered_251_and_does_not_turn),
	    cmocka_unit_test(have_is_kept_from_a_peer_that_does_not_list_it),
	    cmocka_unit_test(verdicts_that_do_not_turn_are_pipelined),
	    cmocka_unit_test(what_would_inject_a_command_is_not_said),
	    cmocka_unit_test(behind_gtml_only_the_content_is_sent),
	    cmocka_unit_test(behind_gtml_refusals_are_told),
	    cmocka_unit_test(behind_gtml_there_is_no_giving_up_but_breaking),
	    cmocka_unit_test(behind_gtml_a_silent_asker_times_out),
	    cmocka_unit_test(finish_is_for_gtml_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
