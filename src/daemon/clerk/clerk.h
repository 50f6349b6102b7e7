/*
 * The clerk: between people's mailboxes and the keeper. It hears from the
 * program that reads the mailboxes (Dovecot) what was moved or marked there,
 * asks it to take stubs away, writes who may sign in there, and looks for stubs
 * that were moved while nobody listened. It has no network and no store.
 *
 * Shared by clerk.c (life), clerk_ear.c (hears), clerk_hand.c (takes away),
 * clerk_walk.c (looks) and clerk_accounts.c (writes accounts).
 *
 * All paths are below the mail folder. What Dovecot's processes say is believed
 * as what the user whose mail user they run as could do anyway: they own the
 * mailboxes. It is still parsed as hostile.
 */
#ifndef DAEMON_CLERK_H
#define DAEMON_CLERK_H

#include "base/buf.h"
#include "base/list.h"
#include "base/table.h"
#include "daemon/role/role.h"
#include "proto/identifier.h"

#define CLERK_FOLDER   ".restante"
#define CLERK_DOVEADM  CLERK_FOLDER "/doveadm" /* where Dovecot listens */
#define CLERK_ACCOUNTS CLERK_FOLDER "/passwd"  /* its passwd-file */

#define CLERK_ACCOUNTS_MAX (256u << 20) /* octets: a million accounts */

#define CLERK_REQUEST_MAX 8192 /* octets of one question of Dovecot */
#define CLERK_EARS_MAX    256  /* of them at once */
#define CLERK_EAR_SECONDS 8    /* Dovecot waits for ten */

struct clerk_hand;
struct clerk_walk;

struct clerk {
	struct role *role;
	struct event *listener;
	struct table ears; /* question -> who waits for its answer */
	struct clerk_hand *hand;
	struct clerk_walk *walk;
	struct buf accounts; /* the file, as it comes */
	uint64_t lines;      /* of it */
	int64_t accounts_at; /* the time of the file that is there */
};

/* ---- clerk_ear.c ---- */

/* A connection to the socket of verdicts. */
void clerk_ear_accept(struct clerk *c, int fd);
/* True: it was the answer to one of them. */
bool clerk_ear_answer(struct clerk *c, const struct message *m);
/* The keeper has gone: nobody answers any more. */
void clerk_ear_lost(struct clerk *c);

/* ---- clerk_hand.c ---- */

struct clerk_stub {
	struct key notice;
	struct span user;
	struct span folder, name; /* of the file; "": wherever it is */
	struct span token;
};

int clerk_hand_new(struct clerk *c, struct clerk_hand **hand_r);
/* Takes the stub out of the mailbox; STUB_TAKEN tells how it went, when it has
   a notice. */
void clerk_hand_take(struct clerk_hand *h, const struct clerk_stub *stub);

/* ---- clerk_walk.c ---- */

int clerk_walk_new(struct clerk *c, struct clerk_walk **walk_r);
/* Begins a walk through all mailboxes, unless one is under way. */
void clerk_walk_begin(struct clerk_walk *w);
/* The same in some seconds: one was moved, and its mover heard no answer. */
void clerk_walk_soon(struct clerk_walk *w);

/* True: it was the answer to what it had asked. */
bool clerk_walk_answer(struct clerk_walk *w, const struct message *m);

/* ---- clerk_accounts.c ---- */

void clerk_accounts_line(struct clerk *c, const struct message_account_line *m);
void clerk_accounts_end(struct clerk *c, uint64_t count);

#endif
