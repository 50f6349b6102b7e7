/*
 * The arguments of each operation of the store's door, then, below a blank
 * line, its results: struct store_<name> for each row of operations.def. In
 * front of each stands what it does and what each outcome means.
 */
#ifndef STORE_OPERATION_H
#define STORE_OPERATION_H

#include "store/record.h"

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

/* Claims. */
struct store_claim {
	uint64_t node; /* who claims; 0 is nobody */
	int64_t lease_until;
	unsigned limit; /* at most STORE_PAGE_MAX */
};

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
 * says. Their report_at counts (0: never) when the message can have reports; it
 * is for a hold that nobody could be told of. With a quota: FULL when the sizes
 * of all messages of this user whose content is here, and of this one, are more
 * (IM-02, AT-12). A hold whose `envelope` is no hold of this message and domain
 * that leads itself is announced by itself. OK, EXISTS, FULL.
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

/* Due holds that are not claimed, in order of next_at, with the envelope text:
   HELD ones, and LEASED ones of route PUSH whose lease ran out or was freed.
   Those are HELD then, and `sent_whole`: nobody told how it ended. OK. */
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
 * expires_at. LEASED with route PUSH keeps its route: who claims it when its
 * lease is lost finds it by that. Here as everywhere an empty reply keeps the
 * one before, and the lease of the claim is given back. A report can only be
 * due for a message of a local user with a sender (so of all operations here).
 * OK, NONE.
 */
struct store_hold_noticed {
	struct key key;
	enum store_route route;
	int64_t expires_at;
	/* When a delayed report is due, unless one was made; 0 as INT64_MAX:
	   never. */
	int64_t report_at;
	uint64_t capabilities;
	struct span reply;
};

/* HELD stays HELD: next try, one more counted. The same next_at again,
   unclaimed: OK, counted once. CONFLICT when no longer HELD, NONE. */
struct store_hold_retry {
	struct key key;
	enum store_route route; /* ROUTE_UNKNOWN keeps what was */
	int64_t next_at;
	struct span reply;
};

/*
 * HELD (aimed) or NOTICED to LEASED, when `id` equals the hold's identifier,
 * `asker` is among its targets and expires_at + STORE_HOLD_GRACE is not over.
 * A lease that ran out is free. `to` may name another hold of the same
 * envelope: without it, or when it is the recipient of `key`, it is `key`; else
 * the one announced under `key` with that recipient (compared without ASCII
 * case). OK with row (whose key is to be settled) and content (body inline, or
 * spooled); BUSY: an entitled asker, and another pull runs; CONFLICT: a verdict
 * without `to` on an envelope of several (`needs_to`); NONE: everything else,
 * and `entitled` tells whether id and asker were right (it was taken, refused,
 * expired, withdrawn, or `to` is not in that envelope).
 */
struct store_hold_lease {
	struct key key;
	struct span id;
	struct span to; /* "": not said */
	struct ip asker;
	unsigned verdict; /* ACCEPT, AUTHORIZE: recorded; 0: RETR, GTML */
	uint64_t node;
	uint64_t ticket; /* of this very lease of the hold, and no other */
	int64_t lease_until;

	bool entitled, needs_to;
	struct store_hold_row row;
};

/*
 * We are about to send the message ourselves: nobody else may fetch it any
 * more. HELD and claimed by `node` (the claim runs) to LEASED with that ticket,
 * route PUSH, without targets; the claim is given back, and until `lease_until`
 * nobody claims it. OK with row and content, as hold_lease gives them. The same
 * again, by node and ticket: OK, with the new `lease_until`. CONFLICT: not HELD
 * any more, or not claimed by this node; NONE.
 */
struct store_hold_push {
	struct key key;
	uint64_t node;
	uint64_t ticket; /* as in hold_lease */
	int64_t lease_until;

	struct store_hold_row row;
};

/*
 * How a lease of hold_lease or hold_push ended: LEASED by `node` with `ticket`
 * to TAKEN, REFUSED, or back to NOTICED; or to HELD with route PUSH, due at
 * `next_at`, one try more: we are to send it ourselves (again). Targets stay
 * until hold_push. TAKEN and REFUSED give the content back when nothing else
 * needs it; REFUSED makes a failed report due now. The same again: OK (HELD:
 * with that next_at). CONFLICT when it is neither leased so nor in that state
 * already: the end of an older lease never settles a newer one.
 */
struct store_hold_settle {
	struct key key;
	uint64_t node;
	uint64_t ticket;
	enum store_hold_state state;
	int64_t next_at; /* HELD */
	bool sent_whole; /* the final dot was sent in this lease */
	struct span reply;

	bool body_free; /* a spooled body may be removed: its name is message */
	struct key message;
};

/*
 * A verdict that needs no content. Which hold, who is entitled and `needs_to`
 * as in hold_lease, but time that is over does not matter while it is open.
 *
 * REJECT, SPAM, SPAMMER: HELD (aimed), NOTICED, or LEASED with a lease that ran
 * out, to REFUSED, and a failed report is due now; of a hold that was TAKEN, or
 * REFUSED otherwise: recorded, the state stays (`late`, SM-25); after a refusal
 * by the recipient nothing changes, the first stays (`again`). ACCEPT,
 * AUTHORIZE with `have`: to TAKEN without a turn; TAKEN already: `again`. All
 * these OK. BUSY: entitled, and a pull runs. CONFLICT: needs_to, or no verdict
 * that comes this way. NONE: everything else.
 */
struct store_hold_verdict {
	struct key key;
	struct span id;
	struct span to; /* "": not said */
	struct ip asker;
	unsigned verdict; /* enum store_verdict */
	bool have;
	struct span reply; /* what is shown as the last reply */

	bool entitled, needs_to, again, late;
	struct store_hold_row row; /* OK: after it; without content */
	bool body_free;
	struct key message;
};

/* HELD or NOTICED to REFUSED (a failed report is due now) or WITHDRAWN (none
   is). Results as hold_settle; BUSY while leased (and its lease runs); CONFLICT
   ended otherwise; NONE: no such hold, or its message is not this user's. */
struct store_hold_end {
	struct key key;
	struct span user; /* who submitted it; "": not compared */
	enum store_hold_state state;
	struct span reply;

	bool body_free;
	struct key message;
};

/* Open holds without a running claim or lease, with expires_at + `grace` <= now
   or never alive and created before `born_before`, to EXPIRED, and a failed
   report is due now; in order of expires_at, created, key. OK. */
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
/* Holds of `user` ("" all) in `state` (0 all) with key after `after` (zero:
   from the start), oldest first; `open_only` leaves out ended ones. OK. */
struct store_hold_list {
	struct span user;
	struct key after;
	unsigned limit;
	bool open_only;
	enum store_hold_state state;

	unsigned count;
	struct store_hold_row *rows;
};

/*
 * Holds whose report is due, in order of report_at, with message, head and
 * inline body, up to STORE_REPORT_OCTETS of content (at least one row). An open
 * one: delayed; REFUSED or EXPIRED: failed. Their content is needed until the
 * report is dealt with. Claimed with a lease of its own. OK.
 */
struct store_report_claim {
	struct store_claim claim;

	unsigned count;
	struct store_hold_row *rows;
};

/*
 * The report is made: its message and delivery become ours, and the hold says
 * so, in the same commit; the claim is given back. Repeat key: the message's.
 * OK; EXISTS: was done, or nothing is due any more; CONFLICT: DELAYED of a hold
 * that has ended, FAILED of an open one, or the delivery's key is taken; NONE:
 * no such hold; FULL.
 */
struct store_report_put {
	struct key hold;
	unsigned reported; /* REPORT_DELAYED or REPORT_FAILED: added */
	int64_t report_at; /* DELAYED: when the next; 0 as INT64_MAX: never */
	struct span report;
	struct store_message message;
	struct store_delivery delivery;

	bool body_free; /* of the hold's message, named by body */
	struct key body;
};

/* The same without a report: `report` says why there is none. With `reported` 0
   it is only put off until `report_at`. */
struct store_report_none {
	struct key hold;
	unsigned reported;
	int64_t report_at;
	struct span report;

	bool body_free;
	struct key body;
};

/*
 * One row for each recipient of one envelope or MSID; one for GDEL. Outcome of
 * each row: OK; EXISTS: its name or key is known, whatever its state: without
 * effect (WIRE 4.7); CONFLICT: neither PENDING nor WANTED; FULL: `pending_max`
 * undecided or not yet fetched ones of this recipient from this domain, or, for
 * a row that names no recipient, `domain_max` such ones of the domain, or
 * `total_max` in all (0: no ceiling). When a recipient has more than `user_max`
 * PENDING ones, the oldest of the domain that has most of them lapses (AT-02).
 * OK: look at the rows; FULL: more than STORE_RECIPIENTS_PART rows.
 */
struct store_notice_put {
	unsigned count;
	const struct store_notice *notices;
	uint64_t pending_max, domain_max, user_max, total_max;

	enum store_outcome *outcomes; /* of each row */
	unsigned lapsed;              /* had to make room */
	unsigned body_count;
	struct key *bodies; /* spooled bodies that may be removed */
};

/*
 * Due notices to claim, in order of next_at: WANTED and PULLING whose lease ran
 * out (they are PULLING then, one try more), and unconfirmed ones and those
 * with a verdict due (their state stays: they are asked only to confirm, or
 * told the verdict; a try more for them too). OK.
 */
struct store_notice_claim {
	struct store_claim claim;

	unsigned count;
	struct store_notice *notices;
};

/*
 * PULLING to FETCHED: message and deliveries become ours in the same commit;
 * or, with `keep`, to KEPT: the message becomes ours and there is no delivery
 * yet. Unconfirmed from now, to be asked about at `next_at`. PENDING notices of
 * the same id, domain, sender, digest and size for other recipients get the
 * copy too (their `message`), and the content stays until they are decided.
 * Repeat key: the message's. OK, EXISTS (was done), CONFLICT (also: no
 * delivery, or `keep` with one or without a user), FULL.
 */
struct store_notice_fetched {
	struct span id, domain, recipient; /* its name */
	struct store_message message;
	unsigned delivery_count;
	const struct store_delivery *deliveries;
	int64_t next_at;
	bool keep;
	/* What a notice without a recipient did not say, filled in now: whose
	   it is (folded), and the fields of the same names. */
	struct span user, to, sender, subject, envelope;
	unsigned attachments;
};

enum store_notice_end {
	NOTICE_END_CONFIRMED = 1, /* no longer unconfirmed; state stays */
	NOTICE_END_LATER,   /* PULLING to WANTED; or unconfirmed asked again, or
			       the verdict told again */
	NOTICE_END_LAPSED,  /* PULLING to LAPSED */
	NOTICE_END_REFUSED, /* PULLING to REFUSED: we said no to the message */
	NOTICE_END_TOLD,    /* the origin answered `verdict`: no longer due */
};
/*
 * The lease is given back. The same again: OK. CONFLICT, NONE.
 *
 * LAPSED with a report: its message and delivery become ours in the commit that
 * makes it LAPSED; of a notice that is LAPSED already nothing is added. FULL:
 * the report is too large, or spooled. CONFLICT: a key of it is taken.
 */
struct store_notice_settle {
	struct span id, domain, recipient;
	enum store_notice_end end;
	int64_t next_at; /* LATER; REFUSED: when to confirm, 0 needs none */
	struct span reply;
	unsigned verdict; /* TOLD: which; another one stays due */
	bool has_report;  /* LAPSED: the user is told; else ignored */
	struct store_message message; /* content inline */
	struct store_delivery delivery;
};

/*
 * What a person decided. PENDING: ACCEPT, AUTHORIZE to WANTED, due now; or,
 * when a copy is here, to FETCHED with `delivery`, and the verdict is due with
 * HAVE (`have`). KEPT: ACCEPT, AUTHORIZE to FETCHED with `delivery`. Refusals
 * of both: to REFUSED, verdict due, the content given back when nothing else
 * needs it. FETCHED, DELIVERED: a refusal is due and the state stays (SM-25).
 * The first decision that has an effect sets `decided_at`. The same again: OK
 * with `again`; any other, or in another state: CONFLICT. CONFLICT also when
 * the delivery that is needed has the zero key. NONE: no such notice, or not
 * this user's.
 */
struct store_notice_decide {
	struct key key;
	struct span user;               /* folded; "": not compared */
	unsigned verdict;               /* enum store_verdict */
	struct store_delivery delivery; /* of one accepted, if it is needed */

	struct store_notice notice; /* OK: after it */
	bool have, again;
	bool body_free;
	struct key message;
};

/* PENDING, WANTED and KEPT ones with expires_at <= now to LAPSED, in order of
   expires_at, key; results after it. WANTED ones that a person accepted are
   left out: their pulls end them, with a report. OK. */
struct store_notice_expire {
	unsigned limit;

	unsigned count;
	struct store_notice *notices;
	unsigned body_count;
	struct key *bodies; /* spooled bodies that may be removed */
};

struct store_notice_get { /* OK, NONE */
	struct key key;   /* or, when it is zero, by name: */
	struct span id, domain, recipient;
	bool whole; /* with the envelope text */

	struct store_notice notice;
};
struct store_notice_list { /* by key, oldest first */
	struct key after;
	unsigned limit;

	unsigned count;
	struct store_notice *notices;
};
/* PENDING and KEPT notices of `user` ("" all), with `all` also those that are
   decided or on their way, with key before `before` (zero: from the newest),
   newest first. OK. */
struct store_envelope_list {
	struct span user; /* folded */
	struct key before;
	unsigned limit;
	bool all;

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
   never finished (STORE_STAGED_LIFE), and peers that are on no list. OK;
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
