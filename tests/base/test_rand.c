/* Random octets: that they come, and that bounds hold. */
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
every_octet_is_filled(void **state)
{
	unsigned char all[64] = {0}, some[64];

	(void)state;
	/* Each octet stays 0 in all of 64 rounds once in 2^512 worlds. */
	for (int round = 0; round < 64; round++) {
		rand_fill(some, sizeof some);
		for (size_t i = 0; i < sizeof all; i++)
			all[i] |= some[i];
	}
	for (size_t i = 0; i < sizeof all; i++)
		assert_int_not_equal(all[i], 0);
	rand_fill(NULL, 0);
}

static void
numbers_stay_below_their_limit(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		assert_true(rand_below(1) == 0);
		assert_true(rand_below(UINT64_MAX) < UINT64_MAX);
		seen |= 1u << rand_below(3);
	}
	assert_int_equal(seen, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_octet_is_filled),
	    cmocka_unit_test(numbers_stay_below_their_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
