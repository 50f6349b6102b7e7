/* The limits of RFC 7208 4.6.4, and giving up. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
names_beyond_the_tenth_are_ignored_by_ptr(void **state)
{
	struct table_row rows[14] = {
	    {"e.test", DNS_TXT, "v=spf1 ptr -all"},
	    {"e.test", DNS_A, "192.0.2.1"},
	    {"f.test", DNS_A, "192.0.2.66"},
	};
	size_t n = 3;

	(void)state;
	for (; n < 13; n++)
		rows[n] = (struct table_row){
		    "1.2.0.192.in-addr.arpa", DNS_PTR, "f.test"};
	rows[n] =
	    (struct table_row){"1.2.0.192.in-addr.arpa", DNS_PTR, "e.test"};
	assert_int_equal(VISIT(rows, .client = NULL), SPF_FAIL);
	rows[12].value = "e.test";
	assert_int_equal(VISIT(rows, .client = NULL), SPF_PASS);
}

static void
ten_terms_may_look_something_up(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 a mx a mx a mx a mx a mx ip4:192.0.2.5 -all", SPF_PASS,
		"192.0.2.5"},
	    {"v=spf1 a mx a mx a mx a mx a mx a ip4:192.0.2.5 -all",
		SPF_PERMERROR, "192.0.2.5"},
	    {"v=spf1 a a a a a a a a a redirect=fail.test", SPF_FAIL, NULL},
	    {"v=spf1 a a a a a a a a a a redirect=fail.test", SPF_PERMERROR,
		NULL},
	    {"v=spf1 a a a a a a a a include:neutral.test "
	     "include:neutral.test -all",
		SPF_FAIL, NULL},
	    {"v=spf1 a a a a a a a a a include:soft.test include:soft.test "
	     "-all",
		SPF_PERMERROR, NULL},
	};

	(void)state;
	CHECK_RECORDS(list);
}

static void
loops_end_in_a_permanent_error(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 include:f.test -all"},
	    {"f.test", DNS_TXT, "v=spf1 include:e.test -all"},
	    {"g.test", DNS_TXT, "v=spf1 redirect=g.test"},
	    {"h.test", DNS_TXT, "v=spf1 include:h.test -all"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .client = NULL), SPF_PERMERROR);
	assert_int_equal(VISIT(rows, .sender = "x@g.test"), SPF_PERMERROR);
	assert_int_equal(VISIT(rows, .sender = "x@h.test"), SPF_PERMERROR);
}

static void
includes_nest_ten_deep_and_unwind(void **state)
{
	static char names[11][16];
	static char records[11][40];
	struct table_row rows[11];

	(void)state;
	for (unsigned i = 0; i < 11; i++) {
		snprintf(names[i], sizeof(names[i]), "n%u.test", i);
		snprintf(records[i], sizeof(records[i]),
		    "v=spf1 include:n%u.test ?all", i + 1);
		rows[i] = (struct table_row){names[i], DNS_TXT, records[i]};
	}
	rows[10].value = "v=spf1 +all";
	assert_int_equal(VISIT(rows, .sender = "x@n0.test"), SPF_PASS);
	rows[10].value = "v=spf1 -all";
	assert_int_equal(VISIT(rows, .sender = "x@n0.test"), SPF_NEUTRAL);
}

static void
two_terms_may_find_nothing(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 a:1.gone.test a:2.gone.test ?all", SPF_NEUTRAL, NULL},
	    {"v=spf1 a:1.gone.test exists:2.gone.test mx:fail.test all",
		SPF_PERMERROR, NULL},
	    {"v=spf1 a:1.gone.test a:1.gone.test a:1.gone.test all",
		SPF_PERMERROR, NULL},
	    {"v=spf1 a:1.gone.test a:2.gone.test ptr all", SPF_PERMERROR,
		"192.0.2.44"},
	    /* %{p} and exp are nobody's term */
	    {"v=spf1 a:1.gone.test a:2.gone.test a:%{p}.a.b.near.test all",
		SPF_PERMERROR, "192.0.2.44"},
	    {"v=spf1 a:1.gone.test -a:%{p}.gone.test a all exp=gone.test",
		SPF_PASS, "192.0.2.44"},
	};

	(void)state;
	CHECK_RECORDS(list);
}

/* Three hosts without IPv6 are one term that found nothing. */
static void
an_ip6_client_survives_mx_hosts_without_ip6(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 mx ip6:2001:db8::/32 -all"},
	    {"e.test", DNS_MX, "10 a.e.test"},
	    {"e.test", DNS_MX, "20 b.e.test"},
	    {"e.test", DNS_MX, "30 c.e.test"},
	    {"a.e.test", DNS_A, "192.0.2.1"},
	    {"b.e.test", DNS_A, "192.0.2.2"},
	    {"c.e.test", DNS_A, "192.0.2.3"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .client = "2001:db8::5"), SPF_PASS);
}

static void
eleven_mx_hosts_are_a_permanent_error(void **state)
{
	struct table_row rows[13] = {
	    {"e.test", DNS_TXT, "v=spf1 mx -all"},
	    {"e.test", DNS_A, "192.0.2.1"},
	};

	(void)state;
	for (size_t n = 2; n < 13; n++)
		rows[n] = (struct table_row){"e.test", DNS_MX, "5 e.test"};
	assert_int_equal(VISIT(rows, .client = NULL), SPF_PERMERROR);
	rows[12].type = DNS_AAAA;
	rows[12].value = "2001:db8::1";
	assert_int_equal(VISIT(rows, .client = NULL), SPF_PASS);
}

static void
a_host_may_have_many_addresses(void **state)
{
	struct table_row rows[21] = {{"e.test", DNS_TXT, "v=spf1 a -all"}};

	(void)state;
	for (size_t n = 1; n < 20; n++)
		rows[n] = (struct table_row){"e.test", DNS_A, "192.0.2.77"};
	rows[20] = (struct table_row){"e.test", DNS_A, "192.0.2.1"};
	assert_int_equal(VISIT(rows, .client = NULL), SPF_PASS);
}

static void
an_evaluation_may_be_dropped_half_way(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 include:f.test -all"},
	    {"f.test", DNS_TXT, "v=spf1 a -all"},
	};
	struct table table = {.rows = rows, .count = COUNT(rows)};
	struct spf_query query = {
	    .sender = span_of("bob@e.test"),
	    .domain = span_of("e.test"),
	};

	(void)state;
	assert_int_equal(ip_parse(span_of("192.0.2.1"), &query.client), 0);
	for (unsigned steps = 0; steps < 4; steps++) {
		struct spf *x = spf_new(&query);
		struct dns_question question;

		for (unsigned i = 0; i < steps && spf_wants(x, &question);
		     i++) {
			struct dns_answer answer =
			    table_answer(&table, &question);

			spf_answer(x, &answer);
		}
		spf_free(&x);
		spf_free(&x);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_beyond_the_tenth_are_ignored_by_ptr),
	    cmocka_unit_test(ten_terms_may_look_something_up),
	    cmocka_unit_test(loops_end_in_a_permanent_error),
	    cmocka_unit_test(includes_nest_ten_deep_and_unwind),
	    cmocka_unit_test(two_terms_may_find_nothing),
	    cmocka_unit_test(an_ip6_client_survives_mx_hosts_without_ip6),
	    cmocka_unit_test(eleven_mx_hosts_are_a_permanent_error),
	    cmocka_unit_test(a_host_may_have_many_addresses),
	    cmocka_unit_test(an_evaluation_may_be_dropped_half_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
