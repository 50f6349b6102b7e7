/* Salted numbers: those of the paper, and addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

/* Appendix A of the paper: key 00 01 .. 0f. */
static const struct hash_salt paper = {
    {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	return ip;
}

static void
numbers_are_those_of_the_paper(void **state)
{
	char octets[15];

	(void)state;
	for (unsigned i = 0; i < sizeof octets; i++)
		octets[i] = (char)i;
	assert_true(hash_span(&paper, span_make(octets, 15)) ==
		    UINT64_C(0xa129ca6149be45e5));
	assert_true(hash_span(&paper, span_make(octets, 0)) ==
		    UINT64_C(0x726fdb47dd0e0e31));
	assert_true(hash_span(&paper, span_make(octets, 8)) ==
		    UINT64_C(0x93f5f5799a932462));
}

static void
another_salt_makes_another_number(void **state)
{
	struct hash_salt a, b;

	(void)state;
	hash_salt_fill(&a);
	hash_salt_fill(&b);
	assert_true(hash_span(&a, span_of("b.test")) !=
		    hash_span(&b, span_of("b.test")));
	assert_true(hash_span(&a, span_of("b.test")) ==
		    hash_span(&a, span_of("b.test")));
}

static void
equal_addresses_have_the_same_number_and_others_have_not(void **state)
{
	struct ip dirty = ip_of("32.1.13.184");

	(void)state;
	dirty.b[9] = 1; /* belongs to no IPv4 address */
	assert_true(
	    hash_ip(&paper, dirty) == hash_ip(&paper, ip_of("32.1.13.184")));
	assert_true(hash_ip(&paper, ip_of("32.1.13.184")) !=
		    hash_ip(&paper, ip_of("2001:db8::")));
	assert_true(hash_ip(&paper, ip_of("192.0.2.1")) !=
		    hash_ip(&paper, ip_of("192.0.2.2")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_those_of_the_paper),
	    cmocka_unit_test(another_salt_makes_another_number),
	    cmocka_unit_test(
		equal_addresses_have_the_same_number_and_others_have_not),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
