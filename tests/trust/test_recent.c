/* Times of addresses, in a bounded room. */
#include "trust/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define ROOM 64

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	return ip;
}

static struct ip
numbered(unsigned n)
{
	char text[IP_TEXT];

	snprintf(text, sizeof text, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255,
	    n & 255);
	return ip_of(text);
}

static void
the_last_time_of_each_address_is_known(void **state)
{
	struct recent *r = recent_new(ROOM);

	(void)state;
	assert_non_null(r);
	assert_int_equal(recent_get(r, ip_of("192.0.2.1")), 0);
	recent_put(r, ip_of("192.0.2.1"), 100);
	recent_put(r, ip_of("2001:db8::1"), 200);
	assert_int_equal(recent_get(r, ip_of("192.0.2.1")), 100);
	assert_int_equal(recent_get(r, ip_of("2001:db8::1")), 200);
	assert_int_equal(recent_get(r, ip_of("192.0.2.2")), 0);
	recent_put(r, ip_of("192.0.2.1"), 300);
	assert_int_equal(recent_get(r, ip_of("192.0.2.1")), 300);
	recent_put(r, ip_of("192.0.2.1"), 299);
	assert_int_equal(recent_get(r, ip_of("192.0.2.1")), 300);
	recent_free(&r);
	assert_null(r);
}

static void
what_is_dropped_was_never_known(void **state)
{
	struct recent *r = recent_new(ROOM);

	(void)state;
	recent_put(r, ip_of("192.0.2.1"), 100);
	recent_put(r, ip_of("192.0.2.2"), 100);
	recent_drop(r, ip_of("192.0.2.1"));
	recent_drop(r, ip_of("192.0.2.3"));
	assert_int_equal(recent_get(r, ip_of("192.0.2.1")), 0);
	assert_int_equal(recent_get(r, ip_of("192.0.2.2")), 100);
	recent_put(r, ip_of("192.0.2.1"), 50);
	assert_int_equal(recent_get(r, ip_of("192.0.2.1")), 50);
	recent_free(&r);
}

/* AT-02: no flood of addresses takes more room than there is */
static void
beyond_its_room_the_oldest_are_forgotten_and_the_newest_known(void **state)
{
	struct recent *r = recent_new(ROOM);
	unsigned known = 0;

	(void)state;
	for (unsigned i = 0; i < 100 * ROOM; i++) {
		recent_put(r, numbered(i), (int64_t)i + 1);
		assert_int_equal(recent_get(r, numbered(i)), i + 1);
	}
	for (unsigned i = 0; i < 100 * ROOM; i++)
		known += recent_get(r, numbered(i)) != 0;
	assert_int_equal(known, ROOM);
	/* the newest four cannot all have been pushed out by older ones */
	assert_int_equal(
	    recent_get(r, numbered(100 * ROOM - 4)), 100 * ROOM - 3);
	/* and an old time displaces nobody */
	recent_put(r, numbered(0), 1);
	assert_int_equal(recent_get(r, numbered(0)), 0);
	recent_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_time_of_each_address_is_known),
	    cmocka_unit_test(what_is_dropped_was_never_known),
	    cmocka_unit_test(
		beyond_its_room_the_oldest_are_forgotten_and_the_newest_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
