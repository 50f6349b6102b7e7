/*
 * The same operations, drawn from a seed, on the memory driver and on the
 * sqlite driver: every outcome and every result must be the same. Operations
 * are committed in batches of changing size, and the file is opened again now
 * and then.
 */
#include "drawn.h"
#include "same.h"

#define STEPS     2000
#define BATCH_MAX 40

static void
ignore_answer(struct store_op *op, void *arg)
{
	(void)op;
	(void)arg;
}

static struct store_op *
submit(struct fixture *f, enum store_verb verb, struct draws d)
{
	struct store_op *op = store_op_new(verb, f->now);

	assert_non_null(op);
	drawn_fill(op, &d);
	op->done = ignore_answer;
	store_submit(f->store, op);
	return op;
}

/* SUCCEEDED counts how often each verb came to STORE_OK. */
static void
run_batch(struct fixture *memory, struct fixture *sqlite, struct draws *d,
    unsigned *succeeded)
{
	struct store_op *x[BATCH_MAX], *y[BATCH_MAX];
	unsigned count = 1 + draw(d, BATCH_MAX);

	for (unsigned i = 0; i < count; i++) {
		enum store_verb verb = draw_verb(d);
		struct draws own = {d->seed * 0x9e3779b97f4a7c15u};

		x[i] = submit(memory, verb, own);
		y[i] = submit(sqlite, verb, own);
	}
	assert_int_equal(store_turn(memory->store, NULL), count);
	assert_int_equal(store_turn(sqlite->store, NULL), count);
	for (unsigned i = 0; i < count; i++) {
		same_results(x[i], y[i]);
		succeeded[x[i]->verb] += x[i]->outcome == STORE_OK;
		store_op_free(&x[i]);
		store_op_free(&y[i]);
	}
}

static void
run_seed(uint64_t seed)
{
	struct fixture memory, sqlite;
	struct draws d = {seed};
	unsigned succeeded[STORE_VERBS] = {0};

	fixture_open(&memory, false);
	fixture_open(&sqlite, true);
	for (unsigned step = 0; step < STEPS; step++) {
		run_batch(&memory, &sqlite, &d, succeeded);
		memory.now = sqlite.now += draw(&d, 40);
		if (step % 500 == 499)
			fixture_reopen(&sqlite);
	}
	/* A run in which nothing comes about would be no test. */
	for (int verb = 0; verb < STORE_VERBS; verb++)
		if (succeeded[verb] < 10)
			fail_msg("%s hardly ever succeeded",
			    store_verb_name((enum store_verb)verb));
	assert_clean(&memory);
	assert_clean(&sqlite);
	fixture_close(&memory);
	fixture_close(&sqlite);
}

static void
both_drivers_answer_alike_from_one_seed(void **state)
{
	(void)state;
	run_seed(1);
}

static void
both_drivers_answer_alike_from_another_seed(void **state)
{
	(void)state;
	run_seed(20261122);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_drivers_answer_alike_from_one_seed),
	    cmocka_unit_test(both_drivers_answer_alike_from_another_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
