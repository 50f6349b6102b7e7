/* The SMDP user service: table 5, every verb, every state, what is malformed.
 */
#include "user_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LIST_LINES                                                           \
	"1 E pending 2026-11-22T10:00:00Z 48213 alice@a.test 1 \"Minutes "   \
	"of Monday\"\r\n"                                                    \
	"2 M new 2026-11-21T09:30:00Z 3120 carol@c.test 0 \"Re: lunch\"\r\n" \
	".\r\n"
#define RIGHT "user bob@b.test\r\npwd correct horse\r\n"
#define GREETED                                                     \
	"220 mx.b.test SMDP user service\r\n331 2.0.0 password\r\n" \
	"230 signed in, list follows\r\n" LIST_LINES

/* SM-48 SM-49: every entry of table 5, as WIRE 10 prints it */
static void
table_5_is_played_as_printed(void **state)
{
	static const char input[] = "user bob@b.test\r\n"
				    "pwd correct horse\r\n"
				    "list\r\n"
				    "retr 1\r\n"
				    "accept 1\r\n"
				    "accept&auth 1\r\n"
				    "reject 1\r\n"
				    "reject&spam 1\r\n"
				    "reject&spammer 1\r\n"
				    "del 2\r\n"
				    "mail\r\n"
				    "rcpt to dave@d.test\r\n"
				    "data\r\n"
				    "Subject: hello\r\n"
				    "\r\n"
				    "..text\r\n"
				    ".\r\n"
				    "quit\r\n";
	static const char said[] =
	    GREETED "213 list follows\r\n" LIST_LINES "222 text follows\r\n"
		    "From: alice@a.test\r\n"
		    "Subject: Minutes of Monday\r\n"
		    "\r\n"
		    "..hidden\r\n"
		    ".\r\n"
		    "250 2.0.0 verdict noted\r\n"
		    "250 2.0.0 verdict noted\r\n"
		    "250 2.0.0 verdict noted\r\n"
		    "250 2.0.0 verdict noted\r\n"
		    "250 2.0.0 verdict noted\r\n"
		    "250 2.0.0 deleted\r\n"
		    "250 2.1.0 sender taken\r\n"
		    "250 2.1.5 recipient taken\r\n"
		    "354 send the message, end with a lone dot\r\n"
		    "250 2.0.0 held as id-7\r\n"
		    "221 2.0.0 goodbye\r\n";

	(void)state;
	for (unsigned i = PUMP_WHOLE; i <= PUMP_RANDOM; i++) {
		struct user_talk t;

		user_init(&t, NULL);
		pump_send(&t.pump, span_of(input), (enum pump_slices)i);
		user_expect_said(&t, said);
		user_expect_events(&t,
		    "PASSWORD(bob@b.test) LIST RETR(1) ACCEPT(1) AUTHORIZE(1)"
		    " REJECT(1) SPAM(1) SPAMMER(1) DELETE(2) MAIL()"
		    " RCPT(dave@d.test) DATA END(25) CLOSED");
		assert_string_equal(
		    buf_string(&t.content), "Subject: hello\r\n\r\n.text\r\n");
		assert_int_equal(
		    t.pump.machine.ops->wants(t.pump.machine.self), 0);
		user_fini(&t);
	}
}

/* --- signing in --- */

/* SM-05 */
static void
three_words_bring_a_password(void **state)
{
	static const char *const words[] = {"pwd", "PWD_", "Pass"};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct user_talk t;

		user_init(&t, NULL);
		pump_say(&t.pump, "USER bob@b.test\r\n");
		pump_say(&t.pump, words[i]);
		pump_say(&t.pump, " correct horse\r\n");
		user_expect_said(&t, GREETED);
		user_fini(&t);
	}
}

static void
whoever_is_named_a_password_is_asked_for(void **state)
{
	struct user_talk t;

	(void)state;
	user_init(&t, NULL);
	pump_say(&t.pump, "user nobody@b.test\r\nuser not an address\r\n");
	user_expect_said(&t, "220 mx.b.test SMDP user service\r\n"
			     "331 2.0.0 password\r\n331 2.0.0 password\r\n");
	user_expect_events(&t, "");
	user_fini(&t);
}

static void
a_password_is_the_rest_of_the_line(void **state)
{
	struct smdp_user_event e;
	struct user_talk t;

	(void)state;
	user_init(&t, NULL);
	t.is_late = true;
	pump_say(&t.pump, "user bob@b.test\r\npwd  two  blanks \r\n");
	assert_int_equal(smdp_user_next(t.user, &e), 1);
	assert_int_equal(e.kind, SMDP_USER_PASSWORD);
	assert_true(span_equals(e.text, span_of("bob@b.test")));
	assert_true(span_equals(e.password, span_of(" two  blanks ")));
	assert_int_equal(smdp_user_next(t.user, &e), 0);
	smdp_user_tell(t.user, REPLY_SIGNED_IN, span_of(""));
	assert_int_equal(smdp_user_list_end(t.user), 0);
	user_fini(&t);
}

static void
a_wrong_password_leaves_one_outside(void **state)
{
	struct user_talk t;

	(void)state;
	user_init(&t, NULL);
	pump_say(&t.pump, "user bob@b.test\r\npwd correct  horse\r\n"
			  "pwd correct horse\r\nlist\r\n" RIGHT "quit\r\n");
	user_expect_said(&t,
	    "220 mx.b.test SMDP user service\r\n331 2.0.0 password\r\n"
	    "535 5.7.8 address or password is wrong\r\n"
	    "503 5.5.1 sign in first: user, then pwd\r\n"
	    "503 5.5.1 sign in first: user, then pwd\r\n"
	    "331 2.0.0 password\r\n230 signed in, list follows\r\n" LIST_LINES
	    "221 2.0.0 goodbye\r\n");
	user_expect_events(
	    &t, "PASSWORD(bob@b.test) PASSWORD(bob@b.test) CLOSED");
	user_fini(&t);
}

static void
a_name_or_password_must_be_there(void **state)
{
	char line[ADDRESS_TEXT + 16] = "user ";
	struct user_talk t;

	(void)state;
	memset(line + 5, 'a', ADDRESS_TEXT);
	memcpy(line + 5 + ADDRESS_TEXT, "\r\n", 3);
	user_init(&t, NULL);
	pump_say(&t.pump, "user\r\nuser \r\nuser a\tb\r\n");
	pump_say(&t.pump, line);
	pump_say(&t.pump, "user x\r\npwd\r\npwd \r\n");
	user_expect_said(&t, "220 mx.b.test SMDP user service\r\n"
			     "501 5.5.4 an address is expected\r\n"
			     "501 5.5.4 an address is expected\r\n"
			     "501 5.5.4 an address is expected\r\n"
			     "501 5.5.4 an address is expected\r\n"
			     "331 2.0.0 password\r\n"
			     "501 5.5.4 a password is expected\r\n"
			     "501 5.5.4 a password is expected\r\n");
	user_expect_events(&t, "");
	user_fini(&t);
}

/* --- every verb in every state --- */

/* How a verb is answered: first digits in FRESH, NAMED, READY, WRITING. */
struct place {
	const char *line;
	const char *codes[4];
};

static const struct place places[] = {
    {"user bob@b.test", {"331", "331", "503", "503"}},
    {"pwd wrong", {"503", "535", "503", "503"}},
    {"pwd_ wrong", {"503", "535", "503", "503"}},
    {"pass wrong", {"503", "535", "503", "503"}},
    {"list", {"503", "503", "213", "503"}},
    {"retr 1", {"503", "503", "222", "503"}},
    {"accept 1", {"503", "503", "250", "503"}},
    {"accept&auth 1", {"503", "503", "250", "503"}},
    {"reject 2", {"503", "503", "250", "503"}},
    {"reject&spam 2", {"503", "503", "250", "503"}},
    {"reject&spammer 2", {"503", "503", "250", "503"}},
    {"del 2", {"503", "503", "250", "503"}},
    {"mail", {"503", "503", "250", "503"}},
    {"rcpt to d@d.test", {"503", "503", "503", "250"}},
    {"data", {"503", "503", "503", "354"}},
    {"rset", {"503", "503", "250", "250"}},
    {"noop", {"250", "250", "250", "250"}},
    {"help", {"214", "214", "214", "214"}},
    {"quit", {"221", "221", "221", "221"}},
    {"stat", {"500", "500", "500", "500"}},
    {"", {"500", "500", "500", "500"}},
    {" list", {"500", "500", "500", "500"}},
};

static void
every_verb_has_its_place(void **state)
{
	static const char *const ways[] = {"", "user bob@b.test\r\n", RIGHT,
	    RIGHT "mail\r\nrcpt to c@c.test\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		for (unsigned way = 0; way < 4; way++) {
			struct user_talk t;

			user_init(&t, NULL);
			pump_say(&t.pump, ways[way]);
			buf_clear(&t.pump.said);
			pump_say(&t.pump, places[i].line);
			pump_say(&t.pump, "\r\n");
			assert_memory_equal(
			    buf_string(&t.pump.said), places[i].codes[way], 3);
			user_fini(&t);
		}
	}
}

static void
a_line_must_be_a_line(void **state)
{
	char line[SMDP_USER_LINE_MAX + 4];
	struct user_talk t;

	(void)state;
	memset(line, 'n', sizeof line);
	memcpy(line, "noop ", 5);
	memcpy(line + SMDP_USER_LINE_MAX, "\r\n", 3);
	user_init_signed_in(&t, NULL);
	pump_say(&t.pump, line);
	memcpy(line + SMDP_USER_LINE_MAX, "n\r\n", 4);
	pump_say(&t.pump, line);
	pump_say(&t.pump, "noop\nnoop\r\nnoop \rx\r\n");
	pump_send(&t.pump, span_make("no\0op\r\n", 7), PUMP_WHOLE);
	pump_say(&t.pump, "noop  \r\n");
	user_expect_said(&t,
	    "250 2.0.0 OK\r\n"
	    "500 5.5.2 line too long\r\n"
	    "500 5.5.2 a line must end with CRLF and hold no CR, LF or NUL\r\n"
	    "500 5.5.2 a line must end with CRLF and hold no CR, LF or NUL\r\n"
	    "500 5.5.2 a line must end with CRLF and hold no CR, LF or NUL\r\n"
	    "250 2.0.0 OK\r\n");
	user_fini(&t);
}

static void
help_tells_every_verb_and_each(void **state)
{
	(void)state;
	user_expect("help\r\nhelp reject&spam\r\nhelp me\r\n",
	    "214 2.0.0 verbs: user pwd pwd_ pass list retr accept accept&auth"
	    " reject reject&spam reject&spammer del mail rcpt data rset noop"
	    " help quit\r\n"
	    "214 2.0.0 reject&spam number\r\n"
	    "501 5.5.4 no such verb\r\n",
	    "");
}

/* --- numbers --- */

/* SM-25 */
static void
what_is_here_is_refused_but_not_accepted(void **state)
{
	(void)state;
	user_expect("accept 2\r\naccept&auth 2\r\nreject 2\r\n"
		    "reject&spam 2\r\nreject&spammer 2\r\n",
	    "550 5.5.1 a message is here already: there is nothing to "
	    "accept\r\n"
	    "550 5.5.1 a message is here already: there is nothing to "
	    "accept\r\n"
	    "250 2.0.0 verdict noted\r\n"
	    "250 2.0.0 verdict noted\r\n"
	    "250 2.0.0 verdict noted\r\n",
	    "REJECT(2) SPAM(2) SPAMMER(2)");
}

static void
an_envelope_is_not_deleted(void **state)
{
	(void)state;
	user_expect("del 1\r\n",
	    "550 5.5.1 an envelope is not deleted: accept or reject it\r\n",
	    "");
}

#define NONE      "550 5.1.1 nothing has this number\r\n"
#define NO_NUMBER "501 5.5.4 a number is expected\r\n"

static void
a_number_must_be_one_of_the_list(void **state)
{
	(void)state;
	user_expect("retr 0\r\nretr 3\r\naccept 4294967297\r\n"
		    "del 9999999999999999999\r\nreject 3\r\n",
	    NONE NONE NONE NONE NONE, "");
	user_expect("retr\r\nretr x\r\nretr -1\r\nretr 1 2\r\naccept 0x1\r\n"
		    "del 1.\r\nreject&spam  \r\n",
	    NO_NUMBER NO_NUMBER NO_NUMBER NO_NUMBER NO_NUMBER NO_NUMBER
		NO_NUMBER,
	    "");
	user_expect("retr  01\r\n",
	    "222 text follows\r\nFrom: alice@a.test\r\n"
	    "Subject: Minutes of Monday\r\n\r\n..hidden\r\n.\r\n",
	    "RETR(1)");
}

/* --- writing --- */

/* SM-10 */
static void
only_an_identity_of_ones_own_may_be_taken(void **state)
{
	(void)state;
	user_expect("mail From:<eve@e.test>\r\nmail from: robert@b.test\r\n"
		    "rset\r\nMAIL FROM:<bob@b.test>\r\n",
	    "550 5.7.1 the sender must be an address of yours\r\n"
	    "250 2.1.0 sender taken\r\n250 2.0.0 reset\r\n"
	    "250 2.1.0 sender taken\r\n",
	    "MAIL(eve@e.test) MAIL(robert@b.test) ABORT MAIL(bob@b.test)");
}

static void
a_sender_must_be_well_formed(void **state)
{
	(void)state;
	user_expect("mail bob@b.test\r\nmail From:\r\nmail From:<>\r\n"
		    "mail From:<bob@b.test> SIZE=5\r\n",
	    "501 5.1.7 malformed sender address\r\n"
	    "501 5.1.7 malformed sender address\r\n"
	    "501 5.1.7 malformed sender address\r\n"
	    "501 5.1.7 malformed sender address\r\n",
	    "");
}

static void
a_recipient_is_written_in_either_way(void **state)
{
	(void)state;
	user_expect("mail\r\nrcpt to d@d.test\r\nRCPT TO:<d@d.test>\r\n"
		    "rcpt to: \"a b\"@d.test\r\nrcpt to d@d.test\r\n",
	    "250 2.1.0 sender taken\r\n250 2.1.5 recipient taken\r\n"
	    "250 2.1.5 recipient taken\r\n250 2.1.5 recipient taken\r\n"
	    "452 4.5.3 too many recipients\r\n",
	    "MAIL() RCPT(d@d.test) RCPT(d@d.test) RCPT(\"a b\"@d.test)");
	user_expect("mail\r\nrcpt d@d.test\r\nrcpt to\r\nrcpt to <>\r\n"
		    "rcpt to d@d.test x\r\nrcpt to no@d.test\r\ndata\r\n",
	    "250 2.1.0 sender taken\r\n"
	    "501 5.1.3 malformed recipient address\r\n"
	    "501 5.1.3 malformed recipient address\r\n"
	    "501 5.1.3 malformed recipient address\r\n"
	    "501 5.1.3 malformed recipient address\r\n"
	    "550 5.1.1 no such user here\r\n"
	    "503 5.5.1 rcpt to first\r\n",
	    "MAIL() RCPT(no@d.test)");
}

#define MAIL_TO_D "mail\r\nrcpt to d@d.test\r\ndata\r\n"
#define TAKEN                                                     \
	"250 2.1.0 sender taken\r\n250 2.1.5 recipient taken\r\n" \
	"354 send the message, end with a lone dot\r\n"

/* AT-16 */
static void
content_with_bare_line_ends_is_not_taken(void **state)
{
	(void)state;
	user_expect(MAIL_TO_D "a\n.\r\nquit\r\n.\r\nnoop\r\n",
	    TAKEN "554 5.6.0 lines must end with CRLF; bare CR, LF or NUL is "
		  "not taken\r\n250 2.0.0 OK\r\n",
	    "MAIL() RCPT(d@d.test) DATA ABORT");
}

static void
too_much_content_is_read_to_its_end(void **state)
{
	struct smdp_user_setup setup = user_setup();

	(void)state;
	setup.message_size = 10;
	for (unsigned i = PUMP_WHOLE; i <= PUMP_RANDOM; i++) {
		struct user_talk t;

		user_init_signed_in(&t, &setup);
		pump_send(&t.pump,
		    span_of(MAIL_TO_D "12345678\r\n.\r\n" MAIL_TO_D
				      "123456789\r\n.\r\nnoop\r\n"),
		    (enum pump_slices)i);
		user_expect_said(&t, TAKEN "250 2.0.0 held as id-7\r\n" TAKEN
					   "552 5.3.4 the message is larger "
					   "than this server takes\r\n"
					   "250 2.0.0 OK\r\n");
		user_expect_events(&t,
		    "MAIL() RCPT(d@d.test) DATA END(10) MAIL()"
		    " RCPT(d@d.test) DATA ABORT");
		user_fini(&t);
	}
}

static void
content_may_be_refused_before_and_within(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	t.refusal = REPLY_NO_ROOM;
	pump_say(&t.pump, MAIL_TO_D);
	t.refusal = REPLY_OK;
	t.spoils = true;
	pump_say(&t.pump, MAIL_TO_D "text\r\n.\r\n");
	pump_say(&t.pump, "noop\r\n");
	user_expect_said(&t,
	    "250 2.1.0 sender taken\r\n250 2.1.5 recipient taken\r\n"
	    "452 4.3.1 no room here now\r\n" TAKEN
	    "452 4.3.1 no room here now\r\n250 2.0.0 OK\r\n");
	user_expect_events(&t, "MAIL() RCPT(d@d.test) DATA ABORT MAIL()"
			       " RCPT(d@d.test) DATA ABORT");
	user_fini(&t);
}

/* What is not wanted is read to its end, in whatever pieces it comes. */
static void
content_that_is_not_wanted_is_read_to_its_end(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	t.spoils = true;
	pump_say(&t.pump, MAIL_TO_D "first\r\n");
	pump_say(&t.pump, "second\r\n");
	pump_say(&t.pump, ".\r\nnoop\r\n");
	user_expect_said(
	    &t, TAKEN "452 4.3.1 no room here now\r\n250 2.0.0 OK\r\n");
	user_expect_events(&t, "MAIL() RCPT(d@d.test) DATA ABORT");
	assert_string_equal(buf_string(&t.content), "first\r\n");
	user_fini(&t);
}

static void
an_argument_that_is_not_expected_is_refused(void **state)
{
	static const char *const lines[] = {
	    "list 1\r\n", "rset x\r\n", "quit now\r\n"};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		user_expect(
		    lines[i], "501 5.5.4 no argument is expected\r\n", "");
	user_expect("mail\r\nrcpt to d@d.test\r\ndata x\r\n",
	    "250 2.1.0 sender taken\r\n250 2.1.5 recipient taken\r\n"
	    "501 5.5.4 no argument is expected\r\n",
	    "MAIL() RCPT(d@d.test)");
}

static void
leaving_gives_the_message_up(void **state)
{
	(void)state;
	user_expect("mail\r\nrcpt to d@d.test\r\nquit\r\nnoop\r\n",
	    "250 2.1.0 sender taken\r\n250 2.1.5 recipient taken\r\n"
	    "221 2.0.0 goodbye\r\n",
	    "MAIL() RCPT(d@d.test) ABORT CLOSED");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table_5_is_played_as_printed),
	    cmocka_unit_test(three_words_bring_a_password),
	    cmocka_unit_test(whoever_is_named_a_password_is_asked_for),
	    cmocka_unit_test(a_password_is_the_rest_of_the_line),
	    cmocka_unit_test(a_wrong_password_leaves_one_outside),
	    cmocka_unit_test(a_name_or_password_must_be_there),
	    cmocka_unit_test(every_verb_has_its_place),
	    cmocka_unit_test(a_line_must_be_a_line),
	    cmocka_unit_test(help_tells_every_verb_and_each),
	    cmocka_unit_test(what_is_here_is_refused_but_not_accepted),
	    cmocka_unit_test(an_envelope_is_not_deleted),
	    cmocka_unit_test(a_number_must_be_one_of_the_list),
	    cmocka_unit_test(only_an_identity_of_ones_own_may_be_taken),
	    cmocka_unit_test(a_sender_must_be_well_formed),
	    cmocka_unit_test(a_recipient_is_written_in_either_way),
	    cmocka_unit_test(content_with_bare_line_ends_is_not_taken),
	    cmocka_unit_test(too_much_content_is_read_to_its_end),
	    cmocka_unit_test(content_may_be_refused_before_and_within),
	    cmocka_unit_test(content_that_is_not_wanted_is_read_to_its_end),
	    cmocka_unit_test(an_argument_that_is_not_expected_is_refused),
	    cmocka_unit_test(leaving_gives_the_message_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
