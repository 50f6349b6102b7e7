/* Names that may be asked for. */
#include "base/err.h"
#include "trust/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int
name_of(const char *text, char name_r[DNS_NAME_MAX])
{
	return dns_name(span_of(text), name_r);
}

static void
a_name_is_copied_without_its_trailing_dot(void **state)
{
	char name[DNS_NAME_MAX];

	(void)state;
	assert_int_equal(name_of("mx.C.test.", name), 0);
	assert_string_equal(name, "mx.C.test");
	assert_int_equal(name_of("_spf.c.test", name), 0);
	assert_string_equal(name, "_spf.c.test");
}

static void
empty_labels_and_the_root_are_no_names(void **state)
{
	static const char *const bad[] = {
	    "", ".", "..", ".c.test", "c..test", "c.test.."};
	char name[DNS_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(name_of(bad[i], name) < 0);
		assert_string_equal(name, "");
	}
}

static void
control_and_high_octets_are_no_part_of_a_name(void **state)
{
	char name[DNS_NAME_MAX];

	(void)state;
	assert_int_equal(name_of("a\tb.test", name), -E_SYNTAX);
	assert_int_equal(name_of("b\xc3\xbc.test", name), -E_SYNTAX);
	assert_int_equal(dns_name(span_make("a\0b.test", 8), name), -E_SYNTAX);
}

static void
a_label_ends_at_63_and_a_name_at_253_octets(void **state)
{
	char text[DNS_NAME_MAX + 1];
	char name[DNS_NAME_MAX];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(dns_name(span_make(text, 63), name), 0);
	assert_int_equal(dns_name(span_make(text, 64), name), -E_RANGE);
	for (size_t i = 63; i < sizeof(text); i += 64)
		text[i] = '.';
	assert_int_equal(dns_name(span_make(text, 253), name), 0);
	assert_int_equal(dns_name(span_make(text, 254), name), -E_RANGE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_is_copied_without_its_trailing_dot),
	    cmocka_unit_test(empty_labels_and_the_root_are_no_names),
	    cmocka_unit_test(control_and_high_octets_are_no_part_of_a_name),
	    cmocka_unit_test(a_label_ends_at_63_and_a_name_at_253_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
