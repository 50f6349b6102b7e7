/* The digest of a message, however its octets arrive. */
#include "message/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
sum_of(struct span octets, size_t step, char text_r[DIGEST_TEXT])
{
	struct digest *d = digest_new();
	uint8_t sum[DIGEST_SIZE];

	assert_non_null(d);
	for (size_t at = 0; at < octets.n; at += step)
		digest_add(d, span_part(octets, at, step));
	digest_add(d, span_of(NULL));
	assert_int_equal(digest_end(d, sum), 0);
	digest_text(sum, text_r);
	digest_free(&d);
	assert_null(d);
	digest_free(&d);
}

static void
known_sums_come_out(void **state)
{
	char text[DIGEST_TEXT];

	(void)state;
	/* FIPS 180-4: e3b0c442..., and ba7816bf... for "abc". */
	sum_of(span_of(""), 1, text);
	assert_string_equal(
	    text, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
	sum_of(span_of("abc"), 3, text);
	assert_string_equal(
	    text, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

/* AT-07 */
static void
the_sum_does_not_depend_on_how_octets_are_split(void **state)
{
	const struct span message = span_of(
	    "Subject: x\r\n\r\n.a line that will be stuffed\r\n\r\nend\r\n");
	char whole[DIGEST_TEXT], split[DIGEST_TEXT];

	(void)state;
	sum_of(message, message.n, whole);
	assert_int_equal(strlen(whole), 43);
	for (size_t step = 1; step < message.n; step++) {
		sum_of(message, step, split);
		assert_string_equal(split, whole);
	}
	sum_of(span_part(message, 0, message.n - 1), message.n, split);
	assert_string_not_equal(split, whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_sums_come_out),
	    cmocka_unit_test(the_sum_does_not_depend_on_how_octets_are_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
