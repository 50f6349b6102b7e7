/*
 * The header section: where it ends, what is in it, what is put in front. Each
 * message is fed whole and in pieces of every size, which must not matter.
 */
#include "message/head.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONTENT_MAX (1u << 20)

/* A head and the body behind it. */
struct split {
	struct head head;
	struct buf body;
};

static void
split_open(struct split *s, struct span message, size_t step)
{
	head_init(&s->head);
	buf_init(&s->body, CONTENT_MAX);
	for (size_t at = 0; at < message.n; at += step) {
		const struct span in = span_part(message, at, step);
		const size_t taken = head_feed(&s->head, in);

		assert_true(taken <= in.n);
		assert_true(taken == in.n || s->head.complete);
		assert_int_equal(buf_put(&s->body, span_skip(in, taken)), 0);
	}
	head_end(&s->head);
	assert_true(s->head.complete);
}

static void
split_close(struct split *s)
{
	head_fini(&s->head);
	buf_fini(&s->body);
}

/* The edited content is EXPECTED, in whatever pieces the message came. */
static void
expect_edited(
    const char *message, const char *added, bool drop_bcc, const char *expected)
{
	const size_t length = strlen(message);

	for (size_t step = 1; step <= length + 1; step++) {
		struct split s;
		struct buf all;

		split_open(&s, span_of(message), step);
		buf_init(&all, CONTENT_MAX);
		assert_int_equal(
		    head_edit(&s.head, span_of(added), drop_bcc, &all), 0);
		assert_int_equal(buf_put(&all, buf_span(&s.body)), 0);
		assert_string_equal(buf_string(&all), expected);
		buf_fini(&all);
		split_close(&s);
	}
}

static void
the_empty_line_closes_the_head(void **state)
{
	static const char message[] = "A: b\r\n c\r\nD:\r\n\r\nE: body\r\n\r\n";

	(void)state;
	for (size_t step = 1; step <= sizeof message; step++) {
		struct split s;

		split_open(&s, span_of(message), step);
		assert_string_equal(
		    buf_string(&s.head.text), "A: b\r\n c\r\nD:\r\n\r\n");
		assert_string_equal(buf_string(&s.body), "E: body\r\n\r\n");
		assert_false(s.head.none);
		assert_false(s.head.cut);
		split_close(&s);
	}
}

static void
nothing_added_and_nothing_dropped_is_identity(void **state)
{
	static const char *const messages[] = {"", "\r\n", "\r\nbody\r\n",
	    "\r\n\r\n", "A: b\r\n", "A: b", "A", "A: b\r\n\r\n", "text\r\n",
	    "two words: x\r\n\r\n", " A: folded first\r\n\r\nx", ":x\r\n\r\n",
	    "A: b\r\nno field\r\n folded\r\nC: d\r\n\r\nbody", "\r",
	    "\rA: b\r\n", "A\r\n: b\r\n", "A \t: b\r\n\r\n",
	    "\xc3\x81: b\r\n\r\n", "A: b\n\nbody\n",
	    "A: b\r\n \r\nC: d\r\n\r\n", "A: b\r\n\r"};

	(void)state;
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		expect_edited(messages[i], "", false, messages[i]);
		expect_edited(messages[i], "", true, messages[i]);
	}
}

static void
fields_are_added_in_front(void **state)
{
	(void)state;
	expect_edited("A: b\r\n\r\nbody\r\n", "R: x\r\n", false,
	    "R: x\r\nA: b\r\n\r\nbody\r\n");
	expect_edited("A: b\r\n", "R: x\r\n", false, "R: x\r\nA: b\r\n");
	expect_edited(
	    "\r\nbody\r\n", "R: x\r\n", false, "R: x\r\n\r\nbody\r\n");
}

static void
a_body_without_a_head_gets_an_empty_line_in_front(void **state)
{
	static const char *const bodies[] = {"just text\r\n", "nocolon\r\n", "",
	    "http: but//first word then: x\r\n", " begins: folded\r\n",
	    "\rA: b\r\n", "From bob Mon 10:00\r\nA: b\r\n\r\n"};
	char expected[200];

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		if (i == 3)
			continue; /* "http:" is a legal field */
		(void)snprintf(
		    expected, sizeof expected, "R: x\r\n\r\n%s", bodies[i]);
		expect_edited(bodies[i], "R: x\r\n", false, expected);
	}
	expect_edited(bodies[3], "R: x\r\n", false,
	    "R: x\r\nhttp: but//first word then: x\r\n");
}

static void
bcc_is_dropped_with_its_continuation_lines(void **state)
{
	(void)state;
	expect_edited("A: b\r\nBcc: x@a.test,\r\n y@a.test\r\nC: d\r\n\r\nBcc: "
		      "body\r\n",
	    "", true, "A: b\r\nC: d\r\n\r\nBcc: body\r\n");
	expect_edited("BCC : x@a.test\r\nbcc:\r\n\t\r\n\r\nbody", "R: x\r\n",
	    true, "R: x\r\n\r\nbody");
	expect_edited("A: b\r\nbCC: x@a.test", "", true, "A: b\r\n");
	expect_edited("Bcc-Not: x\r\nBc: y\r\n\r\n", "", true,
	    "Bcc-Not: x\r\nBc: y\r\n\r\n");
	expect_edited(
	    "A: b\r\nBcc: x\r\n\r\n", "", false, "A: b\r\nBcc: x\r\n\r\n");
}

static void
fields_are_walked_and_other_lines_skipped(void **state)
{
	struct span field, name, value;
	struct split s;
	size_t at = 0;

	(void)state;
	split_open(&s,
	    span_of("A: b\r\n\tc\r\nno field\r\n A: no\r\nD :e\r\nF:\r\n\r\n"),
	    5);
	assert_int_equal(head_next(&s.head, &at, &field, &name, &value), 1);
	assert_true(span_equals(field, span_of("A: b\r\n\tc\r\n")));
	assert_true(span_equals(name, span_of("A")));
	assert_true(span_equals(value, span_of(" b\r\n\tc")));
	assert_int_equal(head_next(&s.head, &at, &field, &name, &value), 1);
	assert_true(span_equals(name, span_of("D")));
	assert_true(span_equals(value, span_of("e")));
	assert_int_equal(head_next(&s.head, &at, &field, &name, &value), 1);
	assert_true(span_equals(name, span_of("F")));
	assert_int_equal(value.n, 0);
	assert_int_equal(head_next(&s.head, &at, &field, &name, &value), 0);
	assert_int_equal(head_next(&s.head, &at, &field, &name, &value), 0);
	split_close(&s);
}

/* AT-23 */
static void
facts_are_counted_without_case(void **state)
{
	struct head_facts facts;
	struct split s;

	(void)state;
	split_open(&s,
	    span_of("Received: 1\r\nRECEIVED: 2\r\nX-Received: no\r\n"
		    "date: x\r\nMessage-Id: <y>\r\nFrom: a\r\nfrom: b\r\n"
		    "bcc: z\r\n\r\nReceived: body\r\n"),
	    99);
	head_facts(&s.head, &facts);
	assert_int_equal(facts.received, 2);
	assert_int_equal(facts.from_fields, 2);
	assert_true(facts.has_date && facts.has_message_id && facts.has_bcc);
	split_close(&s);
	split_open(&s, span_of("\r\n"), 1);
	head_facts(&s.head, &facts);
	assert_int_equal(facts.received, 0);
	assert_int_equal(facts.from_fields, 0);
	assert_false(facts.has_date || facts.has_message_id || facts.has_bcc);
	split_close(&s);
}

static void
authors_are_read_from_all_from_fields(void **state)
{
	static const char *const expected[] = {
	    "a@a.test", "b@b.test", "c@c.test", NULL, "e@e.test"};
	struct split s;
	size_t at = 0;
	char to[100];

	(void)state;
	split_open(&s,
	    span_of("To: x@x.test\r\n"
		    "From: A <a@a.test>,\r\n \"From:\" <b@b.test>,\r\n"
		    "\tFriends: c@c.test;\r\n"
		    "Cc: y@y.test\r\nFROM: nobody, d@d.test\r\nFrom:\r\n"
		    "from:\r\n e@e.test\r\nDate: z@z.test\r\n\r\n"
		    "From: body@a.test\r\n"),
	    64);
	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		const int rc = head_from(&s.head, &at, to, sizeof to);

		assert_int_equal(rc, expected[i] == NULL ? -E_SYNTAX : 1);
		if (expected[i] != NULL)
			assert_string_equal(to, expected[i]);
	}
	assert_int_equal(head_from(&s.head, &at, to, sizeof to), 0);
	assert_int_equal(head_from(&s.head, &at, to, sizeof to), 0);
	split_close(&s);
}

/* A message whose header section is one field of SIZE octets and no end. */
static struct span
endless_field(const char *name, size_t size)
{
	static char text[CONTENT_MAX];
	const size_t n = strlen(name);

	memset(text, 'x', size);
	memcpy(text, name, n);
	return span_make(text, size);
}

static void
a_head_beyond_the_ceiling_goes_on_in_the_body(void **state)
{
	static const size_t steps[] = {
	    1000, 4096, HEAD_MAX - 1, HEAD_MAX, HEAD_MAX + 1, 2 * HEAD_MAX};
	const struct span message = endless_field("A: ", HEAD_MAX + 100);

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct split s;

		split_open(&s, message, steps[i]);
		assert_true(s.head.cut);
		assert_int_equal(s.head.text.n, HEAD_MAX);
		assert_int_equal(s.body.n, 100);
		split_close(&s);
	}
}

static void
a_bcc_field_that_is_cut_is_kept_whole(void **state)
{
	const struct span message = endless_field("Bcc: ", HEAD_MAX + 100);
	struct split s;
	struct buf all;

	(void)state;
	split_open(&s, message, 8192);
	buf_init(&all, CONTENT_MAX);
	assert_int_equal(head_edit(&s.head, span_of(""), true, &all), 0);
	assert_int_equal(buf_put(&all, buf_span(&s.body)), 0);
	assert_true(span_equals(buf_span(&all), message));
	buf_fini(&all);
	split_close(&s);
}

static void
a_name_that_fills_more_than_a_line_is_no_name(void **state)
{
	const struct span message = endless_field("", 5000);
	char spaces[2000] = {[0] = 'A', [1999] = ':'};
	struct split s;

	(void)state;
	split_open(&s, message, 1);
	assert_true(s.head.none);
	assert_int_equal(s.head.text.n + s.body.n, 5000);
	split_close(&s);
	memset(spaces + 1, ' ', sizeof spaces - 2);
	split_open(&s, span_make(spaces, sizeof spaces), 100);
	assert_true(s.head.none);
	split_close(&s);
	split_open(&s, span_skip(span_make(spaces, sizeof spaces), 1000), 100);
	assert_true(s.head.none);
	split_close(&s);
}

static void
too_small_a_target_is_said(void **state)
{
	struct split s;
	struct buf all;

	(void)state;
	split_open(&s, span_of("A: b\r\n\r\n"), 8);
	buf_init(&all, 7);
	assert_int_equal(
	    head_edit(&s.head, span_of(NULL), false, &all), -E_NOMEM);
	buf_fini(&all);
	split_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_empty_line_closes_the_head),
	    cmocka_unit_test(nothing_added_and_nothing_dropped_is_identity),
	    cmocka_unit_test(fields_are_added_in_front),
	    cmocka_unit_test(a_body_without_a_head_gets_an_empty_line_in_front),
	    cmocka_unit_test(bcc_is_dropped_with_its_continuation_lines),
	    cmocka_unit_test(fields_are_walked_and_other_lines_skipped),
	    cmocka_unit_test(facts_are_counted_without_case),
	    cmocka_unit_test(authors_are_read_from_all_from_fields),
	    cmocka_unit_test(a_head_beyond_the_ceiling_goes_on_in_the_body),
	    cmocka_unit_test(a_bcc_field_that_is_cut_is_kept_whole),
	    cmocka_unit_test(a_name_that_fills_more_than_a_line_is_no_name),
	    cmocka_unit_test(too_small_a_target_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
