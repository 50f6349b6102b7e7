/*
 * Somebody asks for a message that we hold (RETR: GD-26 to GD-34, WIRE 3, 7).
 * Only a host that its notice was aimed at gets it; unknown, foreign, expired,
 * taken and withdrawn look alike to all others.
 */
#ifndef ORIGIN_SERVE_H
#define ORIGIN_SERVE_H

#include "base/settings.h"
#include "proto/reply.h"
#include "store/store.h"

struct serve_setup {
	struct store *store;
	const struct settings *settings;
	const uint8_t *server_secret;
	uint64_t node;
	uint64_t
	    ticket; /* of this asking; the end of the lease brings it back */
	/* ACCEPT or AUTHORIZE, and the To or the mailbox that was said */
	enum store_verdict verdict;
	struct span to;
};

/*
 * ANSWERED is called once, now or from a later store_turn(): REPLY_YOUR_TURN
 * with the leased row and its content (borrowed for that call), or
 * REPLY_NOT_FOR_YOU, or REPLY_DELIVERY_LATER, with NULL.
 */
void serve_pull(const struct serve_setup *setup, struct span id,
    struct ip asker, int64_t now,
    void (*answered)(
	void *arg, enum reply_name reply, const struct store_hold_row *row),
    void *arg);

/*
 * A verdict that needs no content (WIRE 6): a refusal, or ACCEPT or AUTHORIZE
 * of what the destination has already. ANSWERED once: REPLY_VERDICT_OK,
 * REPLY_HAVE_IT, REPLY_BAD_TO, REPLY_NOT_FOR_YOU, REPLY_DELIVERY_LATER; and
 * whether the spooled body of MESSAGE may be removed.
 */
struct serve_verdict {
	struct span id, to; /* "": no To */
	struct ip asker;
	enum store_verdict verdict;
	bool have;
};
void serve_verdict(const struct serve_setup *setup,
    const struct serve_verdict *verdict, int64_t now,
    void (*answered)(
	void *arg, enum reply_name reply, bool body_free, struct key message),
    void *arg);

#endif
