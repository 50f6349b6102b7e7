/* Replies as we print them, and as peers send them. */
#include "proto/reply.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
expect_printed(enum reply_name name, const char *argument, const char *line)
{
	struct buf out;

	buf_init(&out, 2000);
	reply_print(name, span_of(argument), &out);
	assert_string_equal(buf_string(&out), line);
	buf_fini(&out);
}

static void
a_row_becomes_a_line_with_its_codes(void **state)
{
	(void)state;
	expect_printed(REPLY_NOT_FOR_YOU, "",
	    "550 5.7.1 nothing here for you under this name\r\n");
	expect_printed(
	    REPLY_GREETING, "mx.a.test", "220 mx.a.test ESMTP Restante\r\n");
	expect_printed(REPLY_AUTH_CONTINUE, "", "334 \r\n");
	assert_int_equal(reply_code(REPLY_TOO_LARGE), 552);
	assert_string_equal(reply_enhanced(REPLY_TOO_LARGE), "5.3.4");
}

/* AT-27 */
static void
an_argument_cannot_forge_a_line(void **state)
{
	(void)state;
	expect_printed(
	    REPLY_HELD, "x\r\n250 ok\x80", "250 2.0.0 held as x??250 ok?\r\n");
}

static void
a_long_argument_is_cut(void **state)
{
	char argument[2 * REPLY_ARGUMENT_MAX];
	struct buf out;

	(void)state;
	memset(argument, 'a', sizeof(argument) - 1);
	argument[sizeof(argument) - 1] = '\0';
	buf_init(&out, 2000);
	reply_print(REPLY_HELP, span_of(argument), &out);
	assert_true(out.n < 512);
	buf_fini(&out);
}

/*
 * RFC 5321 4.2: no reply code but those of its grammar; and what the user
 * service says, WIRE 10
 */
static void
every_row_has_codes_that_fit_together(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < REPLY_COUNT; i++) {
		enum reply_name name;
		int code;

		assert_int_equal(reply_from_number(i, &name), 0);
		code = reply_code(name);
		if (name == REPLY_YOUR_DATA) {
			assert_int_equal(code, 0);
			assert_string_equal(reply_enhanced(name), "");
			continue;
		}
		if (name == REPLY_NEW_MESSAGE) {
			assert_int_equal(code, 104);
			continue;
		}
		assert_in_range(code, 200, 599);
		if (name == REPLY_GIVE_PASSWORD)
			assert_string_equal(reply_enhanced(name), "2.0.0");
		else if (reply_enhanced(name)[0] != '\0')
			assert_int_equal(
			    reply_enhanced(name)[0], '0' + code / 100);
	}
}

static void
a_number_beyond_the_rows_is_refused(void **state)
{
	enum reply_name name;

	(void)state;
	assert_int_equal(reply_from_number(REPLY_COUNT, &name), -E_RANGE);
	assert_int_equal(reply_from_number(UINT64_MAX, &name), -E_RANGE);
}

/*
 * Reads INPUT in slices of STEP octets up to the first whole reply. 1: it is in
 * *REPLY_R, and LINES has the texts, each with ";" behind it.
 */
static int
read_reply(
    struct span input, size_t step, struct buf *lines, struct reply *reply_r)
{
	struct reply_reader reader;
	size_t at = 0, used;
	struct span line;
	bool last = false;
	int rc = 0;

	reply_reader_init(&reader);
	while (at < input.n && !last && rc >= 0) {
		rc = reply_feed(&reader, span_part(input, at, step), &used,
		    &line, &last, reply_r);
		at += used;
		if (rc == 1) {
			buf_put(lines, line);
			buf_char(lines, ';');
		}
	}
	reply_reader_fini(&reader);
	return rc;
}

static void
expect_reply(const char *input, int code, const char *enhanced,
    const char *text, const char *lines)
{
	struct span in = span_of(input);
	struct reply reply;
	struct buf seen;

	for (size_t step = 1; step <= in.n; step++) {
		buf_init(&seen, 10000);
		assert_int_equal(read_reply(in, step, &seen, &reply), 1);
		assert_int_equal(reply.code, code);
		assert_string_equal(reply.enhanced, enhanced);
		assert_string_equal(reply.text, text);
		assert_string_equal(buf_string(&seen), lines);
		buf_fini(&seen);
	}
}

static void
a_reply_of_any_number_of_lines_is_read(void **state)
{
	(void)state;
	expect_reply("250 ok\r\n", 250, "", "ok", "ok;");
	expect_reply("250-mx\r\n250-SIZE 9\r\n250 GDEL\r\n", 250, "", "GDEL",
	    "mx;SIZE 9;GDEL;");
	expect_reply("354\r\n", 354, "", "", ";");
	expect_reply("354 \r\n", 354, "", "", ";");
}

/* RFC 2034 */
static void
an_enhanced_code_is_taken_only_when_it_is_one(void **state)
{
	(void)state;
	expect_reply("550 5.7.1 no\r\n", 550, "5.7.1", "no", "5.7.1 no;");
	expect_reply("550 5.7.1\r\n", 550, "5.7.1", "", "5.7.1;");
	expect_reply(
	    "550 5.123.456 x\r\n", 550, "5.123.456", "x", "5.123.456 x;");
	expect_reply(
	    "550 5.1234.1 x\r\n", 550, "", "5.1234.1 x", "5.1234.1 x;");
	expect_reply("550 4.7.1 no\r\n", 550, "", "4.7.1 no", "4.7.1 no;");
	expect_reply("550 5.7.1no\r\n", 550, "", "5.7.1no", "5.7.1no;");
	expect_reply("550 5.7.\r\n", 550, "", "5.7.", "5.7.;");
}

/* AT-27 */
static void
text_for_people_is_printable(void **state)
{
	(void)state;
	expect_reply(
	    "550 a\tb\x1b\xc3\xa9\r\n", 550, "", "a?b???", "a\tb\x1b\xc3\xa9;");
}

static void
what_is_no_reply_is_refused(void **state)
{
	const char *const broken[] = {
	    "hello\r\n",
	    "25\r\n",
	    "150 x\r\n",
	    "650 x\r\n",
	    "2x0 x\r\n",
	    "250_x\r\n",
	    "2500 x\r\n",
	    "\r\n",
	    "250-a\r\n251 b\r\n",
	    "250 a\nb\r\n",
	    "250 a\rb\r\n",
	};
	struct reply reply;
	struct buf seen;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		buf_init(&seen, 1000);
		assert_int_equal(
		    read_reply(span_of(broken[i]), 3, &seen, &reply),
		    -E_SYNTAX);
		buf_fini(&seen);
	}
}

static int
read_lines_of_length(size_t lines, size_t length)
{
	struct buf input, seen;
	struct reply reply;
	int rc;

	buf_init(&input, 1 << 20);
	buf_init(&seen, 1 << 20);
	for (size_t i = 0; i < lines; i++) {
		buf_text(&input, i + 1 < lines ? "250-" : "250 ");
		for (size_t j = 4; j < length; j++)
			buf_char(&input, 'x');
		buf_text(&input, "\r\n");
	}
	rc = read_reply(buf_span(&input), 1000, &seen, &reply);
	buf_fini(&input);
	buf_fini(&seen);
	return rc;
}

static void
a_reply_beyond_its_ceilings_is_broken(void **state)
{
	(void)state;
	assert_int_equal(read_lines_of_length(REPLY_LINES_MAX, 10), 1);
	assert_int_equal(
	    read_lines_of_length(REPLY_LINES_MAX + 1, 10), -E_SYNTAX);
	assert_int_equal(read_lines_of_length(1, REPLY_LINE_MAX), 1);
	assert_int_equal(
	    read_lines_of_length(1, REPLY_LINE_MAX + 1), -E_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_row_becomes_a_line_with_its_codes),
	    cmocka_unit_test(an_argument_cannot_forge_a_line),
	    cmocka_unit_test(a_long_argument_is_cut),
	    cmocka_unit_test(every_row_has_codes_that_fit_together),
	    cmocka_unit_test(a_number_beyond_the_rows_is_refused),
	    cmocka_unit_test(a_reply_of_any_number_of_lines_is_read),
	    cmocka_unit_test(an_enhanced_code_is_taken_only_when_it_is_one),
	    cmocka_unit_test(text_for_people_is_printable),
	    cmocka_unit_test(what_is_no_reply_is_refused),
	    cmocka_unit_test(a_reply_beyond_its_ceilings_is_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
