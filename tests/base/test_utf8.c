/* UTF-8: every character there is, and every octet where it must not be. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
every_character_is_read_as_it_was_written(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char octets[UTF8_MAX];
		const size_t n = utf8_write(c, octets);
		uint32_t back = 0;

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		assert_int_equal(utf8_read(span_make(octets, n), &back), n);
		assert_int_equal(back, c);
		assert_int_equal(utf8_is_cut(span_make(octets, n)), false);
		for (size_t part = 1; part < n; part++) {
			const struct span cut = span_make(octets, part);

			assert_int_equal(utf8_read(cut, &back), 0);
			assert_true(utf8_is_cut(cut));
		}
	}
}

static void
what_is_no_character_is_written_as_unknown(void **state)
{
	static const uint32_t none[] = {
	    0xd800, 0xdfff, 0x110000, UINT32_MAX, UTF8_UNKNOWN};
	char octets[UTF8_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		assert_int_equal(utf8_write(none[i], octets), 3);
		assert_memory_equal(octets, "\xef\xbf\xbd", 3);
	}
}

static void
wrong_sequences_are_neither_whole_nor_cut(void **state)
{
	static const char *const wrong[] = {"\x80", "\xbf", "\xc0\x80", "\xc1",
	    "\xc3(", "\xe0\x9f\xbf", "\xe0\x80", "\xed\xa0\x80", "\xed\xbf",
	    "\xe2\x82(", "\xf0\x8f\xbf\xbf", "\xf0\x80", "\xf4\x90\x80\x80",
	    "\xf5\x80", "\xfe", "\xff"};
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(utf8_read(span_of(wrong[i]), &c), 0);
		assert_false(utf8_is_cut(span_of(wrong[i])));
	}
	assert_int_equal(utf8_read(span_of(""), &c), 0);
	assert_false(utf8_is_cut(span_of("")));
}

static void
a_text_is_cut_between_characters(void **state)
{
	const struct span text = span_of("a\xc3\xbc\xe2\x82\xac");
	const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6};

	(void)state;
	for (size_t max = 0; max < 8; max++)
		assert_int_equal(utf8_part(text, max).n, expected[max]);
	/* No UTF-8: whoever goes on with the rest must come to an end. */
	assert_int_equal(
	    utf8_part(span_of("\x80\x80\x80\x80\x80\x80"), 4).n, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_character_is_read_as_it_was_written),
	    cmocka_unit_test(what_is_no_character_is_written_as_unknown),
	    cmocka_unit_test(wrong_sequences_are_neither_whole_nor_cut),
	    cmocka_unit_test(a_text_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
