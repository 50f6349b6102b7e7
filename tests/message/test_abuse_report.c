/* Reports about users: a whole one, and whatever others say kept in its place.
 */
#include "message/abuse_report.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795341600 /* Sun, 22 Nov 2026 10:00:00 +0000 */
#define KEY "abababababababababababababababab"

struct scene {
	struct abuse_report report;
	struct abuse_report_item items[2];
	struct dsn_text text;
};

static void
open_scene(struct scene *s)
{
	*s = (struct scene){
	    .report = {.host = span_of("mx.a.test"),
		.domain = span_of("a.test"),
		.administrator = span_of("postmaster@a.test"),
		.user = span_of("alice@a.test"),
		.suspended = true,
		.today = 20,
		.now = NOW,
		.head = span_of("From: alice@a.test\r\nSubject: Buy\r\n\r\n"),
		.count = 2},
	    .items = {{.sender = span_of("alice@a.test"),
			  .recipient = span_of("bob@b.test"),
			  .subject = span_of("Buy"),
			  .verdict = "spam",
			  .at = NOW,
			  .written = NOW - 60},
		{.sender = span_of("alice@a.test"),
		    .recipient = span_of("carol@c.test"),
		    .subject = span_of("Buy"),
		    .verdict = "spammer",
		    .at = NOW - 30,
		    .written = NOW - 90}},
	};
	memset(s->report.key.b, 0xab, sizeof s->report.key.b);
	s->report.items = s->items;
	dsn_text_init(&s->text);
}

static void
make(struct scene *s)
{
	assert_int_equal(abuse_report_make(&s->report, &s->text), 0);
}

static unsigned
count(struct scene *s, const char *words)
{
	struct span body = buf_span(&s->text.body);
	unsigned n = 0;

	for (size_t at = 0;; at++, n++) {
		at = span_search(body, at, span_of(words));
		if (at >= body.n)
			return n;
	}
}

/* RFC 5965 2 and 3 */
static void
a_report_is_told_to_people_and_programs(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	make(&s);
	assert_string_equal(buf_string(&s.text.head),
	    "From: \"Mail server\" <postmaster@a.test>\r\n"
	    "To: <postmaster@a.test>\r\n"
	    "Subject: alice@a.test is suspended after complaints\r\n"
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
	    "Message-ID: <" KEY "@mx.a.test>\r\n"
	    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report;\r\n"
	    " report-type=feedback-report;\r\n boundary=\"=_" KEY "\"\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n");
	assert_int_equal(count(&s, "\r\n--=_" KEY "\r\n"), 3);
	assert_int_equal(count(&s, "\r\n--=_" KEY "--\r\n"), 1);
	assert_int_equal(
	    count(&s, "    restante user set alice@a.test --submission on\r\n"),
	    1);
	assert_int_equal(
	    count(&s, "\r\n\r\nFeedback-Type: abuse\r\n"
		      "User-Agent: Restante\r\nVersion: 1\r\n"
		      "Original-Mail-From: <alice@a.test>\r\n"
		      "Original-Rcpt-To: <bob@b.test>\r\n"
		      "Original-Rcpt-To: <carol@c.test>\r\n"
		      "Arrival-Date: Sun, 22 Nov 2026 09:59:00 +0000\r\n"
		      "Reporting-MTA: dns; mx.a.test\r\n"),
	    1);
	assert_int_equal(count(&s, "Incidents: 20\r\n"), 1);
	assert_int_equal(
	    count(&s, "From: alice@a.test\r\nSubject: Buy\r\n\r\n--=_"), 1);
	assert_false(s.text.body_8bit || s.text.smtputf8);
	dsn_text_fini(&s.text);
}

static void
who_is_slowed_is_not_said_to_be_suspended(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	s.report.suspended = false;
	make(&s);
	assert_int_equal(count(&s, "--submission on"), 0);
	assert_int_equal(count(&s, "a tenth of the"), 1);
	dsn_text_fini(&s.text);
}

/* AT-27 */
static void
nothing_that_was_said_becomes_a_field_or_a_part(void **state)
{
	struct scene s;
	struct span body;

	(void)state;
	open_scene(&s);
	s.items[0].recipient = span_of("b\r\nIncidents: 0\r\n@b.test");
	s.items[0].subject = span_of("x\r\n--=_" KEY "--\r\n\x1b[2J\xc3\xa4");
	s.report.head = span_of("A: 1\r\n\r\n--=_" KEY "--\r\nB: \x80\x01\r\n"
				"C: \xc3\xa4\n\tfolded");
	make(&s);
	body = buf_span(&s.text.body);
	assert_int_equal(count(&s, "\r\nIncidents: 0"), 0);
	assert_int_equal(count(&s, "\x1b"), 0);
	assert_int_equal(count(&s, "\r\n--=_" KEY "--\r\n"), 1);
	assert_int_equal(count(&s, "\r\nB: ??\r\n"), 1);
	assert_int_equal(count(&s, "\r\n folded\r\n"), 1);
	for (size_t i = 0; i < body.n; i++)
		assert_true((unsigned char)body.p[i] < 0x7f);
	dsn_text_fini(&s.text);
}

static void
there_is_no_report_of_nothing(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	s.report.count = 0;
	assert_int_equal(abuse_report_make(&s.report, &s.text), -E_RANGE);
	s.report.count = ABUSE_REPORT_MAX + 1;
	assert_int_equal(abuse_report_make(&s.report, &s.text), -E_RANGE);
	dsn_text_fini(&s.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_report_is_told_to_people_and_programs),
	    cmocka_unit_test(who_is_slowed_is_not_said_to_be_suspended),
	    cmocka_unit_test(nothing_that_was_said_becomes_a_field_or_a_part),
	    cmocka_unit_test(there_is_no_report_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
