/*
 * The processes that main has started: their channels, who may talk to whom,
 * and what happens when one dies: it is started again after a pause (1 s,
 * doubling to 30 s while it keeps dying) and given new channels to the others.
 */
#ifndef DAEMON_FAMILY_H
#define DAEMON_FAMILY_H

#include "daemon/main/ground.h"

#define FAMILY_PAUSE_FIRST 1 /* seconds before the first restart */
#define FAMILY_PAUSE_MAX   30
#define FAMILY_READY       60 /* seconds to be ready in, or it is ended */
#define FAMILY_LONG_LIFE   60 /* a process that lived so long starts afresh */
#define FAMILY_MAX         160

struct family;

struct family_owner {
	void *owner;
	void (*all_ready)(void *owner); /* once: every role said READY */
	void (*all_gone)(
	    void *owner); /* after family_stop: the last has ended */
	/* A role ended before all were ready: it cannot begin here. */
	void (*stillborn)(void *owner, enum role_kind kind);
};

/* GROUND must live as long. 0 or -E_NOMEM. */
int family_new(struct event_base *base, struct ground *ground,
    const struct family_owner *owner, struct family **family_r);
void family_free(struct family **f);

/* Starts every role. 0 or -E_SYSTEM. */
int family_start(struct family *f, struct err *err);

/* Sends the ground's new settings and certificates to all. */
void family_reload(struct family *f);

/* Reaps what has ended: to be called after SIGCHLD. */
void family_reap(struct family *f);

/*
 * Stops all: first those that face the network, then the others; whoever has
 * not ended after FAMILY_STOP_SECONDS is killed.
 */
#define FAMILY_STOP_SECONDS 4
void family_stop(struct family *f);

#endif
