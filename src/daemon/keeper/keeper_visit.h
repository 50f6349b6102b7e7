/*
 * Who has signed in at the user service, at which front: visits. Only auth
 * begins one, so a front sees the mail of those users alone who signed in
 * there.
 */
#ifndef DAEMON_KEEPER_VISIT_H
#define DAEMON_KEEPER_VISIT_H

#include "daemon/keeper/keeper.h"

#define KEEPER_VISITS_MAX 20000 /* more are told 454 */

struct keeper_visits;

int keeper_visits_new(struct keeper_visits **v);
void keeper_visits_free(struct keeper_visits **v);

/* USER_PROVEN of auth: the front is told. */
void keeper_visits_proven(struct keeper *k, const struct message *m);

/* USER_LEFT. */
void keeper_visits_left(
    struct keeper *k, const struct peer *from, const struct message *m);

/* The front has gone, and all that signed in there. */
void keeper_visits_gone(struct keeper *k, const struct peer *front);

/* Whose visit that is, folded; "": none at FROM. Borrowed until it ends. */
struct span keeper_visits_user(
    const struct keeper *k, const struct peer *from, uint64_t visit);

/* MESSAGE is in the mailbox of USER: all visits of theirs are told (SM-18). */
void keeper_visits_news(struct keeper *k, struct span user, struct key message);

#endif
