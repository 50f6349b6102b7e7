/*
 * The SQLite driver's door: opening the file, and one transaction for each
 * batch. Each operation that changes more than one row has a savepoint, so that
 * what it did is undone alone. Tables are in schema.c, statements where they
 * are used, the rules in ../README.md.
 *
 * Durability: write-ahead log, synchronous=FULL, so COMMIT returns when the log
 * is on the disk. After a failed sync nobody knows what is there; it is never
 * tried again (the pages would seem clean), the process starts anew instead.
 */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/query.h"

#define FILE_NAME      "restante.db"
#define FOLDER_MODE    0750
#define FILE_MODE      0640 /* the log and its index get the same */
#define LOCK_PATIENCE  5000 /* milliseconds for another process's write */
#define FRAME          (4096 + 24)            /* octets of a page in the log */
#define WAL_OWN_FRAMES ((256u << 20) / FRAME) /* then the keeper itself */
#define WAL_OWN_AGAIN  ((64u << 20) / FRAME)  /* when it could not finish */

/* Those that change several rows; the others are single statements. */
static const bool has_savepoint[STORE_VERBS] = {
    [STORE_USER_PUT] = true,
    [STORE_USER_DROP] = true,
    [STORE_COMPLAINT_CLAIM] = true,
    [STORE_COMPLAINT_TOLD] = true,
    [STORE_MESSAGE_PUT] = true,
    [STORE_HOLD_CLAIM] = true,
    [STORE_HOLD_PUSH] = true,
    [STORE_HOLD_LEASE] = true,
    [STORE_HOLD_SETTLE] = true,
    [STORE_HOLD_VERDICT] = true,
    [STORE_HOLD_END] = true,
    [STORE_HOLD_EXPIRE] = true,
    [STORE_REPORT_CLAIM] = true,
    [STORE_REPORT_PUT] = true,
    [STORE_REPORT_NONE] = true,
    [STORE_NOTICE_PUT] = true,
    [STORE_NOTICE_CLAIM] = true,
    [STORE_NOTICE_FETCHED] = true,
    [STORE_NOTICE_SETTLE] = true,
    [STORE_NOTICE_DECIDE] = true,
    [STORE_NOTICE_EXPIRE] = true,
    [STORE_STUB_CLAIM] = true,
    [STORE_DELIVERY_CLAIM] = true,
    [STORE_DELIVERY_SETTLE] = true,
    [STORE_PEER_PUT] = true,
    [STORE_PEER_DROP] = true,
    [STORE_PEER_SEEN] = true,
    [STORE_PEER_COUNT] = true,
    [STORE_LEASE_FREE] = true,
    [STORE_SWEEP] = true,
};

static int
note_log_size(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct sqlite_store *s = arg;

	(void)db;
	(void)name;
	s->wal_pages = (uint64_t)pages;
	return SQLITE_OK;
}

/* Makes folder and file with our modes before the engine makes them with its
   own. */
static int
prepare_file(const char *folder, const char *path, struct err *err)
{
	struct stat st;
	int fd;

	if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
		return err_system(err, "%s", folder);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
	    FILE_MODE);
	if (fd < 0)
		return err_system(err, "%s", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, -E_RANGE, "%s: is no file", path);
	}
	close(fd);
	return 0;
}

/*
 * One thread uses it, and nobody asks how much memory: a tenth of its
 * instructions were for locks and that count. Refused when another database is
 * open already, and then not needed.
 */
static void
lighten(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int
open_database(struct sqlite_store *s, const char *path, struct err *err)
{
	int code = sqlite3_open_v2(path, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	    NULL);

	if (code != SQLITE_OK)
		return err_set(err, -E_SYSTEM, "%s: %s", path,
		    s->db == NULL ? "no memory" : sqlite3_errmsg(s->db));
	sqlite3_busy_timeout(s->db, LOCK_PATIENCE);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	code = schema_prepare(s->db, path, err);
	if (code < 0)
		return code;
	sqlite3_wal_hook(s->db, note_log_size, s);
	return 0;
}

static void
sqlite_close(void *state)
{
	struct sqlite_store *s = state;

	query_forget(s);
	sqlite3_close(s->db);
	free(s);
}

static int
sqlite_open(const char *place, void **state_r, struct err *err)
{
	char path[4096];
	struct sqlite_store *s;
	int r = snprintf(path, sizeof path, "%s/" FILE_NAME, place);

	if (*place == '\0' || r < 0 || (size_t)r >= sizeof path)
		return err_set(err, -E_RANGE, "sqlite: no usable folder");
	r = prepare_file(place, path, err);
	if (r < 0)
		return r;
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return err_set(err, -E_NOMEM, "sqlite: no memory");
	lighten();
	r = open_database(s, path, err);
	if (r < 0) {
		sqlite_close(s);
		return r;
	}
	*state_r = s;
	return 0;
}

static void
command(struct sqlite_store *s, const char *text)
{
	struct query q = query_new(s, text);

	query_run(&q);
}

static bool
is_constraint(int code)
{
	return (code & 0xff) == SQLITE_CONSTRAINT;
}

/*
 * Does one operation. A constraint that was broken, or an arena without room,
 * is the trouble of this operation alone; anything else of the whole batch.
 */
static void
apply_one(struct sqlite_store *s, struct store_op *op)
{
	static enum store_outcome (*const run[])(
	    struct sqlite_store *, struct store_op *) = {
#define OPERATION(NAME, name, help) [STORE_##NAME] = store_sqlite_##name,
#include "store/operations.def"
#undef OPERATION
	};
	const struct tally_changes before = s->changes;
	bool undo = true;

	s->arena = &op->arena;
	s->full = false;
	if (has_savepoint[op->verb])
		command(s, "SAVEPOINT operation");
	op->outcome = run[op->verb](s, op);
	if (is_constraint(s->failure)) {
		op->outcome = STORE_CONFLICT;
		s->failure = SQLITE_OK;
	} else if (s->full) {
		op->outcome = STORE_FULL;
	} else {
		undo = false;
	}
	if (undo)
		s->changes = before;
	if (undo && has_savepoint[op->verb])
		command(s, "ROLLBACK TO operation");
	if (has_savepoint[op->verb])
		command(s, "RELEASE operation");
}

static void
answer_all(struct store_op **ops, unsigned count, enum store_outcome outcome)
{
	for (unsigned i = 0; i < count; i++)
		ops[i]->outcome = outcome;
}

/*
 * The batch failed. When the engine says for certain that nothing was written,
 * because there was no room or no lock, the operations may be asked again.
 */
static int
abandon(struct sqlite_store *s, struct store_op **ops, unsigned count,
    struct err *err)
{
	int code = s->failure & 0xff;

	s->failure = SQLITE_OK;
	s->changes = (struct tally_changes){0};
	if (!sqlite3_get_autocommit(s->db))
		command(s, "ROLLBACK");
	if (s->failure != SQLITE_OK || !sqlite3_get_autocommit(s->db))
		return err_set(err, -E_SYSTEM, "%s", s->why.text);
	if (code == SQLITE_FULL)
		answer_all(ops, count, STORE_FULL);
	else if (code == SQLITE_BUSY)
		answer_all(ops, count, STORE_BUSY);
	else
		return err_set(err, -E_SYSTEM, "%s", s->why.text);
	return 0;
}

/* A failed checkpoint is a failed sync: the next batch says so. */
static void
checkpoint_when_large(struct sqlite_store *s)
{
	int code;

	if (s->wal_pages < s->wal_tried)
		s->wal_tried = 0; /* the log began anew */
	if (s->wal_pages < WAL_OWN_FRAMES ||
	    s->wal_pages < s->wal_tried + WAL_OWN_AGAIN)
		return;
	s->wal_tried = s->wal_pages;
	code = sqlite3_wal_checkpoint_v2(
	    s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	/* The sweeper is at it just now: next time. */
	if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY)
		return;
	s->checkpoint_failed = true;
	err_set(&s->why, -E_SYSTEM, "sqlite: checkpoint: %s",
	    sqlite3_errmsg(s->db));
}

static int
sqlite_apply(
    void *state, struct store_op **ops, unsigned count, struct err *err)
{
	struct sqlite_store *s = state;

	if (s->checkpoint_failed)
		return err_set(err, -E_SYSTEM, "%s", s->why.text);
	command(s, "BEGIN IMMEDIATE");
	for (unsigned i = 0; s->failure == SQLITE_OK && i < count; i++)
		apply_one(s, ops[i]);
	tally_flush(s);
	command(s, "COMMIT");
	if (s->failure != SQLITE_OK)
		return abandon(s, ops, count, err);
	checkpoint_when_large(s);
	return 0;
}

static int
sqlite_checkpoint(void *state, struct err *err)
{
	struct sqlite_store *s = state;
	int code = sqlite3_wal_checkpoint_v2(
	    s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	/* Another one is at it, or a reader is in the way: next time. */
	if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY)
		return 0;
	return err_set(
	    err, -E_SYSTEM, "sqlite: checkpoint: %s", sqlite3_errmsg(s->db));
}

static uint64_t
sqlite_wal_octets(void *state)
{
	const struct sqlite_store *s = state;

	return s->wal_pages * FRAME;
}

const struct store_driver store_sqlite_driver = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .apply = sqlite_apply,
    .checkpoint = sqlite_checkpoint,
    .wal_octets = sqlite_wal_octets,
};
