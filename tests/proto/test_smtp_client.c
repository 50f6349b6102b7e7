/*
 * The client's side between messages: GDEL, RETR, the turn, timeouts, and peers
 * that speak out of turn.
 */
#include "smtp_client_fixture.h"

#include <string.h>

static const struct params no_params;

/* GD-20: several notices in one session; GD-24: their answers */
static void
notices_are_pipelined_and_answered_in_order(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	const struct smtp_client_event *event;

	(void)state;
	assert_int_equal(
	    smtp_client_gdel(x, span_of("first"), &no_params, 1), 0);
	assert_int_equal(
	    smtp_client_gdel(x, span_of("second"), &no_params, 2), 0);
	machine_says(x, "GDEL first\r\nGDEL second\r\n");
	peer_says(x, "250 2.0.0 noted\r\n501 5.5.4 bad\r\n");
	event = told(x, SMTP_CLIENT_REPLY);
	assert_int_equal(event->tag, 1);
	assert_int_equal(event->reply.code, 250);
	event = told(x, SMTP_CLIENT_REPLY);
	assert_int_equal(event->tag, 2);
	assert_int_equal(event->reply.code, 501);
	assert_string_equal(event->reply.enhanced, "5.5.4");
	smtp_client_free(&x);
}

static void
without_pipelining_one_notice_goes_at_a_time(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");

	(void)state;
	assert_int_equal(
	    smtp_client_gdel(x, span_of("first"), &no_params, 1), 0);
	assert_int_equal(
	    smtp_client_gdel(x, span_of("second"), &no_params, 2), -E_AGAIN);
	machine_says(x, "GDEL first\r\n");
	peer_says(x, "250 noted\r\n");
	told(x, SMTP_CLIENT_REPLY);
	assert_int_equal(
	    smtp_client_gdel(x, span_of("second"), &no_params, 2), 0);
	machine_says(x, "GDEL second\r\n");
	smtp_client_free(&x);
}

static void
the_window_has_a_ceiling_and_moves_on(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct machine m = smtp_client_machine(x);
	uint64_t next = 0;

	(void)state;
	while (smtp_client_gdel(x, span_of("id"), &no_params, next) == 0)
		next++;
	assert_int_equal(next, SMTP_CLIENT_WINDOW);
	for (uint64_t tag = 0; tag < 200; tag++) {
		m.ops->sent(m.self, m.ops->out(m.self).n);
		peer_says(x, "250 noted\r\n");
		assert_int_equal(told(x, SMTP_CLIENT_REPLY)->tag, tag);
		assert_int_equal(
		    smtp_client_gdel(x, span_of("id"), &no_params, next++), 0);
	}
	smtp_client_free(&x);
}

static struct params
full_params(void)
{
	struct params p = {
	    .has_digest = true, .has_expires = true, .expires = 7200};

	for (uint8_t i = 0; i < sizeof(p.digest); i++)
		p.digest[i] = i;
	memcpy(p.from, "a.test", sizeof("a.test"));
	return p;
}

#define SAID_DIGEST " DIGEST=sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static void
notice_parameters_are_said_to_a_peer_that_lists_them(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct params p = full_params();

	(void)state;
	assert_int_equal(smtp_client_gdel(x, span_of("id"), &p, 1), 0);
	machine_says(x, "GDEL id" SAID_DIGEST " EXPIRES=7200 FROM=a.test\r\n");
	smtp_client_free(&x);
}

static void
only_the_listed_notice_parameters_are_said(void **state)
{
	struct smtp_client *x =
	    fixture_ready("250-peer.test\r\n250-GDEL\r\n250 PULL EXPIRES\r\n");
	struct params p = full_params();

	(void)state;
	assert_int_equal(smtp_client_gdel(x, span_of("id"), &p, 1), 0);
	machine_says(x, "GDEL id EXPIRES=7200\r\n");
	smtp_client_free(&x);
}

/* GD-23, GD-25: General Delivery as the paper prints it */
static void
a_peer_without_pull_hears_plain_notices(void **state)
{
	struct smtp_client *x = fixture_ready("250-peer.test\r\n250 GDEL\r\n");
	struct params p = full_params();

	(void)state;
	assert_int_equal(smtp_client_gdel(x, span_of("id"), &p, 1), 0);
	machine_says(x, "GDEL id\r\n");
	smtp_client_free(&x);
}

static void
an_identifier_that_would_inject_a_command_is_not_said(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	char line[1100];

	(void)state;
	assert_int_equal(
	    smtp_client_gdel(x, span_of("a\r\nQUIT"), &no_params, 1),
	    -E_SYNTAX);
	assert_int_equal(smtp_client_retr(x, span_of("a b"), 1), -E_SYNTAX);
	assert_int_equal(smtp_client_retr(x, span_of(""), 1), -E_SYNTAX);
	memset(line, 'a', sizeof(line));
	assert_int_equal(
	    smtp_client_retr(x, span_make(line, sizeof(line)), 1), -E_RANGE);
	machine_says(x, "");
	assert_int_equal(smtp_client_retr(x, span_of("id"), 1), 0);
	machine_says(x, "RETR id\r\n");
	smtp_client_free(&x);
}

/* WIRE 2: RETR must be the last command of a pipelined group. AT-16 */
static void
nothing_follows_retr_before_its_answer(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);

	(void)state;
	assert_int_equal(smtp_client_gdel(x, span_of("a"), &no_params, 1), 0);
	assert_int_equal(smtp_client_retr(x, span_of("b"), 2), 0);
	assert_int_equal(
	    smtp_client_gdel(x, span_of("c"), &no_params, 3), -E_STATE);
	assert_int_equal(smtp_client_retr(x, span_of("c"), 3), -E_STATE);
	assert_int_equal(smtp_client_noop(x, 3), -E_STATE);
	assert_int_equal(smtp_client_quit(x), -E_STATE);
	machine_says(x, "GDEL a\r\nRETR b\r\n");
	peer_says(x, "250 noted\r\n550 5.7.1 no\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->tag, 1);
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->tag, 2);
	assert_int_equal(smtp_client_noop(x, 4), 0);
	assert_int_equal(
	    smtp_client_gdel(x, span_of("c"), &no_params, 5), -E_STATE);
	machine_says(x, "NOOP\r\n");
	smtp_client_free(&x);
}

/* GD-26, GD-27, WIRE 4: what stands behind the 250 belongs to the server */
static void
a_granted_retr_turns_and_takes_nothing_behind_its_answer(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct machine m = smtp_client_machine(x);
	const char *input = "250 2.0.0 yours\r\nMAIL FROM:<a@a.test>\r\n";
	const struct smtp_client_event *event;

	(void)state;
	assert_int_equal(smtp_client_retr(x, span_of("id"), 9), 0);
	machine_says(x, "RETR id\r\n");
	assert_int_equal(m.ops->feed(m.self, span_of(input), fixture_now), 17);
	event = told(x, SMTP_CLIENT_TURN);
	assert_int_equal(event->tag, 9);
	told_nothing(x);
	assert_int_equal(
	    m.ops->feed(m.self, span_of(input + 17), fixture_now), 0);
	assert_true(m.ops->deadline(m.self) == INT64_MAX);
	assert_int_equal(smtp_client_retr(x, span_of("next"), 10), -E_STATE);
	smtp_client_resume(x, fixture_now);
	assert_int_equal(smtp_client_retr(x, span_of("next"), 10), 0);
	machine_says(x, "RETR next\r\n");
	smtp_client_free(&x);
}

static void
only_250_turns(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);

	(void)state;
	assert_int_equal(smtp_client_retr(x, span_of("id"), 9), 0);
	machine_says(x, "RETR id\r\n");
	peer_says(x, "251 2.0.0 you have it\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->reply.code, 251);
	assert_int_equal(smtp_client_retr(x, span_of("id"), 9), 0);
	machine_says(x, "RETR id\r\n");
	peer_says(x, "354 go on\r\n");
	told_broken(x, 354);
	smtp_client_free(&x);
}

/* AT-16 */
static void
an_answer_before_its_command_was_sent_breaks(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);

	(void)state;
	assert_int_equal(smtp_client_retr(x, span_of("id"), 9), 0);
	peer_says(x, "250 2.0.0 yours\r\n");
	told_broken(x, 250);
	smtp_client_free(&x);
}

/* AT-16 */
static void
an_answer_nobody_asked_for_breaks_even_in_pieces(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);

	(void)state;
	peer_says(x, "250 yo");
	told_nothing(x);
	assert_int_equal(smtp_client_retr(x, span_of("id"), 1), -E_STATE);
	assert_int_equal(smtp_client_noop(x, 1), -E_STATE);
	peer_says(x, "urs\r\n");
	told_broken(x, 250);
	smtp_client_free(&x);
}

static void
one_answer_too_many_breaks(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);

	(void)state;
	assert_int_equal(smtp_client_gdel(x, span_of("a"), &no_params, 1), 0);
	machine_says(x, "GDEL a\r\n");
	peer_says(x, "250 noted\r\n250 noted\r\n");
	told(x, SMTP_CLIENT_REPLY);
	told_broken(x, 250);
	smtp_client_free(&x);
}

static void
a_421_is_broken_wherever_it_comes(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);

	(void)state;
	peer_says(x, "421 4.3.2 bye\r\n");
	told_broken(x, 421);
	smtp_client_free(&x);

	x = fixture_ready(ALL_KEYWORDS);
	assert_int_equal(smtp_client_gdel(x, span_of("a"), &no_params, 1), 0);
	assert_int_equal(smtp_client_gdel(x, span_of("b"), &no_params, 2), 0);
	machine_says(x, "GDEL a\r\nGDEL b\r\n");
	peer_says(x, "250 noted\r\n421-4.3.2 bye\r\n421 4.3.2 bye\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->tag, 1);
	told_broken(x, 421);
	smtp_client_free(&x);
}

static void
malformed_answers_break(void **state)
{
	static const char *const answers[] = {"hello\r\n", "250-a\r\n251 b\r\n",
	    "150 early\r\n", "25\r\n", "250 a\n250 b\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
		assert_int_equal(smtp_client_noop(x, 1), 0);
		machine_says(x, "NOOP\r\n");
		peer_says(x, answers[i]);
		told_broken(x, 0);
		smtp_client_free(&x);
	}
}

static void
an_endless_answer_breaks(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);

	(void)state;
	assert_int_equal(smtp_client_noop(x, 1), 0);
	machine_says(x, "NOOP\r\n");
	for (unsigned i = 0; i <= REPLY_LINES_MAX; i++)
		peer_says(x, "250-more\r\n");
	told_broken(x, 0);
	smtp_client_free(&x);
}

static void
quit_is_answered_and_closes(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct machine m = smtp_client_machine(x);

	(void)state;
	assert_int_equal(smtp_client_quit(x), 0);
	machine_says(x, "QUIT\r\n");
	assert_int_equal(smtp_client_quit(x), -E_STATE);
	peer_says(x, "221 bye\r\nand more\r\n");
	told(x, SMTP_CLIENT_CLOSED);
	told_nothing(x);
	assert_int_equal(m.ops->wants(m.self), 0);
	smtp_client_free(&x);
}

/* RFC 5321 4.5.3.2.1 */
static void
a_silent_greeting_times_out(void **state)
{
	struct smtp_client_setup setup = fixture_setup();
	struct smtp_client *x = fixture_dial(&setup);
	struct machine m = smtp_client_machine(x);

	(void)state;
	assert_int_equal(m.ops->deadline(m.self), fixture_now + 300);
	m.ops->tick(m.self, fixture_now + 299);
	told_nothing(x);
	m.ops->tick(m.self, fixture_now + 300);
	told_broken(x, 0);
	smtp_client_free(&x);
}

/* The wait for an answer begins with the step that follows the order. */
static void
a_command_after_a_rest_has_its_whole_time(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct machine m = smtp_client_machine(x);
	int64_t later = fixture_now + 100;

	(void)state;
	assert_true(m.ops->deadline(m.self) == INT64_MAX);
	assert_int_equal(smtp_client_noop(x, 1), 0);
	assert_true(m.ops->deadline(m.self) <= later);
	m.ops->tick(m.self, later);
	assert_int_equal(m.ops->deadline(m.self), later + 300);
	m.ops->tick(m.self, later + 300);
	told_broken(x, 0);
	smtp_client_free(&x);
}

static void
an_answer_octet_by_octet_gains_no_time(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct machine m = smtp_client_machine(x);

	(void)state;
	assert_int_equal(smtp_client_noop(x, 1), 0);
	machine_says(x, "NOOP\r\n");
	m.ops->tick(m.self, fixture_now);
	m.ops->feed(m.self, span_of("250-a\r\n2"), fixture_now + 200);
	assert_int_equal(m.ops->deadline(m.self), fixture_now + 300);
	m.ops->tick(m.self, fixture_now + 300);
	told_broken(x, 0);
	smtp_client_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(notices_are_pipelined_and_answered_in_order),
	    cmocka_unit_test(without_pipelining_one_notice_goes_at_a_time),
	    cmocka_unit_test(the_window_has_a_ceiling_and_moves_on),
	    cmocka_unit_test(
		notice_parameters_are_said_to_a_peer_that_lists_them),
	    cmocka_unit_test(only_the_listed_notice_parameters_are_said),
	    cmocka_unit_test(a_peer_without_pull_hears_plain_notices),
	    cmocka_unit_test(
		an_identifier_that_would_inject_a_command_is_not_said),
	    cmocka_unit_test(nothing_follows_retr_before_its_answer),
	    cmocka_unit_test(
		a_granted_retr_turns_and_takes_nothing_behind_its_answer),
	    cmocka_unit_test(only_250_turns),
	    cmocka_unit_test(an_answer_before_its_command_was_sent_breaks),
	    cmocka_unit_test(an_answer_nobody_asked_for_breaks_even_in_pieces),
	    cmocka_unit_test(one_answer_too_many_breaks),
	    cmocka_unit_test(a_421_is_broken_wherever_it_comes),
	    cmocka_unit_test(malformed_answers_break),
	    cmocka_unit_test(an_endless_answer_breaks),
	    cmocka_unit_test(quit_is_answered_and_closes),
	    cmocka_unit_test(a_silent_greeting_times_out),
	    cmocka_unit_test(a_command_after_a_rest_has_its_whole_time),
	    cmocka_unit_test(an_answer_octet_by_octet_gains_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
