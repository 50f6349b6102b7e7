/* Base64, strictly: one text for each sequence of octets. */
#include "base/base64.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4648 10, and the letters in which the alphabets differ. */
static const struct {
	const char *octets, *common, *url;
} examples[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "+//+", "-__-"},
};

#define EXAMPLES (sizeof examples / sizeof examples[0])

static void
octets_are_written_without_padding(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXAMPLES; i++) {
		char text[16];

		base64_url(span_of(examples[i].octets), text, sizeof text);
		assert_string_equal(text, examples[i].url);
	}
}

static void
both_alphabets_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXAMPLES; i++) {
		const struct span octets = span_of(examples[i].octets);
		char to[16];
		size_t n = 99;

		assert_int_equal(base64_url_decode(span_of(examples[i].url), to,
				     octets.n, &n),
		    0);
		assert_true(span_equals(span_make(to, n), octets));
		n = 99;
		assert_int_equal(base64_decode(span_of(examples[i].common), to,
				     octets.n, &n),
		    0);
		assert_true(span_equals(span_make(to, n), octets));
	}
}

static void
second_spellings_are_refused(void **state)
{
	static const char *const url[] = {"Z", "Zm9vY", "Zg==", "Zh", "Zm9",
	    "Zm 8", "Zm8\n", "+//+", "Zg\0", "=", "Zm9v="};
	static const char *const common[] = {"Zg", "Zg=", "Zg===", "Zm8",
	    "Z===", "====", "=", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", "-__-",
	    "Zm=8"};
	char to[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof url / sizeof url[0]; i++) {
		/* "Zg\0" is meant with its NUL. */
		const struct span in =
		    i == 8 ? span_make(url[i], 3) : span_of(url[i]);

		assert_int_equal(
		    base64_url_decode(in, to, sizeof to, &n), -E_SYNTAX);
	}
	for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
		assert_int_equal(
		    base64_decode(span_of(common[i]), to, sizeof to, &n),
		    -E_SYNTAX);
}

static void
too_little_room_is_told(void **state)
{
	char to[4];
	size_t n;

	(void)state;
	assert_int_equal(
	    base64_decode(span_of("Zm9vYmE="), to, 4, &n), -E_RANGE);
	assert_int_equal(
	    base64_url_decode(span_of("Zm9vYmE"), to, 4, &n), -E_RANGE);
	assert_int_equal(base64_decode(span_of("Zg=="), to, 0, &n), -E_RANGE);
}

static void
every_octet_survives_the_way_there_and_back(void **state)
{
	unsigned char octets[256], back[256];
	char text[400];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (unsigned char)i;
	for (size_t length = 0; length <= sizeof octets; length++) {
		base64_url(span_make(octets, length), text, sizeof text);
		assert_int_equal(
		    base64_url_decode(span_of(text), back, sizeof back, &n), 0);
		assert_int_equal(n, length);
		assert_memory_equal(back, octets, length);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(octets_are_written_without_padding),
	    cmocka_unit_test(both_alphabets_are_read),
	    cmocka_unit_test(second_spellings_are_refused),
	    cmocka_unit_test(too_little_room_is_told),
	    cmocka_unit_test(every_octet_survives_the_way_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
