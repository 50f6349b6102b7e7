/*
 * What a decision by users' lists costs: the statements that the sqlite driver
 * really runs, with their plans and counters. They are found at the connection,
 * which the engine shows to whoever asked for new ones.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

#define MANY   400 /* more than a page of the engine holds */
#define SERVER "a.test"

static sqlite3 *connection; /* of the store */

static int
note_connection(sqlite3 *db, const char **why, const void *routines)
{
	(void)why;
	(void)routines;
	connection = db;
	return SQLITE_OK;
}

static int
set_up(void **state)
{
	static struct fixture f;

	assert_int_equal(
	    sqlite3_auto_extension((void (*)(void))note_connection), SQLITE_OK);
	fixture_open(&f, true);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	fixture_close(*state);
	sqlite3_reset_auto_extension();
	return 0;
}

/* ---- what is asked of the store ---- */

static struct store_entry
entry_of(const char *address, const char *server, enum store_listed list)
{
	return (struct store_entry){
	    .user = span_of(BOB),
	    .side = SIDE_INCOMING,
	    .address = span_of(address),
	    .server = span_of(server),
	    .list = list,
	    .by = ENTRY_BY_HAND,
	    .created = NOW,
	};
}

static void
put(struct fixture *f, const char *address, bool only_new)
{
	struct store_op *op = begin(f, STORE_ENTRY_PUT);

	op->entry_put.entry = entry_of(address, SERVER, LISTED_ALLOW);
	op->entry_put.only_new = only_new;
	op->entry_put.user_max = 100000;
	expect(f, STORE_OK);
}

static void
put_more(struct fixture *f, unsigned from, unsigned to)
{
	char address[32];

	for (unsigned i = from; i < to; i++) {
		snprintf(address, sizeof address, "writer%u@a.test", i);
		put(f, address, false);
	}
}

static void
put_bob(struct fixture *f)
{
	begin(f, STORE_USER_PUT)->user_put.user = user_of(BOB);
	expect(f, STORE_OK);
}

static void
find(struct fixture *f, const char *address, enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_ENTRY_FIND);

	op->entry_find.user = span_of(BOB);
	op->entry_find.side = SIDE_INCOMING;
	op->entry_find.address = span_of(address);
	op->entry_find.server = span_of(SERVER);
	op->entry_find.verified = true;
	expect(f, outcome);
}

/* As for a notice. */
static void
get_bob(struct fixture *f, const char *sender, enum store_listed listed)
{
	struct store_op *op = begin(f, STORE_USER_GET);

	op->user_get.address = span_of(BOB);
	op->user_get.sender = span_of(sender);
	op->user_get.server = span_of(SERVER);
	op->user_get.verified = true;
	expect(f, STORE_OK);
	assert_int_equal(op->user_get.listed, listed);
}

static void
drop(struct fixture *f, const char *address, bool any_server)
{
	struct store_op *op = begin(f, STORE_ENTRY_DROP);

	op->entry_drop.user = span_of(BOB);
	op->entry_drop.side = SIDE_INCOMING;
	op->entry_drop.address = span_of(address);
	op->entry_drop.server = span_of(SERVER);
	op->entry_drop.any_server = any_server;
	expect(f, STORE_OK);
}

/* ---- what the engine did for it ---- */

static bool
is_of_lists(sqlite3_stmt *statement)
{
	return strstr(sqlite3_sql(statement), " entries") != NULL;
}

/* Sum of a counter over the statements that concern lists, from zero on. */
static int
counted(int counter)
{
	int sum = 0;

	for (sqlite3_stmt *s = sqlite3_next_stmt(connection, NULL); s != NULL;
	     s = sqlite3_next_stmt(connection, s))
		if (is_of_lists(s))
			sum += sqlite3_stmt_status(s, counter, 1);
	return sum;
}

static void
forget_counts(void)
{
	(void)counted(SQLITE_STMTSTATUS_RUN);
	(void)counted(SQLITE_STMTSTATUS_VM_STEP);
	(void)counted(SQLITE_STMTSTATUS_FULLSCAN_STEP);
}

/* Each access to the table goes by its primary key, by WORDS at least. */
static void
assert_plan(sqlite3_stmt *statement, const char *words)
{
	char *question =
	    sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sqlite3_sql(statement));
	sqlite3_stmt *plan;
	unsigned accesses = 0;

	assert_int_equal(
	    sqlite3_prepare_v2(connection, question, -1, &plan, NULL),
	    SQLITE_OK);
	while (sqlite3_step(plan) == SQLITE_ROW) {
		const char *line = (const char *)sqlite3_column_text(plan, 3);

		if (strstr(line, "TEMP B-TREE") != NULL)
			continue; /* of the few that were found */
		if (strstr(line, "SEARCH ") != line ||
		    strstr(line, "USING PRIMARY KEY (user=?") == NULL ||
		    strstr(line, words) == NULL)
			fail_msg("%s: %s", sqlite3_sql(statement), line);
		accesses++;
	}
	/* An insertion finds its place without saying so. */
	assert_true(
	    accesses == 1 || strstr(sqlite3_sql(statement), "INSERT") != NULL);
	sqlite3_finalize(plan);
	sqlite3_free(question);
}

static unsigned
assert_plans(const char *words)
{
	unsigned count = 0;

	for (sqlite3_stmt *s = sqlite3_next_stmt(connection, NULL); s != NULL;
	     s = sqlite3_next_stmt(connection, s)) {
		if (!is_of_lists(s))
			continue;
		assert_plan(s, words);
		count++;
	}
	return count;
}

/* SM-51 */
static void
every_look_at_a_list_goes_by_the_primary_key(void **state)
{
	struct fixture *f = *state;

	put_bob(f);
	put(f, "carol@a.test", false);
	put(f, "dave@a.test", true);
	find(f, "carol@a.test", STORE_OK);
	find(f, "erin@a.test", STORE_NONE);
	get_bob(f, "dave@a.test", LISTED_ALLOW);
	drop(f, "carol@a.test", false);
	drop(f, "dave@a.test", true);
	assert_true(assert_plans("user=? AND side=? AND address=?") >= 4);
	assert_int_equal(counted(SQLITE_STMTSTATUS_FULLSCAN_STEP), 0);
}

/* A page of a list, and all of an account that goes. */
static void
what_takes_many_entries_looks_at_those_of_one_user_only(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_bob(f);
	put_more(f, 0, 3);
	op = begin(f, STORE_ENTRY_LIST);
	op->entry_list.user = span_of(BOB);
	op->entry_list.limit = 10;
	expect(f, STORE_OK);
	assert_int_equal(op->entry_list.count, 3);
	begin(f, STORE_USER_DROP)->user_drop.address = span_of(BOB);
	expect(f, STORE_OK);
	assert_true(assert_plans("user=?") >= 2);
	assert_int_equal(counted(SQLITE_STMTSTATUS_FULLSCAN_STEP), 0);
}

/* Steps of the engine for a decision about SENDER, which takes RUNS looks. */
static int
steps_of_decision(
    struct fixture *f, const char *sender, enum store_listed listed, int runs)
{
	forget_counts();
	get_bob(f, sender, listed);
	assert_int_equal(counted(SQLITE_STMTSTATUS_FULLSCAN_STEP), 0);
	assert_int_equal(counted(SQLITE_STMTSTATUS_RUN), runs);
	return counted(SQLITE_STMTSTATUS_VM_STEP);
}

/* One look for the address; where it is not listed, one for its domain. */
static void
a_decision_takes_as_many_steps_whatever_the_length_of_the_list(void **state)
{
	struct fixture *f = *state;
	int hit, miss;

	put_bob(f);
	put_more(f, 0, 2);
	hit = steps_of_decision(f, "writer0@a.test", LISTED_ALLOW, 1);
	miss = steps_of_decision(f, "nobody@a.test", LISTED_NOT, 2);
	assert_true(hit > 0 && miss > 0);
	put_more(f, 2, MANY);
	assert_int_equal(
	    steps_of_decision(f, "writer0@a.test", LISTED_ALLOW, 1), hit);
	assert_int_equal(
	    steps_of_decision(f, "writer200@a.test", LISTED_ALLOW, 1), hit);
	assert_int_equal(
	    steps_of_decision(f, "nobody@a.test", LISTED_NOT, 2), miss);
}

/* Its ceiling is known without counting what is there. */
static void
adding_and_deleting_take_as_many_steps_whatever_the_length(void **state)
{
	struct fixture *f = *state;
	int add, delete;

	put_more(f, 0, 2);
	forget_counts();
	put(f, "carol@a.test", false);
	add = counted(SQLITE_STMTSTATUS_VM_STEP);
	drop(f, "carol@a.test", false);
	delete = counted(SQLITE_STMTSTATUS_VM_STEP);
	put_more(f, 2, MANY);
	forget_counts();
	put(f, "carol@a.test", false);
	assert_int_equal(counted(SQLITE_STMTSTATUS_VM_STEP), add);
	drop(f, "carol@a.test", false);
	assert_int_equal(counted(SQLITE_STMTSTATUS_VM_STEP), delete);
	assert_int_equal(counted(SQLITE_STMTSTATUS_FULLSCAN_STEP), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		every_look_at_a_list_goes_by_the_primary_key, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(
		what_takes_many_entries_looks_at_those_of_one_user_only, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(
		a_decision_takes_as_many_steps_whatever_the_length_of_the_list,
		set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		adding_and_deleting_take_as_many_steps_whatever_the_length,
		set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
