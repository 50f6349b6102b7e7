/* Owned bytes: growth, the ceiling, and the failure that sticks. */
#include "base/buf.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
texts_are_built_in_many_steps(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_text(&b, "250"), 0);
	assert_int_equal(buf_char(&b, ' '), 0);
	assert_int_equal(buf_print(&b, "%d %s", 7, "noted"), 0);
	assert_int_equal(buf_put(&b, span_of(NULL)), 0);
	assert_string_equal(buf_string(&b), "250 7 noted");
	assert_int_equal(b.n, 11);
	for (int i = 0; i < 98; i++)
		assert_int_equal(buf_text(&b, "0123456789"), 0);
	assert_int_equal(buf_span(&b).n, 991);
	assert_false(buf_bad(&b));
	assert_true(b.cap <= b.max + 1);
	buf_fini(&b);
}

static void
the_ceiling_is_exact_and_its_failure_sticks(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_int_equal(buf_text(&b, "abcd"), 0);
	assert_string_equal(buf_string(&b), "abcd");
	assert_int_equal(buf_char(&b, 'e'), -E_NOMEM);
	assert_true(buf_bad(&b));
	buf_drop(&b, 4);
	assert_int_equal(buf_char(&b, 'e'), -E_NOMEM);
	assert_int_equal(buf_print(&b, "e"), -E_NOMEM);
	assert_null(buf_room(&b, 1));
	assert_string_equal(buf_string(&b), "");
	buf_clear(&b);
	assert_false(buf_bad(&b));
	assert_int_equal(buf_print(&b, "%s", "wxyz"), 0);
	assert_int_equal(buf_print(&b, "%s", "!"), -E_NOMEM);
	buf_fini(&b);
}

static void
asking_for_too_much_room_breaks_nothing(void **state)
{
	struct buf b;
	char *room;

	(void)state;
	buf_init(&b, 100);
	assert_null(buf_room(&b, 101));
	assert_false(buf_bad(&b));
	room = buf_room(&b, 100);
	assert_non_null(room);
	memcpy(room, "abc", 3);
	buf_grow(&b, 3);
	assert_true(span_equals(buf_span(&b), span_of("abc")));
	assert_non_null(buf_room(&b, 0));
	assert_null(buf_room(&b, SIZE_MAX));
	buf_fini(&b);
}

static void
what_was_used_is_dropped_from_the_front(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	(void)buf_text(&b, "abcdef");
	buf_drop(&b, 2);
	assert_string_equal(buf_string(&b), "cdef");
	buf_drop(&b, 4);
	assert_int_equal(buf_span(&b).n, 0);
	buf_drop(&b, 0);
	buf_fini(&b);
}

static void
released_memory_is_gone_but_the_ceiling_stays(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	(void)buf_text(&b, "abc");
	(void)buf_text(&b, "d");
	buf_release(&b);
	assert_null(b.p);
	assert_int_equal(b.cap, 0);
	assert_false(buf_bad(&b));
	assert_int_equal(buf_text(&b, "abcd"), -E_NOMEM);
	buf_release(&b);
	assert_string_equal(buf_string(&b), "");
	buf_fini(&b);
}

static void
wiped_memory_is_gone_too(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	buf_wipe(&b);
	assert_int_equal(buf_text(&b, "abc"), 0);
	buf_wipe(&b);
	assert_null(b.p);
	assert_int_equal(b.n, 0);
	assert_int_equal(b.max, 3);
}

static void
a_ceiling_of_nothing_holds_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_string_equal(buf_string(&b), "");
	assert_int_equal(buf_text(&b, ""), 0);
	assert_int_equal(buf_print(&b, "%s", ""), 0);
	assert_int_equal(buf_char(&b, 'a'), -E_NOMEM);
	buf_fini(&b);
}

static void
a_ceiling_is_told_from_memory(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	assert_int_equal(buf_error(&b), 0);
	assert_int_equal(buf_text(&b, "abcd"), -E_NOMEM);
	assert_int_equal(buf_error(&b), -E_RANGE);
	assert_int_equal(buf_text(&b, "a"), -E_NOMEM);
	assert_int_equal(buf_error(&b), -E_RANGE);
	buf_clear(&b);
	assert_int_equal(buf_error(&b), 0);
	assert_int_equal(buf_print(&b, "%d", 1234), -E_NOMEM);
	assert_int_equal(buf_error(&b), -E_RANGE);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_built_in_many_steps),
	    cmocka_unit_test(the_ceiling_is_exact_and_its_failure_sticks),
	    cmocka_unit_test(asking_for_too_much_room_breaks_nothing),
	    cmocka_unit_test(what_was_used_is_dropped_from_the_front),
	    cmocka_unit_test(released_memory_is_gone_but_the_ceiling_stays),
	    cmocka_unit_test(wiped_memory_is_gone_too),
	    cmocka_unit_test(a_ceiling_of_nothing_holds_nothing),
	    cmocka_unit_test(a_ceiling_is_told_from_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
