/*
 * check_host() against tables of records: selection, look-ups, include and
 * redirect, RFC 7208. Comparison with another implementation: spf_oracle.py.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
a_domain_without_a_record_gives_none(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf10"},
	    {"e.test", DNS_TXT, "v=spf1mx"},
	    {"e.test", DNS_TXT, " v=spf1 +all"},
	    {"e.test", DNS_TXT, "verification=123"},
	    {"a.test", DNS_A, "192.0.2.1"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .client = NULL), SPF_NONE);
	assert_int_equal(VISIT(rows, .sender = "x@a.test"), SPF_NONE);
	assert_int_equal(VISIT(rows, .sender = "x@gone.test"), SPF_NONE);
}

static void
one_record_is_selected_among_other_texts(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf10"},
	    {"e.test", DNS_TXT, "\x96"},
	    {"e.test", DNS_TXT, "V=sPf1 -ALL"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .client = NULL), SPF_FAIL);
}

static void
two_records_are_a_permanent_error(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 +all"},
	    {"e.test", DNS_TXT, "V=SPF1"},
	    {"a.test", DNS_TXT, "v=spf1 include:e.test"},
	    {"b.test", DNS_TXT, "v=spf1 redirect=e.test"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .client = NULL), SPF_PERMERROR);
	assert_int_equal(VISIT(rows, .sender = "x@a.test"), SPF_PERMERROR);
	assert_int_equal(VISIT(rows, .sender = "x@b.test"), SPF_PERMERROR);
}

static void
no_answer_for_the_record_is_a_temporary_error(void **state)
{
	const struct table_row rows[] = {
	    {"late.test", DNS_TXT, TABLE_TIMEOUT},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .sender = "x@late.test"), SPF_TEMPERROR);
}

/* 4.3 */
static void
a_malformed_domain_gives_none_and_asks_nothing(void **state)
{
	static const char *const senders[] = {
	    "x@a..test",
	    ("x@A12345678901234567890123456789012345678901234567890"
	     "1234567890123.e.test"),
	    "x@localhost",
	    "x@[192.0.2.1]",
	    "x@",
	    "x@a\x01.test",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(senders); i++) {
		const struct table_row rows[] = {
		    {"late.test", DNS_TXT, TABLE_TIMEOUT},
		};
		struct table table = {.rows = rows, .count = COUNT(rows)};

		assert_int_equal(
		    visit_run(&table, (struct visit){.sender = senders[i]}),
		    SPF_NONE);
		assert_int_equal(table.asked, 0);
	}
}

static void
a_sender_without_local_part_is_postmaster(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 exists:%{l}.%{o}.at.test -all"},
	    {"postmaster.e.test.at.test", DNS_A, "127.0.0.2"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .sender = "@e.test"), SPF_PASS);
	assert_int_equal(VISIT(rows, .sender = "bob@e.test"), SPF_FAIL);
}

static void
mx_hosts_are_asked_by_preference(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 mx -all"},
	    {"e.test", DNS_MX, "20 late.test"},
	    {"e.test", DNS_MX, "10 mx.e.test"},
	    {"mx.e.test", DNS_A, "192.0.2.1"},
	    {"late.test", DNS_A, TABLE_TIMEOUT},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .client = NULL), SPF_PASS);
	assert_int_equal(VISIT(rows, .client = "192.0.2.2"), SPF_TEMPERROR);
}

static void
exists_asks_for_ip4_addresses_even_of_ip6_clients(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 exists:mx.e.test -all", SPF_PASS, "2001:db8::5"},
	    {"v=spf1 exists:%{d} -all", SPF_PASS, NULL},
	    {"v=spf1 exists:only6.test -all", SPF_FAIL, "2001:db8::5"},
	    {"v=spf1 exists:gone.test -all", SPF_FAIL, NULL},
	    {"v=spf1 exists:late.test -all", SPF_TEMPERROR, NULL},
	};
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 exists:only6.test -all"},
	    {"only6.test", DNS_AAAA, "2001:db8::5"},
	};

	(void)state;
	CHECK_RECORDS(list);
	assert_int_equal(VISIT(rows, .client = "2001:db8::5"), SPF_FAIL);
}

static void
ptr_matches_confirmed_names_only(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 ptr -all", SPF_PASS, NULL},
	    {"v=spf1 ptr -all", SPF_PASS, "2001:db8::1"},
	    {"v=spf1 ptr:E.TEST -all", SPF_PASS, NULL},
	    {"v=spf1 ptr:x.e.test -all", SPF_FAIL, NULL},
	    {"v=spf1 ptr:liar.test -all", SPF_FAIL, NULL},
	    {"v=spf1 ptr:.test -all", SPF_FAIL, NULL},
	    {"v=spf1 ptr:x.%{d} ptr -all", SPF_PASS, NULL},
	    {"v=spf1 ptr -all", SPF_FAIL, "192.0.2.9"},
	};

	(void)state;
	CHECK_RECORDS(list);
}

/* 5.5: "test" may end a name only at a dot */
static void
ptr_matches_whole_labels(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 ptr -all"},
	    {"1.2.0.192.in-addr.arpa", DNS_PTR, "some.test"},
	    {"some.test", DNS_A, "192.0.2.1"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .client = NULL), SPF_FAIL);
}

static void
errors_in_the_reverse_zone_make_no_error(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 ptr exists:%{p}.p.test -all"},
	    {"1.2.0.192.in-addr.arpa", DNS_PTR, TABLE_TIMEOUT},
	    {"2.2.0.192.in-addr.arpa", DNS_PTR, "late.test"},
	    {"2.2.0.192.in-addr.arpa", DNS_PTR, "mx.e.test"},
	    {"late.test", DNS_A, TABLE_TIMEOUT},
	    {"mx.e.test", DNS_A, "192.0.2.2"},
	    {"unknown.p.test", DNS_A, "127.0.0.2"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .client = NULL), SPF_PASS);
	assert_int_equal(VISIT(rows, .client = "192.0.2.2"), SPF_PASS);
}

/* 7.3: the domain itself, else one below it, else any, else "unknown" */
static void
the_best_confirmed_name_stands_for_p(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 exists:%{p}.is.test -all"},
	    {"i.test", DNS_TXT, "v=spf1 include:j.test -all"},
	    {"j.test", DNS_TXT, "v=spf1 exists:%{p}.is.test -all"},
	    {"1.2.0.192.in-addr.arpa", DNS_PTR, "a.test"},
	    {"1.2.0.192.in-addr.arpa", DNS_PTR, "b.e.test"},
	    {"2.2.0.192.in-addr.arpa", DNS_PTR, "a.test"},
	    {"2.2.0.192.in-addr.arpa", DNS_PTR, "b.e.test"},
	    {"2.2.0.192.in-addr.arpa", DNS_PTR, "e.test"},
	    {"a.test", DNS_A, "192.0.2.1"},
	    {"a.test", DNS_A, "192.0.2.2"},
	    {"b.e.test", DNS_A, "192.0.2.1"},
	    {"b.e.test", DNS_A, "192.0.2.2"},
	    {"e.test", DNS_A, "192.0.2.2"},
	    {"b.e.test.is.test", DNS_A, "127.0.0.2"},
	    {"a.test.is.test", DNS_A, "127.0.0.2"},
	    {"unknown.is.test", DNS_A, "127.0.0.2"},
	};
	const struct table_row exact[] = {
	    {"e.test", DNS_TXT, "v=spf1 exists:%{p}.is.test -all"},
	    {"2.2.0.192.in-addr.arpa", DNS_PTR, "b.e.test"},
	    {"2.2.0.192.in-addr.arpa", DNS_PTR, "e.test"},
	    {"b.e.test", DNS_A, "192.0.2.2"},
	    {"e.test", DNS_A, "192.0.2.2"},
	    {"e.test.is.test", DNS_A, "127.0.0.2"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .client = NULL), SPF_PASS);
	assert_int_equal(VISIT(rows, .client = "192.0.2.3"), SPF_PASS);
	assert_int_equal(VISIT(rows, .sender = "x@i.test"), SPF_PASS);
	assert_int_equal(VISIT(exact, .client = "192.0.2.2"), SPF_PASS);
}

/* 5.2: what each result of the included record means */
static void
include_matches_only_what_passes(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 ?include:pass.test -all", SPF_NEUTRAL, NULL},
	    {"v=spf1 -include:pass.test +all", SPF_FAIL, NULL},
	    {"v=spf1 include:fail.test ~all", SPF_SOFTFAIL, NULL},
	    {"v=spf1 include:soft.test all", SPF_PASS, NULL},
	    {"v=spf1 include:neutral.test -all", SPF_FAIL, NULL},
	    {"v=spf1 include:late.test -all", SPF_TEMPERROR, NULL},
	    {"v=spf1 include:broken.test -all", SPF_PERMERROR, NULL},
	    {"v=spf1 include:other.test -all", SPF_PERMERROR, NULL},
	    {"v=spf1 include:gone.test -all", SPF_PERMERROR, NULL},
	    {"v=spf1 include:a..test -all", SPF_PERMERROR, NULL},
	    {"v=spf1 ip4:192.0.2.1 include:gone.test -all", SPF_PASS, NULL},
	};

	(void)state;
	CHECK_RECORDS(list);
}

static void
an_included_record_speaks_of_its_own_domain(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 include:i.test -all"},
	    {"i.test", DNS_TXT, "v=spf1 a exists:%{d}.%{o}.at.test -all"},
	    {"i.test", DNS_A, "192.0.2.2"},
	    {"i.test.e.test.at.test", DNS_A, "127.0.0.2"},
	    {"w.test", DNS_TXT, "v=spf1 include:i.test a -all"},
	    {"w.test", DNS_A, "192.0.2.3"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .client = "192.0.2.2"), SPF_PASS);
	assert_int_equal(VISIT(rows, .client = NULL), SPF_PASS);
	assert_int_equal(
	    VISIT(rows, .sender = "x@w.test", .client = "192.0.2.3"), SPF_PASS);
	assert_int_equal(VISIT(rows, .sender = "x@w.test"), SPF_FAIL);
}

/* 6.1 */
static void
redirect_follows_when_nothing_matched(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 redirect=pass.test", SPF_PASS, NULL},
	    {"v=spf1 redirect=fail.test ip4:192.0.2.1", SPF_PASS, NULL},
	    {"v=spf1 REDIRECT=fail.test ip4:192.0.2.2", SPF_FAIL, NULL},
	    {"v=spf1 redirect=late.test", SPF_TEMPERROR, NULL},
	    {"v=spf1 redirect=gone.test", SPF_PERMERROR, NULL},
	    {"v=spf1 redirect=other.test", SPF_PERMERROR, NULL},
	    {"v=spf1 redirect=e.test ~all", SPF_SOFTFAIL, NULL},
	    {"v=spf1 redirect=soft.%{d1}", SPF_SOFTFAIL, NULL},
	};
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 redirect=i.test"},
	    {"e.test", DNS_A, "192.0.2.1"},
	    {"i.test", DNS_TXT, "v=spf1 a -all"},
	    {"i.test", DNS_A, "192.0.2.2"},
	    {"w.test", DNS_TXT, "v=spf1 include:e.test ?all"},
	};

	(void)state;
	CHECK_RECORDS(list);
	assert_int_equal(VISIT(rows, .client = NULL), SPF_FAIL);
	assert_int_equal(VISIT(rows, .client = "192.0.2.2"), SPF_PASS);
	assert_int_equal(VISIT(rows, .sender = "x@w.test"), SPF_NEUTRAL);
	assert_int_equal(
	    VISIT(rows, .sender = "x@w.test", .client = "192.0.2.2"), SPF_PASS);
}

static void
macros_may_use_the_greeting(void **state)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, "v=spf1 a:%{H} -all"},
	    {"host.test", DNS_A, "192.0.2.1"},
	};

	(void)state;
	assert_int_equal(VISIT(rows, .helo = "host.test"), SPF_PASS);
	assert_int_equal(VISIT(rows, .helo = "[192.0.2.1]"), SPF_FAIL);
	assert_int_equal(VISIT(rows, .helo = "JUMPIN' JUPITER"), SPF_FAIL);
	assert_int_equal(VISIT(rows, .helo = ""), SPF_FAIL);
	assert_int_equal(
	    VISIT(rows, .helo = "%%%%%%%%%%%%%%%%%%%%%%%%.test"), SPF_FAIL);
}

/* GD-54: the record of the paper, with hosts in other domains */
static void
the_record_of_general_delivery_is_understood(void **state)
{
	const struct table_row rows[] = {
	    {"example.com", DNS_TXT, "v=spf1 mx a:pullmail.example.com -all"},
	    {"example.com", DNS_MX, "10 mx.provider.test"},
	    {"mx.provider.test", DNS_A, "203.0.113.1"},
	    {"pullmail.example.com", DNS_A, "203.0.113.2"},
	    {"example.com", DNS_A, "203.0.113.3"},
	};
	struct visit visit = {.sender = "alice@example.com"};
	struct table table = {.rows = rows, .count = COUNT(rows)};

	(void)state;
	visit.client = "203.0.113.1";
	assert_int_equal(visit_run(&table, visit), SPF_PASS);
	visit.client = "203.0.113.2";
	assert_int_equal(visit_run(&table, visit), SPF_PASS);
	visit.client = "203.0.113.3";
	assert_int_equal(visit_run(&table, visit), SPF_FAIL);
}

static void
each_result_has_its_word(void **state)
{
	(void)state;
	assert_string_equal(spf_result_name(SPF_NONE), "none");
	assert_string_equal(spf_result_name(SPF_NEUTRAL), "neutral");
	assert_string_equal(spf_result_name(SPF_PASS), "pass");
	assert_string_equal(spf_result_name(SPF_FAIL), "fail");
	assert_string_equal(spf_result_name(SPF_SOFTFAIL), "softfail");
	assert_string_equal(spf_result_name(SPF_TEMPERROR), "temperror");
	assert_string_equal(spf_result_name(SPF_PERMERROR), "permerror");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_domain_without_a_record_gives_none),
	    cmocka_unit_test(one_record_is_selected_among_other_texts),
	    cmocka_unit_test(two_records_are_a_permanent_error),
	    cmocka_unit_test(no_answer_for_the_record_is_a_temporary_error),
	    cmocka_unit_test(a_malformed_domain_gives_none_and_asks_nothing),
	    cmocka_unit_test(a_sender_without_local_part_is_postmaster),
	    cmocka_unit_test(mx_hosts_are_asked_by_preference),
	    cmocka_unit_test(exists_asks_for_ip4_addresses_even_of_ip6_clients),
	    cmocka_unit_test(ptr_matches_confirmed_names_only),
	    cmocka_unit_test(ptr_matches_whole_labels),
	    cmocka_unit_test(errors_in_the_reverse_zone_make_no_error),
	    cmocka_unit_test(the_best_confirmed_name_stands_for_p),
	    cmocka_unit_test(include_matches_only_what_passes),
	    cmocka_unit_test(an_included_record_speaks_of_its_own_domain),
	    cmocka_unit_test(redirect_follows_when_nothing_matched),
	    cmocka_unit_test(macros_may_use_the_greeting),
	    cmocka_unit_test(the_record_of_general_delivery_is_understood),
	    cmocka_unit_test(each_result_has_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
