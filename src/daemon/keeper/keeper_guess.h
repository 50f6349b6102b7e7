/*
 * What guessing costs, in the running server (WIRE 7): the keeper's one struct
 * penalty, what it must not forget at a restart, and the timers by which it
 * knows how many refusals wait.
 */
#ifndef DAEMON_KEEPER_GUESS_H
#define DAEMON_KEEPER_GUESS_H

#include "daemon/keeper/keeper.h"

struct keeper_guess;

/* Reads who is denied, before the loop. 0, -E_NOMEM, -E_SYSTEM. */
int keeper_guess_new(
    struct keeper *k, struct keeper_guess **guess_r, struct err *err);
void keeper_guess_free(struct keeper_guess **guess);

/* The settings may have changed. */
void keeper_guess_settings(struct keeper_guess *guess);

/* Is ASKER to hear REPLY_GUESSED to every pull and verdict? So is an address of
   no family. */
bool keeper_guess_denies(const struct keeper_guess *guess, struct ip asker);

/*
 * ASKER is refused: REFUSAL has REPLY_NOT_FOR_YOU. If that is a failure, it is
 * counted, and may deny ASKER from now on, which is submitted to the store.
 * Answers what is to be said: REPLY_NOT_FOR_YOU, DELAY_R seconds later than the
 * refusals of others; or REPLY_GUESSED, at once.
 */
enum reply_name keeper_guess_refuse(struct keeper_guess *guess, struct ip asker,
    const struct serve_answer *refusal, uint64_t *delay_r);

/* Is NAME, an address or the /64 that counts as one, denied? Then ROW_R is its
   name in the store. */
bool keeper_guess_find(const struct keeper_guess *guess, struct span name,
    char row_r[IP_NET_TEXT]);

/* It is denied no more; the store knows already. */
void keeper_guess_forgive(struct keeper_guess *guess, struct span name);

#endif
