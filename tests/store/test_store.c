/* The door's own side: opening, the queue, batches, names, targets, weather. */
#include <string.h>

#include "fixture.h"
#include "store/target.h"

static int
set_up(void **state)
{
	static struct fixture f;

	fixture_open(&f, false);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	fixture_close(*state);
	return 0;
}

static void
an_unknown_driver_is_said(void **state)
{
	struct store *store;
	struct err err;

	(void)state;
	assert_int_equal(store_open("cheese:brie", &store, &err), -E_NONE);
	assert_non_null(strstr(err.text, "cheese:brie"));
	assert_int_equal(store_open("/var/lib", &store, NULL), -E_NONE);
	assert_int_equal(store_open("memory:brie", &store, NULL), -E_RANGE);
	assert_int_equal(store_open("sqlite:", &store, NULL), -E_RANGE);
	assert_null(store);
}

/* What the answers of one run looked like. */
struct answers {
	unsigned count;
	unsigned outcomes[STORE_BROKEN + 1];
};

static void
note_answer(struct store_op *op, void *arg)
{
	struct answers *answers = arg;

	answers->count++;
	answers->outcomes[op->outcome]++;
	store_op_free(&op);
}

static void
submit_counts(
    struct fixture *f, unsigned count, size_t octets, struct answers *answers)
{
	for (unsigned i = 0; i < count; i++) {
		struct store_op *op = store_op_new(STORE_COUNT, NOW);

		assert_non_null(op);
		assert_non_null(arena_take(&op->arena, octets));
		op->done = note_answer;
		op->arg = answers;
		store_submit(f->store, op);
	}
}

static void
one_turn_takes_no_more_than_a_batch(void **state)
{
	struct fixture *f = *state;
	struct answers answers = {0};

	assert_false(store_pending(f->store));
	submit_counts(f, STORE_BATCH_MAX + 3, 0, &answers);
	assert_true(store_pending(f->store));
	assert_int_equal(store_turn(f->store, NULL), STORE_BATCH_MAX);
	assert_int_equal(store_turn(f->store, NULL), 3);
	assert_int_equal(store_turn(f->store, NULL), 0);
	assert_int_equal(answers.outcomes[STORE_OK], STORE_BATCH_MAX + 3);
	assert_false(store_pending(f->store));
}

static void
one_turn_takes_no_more_content_than_a_batch(void **state)
{
	struct fixture *f = *state;
	struct answers answers = {0};

	submit_counts(f, 5, STORE_BATCH_OCTETS / 2, &answers);
	assert_int_equal(store_turn(f->store, NULL), 2);
	assert_int_equal(store_turn(f->store, NULL), 2);
	assert_int_equal(store_turn(f->store, NULL), 1);
}

static void
closing_leaves_the_queued_ones_unsure(void **state)
{
	struct fixture *f = *state;
	struct answers answers = {0};

	submit_counts(f, 2, 0, &answers);
	store_close(&f->store);
	assert_null(f->store);
	assert_int_equal(answers.outcomes[STORE_UNSURE], 2);
}

/* An empty text in the place of one that is missing could mean something. */
static void
what_lacks_a_text_is_not_tried(void **state)
{
	struct fixture *f = *state;
	struct answers answers = {0};

	submit_counts(f, 1, 0, &answers);
	for (unsigned i = 0; i < 2; i++) {
		struct store_op *op = store_op_new(STORE_COUNT, NOW);

		assert_null(arena_take(&op->arena, STORE_OP_ARENA + 1));
		op->done = note_answer;
		op->arg = &answers;
		store_submit(f->store, op);
	}
	submit_counts(f, 1, 0, &answers);
	assert_int_equal(store_turn(f->store, NULL), 4);
	assert_int_equal(answers.outcomes[STORE_OK], 2);
	assert_int_equal(answers.outcomes[STORE_FULL], 2);
}

struct follow {
	struct store *store;
	struct answers answers;
};

static void
submit_another(struct store_op *op, void *arg)
{
	struct follow *follow = arg;

	op->done = note_answer;
	op->arg = &follow->answers;
	store_submit(follow->store, op);
}

static void
an_answer_may_submit_the_next_operation(void **state)
{
	struct fixture *f = *state;
	struct follow follow = {.store = f->store};
	struct store_op *op = store_op_new(STORE_COUNT, NOW);

	assert_non_null(op);
	op->done = submit_another;
	op->arg = &follow;
	store_submit(f->store, op);
	assert_int_equal(store_turn(f->store, NULL), 1);
	assert_int_equal(follow.answers.count, 0);
	assert_int_equal(store_turn(f->store, NULL), 1);
	assert_int_equal(follow.answers.count, 1);
}

static void
every_name_is_a_word(void **state)
{
	(void)state;
	for (int i = 0; i < STORE_VERBS; i++)
		assert_string_not_equal(
		    store_verb_name((enum store_verb)i), "unknown");
	for (int i = STORE_OK; i <= STORE_BROKEN; i++)
		assert_string_not_equal(
		    store_outcome_name((enum store_outcome)i), "unknown");
	assert_string_equal(store_hold_state_name(HOLD_NOTICED), "noticed");
	assert_string_equal(store_notice_state_name(NOTICE_LAPSED), "lapsed");
	assert_string_equal(store_route_name(ROUTE_GDEL), "gdel");
	assert_string_equal(
	    store_hold_state_name((enum store_hold_state)99), "unknown");
	assert_string_equal(
	    store_notice_state_name((enum store_notice_state)0), "unknown");
}

static void
targets_are_found_by_address_and_family(void **state)
{
	char list[2 * STORE_TARGET] = {0};
	struct span targets = span_make(list, sizeof list);
	struct ip none = {0};

	(void)state;
	target_write(ip_of("192.0.2.7"), list);
	target_write(ip_of("2001:db8::7"), list + STORE_TARGET);
	assert_true(target_has(targets, ip_of("192.0.2.7")));
	assert_true(target_has(targets, ip_of("2001:db8::7")));
	assert_false(target_has(targets, ip_of("192.0.2.8")));
	assert_false(target_has(targets, ip_of("c000:207::")));
	assert_true(ip_equals(target_read(list), ip_of("192.0.2.7")));
	memset(list, 0, sizeof list);
	assert_false(target_has(targets, none));
	assert_int_equal(target_read(list).family, 0);
	assert_false(target_list_fits(span_make(list, STORE_TARGET + 1)));
}

/* An unruly store: late, shuffled, unsure; but all are answered once. */
static struct answers
run_weather(const char *where)
{
	struct fixture f = {.now = NOW};
	struct answers answers = {0};
	unsigned turns = 0;

	assert_int_equal(store_open(where, &f.store, NULL), 0);
	while (answers.count < 1000) {
		if (answers.count + 20 <= 1000 && !store_pending(f.store))
			submit_counts(&f, 20, 0, &answers);
		assert_true(store_turn(f.store, NULL) >= 0);
		turns++;
	}
	assert_true(turns > 50); /* without lateness 50 are enough */
	assert_int_equal(answers.count, 1000);
	store_close(&f.store);
	return answers;
}

static void
weather_answers_late_and_unsure_the_same_way_each_time(void **state)
{
	struct answers first = run_weather("memory:42");
	struct answers again = run_weather("memory:42");
	struct answers other = run_weather("memory:43");

	(void)state;
	assert_memory_equal(&first, &again, sizeof first);
	assert_memory_not_equal(&first, &other, sizeof first);
	assert_true(first.outcomes[STORE_UNSURE] > 0);
	assert_int_equal(
	    first.outcomes[STORE_OK] + first.outcomes[STORE_UNSURE], 1000);
}

static enum store_outcome
put(struct fixture *f, unsigned number)
{
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);
	struct store_hold row = hold_of(number, number);

	op->message_put.message = message_of(number);
	op->message_put.hold_count = 1;
	op->message_put.holds = &row;
	return store_do(f->store, op);
}

/* Unsure is both: done before, and not done. */
static void
a_repeat_after_unsure_leaves_one_message(void **state)
{
	struct fixture *f = *state;
	unsigned was_done = 0, was_not = 0;

	store_close(&f->store);
	assert_int_equal(store_open("memory:7", &f->store, NULL), 0);
	for (unsigned i = 1; i <= 200; i++) {
		enum store_outcome first = put(f, i), last = first;

		while (last == STORE_UNSURE)
			last = put(f, i);
		was_done += last == STORE_EXISTS;
		was_not += first == STORE_UNSURE && last == STORE_OK;
	}
	assert_true(was_done > 0 && was_not > 0);
	do
		begin(f, STORE_COUNT);
	while (store_do(f->store, f->op) == STORE_UNSURE);
	assert_int_equal(f->op->count.holds[HOLD_HELD], 200);
	assert_int_equal(f->op->count.messages, 200);
}

#define CASE_OF(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE_OF(an_unknown_driver_is_said),
	    CASE_OF(one_turn_takes_no_more_than_a_batch),
	    CASE_OF(one_turn_takes_no_more_content_than_a_batch),
	    CASE_OF(what_lacks_a_text_is_not_tried),
	    CASE_OF(closing_leaves_the_queued_ones_unsure),
	    CASE_OF(an_answer_may_submit_the_next_operation),
	    CASE_OF(every_name_is_a_word),
	    CASE_OF(targets_are_found_by_address_and_family),
	    CASE_OF(weather_answers_late_and_unsure_the_same_way_each_time),
	    CASE_OF(a_repeat_after_unsure_leaves_one_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
