/*
 * What a user asks at the user service (WIRE 10): lists, texts, verdicts, and
 * taking a message away. Envelopes are the store's; a mailbox is a poster's.
 */
#ifndef DAEMON_KEEPER_USER_H
#define DAEMON_KEEPER_USER_H

#include "daemon/keeper/keeper.h"

#define KEEPER_USER_PAGE      50   /* envelopes at once */
#define KEEPER_USER_QUESTIONS 4096 /* open at posters; more hear "later" */

/* One of ITEMS_ASK, READ_ASK, DECIDE_ASK, REMOVE_ASK, from a front. */
void keeper_user_message(
    struct keeper *k, struct peer *from, const struct message *m);

/* keeper_box.c: the same of a mailbox; takes A, who asks, and frees it. */
enum keeper_box_wish {
	KEEPER_BOX_LIST,
	KEEPER_BOX_READ,
	KEEPER_BOX_DECIDE,
	KEEPER_BOX_REMOVE
};
struct keeper_box_ask {
	enum keeper_box_wish wish;
	struct asker *asker;
	struct span user;
	struct span after; /* LIST */
	struct key key;
	enum store_verdict verdict; /* DECIDE */
};
void keeper_box_ask(struct keeper *k, const struct keeper_box_ask *ask);

/* Answers of posters; takes m->file. */
void keeper_box_message(struct keeper *k, struct message *m);

/* The poster has gone: who asked it is told "later". */
void keeper_box_lost(struct keeper *k, unsigned poster);
void keeper_box_end(struct keeper *k);

/* For keeper_box.c: a verdict about a notice; the end, for whoever asked. */
void keeper_user_decide(struct asker *a, struct key notice, struct span user,
    enum store_verdict verdict);
void keeper_user_refuse(
    struct asker *a, enum keeper_box_wish wish, enum reply_name reply);

#endif
