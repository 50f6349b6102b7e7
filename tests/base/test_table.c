/* The map from numbers to those who wait for an answer. */
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
a_number_that_was_taken_finds_nobody(void **state)
{
	struct table t;
	int thing;
	uint64_t n;

	(void)state;
	table_init(&t);
	assert_null(table_get(&t, 1));
	n = table_add(&t, &thing);
	assert_int_not_equal(n, 0);
	assert_ptr_equal(table_get(&t, n), &thing);
	assert_ptr_equal(table_take(&t, n), &thing);
	assert_null(table_get(&t, n));
	assert_null(table_take(&t, n));
	assert_int_not_equal(table_add(&t, &thing), n);
	table_fini(&t);
}

static void
many_come_and_go_and_each_is_found(void **state)
{
	struct table t;
	static int things[5000];
	uint64_t numbers[5000], number;
	size_t at = 0, seen = 0;

	(void)state;
	table_init(&t);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 5000; i++)
			numbers[i] = table_add(&t, &things[i]);
		for (unsigned i = 0; i < 5000; i++)
			assert_ptr_equal(table_get(&t, numbers[i]), &things[i]);
		for (unsigned i = 0; i < 5000; i += round == 2 ? 2 : 1)
			assert_ptr_equal(
			    table_take(&t, numbers[i]), &things[i]);
	}
	while (table_next(&t, &at, &number) != NULL)
		seen++;
	assert_int_equal(seen, 2500);
	assert_int_equal(t.used, 2500);
	table_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_number_that_was_taken_finds_nobody),
	    cmocka_unit_test(many_come_and_go_and_each_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
