/* The turn, STARTTLS, and octets that come when it is not their turn. */
#include "server_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELLO        "EHLO c.test\r\n"
#define START        "MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\n"
#define START_EVENTS "MAIL(a@a.test) RCPT(b@b.test) "

static void
start(struct talk *t, enum smtp_server_kind kind)
{
	struct smtp_server_setup setup = talk_setup(kind);

	talk_init(t, &setup, SMTP_KEYWORD_PULL);
	if (kind == SMTP_SERVER_PEER)
		pump_say(&t->pump, HELLO);
}

static void
expect_turned(const char *input, const char *replies, const char *events)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_TURNED);

	talk_expect(&setup, span_of(input), replies, events);
}

/* GD-26, GD-27 */
static void
retr_turns_once_its_reply_is_sent_and_the_turn_comes_back(void **state)
{
	struct talk t;

	(void)state;
	start(&t, SMTP_SERVER_PEER);
	t.pump.is_deaf = true;
	pump_say(&t.pump, "RETR abc\r\n");
	assert_string_equal(talk_events(&t), "EHLO(c.test) RETR(abc)");
	t.pump.is_deaf = false;
	pump_run(&t.pump);
	assert_true(talk_has_said(&t, "250 2.0.0 your turn to listen\r\n"));
	assert_string_equal(talk_events(&t), "EHLO(c.test) RETR(abc) TURN");
	/* The connection belongs to another machine now. */
	assert_int_equal(
	    t.pump.machine.ops->deadline(t.pump.machine.self), INT64_MAX);
	smtp_server_resume(t.server, t.pump.now + 1000);
	t.pump.now += 1000;
	pump_say(&t.pump, "RETR no\r\nQUIT\r\n");
	talk_fini(&t);
}

/* AT-16 */
static void
octets_behind_retr_before_its_answer_break_the_session(void **state)
{
	struct talk t;

	(void)state;
	start(&t, SMTP_SERVER_PEER);
	pump_say(&t.pump, "RETR abc\r\nM");
	assert_string_equal(talk_replies(&t), "220 250 421");
	assert_string_equal(talk_events(&t), "EHLO(c.test) CLOSED");
	talk_fini(&t);
	/* Later, but still before the owner has answered. */
	start(&t, SMTP_SERVER_PEER);
	t.is_mute = true;
	pump_say(&t.pump, "RETR abc\r\n");
	pump_say(&t.pump, "M");
	assert_string_equal(talk_replies(&t), "220 250 421");
	assert_string_equal(talk_events(&t), "EHLO(c.test) RETR(abc) CLOSED");
	/* The answer that comes too late finds nobody. */
	smtp_server_tell(t.server, REPLY_YOUR_TURN, span_of(""));
	pump_run(&t.pump);
	assert_string_equal(talk_events(&t), "EHLO(c.test) RETR(abc) CLOSED");
	talk_fini(&t);
}

/* AT-16 */
static void
a_turn_that_nobody_has_seen_is_taken_back(void **state)
{
	struct talk t;

	(void)state;
	start(&t, SMTP_SERVER_PEER);
	t.pump.is_deaf = true;
	pump_say(&t.pump, "NOOP\r\nRETR abc\r\n");
	pump_say(&t.pump, "MAIL");
	t.pump.is_deaf = false;
	pump_run(&t.pump);
	assert_string_equal(talk_replies(&t), "220 250 250 421");
	assert_false(talk_has_said(&t, "your turn"));
	assert_string_equal(talk_events(&t), "EHLO(c.test) RETR(abc) CLOSED");
	talk_fini(&t);
}

/* AT-16 */
static void
a_turn_that_is_partly_sent_is_cut_off(void **state)
{
	struct talk t;

	(void)state;
	start(&t, SMTP_SERVER_PEER);
	t.pump.is_deaf = true;
	pump_say(&t.pump, "RETR abc\r\n");
	t.pump.machine.ops->sent(t.pump.machine.self, 3);
	pump_say(&t.pump, "M");
	t.pump.is_deaf = false;
	pump_run(&t.pump);
	assert_true(talk_has_said(&t, "listen\r\n421 4.7.0 "));
	assert_true(t.is_over);
	talk_fini(&t);
}

/* GD-28, GD-29 */
static void
a_refused_retr_leaves_the_session_as_it_was(void **state)
{
	struct talk t;

	(void)state;
	start(&t, SMTP_SERVER_PEER);
	pump_say(&t.pump, "RETR no\r\n");
	pump_say(&t.pump, "RETR later\r\n");
	pump_say(&t.pump, "GDEL x\r\n");
	assert_string_equal(talk_replies(&t), "220 250 550 451 250");
	assert_string_equal(
	    talk_events(&t), "EHLO(c.test) RETR(no) RETR(later) GDEL(x)");
	talk_fini(&t);
}

static void
retr_needs_one_identifier(void **state)
{
	struct talk t;

	(void)state;
	start(&t, SMTP_SERVER_PEER);
	pump_say(&t.pump, "RETR\r\nRETR a b\r\nRETR a;b\r\nQUIT\r\n");
	assert_string_equal(talk_replies(&t), "220 250 501 501 501 221");
	talk_fini(&t);
}

/* WIRE 4.1, 4.4 */
static void
one_message_is_taken_while_turned_and_the_turn_goes_back(void **state)
{
	(void)state;
	expect_turned(START "NOOP\r\nDATA\r\nabc\r\n.\r\n",
	    "250 250 250 354 250", START_EVENTS "DATA END(5) TURN_BACK");
	expect_turned(START "BDAT 5 LAST\r\nabc\r\n", "250 250 250",
	    START_EVENTS "DATA(bdat) END(5) TURN_BACK");
}

/* WIRE 4.4 */
static void
any_refusal_of_the_transaction_gives_the_turn_back(void **state)
{
	(void)state;
	expect_turned(
	    "MAIL FROM:<no@a.test>\r\n", "550", "MAIL(no@a.test) TURN_BACK");
	expect_turned("MAIL FROM:<later@a.test>\r\n", "451",
	    "MAIL(later@a.test) TURN_BACK");
	expect_turned("MAIL FROM:<a@>\r\n", "501", "TURN_BACK");
	expect_turned("MAIL FROM:<> SIZE=1000001\r\n", "552", "TURN_BACK");
	expect_turned("MAIL FROM:<>\r\nRCPT TO:<no@b.test>\r\n", "250 550",
	    "MAIL() RCPT(no@b.test) ABORT TURN_BACK");
	expect_turned(
	    "MAIL FROM:<>\r\nDATA\r\n", "250 554", "MAIL() ABORT TURN_BACK");
	expect_turned("RCPT TO:<b@b.test>\r\n", "503", "TURN_BACK");
	expect_turned("MAIL FROM:<nodata@a.test>\r\nRCPT TO:<b@b.test>\r\n"
		      "DATA\r\n",
	    "250 250 554",
	    "MAIL(nodata@a.test) RCPT(b@b.test) DATA ABORT TURN_BACK");
	expect_turned("MAIL FROM:<nodata@a.test>\r\nRCPT TO:<b@b.test>\r\n"
		      "BDAT 6 LAST\r\nQUIT\r\n",
	    "250 250 554",
	    "MAIL(nodata@a.test) RCPT(b@b.test) DATA(bdat) ABORT TURN_BACK");
	expect_turned("BDAT 6 LAST\r\nQUIT\r\n", "503", "TURN_BACK");
	expect_turned("MAIL FROM:<noend@a.test>\r\nRCPT TO:<b@b.test>\r\n"
		      "DATA\r\na\r\n.\r\n",
	    "250 250 354 554",
	    "MAIL(noend@a.test) RCPT(b@b.test) DATA END(3) TURN_BACK");
	expect_turned(START "DATA\r\na\nb\r\n.\r\n", "250 250 354 554",
	    START_EVENTS "DATA ABORT TURN_BACK");
}

/* WIRE 4.1 */
static void
a_second_recipient_ends_the_turn(void **state)
{
	(void)state;
	expect_turned(START "RCPT TO:<c@b.test>\r\n", "250 250 503",
	    START_EVENTS "ABORT TURN_BACK");
}

/* WIRE 4.3 */
static void
the_rest_is_not_legal_while_turned(void **state)
{
	(void)state;
	expect_turned("EHLO x\r\nHELO x\r\nSTARTTLS\r\nAUTH PLAIN\r\nVRFY x\r\n"
		      "HELP\r\nGDEL x\r\nRETR x\r\nXYZ\r\n\r\nNOOP\r\n"
		      "QUIT\r\nNOOP\r\n",
	    "503 503 503 503 503 503 503 503 503 503 250 221", "CLOSED");
}

/* WIRE 4.3 */
static void
rset_gives_the_turn_back(void **state)
{
	(void)state;
	expect_turned("RSET\r\n", "250", "TURN_BACK");
	expect_turned(
	    START "RSET\r\n", "250 250 250", START_EVENTS "ABORT TURN_BACK");
}

static void
chunks_are_refused_while_turned_where_they_were_not_offered(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_TURNED);

	(void)state;
	setup.chunking = false;
	talk_expect(&setup, span_of(START "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
	    "250 250 503 250", "MAIL(a@a.test) RCPT(b@b.test)");
}

/* AT-16, WIRE 4.2 */
static void
octets_behind_turned_content_break_the_session(void **state)
{
	struct talk t;

	(void)state;
	start(&t, SMTP_SERVER_TURNED);
	pump_say(&t.pump, START "DATA\r\nabc\r\n.\r\nQ");
	assert_string_equal(talk_replies(&t), "250 250 354 421");
	assert_string_equal(talk_events(&t), START_EVENTS "DATA ABORT CLOSED");
	talk_fini(&t);
	start(&t, SMTP_SERVER_TURNED);
	pump_say(&t.pump, START "DATA\r\n");
	t.is_mute = true;
	pump_say(&t.pump, "abc\r\n.\r\n");
	pump_say(&t.pump, "Q");
	assert_string_equal(talk_replies(&t), "250 250 354 421");
	assert_string_equal(talk_events(&t), START_EVENTS "DATA END(5) CLOSED");
	talk_fini(&t);
	start(&t, SMTP_SERVER_TURNED);
	pump_say(&t.pump, START "BDAT 3 LAST\r\na\r\nQ");
	assert_string_equal(talk_replies(&t), "250 250 421");
	talk_fini(&t);
}

/* AT-16: RFC 3207 4.2, as in the James test of that name */
static void
commands_injected_behind_starttls_break_the_session(void **state)
{
	struct talk t;

	(void)state;
	start(&t, SMTP_SERVER_PEER);
	pump_say(&t.pump, "STARTTLS\r\nRSET\r\n");
	assert_string_equal(talk_replies(&t), "220 250 421");
	assert_string_equal(talk_events(&t), "EHLO(c.test) CLOSED");
	talk_fini(&t);
}

/* RFC 3207 4.2 */
static void
tls_forgets_what_was_said_in_clear(void **state)
{
	struct talk t;

	(void)state;
	start(&t, SMTP_SERVER_PEER);
	pump_say(&t.pump, "STARTTLS\r\n");
	assert_string_equal(talk_events(&t), "EHLO(c.test) START_TLS");
	smtp_server_secured(t.server);
	pump_say(&t.pump, "MAIL FROM:<>\r\n" HELLO "STARTTLS\r\nQUIT\r\n");
	assert_string_equal(talk_replies(&t), "220 250 220 503 250 502 221");
	talk_fini(&t);
}

static void
starttls_is_not_there_without_a_certificate(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	(void)state;
	setup.starttls = false;
	talk_expect(&setup, span_of(HELLO "STARTTLS\r\n"), "220 250 502",
	    "EHLO(c.test)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		retr_turns_once_its_reply_is_sent_and_the_turn_comes_back),
	    cmocka_unit_test(
		octets_behind_retr_before_its_answer_break_the_session),
	    cmocka_unit_test(a_turn_that_nobody_has_seen_is_taken_back),
	    cmocka_unit_test(a_turn_that_is_partly_sent_is_cut_off),
	    cmocka_unit_test(a_refused_retr_leaves_the_session_as_it_was),
	    cmocka_unit_test(retr_needs_one_identifier),
	    cmocka_unit_test(
		one_message_is_taken_while_turned_and_the_turn_goes_back),
	    cmocka_unit_test(
		any_refusal_of_the_transaction_gives_the_turn_back),
	    cmocka_unit_test(a_second_recipient_ends_the_turn),
	    cmocka_unit_test(the_rest_is_not_legal_while_turned),
	    cmocka_unit_test(rset_gives_the_turn_back),
	    cmocka_unit_test(
		chunks_are_refused_while_turned_where_they_were_not_offered),
	    cmocka_unit_test(octets_behind_turned_content_break_the_session),
	    cmocka_unit_test(
		commands_injected_behind_starttls_break_the_session),
	    cmocka_unit_test(tls_forgets_what_was_said_in_clear),
	    cmocka_unit_test(starttls_is_not_there_without_a_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
