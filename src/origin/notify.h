/*
 * Telling destinations that something waits for them (GD-11, GD-22, DM-03):
 * due holds are claimed, gathered by domain, aimed (their targets are durable
 * before the first octet leaves: WIRE 7), and handed out as calls. What each
 * notice was answered decides what becomes of its hold (WIRE 8). Where no
 * notice is taken, the same call sends the message itself (push.h).
 *
 * The queue is in the store; here lie only the few holds that are under way.
 */
#ifndef ORIGIN_NOTIFY_H
#define ORIGIN_NOTIFY_H

#include "base/settings.h"
#include "store/store.h"
#include "trust/mx.h"

#define NOTIFY_PAGE      256  /* holds claimed at once */
#define NOTIFY_CALLS_MAX 4    /* connections to one domain at once */
#define NOTIFY_UNDER_WAY 2048 /* holds claimed and not yet settled */
/* Of these for one domain, or a page more: it may be slow, and others are not.
   So many have their share at once as a claim can leave out. */
#define NOTIFY_SHARE (NOTIFY_UNDER_WAY / STORE_WITHOUT_MAX)
/* Seconds that a push may take: more than any does. Its end is always told, and
   a start frees what is left. */
#define NOTIFY_PUSH_LEASE 86400

struct notify_item {
	struct key hold;
	struct span id;
	uint8_t digest[STORE_DIGEST];
	/* the envelope in which it is announced, and its ENVID: shared by those
	   of one call that may see each other */
	struct key envelope;
	struct span envid;
	struct span sender, recipient, subject;
	struct span text; /* envelope text, "" none */
	uint64_t size;
	bool body_8bit, smtputf8;
	bool push; /* to be sent whatever the destination offers (WIRE 4.9) */
};

/* What a call carries. Borrowed for the call of `call` only. */
struct notify_call {
	uint64_t call; /* comes back with each answer */
	struct span domain;
	struct span targets; /* STORE_TARGET octets each, best first */
	unsigned count;
	const struct notify_item *items;
};

/* What notify asks of the process around it. */
struct notify_world {
	void *owner;
	/* Where does mail for DOMAIN go? Answer with notify_resolved(). */
	void (*resolve)(void *owner, uint64_t question, struct span domain);
	/* Make this call; 0, or negative: nobody can make it now. */
	int (*call)(void *owner, const struct notify_call *call);
	void (*free_body)(void *owner, struct key message);
};

struct notify;

/* SETTINGS may be exchanged by notify_settings(). 0 or -E_NOMEM. */
int notify_new(struct store *store, const struct settings *settings,
    uint64_t node, const struct notify_world *world, struct notify **notify_r);
void notify_free(struct notify **n);
void notify_settings(struct notify *n, const struct settings *settings);

/* Something may be due: looks, unless it is looking already. */
void notify_look(struct notify *n, int64_t now);

/* TARGETS: STORE_TARGET octets for each address, "" unless MX_FOUND. */
void notify_resolved(struct notify *n, uint64_t question,
    enum mx_outcome outcome, struct span targets, int64_t now);

/* How one notice was answered, or with ROUTE_PUSH the message itself. CODE 0:
   not sent, or no answer came. */
struct notify_reply {
	int code;
	enum store_route dialect;
	struct span reply;
	uint64_t capabilities;
	bool sent_whole; /* PUSH: its final dot was sent */
};
void notify_answered(struct notify *n, uint64_t call, struct key hold,
    const struct notify_reply *reply, int64_t now);

/*
 * The call wants to send this message itself. ANSWERED once, now or from a
 * later store_turn(): the row with its content, borrowed for that call, and
 * then notify_answered() with ROUTE_PUSH says how it went; or NULL: it is not
 * to be sent, and needs no answer.
 */
void notify_push(struct notify *n, uint64_t call, struct key hold, int64_t now,
    void (*answered)(void *arg, const struct store_hold_row *row), void *arg);

/* The call is over; holds without an answer share its reason, and are told
   again later. */
void
notify_over(struct notify *n, uint64_t call, struct span reason, int64_t now);

/* The resolver has gone: what it was asked is asked again by the next look. */
void notify_unresolved(struct notify *n, int64_t now);

/* Whoever makes the calls has gone: all of them are over, unanswered. */
void notify_lost(struct notify *n, int64_t now);

#endif
