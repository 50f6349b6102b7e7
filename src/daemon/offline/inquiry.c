/*
 * Runs the pure evaluation of trust/spf.h with the look-ups of lookup.h, in a
 * loop of its own, and says what came out in plain words.
 *
 * Not for: what the server does with a result (receiver/admit.c).
 */
#include "daemon/offline/inquiry.h"

#include "daemon/resolver/lookup.h"
#include "proto/address.h"
#include "trust/spf.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOST_MAX 256

struct inquiry {
	struct event_base *base;
	struct lookup *lookup;
	struct spf *spf;
	struct ip client;
	char sender[ADDRESS_TEXT + sizeof "postmaster@"];
	char domain[ADDRESS_DOMAIN_MAX + 1];
	char helo[ADDRESS_DOMAIN_MAX + 1];
	bool overdue;
};

/* ---- words ---- */

/* The null path is judged by the HELO name (RFC 7208 2.4). */
static int
read_sender(struct inquiry *q, const char *from, struct err *err)
{
	const struct address_rules rules = {.empty_ok = true, .utf8 = true};
	struct address address;

	if (address_parse(span_of(from), rules, &address) < 0 &&
	    from[0] != '\0')
		return err_set(err, -E_SYNTAX, "%s: is no mail address", from);
	if (from[0] == '\0' || address.text[0] == '\0') {
		snprintf(q->sender, sizeof q->sender, "postmaster@%s", q->helo);
		snprintf(q->domain, sizeof q->domain, "%s", q->helo);
		return 0;
	}
	snprintf(q->sender, sizeof q->sender, "%s", address.text);
	if (span_copy(address.domain, q->domain, sizeof q->domain) < 0)
		return err_set(err, -E_SYNTAX, "%s: is no mail address", from);
	return 0;
}

static int
read_words(struct inquiry *q, const struct ctl_policy_ask *ask, struct err *err)
{
	if (ip_parse(span_of(ask->ip), &q->client) < 0)
		return err_set(err, -E_SYNTAX, "%s: is no address", ask->ip);
	/* A HELO that is no domain is one without a policy. */
	if (address_domain(span_of(ask->helo), q->helo) < 0 &&
	    span_copy(span_of(ask->helo), q->helo, sizeof q->helo) < 0)
		return err_set(err, -E_SYNTAX, "%s: is too long", ask->helo);
	return read_sender(q, ask->from, err);
}

/* "address:port" as lookup.h wants it; "" for none. */
static int
read_server(const char *dns, char *room, size_t size, struct err *err)
{
	char address[IP_TEXT];
	uint16_t port;
	struct ip ip;

	room[0] = '\0';
	if (dns == NULL)
		return 0;
	if (settings_endpoint(dns, &ip, &port) < 0)
		return err_set(err, -E_SYNTAX,
		    "%s: must be address:port, such as 127.0.0.1:53", dns);
	ip_text(ip, address);
	snprintf(room, size, "%s@%u", address, port);
	return 0;
}

/* ---- look-ups ---- */

static void step(struct inquiry *q);

static void
answered(void *arg, const struct dns_answer *answer)
{
	struct inquiry *q = arg;

	spf_answer(q->spf, answer);
	step(q);
}

static void
step(struct inquiry *q)
{
	static const struct dns_answer no_answer = {.status = DNS_TEMPORARY};
	struct dns_question question;

	while (spf_wants(q->spf, &question) == 1) {
		if (lookup_ask(q->lookup, &question, answered, q) != NULL)
			return;
		spf_answer(q->spf, &no_answer);
	}
	event_base_loopbreak(q->base);
}

static void
give_up(evutil_socket_t fd, short what, void *arg)
{
	struct inquiry *q = arg;

	(void)fd;
	(void)what;
	q->overdue = true;
	event_base_loopbreak(q->base);
}

/* Until the evaluation has ended, or the time. */
static int
run(struct inquiry *q, struct err *err)
{
	const struct timeval patience = {.tv_sec = INQUIRY_SECONDS};
	struct dns_question question;
	struct event *timer;

	step(q);
	if (spf_wants(q->spf, &question) == 0)
		return 0; /* no look-up was needed */
	timer = event_new(q->base, -1, 0, give_up, q);
	if (timer == NULL || event_add(timer, &patience) < 0)
		return err_set(err, -E_NOMEM, "no memory");
	event_base_dispatch(q->base);
	event_free(timer);
	return 0;
}

static int
evaluate(struct inquiry *q, const char *server, enum spf_result *result_r,
    struct err *err)
{
	char host[HOST_MAX] = "localhost";
	struct spf_query query = {
	    .client = q->client,
	    .sender = span_of(q->sender),
	    .domain = span_of(q->domain),
	    .helo = span_of(q->helo),
	    .now = (int64_t)time(NULL),
	};
	int error;

	gethostname(host, sizeof host - 1);
	query.receiver = span_of(host);
	q->base = event_base_new();
	q->spf = spf_new(&query);
	if (q->base == NULL || q->spf == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	error = lookup_new(q->base, server, &q->lookup, err);
	if (error == 0)
		error = run(q, err);
	if (error == 0)
		*result_r = q->overdue ? SPF_TEMPERROR : spf_result(q->spf);
	return error;
}

/* ---- in plain words ---- */

/* The domain stands between the first two, the address between the last. */
static const struct {
	const char *before, *between, *behind;
} sentences[] = {
    [SPF_NONE] = {"", " publishes no policy, so nothing is known of ", ""},
    [SPF_NEUTRAL] = {"the policy of ", " says nothing about ", ""},
    [SPF_PASS] = {"the policy of ", " names ", " as one of its hosts"},
    [SPF_FAIL] = {"the policy of ", " says that ", " may not speak for it"},
    [SPF_SOFTFAIL] = {"the policy of ", " says that ",
	" probably may not speak for it"},
    [SPF_TEMPERROR] = {"DNS did not answer about the policy of ",
	", so nothing is known of ", " just now"},
    [SPF_PERMERROR] = {"the policy of ",
	" has a fault, or asks for too much, so nothing is known of ", ""},
};

static void
explain(
    const struct inquiry *q, enum spf_result result, char *room, size_t size)
{
	char address[IP_TEXT];

	ip_text(q->client, address);
	snprintf(room, size, "%s%s%s%s%s", sentences[result].before, q->domain,
	    sentences[result].between, address, sentences[result].behind);
}

int
inquiry_policy(const struct ctl_policy_ask *ask,
    struct ctl_policy_answer *answer_r, struct err *err)
{
	struct inquiry q = {0};
	char server[IP_TEXT + 8];
	enum spf_result result = SPF_TEMPERROR;
	int error = read_words(&q, ask, err);

	if (error == 0)
		error = read_server(ask->dns, server, sizeof server, err);
	if (error != 0)
		return error;
	error = evaluate(&q, server, &result, err);
	answer_r->result = spf_result_name(result);
	explain(&q, result, answer_r->explanation, CTL_POLICY_TEXT);
	lookup_free(&q.lookup);
	spf_free(&q.spf);
	if (q.base != NULL)
		event_base_free(q.base);
	return error;
}
