/*
 * The first step: a user's message becomes ours (SM-02, IM-01, DM-02). One
 * stored copy, one hold for each recipient elsewhere, one delivery for each
 * recipient here; all in one commit before the 250.
 */
#ifndef ORIGIN_ACCEPT_H
#define ORIGIN_ACCEPT_H

#include "base/settings.h"
#include "proto/arrival.h"
#include "proto/reply.h"
#include "store/store.h"
#include "trust/hosts.h"

struct accept {
	struct store *store;
	const struct settings *settings;
	const struct hosts *local;    /* our own domains */
	const uint8_t *server_secret; /* STORE_SECRET octets */
	/* May USER submit one more, when there may be MOST (0: any number) in
	   a day? NULL: as many as they like. */
	bool (*may_submit)(
	    void *owner, struct span user, uint64_t most, int64_t now);
	void *owner;
};

/*
 * ANSWERED is called once, from a later store_turn(): REPLY_HELD with the
 * message's key as argument, or why not: LATER too many for a day, SUSPENDED
 * after complaints, with whom to ask. ARRIVAL and all it points to must stay
 * until then.
 */
void accept_message(const struct accept *accept, const struct arrival *arrival,
    int64_t now,
    void (*answered)(void *arg, enum reply_name reply, struct span argument),
    void *arg);

#endif
