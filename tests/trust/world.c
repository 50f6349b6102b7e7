/* The names around a record that is tested alone. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static enum spf_result
result_of(const struct record_case *one)
{
	const struct table_row rows[] = {
	    {"e.test", DNS_TXT, one->record},
	    {"e.test", DNS_A, "192.0.2.9"},
	    {"e.test", DNS_AAAA, "2001:db8::9"},
	    {"e.test", DNS_MX, "10 mx.e.test"},
	    {"mx.e.test", DNS_A, "192.0.2.1"},
	    {"mx.e.test", DNS_AAAA, "2001:db8::1"},
	    {"near.test", DNS_A, "198.51.100.1"},
	    {"near.test", DNS_A, "192.0.2.200"},
	    {"near.test", DNS_AAAA, "2001:db8:0:1::1"},
	    {"odd:name/x.test", DNS_A, "192.0.2.1"},
	    {"late.test", DNS_A, TABLE_TIMEOUT},
	    {"late.test", DNS_TXT, TABLE_TIMEOUT},
	    {"late.test", DNS_MX, TABLE_TIMEOUT},
	    {"nomail.test", DNS_MX, "0 ."},
	    {"pass.test", DNS_TXT, "v=spf1 +all"},
	    {"fail.test", DNS_TXT, "v=spf1 -all"},
	    {"soft.test", DNS_TXT, "v=spf1 ~all"},
	    {"neutral.test", DNS_TXT, "v=spf1"},
	    {"broken.test", DNS_TXT, "v=spf1 all moo"},
	    {"other.test", DNS_TXT, "v=spfl what is this"},
	    {"1.2.0.192.in-addr.arpa", DNS_PTR, "liar.test"},
	    {"1.2.0.192.in-addr.arpa", DNS_PTR, "mx.e.test"},
	    {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0."
	     "2.ip6.arpa",
		DNS_PTR, "mx.E.test"},
	    {"liar.test", DNS_A, "192.0.2.66"},
	};

	return VISIT(rows, .client = one->client);
}

void
world_check(const struct record_case *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum spf_result result = result_of(&list[i]);

		if (result != list[i].result)
			fail_msg(
			    "%s: %s", list[i].record, spf_result_name(result));
	}
}
