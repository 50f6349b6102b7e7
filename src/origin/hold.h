/*
 * One message for one recipient, waiting at the origin (DM-02, GD-08): how a
 * hold is made, and how its time runs out. Its states and who makes each move
 * stand in docs/STATES.md.
 */
#ifndef ORIGIN_HOLD_H
#define ORIGIN_HOLD_H

#include "base/settings.h"
#include "proto/arrival.h"
#include "store/store.h"

#define HOLD_GRACE       3600 /* served so much longer than was said (WIRE 2) */
#define HOLD_EXPIRE_PAGE 256

struct hold_making {
	const struct settings *settings;
	const struct arrival *arrival;
	const struct arrival_recipient *recipient;
	struct span domain;           /* of the recipient, A-labels */
	const uint8_t *server_secret; /* STORE_SECRET octets */
	const uint8_t *user_secret;
	int64_t now;
};

/* A new hold, due at once; its texts lie in ARENA or are those of MAKING.
   0, -E_NOMEM, -E_SYSTEM. */
int hold_make(const struct hold_making *making, struct arena *arena,
    struct store_hold *hold_r);

/* How long a hold waits once its notice was taken, by the dialect of it. */
int64_t hold_life(const struct settings *settings, enum store_route route);

/*
 * Lets holds expire whose time is over, a page at a time. FREE_BODY is told of
 * spooled bodies that nobody needs any more.
 */
struct hold_expiry {
	struct store *store;
	const struct settings *settings;
	void *owner;
	void (*free_body)(void *owner, struct key message);
	bool running; /* a page is under way */
};
void hold_expire(struct hold_expiry *expiry, int64_t now);

#endif
