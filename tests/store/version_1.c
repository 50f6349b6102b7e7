/*
 * A store of the first version, as it was released: its tables, word for word,
 * and a few rows. These texts never change.
 */
#include "version_1.h"

#include <sqlite3.h>
#include <unistd.h>

#include "fixture.h"

static const char *const schema[] = {
    "CREATE TABLE users ( address BLOB NOT NULL PRIMARY KEY, password"
    " BLOB NOT NULL, mode INTEGER NOT NULL, from_check INTEGER NOT"
    " NULL, secret BLOB NOT NULL, created INTEGER NOT NULL) STRICT,"
    " WITHOUT ROWID;",
    "CREATE TABLE messages ( key BLOB NOT NULL PRIMARY KEY, sender BLOB"
    " NOT NULL, user BLOB NOT NULL, envid BLOB NOT NULL, subject BLOB"
    " NOT NULL, ret INTEGER NOT NULL, body_8bit INTEGER NOT NULL,"
    " smtputf8 INTEGER NOT NULL, spooled INTEGER NOT NULL, size INTEGER"
    " NOT NULL, digest BLOB NOT NULL, created INTEGER NOT NULL, staged"
    " INTEGER NOT NULL, freed_at INTEGER NOT NULL DEFAULT 0) STRICT,"
    " WITHOUT ROWID;",
    "CREATE INDEX messages_freed ON messages (freed_at, key) WHERE"
    " freed_at > 0;",
    "CREATE INDEX messages_staged ON messages (created, key) WHERE"
    " staged = 1;",
    "CREATE TABLE contents ( message BLOB NOT NULL PRIMARY KEY,"
    " envelope BLOB NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL)"
    " STRICT;",
    "CREATE TABLE holds ( key BLOB NOT NULL PRIMARY KEY, message BLOB"
    " NOT NULL, user BLOB NOT NULL, id BLOB NOT NULL, recipient BLOB"
    " NOT NULL, domain BLOB NOT NULL, notify INTEGER NOT NULL, orcpt"
    " BLOB NOT NULL, state INTEGER NOT NULL, route INTEGER NOT NULL,"
    " tries INTEGER NOT NULL, created INTEGER NOT NULL, next_at INTEGER"
    " NOT NULL, expires_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,"
    " capabilities INTEGER NOT NULL, reply BLOB NOT NULL, targets BLOB"
    " NOT NULL, notice_node INTEGER NOT NULL DEFAULT 0, notice_until"
    " INTEGER NOT NULL DEFAULT 0, lease_node INTEGER NOT NULL DEFAULT"
    " 0, lease_ticket INTEGER NOT NULL DEFAULT 0, lease_until INTEGER"
    " NOT NULL DEFAULT 0, visible INTEGER NOT NULL, envelope BLOB NOT"
    " NULL, leads INTEGER NOT NULL DEFAULT 0, verdict INTEGER NOT NULL"
    " DEFAULT 0, sent_whole INTEGER NOT NULL DEFAULT 0, reportable"
    " INTEGER NOT NULL, report_at INTEGER NOT NULL DEFAULT"
    " 9223372036854775807, reported INTEGER NOT NULL DEFAULT 0, report"
    " BLOB NOT NULL DEFAULT x'', report_node INTEGER NOT NULL DEFAULT"
    " 0, report_until INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT"
    " ROWID;",
    "CREATE INDEX holds_due ON holds (next_at, key, notice_until,"
    " state, route) WHERE state = 1 AND route <> 5;",
    "CREATE INDEX holds_message ON holds (message, (ended_at = 0 OR"
    " report_at < 9223372036854775807));",
    "CREATE INDEX holds_user ON holds (user, key);",
    "CREATE INDEX holds_user_state ON holds (user, state, key);",
    "CREATE INDEX holds_state ON holds (state, key);",
    "CREATE INDEX holds_envelope ON holds (envelope,"
    " lower(CAST(recipient AS TEXT))) WHERE envelope <> key;",
    "CREATE INDEX holds_expiry ON holds (expires_at, created, key)"
    " WHERE state IN (1, 2, 3);",
    "CREATE INDEX holds_ended ON holds (ended_at, key) WHERE ended_at >"
    " 0 AND report_at = 9223372036854775807 AND leads <> 1;",
    "CREATE INDEX holds_report ON holds (report_at, key, report_until)"
    " WHERE report_at < 9223372036854775807;",
    "CREATE INDEX holds_reporting ON holds (report_node) WHERE"
    " report_node <> 0;",
    "CREATE INDEX holds_claimed ON holds (notice_node) WHERE"
    " notice_node <> 0;",
    "CREATE INDEX holds_leased ON holds (lease_node) WHERE lease_node"
    " <> 0;",
    "CREATE TABLE notices ( key BLOB NOT NULL PRIMARY KEY, id BLOB NOT"
    " NULL, domain BLOB NOT NULL, named BLOB NOT NULL, recipient BLOB"
    " NOT NULL, given BLOB NOT NULL, sender BLOB NOT NULL, subject BLOB"
    " NOT NULL, attachments INTEGER NOT NULL, verdict INTEGER NOT NULL,"
    " verdict_due INTEGER NOT NULL DEFAULT 0, address BLOB NOT NULL,"
    " dialect INTEGER NOT NULL, state INTEGER NOT NULL, unconfirmed"
    " INTEGER NOT NULL DEFAULT 0, digest BLOB, size INTEGER, tries"
    " INTEGER NOT NULL, created INTEGER NOT NULL, first_try_at INTEGER"
    " NOT NULL, next_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,"
    " message BLOB, reply BLOB NOT NULL, lease_node INTEGER NOT NULL"
    " DEFAULT 0, lease_until INTEGER NOT NULL DEFAULT 0) STRICT,"
    " WITHOUT ROWID;",
    "CREATE UNIQUE INDEX notices_name ON notices (domain, id, named);",
    "CREATE INDEX notices_due ON notices (next_at, key, lease_until,"
    " state, unconfirmed, verdict_due) WHERE (state IN (2, 3) OR"
    " unconfirmed = 1 OR verdict_due = 1);",
    "CREATE INDEX notices_waiting ON notices (recipient, domain, state,"
    " key) WHERE state IN (1, 2, 3, 4);",
    "CREATE INDEX notices_expiry ON notices (expires_at, key) WHERE"
    " state IN (1, 2, 4);",
    "CREATE INDEX notices_undecided ON notices (key) WHERE state IN (1,"
    " 4);",
    "CREATE INDEX notices_user_undecided ON notices (recipient, key)"
    " WHERE state IN (1, 4);",
    "CREATE INDEX notices_user ON notices (recipient, key) WHERE"
    " recipient <> x'';",
    "CREATE INDEX notices_message ON notices (message) WHERE state IN"
    " (1, 4) AND message IS NOT NULL;",
    "CREATE INDEX notices_over ON notices (expires_at, key) WHERE state"
    " IN (6, 7, 8);",
    "CREATE INDEX notices_leased ON notices (lease_node) WHERE"
    " lease_node <> 0;",
    "CREATE TABLE envelopes ( notice BLOB NOT NULL PRIMARY KEY, text"
    " BLOB NOT NULL) STRICT;",
    "CREATE TABLE deliveries ( key BLOB NOT NULL PRIMARY KEY, message"
    " BLOB NOT NULL, user BLOB NOT NULL, recipient BLOB NOT NULL, trace"
    " BLOB NOT NULL, notice_id BLOB NOT NULL, notice_domain BLOB NOT"
    " NULL, notice BLOB NOT NULL, tries INTEGER NOT NULL, created"
    " INTEGER NOT NULL, next_at INTEGER NOT NULL, staged INTEGER NOT"
    " NULL, lease_node INTEGER NOT NULL DEFAULT 0, lease_until INTEGER"
    " NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;",
    "CREATE INDEX deliveries_due ON deliveries (next_at, key,"
    " lease_until, staged) WHERE staged = 0;",
    "CREATE INDEX deliveries_message ON deliveries (message);",
    "CREATE INDEX deliveries_leased ON deliveries (lease_node) WHERE"
    " lease_node <> 0;",
    "CREATE TABLE peers ( name BLOB NOT NULL PRIMARY KEY, list INTEGER"
    " NOT NULL, until INTEGER NOT NULL, notices INTEGER NOT NULL, pulls"
    " INTEGER NOT NULL, failures INTEGER NOT NULL, created INTEGER NOT"
    " NULL, seen INTEGER NOT NULL, domain BLOB NOT NULL DEFAULT x'',"
    " verified_at INTEGER NOT NULL DEFAULT 0, pulled_at INTEGER NOT"
    " NULL DEFAULT 0, tls_at INTEGER NOT NULL DEFAULT 0, keyword_at"
    " INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;",
    "CREATE INDEX peers_listed ON peers (name) WHERE list > 1;",
    "CREATE INDEX peers_seen ON peers (seen, name) WHERE (list = 1 OR"
    " until > 0);",
    "CREATE TABLE denied ( address BLOB NOT NULL PRIMARY KEY, until"
    " INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
    "CREATE INDEX denied_until ON denied (until, address);",
    "CREATE TABLE usages ( user BLOB NOT NULL PRIMARY KEY, octets"
    " INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
    "CREATE TABLE counts ( kind INTEGER NOT NULL, state INTEGER NOT"
    " NULL, n INTEGER NOT NULL, PRIMARY KEY (kind, state)) STRICT,"
    " WITHOUT ROWID;",
    "PRAGMA application_id = 1380275028;",
    "PRAGMA user_version = 1;",
    NULL,
};

/*
 * Alice's message for four: two holds that wait for a push, the second of them
 * being pulled; one whose notice is due later; one that ended. And a notice
 * that its user accepted.
 */
static const char *const rows[] = {
    "INSERT INTO messages VALUES"
    " (x'00000000000000000000000000000001', CAST('alice@a.test' AS BLOB),"
    " CAST('alice@a.test' AS BLOB), x'', x'', 0, 0, 0, 0, 3, zeroblob(32),"
    " 1800000000, 0, 0);",
    "INSERT INTO contents VALUES"
    " (x'00000000000000000000000000000001', x'', x'', CAST('Hi.' AS BLOB));",
    "WITH rows (key, state, route, next_at, ended_at, targets, node) AS ("
    " VALUES"
    " (x'0000000000000000000000000000000a', 1, 5, 9223372036854775807, 0,"
    "  x'', 0),"
    " (x'0000000000000000000000000000000b', 3, 5, 9223372036854775807, 0,"
    "  zeroblob(17), 7),"
    " (x'0000000000000000000000000000000c', 1, 1, 1800000300, 0, x'', 0),"
    " (x'0000000000000000000000000000000d', 7, 5, 9223372036854775807,"
    "  1800000000, x'', 0))"
    "INSERT INTO holds (key, message, user, id, recipient, domain, notify,"
    " orcpt, state, route, tries, created, next_at, expires_at, ended_at,"
    " capabilities, reply, targets, lease_node, lease_until, visible, envelope,"
    " reportable)"
    " SELECT key, x'00000000000000000000000000000001',"
    " CAST('alice@a.test' AS BLOB), key, CAST('Bob@b.test' AS BLOB),"
    " CAST('b.test' AS BLOB), 3, x'', state, route, 1, 1800000000, next_at,"
    " 9223372036854775807, ended_at, 0, x'', targets, node, node * 300000000, "
    "0,"
    " key, 1 FROM rows;",
    "INSERT INTO notices (key, id, domain, named, recipient, given, sender,"
    " subject, attachments, verdict, address, dialect, state, tries, created,"
    " first_try_at, next_at, expires_at, reply)"
    " VALUES (x'00000000000000000000000000000014', x'41',"
    " CAST('a.test' AS BLOB), CAST('bob@b.test' AS BLOB),"
    " CAST('bob@b.test' AS BLOB), CAST('bob@b.test' AS BLOB), x'', x'', 0, 1,"
    " zeroblob(17), 2, 2, 0, 1800000000, 0, 1800000300, 1800172800, x'');",
    "INSERT INTO usages VALUES (CAST('alice@a.test' AS BLOB), 3);",
    "INSERT INTO counts VALUES (1, 0, 1), (3, 1, 2), (3, 3, 1), (3, 7, 1),"
    " (4, 2, 1), (6, 0, 1);",
    NULL,
};

static void
run(sqlite3 *db, const char *const *statements)
{
	for (; *statements != NULL; statements++)
		assert_int_equal(
		    sqlite3_exec(db, *statements, NULL, NULL, NULL), SQLITE_OK);
}

void
version_1_make(const char *path)
{
	sqlite3 *db;

	unlink(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	run(db, schema);
	run(db, rows);
	sqlite3_close(db);
}
