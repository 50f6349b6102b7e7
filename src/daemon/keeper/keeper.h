/*
 * The inside of the keeper, shared by its own files and by those of control/
 * (what the operator asks, and what is answered): keeper.c (life, clock
 * and dispatch), keeper_mail.c (what sessions ask), keeper_arrival.c (messages
 * that come in), keeper_lease.c (turns of fronts), keeper_notice.c (notices and
 * verdicts that come in), keeper_work.c (the worlds of notify, pull and put),
 * keeper_peers.c (listed hosts), keeper_quality.c (what users think of
 * domains), keeper_guess.c (those that guess), keeper_history.c and
 * keeper_offers.c (what hosts did and offer), keeper_page.c (reading those at
 * the start), keeper_visit.c, keeper_user.c and keeper_box.c (users who sign in
 * to see what is there).
 */
#ifndef DAEMON_KEEPER_H
#define DAEMON_KEEPER_H

#include "base/table.h"
#include "daemon/role/counters.h"
#include "daemon/role/role.h"
#include "origin/accept.h"
#include "origin/hold.h"
#include "origin/investigate.h"
#include "origin/notify.h"
#include "origin/serve.h"
#include "origin/tell.h"
#include "receiver/admit.h"
#include "receiver/decide.h"
#include "receiver/pull.h"
#include "receiver/put.h"
#include "receiver/show.h"
#include "trust/limits.h"

#define KEEPER_POSTERS 4

struct keeper_control;
struct keeper_guess;
struct keeper_history;
struct keeper_peers;
struct keeper_quality;
struct keeper_visits;

/* One of our processes, as main told of it. */
struct keeper_process {
	bool known;
	uint64_t pid; /* 0: it has ended, and will be started again */
	uint64_t restarts;
};

struct keeper;

/* Whom to answer, when the answer is known. */
struct asker {
	struct keeper *keeper;
	enum role_kind kind;
	unsigned index;
	uint64_t session;
	struct ip address;    /* whom the session is with; not always known */
	uint64_t ticket;      /* a pull: of the lease that is asked for */
	bool taken;           /* a pull's end: the message was taken */
	enum store_mode mode; /* a recipient: how they decide */
	bool whole;           /* and whether they want it at once */
	bool pulls;           /* what a peer offers: it is called for pulls */
	char domain[DNS_NAME_MAX]; /* a notice: for whom it was verified */
	char user[ADDRESS_TEXT];   /* a visit, a stub in Trash: whose it is */
	struct key notice;         /* that stub */
};

struct keeper {
	struct role *role;
	struct store *store;
	int spool;          /* the folder of bodies too large for the store */
	struct event *turn; /* the store has something to do */
	struct event *tick; /* once a second */
	uint64_t node;
	int64_t started;

	struct hosts *local, *allowed, *denied, *callable, *ourselves, *poor;
	struct accept accept;
	struct admit admit;
	struct serve_setup serve;
	struct hold_expiry expiry;
	struct tell tell;
	struct investigate investigate;
	struct decide_expiry lapsing;
	struct notify *notify;
	struct pull *pull;
	struct put *put;
	struct show *show;
	struct keeper_account *account;

	struct limits *submits; /* messages of each user, a day */
	struct limits *notices; /* notices of each address, a minute */

	unsigned arrivals;  /* messages on their way into the store */
	struct table seals; /* spooled arrivals that posters make safe */
	bool sweeping;      /* old records are being removed */
	struct keeper_control *control;
	struct counters counters;
	struct keeper_peers *peers;
	struct keeper_guess *guess;
	struct keeper_history *history;
	struct keeper_quality *quality;
	struct keeper_visits *visits; /* who has signed in, and where */
	struct table boxes;           /* questions about mailboxes */
	struct keeper_process processes[ROLE_KINDS][ROLE_INDEX_MAX];
	struct asker spare; /* keeper_spare() */
};

struct asker *
keeper_asker(struct keeper *k, const struct peer *from, uint64_t session);

/* One for an answer that is given at once, when there is no memory for another:
   whoever asks is told "later" and does not wait in vain. */
struct asker *
keeper_spare(struct keeper *k, const struct peer *from, uint64_t session);

/* Sends to whoever asked, if that process is still there; frees ASKER. */
void keeper_answer(struct asker *asker, struct message *m);

/* Something was submitted: see that the store gets its turn. */
void keeper_stir(struct keeper *k);

/* Tells the sweeper that a spooled body is not needed any more. */
void keeper_free_body(void *keeper, struct key message);
/* The figures of a domain are these now (keeper_quality.c). */
void keeper_counted(void *keeper, const struct store_peer *peer);

/* A person's verdict, in whatever way it was told. */
static inline void
keeper_decide(struct keeper *k, const struct decide_ask *ask,
    decide_answered *answered, void *arg)
{
	const struct decide_world world = {k, keeper_free_body, keeper_counted};

	decide_verdict(k->store, &k->role->settings, ask, role_now(), &world,
	    answered, arg);
}

/* A person has decided: there may be a call to make, a message to deliver, a
   stub to take away. */
static inline void
keeper_decided(struct keeper *k)
{
	pull_look(k->pull, role_now());
	put_look(k->put, role_now());
	show_look(k->show, role_now());
	keeper_stir(k);
}

struct incoming;
struct announced;
struct crowd;

/* What the keeper knows of one front or caller (peer->state). */
struct desk {
	struct incoming *staged;  /* recipients and body before their ARRIVAL */
	struct announced *notice; /* recipients before their NOTICE */
	struct crowd *crowd;      /* its sessions now */
	struct table leases;      /* its turns, by ticket: keeper_lease.h */
};

/* keeper_mail.c: one function for each message that sessions send. */
void
keeper_mail_message(struct keeper *k, struct peer *from, struct message *m);
/* auth asks for the account of somebody who signs in. */
void keeper_mail_account(
    struct keeper *k, const struct peer *from, const struct message *m);
void keeper_mail_gone(struct keeper *k, struct peer *peer);

/* keeper_arrival.c: messages that come in. */
void keeper_arrival_message(struct keeper *k, struct peer *from,
    struct desk *desk, const struct message *m);
void keeper_arrival_sealed(struct keeper *k, const struct message *m);
void keeper_arrival_lost(struct keeper *k, unsigned poster);
void keeper_arrival_drop(struct desk *desk);
/* Is a submission to RECIPIENT the wish to take HOLD_R back? */
bool keeper_arrival_withdraws(
    const struct keeper *k, struct span recipient, struct key *hold_r);

/* keeper_notice.c: notices in three dialects, and verdicts. DESK may be NULL.
 */
void keeper_notice_message(struct keeper *k, struct peer *from,
    struct desk *desk, const struct message *m);
void keeper_notice_drop(struct desk *desk);

/* keeper_stub.c: stubs in mailboxes, and what people do with them. */
int keeper_stub_begin(struct keeper *k, struct err *err);
void
keeper_stub_message(struct keeper *k, struct peer *from, struct message *m);
/* Notices ended otherwise than by a decision: their stubs may go. */
void keeper_stub_over(void *keeper);

/* A submission to RECIPIENT by USER accepts NOTICE_R, whose stub it answers. */
bool keeper_stub_answers(const struct keeper *k, struct span recipient,
    struct span user, struct key *notice_r);

/* keeper_account.c: who may sign in to the mailboxes, for the clerk. */
int keeper_account_begin(struct keeper *k, struct err *err);
/* An account has changed, or the clerk is new. */
void keeper_account_changed(struct keeper *k);
/* The clerk has gone: it hears all again. */
void keeper_account_lost(struct keeper *k);
/* Goes on, when there was no room before. */
void keeper_account_tick(struct keeper *k);
void keeper_account_end(struct keeper *k);

/* keeper_work.c. One folder's deliveries go to one poster, so that it can sync
   the folder once for several; another takes over while that one is gone. NULL:
   none takes any now. */
struct peer *keeper_poster(struct keeper *k, const char *folder);
int keeper_work_begin(struct keeper *k, struct err *err);
void
keeper_work_message(struct keeper *k, struct peer *from, struct message *m);
void keeper_work_gone(struct keeper *k, struct peer *peer);
void keeper_work_end(struct keeper *k);

#endif
