/*
 * The one narrow door to the store, in mail terms. Behind it stand drivers:
 * `memory` (the oracle, for tests) and `sqlite` (the default); a driver for a
 * database server comes later, so nothing here may assume a local file.
 *
 * An operation is submitted and answered later, in any order. Each is one whole
 * decision: it compares the state it expects and sets the next, carries its own
 * repeat key, and is told the time. There is no reading first and writing
 * afterwards across two operations. Whatever arrived together is committed
 * together, and answers (also of reads) leave after that commit.
 *
 * Lists are pages: at most `limit` rows after a key. Due work is claimed with a
 * node and a lease; a lease that ran out is free again.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/key.h"
#include "base/list.h"

#define STORE_BATCH_MAX       256        /* operations in one commit */
#define STORE_BATCH_OCTETS    (4u << 20) /* or this much content */
#define STORE_INLINE_MAX      65536      /* larger bodies lie in the spool */
#define STORE_HEAD_MAX        65536      /* head of a message */
#define STORE_RECIPIENTS_PART 1000       /* recipients in one message_put */
#define STORE_PAGE_MAX        1000       /* rows of one page */
#define STORE_TARGETS_MAX     32         /* addresses kept with a hold */
#define STORE_HOLD_GRACE      3600       /* seconds served beyond expires_at */
#define STORE_STAGED_LIFE     86400      /* seconds an unfinished put is kept */
#define STORE_SECRET          32         /* octets of a user's secret key */
#define STORE_DIGEST          32

enum store_outcome {
	STORE_OK,       /* done, or done before by the same repeat key */
	STORE_NONE,     /* no such thing, or not for whoever asks */
	STORE_EXISTS,   /* it is there already */
	STORE_CONFLICT, /* it is there, in a state that does not allow this */
	STORE_BUSY,     /* somebody else has it just now; ask again */
	STORE_FULL,     /* a ceiling or the disk */
	STORE_UNSURE, /* may or may not have been done: repeat with the same key
		       */
	STORE_BROKEN, /* the store cannot be used any more */
};

/* docs/STATES.md says which moves are legal and who makes them. */
enum store_hold_state {
	HOLD_HELD = 1,
	HOLD_NOTICED,
	HOLD_LEASED, /* open */
	HOLD_TAKEN,
	HOLD_REFUSED,
	HOLD_EXPIRED,
	HOLD_WITHDRAWN, /* ended */
};
enum store_route {
	ROUTE_UNKNOWN = 1, /* the destination has not been asked yet */
	ROUTE_GDEL,
	ROUTE_MSID,
	ROUTE_ENVELOPE, /* the dialect of its notice */
	ROUTE_PUSH,     /* offers no notice keyword: waits for push */
	ROUTE_LOCAL,    /* never on a hold; a delivery of our own user's mail */
};
enum store_notice_state {
	NOTICE_PENDING = 1, /* a person must decide */
	NOTICE_WANTED,
	NOTICE_PULLING,
	NOTICE_FETCHED,
	NOTICE_DELIVERED,
	NOTICE_REFUSED,
	NOTICE_LAPSED,
};
enum store_mode { MODE_SERVER = 1, MODE_ASK };
enum store_from_check { FROM_CHECK_BOTH = 1, FROM_CHECK_ENVELOPE };

struct store_user {
	struct span
	    address; /* folded: A-labels, local part in lower case; key */
	struct span password; /* argon2id hash as text */
	enum store_mode mode;
	enum store_from_check from_check;
	uint8_t secret[STORE_SECRET];
	int64_t created;
};

/* Content: head, then body. Inline bodies come with data, spooled without. */
struct store_message {
	struct key key;
	struct span sender; /* "" is the null path */
	struct span user; /* the local user who submitted it; "" from outside */
	struct span envid;   /* xtext */
	struct span subject; /* for people: raw, unfolded, cut; may be "" */
	unsigned ret;        /* enum params_ret */
	bool body_8bit, smtputf8;
	struct span head; /* at most STORE_HEAD_MAX */
	bool spooled;     /* body: in the spool under the message's key */
	struct span body; /* inline: at most STORE_INLINE_MAX */
	uint64_t size;    /* octets of head + body */
	uint8_t digest[STORE_DIGEST]; /* SHA-256 of head + body */
	int64_t created;
};

struct store_hold {
	struct key key;
	struct key message;
	struct span id;        /* the identifier, 43 characters */
	struct span recipient; /* as given */
	struct span domain;    /* of the recipient, A-labels */
	unsigned notify;       /* enum params_notify bits */
	struct span orcpt;
	enum store_hold_state state;
	enum store_route route;
	unsigned tries; /* notices attempted */
	int64_t created;
	int64_t next_at; /* HELD: when the notice is due; INT64_MAX: never */
	int64_t
	    expires_at; /* served until here; INT64_MAX before the first 250 */
	int64_t ended_at;      /* 0 while open */
	uint64_t capabilities; /* of the destination, at its notice */
	struct span reply;     /* the last thing the destination said */
	struct span targets;   /* STORE_TARGET octets for each address */
};
#define STORE_TARGET 17 /* family, 16 octets */

struct store_notice {
	struct span id;     /* as given to us; with domain the key */
	struct span domain; /* verified */
	struct key key;     /* ours; time-ordered; repeat key of notice_put */
	struct ip address;  /* that left it: the only one we call */
	enum store_route dialect;
	enum store_notice_state state;
	bool unconfirmed; /* FETCHED or later, and the origin has not answered
			     again */
	bool has_digest;
	uint8_t digest[STORE_DIGEST];
	bool has_size;
	uint64_t size;
	unsigned tries; /* pulls attempted */
	int64_t created;
	int64_t first_try_at; /* 0: none yet */
	int64_t next_at;      /* when the next pull, or confirmation, is due */
	int64_t expires_at;   /* as the origin said */
	struct key message;   /* zero until fetched */
	struct span reply;    /* the last thing the origin said */
};

struct store_delivery {
	struct key key;
	struct key message;
	struct span user;      /* folded address of the local user */
	struct span recipient; /* as given, for trace fields */
	struct span trace;     /* fields to put in front, complete */
	struct span notice_id, notice_domain; /* "" unless pulled */
	unsigned tries; /* claims: more than one, and an earlier may have got
			   through */
	int64_t created, next_at;
};

enum store_listed { LISTED_NOT = 1, LISTED_ALLOW, LISTED_DENY };

/* A host, network or domain that is listed, or that did things. */
struct store_peer {
	struct span name; /* as text, in its one spelling; key */
	enum store_listed list;
	int64_t until; /* when the list does not count any more; 0: never */
	uint64_t notices, pulls, failures;
	int64_t created, seen; /* seen: put or counted the last time */
};

/* Claims. */
struct store_claim {
	uint64_t node; /* who claims; 0 is nobody */
	int64_t lease_until;
	unsigned limit; /* at most STORE_PAGE_MAX */
};

/* ---- operations: arguments, then (below a blank line) results ---- */

/* OK; EXISTS when `only_new` and the address is taken; NONE when `only_old`
   and it is not. An empty password or zero mode, from_check keeps the old (a
   new account: server, both). Secret and time are set once, when it is new. */
struct store_user_put {
	struct store_user user;
	bool only_new, only_old;
};
/* OK, NONE. */
struct store_user_get {
	struct span address;

	struct store_user user;
};
/* Rows after `after` in order of address. OK. */
struct store_user_list {
	struct span after;
	unsigned limit;

	unsigned count;
	struct store_user *users;
};
/* OK, NONE. Its holds and deliveries go on. */
struct store_user_drop {
	struct span address;
};

/*
 * The moment a message becomes ours. Repeat key: message.key (EXISTS counts as
 * done). More than STORE_RECIPIENTS_PART recipients come in parts: each part
 * but the last has `more`; nothing of it is seen by any other operation until
 * the part without `more` makes all live at once. Parts repeat by the keys of
 * their rows, and the next is submitted when the one before it was answered.
 * Holds begin HELD, not yet alive (expires_at INT64_MAX), whatever the row
 * says. With a quota: FULL
 * when the sizes of all messages of this user whose content is here, and of
 * this one, are more (IM-02, AT-12). OK, EXISTS, FULL.
 */
struct store_message_put {
	struct store_message message;
	unsigned hold_count;
	const struct store_hold *holds;
	unsigned delivery_count;
	const struct store_delivery *deliveries;
	bool more;
	uint64_t quota; /* octets; 0: none */
};

/* A hold with what its notice and its pull need of the message. */
struct store_hold_row {
	struct store_hold hold;
	struct store_message message; /* head, body empty unless said */
};

/* HELD holds, due, unleased, route not PUSH; in order of next_at. OK. */
struct store_hold_claim {
	struct store_claim claim;

	unsigned count;
	struct store_hold_row *rows;
};

/* Writes the targets of those of the holds that are open; the others are passed
   over. OK; FULL: more than STORE_TARGETS_MAX, or STORE_PAGE_MAX keys. */
struct store_hold_aim {
	unsigned count;
	const struct key *keys;
	struct span targets;
};

/*
 * HELD to NOTICED, with the life that begins now, one try more. A hold that was
 * leased meanwhile (the pull was quicker than this) keeps its state, an ended
 * one is not touched. Life starts once: a later notice does not change
 * expires_at. Here as everywhere an empty reply keeps the one before, and the
 * lease of the claim is given back. OK, NONE.
 */
struct store_hold_noticed {
	struct key key;
	enum store_route route;
	int64_t expires_at;
	uint64_t capabilities;
	struct span reply;
};

/* HELD stays HELD: next try, one more counted. With route PUSH: next_at is
   INT64_MAX. The same next_at again, unclaimed: OK, counted once. CONFLICT when
   no longer HELD, NONE. */
struct store_hold_retry {
	struct key key;
	enum store_route route; /* ROUTE_UNKNOWN keeps what was */
	int64_t next_at;
	struct span reply;
};

/*
 * HELD (aimed) or NOTICED to LEASED, when `id` equals the hold's identifier,
 * `asker` is among its targets and expires_at + STORE_HOLD_GRACE is not over.
 * A lease that ran out is free. OK with row and content (body inline, or
 * spooled); BUSY: an entitled asker, and another pull runs; NONE: everything
 * else, and `entitled` tells whether id and asker were right (it was taken,
 * refused, expired, withdrawn).
 */
struct store_hold_lease {
	struct key key;
	struct span id;
	struct ip asker;
	uint64_t node;
	uint64_t
	    ticket; /* of this very lease, and of no other one of the hold */
	int64_t lease_until;

	bool entitled;
	struct store_hold_row row;
};

/*
 * LEASED by `node` with `ticket` to TAKEN, REFUSED, or back to NOTICED. TAKEN
 * and REFUSED give the content back when no other hold or delivery needs it.
 * The same again: OK. CONFLICT when it is neither leased so nor in that state
 * already: the end of an older lease never settles a newer one.
 */
struct store_hold_settle {
	struct key key;
	uint64_t node;
	uint64_t ticket;
	enum store_hold_state state;
	struct span reply;

	bool body_free; /* a spooled body may be removed: its name is message */
	struct key message;
};

/* HELD or NOTICED to REFUSED or WITHDRAWN. Results as hold_settle; BUSY while
   leased (and its lease runs); CONFLICT ended otherwise; NONE. */
struct store_hold_end {
	struct key key;
	enum store_hold_state state;
	struct span reply;

	bool body_free;
	struct key message;
};

/* Open holds without a running claim or lease, with expires_at + `grace` <= now
   or never alive and created before `born_before`, to EXPIRED; in order of
   expires_at, created, key. OK. */
struct store_hold_expire {
	unsigned limit;
	int64_t grace; /* seconds served beyond what was said: 3600 */
	int64_t born_before;

	unsigned count;
	struct store_hold_row *rows;
	unsigned body_count;
	struct key *bodies; /* spooled bodies that may be removed */
};

struct store_hold_get { /* OK, NONE */
	struct key key;

	struct store_hold_row row;
};
/* Holds of `user` ("" all) with key after `after` (zero: from the start),
   oldest first; `open_only` leaves out ended ones. OK. */
struct store_hold_list {
	struct span user;
	struct key after;
	unsigned limit;
	bool open_only;

	unsigned count;
	struct store_hold_row *rows;
};

/* OK; EXISTS: (id, domain) is known, whatever its state: without effect (WIRE
   4.7); FULL: `pending_max` not yet fetched ones from this domain, or
   `total_max` in all (0: no ceiling). */
struct store_notice_put {
	struct store_notice notice; /* state PENDING or WANTED */
	uint64_t pending_max, total_max;
};

/*
 * Due notices to claim, in order of next_at: WANTED and PULLING whose lease ran
 * out (they are PULLING then, one try more), and unconfirmed FETCHED, DELIVERED
 * or REFUSED ones (their state stays: they are asked only to confirm; a try
 * more for them too). OK.
 */
struct store_notice_claim {
	struct store_claim claim;

	unsigned count;
	struct store_notice *notices;
};

/*
 * PULLING to FETCHED: message and deliveries become ours in the same commit;
 * unconfirmed from now, to be asked about at `next_at`. Repeat key: the
 * message's. At least one delivery. OK, EXISTS (was done), CONFLICT, FULL.
 */
struct store_notice_fetched {
	struct span id, domain;
	struct store_message message;
	unsigned delivery_count;
	const struct store_delivery *deliveries;
	int64_t next_at;
};

enum store_notice_end {
	NOTICE_END_CONFIRMED = 1, /* no longer unconfirmed; state stays */
	NOTICE_END_LATER,   /* PULLING to WANTED; or unconfirmed asked again */
	NOTICE_END_LAPSED,  /* PULLING to LAPSED */
	NOTICE_END_REFUSED, /* PULLING to REFUSED: we said no to the message */
};
/* The lease is given back. The same again: OK. CONFLICT, NONE. */
struct store_notice_settle {
	struct span id, domain;
	enum store_notice_end end;
	int64_t next_at; /* LATER; REFUSED: when to confirm, 0 needs none */
	struct span reply;
};
struct store_notice_get { /* OK, NONE */
	struct span id, domain;

	struct store_notice notice;
};
struct store_notice_list { /* by key, oldest first */
	struct key after;
	unsigned limit;

	unsigned count;
	struct store_notice *notices;
};

/* Due deliveries with message, head and inline body, up to `octets` of content
   (at least one row). In order of next_at. OK. */
struct store_delivery_row {
	struct store_delivery delivery;
	struct store_message message;
};
struct store_delivery_claim {
	struct store_claim claim;
	size_t octets;

	unsigned count;
	struct store_delivery_row *rows;
};
/* Done: the row goes, and the notice it came from is DELIVERED once none is
   left. Not done: next try, one more counted. The same again: OK. NONE: not
   done, and there is no such row. */
struct store_delivery_settle {
	struct key key;
	bool done;
	int64_t next_at;

	bool body_free;
	struct key message;
};

/*
 * At the start of a node: whatever its earlier life had claimed or leased is
 * free at once; no state changes. OK.
 */
struct store_lease_free {
	uint64_t node; /* 0, nobody: frees nothing */
};

/* Sets list and until, and nothing else. OK with the row as it is then. */
struct store_peer_put {
	struct span name;
	enum store_listed list;
	int64_t until;

	struct store_peer peer;
};
struct store_peer_get { /* OK, NONE */
	struct span name;

	struct store_peer peer;
};
/* Rows after `after` in order of name; `listed_only` leaves out those on no
   list. Whether `until` has passed is not looked at. OK. */
struct store_peer_list {
	struct span after;
	unsigned limit;
	bool listed_only;

	unsigned count;
	struct store_peer *peers;
};
struct store_peer_drop { /* OK, NONE */
	struct span name;
};
/*
 * Adds the numbers of each of PEERS to its row. One that is not there is made,
 * unless there are `total_max` rows (0: no ceiling); then it is passed over.
 * These are figures for people, so there is no repeat key: after UNSURE they
 * may be asked again, or left. OK; FULL: more than STORE_PAGE_MAX.
 */
struct store_peer_count {
	unsigned count;
	const struct store_peer *peers;
	uint64_t total_max;
};

/* OK: the message's body lies in the spool and is still needed (also while its
   parts arrive); NONE: a file of that name is an orphan. */
struct store_body_known {
	struct key message;
};

/* Removes at most `limit` ended holds, messages that none refers to any more,
   notices that are over or undecided, puts that were never finished
   (STORE_STAGED_LIFE), and peers that are on no list. OK; `removed` below
   limit: nothing is left to do. */
struct store_sweep {
	int64_t holds_before;   /* ended before this, or freed before this */
	int64_t notices_before; /* expires_at before this: 7 days ago */
	int64_t peers_before;   /* on no list that counts, and not seen since */
	unsigned limit;

	unsigned removed;
};

#define STORE_COUNT_STATES 8
struct store_count {
	uint64_t users, messages, deliveries, peers;
	uint64_t holds[STORE_COUNT_STATES];   /* by enum store_hold_state */
	uint64_t notices[STORE_COUNT_STATES]; /* by enum store_notice_state */
	uint64_t unconfirmed;                 /* notices */
	uint64_t routes_push; /* HELD holds that wait for push */
};
/* Says each broken invariant (problems.def). OK; `problems` 0: clean. */
struct store_check {
	unsigned problems;
	struct span text; /* a line each, the first 100 */
};

enum store_verb {
#define OPERATION(NAME, name, help) STORE_##NAME,
#include "store/operations.def"
#undef OPERATION
	STORE_VERBS
};

#define STORE_OP_ARENA (16u << 20) /* octets of arguments and results */

struct store_op {
	enum store_verb verb;
	int64_t now;
	union {
#define OPERATION(NAME, name, help) struct store_##name name;
#include "store/operations.def"
#undef OPERATION
	};
	enum store_outcome outcome;
	/* Called once, from store_turn(); ends with store_op_free, or keeps it.
	 */
	void (*done)(struct store_op *op, void *arg);
	void *arg;
	struct arena arena; /* arguments the caller copied in, and results */
	struct list node;   /* the store's while it is submitted */
};

/* A new operation, all zero but verb and now. NULL: no memory. */
struct store_op *store_op_new(enum store_verb verb, int64_t now);
void store_op_free(struct store_op **op);
const char *store_verb_name(enum store_verb verb);
const char *store_outcome_name(enum store_outcome outcome);

/* The names used in JSON, logs and documentation: "held", "noticed", ... */
const char *store_hold_state_name(enum store_hold_state s);
const char *store_notice_state_name(enum store_notice_state s);
const char *store_route_name(enum store_route r);
const char *store_listed_name(enum store_listed l);

struct store;

/*
 * Opens "sqlite:FOLDER" (made when missing; FOLDER/restante.db) or "memory:".
 * "memory:SEED" with a number answers late, in shuffled order and sometimes
 * UNSURE, done or not, all drawn from SEED: for tests of callers. A schema
 * newer than the program, or somebody else's file: -E_RANGE. -E_SYSTEM,
 * -E_NOMEM, -E_NONE unknown driver.
 */
int store_open(const char *where, struct store **store_r, struct err *err);

/* Operations still queued are answered UNSURE. Not from within a DONE. */
void store_close(struct store **store);

/* Takes the operation; DONE will be called from a later store_turn(). */
void store_submit(struct store *store, struct store_op *op);

/* Is anything submitted and not answered? */
bool store_pending(const struct store *store);

/*
 * One round: commits what is queued (at most STORE_BATCH_MAX operations and
 * STORE_BATCH_OCTETS) and calls each one's DONE. Returns how many were
 * answered; -E_SYSTEM when the store is broken: those of the round are answered
 * UNSURE, those that were never tried BROKEN; restart.
 */
int store_turn(struct store *store, struct err *err);

/* Submit and turn until it is answered; for programs without a loop, tests. */
enum store_outcome store_do(struct store *store, struct store_op *op);

/* Commits so far, operations so far, and octets in the write-ahead log. */
struct store_figures {
	uint64_t commits, operations, wal_octets;
	uint64_t largest;       /* operations in one commit, at most so far */
	int64_t longest_commit; /* microseconds, since the last call */
};
void store_figures(struct store *store, struct store_figures *figures_r);

/* For the sweeper, from its own process: a passive checkpoint of that store. */
int store_checkpoint(struct store *store, struct err *err);

#endif
