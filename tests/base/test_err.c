/* The text that says why something failed. */
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
the_code_comes_back_and_the_text_stays(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_set(&e, -E_RANGE, "%d of %d", 3, 2), -E_RANGE);
	assert_int_equal(e.code, -E_RANGE);
	assert_string_equal(e.text, "3 of 2");
	assert_int_equal(err_set(NULL, -E_NONE, "nobody asks"), -E_NONE);
}

static void
the_system_is_quoted(void **state)
{
	struct err e = {0};

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_system(&e, "cannot open %s", "x"), -E_SYSTEM);
	assert_string_equal(e.text, "cannot open x: No such file or directory");
	assert_int_equal(err_system(NULL, "nobody asks"), -E_SYSTEM);
}

static void
long_texts_are_cut(void **state)
{
	struct err e = {0};
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	errno = ENOENT;
	(void)err_system(&e, "%s", text);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
}

static void
every_code_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(err_name(0), "none");
	for (int code = E_NOMEM; code <= E_DENIED; code++)
		assert_string_not_equal(err_name(-code), "unknown");
	assert_string_equal(err_name(-E_DENIED - 1), "unknown");
	assert_string_equal(err_name(1), "unknown");
	assert_string_equal(err_name(INT32_MIN), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_code_comes_back_and_the_text_stays),
	    cmocka_unit_test(the_system_is_quoted),
	    cmocka_unit_test(long_texts_are_cut),
	    cmocka_unit_test(every_code_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
