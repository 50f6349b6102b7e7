/* Encoded words as they are written, and as they really come. */
#include "message/encoded_word.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNKNOWN "\xef\xbf\xbd"
#define ROOM    4096

static void
expect(const char *value, const char *expected)
{
	char text[ROOM];
	const size_t n = encoded_word_text(span_of(value), text, sizeof text);

	assert_string_equal(text, expected);
	assert_int_equal(n, strlen(expected));
}

static void
words_of_both_encodings_are_decoded(void **state)
{
	(void)state;
	expect("=?utf-8?Q?caf=C3=A9?=", "caf\xc3\xa9");
	expect("=?UTF-8?b?Y2Fmw6k=?=", "caf\xc3\xa9");
	expect("=?iso-8859-1?q?a_b=20c?=", "a b c");
	expect("=?ISO-8859-1*de?Q?gr=FC=DFe?=", "gr\xc3\xbc\xc3\x9f"
						"e");
	expect(
	    "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\xe6\x97\xa5\xe6\x9c\xac");
	expect("Re: =?utf-8?Q?x?= and =?utf-8?Q?y?=", "Re: x and y");
}

/* The examples of RFC 2047 8. */
static void
spaces_between_words_go_and_others_stay(void **state)
{
	(void)state;
	expect("(=?ISO-8859-1?Q?a?=)", "(a)");
	expect("(=?ISO-8859-1?Q?a?= b)", "(a b)");
	expect("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)");
	expect("(=?ISO-8859-1?Q?a?=  \r\n    =?ISO-8859-1?Q?b?=)", "(ab)");
	expect("(=?ISO-8859-1?Q?a_b?=)", "(a b)");
	expect("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)");
}

static void
words_where_they_must_not_be_are_decoded(void **state)
{
	(void)state;
	expect("\"=?utf-8?Q?x?=\" <a@a.test>", "\"x\" <a@a.test>");
	expect("a=?utf-8?Q?b?=c", "abc");
	expect("=?utf-8?Q?two words in it?=", "two words in it");
	expect("=?utf-8?Q?what?"
	       "?=",
	    "what?");
	expect("=?utf-8?B?Y2Fm?==?utf-8?B?w6k=?=", "caf\xc3\xa9");
}

static void
a_character_may_be_split_between_two_words(void **state)
{
	(void)state;
	expect("=?utf-8?B?w6k=?= =?utf-8?B?ww==?= =?utf-8?B?qQ==?=",
	    "\xc3\xa9\xc3\xa9");
	expect("=?utf-8?Q?=C3?= =?koi8-r?Q?=CD?=", UNKNOWN "\xd0\xbc");
	expect("=?utf-8?Q?=C3?= x", UNKNOWN " x");
}

static void
what_is_no_word_stays(void **state)
{
	static const char *const none[] = {"", "=", "=?",
	    "=??Q?a?=", "=?utf-8?Q?a", "=?utf-8?X?a?=", "=?utf-8?Q",
	    "=?utf-8?Qa?b?=", "a =? b ?= c", "?="};

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		expect(none[i], none[i]);
	/* One that cannot be read does not harm the next. */
	expect("=?utf-8?X?a?= =?utf-8?Q?b?=", "=?utf-8?X?a?= b");
}

/* AT-27 */
static void
a_decoded_value_is_one_harmless_line(void **state)
{
	(void)state;
	expect("=?utf-8?Q?a=0D=0AX-Evil:_b?=", "a X-Evil: b");
	expect("=?utf-8?B?G1szMW0=?=", UNKNOWN "[31m");
	expect("=?utf-8?Q?=E2=80=AEfdp.exe?=", UNKNOWN "fdp.exe");
	expect("caf\xe9", "caf" UNKNOWN);
	expect("caf\xc3\xa9", "caf\xc3\xa9");
	expect("  folded\r\n value \r\n", "folded value");
	expect("=?utf-16?B?AAAAAA==?=", UNKNOWN UNKNOWN);
}

static void
a_text_is_cut_at_a_character(void **state)
{
	char text[5];

	(void)state;
	assert_int_equal(encoded_word_text(span_of("=?utf-8?Q?abc=C3=A9?="),
			     text, sizeof text),
	    3);
	assert_string_equal(text, "abc");
}

/* Over a megabyte, and one that makes as many words as possible. */
static void
values_of_any_length_are_taken(void **state)
{
	const size_t n = 1u << 20;
	char *value = malloc(n), text[ROOM];

	(void)state;
	assert_non_null(value);
	memset(value, 'a', n);
	assert_int_equal(
	    encoded_word_text(span_make(value, n), text, sizeof text),
	    ROOM - 1);
	for (size_t i = 0; i < n; i++)
		value[i] = "=?a?q?"[i % 6];
	(void)encoded_word_text(span_make(value, n), text, sizeof text);
	for (size_t i = 0; i < n; i++)
		value[i] = "=?a?q?b?="[i % 9];
	(void)encoded_word_text(span_make(value, n), text, sizeof text);
	assert_int_equal(text[0], 'b');
	free(value);
}

static void
what_was_written_is_read_again(void **state)
{
	char text[3000], back[ROOM];
	size_t n = 0;

	(void)state;
	for (uint32_t c = 0x21; n < 2000; c = c * 3 / 2 % 0x1ffff + 0x21) {
		struct buf words;
		struct span rest, line;

		if (c < 0x250 || (c > 0x400 && c < 0x500))
			n += utf8_write(c == 0xad ? 'x' : c, text + n);
		else
			n += utf8_write(0x1f600 + c % 64, text + n);
		if (n > 2 && (text[n - 2] == '\xc2'))
			text[n - 1] = '\xbc'; /* no control, no blank */
		buf_init(&words, 2 * ROOM);
		assert_int_equal(
		    encoded_word_print(span_make(text, n), &words), 0);
		for (rest = buf_span(&words); span_cut(&rest, '\n', &line);)
			assert_true(line.n <= 78);
		assert_int_equal(
		    encoded_word_text(buf_span(&words), back, sizeof back), n);
		assert_memory_equal(back, text, n);
		buf_fini(&words);
	}
}

static void
random_values_give_utf8(void **state)
{
	static const char pieces[][12] = {"=?", "utf-8", "koi8-r", "?", "?q?",
	    "?B?", "?=", "=C3", "w6k=", " ", "\r\n ", "_", "=", "\xc3", "\"",
	    "iso-2022-jp"};

	(void)state;
	srandom(4);
	for (unsigned i = 0; i < 20000; i++) {
		char value[400] = "", text[100];
		size_t n = 0;
		uint32_t c;

		for (unsigned j = (unsigned)random() % 30; j > 0; j--) {
			const char *piece = pieces[random() % 16];

			memcpy(value + n, piece, strlen(piece));
			n += strlen(piece);
		}
		(void)encoded_word_text(
		    span_make(value, n), text, 1 + (size_t)random() % 100);
		for (struct span rest = span_of(text); rest.n > 0;) {
			const size_t step = utf8_read(rest, &c);

			assert_int_not_equal(step, 0);
			rest = span_skip(rest, step);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_of_both_encodings_are_decoded),
	    cmocka_unit_test(spaces_between_words_go_and_others_stay),
	    cmocka_unit_test(words_where_they_must_not_be_are_decoded),
	    cmocka_unit_test(a_character_may_be_split_between_two_words),
	    cmocka_unit_test(what_is_no_word_stays),
	    cmocka_unit_test(a_decoded_value_is_one_harmless_line),
	    cmocka_unit_test(a_text_is_cut_at_a_character),
	    cmocka_unit_test(values_of_any_length_are_taken),
	    cmocka_unit_test(what_was_written_is_read_again),
	    cmocka_unit_test(random_values_give_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
