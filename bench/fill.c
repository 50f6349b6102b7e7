/*
 * Fills a store, through its own operations, with what a large server may have
 * waiting, or with accounts:
 *
 *   bench-fill FOLDER HOLDS ENVELOPES [ACCOUNTS [DOMAINS]]
 *
 * Holds come in hundreds: ten messages for one recipient and three for thirty
 * at three domains. The three and two of the ten have bodies of 4 KiB, the
 * others of 512 octets, so that a million holds and a million envelopes stay
 * below 2 GB. Every second message was announced (NOTICED); the others wait for
 * a destination that was away (HELD). Nothing is due within a day.
 *
 * Envelopes are PENDING notices with a text, a thousand for each of the users
 * user0@b.test and so on, mixed as they would arrive. ACCOUNTS are those of
 * crowd0@b.test and so on, who decide themselves; with DOMAINS, of
 * crowd0@d0.many.test and so on, by turns at so many domains.
 *
 * Last line: one JSON object. Not for: a store that is being served.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/rand.h"
#include "store/store.h"
#include "store/target.h"

#define DAY            86400
#define BODY_LARGE     4096
#define BODY_SMALL     512
#define HUNDRED        100 /* holds that are put together */
#define SINGLES        10  /* messages of them with one recipient */
#define SINGLES_LARGE  2   /* of these, with a large body */
#define CROWD          30  /* recipients of each other message */
#define CROWD_DOMAINS  3
#define DOMAINS        500 /* destinations of holds */
#define ORIGINS        50  /* domains that left envelopes */
#define ENVELOPES_EACH 1000
#define AUTHORS        100 /* users whose messages wait */
#define ID_TEXT        44

static struct store *store;
static int64_t now;
static unsigned long serial;        /* of holds, for names and times */
static unsigned long crowd_domains; /* 0: all are at b.test */

static void
fail(const char *what)
{
	fprintf(stderr, "bench-fill: %s\n", what);
	exit(1);
}

static void
check_answer(struct store_op *op, void *arg)
{
	(void)arg;
	if (op->outcome != STORE_OK) {
		fprintf(stderr, "bench-fill: %s: %s\n",
		    store_verb_name(op->verb), store_outcome_name(op->outcome));
		exit(1);
	}
	if (op->verb == STORE_NOTICE_PUT &&
	    op->notice_put.outcomes[0] != STORE_OK)
		fail("a notice was not taken");
	store_op_free(&op);
}

static struct store_op *
new_op(enum store_verb verb)
{
	struct store_op *op = store_op_new(verb, now);

	if (op == NULL)
		fail("no memory");
	op->done = check_answer;
	return op;
}

static void
turn_all(void)
{
	struct err err;

	while (store_pending(store))
		if (store_turn(store, &err) < 0)
			fail(err.text);
}

static void *
room(struct store_op *op, size_t n)
{
	void *p = arena_take(&op->arena, n);

	if (p == NULL)
		fail("no memory");
	return p;
}

__attribute__((format(printf, 2, 3))) static struct span
text(struct store_op *op, const char *format, ...)
{
	char made[1024];
	struct span copy;
	va_list list;

	va_start(list, format);
	vsnprintf(made, sizeof made, format, list);
	va_end(list);
	copy = arena_copy(&op->arena, span_of(made));
	if (copy.p == NULL)
		fail("no memory");
	return copy;
}

static struct span
new_id(struct store_op *op)
{
	uint8_t octets[32];
	char id[ID_TEXT];

	rand_fill(octets, sizeof octets);
	base64_url(span_make(octets, sizeof octets), id, sizeof id);
	return text(op, "%s", id);
}

/* ---- holds ---- */

static void
make_message(struct store_op *op, size_t body)
{
	struct store_message *m = &op->message_put.message;
	char *octets = room(op, body);

	memset(octets, 'X', body);
	m->key = key_new(now);
	m->user = text(op, "author%lu@a.test", serial % AUTHORS);
	m->sender = m->user;
	m->subject = text(op, "What number %lu is about", serial);
	m->head = text(op,
	    "From: Some Author <author%lu@a.test>\r\n"
	    "To: Those who read this <list@d%lu.waiting.test>\r\n"
	    "Date: Sun, 01 Nov 2026 12:00:00 +0000\r\n"
	    "Message-ID: <%lu@fill.a.test>\r\n"
	    "Subject: What number %lu is about\r\n\r\n",
	    serial % AUTHORS, serial % DOMAINS, serial, serial);
	m->envelope = text(op,
	    "From: Some Author <author%lu@a.test>\r\n"
	    "Subject: What number %lu is about\r\n\r\n"
	    "The first lines of what it says, as a person is shown them.\r\n",
	    serial % AUTHORS, serial);
	m->body = span_make(octets, body);
	m->size = m->head.n + body;
	rand_fill(m->digest, sizeof m->digest);
	m->created = now;
}

/* Of those for one domain the first is the one under which all are told. */
static void
make_hold(struct store_op *op, struct store_hold *holds, unsigned i)
{
	static char target[STORE_TARGET];
	unsigned long domain = (serial + i % CROWD_DOMAINS) % DOMAINS;

	target_write((struct ip){.family = 4, .b = {192, 0, 2, 7}}, target);
	holds[i] = (struct store_hold){
	    .key = key_new(now),
	    .id = new_id(op),
	    .recipient = text(
		op, "reader%lu@d%lu.waiting.test", serial % 100000 + i, domain),
	    .domain = text(op, "d%lu.waiting.test", domain),
	    .route = ROUTE_UNKNOWN,
	    .tries = 3,
	    .created = now,
	    .next_at = now + DAY + (int64_t)(serial % DAY),
	    .reply = text(op, "no connection: the host does not answer"),
	    .targets = span_make(target, sizeof target),
	    .visible = true,
	    .report_at = now + DAY + (int64_t)(serial % DAY),
	};
	holds[i].envelope = holds[i % CROWD_DOMAINS].key;
}

static void
announce(const struct store_hold *hold)
{
	struct store_op *op = new_op(STORE_HOLD_NOTICED);

	op->hold_noticed.key = hold->key;
	op->hold_noticed.route = ROUTE_ENVELOPE;
	op->hold_noticed.expires_at = now + 7 * DAY + (int64_t)(serial % DAY);
	op->hold_noticed.report_at = hold->report_at;
	op->hold_noticed.reply = text(op, "250 2.1.5 noted");
	store_submit(store, op);
}

static void
put_message(unsigned recipients, size_t body)
{
	struct store_op *op = new_op(STORE_MESSAGE_PUT);
	struct store_hold *holds = room(op, recipients * sizeof *holds);

	make_message(op, body);
	for (unsigned i = 0; i < recipients; i++)
		make_hold(op, holds, i);
	op->message_put.holds = holds;
	op->message_put.hold_count = recipients;
	store_submit(store, op);
	for (unsigned i = 0; serial % 2 == 0 && i < recipients; i++)
		announce(&holds[i]);
	serial++;
}

static void
fill_holds(unsigned long count)
{
	for (unsigned long done = 0; done < count; done += HUNDRED) {
		for (unsigned i = 0; i < SINGLES; i++)
			put_message(
			    1, i < SINGLES_LARGE ? BODY_LARGE : BODY_SMALL);
		for (unsigned i = SINGLES; i < HUNDRED; i += CROWD)
			put_message(CROWD, BODY_LARGE);
		turn_all();
	}
}

/* ---- envelopes ---- */

static struct span
envelope_text(struct store_op *op, unsigned long number, unsigned long user)
{
	return text(op,
	    "Envelope-Id: %040lu\r\n"
	    "Date: Sun, 01 Nov 2026 12:00:00 +0000\r\n"
	    "From: Somebody Else <writer%lu@o%lu.test>\r\n"
	    "To: User Number <user%lu@b.test>, Another <other@b.test>\r\n"
	    "Subject: A question, the %lu. of many, and what it is about\r\n"
	    "\r\n"
	    "Dear colleague, this is how the message begins, as far as a "
	    "person is shown it before they decide.\r\n",
	    number, number % 1000, number % ORIGINS, user, number);
}

static void
put_envelope(unsigned long number, unsigned long user)
{
	struct store_op *op = new_op(STORE_NOTICE_PUT);
	struct store_notice *notice = room(op, sizeof *notice);

	*notice = (struct store_notice){
	    .id = new_id(op),
	    .domain = text(op, "o%lu.test", number % ORIGINS),
	    .named = text(op, "user%lu@b.test", user),
	    .key = key_new(now),
	    .to = text(op, "User%lu@b.test", user),
	    .sender = text(
		op, "writer%lu@o%lu.test", number % 1000, number % ORIGINS),
	    .subject = text(op, "A question, the %lu. of many", number),
	    .envelope = envelope_text(op, number, user),
	    .address = {.family = 4, .b = {192, 0, 2, 7}},
	    .dialect = ROUTE_ENVELOPE,
	    .state = NOTICE_PENDING,
	    .has_digest = true,
	    .has_size = true,
	    .size = BODY_LARGE,
	    .created = now,
	    .next_at = now,
	    .expires_at = now + 7 * DAY + (int64_t)(number % DAY),
	};
	rand_fill(notice->digest, sizeof notice->digest);
	op->notice_put.count = 1;
	op->notice_put.notices = notice;
	store_submit(store, op);
}

static void
put_account(struct span (*name)(struct store_op *op, unsigned long number),
    unsigned long number)
{
	struct store_op *op = new_op(STORE_USER_PUT);
	struct store_user *user = &op->user_put.user;

	user->address = name(op, number);
	user->password = text(op, "!"); /* nobody signs in */
	user->mode = MODE_ASK;
	user->from_check = FROM_CHECK_BOTH;
	user->created = now;
	rand_fill(user->secret, sizeof user->secret);
	store_submit(store, op);
	if (number % STORE_BATCH_MAX == 0)
		turn_all();
}

static struct span
reader_name(struct store_op *op, unsigned long number)
{
	return text(op, "user%lu@b.test", number);
}

static struct span
crowd_name(struct store_op *op, unsigned long number)
{
	if (crowd_domains == 0)
		return text(op, "crowd%lu@b.test", number);
	return text(
	    op, "crowd%lu@d%lu.many.test", number, number % crowd_domains);
}

static void
fill_envelopes(unsigned long count)
{
	unsigned long users = (count + ENVELOPES_EACH - 1) / ENVELOPES_EACH;

	for (unsigned long i = 0; i < users; i++)
		put_account(reader_name, i);
	for (unsigned long i = 0; i < count; i++) {
		put_envelope(i, i % users);
		if (i % STORE_BATCH_MAX == 0)
			turn_all();
	}
	turn_all();
}

static void
fill_accounts(unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		put_account(crowd_name, i);
	turn_all();
}

/* ---- what it has become ---- */

static void
print_counts(double seconds)
{
	struct store_op *op = store_op_new(STORE_COUNT, now);
	const struct store_count *c = &op->count;

	if (op == NULL || store_do(store, op) != STORE_OK)
		fail("the store does not count");
	printf("{\"messages\": %lu, \"held\": %lu, \"noticed\": %lu,"
	       " \"pending\": %lu, \"users\": %lu, \"seconds\": %.1f}\n",
	    (unsigned long)c->messages, (unsigned long)c->holds[HOLD_HELD],
	    (unsigned long)c->holds[HOLD_NOTICED],
	    (unsigned long)c->notices[NOTICE_PENDING], (unsigned long)c->users,
	    seconds);
	store_op_free(&op);
}

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	double began = seconds_now();
	char where[4096];
	struct err err;

	if (argc < 4 || strlen(argv[1]) > sizeof where - 8) {
		fprintf(stderr,
		    "usage: %s FOLDER HOLDS ENVELOPES [ACCOUNTS [DOMAINS]]\n",
		    argv[0]);
		return 2;
	}
	snprintf(where, sizeof where, "sqlite:%s", argv[1]);
	if (store_open(where, &store, &err) != 0)
		fail(err.text);
	now = time(NULL);
	crowd_domains = argc > 5 ? strtoul(argv[5], NULL, 10) : 0;
	fill_holds(strtoul(argv[2], NULL, 10));
	fill_envelopes(strtoul(argv[3], NULL, 10));
	fill_accounts(argc > 4 ? strtoul(argv[4], NULL, 10) : 0);
	print_counts(seconds_now() - began);
	store_close(&store);
	return 0;
}
