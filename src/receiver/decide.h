/*
 * What becomes of a message that has come in for a user of ours: here, that it
 * is delivered, and with which trace fields (RFC 5321 4.4). The person's own
 * decision, for users who ask, joins here.
 */
#ifndef RECEIVER_DECIDE_H
#define RECEIVER_DECIDE_H

#include "base/settings.h"
#include "proto/address.h"
#include "proto/arrival.h"
#include "store/store.h"

#define DECIDE_TRACE_MAX 4096 /* octets of trace fields of one delivery */

/* The record under which an arrival's content is stored. Borrows from it. */
void decide_message(const struct arrival *arrival, int64_t now,
    struct store_message *message_r);

/*
 * A delivery of ARRIVAL to the local user RECIPIENT. Its texts lie in ARENA.
 * No field names another recipient, nor even this one: a Bcc stays unseen
 * (WIRE 6). 0 or -E_NOMEM.
 */
int decide_delivery(const struct settings *settings,
    const struct arrival *arrival, const struct address *recipient, int64_t now,
    struct arena *arena, struct store_delivery *delivery_r);

/*
 * What pull_arrived and a push have in common: fills COUNT deliveries, one for
 * each recipient of ARRIVAL, in OP's arena. 0, -E_NOMEM, -E_SYNTAX.
 */
int decide_deliveries(const struct settings *settings,
    const struct arrival *arrival, int64_t now, struct arena *arena,
    const struct store_delivery **deliveries_r);

/* A pushed message: fills OP, a message_put, with it and its deliveries. */
int decide_pushed(const struct settings *settings,
    const struct arrival *arrival, struct store_op *op);

/*
 * A mail of this server itself to one of its users: null sender, nobody's
 * submission. The record and its delivery; all of it lies in ARENA. 0;
 * -E_SYNTAX: USER is no address; -E_NOMEM, -E_SYSTEM.
 */
struct decide_report {
	struct span user;
	struct span head, body; /* STORE_INLINE_MAX of the body at most */
	bool body_8bit, smtputf8;
};
int decide_report(const struct settings *settings,
    const struct decide_report *report, int64_t now, struct arena *arena,
    struct store_message *message_r, struct store_delivery *delivery_r);

/*
 * What a person decided about a notice (SM-20 to SM-24; WIRE 10): accepted, it
 * is pulled, or delivered at once when a copy is here; refused, the origin is
 * told. ANSWERED once, from a later store_turn(): the outcome of notice_decide,
 * and with OK the notice after it (borrowed for that call). BODY_FREE tells of
 * a spooled body that nobody needs any more.
 */
struct decide_ask {
	struct key notice;
	struct key message; /* with a zero notice: the one that brought this */
	struct span user;   /* whose it must be, folded; "": anybody's */
	enum store_verdict verdict;
	struct span folder; /* of one accepted: folder_on_disk(); "": INBOX */
};
typedef void decide_answered(
    void *arg, enum store_outcome outcome, const struct store_notice *notice);
struct decide_world {
	void *owner;
	void (*free_body)(void *owner, struct key message);
	/* The figures of a domain, where the decision changed them; may be
	   NULL. */
	void (*counted)(void *owner, const struct store_peer *peer);
};
/* SETTINGS: where the present ones are, also turns later. */
void decide_verdict(struct store *store, struct settings *const *settings,
    const struct decide_ask *ask, int64_t now, const struct decide_world *world,
    decide_answered *answered, void *arg);

/*
 * Lets notices lapse whose time is over before anybody decided, or before they
 * could be pulled, a page at a time.
 */
#define DECIDE_EXPIRE_PAGE 256
struct decide_expiry {
	struct store *store;
	void *owner;
	void (*free_body)(void *owner, struct key message);
	void (*lapsed)(void *owner); /* some did; NULL: nobody cares */
	bool running;                /* a page is under way */
};
void decide_expire(struct decide_expiry *expiry, int64_t now);

#endif
