/* The configuration: what is taken, what is refused and in which words, and
   that no text whatever breaks the reader. */
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
	    "message-size = \"64KiB\" hold-quota = 1025\n"
	    "submit-rate = unlimited notice-rate = 7\n"
	    "notice-rate-new = 2 remember-offers = 0s\n"
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
	assert_int_equal(s->hold_quota, 1025);
	assert_int_equal(s->submit_rate, 0);
	assert_int_equal(s->notice_rate, 7);
	assert_int_equal(s->notice_rate_new, 2);
	assert_int_equal(s->remember_offers, 0);
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
	expect_line_fault(
	    "include(\"/etc/passwd\")", "t:3: include: there is no such key");
}

static void
a_syntax_fault_is_named_with_its_line(void **state)
{
	(void)state;
	expect_line_fault("mail", "t:3: mail: must be followed by =");
	expect_line_fault("mail \"/a\"", "t:3: mail: must be followed by =");
	expect_line_fault("mail = ", "t:3: mail: has no value");
	expect_line_fault(
	    "offer = {\n\n", "t:3: offer: a list without its end");
	expect_line_fault("offer = {gdel, msid\nmail = '/a'",
	    "t:4: offer: values of a list need commas between");
	expect_line_fault(
	    "mail = {\"/a\"}", "t:3: mail: takes one value, and no list");
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
	expect_line_fault(
	    "}", "t:3: a key, without quotes, must stand in front of =");
	expect_line_fault("\x01", "t:3: unexpected character 0x01");
	expect_fault_in(
	    (struct span){NEEDED "\0", sizeof NEEDED}, "t:3: a NUL character");
}

/* What settings_examine() tells of TEXT, a line each, in any order. */
static void
note_fault(void *arg, const struct settings_fault *fault)
{
	struct err err;

	settings_fault_text(fault, &err);
	buf_print(arg, "%s\n", err.text);
}

static void
expect_faults(const char *text, const char *const *expected)
{
	struct settings *settings;
	struct buf told;
	struct err err;
	size_t octets = 0;

	buf_init(&told, 65536);
	assert_int_equal(settings_examine(span_of(text), "t", note_fault, &told,
			     &settings, &err),
	    -E_SYNTAX);
	assert_null(settings);
	for (; *expected != NULL; expected++) {
		if (strstr(buf_string(&told), *expected) == NULL)
			fail_msg(
			    "%s is not in\n%s", *expected, buf_string(&told));
		octets += strlen(*expected) + 1;
	}
	if (octets != told.n)
		fail_msg("more than expected:\n%s", buf_string(&told));
	buf_fini(&told);
}

static void
every_fault_of_a_value_is_told_at_once(void **state)
{
	static const char *const expected[] = {
	    "t:3: smtp-port: must be at most 65535",
	    "t:5: deny-hosts: \"300.1.2.3\" is no network and no name of a "
	    "host, such as \"192.0.2.0/24\", \"mx.example.org\" or "
	    "\".example.org\"",
	    "t:5: deny-hosts: \"10.0.0.0/33\" is no network and no name of a "
	    "host, such as \"192.0.2.0/24\", \"mx.example.org\" or "
	    "\".example.org\"",
	    "t:6: colour: there is no such key",
	    "t:7: mail: \"m\" must begin with /",
	    "t:8: smtp-port: given twice, the first time in line 3",
	    "t: private-key: must be given, because certificate is",
	    NULL,
	};

	(void)state;
	expect_faults(NEEDED "smtp-port = 65536\n"
			     "certificate = '/c'\n"
			     "deny-hosts = {'300.1.2.3', a.test, "
			     "'10.0.0.0/33'}\n"
			     "colour = {red, green}\n"
			     "mail = m\n"
			     "smtp-port = 25",
	    expected);
}

static void
in_front_of_a_fault_of_syntax_values_are_checked(void **state)
{
	static const char *const expected[] = {
	    "t:1: smtp-port: must be at least 1",
	    "t:3: mail: must be followed by =",
	    NULL,
	};
	static const char *const nothing[] = {
	    "t: hostname: must be given: the full name of this server, such "
	    "as \"mx.example.org\"",
	    "t: domains: must be given: the domains whose mail is kept here, "
	    "such as {\"example.org\"}",
	    NULL,
	};

	(void)state;
	/* Nothing is said of hostname and domains: they may stand behind. */
	expect_faults("smtp-port = 0\n\nmail : /a", expected);
	expect_faults("", nothing);
}

static void
a_peer_section_says_what_differs_for_a_domain(void **state)
{
	struct settings *s =
	    parse_good(NEEDED "speak = {envelope, msid, gdel, push}\n"
			      "peer \"B.test\" { speak = {push} }\n"
			      "peer x.b.test { offer = {} }\n"
			      "peer 'd.test' {}\n");
	const struct settings_list *list;

	(void)state;
	assert_int_equal(s->peer_count, 3);
	assert_string_equal(s->peers[0].domain, "b.test");
	list = settings_speak(s, span_of("a.test"));
	assert_int_equal(list->n, 4);
	assert_string_equal(list->v[0], "envelope");
	assert_true(settings_list_has(list, "gdel"));
	assert_false(settings_list_has(list, "gde"));
	list = settings_speak(s, span_of("b.test"));
	assert_int_equal(list->n, 1);
	assert_ptr_equal(settings_speak(s, span_of("A.x.B.test")), list);
	assert_ptr_not_equal(settings_speak(s, span_of("ab.test")), list);
	assert_int_equal(settings_offer(s, span_of("x.b.test"))->n, 0);
	assert_ptr_equal(settings_offer(s, span_of("b.test")), &s->offer);
	assert_ptr_equal(settings_offer(s, span_of("d.test")), &s->offer);
	assert_ptr_equal(settings_offer(s, span_of("")), &s->offer);
	settings_free(&s);
}

static void
faults_of_a_peer_section_are_told(void **state)
{
	static const char *const expected[] = {
	    "t:3: speak: must hold at least one word",
	    "t:3: offer: \"push\" is no notice keyword (envelope, msid, gdel)",
	    "t:4: mail: there is no such key",
	    "t:5: peer: \"b.test\" is given twice, the first time in line 3",
	    "t:6: peer: \"-\" is no domain name",
	    "t:7: speak: given twice, the first time in line 7",
	    NULL,
	};

	(void)state;
	expect_faults(NEEDED "peer b.test { speak = {} offer = {push} }\n"
			     "peer c.test { mail = '/m' }\n"
			     "peer 'b.test' { offer = {} }\n"
			     "peer '-' { offer = {} }\n"
			     "peer d.test { speak = push speak = push }\n",
	    expected);
	expect_line_fault(
	    "peer = 'b.test'", "t:3: peer: must be followed by a domain");
	expect_line_fault("peer 'b.test' offer = {}",
	    "t:3: peer: must be followed by { behind the domain");
	expect_line_fault("peer 'b.test' {\n offer = {}\n",
	    "t:3: peer: a section without its end");
	expect_line_fault("peer 'b.test' { peer 'c.test' {} }",
	    "t:3: peer: there is no such key");
	expect_line_fault("offer = {}\nspeak = {}",
	    "t:4: speak: must hold at least one word");
}

static void
more_sections_than_the_ceiling_are_refused(void **state)
{
	struct buf text;
	char expected[80];

	(void)state;
	buf_init(&text, SETTINGS_TEXT_MAX);
	buf_text(&text, NEEDED);
	for (unsigned i = 0; i <= SETTINGS_PEERS_MAX; i++)
		buf_print(&text, "peer d%u.test {}\n", i);
	snprintf(expected, sizeof expected, "t:%u: peer: more than %u sections",
	    3 + SETTINGS_PEERS_MAX, SETTINGS_PEERS_MAX);
	expect_fault(buf_string(&text), expected);
	buf_fini(&text);
}

static void
values_of_the_wrong_kind_are_refused(void **state)
{
	(void)state;
	expect_line_fault("command-timeout = soon",
	    "t:3: command-timeout: must be a duration, such as \"90s\", "
	    "\"5m\", \"48h\" or \"14d\"");
	expect_line_fault(
	    "lease-time = 3651d", "t:3: lease-time: must be at most 24h");
	expect_line_fault(
	    "lease-time = 0", "t:3: lease-time: must be at least 1s");
	expect_line_fault("message-size = \"50 MB\"",
	    "t:3: message-size: must be a size, such as \"64 KiB\", "
	    "\"50 MiB\" or a number of octets");
	expect_line_fault("message-size = \"9999999999 GiB\"",
	    "t:3: message-size: must be at most 4 GiB");
	expect_line_fault("notice-rate = -1",
	    "t:3: notice-rate: must be a number or \"unlimited\"");
	expect_line_fault(
	    "notice-rate-new = 0", "t:3: notice-rate-new: must be at least 1");
	expect_line_fault("remember-offers = 3651d",
	    "t:3: remember-offers: must be at most 3650d");
	expect_line_fault(
	    "notice-rate = 0", "t:3: notice-rate: must be at least 1");
	expect_line_fault(
	    "fail-limit = 10001", "t:3: fail-limit: must be at most 10000");
	expect_line_fault(
	    "fail-window = 0s", "t:3: fail-window: must be at least 1s");
	expect_line_fault(
	    "deny-time = 31d", "t:3: deny-time: must be at most 30d");
	expect_line_fault(
	    "fail-delay-max = 2h", "t:3: fail-delay-max: must be at most 1h");
	expect_line_fault(
	    "smtp-port = 65536", "t:3: smtp-port: must be at most 65535");
	expect_line_fault(
	    "smtp-port = unlimited", "t:3: smtp-port: must be a number");
	expect_line_fault("spf-mx-fallback = maybe",
	    "t:3: spf-mx-fallback: must be true or false");
	expect_line_fault(
	    "strangers = kiss", "t:3: strangers: must be one of accept|reject");
	expect_line_fault("pull-retries = {\"10m\", \"often\"}",
	    "t:3: pull-retries: \"often\" is no duration, such as \"90s\", "
	    "\"5m\", \"48h\"");
	expect_line_fault("quality-block = \"-1.1\"",
	    "t:3: quality-block: \"-1.1\" must be a number from -1 to 1, such "
	    "as \"-0.3\", or \"off\"");
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
	expect_line_fault("listen-smdp = {'[::1]:1109', '0.0.0.0:1109'}",
	    "t:3: listen-smdp: \"0.0.0.0:1109\" needs a certificate: in clear,"
	    " only addresses of loopback are served, such as "
	    "\"127.0.0.1:1109\"");
	expect_line_fault("notice-retry-first = 5h",
	    "t: notice-retry-max: must not be shorter than "
	    "notice-retry-first");
	expect_line_fault("fail-delay-first = 2m",
	    "t: fail-delay-max: must not be shorter than "
	    "fail-delay-first");
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
look_at_row(void *arg, const struct settings_row *row)
{
	unsigned *rows = arg;

	assert_true(strlen(row->key) > 0 && strlen(row->type) > 0);
	assert_true(strlen(row->range) > 0 && strlen(row->reason) > 0);
	assert_non_null(row->standard);
	if (strcmp(row->key, "strangers") == 0)
		assert_string_equal(row->range, "accept|reject");
	if (strcmp(row->key, "smtp-port") == 0)
		assert_string_equal(row->range, "1 to 65535");
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
	expect_line_fault(
	    "mail = {{{{}", "t:3: mail: takes one value, and no list");
	settings_free(&(struct settings *){parse_good(NEEDED)});
	expect_line_fault("domains = {\"",
	    "t:3: domains: given twice, the first time in line 2");
	settings_free(&(struct settings *){parse_good(NEEDED)});
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
	    cmocka_unit_test(every_fault_of_a_value_is_told_at_once),
	    cmocka_unit_test(in_front_of_a_fault_of_syntax_values_are_checked),
	    cmocka_unit_test(a_peer_section_says_what_differs_for_a_domain),
	    cmocka_unit_test(faults_of_a_peer_section_are_told),
	    cmocka_unit_test(more_sections_than_the_ceiling_are_refused),
	    cmocka_unit_test(values_of_the_wrong_kind_are_refused),
	    cmocka_unit_test(addresses_and_networks_are_checked),
	    cmocka_unit_test(names_users_and_paths_are_checked),
	    cmocka_unit_test(values_that_need_each_other_are_checked),
	    cmocka_unit_test(durations_and_sizes_have_units),
	    cmocka_unit_test(an_endpoint_is_an_address_and_a_port),
	    cmocka_unit_test(every_row_can_be_shown),
	    cmocka_unit_test(a_file_is_read_whole_and_its_text_handed_on),
	    cmocka_unit_test(a_bad_text_leaves_nothing_for_the_next_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
