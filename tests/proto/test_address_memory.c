/*
 * Names beyond ASCII when memory is missing. The library that spells them has
 * allocations of its own, so all of the process goes through here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../base/failing.h"
#include "base/err.h"
#include "proto/address.h"
#include "proto/params.h"

/* GD-03: what is only not known now is not refused for good */
static void
without_memory_a_name_is_not_called_malformed(void **state)
{
	char text[ADDRESS_DOMAIN_MAX + 1];
	unsigned n = 0, unknown = 0;
	bool hit;

	(void)state;
	do {
		int result;

		failing_begin(++n);
		result = address_domain(span_of("b\xc3\xbc"
						"cher.example"),
		    text);
		hit = failing_end();
		unknown += result == -E_NOMEM;
		assert_true(result == 0 || (hit && result == -E_NOMEM));
	} while (hit);
	assert_true(unknown > 3);
	assert_string_equal(text, "xn--bcher-kva.example");
}

static void
without_memory_neither_is_a_parameter(void **state)
{
	const struct params_rules rules = {.verb = PARAMS_GDEL};
	struct params p;
	enum params_fault fault;

	(void)state;
	failing_begin(1);
	fault = params_parse(span_of("FROM=b\xc3\xbc"
				     "cher.example"),
	    rules, &p);
	assert_true(failing_end());
	assert_int_equal(fault, PARAMS_NO_MEMORY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_memory_a_name_is_not_called_malformed),
	    cmocka_unit_test(without_memory_neither_is_a_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
