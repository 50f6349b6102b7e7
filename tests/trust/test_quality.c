#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/err.h"
#include "trust/quality.h"

static const struct quality_limits usual = {20, -300, -600};

static enum quality_standing
judge(uint64_t messages, uint64_t accepts, uint64_t refusals)
{
	const struct quality q = {messages, accepts, refusals};

	return quality_judge(&q, &usual);
}

static void
quality_is_votes_by_messages(void **state)
{
	static const struct {
		struct quality q;
		int expected;
	} rows[] = {
	    {{1, 1, 0}, 1000}, {{1, 0, 1}, -1000}, {{4, 1, 2}, -250},
	    {{3, 0, 1}, -333}, {{10, 0, 0}, 0},
	    {{UINT64_MAX, 0, UINT64_MAX}, -1000},
	    {{2, 0, 9}, -1000}, /* never kept so, and within bounds */
	};
	int got;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(quality_of(&rows[i].q, &got), 0);
		assert_int_equal(got, rows[i].expected);
	}
}

/* WIRE 12: of a peer with no messages it is undefined. */
static void
without_messages_there_is_no_quality(void **state)
{
	const struct quality q = {0};
	const struct quality_limits all = {0, 1000, 1000};
	int got = 7;

	(void)state;
	assert_int_equal(quality_of(&q, &got), -E_NONE);
	assert_int_equal(got, 7);
	assert_int_equal(quality_judge(&q, &all), QUALITY_FEW);
}

/* AT-19 */
static void
nobody_is_judged_by_few_messages(void **state)
{
	(void)state;
	assert_int_equal(judge(19, 0, 19), QUALITY_FEW);
	assert_int_equal(judge(20, 0, 20), QUALITY_BLOCK);
}

static void
a_threshold_acts_below_it(void **state)
{
	const struct quality low = {20, 0, 20};
	const struct quality_limits off = {20, QUALITY_OFF, QUALITY_OFF};
	const struct quality_limits block = {20, QUALITY_OFF, -300};

	(void)state;
	assert_int_equal(judge(20, 0, 6), QUALITY_GOOD); /* -0.3 */
	assert_int_equal(judge(20, 0, 7), QUALITY_ALERT);
	assert_int_equal(judge(20, 0, 12), QUALITY_ALERT); /* -0.6 */
	assert_int_equal(judge(20, 0, 13), QUALITY_BLOCK);
	assert_int_equal(judge(20, 20, 0), QUALITY_GOOD);
	assert_int_equal(judge(10000, 0, 3001), QUALITY_ALERT); /* exactly */
	assert_int_equal(quality_judge(&low, &off), QUALITY_GOOD);
	assert_int_equal(quality_judge(&low, &block), QUALITY_BLOCK);
	assert_string_equal(quality_standing_name(QUALITY_ALERT), "alert");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(quality_is_votes_by_messages),
	    cmocka_unit_test(without_messages_there_is_no_quality),
	    cmocka_unit_test(nobody_is_judged_by_few_messages),
	    cmocka_unit_test(a_threshold_acts_below_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
