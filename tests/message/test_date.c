/* Dates: always UTC, always English, and every 64-bit number has one. */
#include "message/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct {
	int64_t seconds;
	const char *message, *plain;
} examples[] = {
    {0, "Thu, 01 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00Z"},
    {-1, "Wed, 31 Dec 1969 23:59:59 +0000", "1969-12-31T23:59:59Z"},
    {1795341600, "Sun, 22 Nov 2026 10:00:00 +0000", "2026-11-22T10:00:00Z"},
    {951827696, "Tue, 29 Feb 2000 12:34:56 +0000", "2000-02-29T12:34:56Z"},
    {4102444800, "Fri, 01 Jan 2100 00:00:00 +0000", "2100-01-01T00:00:00Z"},
};

static void
dates_are_written_in_both_forms(void **state)
{
	char text[DATE_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
		date_message(examples[i].seconds, text);
		assert_string_equal(text, examples[i].message);
		date_plain(examples[i].seconds, text);
		assert_string_equal(text, examples[i].plain);
	}
}

static void
the_time_zone_of_the_machine_does_not_matter(void **state)
{
	char text[DATE_TEXT];

	(void)state;
	assert_int_equal(setenv("TZ", "EAST-11", 1), 0);
	tzset();
	date_message(0, text);
	assert_string_equal(text, examples[0].message);
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

static void
no_number_is_too_large(void **state)
{
	static const int64_t extremes[] = {INT64_MIN, INT64_MAX};
	char text[DATE_TEXT];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		date_message(extremes[i], text);
		assert_string_equal(text, examples[0].message);
		date_plain(extremes[i], text);
		assert_string_equal(text, examples[0].plain);
	}
	/* The last year that the C library can hold. */
	date_message(INT64_C(67767976233532799), text);
	assert_string_equal(text, "Tue, 31 Dec 2147483647 23:59:59 +0000");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_are_written_in_both_forms),
	    cmocka_unit_test(the_time_zone_of_the_machine_does_not_matter),
	    cmocka_unit_test(no_number_is_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
