/* Commands, sequences and parameters of port 25, as whole sessions. */
#include "server_talk.h"

#include "proto/server/smtp_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELLO "EHLO c.test\r\n"

/* What INPUT brings behind the greeting, on port 25. */
static void
expect(const char *input, const char *replies, const char *events)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	talk_expect(&setup, span_of(input), replies, events);
}

/* The same behind greeting and EHLO. */
static void
expect_idle(const char *input, const char *replies, const char *events)
{
	struct buf all_input, all_replies, all_events;

	buf_init(&all_input, 10000);
	buf_init(&all_replies, 10000);
	buf_init(&all_events, 10000);
	buf_print(&all_input, HELLO "%s", input);
	buf_print(&all_replies, "220 250 %s", replies);
	buf_print(&all_events, "EHLO(c.test)%s%s", events[0] == '\0' ? "" : " ",
	    events);
	expect(buf_string(&all_input), buf_string(&all_replies),
	    buf_string(&all_events));
	buf_fini(&all_input);
	buf_fini(&all_replies);
	buf_fini(&all_events);
}

/* Sends INPUT behind EHLO; TEXT must be part of what is said. */
static void
expect_text(const char *input, const char *text)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct talk t;

	talk_init(&t, &setup, 0);
	pump_say(&t.pump, HELLO);
	pump_say(&t.pump, input);
	if (!talk_has_said(&t, text))
		fail_msg("%s brings %s", input, buf_string(&t.pump.said));
	talk_fini(&t);
}

/* Settings may be read again, and the old ones go, while sessions are open. */
static void
the_host_name_is_the_session_s_own(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	char *hostname = strdup(setup.hostname);
	struct talk t;

	(void)state;
	assert_non_null(hostname);
	setup.hostname = hostname;
	talk_init(&t, &setup, 0);
	memset(hostname, 'x', strlen(hostname));
	free(hostname);
	pump_say(&t.pump, HELLO);
	assert_true(talk_has_said(&t, "250-mx.b.test\r\n"));
	talk_fini(&t);
}

/* Whoever got half of it would wait for the rest until its patience ends. */
static void
an_answer_to_ehlo_that_found_no_memory_ends_the_session(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct talk t;

	(void)state;
	talk_init(&t, &setup, 0);
	t.server->out.max = 64; /* as if there were no more */
	pump_say(&t.pump, HELLO);
	assert_true(t.is_over);
	assert_false(talk_has_said(&t, "250"));
	talk_fini(&t);
}

static void
expect_hello(
    const struct smtp_server_setup *setup, unsigned keywords, const char *said)
{
	struct talk t;

	talk_init(&t, setup, keywords);
	buf_clear(&t.pump.said);
	pump_say(&t.pump, HELLO);
	assert_string_equal(buf_string(&t.pump.said), said);
	talk_fini(&t);
}

/* GD-22, GD-30, DM-13, SM-43; WIRE 1 */
static void
ehlo_shows_what_is_offered(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	(void)state;
	expect_hello(&setup, SMTP_KEYWORD_PULL | SMTP_KEYWORD_GDEL,
	    "250-mx.b.test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n"
	    "250-PULL DIGEST EXPIRES FROM HAVE\r\n250-RETR\r\n"
	    "250-GTML\r\n250-GDEL\r\n"
	    "250-STARTTLS\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250 DSN\r\n");
	setup.secure = true;
	expect_hello(&setup, SMTP_KEYWORD_MSID | SMTP_KEYWORD_ENVELOPE,
	    "250-mx.b.test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n"
	    "250-MSID\r\n250-ENVELOPE\r\n"
	    "250-8BITMIME\r\n250-SMTPUTF8\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250 DSN\r\n");
}

static void
ehlo_shows_no_more_than_is_offered(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	(void)state;
	setup.secure = true;
	expect_hello(&setup, 0,
	    "250-mx.b.test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n"
	    "250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n"
	    "250-CHUNKING\r\n250 DSN\r\n");
}

static void
a_message_goes_through(void **state)
{
	(void)state;
	expect_idle("MAIL FROM:<a@a.test> SIZE=9 BODY=8BITMIME\r\n"
		    "RCPT TO:<b@b.test> NOTIFY=FAILURE\r\nDATA\r\n"
		    "x: y\r\n\r\n..z\r\n.\r\nQUIT\r\n",
	    "250 250 354 250 221",
	    "MAIL(a@a.test) RCPT(b@b.test) DATA END(12) CLOSED");
}

static void
verbs_are_taken_in_any_case_and_with_spaces_behind(void **state)
{
	(void)state;
	expect("ehlo c.test  \r\nMaIl fRoM:<a@a.test> \r\nrcpt to:<b@b.test>"
	       "\r\nrSeT\r\nnoop x y\r\nquit\r\n",
	    "220 250 250 250 250 250 221",
	    "EHLO(c.test) MAIL(a@a.test) RCPT(b@b.test) ABORT CLOSED");
}

/* WIRE 2: as the papers write them */
static void
paths_may_have_a_space_before_them_and_no_brackets(void **state)
{
	(void)state;
	expect_idle("MAIL FROM: a@a.test SIZE=1\r\nRCPT TO: b@b.test\r\n",
	    "250 250", "MAIL(a@a.test) RCPT(b@b.test)");
}

/* SM-42 */
static void
helo_clients_may_pull_and_leave_notices(void **state)
{
	(void)state;
	expect("HELO c.test\r\nGDEL abc\r\nRETR no\r\n", "220 250 250 550",
	    "HELO(c.test) GDEL(abc) RETR(no)");
}

static void
names_of_hosts_are_words_or_literals(void **state)
{
	(void)state;
	expect("EHLO\r\nEHLO a b\r\nEHLO a\"b\r\nEHLO [x\r\nHELO <a>\r\n"
	       "EHLO [IPv6:2001:db8::1]\r\nHELO my_pc\r\n",
	    "220 501 501 501 501 501 250 250",
	    "EHLO([IPv6:2001:db8::1]) HELO(my_pc)");
}

static void
nothing_but_a_few_verbs_is_served_before_ehlo(void **state)
{
	(void)state;
	expect("MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\nGDEL x\r\n"
	       "RETR x\r\nSTARTTLS\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\nRSET\r\n"
	       "HELP\r\nVRFY x\r\nQUIT\r\n",
	    "220 503 503 503 503 503 503 503 250 250 214 252 221", "CLOSED");
}

static void
commands_out_of_sequence_are_refused(void **state)
{
	(void)state;
	expect_idle("RCPT TO:<b@b.test>\r\nDATA\r\nMAIL FROM:<a@a.test>\r\n"
		    "MAIL FROM:<a@a.test>\r\nDATA\r\nGDEL x\r\nRETR x\r\n"
		    "STARTTLS\r\n",
	    "503 503 250 503 554 503 503 503", "MAIL(a@a.test)");
}

static void
unknown_and_unserved_verbs_are_told_apart(void **state)
{
	(void)state;
	expect_idle("XYZ\r\n\r\n EHLO x\r\nXTML x y@z\r\nEXPN x\r\nAUTH PLAIN"
		    "\r\nMAILFROM:<>\r\n",
	    "500 500 500 500 500 502 500", "");
}

static void
arguments_that_do_not_belong_are_refused(void **state)
{
	(void)state;
	expect_idle("RSET x\r\nQUIT x\r\nSTARTTLS x\r\nVRFY\r\nMAIL\r\n"
		    "MAIL TO:<a@a.test>\r\nMAIL FROM:<a@a.test>SIZE=1\r\n"
		    "MAIL FROM:\r\nMAIL FROM:<a@a.test> \r\n"
		    "RCPT FROM:<b@b.test>\r\nRCPT TO:<b@b.test>\r\nDATA x\r\n",
	    "501 501 501 501 501 501 501 501 250 501 250 501",
	    "MAIL(a@a.test) RCPT(b@b.test)");
}

/* RFC 5321 4.1.4 */
static void
ehlo_in_a_transaction_forgets_it(void **state)
{
	(void)state;
	expect_idle("MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\n"
		    "EHLO d.test\r\nDATA\r\n",
	    "250 250 250 503",
	    "MAIL(a@a.test) RCPT(b@b.test) ABORT EHLO(d.test)");
}

static void
a_transaction_ends_with_rset_or_quit(void **state)
{
	(void)state;
	expect_idle("MAIL FROM:<a@a.test>\r\nRSET\r\nMAIL FROM:<>\r\nQUIT\r\n",
	    "250 250 250 221", "MAIL(a@a.test) ABORT MAIL() ABORT CLOSED");
}

static void
refused_senders_and_recipients_leave_the_rest(void **state)
{
	(void)state;
	expect_idle("MAIL FROM:<no@a.test>\r\nRCPT TO:<b@b.test>\r\n"
		    "MAIL FROM:<a@a.test>\r\nRCPT TO:<no@b.test>\r\n"
		    "RCPT TO:<later@b.test>\r\nDATA\r\nRCPT TO:<b@b.test>\r\n"
		    "DATA\r\n.\r\n",
	    "550 503 250 550 451 554 250 354 250",
	    "MAIL(no@a.test) MAIL(a@a.test) RCPT(no@b.test) "
	    "RCPT(later@b.test) RCPT(b@b.test) DATA END(0)");
}

static void
a_421_of_the_owner_closes(void **state)
{
	(void)state;
	expect_idle("MAIL FROM:<stop@a.test>\r\nNOOP\r\n", "421",
	    "MAIL(stop@a.test) CLOSED");
	expect_idle("MAIL FROM:<a@a.test>\r\nRCPT TO:<stop@b.test>\r\nNOOP\r\n",
	    "250 421", "MAIL(a@a.test) RCPT(stop@b.test) ABORT CLOSED");
}

static void
addresses_are_looked_at(void **state)
{
	(void)state;
	expect_idle("MAIL FROM:<a@>\r\nMAIL FROM:<postmaster>\r\n"
		    "MAIL FROM:<@x.test,@y.test:a@a.test>\r\n"
		    "RCPT TO:<>\r\nRCPT TO:<b@b..test>\r\nRCPT TO:<Postmaster>"
		    "\r\nRCPT TO:<\"b c\"@[192.0.2.1]>\r\n",
	    "501 501 250 501 501 250 250",
	    "MAIL(a@a.test) RCPT(postmaster) RCPT(\"b c\"@[192.0.2.1])");
	expect_text("MAIL FROM:<a@>\r\n", "501 5.1.7 ");
	expect_text("MAIL FROM:<>\r\nRCPT TO:<b@>\r\n", "501 5.1.3 ");
}

/* RFC 6531 3.4 */
static void
addresses_beyond_ascii_need_their_parameter(void **state)
{
	(void)state;
	expect_idle("MAIL FROM:<\xc3\xa9@a.test>\r\n"
		    "MAIL FROM:<a@\xc3\xa9.test>\r\n"
		    "MAIL FROM:<a@a.test>\r\nRCPT TO:<\xc3\xa9@b.test>\r\n"
		    "RSET\r\nMAIL FROM:<\xc3\xa9@a.test> SMTPUTF8\r\n"
		    "RCPT TO:<\xc3\xa8@b.test>\r\n"
		    "RCPT TO:<\xc3@b.test>\r\n",
	    "553 553 250 553 250 250 250 501",
	    "MAIL(a@a.test) ABORT MAIL(\xc3\xa9@a.test) "
	    "RCPT(\xc3\xa8@b.test)");
	expect_text("MAIL FROM:<\xc3\xa9@a.test>\r\n", "553 5.6.7 ");
}

static void
parameters_are_looked_at(void **state)
{
	(void)state;
	expect_text("MAIL FROM:<> XYZ=1\r\n", "555 5.5.4 ");
	expect_text("MAIL FROM:<> SIZE=x\r\n", "501 5.5.4 ");
	expect_text("MAIL FROM:<> AUTH=<>\r\n", "555 5.5.4 ");
	expect_text("MAIL FROM:<> SIZE=1000000\r\n", "250 2.1.0 ");
	expect_text("MAIL FROM:<> SIZE=1000001\r\n", "552 5.3.4 ");
	expect_text("MAIL FROM:<> RET=FULL ENVID=x DMTP\r\n", "250 2.1.0 ");
	expect_text("MAIL FROM:<>\r\nRCPT TO:<a@b.test> NOTIFY=NEVER\r\n",
	    "250 2.1.5 ");
	expect_text(
	    "MAIL FROM:<>\r\nRCPT TO:<a@b.test> SIZE=1\r\n", "555 5.5.4 ");
}

/* GD-20, GD-23, GD-24 */
static void
many_notices_may_come_at_once(void **state)
{
	(void)state;
	expect_idle("GDEL abc\r\nGDEL def EXPIRES=7200 FROM=n.test\r\nGDEL\r\n"
		    "GDEL a b\r\nGDEL a;b\r\nGDEL later\r\nGDEL no\r\n",
	    "250 250 501 555 501 451 550",
	    "GDEL(abc) GDEL(def) GDEL(later) GDEL(no)");
}

static void
too_many_recipients_are_told_to_come_later(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	(void)state;
	setup.recipients_max = 2;
	talk_expect(&setup,
	    span_of(HELLO "MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\n"
			  "RCPT TO:<no@b.test>\r\nRCPT TO:<b@b.test>\r\n"
			  "RCPT TO:<c@b.test>\r\n"),
	    "220 250 250 250 550 250 452",
	    "EHLO(c.test) MAIL() RCPT(a@b.test) RCPT(no@b.test) "
	    "RCPT(b@b.test)");
}

/* GD-36, DM-11 */
static void
a_denied_host_may_only_quit(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct talk t;

	(void)state;
	assert_non_null(t.server = smtp_server_new(&setup, 0));
	smtp_server_free(&t.server);
	talk_init(
	    &t, &(struct smtp_server_setup){.kind = SMTP_SERVER_TURNED}, 0);
	smtp_server_free(&t.server);
	t.server = smtp_server_new(&setup, t.pump.now);
	t.pump.machine = smtp_server_machine(t.server);
	smtp_server_greet(t.server, REPLY_DENIED_AT_CONNECT, 0);
	pump_say(&t.pump,
	    "EHLO c.test\r\nNOOP\r\nXYZ\r\nBDAT 6 LAST\r\nQUIT\r\n"
	    "RETR x\r\nQUIT\r\n");
	assert_string_equal(talk_replies(&t), "554 503 503 503 503 503 221");
	assert_string_equal(talk_events(&t), "CLOSED");
	talk_fini(&t);
}

static void
lines_that_are_not_good_are_told_in_their_place(void **state)
{
	char input[3000] = HELLO "NOOP ";
	size_t n = strlen(input);

	(void)state;
	memset(input + n, 'x', 1100);
	memcpy(input + n + 1100, "\r\nQUIT\r\n", 9);
	expect(input, "220 250 500 221", "EHLO(c.test) CLOSED");
	expect_idle("NO\nOP\r\nNOOP\r\n", "500 250", "");
	expect_idle("NOOP\rRSET\r\nNOOP\r\n", "500 250", "");
}

/* A line of 1,012 octets with its CRLF passes, one more does not. */
static void
a_command_line_has_its_ceiling(void **state)
{
	char input[3000] = HELLO;
	size_t n = strlen(input);

	(void)state;
	memset(input + n, 'x', SMTP_LINE_MAX);
	memcpy(input + n, "NOOP ", 5);
	memcpy(input + n + SMTP_LINE_MAX, "\r\n", 3);
	expect(input, "220 250 250", "EHLO(c.test)");
	memcpy(input + n + SMTP_LINE_MAX, "x\r\n", 4);
	expect(input, "220 250 500", "EHLO(c.test)");
}

static void
help_is_made_from_the_table_of_verbs(void **state)
{
	(void)state;
	expect_text("HELP\r\n",
	    "214 2.0.0 verbs: EHLO HELO STARTTLS MAIL RCPT DATA BDAT RSET NOOP "
	    "VRFY HELP QUIT GDEL RETR GTML MSID ENVELOPE SIZE ACCEPT "
	    "AUTHORIZE REJECT SPAM SPAMMER\r\n");
	expect_text("HELP gdel\r\n", "214 2.0.0 GDEL id ");
	expect_text("HELP AUTH\r\n", "501 5.5.4 ");
	expect_text("HELP XYZ\r\n", "501 5.5.4 ");
}

static void
vrfy_tells_nothing(void **state)
{
	(void)state;
	expect_text("VRFY bob\r\n", "252 2.5.2 ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		an_answer_to_ehlo_that_found_no_memory_ends_the_session),
	    cmocka_unit_test(the_host_name_is_the_session_s_own),
	    cmocka_unit_test(ehlo_shows_what_is_offered),
	    cmocka_unit_test(ehlo_shows_no_more_than_is_offered),
	    cmocka_unit_test(a_message_goes_through),
	    cmocka_unit_test(
		verbs_are_taken_in_any_case_and_with_spaces_behind),
	    cmocka_unit_test(
		paths_may_have_a_space_before_them_and_no_brackets),
	    cmocka_unit_test(helo_clients_may_pull_and_leave_notices),
	    cmocka_unit_test(names_of_hosts_are_words_or_literals),
	    cmocka_unit_test(nothing_but_a_few_verbs_is_served_before_ehlo),
	    cmocka_unit_test(commands_out_of_sequence_are_refused),
	    cmocka_unit_test(unknown_and_unserved_verbs_are_told_apart),
	    cmocka_unit_test(arguments_that_do_not_belong_are_refused),
	    cmocka_unit_test(ehlo_in_a_transaction_forgets_it),
	    cmocka_unit_test(a_transaction_ends_with_rset_or_quit),
	    cmocka_unit_test(refused_senders_and_recipients_leave_the_rest),
	    cmocka_unit_test(a_421_of_the_owner_closes),
	    cmocka_unit_test(addresses_are_looked_at),
	    cmocka_unit_test(addresses_beyond_ascii_need_their_parameter),
	    cmocka_unit_test(parameters_are_looked_at),
	    cmocka_unit_test(many_notices_may_come_at_once),
	    cmocka_unit_test(too_many_recipients_are_told_to_come_later),
	    cmocka_unit_test(a_denied_host_may_only_quit),
	    cmocka_unit_test(lines_that_are_not_good_are_told_in_their_place),
	    cmocka_unit_test(a_command_line_has_its_ceiling),
	    cmocka_unit_test(help_is_made_from_the_table_of_verbs),
	    cmocka_unit_test(vrfy_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
