/*
 * The configuration: what is taken, what is refused and in which words, and
 * that no text whatever breaks the reader.
 */
#include "base/settings.h"

#include "base/buf.h"
#include "base/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NEEDED "hostname = \"mx.a.test\"\ndomains = {\"a.test\"}\n"

static struct settings *
parse_good(const char *text)
{
	struct settings *settings;
	struct err err = {0};

	if (settings_parse(span_of(text), "t", &settings, &err) != 0)
		fail_msg("%s", err.text);
	return settings;
}

static void
expect_fault_in(struct span text, const char *expected)
{
	struct settings *settings;
	struct err err = {0};

	assert_int_equal(settings_parse(text, "t", &settings, &err), -E_SYNTAX);
	assert_null(settings);
	assert_string_equal(err.text, expected);
}

static void
expect_fault(const char *text, const char *expected)
{
	expect_fault_in(span_of(text), expected);
}

/* LINE becomes line 3, behind the two keys that must be there. */
static void
expect_line_fault(const char *line, const char *expected)
{
	char text[512];

	snprintf(text, sizeof text, NEEDED "%s\n", line);
	expect_fault(text, expected);
}

static void
what_is_not_given_has_its_standard_value(void **state)
{
	struct settings *s = parse_good(NEEDED);

	(void)state;
	assert_string_equal(s->hostname, "mx.a.test");
	assert_int_equal(s->domains.n, 1);
	assert_string_equal(s->domains.v[0], "a.test");
	assert_string_equal(s->state, "/var/lib/restante");
	assert_int_equal(s->listen_smtp.n, 2);
	assert_string_equal(s->listen_smtp.v[1], "[::]:25");
	assert_int_equal(s->smtp_port, 25);
	assert_int_equal(s->hold_time_server, 48 * 3600);
	assert_int_equal(s->message_size, 50 << 20);
	assert_int_equal(s->strangers, STRANGERS_ACCEPT);
	assert_true(s->spf_mx_fallback);
	assert_int_equal(s->pull_retries.n, 4);
	assert_int_equal(s->allow_hosts.n, 0);
	settings_free(&s);
	assert_null(s);
	settings_free(&s);
}

static void
every_kind_takes_its_values(void **state)
{
	struct settings *s = parse_good(
	    "# of the whole\n"
	    "hostname = 'MX.A.test' // ours\r\n"
	    "domains = { \"a.test\", \"B.test\", } /* two\nlines */\n"
	    "mail = \"/a \\\"b\\\\c\"\n"
	    "pull-delay-max=90s hold-time-user = \"2 w\"\n"
	    "message-size = \"64KiB\" hold-quota = 1000\n"
	    "submit-rate = unlimited notice-rate = 7\n"
	    "strangers = reject spf-mx-fallback = false\n"
	    "listen-submission = {}\n"
	    "allow-hosts = \"192.0.2.0/24 2001:db8::/32 .c.test *.d.test "
	    "e.test\"");

	(void)state;
	assert_string_equal(s->hostname, "mx.a.test");
	assert_int_equal(s->domains.n, 2);
	assert_string_equal(s->domains.v[1], "b.test");
	assert_string_equal(s->mail, "/a \"b\\c");
	assert_int_equal(s->pull_delay_max, 90);
	assert_int_equal(s->hold_time_user, 14 * 86400);
	assert_int_equal(s->message_size, 65536);
	assert_int_equal(s->hold_quota, 1000);
	assert_int_equal(s->submit_rate, 0);
	assert_int_equal(s->notice_rate, 7);
	assert_int_equal(s->strangers, STRANGERS_REJECT);
	assert_false(s->spf_mx_fallback);
	assert_int_equal(s->listen_submission.n, 0);
	assert_int_equal(s->allow_hosts.n, 5);
	settings_free(&s);
}

static void
a_key_given_twice_is_refused(void **state)
{
	(void)state;
	expect_line_fault("hostname = \"mx.b.test\"",
	    "t:3: hostname: given twice, the first time in line 1");
	expect_line_fault("domains = {}",
	    "t:3: domains: given twice, the first time in line 2");
}

static void
variables_of_the_environment_are_not_looked_at(void **state)
{
	(void)state;
	expect_line_fault("mail = \"/${HOME}\"",
	    "t:3: mail: ${...}: variables are not replaced here");
	expect_line_fault("mail = ${HOME}",
	    "t:3: mail: ${...}: variables are not replaced here");
	settings_free(&(struct settings *){parse_good("# ${HOME}\n" NEEDED)});
}

static void
an_unknown_key_is_named_with_its_line(void **state)
{
	(void)state;
	expect_line_fault(
	    "\ncolour = \"red\"", "t:4: colour: there is no such key");
	expect_line_fault("include(\"/etc/passwd\")",
	    "t:3: unexpected (: put the value between quotes");
}

static void
a_syntax_fault_is_named_with_its_line(void **state)
{
	(void)state;
	expect_line_fault("mail", "t:4: premature end of file");
	expect_line_fault(
	    "mail \"/a\"", "t:3: missing equal sign after option 'mail'");
	expect_line_fault(
	    "mail = ", "t:3: mail: has no value, or a list without its end");
	expect_line_fault("offer = {\n\n",
	    "t:3: offer: has no value, or a list without its end");
	expect_line_fault("mail = {\"/a\"}", "t:3: unexpected token '{'");
	expect_line_fault(
	    "mail = \"/a", "t:3: mail: a text without its closing quote");
	expect_line_fault(
	    "mail = '/a\n'", "t:3: mail: a text without its closing quote");
	expect_line_fault("/* mail", "t:3: a comment without an end");
	expect_line_fault("mail = \"\\101\"",
	    "t:3: mail: only \\\\ and \\\" may stand behind a backslash");
	expect_line_fault("mail = /a",
	    "t:3: mail: unexpected /: put the value between quotes");
	expect_line_fault("\"mail\" = \"/a\"",
	    "t:3: a key, without quotes, must stand in front of =");
	expect_line_fault("\x01", "t:3: unexpected character 0x01");
	expect_fault_in(
	    (struct span){NEEDED "\0", sizeof NEEDED}, "t:3: a NUL character");
}

static void
values_of_the_wrong_kind_are_refused(void **state)
{
	(void)state;
	expect_line_fault("command-timeout = soon",
	    "t:3: command-timeout: must be a duration, such as \"90s\", "
	    "\"5m\", \"48h\" or \"14d\"");
	expect_line_fault(
	    "lease-time = 3651d", "t:3: lease-time: is longer than 3650 days");
	expect_line_fault(
	    "lease-time = 0", "t:3: lease-time: must be at least 1");
	expect_line_fault("message-size = \"50 MB\"",
	    "t:3: message-size: must be a size, such as \"64 KiB\", "
	    "\"50 MiB\" or a number of octets");
	expect_line_fault("message-size = \"9999999999 GiB\"",
	    "t:3: message-size: is too large");
	expect_line_fault("notice-rate = -1",
	    "t:3: notice-rate: must be a number or \"unlimited\"");
	expect_line_fault(
	    "smtp-port = 65536", "t:3: smtp-port: must be at most 65535");
	expect_line_fault("spf-mx-fallback = maybe",
	    "t:3: spf-mx-fallback: must be true or false");
	expect_line_fault(
	    "strangers = kiss", "t:3: strangers: must be one of accept|reject");
	expect_line_fault("pull-retries = {\"10m\", \"often\"}",
	    "t:3: pull-retries: \"often\" is no duration, such as \"90s\", "
	    "\"5m\", \"48h\"");
}

static void
addresses_and_networks_are_checked(void **state)
{
	(void)state;
	expect_line_fault("listen-smtp = \"25\"",
	    "t:3: listen-smtp: \"25\" must be address:port, such as "
	    "\"192.0.2.1:25\" or \"[2001:db8::1]:25\"");
	expect_line_fault("resolver = \"127.0.0.1:53\"",
	    "t:3: resolver: \"127.0.0.1:53\" must be address@port, such as "
	    "\"127.0.0.1@53\"");
	expect_line_fault("callable-networks = \"10.0.0.1/8\"",
	    "t:3: callable-networks: \"10.0.0.1/8\" is no network, such as "
	    "\"192.0.2.0/24\"; bits beyond the prefix must be zero");
	expect_line_fault("deny-hosts = \"*\"",
	    "t:3: deny-hosts: \"*\" is no network and no name of a host, such "
	    "as \"192.0.2.0/24\", \"mx.example.org\" or \".example.org\"");
	expect_line_fault("source-addresses = {\"192.0.2.1\", \"192.0.2.2\"}",
	    "t:3: source-addresses: one address of each family at most");
}

static void
names_users_and_paths_are_checked(void **state)
{
	(void)state;
	expect_fault("domains = \"a.test\"",
	    "t: hostname: must be given: the full name of this server, such "
	    "as \"mx.example.org\"");
	expect_fault("hostname = \"mx\" domains = \"a.test\"",
	    "t:1: hostname: \"mx\" must be a full name, such as "
	    "\"mx.example.org\"");
	expect_fault("hostname = \"192.0.2.1\"",
	    "t:1: hostname: \"192.0.2.1\" is no domain name");
	expect_fault("hostname = \"b\xc3\xbc.test\"",
	    "t:1: hostname: \"b\xc3\xbc.test\" must be written in ASCII, as "
	    "xn--...");
	expect_fault("hostname = \"mx.a.test\"",
	    "t: domains: must be given: the domains whose mail is kept here, "
	    "such as {\"example.org\"}");
	expect_line_fault("user = \"a b\"",
	    "t:3: user: \"a b\" is no user: write a name or a number, and "
	    "after a colon a group if need be");
	expect_line_fault(
	    "mail = \"mail\"", "t:3: mail: \"mail\" must begin with /");
	expect_line_fault(
	    "mail = \"/a\tb\"", "t:3: mail: holds a control character (0x09)");
	settings_free(&(struct settings *){parse_good(
	    NEEDED "user = \"64010:64011\" net-user = \"_mail:mail\"")});
}

static void
values_that_need_each_other_are_checked(void **state)
{
	(void)state;
	expect_line_fault("certificate = \"/c.pem\"",
	    "t: private-key: must be given, because certificate is");
	expect_line_fault("private-key = \"/k.pem\"",
	    "t: certificate: must be given, because private-key is");
	expect_line_fault("notice-retry-first = 5h",
	    "t: notice-retry-max: must not be shorter than "
	    "notice-retry-first");
	expect_line_fault(
	    "state = \"/0123456789012345678901234567890123456789012345678901"
	    "23456789012345678901234567890123456789012345678\"",
	    "t:3: state: the path of the control socket is 108 octets long, "
	    "107 are possible");
}

static void
durations_and_sizes_have_units(void **state)
{
	int64_t seconds = 0;
	uint64_t octets = 0;

	(void)state;
	assert_int_equal(settings_duration(span_of("3650d"), &seconds), 0);
	assert_int_equal(seconds, (int64_t)3650 * 86400);
	assert_int_equal(settings_duration(span_of("5 M"), &seconds), 0);
	assert_int_equal(seconds, 300);
	assert_int_equal(settings_duration(span_of(""), &seconds), -E_SYNTAX);
	assert_int_equal(settings_duration(span_of("s"), &seconds), -E_SYNTAX);
	assert_int_equal(
	    settings_duration(span_of("1h30m"), &seconds), -E_SYNTAX);
	assert_int_equal(
	    settings_duration(span_of("9223372036854775807w"), &seconds),
	    -E_RANGE);
	assert_int_equal(settings_size(span_of("8 TiB"), &octets), 0);
	assert_int_equal(octets, (uint64_t)8 << 40);
	assert_int_equal(
	    settings_size(span_of("8388608TiB"), &octets), -E_RANGE);
	assert_int_equal(settings_size(span_of("1.5 GiB"), &octets), -E_SYNTAX);
}

static void
an_endpoint_is_an_address_and_a_port(void **state)
{
	struct ip ip;
	uint16_t port;

	(void)state;
	assert_int_equal(settings_endpoint("127.0.1.1:25", &ip, &port), 0);
	assert_int_equal(ip.family, 4);
	assert_int_equal(port, 25);
	assert_int_equal(settings_endpoint("[::1]:65535", &ip, &port), 0);
	assert_int_equal(ip.family, 6);
	assert_int_equal(port, 65535);
	assert_int_not_equal(settings_endpoint("::1:25", &ip, &port), 0);
	assert_int_not_equal(settings_endpoint("[::1]", &ip, &port), 0);
	assert_int_not_equal(settings_endpoint("1.2.3.4:0", &ip, &port), 0);
	assert_int_not_equal(settings_endpoint("1.2.3.4:65536", &ip, &port), 0);
	assert_int_not_equal(settings_endpoint("a.test:25", &ip, &port), 0);
	assert_int_not_equal(settings_endpoint("", &ip, &port), 0);
}

static void
look_at_row(void *arg, const char *key, const char *kind, const char *standard,
    const char *help)
{
	unsigned *rows = arg;

	assert_true(strlen(key) > 0 && strlen(kind) > 0 && strlen(help) > 0);
	assert_non_null(standard);
	if (strcmp(key, "strangers") == 0)
		assert_string_equal(kind, "accept|reject");
	++*rows;
}

static void
every_row_can_be_shown(void **state)
{
	unsigned rows = 0;

	(void)state;
	settings_each(look_at_row, &rows);
	assert_true(rows > 40);
}

static void
a_file_is_read_whole_and_its_text_handed_on(void **state)
{
	char path[] = "/tmp/restante-settings-XXXXXX";
	int fd = mkstemp(path);
	struct settings *s;
	struct buf text;
	struct err err;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, NEEDED, strlen(NEEDED)), strlen(NEEDED));
	close(fd);
	buf_init(&text, SETTINGS_TEXT_MAX);
	assert_int_equal(settings_load(path, &s, &text, &err), 0);
	assert_string_equal(buf_string(&text), NEEDED);
	settings_free(&s);
	buf_fini(&text);
	unlink(path);
	assert_int_equal(settings_load(path, &s, NULL, &err), -E_SYSTEM);
	assert_null(s);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(settings_load("/", &s, NULL, &err), -E_SYSTEM);
}

static void
a_bad_text_leaves_nothing_for_the_next_one(void **state)
{
	(void)state;
	expect_line_fault("mail = {{{{}", "t:3: unexpected token '{'");
	settings_free(&(struct settings *){parse_good(NEEDED)});
	expect_line_fault("domains = {\"",
	    "t:3: domains: given twice, the first time in line 2");
	settings_free(&(struct settings *){parse_good(NEEDED)});
}

static char *
filled(size_t n, char with)
{
	char *text = malloc(n + 1);

	assert_non_null(text);
	memset(text, with, n);
	text[n] = '\0';
	return text;
}

/* Only that it ends, and with a text when refused. */
static bool
survives(struct span text)
{
	struct settings *s;
	struct err err = {0};
	int error = settings_parse(text, "t", &s, &err);
	bool good = error == 0;

	assert_true(good == (s != NULL));
	assert_true(good || err.text[0] != '\0');
	settings_free(&s);
	return good;
}

static void
endless_lines_and_deep_braces_are_survived(void **state)
{
	static const char kinds[] = "a{}=,\"'#/*$ \n\\[1";
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof kinds - 1; i++) {
		text = filled(SETTINGS_TEXT_MAX, kinds[i]);
		assert_false(survives(span_of(text)));
		free(text);
	}
	text = filled(SETTINGS_TEXT_MAX + 1, ' ');
	expect_fault(text, "t: is larger than 1 MiB");
	memcpy(text, NEEDED, strlen(NEEDED));
	text[SETTINGS_TEXT_MAX] = '\0';
	assert_true(survives(span_of(text)));
	free(text);
}

static void
a_list_of_many_words_is_read_whole(void **state)
{
	const size_t n = 100000;
	char *text = filled(n, ' ');
	size_t at = strlen(NEEDED "allow-hosts=\"");
	struct settings *s;

	(void)state;
	memcpy(text, NEEDED "allow-hosts=\"", at);
	for (; at < n - 2; at += 2)
		text[at] = 'a';
	text[n - 1] = '"';
	s = parse_good(text);
	assert_true(s->allow_hosts.n > 49900);
	settings_free(&s);
	free(text);
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static size_t
mutate(char *text, size_t n, size_t room, uint32_t *seed)
{
	static const char octets[] = "={}\"'#/*,$\\\n \tx1\x00\x80\xff(+";
	size_t at = next_random(seed) % (n + 1);
	size_t span = next_random(seed) % 24;

	if (span > n - at)
		span = n - at;
	switch (next_random(seed) % 4) {
	case 0: /* other octets */
		for (size_t i = at; i < at + span; i++)
			text[i] = octets[next_random(seed) % sizeof octets];
		return n;
	case 1: /* any octet */
		if (at < n)
			text[at] = (char)next_random(seed);
		return n;
	case 2: /* a piece less */
		memmove(text + at, text + at + span, n - at - span);
		return n - span;
	}
	if (span > room - n)
		return n;
	memmove(text + at + span, text + at, n - at); /* a piece twice */
	return n + span;
}

static void
no_mutation_of_a_good_text_breaks_the_reader(void **state)
{
	static const char whole[] =
	    NEEDED "# a comment\nmail = '/m' // here\n/* and\nhere */\n"
		   "offer = {\"gdel\"}\nlisten-smtp = {\"0.0.0.0:25\", "
		   "\"[::]:25\"}\nlease-time = 15m\nmessage-size = \"5 MiB\"\n"
		   "strangers = reject\nspf-mx-fallback = true";
	unsigned good = 0;
	uint32_t seed = 20221122;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t n = sizeof whole - 1, room = 2 * n;
		char *text = malloc(room), *exact;

		assert_non_null(text);
		memcpy(text, whole, n);
		for (unsigned i = next_random(&seed) % 4; i < 4; i++)
			n = mutate(text, n, room, &seed);
		/* No octet behind the end, so that reading one is seen. */
		exact = malloc(n + 1);
		assert_non_null(exact);
		memcpy(exact + 1, text, n);
		good += survives(span_make(exact + 1, n));
		free(exact);
		free(text);
	}
	assert_true(good > 0);
}

static void
random_octets_are_refused(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		char text[200];

		for (size_t i = 0; i < sizeof text; i++)
			text[i] = (char)next_random(&seed);
		assert_false(survives(span_make(text, sizeof text)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_given_has_its_standard_value),
	    cmocka_unit_test(every_kind_takes_its_values),
	    cmocka_unit_test(a_key_given_twice_is_refused),
	    cmocka_unit_test(variables_of_the_environment_are_not_looked_at),
	    cmocka_unit_test(an_unknown_key_is_named_with_its_line),
	    cmocka_unit_test(a_syntax_fault_is_named_with_its_line),
	    cmocka_unit_test(values_of_the_wrong_kind_are_refused),
	    cmocka_unit_test(addresses_and_networks_are_checked),
	    cmocka_unit_test(names_users_and_paths_are_checked),
	    cmocka_unit_test(values_that_need_each_other_are_checked),
	    cmocka_unit_test(durations_and_sizes_have_units),
	    cmocka_unit_test(an_endpoint_is_an_address_and_a_port),
	    cmocka_unit_test(every_row_can_be_shown),
	    cmocka_unit_test(a_file_is_read_whole_and_its_text_handed_on),
	    cmocka_unit_test(a_bad_text_leaves_nothing_for_the_next_one),
	    cmocka_unit_test(endless_lines_and_deep_braces_are_survived),
	    cmocka_unit_test(a_list_of_many_words_is_read_whole),
	    cmocka_unit_test(no_mutation_of_a_good_text_breaks_the_reader),
	    cmocka_unit_test(random_octets_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
