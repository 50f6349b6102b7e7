/* DMTP (WIRE 5): MSID instead of content, and GTML, which asks for it. */
#include "server_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELLO        "EHLO c.test\r\n"
#define MAIL         "MAIL FROM:<a@a.test> DMTP\r\n"
#define START        HELLO MAIL "RCPT TO:<b@b.test>\r\n"
#define START_EVENTS "EHLO(c.test) MAIL(a@a.test) RCPT(b@b.test)"

/* Nothing but the dialects; PULL is there in the transcripts as well. */
#define OFFERED (SMTP_KEYWORD_PULL | SMTP_KEYWORD_MSID)

static void
expect(const char *input, const char *replies, const char *events)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	talk_expect_with(OFFERED, &setup, span_of(input), replies, events);
}

static void
expect_after_gtml(const char *input, const char *replies, const char *events)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_TURNED);

	setup.after_gtml = true;
	talk_expect(&setup, span_of(input), replies, events);
}

/* --- MSID --- */

/* DM-03, DM-04, DM-14, DM-15 */
static void
msid_stands_in_for_the_content(void **state)
{
	(void)state;
	expect(START "MSID id-1 Minutes of Monday\r\nQUIT\r\n",
	    "220 250 250 250 250 221",
	    START_EVENTS " MSID(id-1) subject(Minutes of Monday) CLOSED");
	expect(START "msid id-1\r\n", "220 250 250 250 250",
	    START_EVENTS " MSID(id-1)");
	expect(START "MSID id-1 =?UTF-8?Q?gr=C3=BCn?=\r\n",
	    "220 250 250 250 250",
	    START_EVENTS " MSID(id-1) subject(gr\xc3\xbcn)");
}

static void
several_recipients_share_one_msid(void **state)
{
	(void)state;
	expect(START "RCPT TO:<no@b.test>\r\nRCPT TO:<c@b.test>\r\nMSID x\r\n",
	    "220 250 250 250 550 250 250",
	    START_EVENTS " RCPT(no@b.test) RCPT(c@b.test) MSID(x)");
}

/* SM-42 */
static void
msid_ends_the_transaction_whatever_the_answer(void **state)
{
	(void)state;
	expect(START "MSID no\r\nMSID x\r\n" MAIL
		     "RCPT TO:<b@b.test>\r\nMSID later\r\nGDEL y\r\n",
	    "220 250 250 250 550 503 250 250 451 250",
	    START_EVENTS " MSID(no) MAIL(a@a.test) RCPT(b@b.test) MSID(later) "
			 "GDEL(y)");
	expect(START "MSID stop\r\nNOOP\r\n", "220 250 250 250 421",
	    START_EVENTS " MSID(stop) CLOSED");
}

static void
msid_needs_dmtp_and_a_recipient(void **state)
{
	(void)state;
	expect("MSID x\r\n" HELLO "MSID x\r\nMAIL FROM:<a@a.test>\r\n"
	       "RCPT TO:<b@b.test>\r\nMSID x\r\nRSET\r\n" MAIL
	       "MSID x\r\nRCPT TO:<no@b.test>\r\nMSID x\r\n",
	    "220 503 250 503 250 250 503 250 250 503 550 503",
	    "EHLO(c.test) MAIL(a@a.test) RCPT(b@b.test) ABORT MAIL(a@a.test) "
	    "RCPT(no@b.test)");
}

static void
msid_without_a_good_identifier_is_refused(void **state)
{
	(void)state;
	expect(START "MSID\r\nMSID a;b\r\nMSID x a\tb\r\n"
		     "MSID x =?UTF-8?Q?=0D=0A?=\r\nMSID x\r\n",
	    "220 250 250 250 501 501 501 501 250", START_EVENTS " MSID(x)");
}

/* DM-13 */
static void
content_is_refused_where_msid_is_awaited(void **state)
{
	struct talk t;
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	(void)state;
	expect(START "DATA\r\nBDAT 6 LAST\r\nRSET\r\nMSID x\r\n",
	    "220 250 250 250 554 554 250", START_EVENTS " MSID(x)");
	talk_init(&t, &setup, OFFERED);
	pump_say(&t.pump, START "DATA\r\n");
	assert_true(talk_has_said(&t, "554 5.7.0 send MSID\r\n"));
	talk_fini(&t);
}

/* DM-12: a client that may push, or does not say DMTP, sends its content. */
static void
content_is_taken_where_msid_is_not_awaited(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	(void)state;
	talk_expect_with(SMTP_KEYWORD_PULL, &setup,
	    span_of(START "DATA\r\na\r\n.\r\n"), "220 250 250 250 354 250",
	    START_EVENTS " DATA END(3)");
	expect(HELLO "MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\n"
		     "DATA\r\na\r\n.\r\n",
	    "220 250 250 250 354 250", START_EVENTS " DATA END(3)");
}

/* A verb that was not announced is served all the same (WIRE 1). */
static void
msid_is_served_where_it_is_not_shown(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	(void)state;
	talk_expect_with(0, &setup, span_of(START "MSID x\r\n"),
	    "220 250 250 250 250", START_EVENTS " MSID(x)");
}

static void
reset_and_quit_forget_the_announcement(void **state)
{
	(void)state;
	expect(START "RSET\r\nMSID x\r\nMAIL FROM:<a@a.test>\r\n"
		     "RCPT TO:<b@b.test>\r\nMSID x\r\nQUIT\r\n",
	    "220 250 250 250 250 503 250 250 503 221",
	    START_EVENTS " ABORT MAIL(a@a.test) RCPT(b@b.test) ABORT CLOSED");
}

/* An MSID that was never given out has not ended the transaction. */
static void
a_server_that_breaks_before_the_question_tells_abort(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct smtp_server_event event;
	struct talk t;

	(void)state;
	setup.verbs_max = 4;
	talk_expect_with(OFFERED, &setup, span_of(START "NOOP\r\nMSID x\r\n"),
	    "220 250 250 250 250 421", START_EVENTS " ABORT CLOSED");
	/* Out of memory for the reply, while the question waits. */
	setup.verbs_max = 100;
	talk_init(&t, &setup, OFFERED);
	pump_say(&t.pump, START);
	t.pump.machine.ops->feed(
	    t.pump.machine.self, span_of("MSID x\r\n"), t.pump.now);
	assert_int_equal(smtp_server_next(t.server, &event), 1);
	assert_int_equal(event.kind, SMTP_SERVER_MSID);
	t.has_transaction = false;
	smtp_server_tell(t.server, REPLY_SHUTTING_DOWN, span_of(""));
	pump_run(&t.pump);
	assert_string_equal(talk_events(&t), START_EVENTS " CLOSED");
	talk_fini(&t);
}

/* --- GTML, at the origin --- */

static void
start(struct talk *t)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	talk_init(t, &setup, OFFERED);
	pump_say(&t->pump, HELLO);
}

/* DM-17 */
static void
gtml_is_answered_with_data_and_turns(void **state)
{
	struct talk t;

	(void)state;
	start(&t);
	t.pump.is_deaf = true;
	pump_say(&t.pump, "GTML abc bob@b.test\r\n");
	assert_string_equal(
	    talk_events(&t), "EHLO(c.test) GTML(abc) for(bob@b.test)");
	t.pump.is_deaf = false;
	pump_run(&t.pump);
	assert_true(talk_has_said(&t, "DSN\r\nDATA\r\n"));
	assert_string_equal(
	    talk_events(&t), "EHLO(c.test) GTML(abc) for(bob@b.test) TURN");
	assert_int_equal(
	    t.pump.machine.ops->deadline(t.pump.machine.self), INT64_MAX);
	talk_fini(&t);
}

static void
gtml_takes_an_address_with_and_without_brackets(void **state)
{
	struct talk t;

	(void)state;
	start(&t);
	pump_say(&t.pump, "GTML no <b@b.test>\r\n");
	pump_say(&t.pump, "GTML later \"b b\"@b.test\r\n");
	pump_say(&t.pump, "gtml no b@b.test \r\n");
	pump_say(&t.pump, "GTML no <postmaster>\r\n");
	assert_string_equal(talk_replies(&t), "220 250 550 451 550 550");
	assert_string_equal(talk_events(&t),
	    "EHLO(c.test) GTML(no) for(b@b.test) GTML(later) "
	    "for(\"b b\"@b.test) GTML(no) for(b@b.test) GTML(no) "
	    "for(postmaster)");
	talk_fini(&t);
}

static void
gtml_without_its_two_words_is_refused(void **state)
{
	(void)state;
	expect("GTML x b@b.test\r\n" HELLO "GTML\r\nGTML x\r\nGTML x <>\r\n"
	       "GTML a;b b@b.test\r\nGTML x b@b.test c\r\nGTML x @\r\n"
	       "MAIL FROM:<a@a.test>\r\nGTML x b@b.test\r\n",
	    "220 503 250 501 501 501 501 501 501 250 503",
	    "EHLO(c.test) MAIL(a@a.test)");
}

/* AT-16 */
static void
octets_behind_gtml_before_its_answer_break_the_session(void **state)
{
	struct talk t;

	(void)state;
	start(&t);
	pump_say(&t.pump, "GTML abc b@b.test\r\nM");
	assert_string_equal(talk_replies(&t), "220 250 421");
	assert_string_equal(talk_events(&t), "EHLO(c.test) CLOSED");
	talk_fini(&t);
	start(&t);
	t.pump.is_deaf = true;
	pump_say(&t.pump, "GTML abc b@b.test\r\n");
	pump_say(&t.pump, "354");
	t.pump.is_deaf = false;
	pump_run(&t.pump);
	assert_false(talk_has_said(&t, "DATA"));
	assert_string_equal(talk_replies(&t), "220 250 421");
	talk_fini(&t);
}

/* --- GTML, at the side that asked --- */

static void
after_gtml_the_content_is_taken_without_more_words(void **state)
{
	(void)state;
	expect_after_gtml("a\r\n..\r\n.\r\n", "354 250", "END(6) TURN_BACK");
	expect_after_gtml(".\r\n", "354 250", "END(0) TURN_BACK");
}

/* Content that looks like commands is content. */
static void
after_gtml_nothing_is_a_command(void **state)
{
	(void)state;
	expect_after_gtml(
	    "QUIT\r\nRSET\r\n.\r\n", "354 250", "END(12) TURN_BACK");
}

/* AT-16 */
static void
after_gtml_octets_behind_the_content_break(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_TURNED);
	struct talk t;

	(void)state;
	setup.after_gtml = true;
	talk_init(&t, &setup, 0);
	pump_say(&t.pump, "a\r\n.\r\nQ");
	assert_string_equal(talk_replies(&t), "354 421");
	assert_string_equal(talk_events(&t), "ABORT CLOSED");
	talk_fini(&t);
	/* Also behind the answer: the other side has but to close. */
	talk_init(&t, &setup, 0);
	pump_say(&t.pump, "a\r\n.\r\n");
	pump_say(&t.pump, "QUIT\r\n");
	assert_string_equal(talk_replies(&t), "354 250 421");
	assert_string_equal(talk_events(&t), "END(3) TURN_BACK CLOSED");
	talk_fini(&t);
}

static void
after_gtml_malformed_or_large_content_is_refused(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_TURNED);

	(void)state;
	expect_after_gtml("a\nb\r\n.\r\n", "354 554", "ABORT TURN_BACK");
	setup.after_gtml = true;
	setup.message_size = 5;
	talk_expect(
	    &setup, span_of("abcdefg\r\n.\r\n"), "354 552", "ABORT TURN_BACK");
}

/* A peer that does not close is not waited for longer than for a command. */
static void
after_gtml_the_close_is_waited_for_and_not_for_ever(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_TURNED);
	struct talk t;
	int64_t from;

	(void)state;
	setup.after_gtml = true;
	talk_init(&t, &setup, 0);
	pump_say(&t.pump, "a\r\n.\r\n");
	assert_string_equal(talk_events(&t), "END(3) TURN_BACK");
	assert_int_equal(
	    t.pump.machine.ops->wants(t.pump.machine.self), MACHINE_READ);
	from = t.pump.now;
	for (unsigned i = 0; i < 5 && !t.is_over; i++)
		assert_true(pump_tick(&t.pump));
	assert_true(t.is_over);
	assert_int_equal(t.pump.now - from, setup.command_timeout);
	talk_fini(&t);
}

static void
after_gtml_silence_ends_the_session(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_TURNED);
	struct talk t;

	(void)state;
	setup.after_gtml = true;
	talk_init(&t, &setup, 0);
	for (unsigned i = 0; i < 5 && !t.is_over; i++)
		assert_true(pump_tick(&t.pump));
	assert_string_equal(talk_events(&t), "ABORT CLOSED");
	assert_string_equal(talk_replies(&t), "354 421");
	talk_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(msid_stands_in_for_the_content),
	    cmocka_unit_test(several_recipients_share_one_msid),
	    cmocka_unit_test(msid_ends_the_transaction_whatever_the_answer),
	    cmocka_unit_test(msid_needs_dmtp_and_a_recipient),
	    cmocka_unit_test(msid_without_a_good_identifier_is_refused),
	    cmocka_unit_test(content_is_refused_where_msid_is_awaited),
	    cmocka_unit_test(content_is_taken_where_msid_is_not_awaited),
	    cmocka_unit_test(msid_is_served_where_it_is_not_shown),
	    cmocka_unit_test(reset_and_quit_forget_the_announcement),
	    cmocka_unit_test(
		a_server_that_breaks_before_the_question_tells_abort),
	    cmocka_unit_test(gtml_is_answered_with_data_and_turns),
	    cmocka_unit_test(gtml_takes_an_address_with_and_without_brackets),
	    cmocka_unit_test(gtml_without_its_two_words_is_refused),
	    cmocka_unit_test(
		octets_behind_gtml_before_its_answer_break_the_session),
	    cmocka_unit_test(
		after_gtml_the_content_is_taken_without_more_words),
	    cmocka_unit_test(after_gtml_nothing_is_a_command),
	    cmocka_unit_test(after_gtml_octets_behind_the_content_break),
	    cmocka_unit_test(after_gtml_malformed_or_large_content_is_refused),
	    cmocka_unit_test(
		after_gtml_the_close_is_waited_for_and_not_for_ever),
	    cmocka_unit_test(after_gtml_silence_ends_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
