/*
 * What every role but main has in common: its life from start to stop, its
 * channel to main, its channels to other roles, the loop and the clock.
 *
 * Life: main starts the process and sends settings, secrets, a folder, sockets
 * and channels; then GO. The folder becomes the role's root and its working
 * directory: all its paths are relative to that, and nothing else is reachable.
 * The role's prepare() opens what needs power (files, libraries that read
 * files), the process gives its power up (drop.h, confine.h), and begin() does
 * the work from then on: with no call and no folder that confine.def does not
 * give the role. STOP ends the loop after stop() says it is finished.
 */
#ifndef DAEMON_ROLE_H
#define DAEMON_ROLE_H

#include "base/settings.h"
#include "daemon/channel/message.h"
#include "daemon/channel/peer.h"

#include <event2/event.h>

#define ROLE_INDEX_MAX     64 /* processes of one role */
#define ROLE_ALONE_SECONDS 60 /* a peer that is away so long was lost */

enum role_secret {
	SECRET_SERVER,
	SECRET_CERTIFICATE,
	SECRET_PRIVATE_KEY,
	SECRET_CA,
	SECRET_COUNT
};

enum role_listener {
	LISTENER_SMTP,
	LISTENER_SUBMISSION,
	LISTENER_SUBMISSIONS,
	LISTENER_SMDP,
	LISTENER_CONTROL,
	LISTENER_VERDICT
};

struct role_program {
	enum role_kind kind;
	/* With full power, everything from main is here. 0 or negative. */
	int (*prepare)(struct role *role, struct err *err);
	/* Without power. 0 or negative. */
	int (*begin)(struct role *role, struct err *err);
	/* A message that FROM may send us; takes m->file by setting it to -1.
	 */
	void (*message)(
	    struct role *role, struct peer *from, struct message *m);
	/* A socket to listen on; the role owns FD. NULL: has none. False: it
	   finds no memory for it, and ends. */
	bool (*listener)(struct role *role, enum role_listener which, int fd);
	/* PEER has come (again), can be written to again, or has gone. */
	void (*peer_here)(struct role *role, struct peer *peer);
	void (*peer_writable)(struct role *role, struct peer *peer);
	void (*peer_gone)(struct role *role, struct peer *peer);
	/* New settings are in role->settings; the old ones are still valid. */
	void (*reloaded)(struct role *role, const struct settings *old);
	/* Asked to stop: finish what is owed, then role_finished(). NULL: at
	 * once. */
	void (*stop)(struct role *role);
};

struct role {
	const struct role_program *program;
	unsigned index;
	struct event_base *base;
	struct settings *settings;
	struct span secrets[SECRET_COUNT]; /* owned by the runtime */
	bool stopping;
	void *state; /* the program's own */
	struct role_private *private;
};

/*
 * Runs PROGRAM as process INDEX with the channel to main at descriptor FD,
 * until it has stopped. Returns the exit status.
 */
int role_run(const struct role_program *program, int fd);

/*
 * Seconds since 1970. Never runs backwards: when the clock is put back, it goes
 * on from where it was.
 */
int64_t role_now(void);

/* A setting as a ceiling: 0 stands for no limit. */
unsigned role_most(uint64_t setting);

/* The peer, or NULL while there is none. */
struct peer *role_peer(struct role *role, enum role_kind kind, unsigned index);

/* Calls EACH for every peer of that kind that is here. */
void role_each_peer(struct role *role, enum role_kind kind,
    void (*each)(void *arg, struct peer *peer), void *arg);

/* Ends the loop: everything owed is done. */
void role_finished(struct role *role);

#endif
