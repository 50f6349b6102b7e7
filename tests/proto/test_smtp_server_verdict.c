/* Verdicts (WIRE 6): what they name, which of them turn, and when. */
#include "server_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELLO "EHLO c.test\r\n"

static void
expect(const char *input, const char *replies, const char *events)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	talk_expect(&setup, span_of(input), replies, events);
}

static void
start(struct talk *t)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	talk_init(t, &setup, SMTP_KEYWORD_PULL);
	pump_say(&t->pump, HELLO);
}

/* SM-29, SM-30 */
static void
accept_and_authorize_turn_and_the_turn_comes_back(void **state)
{
	static const char *const lines[] = {
	    "ACCEPT id To:<b@b.test>\r\n", "AUTHORIZE id To:<b@b.test>\r\n"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct talk t;

		start(&t);
		t.pump.is_deaf = true;
		pump_say(&t.pump, lines[i]);
		assert_int_equal(t.last, SMTP_SERVER_VERDICT);
		t.pump.is_deaf = false;
		pump_run(&t.pump);
		assert_int_equal(t.last, SMTP_SERVER_TURN);
		assert_true(
		    talk_has_said(&t, "250 2.0.0 your turn to listen\r\n"));
		smtp_server_resume(t.server, t.pump.now);
		pump_say(&t.pump, "REJECT next\r\n");
		assert_string_equal(talk_replies(&t), "220 250 250 250");
		talk_fini(&t);
	}
}

/* SM-13 */
static void
who_has_it_already_is_told_so_without_a_turn(void **state)
{
	(void)state;
	expect(HELLO "ACCEPT id To:<c@b.test> HAVE\r\n", "220 250 251",
	    "EHLO(c.test) ACCEPT(id) for(c@b.test) have");
	expect(HELLO "AUTHORIZE id have\r\n", "220 250 251",
	    "EHLO(c.test) AUTHORIZE(id) have");
}

/* SM-31, SM-32, SM-33 */
static void
the_other_verdicts_may_be_pipelined(void **state)
{
	(void)state;
	expect(HELLO "REJECT x To:<b@b.test>\r\nSPAM y\r\nspammer z\r\n"
		     "REJECT no\r\nSPAM later\r\nREJECT x HAVE\r\nQUIT\r\n",
	    "220 250 250 250 250 550 451 251 221",
	    "EHLO(c.test) REJECT(x) for(b@b.test) SPAM(y) SPAMMER(z) "
	    "REJECT(no) SPAM(later) REJECT(x) have CLOSED");
}

/* The papers leave open how an envelope is named: by ENVID, else Message-ID. */
static void
an_envelope_may_be_named_by_its_message_id(void **state)
{
	char line[700];
	struct talk t;

	(void)state;
	expect(HELLO "REJECT <a.b$c@a.test> To:<b@b.test>\r\n"
		     "REJECT a.b@a.test\r\n",
	    "220 250 250 250",
	    "EHLO(c.test) REJECT(<a.b$c@a.test>) for(b@b.test) "
	    "REJECT(a.b@a.test)");
	expect(HELLO "REJECT <>\r\nREJECT <a\r\nREJECT <a>b>\r\nREJECT <a>b\r\n"
		     "REJECT <a\xc3\xbc>\r\nREJECT <a b@c>\r\n",
	    "220 250 501 501 501 501 501 501", "EHLO(c.test)");
	/* Its ceiling. */
	memset(line, 'a', sizeof(line));
	memcpy(line, "SPAM <", 6);
	memcpy(line + 5 + SMTP_MESSAGE_ID_MAX - 1, ">\r\n", 4);
	start(&t);
	pump_say(&t.pump, line);
	assert_int_equal(t.last, SMTP_SERVER_VERDICT);
	memcpy(line + 5 + SMTP_MESSAGE_ID_MAX - 1, "a>\r\n", 5);
	pump_say(&t.pump, line);
	assert_string_equal(talk_replies(&t), "220 250 250 501");
	talk_fini(&t);
}

static void
to_may_be_written_as_the_paper_does_or_left_out(void **state)
{
	(void)state;
	expect(HELLO "REJECT x To: b@b.test\r\nREJECT x to:b@b.test\r\n"
		     "REJECT x To: <b@b.test>\r\nREJECT x To:<postmaster>\r\n"
		     "REJECT x To:<\xc3\xbc@b.test>\r\n",
	    "220 250 250 250 250 250 250",
	    "EHLO(c.test) REJECT(x) for(b@b.test) REJECT(x) for(b@b.test) "
	    "REJECT(x) for(b@b.test) REJECT(x) for(postmaster) "
	    "REJECT(x) for(\xc3\xbc@b.test)");
}

static void
malformed_verdicts_are_refused(void **state)
{
	struct talk t;

	(void)state;
	expect("ACCEPT x\r\n" HELLO "ACCEPT\r\nACCEPT a;b\r\nACCEPT x To:\r\n"
	       "ACCEPT x To:<>\r\nACCEPT x To:<b@>\r\nACCEPT x b@b.test\r\n"
	       "ACCEPT x To:<b@b.test> HAD\r\nACCEPT x HAVE To:<b@b.test>\r\n"
	       "ACCEPT x To: HAVE\r\nMAIL FROM:<a@a.test>\r\nACCEPT x\r\n",
	    "220 503 250 501 501 501 501 501 501 501 501 501 250 503",
	    "EHLO(c.test) MAIL(a@a.test)");
	start(&t);
	pump_say(&t.pump, "SPAM x To:<@\r\n");
	assert_true(talk_has_said(&t, "501 5.5.4 To missing or malformed\r\n"));
	talk_fini(&t);
}

/* A refused command leaves nothing behind for the next one. */
static void
nothing_is_left_of_a_malformed_verdict(void **state)
{
	(void)state;
	expect(HELLO "ACCEPT x To:<b@b.test> HAVE x\r\nREJECT y\r\nGDEL z\r\n",
	    "220 250 501 250 250", "EHLO(c.test) REJECT(y) GDEL(z)");
}

/* AT-16 */
static void
octets_behind_a_verdict_that_turns_break_the_session(void **state)
{
	static const char *const lines[] = {"ACCEPT x\r\nQUIT\r\n",
	    "AUTHORIZE x\r\nM", "ACCEPT x HAVE\r\nACCEPT y\r\n"};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start(&t);
		pump_say(&t.pump, lines[i]);
		assert_string_equal(talk_replies(&t), "220 250 421");
		assert_string_equal(talk_events(&t), "EHLO(c.test) CLOSED");
		talk_fini(&t);
	}
	/* A turn that nobody has seen is taken back. */
	start(&t);
	t.pump.is_deaf = true;
	pump_say(&t.pump, "ACCEPT x\r\n");
	pump_say(&t.pump, "M");
	t.pump.is_deaf = false;
	pump_run(&t.pump);
	assert_false(talk_has_said(&t, "your turn"));
	assert_string_equal(talk_events(&t), "EHLO(c.test) ACCEPT(x) CLOSED");
	talk_fini(&t);
}

/* WIRE 7: nothing more is read while an answer is delayed */
static void
a_verdict_that_is_thought_about_holds_up_reading(void **state)
{
	struct talk t;

	(void)state;
	start(&t);
	t.is_mute = true;
	pump_say(&t.pump, "REJECT x\r\nREJECT y\r\n");
	assert_string_equal(talk_events(&t), "EHLO(c.test) REJECT(x)");
	t.is_mute = false;
	smtp_server_tell(t.server, REPLY_NOT_FOR_YOU, span_of(""));
	pump_run(&t.pump);
	assert_string_equal(
	    talk_events(&t), "EHLO(c.test) REJECT(x) REJECT(y)");
	assert_string_equal(talk_replies(&t), "220 250 550 250");
	talk_fini(&t);
}

static void
each_verdict_has_its_word(void **state)
{
	static const char *const words[SMTP_VERDICT_COUNT] = {
	    "ACCEPT", "AUTHORIZE", "REJECT", "SPAM", "SPAMMER"};

	(void)state;
	for (unsigned i = 0; i < SMTP_VERDICT_COUNT; i++) {
		assert_string_equal(verdict_word((enum verdict)i), words[i]);
		assert_int_equal(verdict_turns((enum verdict)i), i < 2);
	}
	assert_string_equal(verdict_word(SMTP_VERDICT_COUNT), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accept_and_authorize_turn_and_the_turn_comes_back),
	    cmocka_unit_test(who_has_it_already_is_told_so_without_a_turn),
	    cmocka_unit_test(the_other_verdicts_may_be_pipelined),
	    cmocka_unit_test(an_envelope_may_be_named_by_its_message_id),
	    cmocka_unit_test(to_may_be_written_as_the_paper_does_or_left_out),
	    cmocka_unit_test(malformed_verdicts_are_refused),
	    cmocka_unit_test(nothing_is_left_of_a_malformed_verdict),
	    cmocka_unit_test(
		octets_behind_a_verdict_that_turns_break_the_session),
	    cmocka_unit_test(a_verdict_that_is_thought_about_holds_up_reading),
	    cmocka_unit_test(each_verdict_has_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
