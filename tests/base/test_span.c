/* Borrowed bytes: cutting, comparing, searching, numbers. */
#include "base/span.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S span_of

static void
no_text_is_the_empty_span(void **state)
{
	(void)state;
	assert_true(span_of(NULL).n == 0);
	assert_true(span_equals(span_of(NULL), S("")));
	assert_int_equal(span_trim(span_of(NULL)).n, 0);
	assert_int_equal(span_find(span_of(NULL), 0, 'x'), 0);
}

static void
parts_are_cut_to_what_is_there(void **state)
{
	(void)state;
	assert_true(span_equals(span_part(S("hello"), 1, 3), S("ell")));
	assert_true(span_equals(span_part(S("hello"), 3, 99), S("lo")));
	assert_int_equal(span_part(S("hello"), 99, 1).n, 0);
	assert_true(span_equals(span_skip(S("hello"), 4), S("o")));
	assert_int_equal(span_skip(S("hello"), SIZE_MAX).n, 0);
}

static void
case_is_ignored_for_ascii_letters_only(void **state)
{
	(void)state;
	assert_true(span_equals_nocase(S("MaIl"), S("mAiL")));
	assert_false(span_equals(S("MAIL"), S("mail")));
	assert_false(span_equals_nocase(S("@"), S("`")));
	assert_false(span_equals_nocase(S("["), S("{")));
	assert_false(span_equals_nocase(S("\xc4"), S("\xe4")));
	assert_true(span_equals(span_make("a\0b", 3), span_make("a\0b", 3)));
	assert_false(span_equals(span_make("a\0b", 3), span_make("a\0c", 3)));
}

static void
both_ends_can_be_compared(void **state)
{
	(void)state;
	assert_true(span_starts_nocase(S("FROM:<a>"), S("from:")));
	assert_false(span_starts_nocase(S("FRO"), S("from:")));
	assert_true(span_ends_nocase(S("mx.A.test"), S(".a.TEST")));
	assert_false(span_ends_nocase(S("test"), S(".a.test")));
	assert_true(span_ends_nocase(S("x"), S("")));
}

static void
what_is_not_found_is_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(span_find(S("abcabc"), 1, 'a'), 3);
	assert_int_equal(span_find(S("abc"), 0, 'z'), 3);
	assert_int_equal(span_find(S("abc"), 99, 'a'), 3);
	assert_true(span_equals(span_from_last(S("a@b@c"), '@'), S("@c")));
	assert_true(span_equals(span_from_last(S("@c"), '@'), S("@c")));
	assert_true(span_equals(span_from_last(S("abc@"), '@'), S("@")));
	assert_int_equal(span_from_last(S("abc"), '@').n, 0);
	assert_int_equal(span_from_last(span_of(NULL), '@').n, 0);
	assert_int_equal(span_search(S("a\r\nb\r\n"), 2, S("\r\n")), 4);
	assert_int_equal(span_search(S("abc"), 0, S("abcd")), 3);
	assert_int_equal(span_search(S("abc"), 99, S("a")), 3);
	assert_int_equal(span_search(S("abc"), 1, S("")), 1);
}

static void
trimming_takes_blanks_at_both_ends(void **state)
{
	(void)state;
	assert_true(span_equals(span_trim(S(" \t a b\r\n")), S("a b")));
	assert_int_equal(span_trim(S(" \r\n\t")).n, 0);
}

static void
words_are_cut_until_nothing_is_left(void **state)
{
	struct span rest = S("a,,b,"), word;

	(void)state;
	assert_true(span_cut(&rest, ',', &word));
	assert_true(span_equals(word, S("a")));
	assert_true(span_cut(&rest, ',', &word));
	assert_int_equal(word.n, 0);
	assert_true(span_cut(&rest, ',', &word));
	assert_true(span_equals(word, S("b")));
	assert_false(span_cut(&rest, ',', &word));
}

static void
numbers_are_digits_and_nothing_else(void **state)
{
	static const char *const broken[] = {"", "-1", "+1", " 1", "1 ", "0x1",
	    "1.0", "\xd9\xa1", "12345678901234567890"};
	uint64_t n = 7;

	(void)state;
	assert_int_equal(span_number(S("0"), 9, &n), 0);
	assert_true(n == 0);
	assert_int_equal(
	    span_number(S("9999999999999999999"), UINT64_MAX, &n), 0);
	assert_true(n == 9999999999999999999u);
	assert_int_equal(span_number(S("10"), 9, &n), -E_RANGE);
	assert_int_equal(span_number(S("007"), 9, &n), 0);
	assert_true(n == 7);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(
		    span_number(S(broken[i]), UINT64_MAX, &n), -E_SYNTAX);
}

static void
copies_fit_and_hold_no_nul(void **state)
{
	char to[4] = "xyz";

	(void)state;
	assert_int_equal(span_copy(S("abc"), to, sizeof to), 0);
	assert_string_equal(to, "abc");
	assert_int_equal(span_copy(S("abcd"), to, sizeof to), -E_RANGE);
	assert_string_equal(to, "");
	assert_int_equal(
	    span_copy(span_make("a\0b", 3), to, sizeof to), -E_RANGE);
	assert_int_equal(span_copy(span_of(NULL), to, sizeof to), 0);
	assert_int_equal(span_copy(S(""), to, 0), -E_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_text_is_the_empty_span),
	    cmocka_unit_test(parts_are_cut_to_what_is_there),
	    cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
	    cmocka_unit_test(both_ends_can_be_compared),
	    cmocka_unit_test(what_is_not_found_is_at_the_end),
	    cmocka_unit_test(trimming_takes_blanks_at_both_ends),
	    cmocka_unit_test(words_are_cut_until_nothing_is_left),
	    cmocka_unit_test(numbers_are_digits_and_nothing_else),
	    cmocka_unit_test(copies_fit_and_hold_no_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
