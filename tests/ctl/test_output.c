/* What strangers wrote cannot steer a terminal; tables stay aligned. */
#include "ctl/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What stands for all that cannot be shown: U+FFFD. */
#define UNKNOWN "\xef\xbf\xbd"

static void
expect_shown_of(struct span text, const char *expected)
{
	struct buf shown;

	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(text, &shown);
	assert_string_equal(buf_string(&shown), expected);
	buf_fini(&shown);
}

static void
expect_shown(const char *text, const char *expected)
{
	expect_shown_of(span_of(text), expected);
}

static void
plain_text_of_every_script_stays(void **state)
{
	static const char text[] =
	    "a~ \xc3\xbc \xd7\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80";

	(void)state;
	expect_shown(text, text);
	expect_shown("", "");
}

static void
escapes_and_line_ends_are_replaced(void **state)
{
	(void)state;
	expect_shown("\x1b[2Jok\r\n\t\a\x7f", UNKNOWN "[2Jok " UNKNOWN UNKNOWN);
	expect_shown_of(span_make("a\0b", 3), "a" UNKNOWN "b");
	/* U+009B is an escape sequence's beginning in one character. */
	expect_shown("\xc2\x9b"
		     "2J",
	    UNKNOWN "2J");
	expect_shown("a\xe2\x80\xa8"
		     "b\xe2\x80\xa9"
		     "c",
	    "a b c");
}

static void
marks_that_turn_the_direction_are_replaced(void **state)
{
	(void)state;
	for (char last = '\xaa'; last <= '\xae'; last++) {
		char text[] = {'\xe2', '\x80', last, 'x', '\0'};

		expect_shown(text, UNKNOWN "x");
	}
	for (char last = '\xa6'; last <= '\xa9'; last++) {
		char text[] = {'\xe2', '\x81', last, 'x', '\0'};

		expect_shown(text, UNKNOWN "x");
	}
	expect_shown("\xe2\x80\x8f\xd8\x9c", UNKNOWN UNKNOWN);
}

static void
octets_that_are_no_utf_8_are_replaced(void **state)
{
	(void)state;
	expect_shown("\x80\xff\xfe", UNKNOWN UNKNOWN UNKNOWN);
	expect_shown("\xc0\x9b", UNKNOWN UNKNOWN); /* too long a form */
	expect_shown("\xe0\x80\x9b", UNKNOWN UNKNOWN UNKNOWN); /* likewise */
	expect_shown(
	    "\xed\xa0\x80", UNKNOWN UNKNOWN UNKNOWN); /* half of a pair */
	expect_shown("\xf4\x90\x80\x80",
	    UNKNOWN UNKNOWN UNKNOWN UNKNOWN);           /* beyond the last */
	expect_shown("a\xe2\x80", "a" UNKNOWN UNKNOWN); /* cut off */
	expect_shown("\xe2\x1b[2J", UNKNOWN UNKNOWN "[2J");
}

static void
long_text_is_cut(void **state)
{
	char *text = malloc(OUTPUT_SHOWN_MAX + 10);
	struct buf shown;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', OUTPUT_SHOWN_MAX + 10);
	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(span_make(text, OUTPUT_SHOWN_MAX + 10), &shown);
	assert_int_equal(shown.n, OUTPUT_SHOWN_MAX);
	assert_false(buf_bad(&shown));
	buf_fini(&shown);
	free(text);
}

static char *
printed_table(const struct output_table *table)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	assert_non_null(to);
	output_table_print(table, to);
	fclose(to);
	return text;
}

static void
columns_stand_under_each_other(void **state)
{
	static const char *const titles[] = {"NAME", "N", "REPLY", NULL};
	const struct span rows[][3] = {
	    {span_of("\xc3\xbc@a.test"), span_of("7"), span_of("250 ok")},
	    {span_of("b"), span_of("1000"), span_of("550\x1b[0m")},
	};
	struct output_table table;
	char *text;

	(void)state;
	output_table_init(&table, titles, 2);
	assert_int_equal(output_table_add(&table, rows[0]), 0);
	assert_int_equal(output_table_add(&table, rows[1]), 0);
	text = printed_table(&table);
	assert_string_equal(text, "NAME         N  REPLY\n"
				  "\xc3\xbc@a.test     7  250 ok\n"
				  "b         1000  550" UNKNOWN "[0m\n");
	free(text);
	output_table_fini(&table);
}

static void
members_of_any_type_can_be_shown(void **state)
{
	json_t *object = json_pack("{s:s, s:i, s:n, s:b, s:[], s:s, s:I, s:i}",
	    "text", "t", "number", -5, "null", "flag", 1, "list", "empty", "",
	    "large", (json_int_t)5 << 40, "small", 1023);
	char room[OUTPUT_ROOM];

	(void)state;
	assert_non_null(object);
#define EXPECT(how, key, expected) \
	assert_true(span_equals(how(object, key, room), span_of(expected)))
	EXPECT(output_member, "text", "t");
	EXPECT(output_member, "number", "-5");
	EXPECT(output_member, "null", "-");
	EXPECT(output_member, "flag", "yes");
	EXPECT(output_member, "list", "-");
	EXPECT(output_member, "empty", "-");
	EXPECT(output_member, "absent", "-");
	EXPECT(output_octets, "large", "5.0 TiB");
	EXPECT(output_octets, "small", "1023");
	EXPECT(output_octets, "text", "t");
	json_decref(object);
	assert_true(
	    span_equals(output_member(NULL, "text", room), span_of("-")));
}

static void
json_is_ascii_and_ends_its_line(void **state)
{
	json_t *object = json_pack("{s:s}", "a", "\xe2\x80\xae\x1b");
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	(void)state;
	output_json(to, object);
	fclose(to);
	assert_string_equal(text, "{\n  \"a\": \"\\u202E\\u001B\"\n}\n");
	free(text);
	json_decref(object);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_text_of_every_script_stays),
	    cmocka_unit_test(escapes_and_line_ends_are_replaced),
	    cmocka_unit_test(marks_that_turn_the_direction_are_replaced),
	    cmocka_unit_test(octets_that_are_no_utf_8_are_replaced),
	    cmocka_unit_test(long_text_is_cut),
	    cmocka_unit_test(columns_stand_under_each_other),
	    cmocka_unit_test(members_of_any_type_can_be_shown),
	    cmocka_unit_test(json_is_ascii_and_ends_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
