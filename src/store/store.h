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
#include "base/list.h"
#include "store/operation.h"

#define STORE_BATCH_MAX    256        /* operations in one commit */
#define STORE_BATCH_OCTETS (4u << 20) /* or this much content */

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
const char *store_verdict_name(enum store_verdict v);
const char *store_listed_name(enum store_listed l);
const char *store_side_name(enum store_side s);
const char *store_entry_by_name(enum store_entry_by by);

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
