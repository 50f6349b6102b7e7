/*
 * How many messages a second the sqlite driver carries through a whole life:
 * put, noticed, leased, taken, with bodies of 4 KiB in full batches.
 *
 *   bench-store FOLDER [MESSAGES [HELD]]
 *
 * HELD messages are put first and stay, so that the indexes have their size.
 * FOLDER must not hold a store yet; it stays there to be looked at.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/store.h"
#include "store/target.h"

#define BODY   4096
#define NOW    1800000000
#define TICKET 1 /* of every lease */

static struct store *store;
static struct key keys[STORE_BATCH_MAX];
static char targets[STORE_TARGET];
static const char id[] = "0123456789012345678901234567890123456789012";

static void
check_answer(struct store_op *op, void *arg)
{
	(void)arg;
	if (op->outcome != STORE_OK) {
		fprintf(stderr, "%s: %s\n", store_verb_name(op->verb),
		    store_outcome_name(op->outcome));
		exit(1);
	}
	store_op_free(&op);
}

static struct store_op *
submit(enum store_verb verb)
{
	struct store_op *op = store_op_new(verb, NOW);

	if (op == NULL)
		exit(1);
	op->done = check_answer;
	store_submit(store, op);
	return op;
}

static void
submit_put(struct key key)
{
	static char body[BODY];
	struct store_op *op = submit(STORE_MESSAGE_PUT);
	struct store_message_put *put = &op->message_put;
	struct store_hold *hold = arena_take(&op->arena, sizeof *hold);

	if (hold == NULL)
		exit(1);
	put->message = (struct store_message){.key = key,
	    .sender = span_of("alice@a.test"),
	    .user = span_of("alice@a.test"),
	    .head = span_of("Subject: bench\r\n\r\n"),
	    .body = arena_copy(&op->arena, span_make(body, sizeof body)),
	    .size = sizeof body,
	    .created = NOW};
	*hold = (struct store_hold){.key = key,
	    .id = span_of(id),
	    .recipient = span_of("bob@b.test"),
	    .domain = span_of("b.test"),
	    .route = ROUTE_UNKNOWN,
	    .created = NOW,
	    .next_at = NOW,
	    .targets = span_make(targets, sizeof targets)};
	put->hold_count = 1;
	put->holds = hold;
}

static void
submit_noticed(struct key key)
{
	struct store_op *op = submit(STORE_HOLD_NOTICED);

	op->hold_noticed.key = key;
	op->hold_noticed.route = ROUTE_GDEL;
	op->hold_noticed.expires_at = NOW + 172800;
	op->hold_noticed.reply = span_of("250 2.0.0 noted");
}

static void
submit_lease(struct key key)
{
	struct store_op *op = submit(STORE_HOLD_LEASE);

	op->hold_lease.key = key;
	op->hold_lease.id = span_of(id);
	op->hold_lease.asker = target_read(targets);
	op->hold_lease.node = 1;
	op->hold_lease.ticket = TICKET;
	op->hold_lease.lease_until = NOW + 600;
}

static void
submit_taken(struct key key)
{
	struct store_op *op = submit(STORE_HOLD_SETTLE);

	op->hold_settle.key = key;
	op->hold_settle.node = 1;
	op->hold_settle.ticket = TICKET;
	op->hold_settle.state = HOLD_TAKEN;
}

static void
turn_all(void)
{
	struct err err;

	while (store_pending(store))
		if (store_turn(store, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			exit(1);
		}
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One step for each of COUNT messages, in one commit. */
static void
step(void (*submit_one)(struct key key), unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		submit_one(keys[i]);
	turn_all();
}

static void
run(unsigned long messages, bool to_the_end)
{
	for (unsigned long done = 0; done < messages;) {
		unsigned count = messages - done < STORE_BATCH_MAX
				     ? (unsigned)(messages - done)
				     : STORE_BATCH_MAX;

		for (unsigned i = 0; i < count; i++)
			keys[i] = key_new(NOW);
		step(submit_put, count);
		if (to_the_end) {
			step(submit_noticed, count);
			step(submit_lease, count);
			step(submit_taken, count);
		}
		done += count;
	}
}

static double
time_of(enum store_verb verb, unsigned limit)
{
	double began;
	struct store_op *op = store_op_new(verb, NOW);

	if (op == NULL)
		exit(1);
	if (verb == STORE_HOLD_CLAIM)
		op->hold_claim.claim = (struct store_claim){1, NOW + 60, limit};
	else if (verb == STORE_HOLD_LIST)
		op->hold_list.limit = limit;
	else if (verb == STORE_HOLD_EXPIRE)
		op->hold_expire.limit = limit;
	else if (verb == STORE_SWEEP)
		op->sweep = (struct store_sweep){
		    .holds_before = NOW + 1, .limit = limit};
	began = seconds();
	store_do(store, op);
	store_op_free(&op);
	return (seconds() - began) * 1000;
}

int
main(int argc, char **argv)
{
	static const enum store_verb verbs[] = {STORE_HOLD_CLAIM,
	    STORE_HOLD_LIST, STORE_HOLD_EXPIRE, STORE_SWEEP, STORE_COUNT};
	unsigned long messages = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;
	unsigned long held = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	struct store_figures figures;
	char where[4096];
	struct err err;
	double began;

	if (argc < 2 || strlen(argv[1]) > sizeof where - 8) {
		fprintf(
		    stderr, "usage: %s FOLDER [MESSAGES [HELD]]\n", argv[0]);
		return 2;
	}
	snprintf(where, sizeof where, "sqlite:%s", argv[1]);
	if (store_open(where, &store, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	target_write((struct ip){.family = 4, .b = {192, 0, 2, 7}}, targets);
	began = seconds();
	run(held, false);
	if (held > 0)
		printf("held: %.0f messages a second\n",
		    (double)held / (seconds() - began));
	began = seconds();
	run(messages, true);
	printf("whole life: %.0f messages a second\n",
	    (double)messages / (seconds() - began));
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		printf("%s of 100: %.2f ms\n", store_verb_name(verbs[i]),
		    time_of(verbs[i], 100));
	store_figures(store, &figures);
	printf("log: %.0f MiB, longest commit: %.1f ms\n",
	    (double)figures.wal_octets / (1 << 20),
	    (double)figures.longest_commit / 1000);
	store_close(&store);
	return 0;
}
