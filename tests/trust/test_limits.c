/* So many times in a window, for each name. */
#include "trust/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* GD-61, AT-02 */
static void
beyond_the_number_it_is_refused_until_the_window_ends(void **state)
{
	struct limits *l = limits_new(60);

	(void)state;
	assert_non_null(l);
	for (int i = 0; i < 3; i++)
		assert_true(limits_take(l, span_of("alice"), 3, 1000));
	assert_false(limits_take(l, span_of("alice"), 3, 1001));
	assert_true(limits_take(l, span_of("bob"), 3, 1001));
	assert_false(limits_take(l, span_of("alice"), 3, 1019));
	assert_true(limits_take(l, span_of("alice"), 3, 1020));
	limits_free(&l);
	assert_null(l);
}

static void
no_number_is_no_limit(void **state)
{
	struct limits *l = limits_new(60);

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_true(limits_take(l, span_of("alice"), 0, 0));
	limits_free(&l);
}

static void
a_flood_of_names_shares_one_count(void **state)
{
	struct limits *l = limits_new(60);
	unsigned taken = 0;
	char name[32];

	(void)state;
	for (unsigned i = 0; i < LIMITS_NAMES_MAX + 1000; i++) {
		snprintf(name, sizeof name, "name-%u", i);
		taken += limits_take(l, span_of(name), 5, 0);
	}
	/* a few names may share a number */
	assert_true(taken <= LIMITS_NAMES_MAX + 5);
	assert_true(taken > LIMITS_NAMES_MAX - 50);
	limits_free(&l);
}

static void
a_clock_that_runs_back_begins_a_new_window(void **state)
{
	struct limits *l = limits_new(60);

	(void)state;
	assert_true(limits_take(l, span_of("alice"), 1, 6000));
	assert_false(limits_take(l, span_of("alice"), 1, 6001));
	assert_true(limits_take(l, span_of("alice"), 1, 100));
	limits_free(&l);
}

static bool
take(struct limits *l, const char *address)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(address), &ip), 0);
	return limits_take_host(l, ip, 1, 0);
}

/* AT-02 */
static void
all_addresses_of_an_ipv6_64_share_one_count(void **state)
{
	struct limits *l = limits_new(60);

	(void)state;
	assert_true(take(l, "2001:db8::1"));
	assert_false(take(l, "2001:db8::1"));
	assert_false(take(l, "2001:db8::ffff:2"));
	assert_true(take(l, "2001:db8:0:1::1"));
	assert_true(take(l, "32.1.13.184")); /* its octets are 2001:db8:: */
	assert_true(take(l, "32.1.13.185"));
	assert_false(take(l, "::ffff:32.1.13.185"));
	limits_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		beyond_the_number_it_is_refused_until_the_window_ends),
	    cmocka_unit_test(no_number_is_no_limit),
	    cmocka_unit_test(a_flood_of_names_shares_one_count),
	    cmocka_unit_test(all_addresses_of_an_ipv6_64_share_one_count),
	    cmocka_unit_test(a_clock_that_runs_back_begins_a_new_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
