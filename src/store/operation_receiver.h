/*
 * What the recipient's server asks of the store: notices, what people decide
 * about them, and deliveries. See operation.h.
 */
#ifndef STORE_OPERATION_RECEIVER_H
#define STORE_OPERATION_RECEIVER_H

#include "store/outcome.h"
#include "store/record.h"

/*
 * One row for each recipient of one envelope or MSID; one for GDEL. Of each row
 * `named` is given, and `recipient` becomes the account behind it. A REFUSED
 * one with verdict SPAMMER is one that its recipient's list denies: its verdict
 * is due, at most one for each pair in LISTING_TELL_AGAIN (else EXISTS).
 * Outcome of each row: OK; EXISTS: its name or key is known, whatever its
 * state: without effect (WIRE 4.7); CONFLICT: neither PENDING nor WANTED; FULL:
 * `pending_max` undecided or not yet fetched ones of this recipient from this
 * domain, or, for a row that names no recipient, `domain_max` such ones of the
 * domain, or `total_max` in all (0: no ceiling). When a recipient has more than
 * `user_max` PENDING ones, the oldest of the domain that has most of them
 * lapses (AT-02). OK: look at the rows; FULL: more than STORE_RECIPIENTS_PART
 * rows.
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
	struct ip without[STORE_WITHOUT_MAX]; /* none that these have left */
	unsigned without_count;

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
 * delivery, or `keep` with one or without a user), FULL (also: with `keep`,
 * this message and all that are KEPT for its user have more octets than
 * `quota`: AT-13).
 */
struct store_notice_fetched {
	struct span id, domain, named; /* its name */
	struct store_message message;
	unsigned delivery_count;
	const struct store_delivery *deliveries;
	int64_t next_at;
	bool keep;
	uint64_t quota; /* octets; 0: none */
	/* What a notice without a recipient did not say, filled in now: whose
	   it is (folded; any identity of the user), and the fields of the same
	   names. */
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
	struct span id, domain, named; /* its name */
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
 * The first decision that has an effect sets `decided_at`. AUTHORIZE and
 * SPAMMER also put the pair of sender and server onto the user's list (SM-21,
 * SM-24). The same again: OK
 * with `again`; any other, or in another state: CONFLICT. CONFLICT also when
 * the delivery that is needed has the zero key. NONE: no such notice, or not
 * this user's.
 *
 * What has an effect is a vote about the notice's domain: the first one counts
 * the message there, unless it was; another one takes the place of the one
 * before (voting.h). `peer` is the row of the domain then; without a name:
 * nothing was counted.
 */
struct store_notice_decide {
	struct key key;
	struct span user;               /* folded; "": not compared */
	struct span folder;             /* of one accepted: where it goes */
	unsigned verdict;               /* enum store_verdict */
	struct store_delivery delivery; /* of one accepted, if it is needed */

	struct store_notice notice; /* OK: after it */
	bool have, again;
	bool body_free;
	struct key message;
	struct store_peer peer;
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
	struct span id, domain, named;
	/* or, when that is not zero, the one of `recipient` that brought this
	   message, FETCHED or DELIVERED; of several the first */
	struct key message;
	struct span recipient;
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

/*
 * Undecided notices of known users that lie in no mailbox as a stub, and such
 * that are over and still do, with their texts; those whose time for it has
 * come, unclaimed, in its order. OK.
 */
struct store_stub_claim {
	struct store_claim claim;

	unsigned count;
	struct store_notice *notices;
};
/* Done: `shown` says what is so now. Else again at `next_at`. The claim is
   given back. OK, NONE. */
struct store_stub_settle {
	struct key key;
	bool done, shown;
	int64_t next_at;
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
	bool more; /* others may be due, beyond the limit or the octets */
	struct store_delivery_row *rows;
};
/* Done: the row goes, and the notice it came from is DELIVERED once none is
   left; when no person has decided about that, the message counts in the
   figures of its domain, without a vote (`peer` as in notice_decide). Not done:
   next try, one more counted. The same again: OK. NONE: not done, and there is
   no such row. */
struct store_delivery_settle {
	struct key key;
	bool done;
	int64_t next_at;

	bool body_free;
	struct key message;
	struct store_peer peer;
};

#endif
