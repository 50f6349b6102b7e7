/*
 * What users' lists cost through the store's own operations, on a disk:
 *
 *   bench-lists FOLDER PAIRS USERS LONG RUNS
 *
 * A new store in FOLDER is filled with PAIRS pairs of address and server: LONG
 * of them belong to the first of USERS users, if LONG is above 0, and the
 * others to all of them alike. The addresses of a list come in no order, as
 * they would. Then RUNS times, each operation of a user drawn by lot:
 *
 *   find-hit, find-miss    entry_find of a pair that is there, or of another
 *   get-hit, get-miss      user_get with the pair as sender, as for a notice
 *   add, delete            entry_put with a ceiling, entry_drop, committed
 *   checkpoint             the log into the file, as the sweeper does
 *
 * and the same for the first user alone if LONG is above 0. A line of fields
 * between tabs for each: list ("spread" or "long"), what, operations in a
 * commit, and those of cost_print(). First line: filled, seconds.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cost.h"
#include "store/store.h"

#define NOW       1800000000
#define LOOKS     (40 * STORE_BATCH_MAX) /* of each kind, in full commits */
#define ALONE     2000                   /* commits of one operation */
#define ROUNDS    64                     /* full commits that change lists */
#define CEILING   100000000              /* entries that a user may have */
#define DOMAINS   50000
#define NAME_ROOM 64
#define SCRAMBLE  2654435761u /* odd: no two of a list are alike */

/* Pairs FIRST to NEXT - 1 of a list are there. */
struct range {
	uint32_t first, next;
};

static struct store *store;
static struct range *lists; /* of all users */
static unsigned long users;
static bool of_first; /* operations are of the first user, whose list is long */

static void
fail(const char *what)
{
	fprintf(stderr, "bench-lists: %s\n", what);
	exit(1);
}

/* The same ones in each run. */
static uint32_t
lot(uint32_t below)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) % below);
}

/* ---- operations ---- */

static void
check_answer(struct store_op *op, void *arg)
{
	const enum store_outcome *expected = arg;
	bool wrong = op->outcome != *expected;

	/* It is answered in the user's account whether the pair is listed. */
	if (op->verb == STORE_USER_GET && op->user_get.sender.n > 0)
		wrong = op->outcome != STORE_OK ||
			(op->user_get.listed == LISTED_ALLOW) !=
			    (*expected == STORE_OK);
	if (wrong)
		fail(store_verb_name(op->verb));
	store_op_free(&op);
}

static struct store_op *
submit(enum store_verb verb, enum store_outcome expected)
{
	static enum store_outcome ok = STORE_OK, none = STORE_NONE;
	struct store_op *op = store_op_new(verb, NOW);

	if (op == NULL)
		fail("no memory");
	op->done = check_answer;
	op->arg = expected == STORE_OK ? &ok : &none;
	store_submit(store, op);
	return op;
}

__attribute__((format(printf, 2, 3))) static struct span
text(struct store_op *op, const char *format, ...)
{
	char made[NAME_ROOM];
	struct span copy;
	va_list list;

	va_start(list, format);
	(void)vsnprintf(made, sizeof made, format, list);
	va_end(list);
	copy = arena_copy(&op->arena, span_of(made));
	if (copy.p == NULL)
		fail("no memory");
	return copy;
}

static struct span
user_name(struct store_op *op, uint32_t user)
{
	return text(op, "user%" PRIu32 "@b.test", user);
}

/* The pair NUMBER of any list. */
static struct span
address(struct store_op *op, uint32_t number)
{
	const uint32_t scrambled = number * SCRAMBLE;

	return text(op, "writer%08" PRIx32 "@o%" PRIu32 ".test", scrambled,
	    scrambled % DOMAINS);
}

static struct span
server(struct store_op *op, uint32_t number)
{
	return text(op, "o%" PRIu32 ".test", number * SCRAMBLE % DOMAINS);
}

static void
submit_user(uint32_t user)
{
	struct store_op *op = submit(STORE_USER_PUT, STORE_OK);

	op->user_put.user.address = user_name(op, user);
	op->user_put.user.password = text(op, "!"); /* nobody signs in */
	op->user_put.user.created = NOW;
}

static void
submit_add(uint32_t user)
{
	struct store_op *op = submit(STORE_ENTRY_PUT, STORE_OK);
	const uint32_t number = lists[user].next++;

	op->entry_put.user_max = CEILING;
	op->entry_put.entry = (struct store_entry){
	    .user = user_name(op, user),
	    .side = SIDE_INCOMING,
	    .address = address(op, number),
	    .server = server(op, number),
	    .list = LISTED_ALLOW,
	    .by = ENTRY_BY_HAND,
	    .created = NOW,
	};
}

static void
submit_delete(uint32_t user)
{
	struct store_op *op = submit(STORE_ENTRY_DROP, STORE_OK);
	const uint32_t number = lists[user].first++;

	op->entry_drop.user = user_name(op, user);
	op->entry_drop.side = SIDE_INCOMING;
	op->entry_drop.address = address(op, number);
	op->entry_drop.server = server(op, number);
}

static void
submit_find(uint32_t user, uint32_t number, enum store_outcome expected)
{
	struct store_op *op = submit(STORE_ENTRY_FIND, expected);

	op->entry_find.user = user_name(op, user);
	op->entry_find.side = SIDE_INCOMING;
	op->entry_find.address = address(op, number);
	op->entry_find.server = server(op, number);
	op->entry_find.verified = true;
}

static void
submit_get(uint32_t user, uint32_t number, enum store_outcome expected)
{
	struct store_op *op = submit(STORE_USER_GET, expected);

	op->user_get.address = user_name(op, user);
	op->user_get.sender = address(op, number);
	op->user_get.server = server(op, number);
	op->user_get.verified = true;
}

static uint32_t
there(uint32_t user)
{
	const struct range *list = &lists[user];

	return list->first + lot(list->next - list->first);
}

static uint32_t
missing(uint32_t user)
{
	return lists[user].next + 1 + lot(1u << 20);
}

static void
find_hit(uint32_t user)
{
	submit_find(user, there(user), STORE_OK);
}

static void
find_miss(uint32_t user)
{
	submit_find(user, missing(user), STORE_NONE);
}

static void
get_hit(uint32_t user)
{
	submit_get(user, there(user), STORE_OK);
}

static void
get_miss(uint32_t user)
{
	submit_get(user, missing(user), STORE_NONE);
}

/* ---- filling ---- */

static void
turn_all(void)
{
	struct err err;

	while (store_pending(store))
		if (store_turn(store, &err) < 0)
			fail(err.text);
}

static void
fill(unsigned long pairs, unsigned long in_first)
{
	const unsigned long each = (pairs - in_first) / users;
	unsigned queued = 0;

	for (uint32_t user = 0; user < users; user++) {
		submit_user(user);
		for (unsigned long n = user == 0 ? in_first + each : each;
		     n > 0; n--) {
			submit_add(user);
			if (++queued % STORE_BATCH_MAX == 0)
				turn_all();
		}
	}
	turn_all();
}

/* ---- measuring ---- */

/* One commit. */
static void
one_commit(struct cost *cost, unsigned batch, void (*submit_one)(uint32_t user))
{
	cost_begin(cost, store);
	for (unsigned i = 0; i < batch; i++)
		submit_one(of_first ? 0 : lot((uint32_t)users));
	turn_all();
	cost_end(cost, store, batch);
}

static void
checkpoint(struct cost *cost, unsigned long operations)
{
	struct err err;

	cost_begin(cost, store);
	if (store_checkpoint(store, &err) < 0)
		fail(err.text);
	cost_end(cost, store, operations);
}

static void
tell(struct cost *cost, const char *what, unsigned batch)
{
	printf("%s\t%s\t%u\t", of_first ? "long" : "spread", what, batch);
	cost_print(cost);
	cost_fini(cost);
}

static void
measure_looks(unsigned batch, unsigned long commits)
{
	static const struct {
		const char *name;
		void (*submit_one)(uint32_t user);
	} looks[] = {{"find-hit", find_hit}, {"find-miss", find_miss},
	    {"get-hit", get_hit}, {"get-miss", get_miss}};
	struct cost cost;

	for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
		cost_init(&cost, commits);
		for (unsigned long n = 0; n < commits; n++)
			one_commit(&cost, batch, looks[i].submit_one);
		tell(&cost, looks[i].name, batch);
	}
}

/* As many go as come, so that the lists keep their lengths. */
static void
measure_changes(unsigned batch, unsigned long commits)
{
	struct cost add, delete, moved;

	cost_init(&moved, 1);
	checkpoint(&moved, 0);
	cost_fini(&moved);
	cost_init(&moved, 1);
	cost_init(&add, commits);
	cost_init(&delete, commits);
	for (unsigned long n = 0; n < commits; n++) {
		one_commit(&add, batch, submit_add);
		one_commit(&delete, batch, submit_delete);
	}
	checkpoint(&moved, 2 * batch * commits);
	tell(&add, "add", batch);
	tell(&delete, "delete", batch);
	tell(&moved, "checkpoint", batch);
}

static void
measure_all(void)
{
	measure_looks(STORE_BATCH_MAX, LOOKS / STORE_BATCH_MAX);
	measure_looks(1, ALONE);
	measure_changes(STORE_BATCH_MAX, ROUNDS);
	measure_changes(1, ALONE / 10);
}

static unsigned long
number_of(const char *argument)
{
	return strtoul(argument, NULL, 10);
}

int
main(int argc, char **argv)
{
	char where[4096];
	struct err err;
	double began;

	if (argc != 6 || strlen(argv[1]) > sizeof where - 8 ||
	    number_of(argv[3]) == 0 || number_of(argv[4]) > number_of(argv[2]))
		fail("FOLDER PAIRS USERS LONG RUNS, see the first lines of "
		     "lists.c");
	(void)snprintf(where, sizeof where, "sqlite:%s", argv[1]);
	if (store_open(where, &store, &err) != 0)
		fail(err.text);
	users = number_of(argv[3]);
	lists = calloc(users, sizeof *lists);
	if (lists == NULL)
		fail("no memory");
	began = cost_seconds();
	fill(number_of(argv[2]), number_of(argv[4]));
	printf("filled\t%.1f\n", cost_seconds() - began);
	for (unsigned long run = number_of(argv[5]); run > 0; run--) {
		of_first = false;
		measure_all();
		of_first = true;
		if (number_of(argv[4]) > 0)
			measure_all();
	}
	free(lists);
	store_close(&store);
	return 0;
}
