/* From which address we call, and where we can call ourselves. */
#include "daemon/caller/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Of a server with these LINES; family 0: it cannot call itself. */
static struct ip
ourselves(const char *lines)
{
	char text[512];
	struct settings *settings;
	struct err err = {0};
	struct ip ip;

	snprintf(text, sizeof text,
	    "hostname = \"mx.a.test\"\ndomains = {\"a.test\"}\n%s", lines);
	if (settings_parse(span_of(text), "t", &settings, &err) != 0)
		fail_msg("%s", err.text);
	if (source_ourselves(settings, &ip, &err) != 0) {
		assert_int_equal(err.code, -E_NONE);
		ip.family = 0;
	}
	settings_free(&settings);
	return ip;
}

static void
assert_is(struct ip ip, const char *text)
{
	char shown[IP_TEXT];

	ip_text(ip, shown);
	assert_string_equal(shown, text);
}

static void
who_listens_on_all_addresses_calls_loopback(void **state)
{
	(void)state;
	assert_is(ourselves(""), "127.0.0.1");
	assert_is(ourselves("listen-smtp = {\"[::]:25\"}\n"), "::1");
}

static void
who_listens_on_one_address_calls_that(void **state)
{
	(void)state;
	assert_is(ourselves("listen-smtp = {\"192.0.2.1:25\"}\n"), "192.0.2.1");
}

/* Else whoever is called would not be who may fetch. */
static void
the_address_is_the_one_that_is_called_from(void **state)
{
	(void)state;
	assert_is(ourselves("listen-smtp = {\"192.0.2.1:25\", "
			    "\"192.0.2.2:25\"}\n"
			    "source-addresses = {\"192.0.2.2\"}\n"),
	    "192.0.2.2");
	assert_is(ourselves("listen-smtp = {\"0.0.0.0:25\", \"[::]:25\"}\n"
			    "source-addresses = {\"192.0.2.2\"}\n"),
	    "192.0.2.2");
}

static void
who_listens_at_another_port_than_it_calls_cannot_call_itself(void **state)
{
	(void)state;
	assert_int_equal(
	    ourselves("listen-smtp = {\"0.0.0.0:2525\"}\n").family, 0);
	assert_is(ourselves("listen-smtp = {\"0.0.0.0:2525\"}\n"
			    "smtp-port = 2525\n"),
	    "127.0.0.1");
	assert_is(ourselves("listen-smtp = {\"0.0.0.0:2525\", \"[::]:25\"}\n"),
	    "::1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_listens_on_all_addresses_calls_loopback),
	    cmocka_unit_test(who_listens_on_one_address_calls_that),
	    cmocka_unit_test(the_address_is_the_one_that_is_called_from),
	    cmocka_unit_test(
		who_listens_at_another_port_than_it_calls_cannot_call_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
