/* Lines end with CRLF alone, and say so when they are not good. */
#include "proto/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CEILING 8

/*
 * Feeds INPUT in slices of STEP octets; each line found is written to SEEN as
 * "text;" or "LONG;" or "BAD;". What is left open shows nothing.
 */
static void
read_lines(struct span input, size_t step, struct buf *seen)
{
	struct line line;
	struct span text;
	size_t at = 0, used;

	line_init(&line, CEILING);
	while (at < input.n) {
		struct span slice = span_part(input, at, step);

		if (line_feed(&line, slice, &used, &text) == 1) {
			buf_put(seen, text);
			if (line.fault == LINE_TOO_LONG)
				buf_text(seen, "LONG");
			if (line.fault == LINE_MALFORMED)
				buf_text(seen, "BAD");
			buf_char(seen, ';');
		}
		assert_true(used > 0);
		at += used;
	}
	line_fini(&line);
}

static void
expect_lines(struct span input, const char *expected)
{
	struct buf seen;

	for (size_t step = 1; step <= input.n; step++) {
		buf_init(&seen, 1000);
		read_lines(input, step, &seen);
		assert_string_equal(buf_string(&seen), expected);
		buf_fini(&seen);
	}
}

static void
crlf_ends_a_line_and_many_may_come_at_once(void **state)
{
	(void)state;
	expect_lines(span_of("one\r\ntwo\r\n\r\nthr"), "one;two;;");
}

/* AT-16 */
static void
a_bare_lf_or_cr_never_ends_a_line(void **state)
{
	(void)state;
	expect_lines(span_of("a\nb\r\nc\r\n"), "BAD;c;");
	expect_lines(span_of("a\rb\r\nc\r\n"), "BAD;c;");
	expect_lines(span_of("a\r\r\nc\r\n"), "BAD;c;");
	expect_lines(span_of("\n\r\nc\r\n"), "BAD;c;");
	expect_lines(span_of("a\n\rb"), "");
}

static void
a_nul_makes_a_line_malformed(void **state)
{
	(void)state;
	expect_lines(span_make("a\0b\r\nc\r\n", 8), "BAD;c;");
}

static void
a_line_of_the_ceiling_passes_and_a_longer_one_is_dropped(void **state)
{
	(void)state;
	expect_lines(span_of("12345678\r\nc\r\n"), "12345678;c;");
	expect_lines(span_of("123456789\r\nc\r\n"), "LONG;c;");
	expect_lines(span_of("123456789\nabc\r\nc\r\n"), "LONG;c;");
}

static void
the_first_fault_of_a_line_is_told(void **state)
{
	(void)state;
	expect_lines(span_of("1\n23456789abc\r\nc\r\n"), "BAD;c;");
}

static void
another_ceiling_holds_from_the_next_line(void **state)
{
	struct line line;
	struct span text;
	size_t used;

	(void)state;
	line_init(&line, 2);
	line_ceiling(&line, 4);
	assert_int_equal(
	    line_feed(&line, span_of("1234\r\n"), &used, &text), 1);
	assert_int_equal(line.fault, LINE_GOOD);
	line_ceiling(&line, 2);
	assert_int_equal(
	    line_feed(&line, span_of("1234\r\n"), &used, &text), 1);
	assert_int_equal(line.fault, LINE_TOO_LONG);
	line_fini(&line);
}

static void
a_forgotten_line_keeps_no_memory(void **state)
{
	struct line line;
	struct span text;
	size_t used;

	(void)state;
	line_init(&line, CEILING);
	assert_int_equal(line_feed(&line, span_of("secret"), &used, &text), 0);
	line_forget(&line);
	assert_null(line.text.p);
	assert_int_equal(line_feed(&line, span_of("x\r\n"), &used, &text), 1);
	assert_true(span_equals(text, span_of("x")));
	line_fini(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(crlf_ends_a_line_and_many_may_come_at_once),
	    cmocka_unit_test(a_bare_lf_or_cr_never_ends_a_line),
	    cmocka_unit_test(a_nul_makes_a_line_malformed),
	    cmocka_unit_test(
		a_line_of_the_ceiling_passes_and_a_longer_one_is_dropped),
	    cmocka_unit_test(the_first_fault_of_a_line_is_told),
	    cmocka_unit_test(another_ceiling_holds_from_the_next_line),
	    cmocka_unit_test(a_forgotten_line_keeps_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
