/* Another role's process, and sending it a message. */
#ifndef DAEMON_PEER_H
#define DAEMON_PEER_H

#include "daemon/channel/message.h"

struct channel;
struct role;

/* Another role's process, as seen from this one. */
struct peer {
	struct role *role;   /* ours */
	enum role_kind kind; /* theirs */
	unsigned index;
	bool faces_users;        /* a front of submission, not of port 25 */
	struct channel *channel; /* NULL while it is gone */
	int64_t gone_at;         /* since when channel is NULL */
	void *state;             /* the role's own, about this peer */
};

/*
 * Sends M (and m->file, which is closed afterwards in any case). 0; -E_AGAIN:
 * sent, but the queue is long: feed no more until peer_writable; -E_NOMEM or
 * -E_CLOSED: not sent. PEER may be NULL: -E_CLOSED.
 */
int peer_send(struct peer *peer, struct message *m);

/* The same as a question: true when it is on its way. Whoever asks acts at once
   when it is not, since no answer will come. */
bool peer_ask(struct peer *peer, struct message *m);

/* Is the queue towards PEER long (or PEER gone)? */
bool peer_is_full(const struct peer *peer);

#endif
