/*
 * What only the sqlite driver has: a file that must outlive the process, that
 * may be somebody else's, newer, damaged, or changed behind our back.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "store/problems.h"
#include "version_1.h"

static int
set_up(void **state)
{
	static struct fixture f;

	fixture_open(&f, true);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	fixture_close(*state);
	return 0;
}

/* Changes the file behind the store's back. */
static void
meddle(const struct fixture *f, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(fixture_file(f), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
assert_refused(struct fixture *f, int code, const char *words)
{
	char where[80];
	struct store *store = NULL;
	struct err err = {0};

	snprintf(where, sizeof where, "sqlite:%s", f->folder);
	assert_int_equal(store_open(where, &store, &err), code);
	assert_null(store);
	if (strstr(err.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

/* IM-11 */
static void
everything_is_there_after_opening_again(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 2);
	aim(f, 10);
	notify(f, 10);
	lease(f, 10);
	put_notice(f, 1);
	put_delivery(f, 2, 20);
	fixture_reopen(f);
	assert_int_equal(state_of_hold(f, 10), HOLD_LEASED);
	assert_int_equal(state_of_hold(f, 11), HOLD_HELD);
	assert_int_equal(notice_now(f, 1).state, NOTICE_WANTED);
	settle_hold(f, 10, HOLD_TAKEN, STORE_OK);
	op = begin(f, STORE_COUNT);
	expect(f, STORE_OK);
	assert_int_equal(op->count.messages, 2);
	assert_int_equal(op->count.deliveries, 1);
	assert_int_equal(op->count.holds[HOLD_TAKEN], 1);
	assert_int_equal(op->count.holds[HOLD_HELD], 1);
	assert_clean(f);
}

/* A process that opens the store, submits one message and dies. */
static void
die_with_message(struct fixture *f, unsigned number, bool answered)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct store_hold row = hold_of(number, number);
		struct store_op *op;

		fixture_reopen(f);
		op = begin(f, STORE_MESSAGE_PUT);
		op->message_put.message = message_of(number);
		op->message_put.hold_count = 1;
		op->message_put.holds = &row;
		if (answered)
			_exit(store_do(f->store, op) != STORE_OK);
		store_submit(f->store, op);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
what_was_answered_survives_a_death_and_the_rest_is_not_there(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	/* A connection must not be inherited. */
	store_close(&f->store);
	die_with_message(f, 10, true);
	die_with_message(f, 11, false);
	fixture_reopen(f);
	assert_int_equal(state_of_hold(f, 10), HOLD_HELD);
	op = begin(f, STORE_HOLD_GET);
	op->hold_get.key = key_of(11);
	expect(f, STORE_NONE);
	assert_clean(f);
}

static void
a_store_made_by_a_newer_version_is_refused(void **state)
{
	struct fixture *f = *state;

	store_close(&f->store);
	meddle(f, "PRAGMA user_version = 4711");
	assert_refused(f, -E_RANGE, "schema 4711, made by a newer version");
}

static void
a_store_of_the_first_version_goes_on_in_this_one(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	store_close(&f->store);
	version_1_make(fixture_file(f));
	fixture_reopen(f);
	assert_clean(f);
	assert_int_equal(hold_now(f, 11).next_at, NOW); /* being pulled */
	assert_int_equal(hold_now(f, 12).next_at, NOW + 300);
	assert_true(hold_now(f, 13).next_at == INT64_MAX); /* it has ended */
	assert_int_equal(row_at(f, 20).verdict, VERDICT_ACCEPT);
	assert_int_equal(row_at(f, 20).decided_at, 0);
	op = begin(f, STORE_HOLD_CLAIM);
	op->hold_claim.claim = (struct store_claim){NODE, NOW + 60, 10};
	expect(f, STORE_OK);
	assert_int_equal(op->hold_claim.count, 1);
	assert_true(key_equals(op->hold_claim.rows[0].hold.key, key_of(10)));
	assert_int_equal(op->hold_claim.rows[0].hold.next_at, NOW);
	fixture_reopen(f);
	assert_int_equal(state_of_hold(f, 11), HOLD_LEASED);
	assert_clean(f);
}

/* All tables and indexes with their texts, and the version. */
static void
read_schema(const struct fixture *f, char *to, size_t n)
{
	sqlite3_stmt *statement;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(fixture_file(f), &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db,
		"SELECT group_concat(sql, char(10)), (SELECT user_version FROM"
		" pragma_user_version) FROM"
		" (SELECT sql FROM sqlite_schema ORDER BY name)",
		-1, &statement, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_in_range(snprintf(to, n, "%s %d",
			    (const char *)sqlite3_column_text(statement, 0),
			    sqlite3_column_int(statement, 1)),
	    1, n - 1);
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

/* So the texts of released versions are still what they were. */
static void
an_old_store_gets_the_tables_of_a_new_one(void **state)
{
	static char fresh[16384], migrated[16384];
	struct fixture *f = *state;

	read_schema(f, fresh, sizeof fresh);
	store_close(&f->store);
	version_1_make(fixture_file(f));
	fixture_reopen(f);
	read_schema(f, migrated, sizeof migrated);
	assert_string_equal(fresh, migrated);
}

static void
somebody_elses_database_is_refused_and_left_alone(void **state)
{
	struct fixture *f = *state;

	store_close(&f->store);
	unlink(fixture_file(f));
	meddle(f, "CREATE TABLE cheese (kind TEXT)");
	assert_refused(f, -E_RANGE, "belongs to another program");
	meddle(f, "INSERT INTO cheese VALUES ('brie')");
}

static void
a_database_of_the_same_version_but_another_kind_is_refused(void **state)
{
	struct fixture *f = *state;

	store_close(&f->store);
	meddle(f, "PRAGMA application_id = 4711");
	assert_refused(f, -E_RANGE, "belongs to another program");
}

static void
write_garbage(const struct fixture *f)
{
	static const char garbage[8192] = "This is no database.";
	int fd = open(fixture_file(f), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, garbage, sizeof garbage), sizeof garbage);
	close(fd);
}

static void
a_file_of_garbage_is_refused(void **state)
{
	struct fixture *f = *state;

	store_close(&f->store);
	write_garbage(f);
	assert_refused(f, -E_SYSTEM, "file is not a database");
}

/* Zeroes all pages but the first, or those of the second half. */
static void
damage(const struct fixture *f, bool second_half)
{
	static const char zeroes[4096];
	struct stat st;
	int fd = open(fixture_file(f), O_WRONLY);
	off_t at;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	at = second_half ? st.st_size / 2 / 4096 * 4096 : 4096;
	for (; at < st.st_size; at += 4096)
		assert_int_equal(pwrite(fd, zeroes, 4096, at), 4096);
	close(fd);
}

static void
a_file_whose_tables_are_damaged_is_refused(void **state)
{
	struct fixture *f = *state;

	store_close(&f->store);
	damage(f, false);
	assert_refused(f, -E_SYSTEM, "this is no usable store");
}

static void
damaged_rows_break_the_store_and_not_the_program(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, STORE_RECIPIENTS_PART);
	store_close(&f->store);
	damage(f, true); /* where the rows are */
	fixture_reopen(f);
	op = begin(f, STORE_HOLD_LIST);
	op->hold_list.limit = STORE_PAGE_MAX;
	expect(f, STORE_UNSURE);
	begin(f, STORE_COUNT);
	expect(f, STORE_BROKEN);
	assert_int_equal(store_turn(f->store, NULL), -E_SYSTEM);
}

static void
a_link_in_place_of_the_file_is_refused(void **state)
{
	struct fixture *f = *state;

	store_close(&f->store);
	unlink(fixture_file(f));
	assert_int_equal(symlink("/dev/null", fixture_file(f)), 0);
	assert_refused(f, -E_SYSTEM, "restante.db");
}

static void
a_missing_folder_is_made_and_its_file_is_private(void **state)
{
	struct fixture *f = *state, inner = *f;
	struct stat st;

	snprintf(inner.folder, sizeof inner.folder, "%.40s/inner", f->folder);
	inner.store = NULL;
	inner.op = NULL;
	fixture_reopen(&inner);
	assert_int_equal(stat(fixture_file(&inner), &st), 0);
	assert_int_equal(st.st_mode & 0137, 0);
	fixture_close(&inner);
}

static void
two_processes_see_the_same_store(void **state)
{
	struct fixture *f = *state, other = *f;

	other.op = NULL;
	other.store = NULL;
	fixture_reopen(&other);
	put_holds(f, 1, 10, 1);
	aim(&other, 10);
	lease(f, 10);
	begin_lease(&other, 10);
	expect(&other, STORE_BUSY);
	assert_int_equal(store_checkpoint(other.store, NULL), 0);
	assert_clean(&other);
	store_op_free(&other.op);
	store_close(&other.store);
	assert_int_equal(state_of_hold(f, 10), HOLD_LEASED);
}

static void
a_checkpoint_empties_the_log_for_the_next_commits(void **state)
{
	struct fixture *f = *state;
	struct store_figures before, after;

	for (unsigned i = 1; i <= 20; i++)
		put_holds(f, i, 10 * i, 5);
	store_figures(f->store, &before);
	assert_int_equal(store_checkpoint(f->store, NULL), 0);
	put_holds(f, 21, 300, 1);
	store_figures(f->store, &after);
	assert_true(before.wal_octets > 0);
	assert_true(after.wal_octets < before.wal_octets);
	assert_int_equal(after.commits, 21);
	assert_int_equal(after.operations, 21);
}

static void
keep_answer(struct store_op *op, void *arg)
{
	(void)op;
	(void)arg;
}

static struct store_op *
submit_put(struct fixture *f, unsigned number, const struct store_hold *row)
{
	struct store_op *op = store_op_new(STORE_MESSAGE_PUT, NOW);

	assert_non_null(op);
	op->message_put.message = message_of(number);
	op->message_put.hold_count = 1;
	op->message_put.holds = row;
	op->done = keep_answer;
	store_submit(f->store, op);
	return op;
}

/* Content that lies in the way breaks a constraint half-way. */
static void
an_operation_that_fails_is_undone_alone(void **state)
{
	static const enum store_outcome expected[] = {
	    STORE_OK, STORE_CONFLICT, STORE_OK};
	struct fixture *f = *state;
	struct store_hold rows[3];
	struct store_op *ops[3];

	meddle(f,
	    "INSERT INTO contents (message, envelope, head, body)"
	    " VALUES (x'00000000000000000000000000000002', x'', x'', x'')");
	for (unsigned i = 0; i < 3; i++) {
		rows[i] = hold_of(10 + i, 1 + i);
		ops[i] = submit_put(f, 1 + i, &rows[i]);
	}
	assert_int_equal(store_turn(f->store, NULL), 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(ops[i]->outcome, expected[i]);
		store_op_free(&ops[i]);
	}
	meddle(f, "DELETE FROM contents WHERE head = x''");
	assert_clean(f);
	put_holds(f, 2, 11, 1);
	assert_int_equal(state_of_hold(f, 12), HOLD_HELD);
}

/* A change behind our back, and the words that the check has for it. */
struct change {
	const char *sql;
	enum problem problem;
};

static const struct change changes[] = {
    {"UPDATE holds SET message = x'00' WHERE key = (SELECT min(key) FROM"
     " holds)",
	PROBLEM_HOLD_NO_MESSAGE},
    {"UPDATE holds SET state = 9", PROBLEM_HOLD_BAD_STATE},
    {"DELETE FROM contents", PROBLEM_HOLD_NO_CONTENT},
    {"UPDATE holds SET ended_at = 5", PROBLEM_HOLD_END_TIME},
    {"UPDATE holds SET state = 3", PROBLEM_HOLD_NO_LEASE},
    {"UPDATE holds SET lease_until = 5", PROBLEM_HOLD_STRAY_LEASE},
    {"UPDATE holds SET targets = x'0405'", PROBLEM_HOLD_TARGETS},
    {"UPDATE holds SET report_at = 5, reportable = 0", PROBLEM_HOLD_REPORT},
    {"UPDATE holds SET domain = x'00' WHERE envelope <> key",
	PROBLEM_HOLD_ENVELOPE},
    {"UPDATE holds SET leads = 0", PROBLEM_HOLD_LEADS},
    {"UPDATE holds SET verdict = 3", PROBLEM_HOLD_VERDICT},
    {"UPDATE holds SET state = 0", PROBLEM_HOLD_STAGING},
    {"UPDATE messages SET freed_at = 5", PROBLEM_MESSAGE_FREED},
    {"DELETE FROM holds", PROBLEM_MESSAGE_LEFTOVER},
    {"DELETE FROM messages", PROBLEM_CONTENT_STRAY},
    {"DELETE FROM messages", PROBLEM_DELIVERY_NO_MESSAGE},
    {"DELETE FROM contents", PROBLEM_DELIVERY_NO_CONTENT},
    {"UPDATE deliveries SET staged = 1", PROBLEM_DELIVERY_STAGING},
    {"UPDATE notices SET state = 9", PROBLEM_NOTICE_BAD_STATE},
    {"DELETE FROM deliveries", PROBLEM_NOTICE_NO_DELIVERY},
    {"UPDATE notices SET state = 6", PROBLEM_NOTICE_LEFT_DELIVERY},
    {"UPDATE notices SET message = NULL", PROBLEM_NOTICE_NO_MESSAGE},
    {"UPDATE notices SET state = 2", PROBLEM_NOTICE_EARLY_MESSAGE},
    {"UPDATE notices SET state = 2", PROBLEM_NOTICE_UNCONFIRMED},
    {"DELETE FROM contents", PROBLEM_NOTICE_NO_CONTENT},
    {"UPDATE notices SET recipient = x''", PROBLEM_NOTICE_NOBODY},
    {"UPDATE notices SET verdict_due = 1", PROBLEM_NOTICE_VERDICT},
    {"DELETE FROM notices", PROBLEM_ENVELOPE_STRAY},
    {"INSERT INTO identities VALUES (x'61', x'62', 5)", PROBLEM_IDENTITY},
    {"INSERT INTO entry_counts VALUES (x'61', 1, 5)", PROBLEM_TALLY},
    {"UPDATE counts SET n = n + 1 WHERE kind = 3", PROBLEM_TALLY},
};

static bool
check_says(struct fixture *f, enum problem problem)
{
	static const char *const words[] = {
#define PROBLEM(NAME, words) [PROBLEM_##NAME] = words,
#include "store/problems.def"
#undef PROBLEM
	};
	struct store_op *op = begin(f, STORE_CHECK);
	struct span text;

	expect(f, STORE_OK);
	text = op->check.text;
	return span_search(text, 0, span_of(words[problem])) < text.n;
}

/* A notice that was fetched before anybody decided, with a text. */
static void
keep(struct fixture *f)
{
	struct store_op *op;

	put_notice(f, 2);
	claim_notices(f, 1);
	op = begin(f, STORE_NOTICE_FETCHED);
	op->notice_fetched.id = notice_of(2).id;
	op->notice_fetched.domain = notice_of(2).domain;
	op->notice_fetched.message = message_of(6);
	op->notice_fetched.keep = true;
	op->notice_fetched.user = span_of("bob@b.test");
	op->notice_fetched.envelope = span_of("From: alice@a.test\r\n");
	expect(f, STORE_OK);
}

static void
the_check_finds_every_row_that_no_state_allows(void **state)
{
	bool found[PROBLEM_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		struct fixture f;

		fixture_open(&f, true);
		put_holds(&f, 1, 10, 2);
		put_notice(&f, 1);
		claim_notices(&f, 1);
		fetch(&f, 1, 5, 20);
		put_envelope(&f, 2, 30);
		keep(&f);
		assert_clean(&f);
		meddle(&f, changes[i].sql);
		if (!check_says(&f, changes[i].problem))
			fail_msg("not found: %s", changes[i].sql);
		found[changes[i].problem] = true;
		fixture_close(&f);
	}
	for (int problem = 0; problem < PROBLEM_COUNT; problem++)
		assert_true(found[problem]);
}

#define CASE_OF(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE_OF(everything_is_there_after_opening_again),
	    CASE_OF(
		what_was_answered_survives_a_death_and_the_rest_is_not_there),
	    CASE_OF(a_store_made_by_a_newer_version_is_refused),
	    CASE_OF(a_store_of_the_first_version_goes_on_in_this_one),
	    CASE_OF(an_old_store_gets_the_tables_of_a_new_one),
	    CASE_OF(somebody_elses_database_is_refused_and_left_alone),
	    CASE_OF(a_database_of_the_same_version_but_another_kind_is_refused),
	    CASE_OF(an_operation_that_fails_is_undone_alone),
	    CASE_OF(a_file_of_garbage_is_refused),
	    CASE_OF(a_file_whose_tables_are_damaged_is_refused),
	    CASE_OF(damaged_rows_break_the_store_and_not_the_program),
	    CASE_OF(a_link_in_place_of_the_file_is_refused),
	    CASE_OF(a_missing_folder_is_made_and_its_file_is_private),
	    CASE_OF(two_processes_see_the_same_store),
	    CASE_OF(a_checkpoint_empties_the_log_for_the_next_commits),
	    CASE_OF(the_check_finds_every_row_that_no_state_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
