#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/settings.h"

static void
a_threshold_is_read_in_thousandths(void **state)
{
	static const struct {
		const char *text;
		int expected;
	} rows[] = {
	    {"-0.3", -300},
	    {"0", 0},
	    {"1", 1000},
	    {"-1.000", -1000},
	    {"0.25", 250},
	    {"0.007", 7},
	    {"off", SETTINGS_OFF},
	};
	int got;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(
		    settings_threshold(span_of(rows[i].text), &got), 0);
		assert_int_equal(got, rows[i].expected);
	}
}

static void
what_is_no_threshold_is_refused(void **state)
{
	static const char *const texts[] = {"", "-", "1.001", "-1.1", "2",
	    "0.3000", ".3", "0.", "00.3", "--1", "0,3", "0.3 ", "+1", "OFF"};
	int got;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_int_equal(
		    settings_threshold(span_of(texts[i]), &got), -E_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_threshold_is_read_in_thousandths),
	    cmocka_unit_test(what_is_no_threshold_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
