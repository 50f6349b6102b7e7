/*
 * What every session at the front has, whichever machine speaks in it: its
 * place among the others, its connection, who signed in, the message that comes
 * in, and since when it waits for another role. The first member of session.h
 * and user_session.h.
 */
#ifndef DAEMON_FRONT_SESSION_H
#define DAEMON_FRONT_SESSION_H

#include "daemon/front/front.h"
#include "daemon/transfer/reception.h"
#include "net/conn.h"

struct front_session {
	const struct front_kind *kind;
	struct front *front;
	uint64_t number; /* a new one for each transaction */
	struct conn *conn;
	struct ip address;
	bool entered;     /* the keeper counts it */
	bool stalled;     /* END waits until the keeper's channel has room */
	int64_t asked_at; /* since when it, or the reception, waits */

	struct own_addresses own; /* of who has signed in */
	uint64_t from_check;

	struct event *later; /* a reply that is told after a pause */
	enum reply_name later_reply;

	/* the message that comes in */
	struct address sender, recipient;
	struct reception *reception;
};

/* S, which is zero, becomes one of F's sessions. False: no memory, and it is
   none of them. */
bool front_session_enter(struct front_session *s, const struct front_kind *kind,
    struct front *f, struct ip peer);

/* It is none of them any more; its connection and all else here is given back,
   before the machine that the connection pumps. */
void front_session_leave(struct front_session *s);

struct peer *front_session_keeper(const struct front_session *s);

/* Answers to what was asked before find nobody. False: no memory. */
bool front_session_renumber(struct front_session *s);

/* Its content cannot go on before its spool file has come. */
bool front_session_waits_for_spool(const struct front_session *s);

/* ASKS: a question is open. Is that, or the spool file, awaited too long? */
bool
front_session_is_overdue(const struct front_session *s, bool asks, int64_t now);

/* Tells REPLY after PAUSE, in which nothing more is served here. */
void front_session_tell_later(
    struct front_session *s, enum reply_name reply, struct timeval pause);

/* The same for a wrong password: whoever tries them waits after each (JB-09).
 */
void front_session_refuse_sign_in(struct front_session *s);

/* ---- the message that comes in ---- */

/* Begins it with the first recipient. False: no memory. */
bool front_session_receive(
    struct front_session *s, const struct reception_setup *setup);

/* Content, if the message has begun. 0; negative: FAULT_R spoils it. */
int front_session_content(
    struct front_session *s, struct span run, enum reply_name *fault_r);

/* Its spool file came, or none. Likewise. */
int front_session_body(
    struct front_session *s, struct message *m, enum reply_name *fault_r);

/* All of it has come. True: the keeper was asked, or will be as soon as it has
   room (STALLED). False: the message is forgotten, FAULT_R is to be told. */
bool front_session_end(struct front_session *s, enum reply_name *fault_r);

/* The keeper has gone. True: END waited for room; "later" is told, and the
   message is forgotten. */
bool front_session_drop_stalled(struct front_session *s);

/* What the keeper said to it; the message is forgotten. */
enum reply_name
front_session_arrived(struct front_session *s, const struct message *m);

#endif
