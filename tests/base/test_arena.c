/* Memory that is given back all at once. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
places_are_zero_aligned_and_apart(void **state)
{
	struct arena a;
	char *before = NULL;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t n = 0; n < 300; n++) {
		char *p = arena_take(&a, n);

		assert_non_null(p);
		assert_true(p != before);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n);
		before = p;
	}
	arena_fini(&a);
}

static void
it_remembers_that_something_was_not_given(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 100);
	assert_false(arena_has_failed(&a));
	assert_null(arena_copy(&a, span_make("x", 101)).p);
	assert_non_null(arena_take(&a, 1));
	assert_true(arena_has_failed(&a));
	assert_false(arena_has_failed(&a));
	arena_fini(&a);
}

static void
the_ceiling_holds(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 10000);
	assert_non_null(arena_take(&a, 9000));
	assert_null(arena_take(&a, 1001));
	assert_null(arena_take(&a, SIZE_MAX));
	assert_non_null(arena_take(&a, 900));
	arena_fini(&a);
	assert_non_null(arena_take(&a, 10000));
	arena_fini(&a);
}

static void
copies_are_copies(void **state)
{
	struct arena a;
	char text[] = "abc";
	struct span copy;

	(void)state;
	arena_init(&a, 64);
	copy = arena_copy(&a, span_of(text));
	text[0] = 'x';
	assert_true(span_equals(copy, span_of("abc")));
	assert_non_null(arena_copy(&a, span_of(NULL)).p);
	copy = arena_copy(&a, span_make(text, 3));
	assert_true(span_equals(copy, span_of("xbc")));
	copy = arena_copy(&a, span_make("0123456789012345678901234567890", 32));
	assert_null(copy.p);
	assert_int_equal(copy.n, 0);
	arena_fini(&a);
}

static void
what_is_reserved_can_be_had(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 10000);
	assert_true(arena_reserve(&a, 9000));
	assert_int_equal(a.used, 0);
	assert_non_null(arena_take(&a, 9000));
	assert_false(arena_reserve(&a, 1001));
	assert_false(arena_has_failed(&a));
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(places_are_zero_aligned_and_apart),
	    cmocka_unit_test(it_remembers_that_something_was_not_given),
	    cmocka_unit_test(the_ceiling_holds),
	    cmocka_unit_test(what_is_reserved_can_be_had),
	    cmocka_unit_test(copies_are_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
