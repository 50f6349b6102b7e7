/*
 * The memory driver's rows. It is the oracle of the store: every operation in
 * the plainest way, by looking at each row. Private to this folder.
 *
 * Every function of operations.def has the form store_memory_<name>(store, op)
 * and answers its outcome. All checks come before the first change, because
 * nothing here can be undone.
 */
#ifndef STORE_MEMORY_MEMORY_H
#define STORE_MEMORY_MEMORY_H

#include "base/buf.h"
#include "store/copy.h"
#include "store/driver.h"

struct problems;

/* Rows in the order in which they came; each is on the heap. */
struct memory_rows {
	void **at;
	size_t count, room;
};

struct memory_lease {
	uint64_t node, ticket;
	int64_t until;
};

struct memory_user {
	struct store_user row;
	struct arena text;
};

struct memory_message {
	struct store_message row;
	struct arena text;
	struct arena content; /* what envelope, head and body point to */
	bool staged;          /* more recipients are to come */
	int64_t freed_at; /* when the content was given back; 0: it is here */
};

struct memory_hold {
	struct store_hold row; /* without reply, targets and report */
	struct arena text;
	struct buf reply, targets, report;
	struct memory_message *message;
	bool staged;
	bool leads; /* others are, or were, announced under its identifier */
	struct memory_lease notice; /* of hold_claim */
	struct memory_lease pull;   /* of hold_lease */
	struct memory_lease author; /* of report_claim */
};

struct memory_notice {
	struct store_notice row; /* without reply and folder */
	struct arena text;
	struct arena filled; /* texts that came with the message */
	struct buf reply, folder;
	struct memory_lease pull;
	struct memory_lease stub;
	int64_t stub_at;
};

struct memory_peer {
	struct store_peer row; /* without domain */
	struct arena text;
	struct buf domain;
};

struct memory_peer_day {
	struct store_peer_day row;
	struct buf name;
};

struct memory_complaint {
	struct store_complaint row;
	struct arena text;
};

struct memory_standing {
	struct buf user;
	int64_t suspended_at, lifted_at;
};

struct memory_investigation {
	struct buf user;
	enum store_restraint restraint;
	int64_t at, told_at;
	struct memory_lease lease;
};

struct memory_entry {
	struct store_entry row;
	struct arena text;
};

struct memory_delivery {
	struct store_delivery row;
	struct arena text;
	struct memory_message *message;
	struct key notice; /* zero: of none */
	bool staged;
	struct memory_lease lease;
};

struct memory_identity {
	struct store_identity row;
	struct arena text;
};

struct memory_denied {
	struct store_denied row;
	struct arena text;
};

/* How this store misbehaves under test; seed 0: it does not. */
struct memory_weather {
	uint64_t seed;
};

struct memory {
	struct memory_rows users, messages, holds, notices, deliveries;
	struct memory_rows denied, peers, peer_days, entries, identities;
	struct memory_rows complaints, standings, investigations;
	struct memory_weather weather;
};

/* ---- rows ---- */

/* Room for N more rows, so that adding them cannot fail. */
bool memory_reserve(struct memory_rows *rows, size_t n);
void memory_add(struct memory_rows *rows, void *row);
void memory_remove(struct memory_rows *rows, const void *row);

/*
 * The rows that FITS accepts, in the order of COMPARE (of pointers to row
 * pointers, as for qsort), at most LIMIT and STORE_PAGE_MAX. Freed with
 * memory_picked_free.
 */
struct memory_picked {
	void **at;
	unsigned count;
};
bool memory_pick(const struct memory_rows *rows,
    bool (*fits)(const void *row, const void *arg), const void *arg,
    int (*compare)(const void *a, const void *b), unsigned limit,
    struct memory_picked *picked_r);
void memory_picked_free(struct memory_picked *picked);

int memory_compare_keys(struct key a, struct key b);
int memory_compare_times(int64_t a, int64_t b);
int memory_compare_texts(struct span a, struct span b);

/* Replaces the text, unless S is empty. */
void memory_say(struct buf *text, struct span s);

/* ---- frees, each with everything the row owns ---- */

void memory_user_free(struct memory_user *row);
void memory_message_free(struct memory_message *row);
void memory_hold_free(struct memory_hold *row);
void memory_notice_free(struct memory_notice *row);
void memory_delivery_free(struct memory_delivery *row);
void memory_identity_free(struct memory_identity *row);
void memory_denied_free(struct memory_denied *row);
void memory_peer_free(struct memory_peer *row);
void memory_peer_day_free(struct memory_peer_day *row);
void memory_entry_free(struct memory_entry *row);

/* ---- across the files ---- */

/* entry_find; entry_put without its conditions; all of a user go. STORE_FULL:
   no memory. */
enum store_outcome memory_entry_find(
    struct memory *m, struct arena *a, struct store_entry_find *find);
enum store_outcome
memory_entry_set(struct memory *m, const struct store_entry *entry);
void memory_entries_drop(struct memory *m, struct span user);

/* The main address behind ADDRESS, or ADDRESS itself. A page of other
   addresses, in order. All those of USER are gone. */
struct span memory_identity_user(const struct memory *m, struct span address);
bool memory_identities_list(const struct memory *m, struct arena *arena,
    struct store_identity_list *list);
void memory_identities_drop(struct memory *m, struct span user);
void memory_identities_check(const struct memory *m, struct problems *found);

/* What a verdict says of the lists, if anything; and room for it, so that it
   cannot fail but for memory. */
enum store_outcome memory_learn_of_notice(struct memory *m,
    const struct store_notice *notice, unsigned verdict, int64_t now);
enum store_outcome memory_learn_of_hold(struct memory *m,
    const struct memory_hold *hold, unsigned verdict, int64_t now);

/* Takes the recipient off the list of those who want mail of its sender. False:
   they were not on it. */
bool memory_unlearn_of_hold(struct memory *m, const struct memory_hold *hold);

/* May the origin of NOTICE be told now that its pair is denied? Then it is
   noted. False: it was lately, or the pair is not. */
bool memory_may_tell(const struct memory *m, const struct store_notice *notice);

/* The row of that name; NULL: none. The same made when it is missing; NULL: no
   memory. And a whole copy of one. */
struct memory_peer *memory_peer_find(const struct memory *m, struct span name);
struct memory_peer *
memory_peer_make(struct memory *m, struct span name, int64_t now);
bool memory_peer_copy(
    struct arena *a, const struct memory_peer *from, struct store_peer *to_r);

/*
 * The decision VERDICT about NOTICE, or its delivery, counts in the figures of
 * its domain, which are in *PEER_R then. STORE_FULL: no memory.
 */
enum store_outcome memory_figures_decided(struct memory *m, struct store_op *op,
    struct store_notice *notice, unsigned verdict, struct store_peer *peer_r);
enum store_outcome
memory_figures_delivered(struct memory *m, struct store_op *op,
    struct store_notice *notice, struct store_peer *peer_r);

/* The days of that name: the latest LIMIT; all of them go. */
bool memory_figures_days(
    const struct memory *m, struct arena *a, struct store_peer_get *get);
void memory_figures_drop(struct memory *m, struct span name);

/* SPAM about a hold, before its content is given back. STORE_FULL: no memory.
 */
enum store_outcome memory_complain(
    struct memory *m, struct store_op *op, const struct memory_hold *hold);

/* How complaints stand about a user, and the latest of them. */
enum store_outcome memory_standing_get(
    const struct memory *m, struct store_op *op, struct store_user_get *get);
enum store_outcome memory_standing_put(struct memory *m, struct span user,
    enum store_submission submission, int64_t now);
void memory_standing_drop(struct memory *m, struct span user);

bool memory_user_is_there(const struct memory *m, struct span address);
struct span memory_user_password(const struct memory *m, struct span address);

void memory_complaint_free(struct memory_complaint *row);
void memory_complaints_close(struct memory *m);

/* The message, also while it is staged; NULL: none. */
struct memory_message *
memory_message_find(const struct memory *m, struct key key);

/* A new row, not yet in the store; NULL: no memory. */
struct memory_message *memory_message_new(const struct store_message *from);

/* A report with its delivery becomes ours; their keys are new. STORE_FULL: no
   memory. */
enum store_outcome memory_report_add(struct memory *m,
    const struct store_message *report, const struct store_delivery *delivery);

/*
 * Adds those deliveries that are not there, staged, for NOTICE (zero: none);
 * then shows, or drops, all of a message. False: no memory, and some were
 * added.
 */
bool memory_deliveries_add(struct memory *m, struct memory_message *message,
    struct key notice, const struct store_delivery *deliveries, unsigned count);
bool memory_delivery_is_there(const struct memory *m, struct key key);
void memory_deliveries_show(
    const struct memory *m, const struct memory_message *message);
void
memory_deliveries_drop(struct memory *m, const struct memory_message *message);

/* Does an open or staged hold, one whose report is due, a delivery, or a notice
   about which nobody has decided refer to it? */
bool memory_message_needed(
    const struct memory *m, const struct memory_message *message);

/*
 * Gives the content back when nobody needs it. True: it was given back, now or
 * before, and a spooled body may be removed.
 */
bool memory_release(
    const struct memory *m, struct memory_message *message, int64_t moment);

/* A live hold; NULL: none, or staged. */
struct memory_hold *memory_hold_find(const struct memory *m, struct key key);
bool memory_hold_open(const struct memory_hold *hold);

/* Is its pull running? Has what was said, and the grace after it, passed? */
bool memory_hold_pulled(const struct memory_hold *hold, int64_t now);

/* Ends it, or gives its lease back (HELD, NOTICED): its times, leases and
   report. */
void memory_hold_move(struct memory_hold *hold, enum store_hold_state state,
    struct span reply, int64_t moment);

/* Who asks for which hold, and whether it is theirs (hold_lease). */
struct memory_asking {
	struct key key;
	struct span id, to;
	struct ip asker;
	unsigned verdict;
	bool entitled, needs_to;
	struct memory_hold *hold;
};

/* STORE_OK: theirs. STORE_CONFLICT: needs_to. STORE_NONE. */
enum store_outcome
memory_ask(const struct memory *m, struct memory_asking *asking);

bool memory_hold_copy(struct store_op *op, const struct memory_hold *from,
    struct store_hold_row *to_r);

/* Rows for picked holds; NULL: no room. */
struct store_hold_row *
memory_hold_rows(struct store_op *op, const struct memory_picked *picked);

struct memory_notice *memory_notice_find(const struct memory *m, struct span id,
    struct span domain, struct span recipient);
struct memory_notice *memory_notice_at(const struct memory *m, struct key key);
bool memory_notice_copy(struct store_op *op, const struct memory_notice *from,
    struct store_notice *to_r);

/* Rows for picked notices; NULL: no room. */
struct store_notice *
memory_notice_rows(struct store_op *op, const struct memory_picked *picked);

/*
 * PENDING, KEPT and WANTED ones end without the message: the state, and what
 * they have of it given back. True: a spooled body, *BODY_R, may be removed.
 */
bool memory_notice_drop(const struct memory *m, struct memory_notice *notice,
    enum store_notice_state state, int64_t moment, struct key *body_r);

#define OPERATION(NAME, name, help)             \
	enum store_outcome store_memory_##name( \
	    struct memory *m, struct store_op *op);
#include "store/operations.def"
#undef OPERATION

#endif
