/* The operator's lists of hosts. */
#include "trust/hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct hosts *
make(const char *const *entries, size_t n)
{
	struct err err = {0};
	struct hosts *h = hosts_new(entries, (unsigned)n, &err);

	if (h == NULL)
		fail_msg("%s", err.text);
	return h;
}

static bool
has_ip(const struct hosts *h, const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	return hosts_has_ip(h, ip);
}

static bool
has_name(const struct hosts *h, const char *text)
{
	return hosts_has_name(h, span_of(text));
}

/* GD-64 */
static void
addresses_and_networks_are_found(void **state)
{
	static const char *const entries[] = {"192.0.2.1", "198.51.100.0/24",
	    "198.51.0.0/16", "2001:db8::/32", "2001:db9::7", "10.0.0.0/8"};
	struct hosts *h = make(entries, COUNT(entries));

	(void)state;
	assert_true(has_ip(h, "192.0.2.1"));
	assert_false(has_ip(h, "192.0.2.2"));
	assert_true(has_ip(h, "198.51.100.255"));
	assert_true(has_ip(h, "198.51.7.7"));
	assert_false(has_ip(h, "198.52.0.0"));
	assert_true(has_ip(h, "10.255.255.255"));
	assert_true(has_ip(h, "2001:db8:ffff::1"));
	assert_true(has_ip(h, "2001:db9::7"));
	assert_false(has_ip(h, "2001:db9::8"));
	assert_true(has_ip(h, "::ffff:192.0.2.1"));
	assert_false(hosts_needs_name(h));
	hosts_free(&h);
	assert_null(h);
	hosts_free(&h);
}

static void
families_are_kept_apart(void **state)
{
	static const char *const six[] = {"::/0"};
	static const char *const four[] = {"0.0.0.0/0"};
	struct hosts *h = make(six, 1);

	(void)state;
	assert_true(has_ip(h, "2001:db8::1"));
	assert_false(has_ip(h, "192.0.2.1"));
	hosts_free(&h);
	h = make(four, 1);
	assert_true(has_ip(h, "192.0.2.1"));
	assert_false(has_ip(h, "2001:db8::1"));
	hosts_free(&h);
}

static void
names_are_exact_or_everything_below(void **state)
{
	static const char *const entries[] = {
	    "mx.C.test", ".d.test", "*.E.test", "192.0.2.1"};
	struct hosts *h = make(entries, COUNT(entries));

	(void)state;
	assert_true(hosts_needs_name(h));
	assert_true(has_name(h, "MX.c.test"));
	assert_true(has_name(h, "mx.c.test."));
	assert_false(has_name(h, "a.mx.c.test"));
	assert_false(has_name(h, "c.test"));
	assert_true(has_name(h, "x.d.test"));
	assert_true(has_name(h, "x.y.D.test"));
	assert_false(has_name(h, "d.test"));
	assert_false(has_name(h, "xd.test"));
	assert_true(has_name(h, "x.e.test"));
	assert_false(has_name(h, ".d.test"));
	assert_false(has_name(h, ""));
	assert_false(has_name(h, "d.test.evil"));
	hosts_free(&h);
}

static void
an_empty_list_has_nothing(void **state)
{
	struct hosts *h = make(NULL, 0);

	(void)state;
	assert_false(has_ip(h, "192.0.2.1"));
	assert_false(has_name(h, "mx.c.test"));
	assert_false(hosts_needs_name(h));
	hosts_free(&h);
}

static void
an_entry_that_is_nothing_is_named(void **state)
{
	static const char *const bad[] = {"", ".", "*.", "*", "a..test",
	    "192.0.2", "192.0.2.1/33", "192.0.2.1/24", "300.1.1.1",
	    "2001:db8::/129", "a b.test", "*.*.test", "a/24", "x.test/8"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *const entries[] = {"mx.c.test", bad[i]};
		struct err err = {0};

		if (hosts_new(entries, 2, &err) != NULL)
			fail_msg("%s", bad[i]);
		assert_int_equal(err.code, -E_SYNTAX);
		assert_non_null(strstr(err.text, bad[i]));
	}
}

/* GD-63: lists may be large */
static void
a_hundred_thousand_entries_are_searched(void **state)
{
	enum { N = 100000 };
	char(*texts)[32] = calloc(N, sizeof(*texts));
	const char **entries = calloc(N, sizeof(*entries));
	struct hosts *h;

	(void)state;
	assert_non_null(texts);
	assert_non_null(entries);
	for (unsigned i = 0; i < N; i++) {
		if (i % 2 == 0)
			snprintf(texts[i], sizeof(texts[i]), "%u.%u.%u.0/24",
			    i >> 16, i >> 8 & 255, i & 255);
		else
			snprintf(texts[i], sizeof(texts[i]), ".n%u.test", i);
		entries[i] = texts[i];
	}
	h = make(entries, N);
	assert_true(has_ip(h, "0.0.2.77"));
	assert_false(has_ip(h, "0.0.3.77"));
	assert_true(has_ip(h, "1.134.158.1"));
	assert_true(has_name(h, "mx.n99999.test"));
	assert_false(has_name(h, "mx.n99998.test"));
	hosts_free(&h);
	free(entries);
	free(texts);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_and_networks_are_found),
	    cmocka_unit_test(families_are_kept_apart),
	    cmocka_unit_test(names_are_exact_or_everything_below),
	    cmocka_unit_test(an_empty_list_has_nothing),
	    cmocka_unit_test(an_entry_that_is_nothing_is_named),
	    cmocka_unit_test(a_hundred_thousand_entries_are_searched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
