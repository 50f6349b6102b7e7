/*
 * Delivery status notifications: whole texts as they must be, and whatever
 * others say kept within its place.
 */
#include "message/dsn.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW       1795341600 /* Sun, 22 Nov 2026 10:00:00 +0000 */
#define ARRIVED   "Fri, 20 Nov 2026 10:00:00 +0000\r\n"
#define BOUNDARY  "=_abababababababababababababababab"
#define SEVEN_BIT "Content-Transfer-Encoding: 7bit\r\n\r\n"

static const char original_head[] = "Message-ID: <1@a.test>\r\n"
				    "From: alice@a.test\r\n"
				    "Subject: Minutes\r\n"
				    "\r\n";

/* A message of alice's and one recipient of it, to be changed by each test. */
struct scene {
	struct dsn dsn;
	struct dsn_recipient recipients[2];
	struct dsn_text text;
};

static int
scene_open(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->dsn = (struct dsn){
	    .host = span_of("mx.a.test"),
	    .domain = span_of("a.test"),
	    .author = span_of("alice@a.test"),
	    .now = NOW,
	    .head = span_of(original_head),
	    .arrived = NOW - 172800,
	    .count = 1,
	    .recipients = s->recipients,
	};
	s->recipients[0].address = span_of("bob@b.test");
	s->recipients[0].cause = DSN_EXPIRED;
	s->recipients[1].address = span_of("carol@c.test");
	s->recipients[1].cause = DSN_WAITING;
	memset(s->dsn.key.b, 0xab, sizeof s->dsn.key.b);
	dsn_text_init(&s->text);
	*state = s;
	return 0;
}

static int
scene_close(void **state)
{
	struct scene *s = *state;

	dsn_text_fini(&s->text);
	free(s);
	return 0;
}

/* What holds of every notification, whatever is in it. */
static void
assert_form(struct scene *s)
{
	struct span line, rest = buf_span(&s->text.body);
	size_t boundaries = 0;

	while (span_cut(&rest, '\n', &line)) {
		assert_true(line.n > 0 && line.n <= 999);
		assert_int_equal(line.p[line.n - 1], '\r');
		/* Behind the third boundary the author's own words begin. */
		for (size_t j = 0; j + 1 < line.n; j++) {
			const unsigned char c = (unsigned char)line.p[j];

			assert_true(c >= ' ' || boundaries == 3);
			assert_true(c < 0x80 || s->text.body_8bit);
			assert_true(c != '\0' && c != '\r');
		}
		boundaries += span_starts_nocase(line, span_of("--=_abab"));
	}
	assert_int_equal(boundaries, 4);
	assert_true(
	    span_ends_nocase(buf_span(&s->text.head), span_of("\r\n\r\n")));
}

static void
make(struct scene *s)
{
	dsn_text_fini(&s->text);
	dsn_text_init(&s->text);
	assert_int_equal(dsn_make(&s->dsn, &s->text), 0);
	assert_form(s);
}

static bool
has(struct buf *text, const char *wanted)
{
	return strstr(buf_string(text), wanted) != NULL;
}

static void
assert_has(struct buf *text, const char *wanted)
{
	if (!has(text, wanted))
		fail_msg("%s\nlacks: %s", buf_string(text), wanted);
}

/* Makes it, and WANTED stands in its body. */
static void
expect(struct scene *s, const char *wanted)
{
	make(s);
	assert_has(&s->text.body, wanted);
}

/* GD-14, RF-08 */
static void
a_failure_is_told_in_three_parts(void **state)
{
	static const char head[] =
	    "From: \"Mail server at mx.a.test\" <postmaster@a.test>\r\n"
	    "To: <alice@a.test>\r\nSubject: Your message could not be "
	    "delivered\r\n"
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
	    "Message-ID: <abababababababababababababababab@mx.a.test>\r\n"
	    "In-Reply-To: <1@a.test>\r\nReferences: <1@a.test>\r\n"
	    "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report;\r\n"
	    " report-type=delivery-status;\r\n boundary=\"" BOUNDARY "\"\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n";
	static const char body[] =
	    "\r\n--" BOUNDARY "\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n" SEVEN_BIT
	    "This is the mail server at mx.a.test.\r\n"
	    "It could not deliver your message of " ARRIVED "to:\r\n\r\n"
	    "<bob@b.test>:\r\n"
	    "    The recipient's server was told that your message waits here. "
	    "It was not\r\n    fetched in time, and is not kept any longer.\r\n"
	    "    mx.b.test said last: 450 4.7.1 come again\r\n\r\n"
	    "Behind this: a report for programs, and the header of your "
	    "message.\r\n\r\n--" BOUNDARY "\r\n"
	    "Content-Type: message/delivery-status\r\n" SEVEN_BIT
	    "Original-Envelope-Id: QQ 314159\r\n"
	    "Reporting-MTA: dns; mx.a.test\r\nArrival-Date: " ARRIVED "\r\n"
	    "Original-Recipient: rfc822; Bob+x@b.test\r\n"
	    "Final-Recipient: rfc822; bob@b.test\r\n"
	    "Action: failed\r\nStatus: 5.4.7\r\n"
	    "Remote-MTA: dns; mx.b.test\r\nDiagnostic-Code: smtp; 450 4.7.1 "
	    "come again\r\n"
	    "Last-Attempt-Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n"
	    "\r\n--" BOUNDARY "\r\n"
	    "Content-Type: text/rfc822-headers\r\n" SEVEN_BIT
	    "Message-ID: <1@a.test>\r\nFrom: alice@a.test\r\n"
	    "Subject: Minutes\r\n\r\n--" BOUNDARY "--\r\n";
	struct scene *s = *state;

	s->dsn.envid = span_of("QQ+20314159");
	s->recipients[0].orcpt = span_of("rfc822;Bob+2Bx@b.test");
	s->recipients[0].remote = span_of("mx.b.test");
	s->recipients[0].reply = span_of("450 4.7.1 come again");
	s->recipients[0].last_attempt = NOW - 3600;
	s->recipients[0].retry_until = NOW + 60; /* not of what has failed */
	make(s);
	assert_string_equal(buf_string(&s->text.head), head);
	assert_string_equal(buf_string(&s->text.body), body);
	assert_false(s->text.body_8bit || s->text.smtputf8);
}

static void
a_delay_says_until_when_it_is_tried(void **state)
{
	struct scene *s = *state;

	s->dsn.recipients = &s->recipients[1];
	s->dsn.ret_full = s->dsn.whole = true;
	s->recipients[1].retry_until = NOW + 86400;
	s->recipients[1].reply = span_of("250 2.0.0 noted");
	expect(s, "It has not yet delivered your message of");
	assert_has(&s->text.head, "Subject: Your message is delayed\r\n");
	assert_has(&s->text.body,
	    "It is kept until\r\n    Mon, 23 Nov 2026 10:00:00 +0000.\r\n");
	assert_has(&s->text.body, "Action: delayed\r\nStatus: 4.4.7\r\n");
	assert_has(&s->text.body,
	    "Will-Retry-Until: Mon, 23 Nov 2026 10:00:00 +0000\r\n");
	assert_false(has(&s->text.body, "said last"));
	assert_false(has(&s->text.body, "Diagnostic-Code"));
	/* RFC 3461 4.3: RET is about failures. */
	assert_has(&s->text.body, "Content-Type: text/rfc822-headers\r\n");
}

static void
several_recipients_have_a_group_of_fields_each(void **state)
{
	struct scene *s = *state;

	s->dsn.count = 2;
	expect(s,
	    "\r\n\r\nFinal-Recipient: rfc822; bob@b.test\r\nAction: failed\r\n"
	    "Status: 5.4.7\r\n\r\nFinal-Recipient: rfc822; carol@c.test\r\n"
	    "Action: delayed\r\n");
	assert_has(&s->text.head, "could not be delivered");
	s->dsn.count = 0;
	assert_int_equal(dsn_make(&s->dsn, &s->text), -E_RANGE);
}

static void
as_many_recipients_as_allowed_fit_with_the_longest_texts(void **state)
{
	static char address[DSN_WORD_MAX + 1], reply[1000], body[60000];
	struct dsn_recipient many[DSN_RECIPIENTS_MAX + 1];
	struct scene *s = *state;

	memset(address, 'a', sizeof address - 1);
	memset(reply, 'a', sizeof reply);
	memset(body, ' ', sizeof body);
	for (size_t i = 0; i < sizeof body; i += 100)
		memcpy(body + i, "\r\n", 2);
	for (size_t i = 0; i <= DSN_RECIPIENTS_MAX; i++)
		many[i] = (struct dsn_recipient){.address = span_of(address),
		    .cause = DSN_REFUSED,
		    .maybe_delivered = true,
		    .remote = span_of(address),
		    .reply = span_make(reply, sizeof reply)};
	s->dsn.recipients = many;
	s->dsn.count = DSN_RECIPIENTS_MAX;
	s->dsn.whole = s->dsn.ret_full = true;
	s->dsn.body = span_make(body, sizeof body);
	expect(s, "Content-Type: message/rfc822\r\n");
	s->dsn.count++;
	assert_int_equal(dsn_make(&s->dsn, &s->text), -E_RANGE);
}

static void
every_cause_has_its_status_and_words(void **state)
{
	static const struct {
		enum dsn_cause cause;
		const char *reply, *action, *status, *words;
	} rows[] = {
	    {DSN_EXPIRED, "550 5.1.1 no", "failed", "5.4.7", "in time"},
	    {DSN_UNNOTICED, "no route", "failed", "5.4.7", "Last of all: no"},
	    {DSN_REFUSED, "550 5.7.23 no", "failed", "5.7.23", "refused"},
	    {DSN_REFUSED, "550-5.1.1 no", "failed", "5.1.1", "refused"},
	    {DSN_REFUSED, "550 no", "failed", "5.0.0", "said last: 550 no"},
	    {DSN_REFUSED, "550", "failed", "5.0.0", "smtp; 550\r\n"},
	    {DSN_REFUSED, "550 5.7.1.1", "failed", "5.0.0", "refused"},
	    {DSN_REFUSED, "550 5.7.1000 x", "failed", "5.0.0", "refused"},
	    {DSN_REFUSED, "550 4.7.1 x", "failed", "5.0.0", "refused"},
	    {DSN_REFUSED, "450 4.7.1 x", "failed", "5.0.0", "refused"},
	    {DSN_DECLINED, "", "failed", "5.7.1", "does not want"},
	    {DSN_NO_DOMAIN, "", "failed", "5.1.2", "no such domain"},
	    {DSN_TAKES_NONE, "", "failed", "5.1.10", "takes no mail"},
	    {DSN_WITHDRAWN, "", "failed", "5.3.0", "operator"},
	    {DSN_WAITING, "450 4.2.1 x", "delayed", "4.4.7", "has not\r\n"},
	    {DSN_UNREACHED, "450 4.2.1 x", "delayed", "4.2.1", "of it\r\n"},
	    {DSN_UNREACHED, "550 5.2.1 x", "delayed", "4.4.1", "neither"},
	};
	struct scene *s = *state;
	char text[80];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		s->recipients[0].cause = rows[i].cause;
		s->recipients[0].reply = span_of(rows[i].reply);
		make(s);
		snprintf(text, sizeof text, "Action: %s\r\nStatus: %s\r\n",
		    rows[i].action, rows[i].status);
		assert_has(&s->text.body, text);
		assert_has(&s->text.body, rows[i].words);
	}
	/* WIRE 4.7 */
	s->recipients[0].maybe_delivered = true;
	expect(s, "It may have");
}

static void
all_of_a_small_message_comes_back_if_asked_for(void **state)
{
	struct scene *s = *state;

	s->dsn.ret_full = s->dsn.whole = true;
	s->dsn.body = span_of("Hello\r\n.\r\nno line end");
	expect(s,
	    "Content-Type: message/rfc822\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\nMessage-ID: <1@a.test>\r\n"
	    "From: alice@a.test\r\nSubject: Minutes\r\n\r\nHello\r\n.\r\n"
	    "no line end\r\n--=_ab");
	assert_has(&s->text.body, "and your message.\r\n");
	s->dsn.body = span_of("caf\xe9\r\n");
	expect(s, "message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n");
	assert_true(s->text.body_8bit && !s->text.smtputf8);
	assert_has(&s->text.head, "Content-Transfer-Encoding: 8bit\r\n");
	s->dsn.whole = false;
	expect(s, "text/rfc822-headers");
	s->dsn.whole = true;
	s->dsn.ret_full = false;
	expect(s, "text/rfc822-headers");
}

static void
a_message_that_is_large_or_malformed_comes_back_as_its_header(void **state)
{
	static char large[DSN_RETURNED_MAX];
	const struct span bodies[] = {span_of("a\rb\r\n"), span_of("a\nb\r\n"),
	    span_of("a\r"), span_make("a\0b\r\n", 5), span_make(large, 999),
	    span_make(large, sizeof large)};
	struct scene *s = *state;

	memset(large, 'x', sizeof large);
	for (size_t i = 500; i < sizeof large; i += 1000)
		memcpy(large + i, "\r\n", 2);
	memset(large, 'x', 1000);
	s->dsn.ret_full = s->dsn.whole = true;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		s->dsn.body = bodies[i];
		expect(s, "Content-Type: text/rfc822-headers");
	}
	s->dsn.body = span_make(large, 998);
	expect(s, "Content-Type: message/rfc822");
}

static void
a_header_that_cannot_stand_in_a_mail_is_cleaned(void **state)
{
	static char head[2 * DSN_HEADERS_MAX];
	struct scene *s = *state;

	s->dsn.head =
	    span_of("Subject: caf\xe9 \x1b[2J\r\n\tmore\r\nX: y\r\n\r\n");
	expect(s,
	    "text/rfc822-headers\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
	    "Subject: caf? ?[2J\r\n more\r\nX: y\r\n\r\n--=_ab");
	/* One line of any length is cut, and so is the whole. */
	memset(head, 'x', sizeof head);
	s->dsn.head = span_make(head, sizeof head);
	make(s);
	for (size_t i = 98; i < sizeof head; i += 100)
		memcpy(head + i, "\r\n", 2);
	make(s);
	assert_true(s->text.body.n < DSN_HEADERS_MAX + 4096);
}

static void
only_a_well_formed_message_id_is_named(void **state)
{
	static const char *const heads[] = {"", "Message-ID:\r\n\r\n",
	    "Message-ID: <>\r\n\r\n", "Message-ID: no brackets\r\n\r\n",
	    "Message-ID: <a b@c>\r\n\r\n", "Message-ID: <a@c>\r\n <d@e>",
	    "Message-ID: <\xc3\xa9@c>\r\n\r\n", "X-Message-ID: <a@c>\r\n",
	    "Message-ID: <a\x1b@c>\r\n\r\n", "X: y\r\n Message-ID: <a@c>"};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		s->dsn.head = span_of(heads[i]);
		make(s);
		assert_false(has(&s->text.head, "References"));
	}
	s->dsn.head = span_of("X: y\r\nmessage-id:\r\n <a@c> \r\nY: z");
	make(s);
	assert_has(&s->text.head, "\r\nReferences: <a@c>\r\n");
}

static void
what_a_stranger_said_stays_in_its_place(void **state)
{
	struct scene *s = *state;
	static char word[700];

	s->recipients[0].cause = DSN_REFUSED;
	s->recipients[0].remote = span_of("mx.b.test\r\nStatus: 2.0.0");
	s->recipients[0].reply = span_of(
	    "550-5.7.1 go\r\n\r\n--=_abababababababababababababababab\r\n"
	    "Content-Type: text/html\r\n\r\n<b>\x1b[31m\x7f\t\xe2\x80\xae"
	    "caf\xc3\xa9\xff.\r\n.\r\n");
	expect(s,
	    "Status: 5.7.1\r\nRemote-MTA: dns; mx.b.test Status: 2.0.0\r\n"
	    "Diagnostic-Code: smtp; 550-5.7.1 go "
	    "--=_abababababababababababababababab\r\n"
	    " Content-Type: text/html <b>?[31m? ?caf??. .\r\n");
	memset(word, 'x', sizeof word);
	memcpy(word, "550 ", 4);
	s->recipients[0].remote = span_of("");
	s->recipients[0].reply = span_make(word, sizeof word);
	expect(s, "The other side said last: 550\r\n    xxx");
	assert_has(&s->text.body, "x ...\r\n");
	for (struct span line, rest = buf_span(&s->text.body);
	     span_cut(&rest, '\n', &line);)
		assert_true(line.n <= 79);
}

static void
what_the_author_gave_to_be_given_back_is_decoded_or_left(void **state)
{
	static const struct {
		const char *envid, *orcpt, *expected;
	} rows[] = {
	    {"a+2Bb+3Dc", "", "Original-Envelope-Id: a+b=c\r\nReporting"},
	    {"a+0D+0Ab", "", "Original-Envelope-Id: a+0D+0Ab\r\nReporting"},
	    {"a+E9", "", "Original-Envelope-Id: a+E9\r\n"},
	    {"a+4", "", "Original-Envelope-Id: a+4\r\n"},
	    {"", "rfc822;a+40b", "\r\n\r\nOriginal-Recipient: rfc822; a@b\r\n"},
	    {"", "rfc822;a+0A+0Db", "Original-Recipient: rfc822; a+0A+0Db\r\n"},
	    {"", "x400;/a+20b/", "Original-Recipient: x400; /a b/\r\n"},
	    {"", "UTF-8;\\x{E9}+40",
		"Original-Recipient: UTF-8; \\x{E9}+40\r\n"},
	    {"", "nothing", "\r\n\r\nFinal-Recipient:"},
	    {"", "rfc822;", "\r\n\r\nFinal-Recipient:"},
	};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		s->dsn.envid = span_of(rows[i].envid);
		s->recipients[0].orcpt = span_of(rows[i].orcpt);
		expect(s, rows[i].expected);
	}
}

/* RFC 6533 */
static void
addresses_beyond_ascii_make_it_international(void **state)
{
	struct scene *s = *state;

	s->recipients[0].address = span_of("\xc3\xb6z@b.test");
	s->recipients[0].orcpt = span_of("utf-8;\xc3\xb6z@b.test");
	s->recipients[0].reply = span_of("550 t\xc3\xb6richt\xff");
	expect(s, "Content-Type: message/global-delivery-status\r\n"
		  "Content-Transfer-Encoding: 8bit\r\n");
	assert_true(s->text.smtputf8 && s->text.body_8bit);
	assert_has(&s->text.head, "report-type=global-delivery-status;");
	assert_has(&s->text.body, "\r\n<\xc3\xb6z@b.test>:\r\n");
	assert_has(&s->text.body,
	    "Original-Recipient: utf-8; \xc3\xb6z@b.test\r\n"
	    "Final-Recipient: utf-8; \xc3\xb6z@b.test\r\n");
	assert_has(&s->text.body, "smtp; 550 t\xc3\xb6richt\xef\xbf\xbd\r\n");
	assert_has(&s->text.body, "text/rfc822-headers\r\n"
				  "Content-Transfer-Encoding: 7bit\r\n");
	s->dsn.author = span_of("\xc3\xb6z@a.test");
	s->dsn.recipients = &s->recipients[1];
	make(s);
	assert_true(s->text.smtputf8);
	assert_has(&s->text.head, "To: <\xc3\xb6z@a.test>\r\n");
}

static void
a_header_beyond_ascii_comes_back_as_such(void **state)
{
	struct scene *s = *state;

	s->dsn.head = span_of("Subject: caf\xc3\xa9\r\n\r\n");
	expect(s,
	    "Content-Type: message/global-headers\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\nSubject: caf\xc3\xa9\r\n");
	assert_true(s->text.body_8bit && !s->text.smtputf8);
	assert_has(&s->text.head, "report-type=delivery-status;");
	s->dsn.whole = s->dsn.ret_full = true;
	expect(s, "Content-Type: message/global\r\n"
		  "Content-Transfer-Encoding: 8bit\r\n");
}

static void
a_boundary_that_the_message_holds_is_not_used(void **state)
{
	struct scene *s = *state;

	s->dsn.body = span_of("--" BOUNDARY "\r\n");
	assert_int_equal(dsn_make(&s->dsn, &s->text), -E_EXISTS);
	assert_int_equal(s->text.head.n + s->text.body.n, 0);
	s->dsn.head = s->dsn.body;
	s->dsn.body = span_of("");
	assert_int_equal(dsn_make(&s->dsn, &s->text), -E_EXISTS);
	s->dsn.key.b[0] = 0;
	assert_int_equal(dsn_make(&s->dsn, &s->text), 0);
}

static void
whatever_stands_in_it_the_form_stays(void **state)
{
	static const char octets[] = "a<>@; \r\n\t+=-\\\"\0\x1b\x7f\xc3\xa9"
				     "\xe2\x80\xae\xff:.5";
	struct scene *s = *state;
	char text[9][1300];
	struct span spans[9];

	srandom(3464);
	for (int round = 0; round < 3000; round++) {
		for (size_t i = 0; i < 9; i++) {
			const size_t n = (size_t)random() % sizeof text[i];

			spans[i] = span_make(
			    text[i], (size_t)random() % 2 == 0 ? n % 20 : n);
			for (size_t j = 0; j < n; j++)
				text[i][j] = octets[(size_t)random() %
						    (sizeof octets - 1)];
		}
		s->dsn.count = 2;
		s->dsn.envid = spans[0];
		s->dsn.author = spans[1];
		s->dsn.head = spans[2];
		for (size_t i = 0; i < 2; i++) {
			s->recipients[i].cause =
			    (enum dsn_cause)(random() % DSN_CAUSES);
			s->recipients[i].address = spans[3 + i];
			s->recipients[i].orcpt = spans[5];
			s->recipients[i].remote = spans[6 + i];
			s->recipients[i].reply = spans[8];
		}
		make(s);
	}
}

/* RF-08, AT-22: RFC 3461 4.1, 6.2 */
static void
a_notification_is_made_where_it_is_wanted(void **state)
{
	static const struct {
		unsigned notify;
		bool failed, delayed;
	} rows[] = {
	    {0, true, true},
	    {DSN_NOTIFY_NEVER, false, false},
	    {DSN_NOTIFY_SUCCESS, false, false},
	    {DSN_NOTIFY_FAILURE, true, false},
	    {DSN_NOTIFY_DELAY, false, true},
	    {DSN_NOTIFY_FAILURE | DSN_NOTIFY_DELAY, true, true},
	    {DSN_NOTIFY_NEVER | DSN_NOTIFY_FAILURE, false, false},
	};
	const struct span alice = span_of("alice@a.test");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const unsigned n = rows[i].notify;

		assert_true(dsn_wanted(n, DSN_FAILED, alice) == rows[i].failed);
		assert_true(
		    dsn_wanted(n, DSN_DELAYED, alice) == rows[i].delayed);
	}
}

static void
nobody_is_told_of_what_nobody_sent(void **state)
{
	struct scene *s = *state;

	for (unsigned notify = 0; notify < 16; notify++) {
		assert_false(dsn_wanted(notify, DSN_FAILED, span_of("")));
		assert_false(dsn_wanted(notify, DSN_DELAYED, span_of("<>")));
	}
	/* A notification is itself nothing to be told of, whoever sends it. */
	assert_false(dsn_is_automatic(s->dsn.head));
	make(s);
	assert_true(dsn_is_automatic(buf_span(&s->text.head)));
	assert_true(dsn_is_automatic(
	    span_of("Content-Type: multipart/report; x=y\r\n\r\n")));
	assert_true(dsn_is_automatic(
	    span_of("Subject: away\r\nauto-submitted: Auto-Replied\r\n\r\n")));
	assert_false(dsn_is_automatic(
	    span_of("Auto-Submitted: auto-generated\r\n\r\n")));
	assert_false(dsn_is_automatic(span_of("Auto-Submitted: no\r\n\r\n")));
	assert_false(dsn_is_automatic(span_of("")));
}

#define IN_SCENE(test) \
	cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_SCENE(a_failure_is_told_in_three_parts),
	    IN_SCENE(a_delay_says_until_when_it_is_tried),
	    IN_SCENE(several_recipients_have_a_group_of_fields_each),
	    IN_SCENE(as_many_recipients_as_allowed_fit_with_the_longest_texts),
	    IN_SCENE(every_cause_has_its_status_and_words),
	    IN_SCENE(all_of_a_small_message_comes_back_if_asked_for),
	    IN_SCENE(
		a_message_that_is_large_or_malformed_comes_back_as_its_header),
	    IN_SCENE(a_header_that_cannot_stand_in_a_mail_is_cleaned),
	    IN_SCENE(only_a_well_formed_message_id_is_named),
	    IN_SCENE(what_a_stranger_said_stays_in_its_place),
	    IN_SCENE(what_the_author_gave_to_be_given_back_is_decoded_or_left),
	    IN_SCENE(addresses_beyond_ascii_make_it_international),
	    IN_SCENE(a_header_beyond_ascii_comes_back_as_such),
	    IN_SCENE(a_boundary_that_the_message_holds_is_not_used),
	    IN_SCENE(whatever_stands_in_it_the_form_stays),
	    IN_SCENE(a_notification_is_made_where_it_is_wanted),
	    IN_SCENE(nobody_is_told_of_what_nobody_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
