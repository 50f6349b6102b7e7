/* What strangers wrote is shown so that it can do nothing. */
#include "message/shown.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNKNOWN "\xef\xbf\xbd"

static void
expect(const char *text, enum shown_form form, const char *expected)
{
	char shown[SHOWN_ROOM(256)];
	const size_t n = shown_text(span_of(text), form, shown, sizeof shown);

	assert_string_equal(shown, expected);
	assert_int_equal(n, strlen(expected));
}

static void
ordinary_text_stays_as_it_is(void **state)
{
	static const char *const texts[] = {"", " ", "hello", "a b ",
	    "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "\xd7\xa9\xd7\x9c",
	    /* a family, held together by joiners */
	    "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		expect(texts[i], SHOWN_LINE, texts[i]);
		expect(texts[i], SHOWN_LINES, texts[i]);
	}
}

/* AT-27 */
static void
controls_and_escapes_and_octets_that_are_no_text_are_replaced(void **state)
{
	(void)state;
	expect("a\033[31mb", SHOWN_LINE, "a" UNKNOWN "[31mb");
	expect("\a\b\x7f", SHOWN_LINES, UNKNOWN UNKNOWN UNKNOWN);
	/* The same in one octet of UTF-8's second block: CSI, OSC. */
	expect("\xc2\x9b\xc2\x9d", SHOWN_LINE, UNKNOWN UNKNOWN);
	expect("\x9b", SHOWN_LINE, UNKNOWN);
	expect("caf\xe9", SHOWN_LINE, "caf" UNKNOWN);
	expect("\xed\xa0\x80", SHOWN_LINE, UNKNOWN UNKNOWN UNKNOWN);
}

/* AT-27 */
static void
marks_that_turn_text_around_are_replaced(void **state)
{
	static const uint32_t marks[] = {0x61c, 0x200e, 0x200f, 0x202a, 0x202b,
	    0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069};

	(void)state;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		char text[8] = "a";
		const size_t n = utf8_write(marks[i], text + 1);

		text[1 + n] = 'b';
		expect(text, SHOWN_LINE, "a" UNKNOWN "b");
	}
}

static void
what_cannot_be_seen_is_left_out(void **state)
{
	(void)state;
	expect("pay\xe2\x80\x8bpal", SHOWN_LINE, "paypal");
	expect("\xef\xbb\xbfhello", SHOWN_LINE, "hello");
	expect("\xf3\xa0\x81\x81x\xc2\xad", SHOWN_LINE, "x");
}

static void
a_line_has_no_line_end(void **state)
{
	(void)state;
	expect("a\r\nb", SHOWN_LINE, "a b");
	expect("a\r\n \tb", SHOWN_LINE, "a b");
	expect("a   b", SHOWN_LINE, "a b");
	expect("a \r\n b", SHOWN_LINE, "a b");
	expect("a\nb\rc\vd\fe", SHOWN_LINE, "a b c d e");
	expect("a\xe2\x80\xa8"
	       "b\xc2\x85"
	       "c",
	    SHOWN_LINE, "a b c");
	expect("a\tb\xc2\xa0"
	       "c",
	    SHOWN_LINE, "a b c");
}

static void
lines_keep_theirs(void **state)
{
	(void)state;
	expect("a\r\nb\n\nc\rd", SHOWN_LINES, "a\nb\n\nc\nd");
	expect("a\tb", SHOWN_LINES, "a b");
}

static void
no_character_is_cut_at_the_end_of_the_room(void **state)
{
	static const char *const expected[] = {"", "a", "a", "a\xc3\xbc",
	    "a\xc3\xbc"
	    "b",
	    "a\xc3\xbc"
	    "b"};
	char shown[8];

	(void)state;
	for (size_t room = 1; room <= 6; room++) {
		memset(shown, 'x', sizeof shown);
		assert_int_equal(shown_text(span_of("a\xc3\xbc"
						    "b"),
				     SHOWN_LINE, shown, room),
		    strlen(expected[room - 1]));
		assert_string_equal(shown, expected[room - 1]);
		assert_int_equal(shown[room], 'x');
	}
}

static void
a_nul_is_replaced_like_any_control(void **state)
{
	char shown[16];

	(void)state;
	assert_int_equal(
	    shown_text(span_make("a\0b", 3), SHOWN_LINE, shown, sizeof shown),
	    5);
	assert_string_equal(shown, "a" UNKNOWN "b");
}

/* AT-27 */
static void
any_octets_are_harmless_and_a_second_time_changes_nothing(void **state)
{
	char text[256], shown[SHOWN_ROOM(256)], again[SHOWN_ROOM(768)];

	(void)state;
	srandom(1);
	for (unsigned i = 0; i < 20000; i++) {
		const size_t size = (size_t)random() % sizeof text;
		struct span rest;
		uint32_t c;
		size_t n;

		for (size_t j = 0; j < size; j++)
			text[j] = (char)(random() % (i % 2 ? 256 : 48));
		n = shown_text(
		    span_make(text, size), SHOWN_LINE, shown, sizeof shown);
		for (rest = span_make(shown, n); rest.n > 0;) {
			const size_t step = utf8_read(rest, &c);

			assert_int_not_equal(step, 0);
			assert_int_equal(shown_character(c), c);
			assert_int_not_equal(c, '\n');
			rest = span_skip(rest, step);
		}
		shown_text(
		    span_make(shown, n), SHOWN_LINE, again, sizeof again);
		assert_string_equal(again, shown);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ordinary_text_stays_as_it_is),
	    cmocka_unit_test(
		controls_and_escapes_and_octets_that_are_no_text_are_replaced),
	    cmocka_unit_test(marks_that_turn_text_around_are_replaced),
	    cmocka_unit_test(what_cannot_be_seen_is_left_out),
	    cmocka_unit_test(a_line_has_no_line_end),
	    cmocka_unit_test(lines_keep_theirs),
	    cmocka_unit_test(no_character_is_cut_at_the_end_of_the_room),
	    cmocka_unit_test(a_nul_is_replaced_like_any_control),
	    cmocka_unit_test(
		any_octets_are_harmless_and_a_second_time_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
