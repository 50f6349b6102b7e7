#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/rate.h"

#define LEAST 10

/* A window in which OCTETS moved, looked at AFTER so many seconds. */
static bool
is_low(uint64_t octets, int64_t after, bool was_held, uint64_t least)
{
	struct rate r = {0};

	rate_run(&r, 1000);
	r.octets = octets;
	r.was_held = was_held;
	return rate_is_low(&r, 1000 + after, least);
}

/* AT-25 */
static void
a_whole_window_below_the_least_is_low(void **state)
{
	(void)state;
	assert_true(
	    is_low(RATE_SECONDS * LEAST - 1, RATE_SECONDS, false, LEAST));
	assert_false(is_low(RATE_SECONDS * LEAST, RATE_SECONDS, false, LEAST));
	assert_false(is_low(1, RATE_SECONDS - 1, false, LEAST));
	assert_false(is_low(0, RATE_SECONDS, false, LEAST));
	assert_false(is_low(1, RATE_SECONDS, true, LEAST));
	assert_false(is_low(1, RATE_SECONDS, false, 0));
}

static void
a_window_follows_the_other(void **state)
{
	struct rate r = {0};

	(void)state;
	assert_int_equal(rate_deadline(&r, 5000), 5000);
	assert_false(rate_is_low(&r, 5000, LEAST));
	rate_run(&r, 1000);
	rate_run(&r, 1030);
	assert_int_equal(rate_deadline(&r, 5000), 1000 + RATE_SECONDS);
	assert_int_equal(rate_deadline(&r, 1010), 1010);
	r.octets = 1;
	assert_true(rate_is_low(&r, 1070, LEAST));
	assert_int_equal(r.octets, 0);
	assert_int_equal(rate_deadline(&r, 5000), 1070 + RATE_SECONDS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_whole_window_below_the_least_is_low),
	    cmocka_unit_test(a_window_follows_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
