/*
 * One front: its listeners, and its sessions, of several kinds. Shared by
 * front.c and by what it is made of: front_session.h (what all sessions have),
 * session.h (SMTP), user_session.h (the user service of SMDP).
 */
#ifndef DAEMON_FRONT_H
#define DAEMON_FRONT_H

#include "base/table.h"
#include "daemon/role/role.h"
#include "net/listen.h"
#include "proto/reply.h"

#include <openssl/ssl.h>

#define FRONT_LISTENERS_MAX 32

/* How long a question may be open: longer than the slowest answer (names that
   DNS does not tell), and well below the 5 minutes that clients wait. */
#define SESSION_ASK_SECONDS 120

struct front_session;

/* What a front does with a session, whatever it is. */
struct front_kind {
	const char *name; /* of the service at which users sign in */
	/* An answer for it; m->file may be taken. */
	void (*answer)(struct front_session *s, struct message *m);
	/* ROLE has gone: what it was asked is answered "later". */
	void (*lost)(struct front_session *s, enum role_kind role);
	/* Has a question been open too long? Then it is given up, likewise. */
	bool (*is_overdue)(const struct front_session *s, int64_t now);
	void (*give_up)(struct front_session *s);
	/* END waited, and the keeper's channel has room again. */
	void (*unstall)(struct front_session *s);
	/* The server stops: 421 when no reply is owed. */
	void (*stop)(struct front_session *s);
	/* The machine's open question is answered. */
	void (*tell)(struct front_session *s, enum reply_name reply);
};

struct front_listener {
	struct front *front;
	struct listen *listen;
	enum role_listener which;
};

struct front {
	struct role *role;
	struct table sessions; /* number -> struct front_session */
	struct table visits;   /* the keeper's number -> struct user_session */
	unsigned count;
	SSL_CTX *tls; /* NULL: no certificate */
	struct front_listener listeners[FRONT_LISTENERS_MAX];
	unsigned listener_count;
	struct event *tick, *stop_timer;
};

/* The session of that number is over. */
void front_forget(struct front *f, uint64_t number);

/* Gives up all questions that are open too long. */
void front_look(struct front *f);

#endif
