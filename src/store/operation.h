/*
 * The arguments of each operation of the store's door, then, below a blank
 * line, its results: struct store_<name> for each row of operations.def. In
 * front of each stands what it does and what each outcome means. Here are
 * accounts, peers and house-keeping; the life of a message is in
 * operation_origin.h and operation_receiver.h.
 */
#ifndef STORE_OPERATION_H
#define STORE_OPERATION_H

#include "store/operation_list.h"
#include "store/operation_origin.h"
#include "store/operation_receiver.h"
#include "store/outcome.h"
#include "store/record.h"

/* OK; EXISTS when it is an identity, or `only_new` and an account; NONE when
   `only_old` and it is not. An empty password or zero mode, from_check, answers
   keeps the old (a new account: server, both, listed). Secret and time are set
   once, when it is new. */
enum store_submission { SUBMISSION_ON = 1, SUBMISSION_OFF };
struct store_user_put {
	struct store_user user;
	bool only_new, only_old;
	/* ON: a suspension is lifted, and complaints so far are forgiven; OFF:
	   suspended; 0: as it was. */
	enum store_submission submission;
};
/* OK, NONE. Of an identity it is the account behind it, under the main address.
   With a sender also how the user's incoming list stands to it (entry_find);
   else `listed` is LISTED_NOT. Up to `identity_limit` other addresses of the
   user, in order. With `with_standing` how complaints stand about
   the user, and the latest `complaint_limit` of them, without heads, the latest
   first. */
struct store_user_get {
	struct span address;
	struct span sender; /* "": not asked */
	struct span server;
	bool verified;
	unsigned identity_limit; /* 0: not asked */
	bool with_standing;
	unsigned complaint_limit;

	struct store_user user;
	enum store_listed listed;
	unsigned identity_count;
	struct store_identity *identities;
	struct store_standing standing;
	unsigned complaint_count;
	struct store_complaint *complaints;
};
/* Rows after `after` in order of address. OK. */
struct store_user_list {
	struct span after;
	unsigned limit;

	unsigned count;
	struct store_user *users;
};
/* OK, NONE. Its lists and identities go with it; its holds and deliveries go
   on. */
struct store_user_drop {
	struct span address;
};

/* OK, also when it is that user's already; EXISTS: it is an account, or
   somebody else's; NONE: there is no such account (identities have none); FULL:
   the user has `user_max` of them (0: no ceiling). */
struct store_identity_put {
	struct store_identity identity;
	unsigned user_max;
};
struct store_identity_drop { /* OK, NONE */
	struct span address;
};
/* Rows after `after` in order of address. OK. */
struct store_identity_list {
	struct span user; /* "": of all */
	struct span after;
	unsigned limit;

	unsigned count;
	struct store_identity *identities;
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
/* OK, NONE. With `day_limit` also the latest days on which something of it was
   counted, the latest first. */
struct store_peer_get {
	struct span name;
	unsigned day_limit;

	struct store_peer peer;
	unsigned day_count;
	struct store_peer_day *days;
};
enum store_peers {
	PEERS_ALL,
	PEERS_LISTED,    /* those on a list; whether `until` has passed is not
			    looked at */
	PEERS_JUDGED,    /* those with STORE_JUDGED_LEAST messages */
	PEERS_MARKED,    /* both */
	PEERS_OF_DOMAIN, /* addresses that last spoke for `of_domain` */
};
/* Rows after `after` in order of name. OK. */
struct store_peer_list {
	struct span after;
	unsigned limit;
	enum store_peers which;
	struct span of_domain;

	unsigned count;
	struct store_peer *peers;
};
struct store_peer_drop { /* OK, NONE; its days go with it */
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

/*
 * What an address did just now: sets those of its times that are true here, and
 * the domain when one is given (with a verified notice, or a pull). A row that
 * is not there is made, unless there are `total_max` (0: no ceiling). OK with
 * the row as it is then, and as it was before: of one that was made by it, on
 * no list and all times 0; FULL.
 */
struct store_peer_seen {
	struct span name;   /* the address as text */
	struct span domain; /* "" keeps what was */
	bool verified, pulled, tls, keyword;
	uint64_t total_max;

	struct store_peer peer, before;
};

/* OK: the message's body lies in the spool and is still needed (also while its
   parts arrive); NONE: a file of that name is an orphan. */
struct store_body_known {
	struct key message;
};

/* One more on the list of those denied for a time (WIRE 7), or another time for
   it; `until` <= now takes it off. OK. */
struct store_denied_put {
	struct span address; /* text of address or network; key */
	int64_t until;
};
struct store_denied {
	struct span address;
	int64_t until;
};
/* Those with `until` > now and `address` after `after`, in its order. OK. */
struct store_denied_list {
	struct span after;
	unsigned limit;

	unsigned count;
	struct store_denied *denied;
};

/* Removes at most `limit` ended holds (not while a report is due, nor while
   others are announced under its identifier), messages that none refers to any
   more, notices that are over, denials whose time has passed, puts that were
   never finished (STORE_STAGED_LIFE), peers that are on no list, and days of
   peers' figures (STORE_DAYS_KEPT), and complaints (STORE_COMPLAINTS_KEPT). OK;
   `removed` below limit: nothing is left to do. */
struct store_sweep {
	int64_t holds_before;   /* ended before this, or freed before this */
	int64_t notices_before; /* expires_at before this: 7 days ago */
	int64_t peers_before;   /* on no list that counts, and not seen since */
	unsigned limit;

	unsigned removed;
};

#define STORE_COUNT_STATES 9
struct store_count {
	uint64_t users, messages, deliveries, peers;
	uint64_t holds[STORE_COUNT_STATES];   /* by enum store_hold_state */
	uint64_t notices[STORE_COUNT_STATES]; /* by enum store_notice_state */
	uint64_t unconfirmed;                 /* notices */
	uint64_t routes_push;                 /* HELD holds of route PUSH */
	uint64_t verdicts_due;                /* notices */
	uint64_t reports_due;                 /* ended holds */
};
/* Says each broken invariant (problems.def). OK; `problems` 0: clean. */
struct store_check {
	unsigned problems;
	struct span text; /* a line each, the first 100 */
};

#endif
