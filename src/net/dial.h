/* Connecting to a server: from one of our own addresses, without blocking. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/err.h"
#include "base/ip.h"

#include <event2/event.h>

#define DIAL_SECONDS 30

struct dial;

struct dial_setup {
	struct event_base *base;
	struct ip from; /* family 0: whatever the system takes */
	struct ip to;
	uint16_t port;
	void *owner;
	/* Once: FD >= 0 connected and now the callee's, or a negative -E_CLOSED
	   (refused, unreachable), -E_AGAIN (timed out), with WHY for people. */
	void (*done)(void *owner, int fd, const char *why);
};

/* 0; -E_SYSTEM at once when nothing could be started (done is not called). */
int
dial_new(const struct dial_setup *setup, struct dial **dial_r, struct err *err);

/* Gives up without calling done; also frees after done. */
void dial_free(struct dial **d);

#endif
