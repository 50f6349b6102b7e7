/*
 * For: saying in plain words what is wrong with a value, before any role
 * starts with it. One row here for each key whose kind alone says too little.
 *
 * Not for: reading the text (settings_scan.c, libconfuse) and not for what
 * only the system can tell, such as whether a file is there.
 *
 * Read on: docs/ADD-A-SETTING.md.
 */
#include "base/settings_check.h"

#include "base/ip.h"
#include "base/utf8.h"

#include <string.h>
#include <sys/un.h>

#define DOMAIN_MAX  253 /* octets of a name as text, RFC 1035 2.3.4 */
#define LABEL_MAX   63  /* RFC 1035 2.3.4 */
#define ACCOUNT_MAX 32  /* octets, as useradd(8) allows */
#define SHOWN_MAX   60  /* octets of a value that a complaint repeats */
#define CONTROL_END "/control"

/* Refuses VALUE, repeating as much of it as is helpful. */
static int
refuse(struct err *why, struct span value, const char *reason)
{
	struct span shown = span_part(value, 0, SHOWN_MAX);

	return err_set(why, -E_SYNTAX, "\"%.*s%s\" %s", (int)shown.n, shown.p,
	    shown.n < value.n ? "..." : "", reason);
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_label(struct span label)
{
	if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' ||
	    label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!is_letter(label.p[i]) && !is_digit(label.p[i]) &&
		    label.p[i] != '-')
			return false;
	return true;
}

/* Names that end in a number would be taken for addresses. */
static bool
is_number(struct span label)
{
	for (size_t i = 0; i < label.n; i++)
		if (!is_digit(label.p[i]))
			return false;
	return true;
}

int
settings_check_domain(struct span value, struct err *why)
{
	struct span rest = value, label = {0};

	if (!utf8_is_ascii(value))
		return refuse(
		    why, value, "must be written in ASCII, as xn--...");
	if (value.n == 0 || value.n > DOMAIN_MAX || value.p[value.n - 1] == '.')
		return refuse(why, value, "is no domain name");
	while (span_cut(&rest, '.', &label))
		if (!is_label(label))
			return refuse(why, value, "is no domain name");
	if (is_number(label))
		return refuse(why, value, "is no domain name");
	return 0;
}

/* A single label would be refused by other servers (WIRE 8). */
static int
check_hostname(struct span value, struct err *why)
{
	if (value.n == 0)
		return err_set(why, -E_SYNTAX,
		    "must be given: the full name of this server, "
		    "such as \"mx.example.org\"");
	if (settings_check_domain(value, why) != 0)
		return why->code;
	if (span_find(value, 0, '.') == value.n)
		return refuse(why, value,
		    "must be a full name, such as \"mx.example.org\"");
	return 0;
}

/* The roles change their folder, so a relative path would mean two things. */
static int
check_path(struct span value, struct err *why)
{
	if (value.n == 0)
		return err_set(why, -E_SYNTAX, "must not be empty");
	if (value.p[0] != '/')
		return refuse(why, value, "must begin with /");
	return 0;
}

static int
check_optional_path(struct span value, struct err *why)
{
	return value.n == 0 ? 0 : check_path(value, why);
}

/* A name of a user or group, or a number. */
static bool
is_account(struct span name)
{
	if (name.n == 0 || name.n > ACCOUNT_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (is_letter(c) || is_digit(c) || c == '_')
			continue;
		if (i == 0 || (c != '-' && c != '.'))
			return false;
	}
	return true;
}

/* "name" or "name:group". */
static int
check_user(struct span value, struct err *why)
{
	size_t colon = span_find(value, 0, ':');
	struct span user = span_part(value, 0, colon);
	struct span group = span_skip(value, colon + 1);

	if (!is_account(user) || (colon < value.n && !is_account(group)))
		return refuse(why, value,
		    "is no user: write a name or a number, and after a colon "
		    "a group if need be");
	return 0;
}

static int
check_endpoint(struct span value, struct err *why)
{
	char text[IP_TEXT + 16];
	struct ip ip;
	uint16_t port;

	if (span_copy(value, text, sizeof text) != 0 ||
	    settings_endpoint(text, &ip, &port) != 0)
		return refuse(why, value,
		    "must be address:port, such as \"192.0.2.1:25\" or "
		    "\"[2001:db8::1]:25\"");
	return 0;
}

static int
check_address(struct span value, struct err *why)
{
	struct ip ip;

	if (ip_parse(value, &ip) != 0)
		return refuse(why, value, "is no address");
	return 0;
}

/* "address@port", the form in which libunbound wants it. */
static int
check_resolver(struct span value, struct err *why)
{
	size_t at = span_find(value, 0, '@');
	struct ip ip;
	uint64_t port;

	if (value.n == 0)
		return 0;
	if (ip_parse(span_part(value, 0, at), &ip) != 0 ||
	    span_number(span_skip(value, at + 1), UINT16_MAX, &port) != 0 ||
	    port == 0)
		return refuse(why, value,
		    "must be address@port, such as \"127.0.0.1@53\"");
	return 0;
}

static int
check_network(struct span value, struct err *why)
{
	struct ip_net net;

	if (ip_net_parse(value, &net) != 0)
		return refuse(why, value,
		    "is no network, such as \"192.0.2.0/24\"; bits beyond the "
		    "prefix must be zero");
	return 0;
}

/* An address, a network, a name, or ".name" and "*.name" with all below. */
static int
check_host(struct span value, struct err *why)
{
	struct span name = value;
	struct ip_net net;

	if (ip_net_parse(value, &net) == 0)
		return 0;
	if (value.n > 2 && value.p[0] == '*' && value.p[1] == '.')
		name = span_skip(value, 2);
	else if (value.n > 1 && value.p[0] == '.')
		name = span_skip(value, 1);
	if (settings_check_domain(name, NULL) != 0)
		return refuse(why, value,
		    "is no network and no name of a host, such as "
		    "\"192.0.2.0/24\", \"mx.example.org\" or \".example.org\"");
	return 0;
}

static int
check_word(
    struct span value, const char *words, const char *reason, struct err *why)
{
	struct span rest = span_of(words), word;

	while (span_cut(&rest, ' ', &word))
		if (span_equals(word, value))
			return 0;
	return refuse(why, value, reason);
}

static int
check_speak(struct span value, struct err *why)
{
	return check_word(value, "envelope msid gdel push",
	    "is no way to tell a destination (envelope, msid, gdel, push)",
	    why);
}

static int
check_offer(struct span value, struct err *why)
{
	return check_word(value, "envelope msid gdel",
	    "is no notice keyword (envelope, msid, gdel)", why);
}

static int
check_spf_result(struct span value, struct err *why)
{
	return check_word(value,
	    "pass none neutral softfail fail temperror permerror",
	    "is no result of SPF (pass, none, neutral, softfail, fail, "
	    "temperror, permerror)",
	    why);
}

static int
check_duration(struct span value, struct err *why)
{
	int64_t seconds;

	if (settings_duration(value, &seconds) != 0)
		return refuse(why, value,
		    "is no duration, such as \"90s\", \"5m\", \"48h\"");
	return 0;
}

static int
check_threshold(struct span value, struct err *why)
{
	int thousandths;

	if (settings_threshold(value, &thousandths) != 0)
		return refuse(why, value,
		    "must be a number from -1 to 1, such as \"-0.3\", or "
		    "\"off\"");
	return 0;
}

/* Which addresses there are, only the store knows. */
static int
check_administrator(struct span value, struct err *why)
{
	size_t at = span_find(value, 0, '@');

	if (value.n == 0)
		return 0;
	if (at == 0 || at + 1 >= value.n ||
	    span_find(value, at + 1, '@') < value.n ||
	    span_find(value, 0, ' ') < value.n)
		return refuse(why, value,
		    "must be a mail address, such as \"admin@example.org\"");
	return 0;
}

static const struct text_row {
	const char *key;
	int (*check)(struct span value, struct err *why);
} text_rows[] = {
    {"hostname", check_hostname},
    {"domains", settings_check_domain},
    {"state", check_path},
    {"mail", check_path},
    {"control", check_optional_path},
    {"user", check_user},
    {"net-user", check_user},
    {"mail-user", check_user},
    {"listen-smtp", check_endpoint},
    {"listen-submission", check_endpoint},
    {"listen-submissions", check_endpoint},
    {"listen-smdp", check_endpoint},
    {"source-addresses", check_address},
    {"certificate", check_optional_path},
    {"private-key", check_optional_path},
    {"ca", check_optional_path},
    {"resolver", check_resolver},
    {"speak", check_speak},
    {"offer", check_offer},
    {"allow-hosts", check_host},
    {"deny-hosts", check_host},
    {"callable-networks", check_network},
    {"administrator", check_administrator},
    {"quality-alert", check_threshold},
    {"quality-block", check_threshold},
    {"spf-accept", check_spf_result},
    {"pull-retries", check_duration},
};

int
settings_check_text(const char *key, struct span value, struct err *why)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c < ' ' || c == 0x7f)
			return err_set(why, -E_SYNTAX,
			    "holds a control character (0x%02x)", c);
	}
	for (size_t i = 0; i < sizeof text_rows / sizeof *text_rows; i++)
		if (strcmp(text_rows[i].key, key) == 0)
			return text_rows[i].check(value, why);
	return 0;
}

/* A message that may not even be pushed could never leave. */
int
settings_check_count(const char *key, unsigned words, struct err *why)
{
	if (words > 0 || strcmp(key, "speak") != 0)
		return 0;
	return err_set(why, -E_SYNTAX, "must hold at least one word");
}

/* Each way to tell a destination has one place, and one turn. */
int
settings_check_another(const char *key, const struct settings_list *list,
    const char *word, struct err *why)
{
	if (strcmp(key, "speak") != 0 && strcmp(key, "offer") != 0)
		return 0;
	if (!settings_list_has(list, word))
		return 0;
	return refuse(why, span_of(word), "is given twice");
}

bool
settings_check_is_name(const char *key)
{
	return strcmp(key, "hostname") == 0 || strcmp(key, "domains") == 0;
}

static int
check_domains(const struct settings *settings, struct err *why)
{
	if (settings->domains.n > 0)
		return 0;
	return err_set(why, -E_SYNTAX,
	    "must be given: the domains whose mail is kept here, "
	    "such as {\"example.org\"}");
}

static int
check_certificate(const struct settings *settings, struct err *why)
{
	if (settings->certificate[0] != '\0' ||
	    settings->private_key[0] == '\0')
		return 0;
	return err_set(why, -E_SYNTAX, "must be given, because private-key is");
}

static int
check_private_key(const struct settings *settings, struct err *why)
{
	if (settings->certificate[0] == '\0' ||
	    settings->private_key[0] != '\0')
		return 0;
	return err_set(why, -E_SYNTAX, "must be given, because certificate is");
}

/* Passwords and mail cross no network in clear. */
static int
check_listen_smdp(const struct settings *settings, struct err *why)
{
	const struct settings_list *list = &settings->listen_smdp;
	struct ip ip;
	uint16_t port;

	for (unsigned i = 0; i < list->n; i++) {
		if (settings->certificate[0] != '\0' ||
		    settings_endpoint(list->v[i], &ip, &port) != 0 ||
		    ip_is_loopback(ip))
			continue;
		return refuse(why, span_of(list->v[i]),
		    "needs a certificate: in clear, only addresses of "
		    "loopback are served, such as \"127.0.0.1:1109\"");
	}
	return 0;
}

static int
check_retries(const struct settings *settings, struct err *why)
{
	if (settings->notice_retry_max >= settings->notice_retry_first)
		return 0;
	return err_set(
	    why, -E_SYNTAX, "must not be shorter than notice-retry-first");
}

static int
check_fail_delays(const struct settings *settings, struct err *why)
{
	if (settings->fail_delay_max >= settings->fail_delay_first)
		return 0;
	return err_set(
	    why, -E_SYNTAX, "must not be shorter than fail-delay-first");
}

/* A path that must fit into a socket's address has NEEDED octets. */
static int
check_socket_path(size_t needed, struct err *why)
{
	size_t room = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;

	if (needed <= room)
		return 0;
	return err_set(why, -E_SYNTAX,
	    "the path of the control socket is %zu octets long, "
	    "%zu are possible",
	    needed, room);
}

static int
check_control(const struct settings *settings, struct err *why)
{
	return check_socket_path(strlen(settings->control), why);
}

static int
check_state(const struct settings *settings, struct err *why)
{
	size_t needed = strlen(settings->state) + strlen(CONTROL_END);

	return settings->control[0] != '\0' ? 0
					    : check_socket_path(needed, why);
}

static int
check_sources(const struct settings *settings, struct err *why)
{
	const struct settings_list *list = &settings->source_addresses;
	unsigned of_4 = 0, of_6 = 0;
	struct ip ip;

	for (unsigned i = 0; i < list->n; i++) {
		if (ip_parse(span_of(list->v[i]), &ip) != 0)
			continue; /* told of already */
		of_4 += ip.family == 4;
		of_6 += ip.family == 6;
	}
	if (of_4 > 1 || of_6 > 1)
		return err_set(
		    why, -E_SYNTAX, "one address of each family at most");
	return 0;
}

static const struct rule {
	const char *keys[2]; /* that it is about; the first is to blame */
	int (*check)(const struct settings *settings, struct err *why);
} rules[] = {
    {{"domains", NULL}, check_domains},
    {{"certificate", "private-key"}, check_certificate},
    {{"private-key", "certificate"}, check_private_key},
    {{"listen-smdp", "certificate"}, check_listen_smdp},
    {{"notice-retry-max", "notice-retry-first"}, check_retries},
    {{"fail-delay-max", "fail-delay-first"}, check_fail_delays},
    {{"source-addresses", NULL}, check_sources},
    {{"control", NULL}, check_control},
    {{"state", "control"}, check_state},
};

void
settings_check_together(
    const struct settings *settings, const struct settings_check_watch *watch)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct rule *rule = &rules[i];
		struct err why;

		if (watch->is_bad(watch->arg, rule->keys[0]) ||
		    (rule->keys[1] != NULL &&
			watch->is_bad(watch->arg, rule->keys[1])))
			continue;
		if (rule->check(settings, &why) != 0)
			watch->fault(watch->arg, rule->keys[0], why.text);
	}
}
