/*
 * The door's own side: operations, their queue, and one commit a turn. It is
 * not a driver: no rule about holds or notices is decided here. See README.md
 * for the rules and driver.h for what a driver does.
 */
#include "store/store.h"

#include "base/crash.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/driver.h"

struct store {
	const struct store_driver *driver;
	void *state; /* the driver's */
	struct list queue;
	bool broken; /* a commit failed: the driver is not used again */
	struct store_figures figures;
};

static const struct store_driver *const drivers[] = {
    &store_sqlite_driver,
    &store_memory_driver,
};

static const struct store_driver *
find_driver(struct span scheme)
{
	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
		if (span_equals(span_of(drivers[i]->scheme), scheme))
			return drivers[i];
	return NULL;
}

struct store_op *
store_op_new(enum store_verb verb, int64_t now)
{
	struct store_op *op = calloc(1, sizeof *op);

	if (op == NULL)
		return NULL;
	op->verb = verb;
	op->now = now;
	arena_init(&op->arena, STORE_OP_ARENA);
	list_init(&op->node);
	return op;
}

void
store_op_free(struct store_op **op)
{
	if (*op == NULL)
		return;
	arena_fini(&(*op)->arena);
	/* An account's secret may be among the results. */
	explicit_bzero(*op, sizeof **op);
	free(*op);
	*op = NULL;
}

int
store_open(const char *where, struct store **store_r, struct err *err)
{
	struct span rest = span_of(where), scheme;
	struct store *store;
	int r;

	*store_r = NULL;
	if (span_find(rest, 0, ':') == rest.n)
		return err_set(err, -E_NONE, "%s: no driver named", where);
	span_cut(&rest, ':', &scheme);
	store = calloc(1, sizeof *store);
	if (store == NULL)
		return err_set(err, -E_NOMEM, "store: no memory");
	store->driver = find_driver(scheme);
	if (store->driver == NULL) {
		r = err_set(err, -E_NONE, "%s: unknown driver", where);
		goto out_free;
	}
	/* The end of WHERE: still terminated by its NUL. */
	r = store->driver->open(where + scheme.n + 1, &store->state, err);
	if (r < 0)
		goto out_free;
	list_init(&store->queue);
	*store_r = store;
	return 0;

out_free:
	free(store);
	return r;
}

/* Answers all that is queued now; what their DONE submits stays. */
static int
answer_queued(struct store *store, enum store_outcome outcome)
{
	struct list all, *node;
	int count = 0;

	list_init(&all);
	while ((node = list_shift(&store->queue)) != NULL)
		list_append(&all, node);
	while ((node = list_shift(&all)) != NULL) {
		struct store_op *op = LIST_OF(node, struct store_op, node);

		op->outcome = outcome;
		op->done(op, op->arg);
		count++;
	}
	return count;
}

void
store_close(struct store **store)
{
	struct store *s = *store;

	if (s == NULL)
		return;
	answer_queued(s, STORE_UNSURE);
	s->driver->close(s->state);
	free(s);
	*store = NULL;
}

void
store_submit(struct store *store, struct store_op *op)
{
	list_append(&store->queue, &op->node);
}

bool
store_pending(const struct store *store)
{
	return !list_empty(&store->queue);
}

/* To the front of the queue again, in their order. */
static void
put_back(struct store *store, struct store_op **ops, unsigned count)
{
	struct list *first = store->queue.next;

	for (unsigned i = 0; i < count; i++)
		list_append(first, &ops[i]->node);
}

/*
 * Takes what goes into one commit. The arena of an operation measures its
 * content, since callers copy arguments there.
 */
static unsigned
take_batch(struct store *store, struct store_op **ops)
{
	struct list *node;
	size_t octets = 0;
	unsigned count = 0, chosen;

	while (count < STORE_BATCH_MAX && octets < STORE_BATCH_OCTETS &&
	       (node = list_shift(&store->queue)) != NULL) {
		ops[count] = LIST_OF(node, struct store_op, node);
		octets += ops[count]->arena.used;
		count++;
	}
	if (store->driver->choose == NULL)
		return count;
	chosen = store->driver->choose(store->state, ops, count);
	put_back(store, ops + chosen, count - chosen);
	return chosen;
}

/*
 * An operation whose texts found no memory is not tried: an empty one in their
 * place could mean something. Such are left at the end of OPS; how many come
 * before them.
 */
static unsigned
set_aside(struct store_op **ops, unsigned count)
{
	unsigned whole = 0;

	for (unsigned i = 0; i < count; i++) {
		struct store_op *op = ops[i];

		if (op->arena.failed) {
			op->outcome = STORE_FULL;
			continue;
		}
		ops[i] = ops[whole];
		ops[whole++] = op;
	}
	return whole;
}

static int64_t
microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
apply(
    struct store *store, struct store_op **ops, unsigned count, struct err *err)
{
	int64_t began = microseconds(), took;
	int r = store->driver->apply(store->state, ops, count, err);

	if (r < 0) {
		store->broken = true;
		for (unsigned i = 0; i < count; i++)
			ops[i]->outcome = STORE_UNSURE;
		return -E_SYSTEM;
	}
	for (unsigned i = 0; i < count; i++)
		ops[i]->arena.failed = false; /* of results: STORE_FULL */
	took = microseconds() - began;
	if (took > store->figures.longest_commit)
		store->figures.longest_commit = took;
	store->figures.commits++;
	store->figures.operations += count;
	if (count > store->figures.largest)
		store->figures.largest = count;
	return 0;
}

#ifdef CRASH_POINTS
/* A claim that found nothing is no step of any flow. */
static bool
found_something(const struct store_op *op)
{
	return (op->verb != STORE_HOLD_CLAIM || op->hold_claim.count > 0) &&
	       (op->verb != STORE_NOTICE_CLAIM || op->notice_claim.count > 0) &&
	       (op->verb != STORE_DELIVERY_CLAIM ||
		   op->delivery_claim.count > 0) &&
	       (op->verb != STORE_REPORT_CLAIM || op->report_claim.count > 0) &&
	       (op->verb != STORE_HOLD_EXPIRE || op->hold_expire.count > 0) &&
	       (op->verb != STORE_NOTICE_EXPIRE || op->notice_expire.count > 0);
}

static void
crash_at(const char *when, struct store_op **ops, unsigned count, bool done)
{
	for (unsigned i = 0; i < count; i++)
		if (!done || found_something(ops[i]))
			crash_point(when, store_verb_name(ops[i]->verb));
}
#else
static void
crash_at(const char *when, struct store_op **ops, unsigned count, bool done)
{
	(void)when;
	(void)ops;
	(void)count;
	(void)done;
}
#endif

int
store_turn(struct store *store, struct err *err)
{
	struct store_op *ops[STORE_BATCH_MAX];
	unsigned count, whole;
	int r = 0;

	if (store->broken) {
		answer_queued(store, STORE_BROKEN);
		return err_set(err, -E_SYSTEM,
		    "store: a commit failed before; it must be opened again");
	}
	count = take_batch(store, ops);
	if (count == 0)
		return 0;
	whole = set_aside(ops, count);
	crash_at("before-", ops, whole, false);
	if (whole > 0)
		r = apply(store, ops, whole, err);
	crash_at("after-", ops, whole, true);
	for (unsigned i = 0; i < count; i++)
		ops[i]->done(ops[i], ops[i]->arg);
	return r < 0 ? r : (int)count;
}

static void
note_answer(struct store_op *op, void *arg)
{
	(void)op;
	*(bool *)arg = true;
}

enum store_outcome
store_do(struct store *store, struct store_op *op)
{
	bool answered = false;

	op->done = note_answer;
	op->arg = &answered;
	store_submit(store, op);
	/* A broken store answers too, so this ends. */
	while (!answered)
		store_turn(store, NULL);
	return op->outcome;
}

void
store_figures(struct store *store, struct store_figures *figures_r)
{
	store->figures.wal_octets = store->driver->wal_octets(store->state);
	*figures_r = store->figures;
	store->figures.longest_commit = 0;
}

int
store_checkpoint(struct store *store, struct err *err)
{
	return store->driver->checkpoint(store->state, err);
}
