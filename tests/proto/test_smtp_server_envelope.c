/* SMDP (WIRE 6): envelopes as they come in, and SIZE on a line of its own. */
#include "server_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELLO    "EHLO c.test\r\n"
#define ENVELOPE "ENVELOPE From:<a@a.test> ENVID=id-1 SIZE=48213\r\n"
#define EVENTS   "EHLO(c.test) ENVELOPE(a@a.test) envid(id-1) "

static void
expect(const char *input, const char *replies, const char *events)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	talk_expect_with(
	    SMTP_KEYWORD_ENVELOPE, &setup, span_of(input), replies, events);
}

/* SM-43, SM-44, SM-46 */
static void
an_envelope_goes_through(void **state)
{
	(void)state;
	expect(HELLO ENVELOPE "RCPT To:<b@b.test>\r\nRCPT To: c@b.test\r\n"
			      "RCPT To:<no@b.test>\r\n"
			      "DATA\r\nFrom: a\r\n\r\n..\r\n.\r\nQUIT\r\n",
	    "220 250 250 250 250 550 354 250 221",
	    EVENTS "RCPT(b@b.test) RCPT(c@b.test) RCPT(no@b.test) DATA "
		   "END(14) CLOSED");
}

/* WIRE 2: the papers write no brackets, and a space */
static void
an_envelope_may_be_written_as_the_paper_prints_it(void **state)
{
	(void)state;
	expect("HELO c.test\r\nenvelope from: a@a.test\r\n"
	       "RCPT To: b@b.test\r\nSIZE=48213\r\nDATA\r\nx\r\n.\r\n",
	    "220 250 250 250 250 354 250",
	    "HELO(c.test) ENVELOPE(a@a.test) RCPT(b@b.test) SIZE(48213) DATA "
	    "END(3)");
}

static void
the_text_may_come_in_chunks(void **state)
{
	(void)state;
	expect(HELLO ENVELOPE "RCPT To:<b@b.test>\r\nBDAT 3\r\na\r\n"
			      "BDAT 3 LAST\r\nb\r\n",
	    "220 250 250 250 250 250",
	    EVENTS "RCPT(b@b.test) DATA(bdat) END(6)");
}

/* SM-42 */
static void
envelopes_mails_and_notices_follow_each_other(void **state)
{
	(void)state;
	expect(HELLO ENVELOPE
	    "RCPT To:<b@b.test>\r\nDATA\r\nx\r\n.\r\n"
	    "MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\n"
	    "DATA\r\ny\r\n.\r\n"
	    "GDEL z\r\nREJECT z\r\nMAIL FROM:<a@a.test> DMTP\r\n"
	    "RCPT TO:<b@b.test>\r\nMSID x\r\n" ENVELOPE "RSET\r\n",
	    "220 250 250 250 354 250 250 250 354 250 250 250 250 250 250 250 "
	    "250",
	    EVENTS "RCPT(b@b.test) DATA END(3) MAIL(a@a.test) RCPT(b@b.test) "
		   "DATA END(3) GDEL(z) REJECT(z) MAIL(a@a.test) "
		   "RCPT(b@b.test) MSID(x) ENVELOPE(a@a.test) envid(id-1) "
		   "ABORT");
}

static void
refusals_of_envelopes_leave_the_session(void **state)
{
	(void)state;
	expect("ENVELOPE From:<a@a.test>\r\n" HELLO
	       "ENVELOPE From:<no@a.test>\r\nENVELOPE From:<later@a.test>\r\n"
	       "RCPT To:<b@b.test>\r\n" ENVELOPE "DATA\r\n"
	       "RCPT To:<no@b.test>\r\nDATA\r\n" ENVELOPE
	       "GDEL x\r\nMSID x\r\nACCEPT x\r\nGTML x b@b.test\r\nRSET\r\n",
	    "220 503 250 550 451 503 250 554 550 554 503 503 503 503 503 250",
	    "EHLO(c.test) ENVELOPE(no@a.test) ENVELOPE(later@a.test) "
	    "ENVELOPE(a@a.test) envid(id-1) RCPT(no@b.test) ABORT");
}

static void
envelopes_that_are_malformed_are_refused(void **state)
{
	(void)state;
	expect(HELLO
	    "ENVELOPE\r\nENVELOPE To:<a@a.test>\r\nENVELOPE From:<a@>\r\n"
	    "ENVELOPE From:<a@a.test> ENVID=\r\n"
	    "ENVELOPE From:<a@a.test> ENVID=a;b\r\n"
	    "ENVELOPE From:<a@a.test> SIZE=x\r\n"
	    "ENVELOPE From:<a@a.test> EXPIRES=60\r\n"
	    "ENVELOPE From:<a@a.test> DIGEST=x\r\n"
	    "ENVELOPE From:<a@a.test> COLOUR=blue\r\n"
	    "ENVELOPE From:<a@a.test> DMTP\r\n"
	    "ENVELOPE From:<a@a.test> SIZE=1000001\r\n",
	    "220 250 501 501 501 501 501 501 501 501 555 555 552",
	    "EHLO(c.test)");
}

/* The null sender, and addresses beyond ASCII: envelope texts are UTF-8. */
static void
senders_may_be_nobody_or_beyond_ascii(void **state)
{
	(void)state;
	expect(HELLO "ENVELOPE From:<>\r\nRCPT To:<\xc3\xbc@b.test>\r\n"
		     "RSET\r\nENVELOPE From:<\xc3\xbc@a.test>\r\nRSET\r\n"
		     "MAIL FROM:<a@a.test>\r\nRCPT TO:<\xc3\xbc@b.test>\r\n",
	    "220 250 250 250 250 250 250 250 553",
	    "EHLO(c.test) ENVELOPE() RCPT(\xc3\xbc@b.test) ABORT "
	    "ENVELOPE(\xc3\xbc@a.test) ABORT MAIL(a@a.test)");
}

/* Sends an envelope text of OCTETS octets by DATA. */
static void
expect_text(size_t octets, const char *replies, const char *events)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct buf input;

	/* The limit is not that of messages. */
	setup.message_size = 100000;
	buf_init(&input, 100000);
	buf_text(&input, HELLO ENVELOPE "RCPT To:<b@b.test>\r\nDATA\r\n");
	for (size_t i = 2; i < octets; i++)
		buf_char(&input, 'x');
	buf_text(&input, "\r\n.\r\nNOOP\r\n");
	talk_expect_with(0, &setup, buf_span(&input), replies, events);
	buf_fini(&input);
}

static void
an_envelope_text_has_its_ceiling(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct talk t;

	(void)state;
	expect_text(8192, "220 250 250 250 354 250 250",
	    EVENTS "RCPT(b@b.test) DATA END(8192)");
	expect_text(8193, "220 250 250 250 354 552 250",
	    EVENTS "RCPT(b@b.test) DATA ABORT");
	/* By chunks too; and what ends the envelope ends its ceiling. */
	setup.message_size = 100000;
	talk_init(&t, &setup, 0);
	pump_say(
	    &t.pump, HELLO ENVELOPE "RCPT To:<b@b.test>\r\nBDAT 9000 LAST\r\n");
	for (unsigned i = 0; i < 9000; i++)
		pump_say(&t.pump, "x");
	assert_true(talk_has_said(&t, "552 5.3.4 "));
	pump_say(&t.pump, "MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\n"
			  "BDAT 9000 LAST\r\n");
	for (unsigned i = 0; i < 4500; i++)
		pump_say(&t.pump, "\r\n");
	assert_true(talk_has_said(&t, "250 2.0.0 stored"));
	talk_fini(&t);
}

static void
the_owner_may_refuse_the_text(void **state)
{
	(void)state;
	expect(HELLO "ENVELOPE From:<noend@a.test>\r\nRCPT To:<b@b.test>\r\n"
		     "DATA\r\nx\r\n.\r\nENVELOPE From:<nodata@a.test>\r\n"
		     "RCPT To:<b@b.test>\r\nDATA\r\nNOOP\r\n",
	    "220 250 250 250 354 554 250 250 554 250",
	    "EHLO(c.test) ENVELOPE(noend@a.test) RCPT(b@b.test) DATA END(3) "
	    "ENVELOPE(nodata@a.test) RCPT(b@b.test) DATA ABORT");
	expect(HELLO ENVELOPE "RCPT To:<b@b.test>\r\nDATA\r\na\nb\r\n.\r\n",
	    "220 250 250 250 354 554", EVENTS "RCPT(b@b.test) DATA ABORT");
}

/* The rows that only envelopes have. */
static void
replies_to_envelopes_are_said_as_laid_down(void **state)
{
	static const struct {
		enum reply_name reply;
		const char *said;
	} rows[] = {
	    {REPLY_SHOWN, "250 2.0.0 shown to the recipient\r\n"},
	    {REPLY_BLOCKED, "550 5.7.1 blocked by the recipient\r\n"},
	    {REPLY_NAMELESS, "550 5.6.0 neither ENVID nor Message-ID\r\n"},
	    {REPLY_ENVELOPE_TOO_LARGE, "552 5.3.4 "},
	    {REPLY_VERDICT_OK, "250 2.0.0 "},
	    {REPLY_HAVE_IT, "251 2.0.0 noted, you have it\r\n"},
	    {REPLY_BAD_TO, "501 5.5.4 To missing or malformed\r\n"},
	    {REPLY_SEND_MSID, "554 5.7.0 send MSID\r\n"},
	    {REPLY_YOUR_DATA, "DATA\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf said;

		buf_init(&said, 600);
		reply_print(rows[i].reply, span_of(""), &said);
		assert_true(
		    span_starts_nocase(buf_span(&said), span_of(rows[i].said)));
		buf_fini(&said);
	}
}

/* SM-45 */
static void
size_may_be_said_on_a_line_of_its_own(void **state)
{
	(void)state;
	expect(HELLO "ENVELOPE From:<a@a.test>\r\nSIZE=5\r\n"
		     "RCPT To:<b@b.test>\r\nsize=5\r\nRSET\r\n"
		     "MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nSIZE=7 \r\n"
		     "DATA\r\nx\r\n.\r\n",
	    "220 250 250 250 250 250 250 250 250 250 354 250",
	    "EHLO(c.test) ENVELOPE(a@a.test) SIZE(5) RCPT(b@b.test) SIZE(5) "
	    "ABORT MAIL(a@a.test) RCPT(b@b.test) SIZE(7) DATA END(3)");
}

static void
a_size_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	expect("SIZE=5\r\n" HELLO "SIZE=5\r\nMAIL FROM:<a@a.test> SIZE=5\r\n"
	       "SIZE=6\r\nSIZE=5\r\nSIZE=\r\nSIZE\r\nSIZE 5\r\nSIZE= 5\r\n"
	       "SIZE=x\r\nSIZE=12345678901234567890\r\nRSET\r\n" ENVELOPE
	       "SIZE=5\r\nRSET\r\nENVELOPE From:<a@a.test>\r\n"
	       "SIZE=1000001\r\n",
	    "220 503 250 503 250 501 250 501 501 501 501 501 501 250 250 501 "
	    "250 250 552",
	    "EHLO(c.test) MAIL(a@a.test) SIZE(5) ABORT "
	    "ENVELOPE(a@a.test) envid(id-1) ABORT ENVELOPE(a@a.test)");
}

/* WIRE 1: none of these on the submission ports, nor while turned */
static void
the_notice_verbs_are_for_servers(void **state)
{
	struct smtp_server_setup users = talk_setup(SMTP_SERVER_SUBMISSION);
	struct smtp_server_setup turned = talk_setup(SMTP_SERVER_TURNED);

	(void)state;
	talk_expect(&users,
	    span_of(HELLO "ENVELOPE From:<a@a.test>\r\nSIZE=5\r\nMSID x\r\n"
			  "GTML x b@b.test\r\nACCEPT x\r\nSPAMMER x\r\n"),
	    "220 250 502 502 502 502 502 502", "EHLO(c.test)");
	talk_expect(&turned,
	    span_of("ENVELOPE From:<a@a.test>\r\nSIZE=5\r\nMSID x\r\n"
		    "GTML x b@b.test\r\nACCEPT x\r\nSPAMMER x\r\nNOOP\r\n"),
	    "503 503 503 503 503 503 250", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_envelope_goes_through),
	    cmocka_unit_test(an_envelope_may_be_written_as_the_paper_prints_it),
	    cmocka_unit_test(the_text_may_come_in_chunks),
	    cmocka_unit_test(envelopes_mails_and_notices_follow_each_other),
	    cmocka_unit_test(refusals_of_envelopes_leave_the_session),
	    cmocka_unit_test(envelopes_that_are_malformed_are_refused),
	    cmocka_unit_test(senders_may_be_nobody_or_beyond_ascii),
	    cmocka_unit_test(an_envelope_text_has_its_ceiling),
	    cmocka_unit_test(the_owner_may_refuse_the_text),
	    cmocka_unit_test(replies_to_envelopes_are_said_as_laid_down),
	    cmocka_unit_test(size_may_be_said_on_a_line_of_its_own),
	    cmocka_unit_test(a_size_that_does_not_fit_is_refused),
	    cmocka_unit_test(the_notice_verbs_are_for_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
