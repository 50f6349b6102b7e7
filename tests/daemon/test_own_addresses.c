/* Under which addresses somebody may write (SM-09, SM-10). */
#include "daemon/transfer/own_addresses.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool
has(const struct own_addresses *own, const char *text)
{
	const struct address_rules rules = {.utf8 = true};
	struct address address;

	assert_int_equal(address_parse(span_of(text), rules, &address), 0);
	return own_addresses_has(own, &address);
}

static void
all_of_them_and_no_other(void **state)
{
	struct own_addresses own = {0};
	struct buf others;

	(void)state;
	buf_init(&others, 1000);
	own_addresses_add(&others, span_of("sales@a.test"));
	own_addresses_add(&others, span_of("\"a b\"@a.test"));
	own_addresses_add(&others, span_of("post@b.test"));
	assert_int_equal(
	    own_addresses_set(&own, span_of("alice@a.test"), buf_span(&others)),
	    0);
	buf_fini(&others); /* they are copied */
	assert_string_equal(own.user, "alice@a.test");
	assert_true(has(&own, "Alice@A.test"));
	assert_true(has(&own, "sales@a.test"));
	assert_true(has(&own, "\"a b\"@a.test"));
	assert_true(has(&own, "Post@b.test"));
	assert_false(has(&own, "post@a.test"));
	assert_false(has(&own, "ales@a.test"));
	assert_false(has(&own, "sales@a.tes"));
	own_addresses_free(&own);
	assert_false(has(&own, "alice@a.test"));
	assert_false(has(&own, "sales@a.test"));
}

static void
who_signs_in_after_another_has_none_of_theirs(void **state)
{
	struct own_addresses own = {0};

	(void)state;
	assert_int_equal(own_addresses_set(&own, span_of("alice@a.test"),
			     span_of("sales@a.test\n")),
	    0);
	assert_int_equal(
	    own_addresses_set(&own, span_of("bob@a.test"), span_of("")), 0);
	assert_false(has(&own, "alice@a.test"));
	assert_false(has(&own, "sales@a.test"));
	assert_true(has(&own, "bob@a.test"));
	own_addresses_free(&own);
}

/* What came between processes may be anything. */
static void
who_is_nobody_has_none(void **state)
{
	char longer[ADDRESS_TEXT + 1];
	struct own_addresses own = {0};

	(void)state;
	assert_int_equal(
	    own_addresses_set(&own, span_of(""), span_of("sales@a.test\n")),
	    -E_RANGE);
	assert_false(has(&own, "sales@a.test"));
	memset(longer, 'a', sizeof longer);
	assert_int_equal(own_addresses_set(&own,
			     span_make(longer, sizeof longer), span_of("")),
	    -E_RANGE);
	assert_int_equal(own_addresses_set(&own, span_of("alice@a.test"),
			     span_of("\n\nsales@a.test")),
	    0);
	assert_true(has(&own, "sales@a.test"));
	own_addresses_free(&own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_of_them_and_no_other),
	    cmocka_unit_test(who_signs_in_after_another_has_none_of_theirs),
	    cmocka_unit_test(who_is_nobody_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
