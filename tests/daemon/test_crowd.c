/* How many sessions a host has, by whichever of its addresses. */
#include "daemon/keeper/crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct ip
ip(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	return ip;
}

static int
set_up(void **state)
{
	return crowd_new((struct crowd **)state);
}

static int
tear_down(void **state)
{
	crowd_free((struct crowd **)state);
	assert_null(*state);
	return 0;
}

static void
sessions_are_counted_until_they_leave(void **state)
{
	struct crowd *c = *state;

	assert_int_equal(crowd_count(c, ip("192.0.2.1")), 0);
	assert_true(crowd_enter(c, ip("192.0.2.1")));
	assert_true(crowd_enter(c, ip("192.0.2.1")));
	assert_int_equal(crowd_count(c, ip("192.0.2.1")), 2);
	assert_int_equal(crowd_count(c, ip("192.0.2.2")), 0);
	crowd_leave(c, ip("192.0.2.1"));
	crowd_leave(c, ip("192.0.2.1"));
	crowd_leave(c, ip("192.0.2.1"));
	assert_int_equal(crowd_count(c, ip("192.0.2.1")), 0);
}

/* GD-44 */
static void
all_addresses_of_an_ipv6_64_are_one_host(void **state)
{
	struct crowd *c = *state;

	assert_true(crowd_enter(c, ip("2001:db8::1")));
	assert_true(crowd_enter(c, ip("2001:db8::2:2")));
	assert_int_equal(crowd_count(c, ip("2001:db8::3")), 2);
	assert_int_equal(crowd_count(c, ip("2001:db8:0:1::1")), 0);
	/* the same octets in the other family */
	assert_int_equal(crowd_count(c, ip("32.1.13.184")), 0);
	crowd_leave(c, ip("2001:db8::4"));
	crowd_leave(c, ip("2001:db8::4"));
	assert_int_equal(crowd_count(c, ip("2001:db8::1")), 0);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(sessions_are_counted_until_they_leave),
	    CASE(all_addresses_of_an_ipv6_64_are_one_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
