/* The client's side of notices that take several commands: MSID, ENVELOPE. */
#include "smtp_client_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAID_DIGEST " DIGEST=sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define UE          "\xc3\xbc"

static struct params
full_params(void)
{
	struct params p = {.has_size = true,
	    .size = 48213,
	    .has_digest = true,
	    .has_expires = true,
	    .expires = 7200};

	for (uint8_t i = 0; i < sizeof(p.digest); i++)
		p.digest[i] = i;
	return p;
}

static const struct params no_params;

static struct smtp_client_msid
plain_msid(const struct params *params)
{
	return (struct smtp_client_msid){.sender = span_of("alice@a.test"),
	    .recipient = span_of("bob@b.test"),
	    .id = span_of("id-1"),
	    .subject = span_of("Minutes of Monday"),
	    .params = params,
	    .tag = 5};
}

static const struct span two_recipients[] = {
    {"bob@b.test", 10}, {"carol@b.test", 12}};

static struct smtp_client_envelope
plain_envelope(const struct params *params)
{
	return (struct smtp_client_envelope){.sender = span_of("alice@a.test"),
	    .envid = span_of("id-1"),
	    .params = params,
	    .recipients = two_recipients,
	    .count = 2,
	    .text = span_of("Subject: x\r\n\r\n.\r\n"),
	    .tag = 5};
}

/* REPLY comes next, of the order 5. */
static void
told_reply(struct smtp_client *x, int code, bool final)
{
	const struct smtp_client_event *event = told(x, SMTP_CLIENT_REPLY);

	assert_int_equal(event->tag, 5);
	assert_int_equal(event->reply.code, code);
	assert_int_equal(event->final, final);
	told_nothing(x);
}

static void
told_recipient(struct smtp_client *x, size_t index, int code)
{
	const struct smtp_client_event *event = told(x, SMTP_CLIENT_RECIPIENT);

	assert_int_equal(event->tag, 5);
	assert_int_equal(event->index, index);
	assert_int_equal(event->reply.code, code);
}

/* --- MSID --- */

/* DM-14, DM-15 */
static void
msid_goes_in_lock_step(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");
	struct params params = full_params();
	struct smtp_client_msid order = plain_msid(&params);

	(void)state;
	assert_int_equal(smtp_client_msid(x, &order), 0);
	assert_int_equal(smtp_client_msid(x, &order), -E_STATE);
	machine_says(x, "MAIL FROM:<alice@a.test> DMTP\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT TO:<bob@b.test>\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "MSID id-1 Minutes of Monday\r\n");
	told_nothing(x);
	peer_says(x, "250 2.0.0 noted\r\n");
	told_reply(x, 250, true);
	assert_int_equal(smtp_client_msid(x, &order), 0);
	smtp_client_free(&x);
}

static void
msid_says_what_the_peer_lists(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct params params = full_params();
	struct smtp_client_msid order = plain_msid(&params);

	(void)state;
	params.body_8bit = params.smtputf8 = true;
	params.ret = RET_HDRS;
	params.notify = NOTIFY_NEVER;
	span_copy(span_of("QQ"), params.envid, sizeof(params.envid));
	span_copy(span_of("rfc822;b"), params.orcpt, sizeof(params.orcpt));
	order.subject = span_of("gr" UE "n");
	assert_int_equal(smtp_client_msid(x, &order), 0);
	machine_says(x, "MAIL FROM:<alice@a.test> DMTP SIZE=48213 "
			"BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ" SAID_DIGEST
			" EXPIRES=7200\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT TO:<bob@b.test> NOTIFY=NEVER ORCPT=rfc822;b\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "MSID id-1 gr" UE "n\r\n");
	smtp_client_free(&x);
}

/* AT-27 */
static void
a_subject_is_said_as_the_peer_can_read_it(void **state)
{
	static const struct {
		const char *ehlo, *subject, *said, *mail;
	} cases[] = {
	    {"250 peer.test\r\n", "gr" UE "n",
		"MSID id-1 =?UTF-8?Q?gr=C3=BCn?=\r\n", ""},
	    {"250-peer.test\r\n250 SMTPUTF8\r\n", "gr" UE "n",
		"MSID id-1 gr" UE "n\r\n", " SMTPUTF8"},
	    {"250-peer.test\r\n250 SMTPUTF8\r\n", "plain",
		"MSID id-1 plain\r\n", ""},
	    {"250 peer.test\r\n", "", "MSID id-1\r\n", ""},
	    {"250 peer.test\r\n", "a\r\nQUIT", "MSID id-1 a  QUIT\r\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct smtp_client *x = fixture_ready(cases[i].ehlo);
		struct smtp_client_msid order = plain_msid(&no_params);
		char mail[100];

		order.subject = span_of(cases[i].subject);
		assert_int_equal(smtp_client_msid(x, &order), 0);
		snprintf(mail, sizeof(mail),
		    "MAIL FROM:<alice@a.test> DMTP%s\r\n", cases[i].mail);
		machine_says(x, mail);
		peer_says(x, "250 ok\r\n");
		machine_says(x, "RCPT TO:<bob@b.test>\r\n");
		peer_says(x, "250 ok\r\n");
		machine_says(x, cases[i].said);
		smtp_client_free(&x);
	}
}

static void
a_refused_step_of_msid_is_reset_before_it_is_told(void **state)
{
	static const char *const steps[] = {"MAIL FROM:<alice@a.test> DMTP\r\n",
	    "RCPT TO:<bob@b.test>\r\n", "MSID id-1 Minutes of Monday\r\n"};
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");
	struct smtp_client_msid order = plain_msid(&no_params);

	(void)state;
	for (size_t refused = 0; refused < 3; refused++) {
		assert_int_equal(smtp_client_msid(x, &order), 0);
		for (size_t i = 0; i < refused; i++) {
			machine_says(x, steps[i]);
			peer_says(x, "250 ok\r\n");
		}
		machine_says(x, steps[refused]);
		peer_says(x, "555 5.5.4 no DMTP\r\n");
		machine_says(x, "RSET\r\n");
		told_nothing(x);
		peer_says(x, "250 reset\r\n");
		told_reply(x, 555, false);
	}
	/* It is told even if the connection ends then. */
	assert_int_equal(smtp_client_msid(x, &order), 0);
	machine_says(x, steps[0]);
	peer_says(x, "450 4.7.1 later\r\n");
	machine_says(x, "RSET\r\n");
	peer_says(x, "421 bye\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_REPLY)->reply.code, 450);
	told_broken(x, 421);
	smtp_client_free(&x);
}

static void
what_a_peer_without_smtputf8_cannot_take_is_refused_here(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");
	struct params params = {.smtputf8 = true};
	struct smtp_client_msid order = plain_msid(&params);
	struct smtp_client_envelope envelope = plain_envelope(&no_params);
	const struct span recipients[] = {span_of("b" UE "b@b.test")};

	(void)state;
	assert_int_equal(smtp_client_msid(x, &order), 0);
	told_reply(x, 550, false);
	order = plain_msid(&no_params);
	order.sender = span_of(UE "@a.test");
	assert_int_equal(smtp_client_msid(x, &order), 0);
	told_reply(x, 550, false);
	envelope.recipients = recipients;
	envelope.count = 1;
	assert_int_equal(smtp_client_envelope(x, &envelope), 0);
	told_reply(x, 550, false);
	machine_says(x, "");
	smtp_client_free(&x);
	x = fixture_ready("250-peer.test\r\n250 SMTPUTF8\r\n");
	assert_int_equal(smtp_client_msid(x, &order), 0);
	machine_says(x, "MAIL FROM:<" UE "@a.test> DMTP SMTPUTF8\r\n");
	smtp_client_free(&x);
	x = fixture_ready("250-peer.test\r\n250 SMTPUTF8\r\n");
	assert_int_equal(smtp_client_envelope(x, &envelope), 0);
	smtp_client_free(&x);
}

static void
an_msid_that_would_inject_a_command_is_not_said(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");
	struct smtp_client_msid order = plain_msid(&no_params);
	char line[1100];

	(void)state;
	order.id = span_of("a\r\nQUIT");
	assert_int_equal(smtp_client_msid(x, &order), -E_SYNTAX);
	order.id = span_of("");
	assert_int_equal(smtp_client_msid(x, &order), -E_SYNTAX);
	order = plain_msid(&no_params);
	order.recipient = span_of("");
	assert_int_equal(smtp_client_msid(x, &order), -E_SYNTAX);
	memset(line, 'a', sizeof(line));
	order.recipient = span_make(line, sizeof(line));
	assert_int_equal(smtp_client_msid(x, &order), -E_RANGE);
	order = plain_msid(&no_params);
	order.id = span_make(line, sizeof(line));
	assert_int_equal(smtp_client_msid(x, &order), -E_RANGE);
	order = plain_msid(&no_params);
	order.sender = span_make(line, sizeof(line));
	assert_int_equal(smtp_client_msid(x, &order), -E_RANGE);
	machine_says(x, "");
	order = plain_msid(&no_params);
	assert_int_equal(smtp_client_msid(x, &order), 0);
	smtp_client_free(&x);
}

/* --- ENVELOPE --- */

/* SM-43 to SM-46 */
static void
an_envelope_goes_to_each_recipient(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");
	struct params params = full_params();
	struct smtp_client_envelope order = plain_envelope(&params);

	(void)state;
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	machine_says(
	    x, "ENVELOPE From:<alice@a.test> ENVID=id-1 SIZE=48213\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT To:<bob@b.test>\r\n");
	peer_says(x, "250 ok\r\n");
	told_recipient(x, 0, 250);
	machine_says(x, "RCPT To:<carol@b.test>\r\n");
	peer_says(x, "550 5.7.1 blocked\r\n");
	told_recipient(x, 1, 550);
	machine_says(x, "DATA\r\n");
	peer_says(x, "354 go on\r\n");
	machine_says(x, "Subject: x\r\n\r\n..\r\n.\r\n");
	told_nothing(x);
	peer_says(x, "250 2.0.0 shown\r\n");
	told_reply(x, 250, true);
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	smtp_client_free(&x);
}

static void
recipients_are_pipelined_where_that_is_offered(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct params params = full_params();
	struct smtp_client_envelope order = plain_envelope(&params);

	(void)state;
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	machine_says(x, "ENVELOPE From:<alice@a.test> ENVID=id-1 "
			"SIZE=48213" SAID_DIGEST " EXPIRES=7200\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT To:<bob@b.test>\r\nRCPT To:<carol@b.test>\r\n");
	peer_says(x, "250 ok\r\n250 ok\r\n");
	told_recipient(x, 0, 250);
	told_recipient(x, 1, 250);
	machine_says(x, "DATA\r\n");
	smtp_client_free(&x);
}

static void
many_recipients_go_in_windows(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct machine m = smtp_client_machine(x);
	struct smtp_client_envelope order = plain_envelope(&no_params);
	struct span many[SMTP_CLIENT_RECIPIENTS_MAX];
	size_t said = 0;

	(void)state;
	for (size_t i = 0; i < SMTP_CLIENT_RECIPIENTS_MAX; i++)
		many[i] = span_of("somebody@b.test");
	order.recipients = many;
	order.count = SMTP_CLIENT_RECIPIENTS_MAX;
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	m.ops->sent(m.self, m.ops->out(m.self).n);
	peer_says(x, "250 ok\r\n");
	for (size_t i = 0; i < SMTP_CLIENT_RECIPIENTS_MAX; i++) {
		size_t n = m.ops->out(m.self).n;

		said += n / strlen("RCPT To:<somebody@b.test>\r\n");
		assert_true(said - i <= SMTP_CLIENT_WINDOW);
		m.ops->sent(m.self, n);
		peer_says(x, "250 ok\r\n");
		told_recipient(x, i, 250);
	}
	machine_says(x, "DATA\r\n");
	order.count = SMTP_CLIENT_RECIPIENTS_MAX + 1;
	smtp_client_free(&x);
	x = fixture_ready(ALL_KEYWORDS);
	assert_int_equal(smtp_client_envelope(x, &order), -E_RANGE);
	smtp_client_free(&x);
}

/* SM-45, as the paper prints it */
static void
a_plain_envelope_has_its_size_on_a_line_of_its_own(void **state)
{
	static const struct {
		const char *reply;
		bool goes_on;
	} cases[] = {{"250 ok\r\n", true}, {"500 what?\r\n", true},
	    {"552 5.3.4 too large\r\n", false}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
		struct params params = full_params();
		struct smtp_client_envelope order = plain_envelope(&params);

		order.is_plain = true;
		order.count = 1;
		assert_int_equal(smtp_client_envelope(x, &order), 0);
		machine_says(x, "ENVELOPE From:<alice@a.test>\r\n");
		peer_says(x, "250 ok\r\n");
		machine_says(x, "RCPT To:<bob@b.test>\r\n");
		peer_says(x, "250 ok\r\n");
		told_recipient(x, 0, 250);
		machine_says(x, "SIZE=48213\r\n");
		peer_says(x, cases[i].reply);
		machine_says(x, cases[i].goes_on ? "DATA\r\n" : "RSET\r\n");
		if (!cases[i].goes_on) {
			peer_says(x, "250 reset\r\n");
			told_reply(x, 552, false);
		}
		smtp_client_free(&x);
	}
}

static void
an_envelope_that_nobody_takes_has_no_text(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_envelope order = plain_envelope(&no_params);

	(void)state;
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	machine_says(x, "ENVELOPE From:<alice@a.test> ENVID=id-1\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT To:<bob@b.test>\r\nRCPT To:<carol@b.test>\r\n");
	peer_says(x, "550 5.1.1 who?\r\n452 4.5.3 later\r\n");
	told_recipient(x, 0, 550);
	told_recipient(x, 1, 452);
	machine_says(x, "RSET\r\n");
	peer_says(x, "250 reset\r\n");
	told_reply(x, 452, false);
	smtp_client_free(&x);
}

static void
a_refused_step_of_an_envelope_is_told(void **state)
{
	static const char *const steps[] = {
	    "ENVELOPE From:<alice@a.test> ENVID=id-1\r\n",
	    "RCPT To:<bob@b.test>\r\nRCPT To:<carol@b.test>\r\n", "DATA\r\n"};
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_envelope order = plain_envelope(&no_params);

	(void)state;
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	machine_says(x, steps[0]);
	peer_says(x, "550 5.7.23 no\r\n");
	machine_says(x, "RSET\r\n");
	peer_says(x, "250 reset\r\n");
	told_reply(x, 550, false);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(smtp_client_envelope(x, &order), 0);
		machine_says(x, steps[0]);
		peer_says(x, "250 ok\r\n");
		machine_says(x, steps[1]);
		peer_says(x, "250 ok\r\n250 ok\r\n");
		told_recipient(x, 0, 250);
		told_recipient(x, 1, 250);
		machine_says(x, steps[2]);
		peer_says(x, i == 0 ? "451 4.3.0 later\r\n" : "354 go\r\n");
		if (i == 0) {
			machine_says(x, "RSET\r\n");
			peer_says(x, "250 reset\r\n");
			told_reply(x, 451, false);
		}
	}
	machine_says(x, "Subject: x\r\n\r\n..\r\n.\r\n");
	/* The answer to the text ends it: no RSET. */
	peer_says(x, "550 5.6.0 nameless\r\n");
	told_reply(x, 550, true);
	machine_says(x, "");
	assert_int_equal(smtp_client_quit(x), 0);
	smtp_client_free(&x);
}

static void
answers_that_cannot_be_break_a_notice(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_envelope order = plain_envelope(&no_params);

	(void)state;
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	machine_says(x, "ENVELOPE From:<alice@a.test> ENVID=id-1\r\n");
	peer_says(x, "354 go on\r\n");
	told_broken(x, 354);
	smtp_client_free(&x);
	/* An answer to the second RCPT before it was sent whole. */
	x = fixture_ready(ALL_KEYWORDS);
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	machine_says(x, "ENVELOPE From:<alice@a.test> ENVID=id-1\r\n");
	peer_says(x, "250 ok\r\n");
	peer_says(x, "250 ok\r\n250 ok\r\n");
	told_recipient(x, 0, 250);
	told_broken(x, 250);
	smtp_client_free(&x);
	/* One answer too many. */
	x = fixture_ready(ALL_KEYWORDS);
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	machine_says(x, "ENVELOPE From:<alice@a.test> ENVID=id-1\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT To:<bob@b.test>\r\nRCPT To:<carol@b.test>\r\n");
	peer_says(x, "250 ok\r\n250 ok\r\n250 ok\r\n");
	told_recipient(x, 0, 250);
	told_recipient(x, 1, 250);
	told_broken(x, 250);
	smtp_client_free(&x);
}

static void
an_envelope_that_may_not_be_said_is_not(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_envelope order = plain_envelope(&no_params);
	static const char *const bad_texts[] = {
	    "a\nb\r\n", "a\rb\r\n", "a\r", "a\r\n\n"};
	struct span recipient = span_of("a\r\nQUIT");
	char text[SMTP_CLIENT_ENVELOPE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		order.text = span_of(bad_texts[i]);
		assert_int_equal(smtp_client_envelope(x, &order), -E_SYNTAX);
	}
	memset(text, 'a', sizeof(text));
	order.text = span_make(text, sizeof(text));
	assert_int_equal(smtp_client_envelope(x, &order), -E_RANGE);
	order = plain_envelope(&no_params);
	order.recipients = &recipient;
	order.count = 1;
	assert_int_equal(smtp_client_envelope(x, &order), -E_SYNTAX);
	order.count = 0;
	assert_int_equal(smtp_client_envelope(x, &order), -E_RANGE);
	order = plain_envelope(&no_params);
	order.envid = span_of("a b");
	assert_int_equal(smtp_client_envelope(x, &order), -E_SYNTAX);
	recipient = span_make(text, 1100);
	order = plain_envelope(&no_params);
	order.recipients = &recipient;
	order.count = 1;
	assert_int_equal(smtp_client_envelope(x, &order), -E_RANGE);
	machine_says(x, "");
	order = plain_envelope(&no_params);
	order.text = span_make(text, SMTP_CLIENT_ENVELOPE_MAX);
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	smtp_client_free(&x);
}

/* Each answer buys the next recipient its own time. */
static void
a_silent_peer_times_out_within_a_notice(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct machine m = smtp_client_machine(x);
	struct smtp_client_envelope order = plain_envelope(&no_params);
	int64_t later = fixture_now + 200;

	(void)state;
	assert_int_equal(smtp_client_envelope(x, &order), 0);
	machine_says(x, "ENVELOPE From:<alice@a.test> ENVID=id-1\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT To:<bob@b.test>\r\nRCPT To:<carol@b.test>\r\n");
	m.ops->feed(m.self, span_of("250 ok\r\n"), later);
	told_recipient(x, 0, 250);
	assert_int_equal(m.ops->deadline(m.self), later + 300);
	m.ops->tick(m.self, later + 300);
	told_broken(x, 0);
	smtp_client_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(msid_goes_in_lock_step),
	    cmocka_unit_test(msid_says_what_the_peer_lists),
	    cmocka_unit_test(a_subject_is_said_as_the_peer_can_read_it),
	    cmocka_unit_test(a_refused_step_of_msid_is_reset_before_it_is_told),
	    cmocka_unit_test(
		what_a_peer_without_smtputf8_cannot_take_is_refused_here),
	    cmocka_unit_test(an_msid_that_would_inject_a_command_is_not_said),
	    cmocka_unit_test(an_envelope_goes_to_each_recipient),
	    cmocka_unit_test(recipients_are_pipelined_where_that_is_offered),
	    cmocka_unit_test(many_recipients_go_in_windows),
	    cmocka_unit_test(
		a_plain_envelope_has_its_size_on_a_line_of_its_own),
	    cmocka_unit_test(an_envelope_that_nobody_takes_has_no_text),
	    cmocka_unit_test(a_refused_step_of_an_envelope_is_told),
	    cmocka_unit_test(answers_that_cannot_be_break_a_notice),
	    cmocka_unit_test(an_envelope_that_may_not_be_said_is_not),
	    cmocka_unit_test(a_silent_peer_times_out_within_a_notice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
