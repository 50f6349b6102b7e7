/* The grammar of a record, and terms that need little else. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
an_empty_record_is_neutral(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1", SPF_NEUTRAL, NULL},
	    {"v=spf1    ", SPF_NEUTRAL, NULL},
	    {"v=spf1 ip4:192.0.2.7", SPF_NEUTRAL, NULL},
	    {"v=spf1 default=pass", SPF_NEUTRAL, NULL},
	};

	(void)state;
	CHECK_RECORDS(list);
}

static void
all_matches_with_its_qualifier(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 all -all", SPF_PASS, NULL},
	    {"v=spf1  -all  ", SPF_FAIL, NULL},
	    {"v=spf1 ~aLL", SPF_SOFTFAIL, NULL},
	    {"v=spf1 ?all", SPF_NEUTRAL, NULL},
	    {"v=spf1 +all", SPF_PASS, NULL},
	};

	(void)state;
	CHECK_RECORDS(list);
}

/* 4.6: whatever matches first */
static void
a_syntax_error_anywhere_spoils_the_record(void **state)
{
	static const char *const records[] = {"v=spf1 all moo",
	    "v=spf1 all -all.", "v=spf1 all all:x", "v=spf1 all all/8",
	    "v=spf1 all --all", "v=spf1 all -", "v=spf1 all include",
	    "v=spf1 all include:", "v=spf1 all include:e.test/24",
	    "v=spf1 all exists",
	    "v=spf1 all exists:", "v=spf1 all exists:a.test/24",
	    "v=spf1 all ptr:", "v=spf1 all ptr/0",
	    "v=spf1 all a:", "v=spf1 all mx:", "v=spf1 all a:museum",
	    "v=spf1 all a:e.test:8080", "v=spf1 all a:192.0.2.1",
	    "v=spf1 all a:e.test,", "v=spf1 all a/33", "v=spf1 all a//129",
	    "v=spf1 all a/24/64", "v=spf1 all a/", "v=spf1 all a/08",
	    "v=spf1 all a///64", "v=spf1 all mx/999999999999999999999",
	    "v=spf1 all ip4", "v=spf1 all ip4:", "v=spf1 all ip4:192.0.2",
	    "v=spf1 all ip4:192.0.2.01", "v=spf1 all ip4:192.0.2.1/33",
	    "v=spf1 all ip4:192.0.2.1/032", "v=spf1 all ip4:192.0.2.1//32",
	    "v=spf1 all ip4:192.0.2.1/", "v=spf1 all ip4:192.0.2.1:25",
	    "v=spf1 all ip4:2001:db8::1", "v=spf1 all ip6",
	    "v=spf1 all ip6:192.0.2.1", "v=spf1 all ip6:::1/129",
	    "v=spf1 all ip6:::1//33", "v=spf1 all ip6::CAFE::BABE",
	    "v=spf1 all redirect:e.test",
	    "v=spf1 all redirect=", "v=spf1 all redirect=-all",
	    "v=spf1 all exp=", "v=spf1 all exp=-all",
	    "v=spf1 all exp=a.test exp=a.test",
	    "v=spf1 all redirect=a.test redirect=a.test", "v=spf1 all =all",
	    "v=spf1 all 1up=x", "v=spf1 all -x=y", "v=spf1 all x/y=z",
	    "v=spf1 all x:y=z", "v=spf1 all foo=%abc",
	    "v=spf1 all exp=%{c}.a.test", "v=spf1 all a:%{x}.a.test",
	    "v=spf1 all \200a", "v=spf1 all\tmx", "v=spf1 all a:e.test\rptr",
	    "v=spf1 all ip5:1"};

	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		const struct record_case one = {
		    records[i], SPF_PERMERROR, NULL};

		world_check(&one, 1);
	}
}

static void
unknown_modifiers_are_ignored_however_often(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 moo.cow-far_out=man:dog/cat ip4:192.0.2.1 -all", SPF_PASS,
		NULL},
	    {"v=spf1 a1=x a1=y a1= -all", SPF_FAIL, NULL},
	    {"v=spf1 -all exp=%{d}", SPF_FAIL, NULL},
	};

	(void)state;
	CHECK_RECORDS(list);
}

static void
ip4_and_ip6_match_their_own_family(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 ip4:192.0.2.1 -all", SPF_PASS, NULL},
	    {"v=spf1 ip4:192.0.2.0/31 -all", SPF_PASS, NULL},
	    {"v=spf1 ip4:192.0.2.7/24 -all", SPF_PASS, NULL},
	    {"v=spf1 ip4:192.0.2.2/31 -all", SPF_FAIL, NULL},
	    {"v=spf1 ip4:1.1.1.1/0 -all", SPF_PASS, NULL},
	    {"v=spf1 ip4:0.0.0.0/0 -all", SPF_FAIL, "2001:db8::1"},
	    {"v=spf1 ip6:2001:DB8::/32 -all", SPF_PASS, "2001:db8::1"},
	    {"v=spf1 ip6:2001:db8:8000::/33 -all", SPF_FAIL, "2001:db8::1"},
	    {"v=spf1 ip6:::/0 -all", SPF_PASS, "2001:db8::1"},
	    {"v=spf1 ip6:::/0 -all", SPF_FAIL, NULL},
	    {"v=spf1 ip6:::1.1.1.1/0 -all", SPF_PASS, "2001:db8::1"},
	};

	(void)state;
	CHECK_RECORDS(list);
}

/* 5: a mapped client is an IPv4 one; ip6 never matches it */
static void
a_mapped_client_is_an_ip4_client(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 -ip4:192.0.2.1 ip6:::ffff:192.0.2.1", SPF_FAIL,
		"::ffff:192.0.2.1"},
	    {"v=spf1 ip6:::ffff:192.0.2.1/96 -all", SPF_FAIL, NULL},
	    {"v=spf1 a//0 -all", SPF_FAIL, "::ffff:192.0.2.1"},
	};

	(void)state;
	CHECK_RECORDS(list);
}

static void
a_compares_every_address_with_its_length(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 a -all", SPF_FAIL, NULL},
	    {"v=spf1 a -all", SPF_PASS, "192.0.2.9"},
	    {"v=spf1 a/24 -all", SPF_PASS, NULL},
	    {"v=spf1 a//24 -all", SPF_FAIL, NULL},
	    {"v=spf1 a:near.test/24 -all", SPF_PASS, NULL},
	    {"v=spf1 a:near.test/24//48 -all", SPF_PASS, "2001:db8::1"},
	    {"v=spf1 a:near.test/24//64 -all", SPF_FAIL, "2001:db8::1"},
	    {"v=spf1 a/0 -all", SPF_FAIL, "2001:db8::1"},
	    {"v=spf1 a//0 -all", SPF_PASS, "2001:db8::1"},
	    {"v=spf1 a:nomail.test/0 -all", SPF_FAIL, NULL},
	    {"v=spf1 a:gone.test/0 -all", SPF_FAIL, NULL},
	    {"v=spf1 a:odd:name/x.test -all", SPF_PASS, NULL},
	    {"v=spf1 a:late.test -all", SPF_TEMPERROR, NULL},
	    {"v=spf1 a:a..test -all", SPF_FAIL, NULL},
	};

	(void)state;
	CHECK_RECORDS(list);
}

static void
mx_compares_the_addresses_of_its_hosts(void **state)
{
	const struct record_case list[] = {
	    {"v=spf1 mx -all", SPF_PASS, NULL},
	    {"v=spf1 mx -all", SPF_PASS, "2001:db8::1"},
	    {"v=spf1 mx -all", SPF_FAIL, "192.0.2.9"},
	    {"v=spf1 mx/24 -all", SPF_PASS, "192.0.2.9"},
	    {"v=spf1 mx:e.test//64 -all", SPF_PASS, "2001:db8::77"},
	    {"v=spf1 mx:late.test -all", SPF_TEMPERROR, NULL},
	    /* no implicit host, and none from a null MX */
	    {"v=spf1 mx:mx.e.test -all", SPF_FAIL, NULL},
	    {"v=spf1 mx:nomail.test -all", SPF_FAIL, NULL},
	};

	(void)state;
	CHECK_RECORDS(list);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_record_is_neutral),
	    cmocka_unit_test(all_matches_with_its_qualifier),
	    cmocka_unit_test(a_syntax_error_anywhere_spoils_the_record),
	    cmocka_unit_test(unknown_modifiers_are_ignored_however_often),
	    cmocka_unit_test(ip4_and_ip6_match_their_own_family),
	    cmocka_unit_test(a_mapped_client_is_an_ip4_client),
	    cmocka_unit_test(a_compares_every_address_with_its_length),
	    cmocka_unit_test(mx_compares_the_addresses_of_its_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
