/*
 * Inside the SQLite driver: the store, its rows as columns, and what its files
 * need of each other. Private to this folder.
 *
 * Every function of operations.def has the form store_sqlite_<name>(store, op)
 * and answers its outcome. A failure of the engine, or an arena without room,
 * is remembered in the store (query.h); an operation then only has to come to
 * an end, and its outcome is replaced and its changes are undone by sqlite.c.
 */
#ifndef STORE_SQLITE_SQLITE_H
#define STORE_SQLITE_SQLITE_H

#include <sqlite3.h>

#include "store/driver.h"

struct problems;

#define SQLITE_STATEMENTS 256 /* places for prepared ones; a power of two */

/* What is counted as it changes, so that counting needs no scan. */
enum tally {
	TALLY_USERS,
	TALLY_MESSAGES,
	TALLY_DELIVERIES,
	TALLY_HOLDS,       /* by state */
	TALLY_NOTICES,     /* by state */
	TALLY_UNCONFIRMED, /* notices */
	TALLY_PUSH,        /* HELD holds that wait for push */
	TALLY_PEERS,
	TALLY_VERDICTS, /* notices whose verdict is due */
	TALLY_REPORTS,  /* ended holds whose report is due */
	TALLY_KINDS
};

/* Changes of this batch; they reach the table `counts` as it ends. */
struct tally_changes {
	int64_t by[TALLY_KINDS][STORE_COUNT_STATES];
};

struct sqlite_statement {
	const char *text; /* the literal itself is the name */
	sqlite3_stmt *prepared;
};

struct sqlite_store {
	sqlite3 *db;
	struct sqlite_statement statements[SQLITE_STATEMENTS];
	struct tally_changes changes;
	struct arena *arena; /* of the operation being done */
	bool full;           /* that arena had no more room */
	int failure;         /* result code of the engine, 0: none */
	struct err why;      /* the text that belongs to it */
	struct key keys[STORE_PAGE_MAX]; /* of the page being read */
	uint64_t wal_pages,
	    wal_tried;          /* now; at the keeper's last checkpoint */
	bool checkpoint_failed; /* a sync of the database failed */
};

/* ---- conditions that an index and its queries must spell alike ---- */

/* Holds. NEVER is what INT64_MAX is in the tables. */
#define NEVER   "9223372036854775807"
#define IS_OPEN "state IN (1, 2, 3)"
/* HELD ones, and those that were to be pushed: their lease may be lost. */
#define IS_NOTIFIABLE "(state = 1 OR (state = 3 AND route = 5))"
#define NEEDS_CONTENT "(ended_at = 0 OR report_at < " NEVER ")"
#define IS_REPORTABLE "state > 0 AND report_at < " NEVER
#define IS_SWEEPABLE  "ended_at > 0 AND report_at = " NEVER " AND leads <> 1"
#define IS_FOLLOWER   "envelope <> key"
#define FOLDED        "lower(CAST(recipient AS TEXT))"

/* Notices. */
#define IS_PULLABLE                               \
	"(state IN (2, 3) OR unconfirmed = 1 OR " \
	"verdict_due = 1)"
#define IS_WAITING "state IN (1, 2, 3, 4)"
/* Not those that a person accepted and that are to be pulled. */
#define IS_EXPIRING                          \
	"(state IN (1, 4) OR (state = 2 AND" \
	" (decided_at = 0 OR verdict NOT IN (1, 2))))"
#define IS_UNDECIDED "state IN (1, 4)"
/* Not while its stub lies in a mailbox. */
#define IS_OVER "state IN (6, 7, 8) AND stub = 0"
/* Its stub is to be put into a mailbox, or taken out. */
#define IS_STUB_DUE                                            \
	"((stub = 0 AND state IN (1, 4) AND recipient <> x'')" \
	" OR (stub = 1 AND state IN (5, 6, 7, 8)))"

#define IS_FORGETTABLE "(list = 1 OR until > 0)"
#define IS_JUDGED      "messages >= 20" /* STORE_JUDGED_LEAST */

/* Holds and messages that are staged: state 0, staged 1. */
#define HOLD_STAGED 0

/* ---- schema.c ---- */

/* Refuses what is not ours or newer, then brings it up to date. */
int schema_prepare(sqlite3 *db, const char *path, struct err *err);

/* ---- tally.c ---- */

void tally_add(struct sqlite_store *s, enum tally kind, int64_t n);
void tally_hold(struct sqlite_store *s, enum store_hold_state state,
    enum store_route route, int sign);
void tally_notice(struct sqlite_store *s, enum store_notice_state state,
    bool unconfirmed, bool verdict_due, int sign);

/* Writes the changes of the batch. */
void tally_flush(struct sqlite_store *s);

uint64_t tally_peers(struct sqlite_store *s);

/* Notices that were not fetched yet. */
uint64_t tally_waiting(struct sqlite_store *s);

/* Would the table agree with the rows? For store_check. */
bool tally_is_right(struct sqlite_store *s);

/* ---- usage.c ---- */

/* So much more, or less, of USER's messages is here; nobody's is not counted.
 */
void usage_add(struct sqlite_store *s, struct span user, int64_t octets);

/* May the message come, by the quota it came with? */
bool usage_fits(struct sqlite_store *s, const struct store_message_put *put);

/* ---- identities.c ---- */

/* Is it another address of somebody? The main address behind ADDRESS, or
   ADDRESS itself. A page of them, in order. All those of USER are gone. */
bool identities_has(struct sqlite_store *s, struct span address);
struct span identities_user(struct sqlite_store *s, struct span address);
void identities_list(struct sqlite_store *s, struct store_identity_list *list);
void identities_drop(struct sqlite_store *s, struct span user);
void identities_check(struct sqlite_store *s, struct problems *found);

/* ---- lists.c ---- */

/* entry_find; entry_put without its conditions; all of a user go. */
enum store_outcome
lists_find(struct sqlite_store *s, struct store_entry_find *find);
void lists_set(struct sqlite_store *s, const struct store_entry *entry);
void lists_drop(struct sqlite_store *s, struct span user);

/* Would the numbers of entries agree with the entries? For store_check. */
bool lists_are_counted(struct sqlite_store *s);

/* What a verdict says of the lists, if anything. */
void lists_learn_of_notice(struct sqlite_store *s,
    const struct store_notice *notice, unsigned verdict, int64_t now);
void lists_learn_of_hold(struct sqlite_store *s,
    const struct store_hold_row *row, unsigned verdict, int64_t now);

/* Takes the recipient of a hold off its sender's list of those who want their
   mail. False: they were not on it. */
bool
lists_unlearn_of_hold(struct sqlite_store *s, const struct store_hold_row *row);

/* May the origin of NOTICE be told now that its pair is denied? Then it is
   noted. False: it was lately, or the pair is not. */
bool lists_may_tell(struct sqlite_store *s, const struct store_notice *notice);

/* ---- peers.c ---- */

#define PEER_COLUMNS                                                  \
	"name, list, until, notices, pulls, failures, created, seen," \
	" domain, verified_at, pulled_at, tls_at, keyword_at,"        \
	" messages, accepts, refusals"

struct query;

/* From a row of PEER_COLUMNS. */
void peers_read(struct query *q, struct store_peer *peer_r);

/* False: there is no such row. */
bool
peers_load(struct sqlite_store *s, struct span name, struct store_peer *peer_r);
void peers_make(struct sqlite_store *s, struct span name, int64_t now);

/* ---- figures.c ---- */

/* The decision VERDICT about NOTICE, or the delivery of the notice NOTICE,
   counts in the figures of its domain, which are in *PEER_R then. The first
   changes the fields of NOTICE, which is then to be saved. */
void figures_decided(struct sqlite_store *s, struct store_notice *notice,
    unsigned verdict, const struct store_op *op, struct store_peer *peer_r);
void figures_delivered(struct sqlite_store *s, const struct key *notice,
    const struct store_op *op, struct store_peer *peer_r);

/* The latest days of a domain; all of them go; those whose time has passed. */
void figures_days(struct sqlite_store *s, struct store_peer_get *get);
void figures_drop(struct sqlite_store *s, struct span name);
unsigned
figures_sweep(struct sqlite_store *s, int64_t before_day, unsigned limit);

/* ---- complaints.c ---- */

/* SPAM about a hold, before its content is given back. */
void complaints_add(struct sqlite_store *s, struct store_op *op,
    const struct store_hold_row *row);

/* How complaints stand about a user, and the latest of them. */
void complaints_standing(
    struct sqlite_store *s, struct store_user_get *get, int64_t now);
void complaints_restrain(struct sqlite_store *s, struct span user,
    enum store_submission submission, int64_t now);
void complaints_forget(struct sqlite_store *s, struct span user);

unsigned
complaints_sweep(struct sqlite_store *s, int64_t before, unsigned limit);

/* ---- users.c ---- */

bool users_is_there(struct sqlite_store *s, struct span address);

/* ---- messages.c ---- */

/* The message and its content; its key must be new. */
void messages_insert(
    struct sqlite_store *s, const struct store_message *message, bool staged);

/*
 * Gives the content back when nobody needs it. True: it was given back, now or
 * before, and a spooled body may be removed.
 */
bool
messages_release(struct sqlite_store *s, const struct key *key, int64_t moment);

/* The message without content. False: there is none. */
bool messages_load(struct sqlite_store *s, const struct key *key,
    struct store_message *message_r);

/* Is there a message of this key? */
bool messages_is_there(struct sqlite_store *s, const struct key *key);

/* Head and inline body into MESSAGE. False: there is none. */
bool
messages_load_content(struct sqlite_store *s, struct store_message *message);

/* The envelope text into MESSAGE; "" when there is none. */
void
messages_load_envelope(struct sqlite_store *s, struct store_message *message);

/* ---- holds.c ---- */

/* A live hold and its message, without content. False: none. */
bool holds_load(struct sqlite_store *s, const struct key *key,
    struct store_hold_row *row_r);

/* The same for the first PAGE of the store's keys; those that are there. */
struct store_hold_row *
holds_load_page(struct sqlite_store *s, unsigned page, unsigned *count_r);

/* What decides about a live hold. */
struct hold_standing {
	struct key message;
	enum store_hold_state state;
	enum store_route route;
	int64_t next_at;
	uint64_t notice_node;
	int64_t notice_until;
	uint64_t lease_node, lease_ticket;
	int64_t lease_until;
	bool leads, is_reportable;
	unsigned verdict, reported;
	int64_t report_at;
};

/* False: there is none. */
bool holds_standing(struct sqlite_store *s, const struct key *key,
    struct hold_standing *standing_r);

/* Claims the hold by UPDATE, a constant that sets ?2 and ?3, node and end of
   the lease, where the key is ?1. */
void holds_claim(struct sqlite_store *s, const char *update,
    const struct key *key, const struct store_claim *claim);

/* ---- pulls.c ---- */

/* Who asks for which hold, and whether it is theirs (hold_lease). */
struct hold_asking {
	struct key key;
	struct span id, to;
	struct ip asker;
	unsigned verdict;
	bool entitled, needs_to;
	struct store_hold_row *row; /* where it is to be loaded */
	struct hold_standing was;
};

/* STORE_OK: theirs. STORE_CONFLICT: needs_to. STORE_NONE. */
enum store_outcome
pulls_ask(struct sqlite_store *s, struct hold_asking *asking);

/* Is its pull running? */
bool pulls_running(const struct hold_standing *standing, int64_t now);

/* How a hold ends: its times, leases and report. */
struct hold_end {
	enum store_hold_state state;
	struct span reply;
	bool sent_whole;
	unsigned verdict; /* 0 keeps what was */
	int64_t moment;
};
void pulls_end(struct sqlite_store *s, const struct key *key,
    const struct hold_standing *was, const struct hold_end *end);

/* ---- notices_rows.c ---- */

#define NOTICE_COLUMNS                                                         \
	"key, id, domain, named, recipient, given, sender, subject,"           \
	" attachments,"                                                        \
	" verdict, verdict_due, address, dialect, state, unconfirmed, digest," \
	" size, tries, created, first_try_at, next_at, expires_at, message,"   \
	" reply, decided_at, server, folder, stub, counted_at, vote,"          \
	" stub_tries"

/* By name, by key. False: there is none. */
bool notices_load_named(struct sqlite_store *s, struct span id,
    struct span domain, struct span named, struct store_notice *notice_r);
bool notices_load_at(struct sqlite_store *s, const struct key *key,
    struct store_notice *notice_r);

/* The one that brought the message. */
bool notices_load_bringer(struct sqlite_store *s,
    const struct store_notice_get *get, struct store_notice *notice_r);

/* The first PAGE of the store's keys; those that are there. */
struct store_notice *
notices_load_page(struct sqlite_store *s, unsigned page, unsigned *count_r);

/* Writes what moves in a notice; its lease is given back, or stays. */
void notices_save(struct sqlite_store *s, const struct store_notice *was,
    const struct store_notice *is, bool gives_back);

/*
 * PENDING, KEPT and WANTED ones end without the message: the state, and what
 * they have of it given back; writes it. True: a spooled body, *BODY_R, may be
 * removed.
 */
bool notices_drop(struct sqlite_store *s, const struct store_notice *was,
    struct store_notice *is, enum store_notice_state state, int64_t moment,
    struct key *body_r);

/* The envelope text of a notice, if there is one. */
void notices_put_text(
    struct sqlite_store *s, const struct key *key, struct span text);

/* Its envelope text; "" when there is none. */
void notices_load_text(struct sqlite_store *s, struct store_notice *notice);

/* FETCHED becomes DELIVERED. */
void notices_finish(struct sqlite_store *s, const struct key *key);

/* ---- deliveries.c ---- */

/* Adds those that are not there, for MESSAGE and NOTICE (zero: none); how
   many. */
unsigned deliveries_insert(struct sqlite_store *s, const struct key *message,
    const struct key *notice, const struct store_delivery *deliveries,
    unsigned count, bool staged);
bool deliveries_is_there(struct sqlite_store *s, const struct key *key);

#define OPERATION(NAME, name, help)             \
	enum store_outcome store_sqlite_##name( \
	    struct sqlite_store *s, struct store_op *op);
#include "store/operations.def"
#undef OPERATION

#endif
