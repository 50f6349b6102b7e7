/*
 * The tables, and how an older store becomes a newer one. A migration is added
 * at the end and never changed after a release; migrations go forward only.
 * What the columns mean is told in store/record.h, where the rows are.
 *
 * Rows are keyed by time-ordered keys, so that inserting appends. Head and body
 * lie in a table of their own, so that scans of messages do not drag them.
 * Octets from outside are BLOBs: nobody promised that they are UTF-8.
 */
#include "store/sqlite/sqlite.h"

#define APPLICATION 0x52455354 /* "REST": whose file this is */

/* The conditions that the first version had and that have changed since. */
#define V1_IS_NOTIFIABLE "state = 1 AND route <> 5"
#define V1_IS_REPORTABLE "report_at < " NEVER
#define V1_IS_EXPIRING   "state IN (1, 2, 4)"
#define V1_IS_OVER       "state IN (6, 7, 8)"

static const char version_1_mail[] =
    "CREATE TABLE users ("
    " address BLOB NOT NULL PRIMARY KEY, password BLOB NOT NULL,"
    " mode INTEGER NOT NULL, from_check INTEGER NOT NULL,"
    " secret BLOB NOT NULL, created INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE messages ("
    " key BLOB NOT NULL PRIMARY KEY, sender BLOB NOT NULL,"
    " user BLOB NOT NULL, envid BLOB NOT NULL, subject BLOB NOT NULL,"
    " ret INTEGER NOT NULL,"
    " body_8bit INTEGER NOT NULL, smtputf8 INTEGER NOT NULL,"
    " spooled INTEGER NOT NULL, size INTEGER NOT NULL,"
    " digest BLOB NOT NULL, created INTEGER NOT NULL,"
    /* More parts are to come; and when the content was given back. */
    " staged INTEGER NOT NULL, freed_at INTEGER NOT NULL DEFAULT 0"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX messages_freed ON messages (freed_at, key)"
    " WHERE freed_at > 0;"
    "CREATE INDEX messages_staged ON messages (created, key)"
    " WHERE staged = 1;"

    /* With a row id, because these rows are large. */
    "CREATE TABLE contents ("
    " message BLOB NOT NULL PRIMARY KEY, envelope BLOB NOT NULL,"
    " head BLOB NOT NULL, body BLOB NOT NULL"
    ") STRICT;"

    /*
     * State 0: staged. Three leases, since a hold whose notice is under way may
     * be pulled already: notice_ of the claim, lease_ of the pull, report_ of
     * the report. Leads 1: others are announced under its identifier; 2: they
     * are gone. Reportable: its author is a user and can be sent a report.
     */
    "CREATE TABLE holds ("
    " key BLOB NOT NULL PRIMARY KEY, message BLOB NOT NULL,"
    " user BLOB NOT NULL, id BLOB NOT NULL, recipient BLOB NOT NULL,"
    " domain BLOB NOT NULL, notify INTEGER NOT NULL, orcpt BLOB NOT NULL,"
    " state INTEGER NOT NULL, route INTEGER NOT NULL,"
    " tries INTEGER NOT NULL, created INTEGER NOT NULL,"
    " next_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,"
    " ended_at INTEGER NOT NULL, capabilities INTEGER NOT NULL,"
    " reply BLOB NOT NULL, targets BLOB NOT NULL,"
    " notice_node INTEGER NOT NULL DEFAULT 0,"
    " notice_until INTEGER NOT NULL DEFAULT 0,"
    " lease_node INTEGER NOT NULL DEFAULT 0,"
    " lease_ticket INTEGER NOT NULL DEFAULT 0,"
    " lease_until INTEGER NOT NULL DEFAULT 0,"
    " visible INTEGER NOT NULL, envelope BLOB NOT NULL,"
    " leads INTEGER NOT NULL DEFAULT 0,"
    " verdict INTEGER NOT NULL DEFAULT 0,"
    " sent_whole INTEGER NOT NULL DEFAULT 0,"
    " reportable INTEGER NOT NULL,"
    " report_at INTEGER NOT NULL DEFAULT " NEVER ","
    " reported INTEGER NOT NULL DEFAULT 0,"
    " report BLOB NOT NULL DEFAULT x'',"
    " report_node INTEGER NOT NULL DEFAULT 0,"
    " report_until INTEGER NOT NULL DEFAULT 0"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX holds_due ON holds"
    " (next_at, key, notice_until, state, route) WHERE " V1_IS_NOTIFIABLE ";"
    "CREATE INDEX holds_message ON holds (message, " NEEDS_CONTENT ");"
    "CREATE INDEX holds_user ON holds (user, key);"
    "CREATE INDEX holds_user_state ON holds (user, state, key);"
    "CREATE INDEX holds_state ON holds (state, key);"
    "CREATE INDEX holds_envelope ON holds (envelope, " FOLDED ")"
    " WHERE " IS_FOLLOWER ";"
    "CREATE INDEX holds_expiry ON holds (expires_at, created, key)"
    " WHERE " IS_OPEN ";"
    "CREATE INDEX holds_ended ON holds (ended_at, key)"
    " WHERE " IS_SWEEPABLE ";"
    "CREATE INDEX holds_report ON holds (report_at, key, report_until)"
    " WHERE " V1_IS_REPORTABLE ";"
    "CREATE INDEX holds_reporting ON holds (report_node)"
    " WHERE report_node <> 0;"
    "CREATE INDEX holds_claimed ON holds (notice_node)"
    " WHERE notice_node <> 0;"
    "CREATE INDEX holds_leased ON holds (lease_node) WHERE lease_node <> 0;";

static const char version_1_notices[] =
    /*
     * The name is (domain, id, named); recipient is who it is for, once that
     * is known. Given: the recipient as it was given.
     */
    "CREATE TABLE notices ("
    " key BLOB NOT NULL PRIMARY KEY, id BLOB NOT NULL,"
    " domain BLOB NOT NULL, named BLOB NOT NULL, recipient BLOB NOT NULL,"
    " given BLOB NOT NULL, sender BLOB NOT NULL, subject BLOB NOT NULL,"
    " attachments INTEGER NOT NULL, verdict INTEGER NOT NULL,"
    " verdict_due INTEGER NOT NULL DEFAULT 0, address BLOB NOT NULL,"
    " dialect INTEGER NOT NULL, state INTEGER NOT NULL,"
    " unconfirmed INTEGER NOT NULL DEFAULT 0, digest BLOB, size INTEGER,"
    " tries INTEGER NOT NULL, created INTEGER NOT NULL,"
    " first_try_at INTEGER NOT NULL, next_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL, message BLOB, reply BLOB NOT NULL,"
    " lease_node INTEGER NOT NULL DEFAULT 0,"
    " lease_until INTEGER NOT NULL DEFAULT 0"
    ") STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX notices_name ON notices (domain, id, named);"
    "CREATE INDEX notices_due ON notices"
    " (next_at, key, lease_until, state, unconfirmed, verdict_due)"
    " WHERE " IS_PULLABLE ";"
    "CREATE INDEX notices_waiting ON notices (recipient, domain, state, key)"
    " WHERE " IS_WAITING ";"
    "CREATE INDEX notices_expiry ON notices (expires_at, key)"
    " WHERE " V1_IS_EXPIRING ";"
    "CREATE INDEX notices_undecided ON notices (key)"
    " WHERE " IS_UNDECIDED ";"
    "CREATE INDEX notices_user_undecided ON notices (recipient, key)"
    " WHERE " IS_UNDECIDED ";"
    "CREATE INDEX notices_user ON notices (recipient, key)"
    " WHERE recipient <> x'';"
    "CREATE INDEX notices_message ON notices (message)"
    " WHERE " IS_UNDECIDED " AND message IS NOT NULL;"
    "CREATE INDEX notices_over ON notices (expires_at, key)"
    " WHERE " V1_IS_OVER ";"
    "CREATE INDEX notices_leased ON notices (lease_node)"
    " WHERE lease_node <> 0;"

    /* Envelope texts, with a row id, because these rows are large. */
    "CREATE TABLE envelopes ("
    " notice BLOB NOT NULL PRIMARY KEY, text BLOB NOT NULL"
    ") STRICT;";

static const char version_1_others[] =
    "CREATE TABLE deliveries ("
    " key BLOB NOT NULL PRIMARY KEY, message BLOB NOT NULL,"
    " user BLOB NOT NULL, recipient BLOB NOT NULL, trace BLOB NOT NULL,"
    " notice_id BLOB NOT NULL, notice_domain BLOB NOT NULL,"
    " notice BLOB NOT NULL,"
    " tries INTEGER NOT NULL, created INTEGER NOT NULL,"
    " next_at INTEGER NOT NULL, staged INTEGER NOT NULL,"
    " lease_node INTEGER NOT NULL DEFAULT 0,"
    " lease_until INTEGER NOT NULL DEFAULT 0"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX deliveries_due ON deliveries"
    " (next_at, key, lease_until, staged) WHERE staged = 0;"
    "CREATE INDEX deliveries_message ON deliveries (message);"
    "CREATE INDEX deliveries_leased ON deliveries (lease_node)"
    " WHERE lease_node <> 0;"

    "CREATE TABLE peers ("
    " name BLOB NOT NULL PRIMARY KEY, list INTEGER NOT NULL,"
    " until INTEGER NOT NULL, notices INTEGER NOT NULL,"
    " pulls INTEGER NOT NULL, failures INTEGER NOT NULL,"
    " created INTEGER NOT NULL, seen INTEGER NOT NULL,"
    " domain BLOB NOT NULL DEFAULT x'',"
    " verified_at INTEGER NOT NULL DEFAULT 0,"
    " pulled_at INTEGER NOT NULL DEFAULT 0,"
    " tls_at INTEGER NOT NULL DEFAULT 0,"
    " keyword_at INTEGER NOT NULL DEFAULT 0"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX peers_listed ON peers (name) WHERE list > 1;"
    "CREATE INDEX peers_seen ON peers (seen, name) WHERE " IS_FORGETTABLE ";"

    /* Addresses that are denied for a time. */
    "CREATE TABLE denied ("
    " address BLOB NOT NULL PRIMARY KEY, until INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX denied_until ON denied (until, address);"

    /* Octets of the messages of each user whose content is here. */
    "CREATE TABLE usages ("
    " user BLOB NOT NULL PRIMARY KEY, octets INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    /* How many rows there are, by enum tally and state. */
    "CREATE TABLE counts ("
    " kind INTEGER NOT NULL, state INTEGER NOT NULL, n INTEGER NOT NULL,"
    " PRIMARY KEY (kind, state)"
    ") STRICT, WITHOUT ROWID;";

/*
 * Holds that were to be pushed had been parked for a push that was to come;
 * they are due from now on. Persons are known to have decided from now on only.
 */
static const char version_2_text[] =
    "DROP INDEX holds_due;"
    "DROP INDEX holds_report;"
    "DROP INDEX notices_expiry;"
    "UPDATE holds SET next_at = created"
    " WHERE state IN (1, 3) AND route = 5 AND next_at = " NEVER ";"
    "ALTER TABLE notices"
    " ADD COLUMN decided_at INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX holds_due ON holds"
    " (next_at, key, notice_until, lease_until, state, route)"
    " WHERE " IS_NOTIFIABLE ";"
    "CREATE INDEX holds_report ON holds"
    " (report_at, key, report_until, state) WHERE " IS_REPORTABLE ";"
    "CREATE INDEX notices_expiry ON notices"
    " (expires_at, key, state, decided_at, verdict)"
    " WHERE " IS_EXPIRING ";";

/* Users' lists. Without row ids: an entry is found by its whole name. */
static const char version_3_lists[] =
    "CREATE TABLE entries ("
    " user BLOB NOT NULL, side INTEGER NOT NULL, address BLOB NOT NULL,"
    " server BLOB NOT NULL, list INTEGER NOT NULL, by INTEGER NOT NULL,"
    " created INTEGER NOT NULL, told_at INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (user, side, address, server)"
    ") STRICT, WITHOUT ROWID;"
    /* How many there are, so that a ceiling costs one look-up. */
    "CREATE TABLE entry_counts ("
    " user BLOB NOT NULL, side INTEGER NOT NULL, n INTEGER NOT NULL,"
    " PRIMARY KEY (user, side)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER entry_comes AFTER INSERT ON entries BEGIN"
    " INSERT INTO entry_counts (user, side, n) VALUES (new.user, new.side, 1)"
    "  ON CONFLICT (user, side) DO UPDATE SET n = n + 1;"
    " END;"
    "CREATE TRIGGER entry_goes AFTER DELETE ON entries BEGIN"
    " UPDATE entry_counts SET n = n - 1"
    "  WHERE user = old.user AND side = old.side;"
    " DELETE FROM entry_counts"
    "  WHERE user = old.user AND side = old.side AND n = 0;"
    " END;"
    "ALTER TABLE users ADD COLUMN answers INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE users ADD COLUMN trash INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE notices ADD COLUMN server BLOB NOT NULL DEFAULT x'';";

static const char version_3_identities[] =
    "CREATE TABLE identities ("
    " address BLOB NOT NULL PRIMARY KEY, user BLOB NOT NULL,"
    " created INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX identities_user ON identities (user, address);";

/* With the domain: where very many wait for one that is slow, those for others
   are found without a look at each of their rows. */
static const char version_3_due[] =
    "DROP INDEX holds_due;"
    "CREATE INDEX holds_due ON holds"
    " (next_at, key, notice_until, lease_until, state, route, domain)"
    " WHERE " IS_NOTIFIABLE ";";

/* Stubs in mailboxes: which are to be put, or taken out, from when on. */
static const char version_3_stubs[] =
    "ALTER TABLE notices ADD COLUMN folder BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE notices ADD COLUMN stub INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE notices ADD COLUMN stub_tries INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE notices ADD COLUMN stub_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE notices ADD COLUMN stub_node INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE notices ADD COLUMN stub_until INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX notices_stub ON notices (stub_at, key, stub_until)"
    " WHERE " IS_STUB_DUE ";"
    "CREATE INDEX notices_stub_claimed ON notices (stub_node)"
    " WHERE stub_node <> 0;"
    "CREATE INDEX notices_brought ON notices (message, recipient)"
    " WHERE state IN (5, 6) AND message IS NOT NULL;"
    "DROP INDEX notices_over;"
    "CREATE INDEX notices_over ON notices (expires_at, key)"
    " WHERE " IS_OVER ";";

/* What users think of the mail of each domain; and day by day. */
static const char version_3_quality[] =
    "ALTER TABLE notices ADD COLUMN counted_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE notices ADD COLUMN vote INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE peers ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE peers ADD COLUMN accepts INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE peers ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX peers_domain ON peers (domain, name)"
    " WHERE domain <> x'';"
    "CREATE INDEX peers_judged ON peers (name) WHERE " IS_JUDGED ";"
    "CREATE TABLE peer_days ("
    " name BLOB NOT NULL, day INTEGER NOT NULL,"
    " messages INTEGER NOT NULL, accepts INTEGER NOT NULL,"
    " refusals INTEGER NOT NULL, PRIMARY KEY (name, day)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX peer_days_day ON peer_days (day, name);";

/* Complaints about users; who may not submit; whom the administrator is to be
   told of. */
static const char version_3_complaints[] =
    "CREATE TABLE complaints ("
    " hold BLOB NOT NULL PRIMARY KEY, user BLOB NOT NULL,"
    " sender BLOB NOT NULL, recipient BLOB NOT NULL, domain BLOB NOT NULL,"
    " subject BLOB NOT NULL, head BLOB NOT NULL, verdict INTEGER NOT NULL,"
    " at INTEGER NOT NULL, written INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX complaints_user ON complaints (user, at, hold);"
    "CREATE INDEX complaints_at ON complaints (at, hold);"
    "CREATE TABLE standings ("
    " user BLOB NOT NULL PRIMARY KEY, suspended_at INTEGER NOT NULL,"
    " lifted_at INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE investigations ("
    " user BLOB NOT NULL, restraint INTEGER NOT NULL, at INTEGER NOT NULL,"
    " told_at INTEGER NOT NULL, lease_node INTEGER NOT NULL DEFAULT 0,"
    " lease_until INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (user, restraint)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX investigations_due ON investigations"
    " (at, user, restraint, lease_until) WHERE told_at = 0;"
    "CREATE INDEX investigations_leased ON investigations (lease_node)"
    " WHERE lease_node <> 0;";

/* migrations[n] leads from version n to n + 1, in parts. */
static const char *const version_1[] = {
    version_1_mail, version_1_notices, version_1_others, NULL};
static const char *const version_2[] = {version_2_text, NULL};
static const char *const version_3[] = {version_3_due, version_3_lists,
    version_3_identities, version_3_stubs, version_3_quality,
    version_3_complaints, NULL};
static const char *const *const migrations[] = {
    version_1, version_2, version_3};

#define SCHEMA_VERSION ((int)(sizeof migrations / sizeof migrations[0]))

static int
failed(sqlite3 *db, const char *path, const char *doing, struct err *err)
{
	return err_set(
	    err, -E_SYSTEM, "%s: %s: %s", path, doing, sqlite3_errmsg(db));
}

/* The number that QUERY answers. 0, or -1 when the engine failed. */
static int
ask(sqlite3 *db, const char *query, int *number_r)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(db, query, -1, &statement, NULL);

	if (code != SQLITE_OK)
		return -1;
	code = sqlite3_step(statement);
	*number_r = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? 0 : -1;
}

/* Is it ours, or empty, and not newer than this program? */
static int
recognise(sqlite3 *db, const char *path, int *version_r, struct err *err)
{
	int application, tables;

	if (ask(db, "PRAGMA application_id", &application) != 0 ||
	    ask(db, "PRAGMA user_version", version_r) != 0 ||
	    ask(db, "SELECT count(*) FROM sqlite_schema", &tables) != 0)
		return failed(db, path, "this is no usable store", err);
	if (tables == 0 && application == 0 && *version_r == 0)
		return 0;
	if (application != APPLICATION || *version_r < 1)
		return err_set(err, -E_RANGE,
		    "%s: belongs to another program; it is left alone", path);
	if (*version_r > SCHEMA_VERSION)
		return err_set(err, -E_RANGE,
		    "%s: has schema %d, made by a newer version; this one "
		    "knows schemas up to %d",
		    path, *version_r, SCHEMA_VERSION);
	return 0;
}

static int
run_parts(sqlite3 *db, const char *const *parts)
{
	int code = SQLITE_OK;

	for (; code == SQLITE_OK && *parts != NULL; parts++)
		code = sqlite3_exec(db, *parts, NULL, NULL, NULL);
	return code;
}

static int
migrate(sqlite3 *db, const char *path, int from, struct err *err)
{
	char *stamp;
	int code = SQLITE_OK;

	for (int i = from; code == SQLITE_OK && i < SCHEMA_VERSION; i++)
		code = run_parts(db, migrations[i]);
	stamp = sqlite3_mprintf(
	    "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION,
	    SCHEMA_VERSION);
	if (stamp == NULL)
		return err_set(err, -E_NOMEM, "%s: no memory", path);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, stamp, NULL, NULL, NULL);
	sqlite3_free(stamp);
	if (code != SQLITE_OK)
		return failed(db, path, "migrating the schema", err);
	return 0;
}

/* Two processes may open a new store at once: look again under the lock. */
static int
bring_up_to_date(sqlite3 *db, const char *path, struct err *err)
{
	int version, r;

	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return failed(db, path, "locking", err);
	r = recognise(db, path, &version, err);
	if (r == 0)
		r = migrate(db, path, version, err);
	if (r == 0 && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		r = failed(db, path, "writing the schema", err);
	if (r < 0)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

int
schema_prepare(sqlite3 *db, const char *path, struct err *err)
{
	int version, r = recognise(db, path, &version, err);

	if (r < 0)
		return r;
	/* The first must come before the first page is written. */
	if (sqlite3_exec(db,
		"PRAGMA auto_vacuum = INCREMENTAL;"
		"PRAGMA journal_mode = WAL;"
		"PRAGMA synchronous = FULL;"
		"PRAGMA wal_autocheckpoint = 0;"
		"PRAGMA temp_store = MEMORY;"
		"PRAGMA cache_size = -32768;"
		"PRAGMA cell_size_check = ON;"
		"PRAGMA trusted_schema = OFF",
		NULL, NULL, NULL) != SQLITE_OK)
		return failed(db, path, "setting up", err);
	if (version == SCHEMA_VERSION)
		return 0;
	return bring_up_to_date(db, path, err);
}
