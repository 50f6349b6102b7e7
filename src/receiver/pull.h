/*
 * Fetching what notices promised (GD-11, GD-15 to GD-17, GD-26; WIRE 4.7, 8):
 * due notices are claimed, gathered by the address that left them, and handed
 * out as calls; each ends as fetched, refused, again later, or lapsed. Only the
 * address that left the notice is ever called (AT-01).
 *
 * What was fetched is unconfirmed until the origin has answered once more; such
 * notices are asked for again by themselves, only to settle that.
 */
#ifndef RECEIVER_PULL_H
#define RECEIVER_PULL_H

#include "base/settings.h"
#include "proto/arrival.h"
#include "proto/reply.h"
#include "store/store.h"

#define PULL_PAGE          128  /* notices claimed at once */
#define PULL_UNDER_WAY     1024 /* claimed and not yet settled */
#define PULL_SHARE         128  /* of these for one address, or a page more */
#define PULL_SHARE_TRUSTED 512  /* when a pull from it has succeeded */
#define PULL_CALL_ITEMS    64   /* in one call */

/* One call to one address. Borrowed for the call of `call` only. */
struct pull_call {
	uint64_t call;
	struct ip address;
	unsigned count;
	const struct store_notice *const
	    *notices; /* unconfirmed: only confirm */
};

struct pull_world {
	void *owner;
	int (*call)(void *owner, const struct pull_call *call);
	/* A pull from ADDRESS, of a notice of DOMAIN, has succeeded. */
	void (*confirmed)(void *owner, struct ip address, struct span domain);
	/* A notice has ended without its message. NULL: nobody cares. */
	void (*ended)(void *owner);
};

struct pull;

int pull_new(struct store *store, const struct settings *settings,
    uint64_t node, const struct pull_world *world, struct pull **pull_r);
void pull_free(struct pull **p);
void pull_settings(struct pull *p, const struct settings *settings);

void pull_look(struct pull *p, int64_t now);

/*
 * The message of a notice has come: it and its deliveries become ours.
 * ANSWERED once: REPLY_STORED or why not. ARRIVAL must stay until then.
 */
void pull_arrived(struct pull *p, const struct arrival *arrival, int64_t now,
    void (*answered)(void *arg, enum reply_name reply, struct span argument),
    void *arg);

enum pull_end {
	PULL_CONFIRMED = 1, /* the origin answered after our 250, or said 550 to
			       a notice that only wanted confirmation */
	PULL_LATER,         /* no answer, 4xx, or the message broke off */
	PULL_GONE,          /* 550: asked once more, then it lapses */
	PULL_REFUSED,       /* we refused the message (5xx from us) */
	PULL_UNCONFIRMED,   /* fetched, and no answer after our 250 */
	PULL_TOLD,          /* the origin answered our verdict */
};
void pull_ended(struct pull *p, uint64_t call, struct key notice,
    enum pull_end end, struct span reply, int64_t now);

/*
 * The call is over; what has not ended is tried later. REACHED: we spoke, and
 * the first that has not ended is what the call broke off with.
 */
void pull_over(struct pull *p, uint64_t call, bool reached, struct span reason,
    int64_t now);

/*
 * Pulls from ADDRESS have succeeded in an earlier life: it gets as many
 * connections as one that has succeeded in this. Or nobody is to remember that.
 */
void pull_trust(struct pull *p, struct ip address);
void pull_distrust(struct pull *p, struct ip address);

/* Whoever makes the calls has gone. */
void pull_lost(struct pull *p, int64_t now);

#endif
