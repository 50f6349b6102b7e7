/*
 * What the sender's server asks of the store: messages that become ours, holds,
 * and the reports about them. See operation.h.
 */
#ifndef STORE_OPERATION_ORIGIN_H
#define STORE_OPERATION_ORIGIN_H

#include "store/outcome.h"
#include "store/record.h"

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
	struct span without[STORE_WITHOUT_MAX]; /* none for these domains */
	unsigned without_count;

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
 * without `to` on an envelope of several (`needs_to`); AUTHORIZE puts the
 * recipient onto the outgoing list of who sent it (SM-30); NONE: everything
 * else, and `entitled` tells whether id and asker were right (it was taken,
 * refused, expired, withdrawn, or `to` is not in that envelope).
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
 * needs it; REFUSED makes a failed report due now. REFUSED with `by_policy` of
 * a push whose sender's outgoing list allows the recipient: the entry goes, and
 * the hold is HELD, due now, its route open again (WIRE 6; `unlisted`). The
 * same again: OK (HELD: with that next_at). CONFLICT when it is neither leased
 * so nor in that state already: the end of an older lease never settles a newer
 * one.
 */
struct store_hold_settle {
	struct key key;
	uint64_t node;
	uint64_t ticket;
	enum store_hold_state state;
	int64_t next_at; /* HELD */
	bool sent_whole; /* the final dot was sent in this lease */
	bool by_policy;
	struct span reply;

	bool unlisted;
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
 * these OK. AUTHORIZE and SPAMMER that are not `again` put the recipient onto
 * the outgoing list of who sent it (SM-30, SM-33). BUSY: entitled, and a pull
 * runs. CONFLICT: needs_to, or no verdict that comes this way. NONE: everything
 * else.
 *
 * SPAM and SPAMMER that are not `again`, of a message that a user submitted,
 * are kept as complaints about that user. `slow_at` and `suspend_at` complaints
 * of one day (0: never) are a restraint: the user is suspended at once, and an
 * investigation is due (`restraint`; NONE: nothing new).
 */
struct store_hold_verdict {
	struct key key;
	struct span id;
	struct span to; /* "": not said */
	struct ip asker;
	unsigned verdict; /* enum store_verdict */
	bool have;
	struct span reply; /* what is shown as the last reply */
	uint64_t slow_at, suspend_at;

	bool entitled, needs_to, again, late;
	enum store_restraint restraint;
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
 * Investigations that are due, in order of time, user, restraint; with up to
 * `complaint_limit` complaints and their heads. Claimed with a lease. OK.
 */
struct store_complaint_claim {
	struct store_claim claim;
	unsigned complaint_limit;

	unsigned count;
	struct store_investigation *rows;
};

/*
 * The administrator is told: the report's message and delivery become ours in
 * the same commit; unless nobody has that mailbox (`nobody`: there is no such
 * user), or there is no report. OK; EXISTS: was done; CONFLICT: a key is taken;
 * NONE: no such investigation; FULL: the report is too large, or spooled.
 */
struct store_complaint_told {
	struct span user;
	enum store_restraint restraint;
	bool has_report;
	struct store_message message; /* content inline */
	struct store_delivery delivery;

	bool nobody;
};

#endif
