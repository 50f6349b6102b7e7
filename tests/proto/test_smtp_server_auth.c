/* Submission: nobody sends without signing in, and only over TLS. */
#include "server_talk.h"

#include "../origin/scarce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELLO "EHLO c.test\r\n"
/* NUL bob@b.test NUL right; the same with "wrong" */
#define RIGHT "AGJvYkBiLnRlc3QAcmlnaHQ="
#define WRONG "AGJvYkBiLnRlc3QAd3Jvbmc="
#define BOB   "Ym9iQGIudGVzdA=="

static void
expect(const char *input, const char *replies, const char *events)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_SUBMISSION);
	struct buf all_input, all_replies, all_events;

	buf_init(&all_input, 100000);
	buf_init(&all_replies, 10000);
	buf_init(&all_events, 10000);
	buf_print(&all_input, HELLO "%s", input);
	buf_print(&all_replies, "220 250 %s", replies);
	buf_print(&all_events, "EHLO(c.test)%s%s", events[0] == '\0' ? "" : " ",
	    events);
	talk_expect(&setup, buf_span(&all_input), buf_string(&all_replies),
	    buf_string(&all_events));
	buf_fini(&all_input);
	buf_fini(&all_replies);
	buf_fini(&all_events);
}

/* RFC 6409 4.3 */
static void
nobody_sends_before_signing_in(void **state)
{
	(void)state;
	expect("MAIL FROM:<bob@b.test>\r\nAUTH PLAIN " RIGHT
	       "\r\nMAIL FROM:<bob@b.test> AUTH=<>\r\n",
	    "530 235 250", "AUTH(bob@b.test) MAIL(bob@b.test)");
}

static void
plain_comes_with_and_without_an_initial_response(void **state)
{
	(void)state;
	expect("auth plain " RIGHT "\r\n", "235", "AUTH(bob@b.test)");
	expect("AUTH PLAIN\r\n" RIGHT "\r\n", "334 235", "AUTH(bob@b.test)");
	/* bob@b.test NUL bob@b.test NUL right */
	expect("AUTH PLAIN Ym9iQGIudGVzdABib2JAYi50ZXN0AHJpZ2h0\r\n", "235",
	    "AUTH(bob@b.test)");
}

static void
login_asks_twice(void **state)
{
	(void)state;
	expect("AUTH LOGIN\r\n" BOB "\r\ncmlnaHQ=\r\n", "334 334 235",
	    "AUTH(bob@b.test)");
	expect("AUTH LOGIN " BOB "\r\ncmlnaHQ=\r\n", "334 235",
	    "AUTH(bob@b.test)");
}

static void
a_wrong_password_leaves_the_session_open(void **state)
{
	(void)state;
	expect("AUTH PLAIN " WRONG "\r\nMAIL FROM:<bob@b.test>\r\n"
	       "AUTH PLAIN " RIGHT "\r\n",
	    "535 530 235", "AUTH(bob@b.test) AUTH(bob@b.test)");
}

static void
nobody_acts_for_another(void **state)
{
	(void)state;
	/* eve NUL bob@b.test NUL right */
	expect("AUTH PLAIN ZXZlAGJvYkBiLnRlc3QAcmlnaHQ=\r\n", "535", "");
}

static void
an_asterisk_gives_up(void **state)
{
	(void)state;
	expect("AUTH PLAIN\r\n*\r\nAUTH LOGIN\r\n" BOB "\r\n*\r\nNOOP\r\n",
	    "334 501 334 334 501 250", "");
}

static void
malformed_responses_are_refused(void **state)
{
	(void)state;
	expect("AUTH PLAIN !!!\r\nAUTH PLAIN =\r\nAUTH PLAIN AAAA\r\n"
	       "AUTH PLAIN Ym9i\r\nAUTH PLAIN\r\n\r\nNOOP\r\n",
	    "501 501 501 501 334 501 250", "");
	/* One field too many */
	expect("AUTH PLAIN AGJvYgByaWdodAB4\r\n", "501", "");
	/* A name with a NUL, an empty name */
	expect("AUTH LOGIN Ym8AYg==\r\ncmlnaHQ=\r\n", "334 501", "");
	expect("AUTH LOGIN =\r\ncmlnaHQ=\r\nNOOP\r\n", "334 501 250", "");
	expect("AUTH PLAIN\r\nAG\nJv\r\nNOOP\r\n", "334 500 250", "");
}

static void
other_mechanisms_are_not_known(void **state)
{
	(void)state;
	expect("AUTH CRAM-MD5\r\nAUTH\r\nAUTH PLAINX x\r\n", "504 504 504", "");
}

static void
signing_in_happens_once_and_outside_a_transaction(void **state)
{
	(void)state;
	expect("AUTH PLAIN " RIGHT "\r\nAUTH PLAIN " RIGHT
	       "\r\nMAIL FROM:<bob@b.test>\r\nAUTH PLAIN " RIGHT "\r\n",
	    "235 503 250 503", "AUTH(bob@b.test) MAIL(bob@b.test)");
}

static void
passwords_do_not_travel_in_clear(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_SUBMISSION);
	struct talk t;

	(void)state;
	setup.secure = false;
	talk_init(&t, &setup, 0);
	pump_say(&t.pump, HELLO);
	assert_false(talk_has_said(&t, "AUTH"));
	assert_true(talk_has_said(&t, "STARTTLS"));
	pump_say(&t.pump, "AUTH PLAIN " RIGHT "\r\nSTARTTLS\r\n");
	assert_true(talk_has_said(&t, "538 5.7.11 "));
	smtp_server_secured(t.server);
	buf_clear(&t.pump.said);
	pump_say(&t.pump, HELLO "AUTH PLAIN " RIGHT "\r\n");
	assert_true(talk_has_said(&t, "250-AUTH PLAIN LOGIN\r\n"));
	assert_string_equal(talk_replies(&t), "250 235");
	talk_fini(&t);
}

static void
the_pull_verbs_are_for_servers(void **state)
{
	(void)state;
	expect("GDEL x\r\nRETR x\r\n", "502 502", "");
}

/* RFC 4954 4: 12,288 octets for lines of AUTH, the usual for others */
static void
lines_of_auth_may_be_longer(void **state)
{
	char input[30000] = "AUTH PLAIN\r\n";
	size_t n = strlen(input);

	(void)state;
	memset(input + n, 'A', SMTP_AUTH_LINE_MAX + 1);
	memcpy(input + n + 12284, "\r\nNOOP\r\n", 9);
	expect(input, "334 501 250", "");
	memset(input + n, 'A', SMTP_AUTH_LINE_MAX + 1);
	memcpy(input + n + SMTP_AUTH_LINE_MAX + 1, "\r\nNOOP\r\n", 9);
	expect(input, "334 500 250", "");
	memcpy(input, "NOOP AAAAAAA", 12);
	memcpy(input + 2000, "\r\nNOOP\r\n", 9);
	expect(input, "500 250", "");
}

/* What the test itself keeps needs no memory from now on. */
static void
make_room(struct talk *t)
{
	struct buf *const all[] = {&t->pump.said, &t->replies, &t->events,
	    &t->content, &t->pump.unread};

	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
		assert_non_null(buf_room(all[i], 1000));
}

/* The code of the answer to LINE after BEFORE, where the NUMBER-th allocation
   fails; 0: there was none left to fail. */
static int
answer_without_memory(const char *before, const char *line, unsigned number)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_SUBMISSION);
	struct talk t;
	int code;
	bool met;

	talk_init(&t, &setup, 0);
	pump_say(&t.pump, before);
	make_room(&t);
	scarce(number);
	pump_say(&t.pump, line);
	met = scarce_end();
	code = (int)strtol(strrchr(talk_replies(&t), ' ') + 1, NULL, 10);
	talk_fini(&t);
	return met ? code : 0;
}

static void
nothing_is_refused_for_good_for_want_of_memory(void **state)
{
	static const struct {
		const char *before, *line;
	} lines[] = {
	    {HELLO, "AUTH PLAIN " RIGHT "\r\n"},
	    {HELLO "AUTH PLAIN\r\n", RIGHT "\r\n"},
	    {HELLO "AUTH LOGIN\r\n", BOB "\r\n"},
	    {HELLO "AUTH LOGIN\r\n" BOB "\r\n", "cmlnaHQ=\r\n"},
	    {HELLO "AUTH PLAIN " RIGHT "\r\n",
		"MAIL FROM:<bob@b.test> SIZE=100000 BODY=8BITMIME "
		"RET=HDRS ENVID=an-envelope-of-bobs\r\n"},
	};
	unsigned failed = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
		for (unsigned n = 1, code = 1; code != 0; n++) {
			code = (unsigned)answer_without_memory(
			    lines[i].before, lines[i].line, n);
			assert_true(code < 500);
			failed += code >= 400;
		}
	assert_true(failed > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_sends_before_signing_in),
	    cmocka_unit_test(plain_comes_with_and_without_an_initial_response),
	    cmocka_unit_test(login_asks_twice),
	    cmocka_unit_test(a_wrong_password_leaves_the_session_open),
	    cmocka_unit_test(nobody_acts_for_another),
	    cmocka_unit_test(an_asterisk_gives_up),
	    cmocka_unit_test(malformed_responses_are_refused),
	    cmocka_unit_test(nothing_is_refused_for_good_for_want_of_memory),
	    cmocka_unit_test(other_mechanisms_are_not_known),
	    cmocka_unit_test(signing_in_happens_once_and_outside_a_transaction),
	    cmocka_unit_test(passwords_do_not_travel_in_clear),
	    cmocka_unit_test(the_pull_verbs_are_for_servers),
	    cmocka_unit_test(lines_of_auth_may_be_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
