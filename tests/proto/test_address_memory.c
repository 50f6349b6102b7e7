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

#include "base/err.h"
#include "proto/address.h"
#include "proto/params.h"

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

static unsigned left; /* the allocation that fails; 0: none */
static bool hit;

static bool
fails(void)
{
	if (left == 0 || --left > 0)
		return false;
	hit = true;
	return true;
}

void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

/* GD-03: what is only not known now is not refused for good */
static void
without_memory_a_name_is_not_called_malformed(void **state)
{
	char text[ADDRESS_DOMAIN_MAX + 1];
	unsigned n = 0, unknown = 0;

	(void)state;
	do {
		int result;

		hit = false;
		left = ++n;
		result = address_domain(span_of("b\xc3\xbc"
						"cher.example"),
		    text);
		left = 0;
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
	left = 1;
	fault = params_parse(span_of("FROM=b\xc3\xbc"
				     "cher.example"),
	    rules, &p);
	left = 0;
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
