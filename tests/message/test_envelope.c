/*
 * Envelope texts of peers, who may say anything: what is read from good ones,
 * and that nothing comes of bad ones. Those that we write are read again in
 * test_envelope_print.c.
 */
#include "message/envelope.h"

#include "base/utf8.h"
#include "corpus_walk.h"
#include "message/shown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNKNOWN "\xef\xbf\xbd"

static struct envelope envelope; /* large */

static void
check_shown(const char *text, size_t room, bool lines)
{
	assert_true(strlen(text) < room);
	for (struct span rest = span_of(text); rest.n > 0;) {
		uint32_t c = 0;
		const size_t n = utf8_read(rest, &c);

		assert_int_not_equal(n, 0);
		assert_true(shown_character(c) == c);
		assert_true(c != '\n' || lines);
		rest = span_skip(rest, n);
	}
}

/* AT-27: whatever came. */
static void
check(const struct envelope *e)
{
	check_shown(e->from, sizeof e->from, false);
	check_shown(e->to, sizeof e->to, false);
	check_shown(e->cc, sizeof e->cc, false);
	check_shown(e->date, sizeof e->date, false);
	check_shown(e->subject, sizeof e->subject, false);
	check_shown(e->message_id, sizeof e->message_id, false);
	check_shown(e->preview, sizeof e->preview, true);
	assert_true(e->listed <= PREVIEW_LISTED && e->listed <= e->attachments);
	for (unsigned i = 0; i < e->listed; i++) {
		check_shown(e->list[i].name, sizeof e->list[i].name, false);
		check_shown(e->list[i].type, sizeof e->list[i].type, false);
	}
}

static void
parse(const char *text)
{
	struct err why;

	assert_int_equal(envelope_parse(span_of(text), &envelope, &why), 0);
	check(&envelope);
}

static void
refuse(struct span text, const char *reason)
{
	struct err why;

	assert_int_equal(envelope_parse(text, &envelope, &why), -E_SYNTAX);
	assert_non_null(strstr(why.text, reason));
	assert_int_equal(envelope_parse(text, &envelope, NULL), -E_SYNTAX);
	check(&envelope);
}

/* SM-16 */
static void
all_that_an_envelope_tells_is_read(void **state)
{
	(void)state;
	parse(
	    "Envelope-Id: 7Hk-w\r\n"
	    "From: =?utf-8?Q?J=C3=BCrg?= <j@a.test>\r\n"
	    "To: bob@b.test,\r\n carol@b.test\r\n"
	    "Cc: dave@d.test (and 7 more)\r\n"
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
	    "Subject: =?utf-8?B?Y2Fmw6k=?=\r\n"
	    "Message-ID: <1@a.test>\r\n"
	    "Message-Size: 48213\r\n"
	    "Attachment-Status: 3; \"a \\\"b\\\", c.pdf\"\r\n"
	    " application/pdf 81234, \"=?utf-8?Q?=C3=BC?=\" image/PNG\r\n 7\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "b25lDQp0d28NCg==\r\n");
	assert_string_equal(envelope.from, "J\xc3\xbcrg <j@a.test>");
	assert_int_equal(envelope.from_fields, 1);
	assert_string_equal(envelope.to, "bob@b.test, carol@b.test");
	assert_string_equal(envelope.cc, "dave@d.test (and 7 more)");
	assert_string_equal(envelope.date, "Sun, 22 Nov 2026 10:00:00 +0000");
	assert_string_equal(envelope.subject, "caf\xc3\xa9");
	assert_string_equal(envelope.message_id, "<1@a.test>");
	assert_int_equal(envelope.size, 48213);
	assert_int_equal(envelope.attachments, 3);
	assert_int_equal(envelope.listed, 2);
	assert_string_equal(envelope.list[0].name, "a \"b\", c.pdf");
	assert_string_equal(envelope.list[0].type, "application/pdf");
	assert_int_equal(envelope.list[0].size, 81234);
	assert_string_equal(envelope.list[1].name, "\xc3\xbc");
	assert_string_equal(envelope.list[1].type, "image/png");
	assert_int_equal(envelope.list[1].size, 7);
	assert_string_equal(envelope.preview, "one\ntwo");
}

static void
what_is_missing_is_empty(void **state)
{
	(void)state;
	parse("From: a@a.test\r\n\r\n");
	assert_string_equal(envelope.from, "a@a.test");
	assert_string_equal(envelope.to, "");
	assert_string_equal(envelope.subject, "");
	assert_string_equal(envelope.message_id, "");
	assert_int_equal(envelope.size, 0);
	assert_int_equal(envelope.attachments, 0);
	assert_string_equal(envelope.preview, "");
	/* No From, and no end of the header section. */
	parse("Subject: only this");
	assert_int_equal(envelope.from_fields, 0);
	assert_string_equal(envelope.subject, "only this");
}

static void
what_is_no_envelope_is_refused_with_a_reason(void **state)
{
	static char large[ENVELOPE_TEXT_MAX + 1];

	(void)state;
	refuse(span_of(""), "without a header section");
	refuse(span_of("just some words\r\n"), "without a header section");
	refuse(span_of(" Subject: x\r\n\r\n"), "without a header section");
	refuse(span_of("\r\nSubject: x\r\n"), "without any field");
	refuse(span_of("X-Other: y\r\n\r\nbody\r\n"), "without any field");
	memset(large, 'x', sizeof large);
	memcpy(large, "Subject: ", 9);
	refuse(span_make(large, sizeof large), "more than 8192");
	assert_int_equal(
	    envelope_parse(span_make(large, sizeof large - 1), &envelope, NULL),
	    0);
	check(&envelope);
	assert_int_equal(strlen(envelope.subject), PREVIEW_SUBJECT_ROOM - 1);
}

static void
fields_that_stand_twice_are_joined_or_the_first_counts(void **state)
{
	char text[ENVELOPE_TEXT_MAX] = "";
	size_t n = 0;

	(void)state;
	parse("From: a@a.test\r\nTo: b@b.test\r\nFrom: evil@e.test\r\n"
	      "To: c@c.test\r\nSubject: one\r\nSubject: two\r\n"
	      "Message-ID: <1@a>\r\nMessage-ID: <2@a>\r\nMessage-Size: 1\r\n"
	      "Message-Size: 2\r\nAttachment-Status: none\r\n"
	      "Attachment-Status: 1\r\nDate: x\r\nDate: y\r\n\r\n");
	assert_string_equal(envelope.from, "a@a.test, evil@e.test");
	assert_int_equal(envelope.from_fields, 2);
	assert_string_equal(envelope.to, "b@b.test, c@c.test");
	assert_string_equal(envelope.subject, "one");
	assert_string_equal(envelope.message_id, "<1@a>");
	assert_int_equal(envelope.size, 1);
	assert_int_equal(envelope.attachments, 0);
	assert_string_equal(envelope.date, "x");
	while (n + 40 < sizeof text)
		n += (size_t)snprintf(text + n, sizeof text - n,
		    "From: someone@example.test\r\n");
	parse(text);
	assert_true(envelope.from_fields > 200);
}

/* AT-27 */
static void
escapes_and_marks_of_direction_are_harmless_everywhere(void **state)
{
#define EVIL                     \
	"\033]0;x\a\xe2\x80\xae" \
	"fdp.exe\xc2\x9b"        \
	"31m\xff"
#define SHOWN UNKNOWN "]0;x" UNKNOWN UNKNOWN "fdp.exe" UNKNOWN "31m" UNKNOWN

	(void)state;
	parse("From: " EVIL "\r\nTo: " EVIL "\r\nCc: " EVIL "\r\nDate: " EVIL
	      "\r\nSubject: " EVIL "\r\nMessage-ID: " EVIL "\r\n"
	      "Attachment-Status: 1; \"" EVIL "\" a/b 1\r\n\r\n" EVIL "\r\n");
	assert_string_equal(envelope.from, SHOWN);
	assert_string_equal(envelope.to, SHOWN);
	assert_string_equal(envelope.cc, SHOWN);
	assert_string_equal(envelope.date, SHOWN);
	assert_string_equal(envelope.subject, SHOWN);
	/* What had to be changed names nothing. */
	assert_string_equal(envelope.message_id, "");
	assert_string_equal(envelope.list[0].name, SHOWN);
	assert_string_equal(envelope.preview, SHOWN);
}

static void
texts_in_other_sets_and_html_are_read(void **state)
{
	(void)state;
	parse("Subject: =?koi8-r?Q?=CD=C9=D2?=\r\n"
	      "Content-Type: text/html; charset=iso-8859-1\r\n\r\n"
	      "<p>caf\xe9<p>two");
	assert_string_equal(envelope.subject, "\xd0\xbc\xd0\xb8\xd1\x80");
	assert_string_equal(envelope.preview, "caf\xc3\xa9\ntwo");
	parse("Subject: x\r\nContent-Type: text/plain; charset=no-such-set\r\n"
	      "\r\ncaf\xe9\r\n");
	assert_string_equal(envelope.preview, "caf" UNKNOWN);
}

static void
expect_status(const char *status, unsigned attachments, const char *expected)
{
	char text[1024], list[512] = "";
	size_t n = 0;

	snprintf(text, sizeof text, "Attachment-Status:%s\r\n\r\n", status);
	parse(text);
	for (unsigned i = 0; i < envelope.listed; i++)
		n += (size_t)snprintf(list + n, sizeof list - n, "%s|%s|%d;",
		    envelope.list[i].name, envelope.list[i].type,
		    (int)envelope.list[i].size);
	assert_string_equal(list, expected);
	assert_int_equal(envelope.attachments, attachments);
}

static void
any_attachment_status_is_read_as_far_as_it_can_be(void **state)
{
	(void)state;
	expect_status(" none", 0, "");
	expect_status(" NONE; \"x\" a/b 1", 0, "");
	expect_status(" 2", 2, "");
	expect_status("2;\"x\" a/b 1,\"y\" c/d 2", 2, "x|a/b|1;y|c/d|2;");
	/* More are listed than there are. */
	expect_status(" 1; \"x\" a/b 1, \"y\" c/d 2", 1, "x|a/b|1;");
	expect_status(" 3; \"x\" a/b 1, broken, \"y\" c/d 2", 3, "x|a/b|1;");
	expect_status(" 3; \"x\" a/b", 3, "");
	expect_status(" 3; \"x\" a/b -1", 3, "");
	expect_status(" 3; \"x\" notype 1", 3, "");
	expect_status(" 3; x a/b 1", 3, "");
	expect_status(" 3; a/b 1", 3, "|a/b|1;");
	expect_status(" 3; \"open a/b 1", 3, "");
	expect_status(" 3; \"a\\", 3, "");
	expect_status(" 3; ;;,,", 3, "");
	expect_status(" -1", 0, "");
	expect_status(" many", 0, "");
	expect_status(" 99999999999999999999", 0, "");
	expect_status(" 1000000000", 1000000000, "");
	expect_status("", 0, "");
}

static void
without_a_status_the_texts_own_parts_count(void **state)
{
	(void)state;
	parse("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	      "--b\r\n\r\nhello\r\n"
	      "--b\r\nContent-Type: a/b; name=n\r\n\r\n123\r\n--b--\r\n");
	assert_int_equal(envelope.attachments, 1);
	assert_string_equal(envelope.list[0].name, "n");
	assert_string_equal(envelope.preview, "hello");
}

static void
ten_thousand_attachments_are_a_number(void **state)
{
	char text[ENVELOPE_TEXT_MAX];
	size_t n =
	    (size_t)snprintf(text, sizeof text, "Attachment-Status: 10000; ");

	(void)state;
	while (n + 40 < sizeof text)
		n +=
		    (size_t)snprintf(text + n, sizeof text - n, "\"x\" a/b 1,");
	parse(text);
	assert_int_equal(envelope.attachments, 10000);
	assert_int_equal(envelope.listed, PREVIEW_LISTED);
}

static void
long_lists_are_cut(void **state)
{
	static const char *const names[] = {"From", "To", "Cc", "Date"};
	char text[ENVELOPE_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const size_t n =
		    (size_t)snprintf(text, sizeof text, "%s: ", names[i]);

		/* Each of these octets is three when it is shown. */
		memset(text + n, '\xff', sizeof text - n);
		assert_int_equal(envelope_parse(span_make(text, sizeof text),
				     &envelope, NULL),
		    0);
		check(&envelope);
	}
}

/* Real messages, cut to the size, as if they were envelope texts. */
static void
check_message(struct span message)
{
	const int rc = envelope_parse(
	    span_part(message, 0, ENVELOPE_TEXT_MAX), &envelope, NULL);

	assert_true(rc == 0 || rc == -E_SYNTAX);
	check(&envelope);
}

static void
real_messages_may_be_envelopes_too(void **state)
{
	(void)state;
	printf("# %u real messages\n", corpus_walk(check_message));
}

static void
random_texts_do_no_harm(void **state)
{
	static const char *const pieces[] = {
	    "From: ", "To: ", "Cc: ", "Date: ", "Subject: ", "Message-ID: ",
	    "Message-Size: ", "Attachment-Status: ", "Content-Type: ", "\r\n",
	    "\r\n ", "\r\n\r\n", "\"", "\\", ";", ",", "1", " ", "a/b", "x",
	    "=?utf-8?Q?=C3=BC?=", "\xff", "\033", "none"};

	(void)state;
	srandom(9);
	for (unsigned i = 0; i < 10000; i++) {
		char text[2000], *exact;
		size_t n = 0;

		for (unsigned j = (unsigned)random() % 60; j > 0; j--) {
			const char *piece =
			    pieces[(size_t)random() %
				   (sizeof pieces / sizeof *pieces)];

			memcpy(text + n, piece, strlen(piece));
			n += strlen(piece);
		}
		/* Memory that ends where the text does. */
		exact = malloc(n + 1);
		assert_non_null(exact);
		memcpy(exact + 1, text, n);
		check_message(span_make(exact + 1, n));
		free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_that_an_envelope_tells_is_read),
	    cmocka_unit_test(what_is_missing_is_empty),
	    cmocka_unit_test(what_is_no_envelope_is_refused_with_a_reason),
	    cmocka_unit_test(
		fields_that_stand_twice_are_joined_or_the_first_counts),
	    cmocka_unit_test(
		escapes_and_marks_of_direction_are_harmless_everywhere),
	    cmocka_unit_test(texts_in_other_sets_and_html_are_read),
	    cmocka_unit_test(any_attachment_status_is_read_as_far_as_it_can_be),
	    cmocka_unit_test(without_a_status_the_texts_own_parts_count),
	    cmocka_unit_test(ten_thousand_attachments_are_a_number),
	    cmocka_unit_test(long_lists_are_cut),
	    cmocka_unit_test(real_messages_may_be_envelopes_too),
	    cmocka_unit_test(random_texts_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
