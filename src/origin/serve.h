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

/* Every refusal leaves so long after the command, besides any penalty, that its
   time says nothing (WIRE 7). Waiting is for whoever speaks to the asker. */
#define SERVE_REFUSAL_MS 200

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

/* What an asking led to. */
struct serve_answer {
	enum reply_name reply;
	/* With NOT_FOR_YOU: the identifier was never issued, or the asker is
	   not entitled to it. Not so of a hold of the asker's own that is over
	   (WIRE 7). */
	bool is_failure;
	/* YOUR_TURN: leased, with its content; borrowed for that call. Else
	   NULL. */
	const struct store_hold_row *row;
	bool body_free; /* a verdict: the spooled body of MESSAGE may go */
	struct key message;
};

/*
 * ANSWERED is called once, now or from a later store_turn(), with one of
 * REPLY_YOUR_TURN, REPLY_NOT_FOR_YOU, REPLY_BAD_TO, REPLY_DELIVERY_LATER.
 */
void serve_pull(const struct serve_setup *setup, struct span id,
    struct ip asker, int64_t now,
    void (*answered)(void *arg, const struct serve_answer *answer), void *arg);

/*
 * A verdict that needs no content (WIRE 6): a refusal, or ACCEPT or AUTHORIZE
 * of what the destination has already. ANSWERED once, with one of
 * REPLY_VERDICT_OK, REPLY_HAVE_IT, REPLY_BAD_TO, REPLY_NOT_FOR_YOU,
 * REPLY_DELIVERY_LATER.
 */
struct serve_verdict {
	struct span id, to; /* "": no To */
	struct ip asker;
	enum store_verdict verdict;
	bool have;
};
void serve_verdict(const struct serve_setup *setup,
    const struct serve_verdict *verdict, int64_t now,
    void (*answered)(void *arg, const struct serve_answer *answer), void *arg);

#endif
