/* One server without processes, for the tests of origin/ and receiver/. */
#include "steps.h"

#include "message/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECIPIENTS_MAX 8

void
side_open(struct side *s, const char *domain, const char *more, uint64_t seed)
{
	char text[1024], where[40] = "memory:";
	const char *const domains[] = {domain};
	struct err err = {0};

	memset(s, 0, sizeof *s);
	s->now = NOW;
	memset(s->secret, domain[0], sizeof s->secret);
	snprintf(text, sizeof text,
	    "hostname = \"mx.%s\"\ndomains = {\"%s\"}\n%s\n", domain, domain,
	    more);
	if (seed != 0)
		snprintf(where, sizeof where, "memory:%llu",
		    (unsigned long long)seed);
	if (settings_parse(span_of(text), "t", &s->settings, &err) != 0 ||
	    store_open(where, &s->store, &err) != 0)
		fail_msg("%s", err.text);
	s->local = hosts_new(domains, 1, &err);
	assert_non_null(s->local);
}

void
side_close(struct side *s)
{
	store_close(&s->store);
	hosts_free(&s->local);
	settings_free(&s->settings);
}

void
side_turn(struct side *s)
{
	while (store_pending(s->store))
		assert_true(store_turn(s->store, NULL) >= 0);
}

struct store_op *
side_op(const struct side *s, enum store_verb verb)
{
	struct store_op *op = store_op_new(verb, s->now);

	assert_non_null(op);
	return op;
}

enum store_outcome
side_do(struct side *s, struct store_op *op)
{
	enum store_outcome outcome = store_do(s->store, op);

	while (outcome == STORE_UNSURE)
		outcome = store_do(s->store, op);
	return outcome;
}

void
side_add_user(struct side *s, const char *address)
{
	struct store_op *op = side_op(s, STORE_USER_PUT);

	op->user_put.user.address = span_of(address);
	op->user_put.user.password = span_of("$argon2id$");
	memset(op->user_put.user.secret, 0x5a, STORE_SECRET);
	op->user_put.user.created = s->now;
	assert_int_equal(side_do(s, op), STORE_OK);
	store_op_free(&op);
}

unsigned
side_each_hold(struct side *s,
    void (*each)(void *arg, const struct store_hold_row *row), void *arg)
{
	struct key after = {{0}};
	unsigned all = 0, count;

	do {
		struct store_op *op = side_op(s, STORE_HOLD_LIST);

		op->hold_list.after = after;
		op->hold_list.limit = STORE_PAGE_MAX;
		assert_int_equal(side_do(s, op), STORE_OK);
		count = op->hold_list.count;
		for (unsigned i = 0; i < count; i++) {
			after = op->hold_list.rows[i].hold.key;
			if (each != NULL)
				each(arg, &op->hold_list.rows[i]);
		}
		all += count;
		store_op_free(&op);
	} while (count == STORE_PAGE_MAX);
	return all;
}

unsigned
side_each_notice(struct side *s,
    void (*each)(void *arg, const struct store_notice *notice), void *arg)
{
	struct store_op *op = side_op(s, STORE_NOTICE_LIST);
	unsigned count;

	op->notice_list.limit = STORE_PAGE_MAX;
	assert_int_equal(side_do(s, op), STORE_OK);
	count = op->notice_list.count;
	assert_true(count < STORE_PAGE_MAX);
	for (unsigned i = 0; each != NULL && i < count; i++)
		each(arg, &op->notice_list.notices[i]);
	store_op_free(&op);
	return count;
}

struct store_op *
side_only_hold(struct side *s)
{
	struct store_op *op = side_op(s, STORE_HOLD_LIST);

	op->hold_list.limit = 2;
	assert_int_equal(side_do(s, op), STORE_OK);
	assert_int_equal(op->hold_list.count, 1);
	return op;
}

struct store_op *
side_only_notice(struct side *s)
{
	struct store_op *op = side_op(s, STORE_NOTICE_LIST);

	op->notice_list.limit = 2;
	assert_int_equal(side_do(s, op), STORE_OK);
	assert_int_equal(op->notice_list.count, 1);
	return op;
}

struct store_count
side_count(struct side *s)
{
	struct store_op *op = side_op(s, STORE_COUNT);
	struct store_count count;

	assert_int_equal(side_do(s, op), STORE_OK);
	count = op->count;
	store_op_free(&op);
	return count;
}

void
side_assert_clean(struct side *s)
{
	struct store_op *op = side_op(s, STORE_CHECK);

	assert_int_equal(side_do(s, op), STORE_OK);
	if (op->check.problems != 0)
		fail_msg("%.*s", (int)op->check.text.n, op->check.text.p);
	store_op_free(&op);
}

struct hosts *
hosts_of(const char *first, ...)
{
	const char *entries[16];
	struct err err = {0};
	struct hosts *hosts;
	unsigned n = 0;
	va_list more;

	va_start(more, first);
	for (const char *e = first; e != NULL; e = va_arg(more, const char *)) {
		assert_true(n < sizeof entries / sizeof entries[0]);
		entries[n++] = e;
	}
	va_end(more);
	hosts = hosts_new(entries, n, &err);
	assert_non_null(hosts);
	return hosts;
}

struct ip
ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	return ip;
}

static void
sum_up(struct arrival *a)
{
	struct digest *digest = digest_new();

	assert_non_null(digest);
	digest_add(digest, a->head);
	digest_add(digest, a->body);
	assert_int_equal(digest_end(digest, a->digest), 0);
	digest_free(&digest);
	a->size = a->head.n + a->body.n;
}

struct arrival
arrival_for(const struct arrival_recipient *recipients, unsigned count)
{
	struct arrival a = {
	    .way = ARRIVAL_SUBMITTED,
	    .message = key_new(NOW),
	    .user = span_of("alice@a.test"),
	    .sender = span_of("alice@a.test"),
	    .with = span_of("ESMTPSA"),
	    .helo = span_of("[192.0.2.99]"),
	    .address = ip_of("192.0.2.99"),
	    .envid = span_of("QQ314159"),
	    .head = span_of("From: alice@a.test\r\nSubject: minutes\r\n\r\n"),
	    .body = span_of("Here they are.\r\n"),
	    .count = count,
	    .recipients = recipients,
	};

	sum_up(&a);
	return a;
}

struct arrival
arrival_to(const char *first, ...)
{
	static struct arrival_recipient recipients[RECIPIENTS_MAX];
	unsigned n = 0;
	va_list more;

	memset(recipients, 0, sizeof recipients);
	va_start(more, first);
	for (const char *r = first; r != NULL; r = va_arg(more, const char *)) {
		assert_true(n < RECIPIENTS_MAX);
		recipients[n].recipient = span_of(r);
		recipients[n].orcpt = span_of("rfc822;somebody");
		recipients[n++].notify = 2;
	}
	va_end(more);
	return arrival_for(recipients, n);
}

void
hear(void *heard, enum reply_name reply)
{
	hear_text(heard, reply, span_of(""));
}

void
hear_text(void *heard, enum reply_name reply, struct span text)
{
	struct heard *h = heard;

	h->times++;
	h->reply = reply;
	assert_int_equal(span_copy(text, h->text, sizeof h->text), 0);
}
