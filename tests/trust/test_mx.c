/* The hosts that take mail for a domain, RFC 5321 5.1 and RFC 7505. */
#include "table.h"
#include "trust/mx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What came out: the addresses in order, with spaces between. */
struct found {
	enum mx_outcome outcome;
	bool partial;
	unsigned count;
	unsigned asked;
	char addresses[MX_ADDRESSES_MAX * IP_TEXT];
	char hosts[MX_ADDRESSES_MAX * DNS_NAME_MAX];
};

struct search {
	const char *domain, *ourselves;
	uint64_t seed;
};

static void
append(char *to, size_t room, const char *text)
{
	size_t n = strlen(to);

	snprintf(to + n, room - n, "%s%s", n > 0 ? " " : "", text);
}

static struct found
find_rows(const struct table_row *rows, size_t count, struct search search)
{
	struct table table = {.rows = rows, .count = count};
	struct mx_query query = {
	    .domain = span_of(search.domain != NULL ? search.domain : "b.test"),
	    .ourselves = span_of(search.ourselves),
	    .seed = search.seed,
	};
	struct found found = {.count = 0};
	const struct mx_address *addresses;
	struct dns_question question;
	struct dns_answer answer;
	struct mx *x = mx_new(&query);

	assert_non_null(x);
	while (mx_wants(x, &question)) {
		answer = table_answer(&table, &question);
		mx_answer(x, &answer);
	}
	found.outcome = mx_result(x, &addresses, &found.count);
	found.partial = mx_is_partial(x);
	found.asked = table.asked;
	for (unsigned i = 0; i < found.count; i++) {
		char text[IP_TEXT];

		ip_text(addresses[i].ip, text);
		append(found.addresses, sizeof(found.addresses), text);
		append(found.hosts, sizeof(found.hosts), addresses[i].host);
	}
	mx_free(&x);
	assert_null(x);
	mx_free(&x);
	return found;
}

#define FIND(rows, ...) \
	find_rows(rows, COUNT(rows), (struct search){__VA_ARGS__})

static void
hosts_come_by_preference_with_all_their_addresses(void **state)
{
	const struct table_row rows[] = {
	    {"b.test", DNS_MX, "20 second.test"},
	    {"b.test", DNS_MX, "10 first.test"},
	    {"b.test", DNS_A, "192.0.2.99"},
	    {"first.test", DNS_A, "192.0.2.1"},
	    {"first.test", DNS_A, "192.0.2.2"},
	    {"first.test", DNS_AAAA, "2001:db8::1"},
	    {"second.test", DNS_AAAA, "2001:db8::2"},
	};
	struct found found = FIND(rows, .seed = 1);

	(void)state;
	assert_int_equal(found.outcome, MX_FOUND);
	assert_false(found.partial);
	assert_string_equal(
	    found.addresses, "192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2");
	assert_string_equal(
	    found.hosts, "first.test first.test first.test second.test");
}

static void
an_address_is_kept_once_where_it_came_first(void **state)
{
	const struct table_row rows[] = {
	    {"b.test", DNS_MX, "10 first.test"},
	    {"b.test", DNS_MX, "20 second.test"},
	    {"first.test", DNS_A, "192.0.2.1"},
	    {"second.test", DNS_A, "192.0.2.1"},
	    {"second.test", DNS_A, "192.0.2.2"},
	};
	struct found found = FIND(rows, .seed = 1);

	(void)state;
	assert_string_equal(found.addresses, "192.0.2.1 192.0.2.2");
	assert_string_equal(found.hosts, "first.test second.test");
}

static void
equal_preferences_are_shuffled_by_the_seed(void **state)
{
	const struct table_row rows[] = {
	    {"b.test", DNS_MX, "10 a.test"},
	    {"b.test", DNS_MX, "10 c.test"},
	    {"b.test", DNS_MX, "5 best.test"},
	    {"best.test", DNS_A, "192.0.2.1"},
	    {"a.test", DNS_A, "192.0.2.2"},
	    {"c.test", DNS_A, "192.0.2.3"},
	};
	unsigned a_first = 0;
	unsigned c_first = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 64; seed++) {
		struct found found = FIND(rows, .seed = seed);

		if (!strcmp(found.hosts, "best.test a.test c.test"))
			a_first++;
		else if (!strcmp(found.hosts, "best.test c.test a.test"))
			c_first++;
	}
	assert_int_equal(a_first + c_first, 64);
	assert_in_range(a_first, 16, 48);
}

static void
a_null_mx_takes_no_mail(void **state)
{
	const struct table_row rows[] = {
	    {"b.test", DNS_MX, "0 ."},
	    {"b.test", DNS_A, "192.0.2.1"},
	    {"odd.test", DNS_MX, "0 ."},
	    {"odd.test", DNS_MX, "10 b.test"},
	};
	struct found found = FIND(rows, .seed = 1);

	(void)state;
	assert_int_equal(found.outcome, MX_NULL);
	assert_int_equal(found.count, 0);
	found = FIND(rows, .domain = "odd.test");
	assert_int_equal(found.outcome, MX_FOUND);
	assert_string_equal(found.addresses, "192.0.2.1");
}

static void
a_domain_without_mx_is_its_own_host(void **state)
{
	const struct table_row rows[] = {
	    {"b.test", DNS_A, "192.0.2.1"},
	    {"b.test", DNS_AAAA, "2001:db8::1"},
	    {"text.test", DNS_TXT, "no address at all"},
	};
	struct found found = FIND(rows, .seed = 1);

	(void)state;
	assert_int_equal(found.outcome, MX_FOUND);
	assert_string_equal(found.addresses, "192.0.2.1 2001:db8::1");
	assert_string_equal(found.hosts, "b.test b.test");
	found = FIND(rows, .domain = "text.test");
	assert_int_equal(found.outcome, MX_NONE);
}

static void
mx_hosts_without_address_do_not_fall_back_to_the_domain(void **state)
{
	const struct table_row rows[] = {
	    {"b.test", DNS_MX, "10 gone.test"},
	    {"b.test", DNS_MX, "20 a..test"},
	    {"b.test", DNS_A, "192.0.2.1"},
	    {"bad.test", DNS_MX, "20 a..test"},
	    {"bad.test", DNS_A, "192.0.2.1"},
	};
	struct found found = FIND(rows, .seed = 1);

	(void)state;
	assert_int_equal(found.outcome, MX_NONE);
	assert_int_equal(found.count, 0);
	found = FIND(rows, .domain = "bad.test", .ourselves = "mx.a.test");
	assert_int_equal(found.outcome, MX_NONE);
}

static void
a_name_that_is_not_there_is_permanent(void **state)
{
	const struct table_row rows[] = {{"a.test", DNS_A, "192.0.2.1"}};
	struct found found = FIND(rows, .seed = 1);

	(void)state;
	assert_int_equal(found.outcome, MX_NONE);
	assert_int_equal(found.asked, 1);
	found = FIND(rows, .domain = "a..test");
	assert_int_equal(found.outcome, MX_NONE);
	assert_int_equal(found.asked, 0);
	found = FIND(rows, .domain = "");
	assert_int_equal(found.outcome, MX_NONE);
}

static void
an_unanswered_mx_look_up_is_temporary(void **state)
{
	const struct table_row rows[] = {
	    {"b.test", DNS_MX, TABLE_TIMEOUT},
	    {"b.test", DNS_A, "192.0.2.1"},
	};
	struct found found = FIND(rows, .seed = 1);

	(void)state;
	assert_int_equal(found.outcome, MX_TEMPORARY);
	assert_true(found.partial);
}

static void
an_unanswered_host_is_temporary_only_without_others(void **state)
{
	const struct table_row rows[] = {
	    {"b.test", DNS_MX, "10 late.test"},
	    {"b.test", DNS_MX, "20 gone.test"},
	    {"c.test", DNS_MX, "10 late.test"},
	    {"c.test", DNS_MX, "20 here.test"},
	    {"late.test", DNS_A, TABLE_TIMEOUT},
	    {"here.test", DNS_A, "192.0.2.1"},
	};
	struct found found = FIND(rows, .seed = 1);

	(void)state;
	assert_int_equal(found.outcome, MX_TEMPORARY);
	found = FIND(rows, .domain = "c.test");
	assert_int_equal(found.outcome, MX_FOUND);
	assert_string_equal(found.addresses, "192.0.2.1");
	assert_true(found.partial);
}

static void
ourselves_and_worse_hosts_are_left_out(void **state)
{
	const struct table_row rows[] = {
	    {"b.test", DNS_MX, "10 best.test"},
	    {"b.test", DNS_MX, "20 MX.a.test"},
	    {"b.test", DNS_MX, "20 equal.test"},
	    {"b.test", DNS_MX, "30 worse.test"},
	    {"best.test", DNS_A, "192.0.2.1"},
	    {"mx.a.test", DNS_A, "192.0.2.2"},
	    {"equal.test", DNS_A, "192.0.2.3"},
	    {"worse.test", DNS_A, "192.0.2.4"},
	};
	struct found found = FIND(rows, .ourselves = "mx.a.test");

	(void)state;
	assert_string_equal(found.addresses, "192.0.2.1");
	found = FIND(rows, .ourselves = "mx.z.test");
	assert_int_equal(found.count, 4);
	found = FIND(rows, .ourselves = "best.test");
	assert_int_equal(found.outcome, MX_OURSELVES);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.asked, 1);
	/* the implicit host, too */
	found = FIND(rows, .domain = "mx.a.test", .ourselves = "mx.A.test.");
	assert_int_equal(found.outcome, MX_OURSELVES);
}

static void
literals_are_their_own_address(void **state)
{
	static const struct {
		const char *text, *address;
	} list[] = {
	    {"[127.0.0.1]", "127.0.0.1"},
	    {"[IPv6:::1]", "::1"},
	    {"[ipv6:2001:db8::7]", "2001:db8::7"},
	    {"[]", NULL},
	    {"[", NULL},
	    {"[127.0.0.1", NULL},
	    {"[127.0.0.1]x", NULL},
	    {"[::1]", NULL},
	    {"[IPv6:127.0.0.1]", NULL},
	    {"[b.test]", NULL},
	};
	const struct table_row rows[] = {{"b.test", DNS_A, "192.0.2.1"}};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		struct found found = FIND(rows, .domain = list[i].text);

		assert_int_equal(found.asked, 0);
		if (list[i].address == NULL) {
			assert_int_equal(found.outcome, MX_NONE);
			continue;
		}
		assert_int_equal(found.outcome, MX_FOUND);
		assert_string_equal(found.addresses, list[i].address);
		assert_string_equal(found.hosts, list[i].text);
	}
}

static void
only_the_best_hosts_are_looked_at(void **state)
{
	static char values[40][24];
	struct table_row rows[41] = {{"host.test", DNS_A, "192.0.2.1"}};
	struct found found;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(
		    values[i], sizeof(values[i]), "%u h%u.test", 100 - i, i);
		rows[i + 1] = (struct table_row){"b.test", DNS_MX, values[i]};
	}
	found = FIND(rows, .seed = 1);
	assert_int_equal(found.outcome, MX_NONE);
	assert_int_equal(found.asked, 1 + 2 * MX_HOSTS_MAX);
	/* the best is the last in the answer, and still found */
	snprintf(values[39], sizeof(values[39]), "1 host.test");
	found = FIND(rows, .seed = 1);
	assert_string_equal(found.addresses, "192.0.2.1");
}

static void
addresses_end_at_their_ceiling(void **state)
{
	static char values[MX_ADDRESSES_MAX + 8][IP_TEXT];
	struct table_row rows[MX_ADDRESSES_MAX + 10] = {
	    {"b.test", DNS_MX, "10 big.test"},
	    {"b.test", DNS_MX, "20 more.test"},
	};
	struct found found;

	(void)state;
	for (unsigned i = 0; i < COUNT(values); i++) {
		snprintf(values[i], sizeof(values[i]), "192.0.2.%u", i);
		rows[i + 2] = (struct table_row){"big.test", DNS_A, values[i]};
	}
	found = FIND(rows, .seed = 1);
	assert_int_equal(found.count, MX_ADDRESSES_MAX);
	assert_int_equal(found.asked, 3);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hosts_come_by_preference_with_all_their_addresses),
	    cmocka_unit_test(an_address_is_kept_once_where_it_came_first),
	    cmocka_unit_test(equal_preferences_are_shuffled_by_the_seed),
	    cmocka_unit_test(a_null_mx_takes_no_mail),
	    cmocka_unit_test(a_domain_without_mx_is_its_own_host),
	    cmocka_unit_test(
		mx_hosts_without_address_do_not_fall_back_to_the_domain),
	    cmocka_unit_test(a_name_that_is_not_there_is_permanent),
	    cmocka_unit_test(an_unanswered_mx_look_up_is_temporary),
	    cmocka_unit_test(
		an_unanswered_host_is_temporary_only_without_others),
	    cmocka_unit_test(ourselves_and_worse_hosts_are_left_out),
	    cmocka_unit_test(literals_are_their_own_address),
	    cmocka_unit_test(only_the_best_hosts_are_looked_at),
	    cmocka_unit_test(addresses_end_at_their_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
