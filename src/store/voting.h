/*
 * What a decision or a delivery adds to the figures of a domain (SM-38, SM-39;
 * WIRE 12): the same for every driver. What the figures then mean is not said
 * here (trust/quality.h).
 */
#ifndef STORE_VOTING_H
#define STORE_VOTING_H

#include "store/store.h"

/* To be added; `undone` is the day on which an acceptance is taken back. */
struct voting {
	int messages, accepts, refusals;
	int64_t day, undone;
};

/*
 * The vote of VERDICT about NOTICE, as it was before. SINCE: when the row of
 * its domain was made, INT64_MAX when there is none; what was counted before
 * that is forgotten, so it is counted anew.
 */
struct voting voting_of_verdict(const struct store_notice *notice,
    unsigned verdict, int64_t since, int64_t now);

/* A message that was delivered without a person's decision. */
struct voting voting_of_delivery(int64_t now);

/* N and more, or less, and never below zero. */
uint64_t voting_add(uint64_t n, int more);

#endif
