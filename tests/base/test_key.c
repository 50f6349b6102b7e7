/* The names of rows: order, layout, text. */
#include "base/key.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* First in this program: nothing was made before, and the clock stands at 0. */
static void
the_first_key_is_random_even_at_time_zero(void **state)
{
	const struct key k = key_new(0);

	(void)state;
	/* Those of the random bits that counting up would not reach. */
	assert_int_not_equal((k.b[6] & 0x0f) | k.b[7] | (k.b[8] & 0x3f) |
				 k.b[9] | k.b[10] | k.b[11],
	    0);
}

static void
keys_have_the_layout_of_version_7(void **state)
{
	/* 1795341600000 ms is 0x01a202b2c500. */
	static const uint8_t time[] = {0x01, 0xa2, 0x02, 0xb2, 0xc5, 0x00};
	const struct key k = key_new(1795341600);

	(void)state;
	assert_memory_equal(k.b, time, sizeof time);
	assert_int_equal(k.b[6] >> 4, 7);
	assert_int_equal(k.b[8] >> 6, 2);
}

static void
keys_never_run_backwards(void **state)
{
	struct key last = key_new(1795341600);

	(void)state;
	for (int i = 0; i < 10000; i++) {
		/* The clock stands, is set back, and goes on. */
		const struct key k =
		    key_new(1795341600 + (i / 5000) - (i % 2) * 9);

		assert_true(memcmp(last.b, k.b, sizeof k.b) < 0);
		assert_int_equal(k.b[6] >> 4, 7);
		assert_int_equal(k.b[8] >> 6, 2);
		last = k;
	}
}

static void
texts_are_read_back(void **state)
{
	const struct key k = key_new(1795341700);
	struct key read = {{0}};
	char text[KEY_TEXT];

	(void)state;
	key_text(k, text);
	assert_int_equal(strlen(text), 32);
	assert_int_equal(key_parse(span_of(text), &read), 0);
	assert_true(key_equals(k, read));
	assert_false(key_is_zero(read));
	assert_int_equal(
	    key_parse(span_of("00000000000000000000000000000000"), &read), 0);
	assert_true(key_is_zero(read));
}

static void
other_spellings_are_no_keys(void **state)
{
	static const char *const broken[] = {"",
	    "0000000000000000000000000000000",
	    "000000000000000000000000000000000",
	    "0000000000000000000000000000000A",
	    "0000000000000000000000000000000g",
	    "0000000000000000000000000000000 "};
	struct key k;

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(key_parse(span_of(broken[i]), &k), -E_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_key_is_random_even_at_time_zero),
	    cmocka_unit_test(keys_have_the_layout_of_version_7),
	    cmocka_unit_test(keys_never_run_backwards),
	    cmocka_unit_test(texts_are_read_back),
	    cmocka_unit_test(other_spellings_are_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
