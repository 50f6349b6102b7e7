/* Paths, mailboxes and domains, from the good to the hostile. */
#include "proto/address.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct address_rules strict = {.empty_ok = false};
static const struct address_rules all = {
    .empty_ok = true, .utf8 = true, .bare_postmaster = true};

static void
expect_address(const char *path, struct address_rules rules, const char *text)
{
	struct address a;

	assert_int_equal(address_parse(span_of(path), rules, &a), 0);
	assert_string_equal(a.text, text);
}

static void
expect_fault(const char *path, struct address_rules rules, int code)
{
	struct address a;

	if (address_parse(span_of(path), rules, &a) != code)
		fail_msg("%s is not refused as expected", path);
}

static void
paths_are_taken_with_and_without_brackets(void **state)
{
	(void)state;
	expect_address("<alice@a.test>", strict, "alice@a.test");
	expect_address("alice@a.test", strict, "alice@a.test");
	expect_address("<al.i+ce!#$%&'*/=?^_`{|}~-@a.test>", strict,
	    "al.i+ce!#$%&'*/=?^_`{|}~-@a.test");
}

static void
domains_are_lower_case_and_local_parts_stay(void **state)
{
	struct address a;

	(void)state;
	assert_int_equal(
	    address_parse(span_of("<Alice@A.Test>"), strict, &a), 0);
	assert_string_equal(a.text, "Alice@a.test");
	assert_true(span_equals(a.local, span_of("Alice")));
	assert_true(span_equals(a.domain, span_of("a.test")));
	assert_false(a.utf8);
}

/* RFC 5321 4.1.1.3, C: source routes are obsolete but to be accepted */
static void
a_source_route_is_read_and_forgotten(void **state)
{
	(void)state;
	expect_address("<@x.test,@[192.0.2.1]:a@b.test>", strict, "a@b.test");
	expect_fault("<@x.test a@b.test>", strict, -E_SYNTAX);
	expect_fault("<@x.test,:a@b.test>", strict, -E_SYNTAX);
	expect_fault("<@:a@b.test>", strict, -E_SYNTAX);
	expect_fault("<@x.test,y.test:a@b.test>", strict, -E_SYNTAX);
	expect_fault("<@x_y.test:a@b.test>", strict, -E_SYNTAX);
}

static void
the_null_path_is_taken_where_it_may_be(void **state)
{
	struct address a;

	(void)state;
	assert_int_equal(address_parse(span_of("<>"), all, &a), 0);
	assert_string_equal(a.text, "");
	assert_int_equal(a.local.n + a.domain.n, 0);
	expect_fault("<>", strict, -E_SYNTAX);
	expect_fault("", all, -E_SYNTAX);
}

/* RFC 5321 4.5.1 */
static void
postmaster_needs_no_domain(void **state)
{
	struct address a;

	(void)state;
	assert_int_equal(address_parse(span_of("<PostMaster>"), all, &a), 0);
	assert_string_equal(a.text, "postmaster");
	assert_int_equal(a.domain.n, 0);
	expect_fault("<postmaster>", strict, -E_SYNTAX);
	expect_fault("<alice>", all, -E_SYNTAX);
}

static void
quotes_that_are_not_needed_are_lost(void **state)
{
	(void)state;
	expect_address("<\"alice\"@a.test>", strict, "alice@a.test");
	expect_address("<\"al\\ice\"@a.test>", strict, "alice@a.test");
	expect_address("<\"a b\"@a.test>", strict, "\"a b\"@a.test");
	expect_address("<\"a@b\"@a.test>", strict, "\"a@b\"@a.test");
	expect_address(
	    "<\"a\\\"b\\\\\"@a.test>", strict, "\"a\\\"b\\\\\"@a.test");
	expect_address("<\"\"@a.test>", strict, "\"\"@a.test");
	expect_address("<\"a..b\"@a.test>", strict, "\"a..b\"@a.test");
	expect_address("<\"a>b\"@a.test>", strict, "\"a>b\"@a.test");
}

static void
malformed_paths_are_refused(void **state)
{
	const char *const paths[] = {"<", ">", "<a@b.test", "a@b.test>", "<a>",
	    "<@b.test>", "<a@>", "<.a@b.test>", "<a.@b.test>", "<a..c@b.test>",
	    "<a b@c.test>", "<a@b c.test>", "<a@b@c.test>", "<a@-b.test>",
	    "<a@b-.test>", "<a@b..test>", "<a@.test>", "<a@b.test.>",
	    "<a@b_c.test>", "<\"a@b.test>", "<\"a\"b@c.test>",
	    "<a\"b\"@c.test>", "<\"a\\\"@b.test>", "<\"a\tb\"@c.test>",
	    "<a\x7f@b.test>", "<a(b)@c.test>", "<a@b.test>x", "<<a@b.test>>",
	    "<a,c@b.test>"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		expect_fault(paths[i], all, -E_SYNTAX);
}

static void
address_literals_have_one_spelling(void **state)
{
	(void)state;
	expect_address("<a@[192.0.2.1]>", strict, "a@[192.0.2.1]");
	expect_address(
	    "<a@[ipv6:2001:DB8:0::1]>", strict, "a@[IPv6:2001:db8::1]");
	expect_fault("<a@[2001:db8::1]>", strict, -E_SYNTAX);
	expect_fault("<a@[IPv6:192.0.2.1]>", strict, -E_SYNTAX);
	expect_fault("<a@[192.0.2.256]>", strict, -E_SYNTAX);
	expect_fault("<a@[]>", strict, -E_SYNTAX);
	expect_fault("<a@[>", strict, -E_SYNTAX);
	expect_fault("<a@[x:y]>", strict, -E_SYNTAX);
}

/* Writes a path with a local part of LOCAL octets and a domain of DOMAIN. */
static int
parse_of_length(size_t local, size_t domain)
{
	char path[1000];
	struct address a;
	size_t n = 0;

	for (size_t i = 0; i < local; i++)
		path[n++] = 'l';
	path[n++] = '@';
	for (size_t i = 0; i < domain; i++)
		path[n++] = i % 10 == 9 && i + 1 < domain ? '.' : 'd';
	return address_parse(span_make(path, n), strict, &a);
}

/* RFC 5321 4.5.3.1 */
static void
parts_have_their_ceilings(void **state)
{
	(void)state;
	assert_int_equal(parse_of_length(64, 255), 0);
	assert_int_equal(parse_of_length(65, 10), -E_RANGE);
	assert_int_equal(parse_of_length(10, 256), -E_RANGE);
}

static void
a_label_has_at_most_63_octets(void **state)
{
	char text[ADDRESS_DOMAIN_MAX + 1];
	char name[70];

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_int_equal(address_domain(span_make(name, 63), text), 0);
	assert_int_equal(address_domain(span_make(name, 64), text), -E_SYNTAX);
	assert_string_equal(text, "");
}

static void
the_longest_quoted_local_part_fits(void **state)
{
	struct buf path;
	struct address a;

	(void)state;
	buf_init(&path, 1000);
	buf_text(&path, "<\"");
	for (unsigned i = 0; i < ADDRESS_LOCAL_MAX; i++)
		buf_text(&path, "\\\"");
	buf_text(&path, "\"@b.test>");
	assert_int_equal(address_parse(buf_span(&path), strict, &a), 0);
	assert_int_equal(a.local.n, 2 * ADDRESS_LOCAL_MAX + 2);
	buf_fini(&path);
	expect_fault("<\"0123456789012345678901234567890123456789"
		     "01234567890123456789 1234\"@b.test>",
	    strict, -E_RANGE);
}

/* RFC 6531 */
static void
utf8_is_taken_where_it_may_be(void **state)
{
	struct address a;

	(void)state;
	assert_int_equal(address_parse(span_of("<\xc3\xa9@B\xc3\xbc"
					       "cher.test>"),
			     all, &a),
	    0);
	assert_string_equal(a.text, "\xc3\xa9@xn--bcher-kva.test");
	assert_true(a.utf8);
	expect_fault("<\xc3\xa9@b.test>", strict, -E_SYNTAX);
	expect_fault("<a@b\xc3\xbc.test>", strict, -E_SYNTAX);
	expect_fault("<\xc3@b.test>", all, -E_SYNTAX);
	expect_fault("<a@\xff.test>", all, -E_SYNTAX);
}

/* IDNA 2008: what looks like a dot is one, and no transitional mapping */
static void
domains_are_kept_as_a_labels(void **state)
{
	char text[ADDRESS_DOMAIN_MAX + 1];

	(void)state;
	assert_int_equal(address_domain(span_of("B\xc3\xbc"
						"cher.TEST"),
			     text),
	    0);
	assert_string_equal(text, "xn--bcher-kva.test");
	assert_int_equal(address_domain(span_of(""), text), -E_SYNTAX);
	assert_int_equal(address_domain(span_of("fa\xc3\x9f.test"), text), 0);
	assert_string_equal(text, "xn--fa-hia.test");
	assert_int_equal(address_domain(span_of("[1.2.3.4]"), text), -E_SYNTAX);
	assert_int_equal(address_domain(span_make("a\0b", 3), text), -E_SYNTAX);
}

static void
a_copy_points_into_itself(void **state)
{
	struct address a, b;

	(void)state;
	assert_int_equal(address_parse(span_of("<a@b.test>"), strict, &a), 0);
	address_copy(&b, &a);
	memset(&a, 'x', sizeof(a));
	assert_true(span_equals(b.local, span_of("a")));
	assert_true(span_equals(b.domain, span_of("b.test")));
	assert_ptr_equal(b.local.p, b.text);
}

static void
local_parts_are_the_same_without_case(void **state)
{
	struct address a, b;
	char key[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(address_parse(span_of("<Bob@B.test>"), strict, &a), 0);
	assert_int_equal(address_parse(span_of("<bOB@b.test>"), strict, &b), 0);
	assert_true(address_equals(&a, &b));
	address_fold(&a, key);
	assert_string_equal(key, "bob@b.test");
	assert_int_equal(address_parse(span_of("<bob@c.test>"), strict, &b), 0);
	assert_false(address_equals(&a, &b));
}

static void
a_path_ends_at_its_bracket_or_at_a_space(void **state)
{
	(void)state;
	assert_int_equal(address_path_length(span_of("<a@b> SIZE=1")), 5);
	assert_int_equal(address_path_length(span_of("a@b SIZE=1")), 3);
	assert_int_equal(address_path_length(span_of("<\"> \"@b> X")), 8);
	assert_int_equal(address_path_length(span_of("\"a \\\" \"@b X")), 9);
	assert_int_equal(address_path_length(span_of("<a@b")), 4);
	assert_int_equal(address_path_length(span_of("")), 0);
}

static void
only_the_shortest_form_of_a_character_is_utf8(void **state)
{
	const char *const good[] = {"", "a", "\xc2\x80", "\xe0\xa0\x80",
	    "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
	const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf",
	    "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
	    "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xc3", "\xe2\x82",
	    "\xc3(", "\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(utf8_is_valid(span_of(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_is_valid(span_of(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_are_taken_with_and_without_brackets),
	    cmocka_unit_test(domains_are_lower_case_and_local_parts_stay),
	    cmocka_unit_test(a_source_route_is_read_and_forgotten),
	    cmocka_unit_test(the_null_path_is_taken_where_it_may_be),
	    cmocka_unit_test(postmaster_needs_no_domain),
	    cmocka_unit_test(quotes_that_are_not_needed_are_lost),
	    cmocka_unit_test(malformed_paths_are_refused),
	    cmocka_unit_test(address_literals_have_one_spelling),
	    cmocka_unit_test(parts_have_their_ceilings),
	    cmocka_unit_test(a_label_has_at_most_63_octets),
	    cmocka_unit_test(the_longest_quoted_local_part_fits),
	    cmocka_unit_test(utf8_is_taken_where_it_may_be),
	    cmocka_unit_test(domains_are_kept_as_a_labels),
	    cmocka_unit_test(a_copy_points_into_itself),
	    cmocka_unit_test(local_parts_are_the_same_without_case),
	    cmocka_unit_test(a_path_ends_at_its_bracket_or_at_a_space),
	    cmocka_unit_test(only_the_shortest_form_of_a_character_is_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
