/*
 * When something was last known of an address: a bounded memory of times, for
 * questions that come too often for the store. What does not fit displaces the
 * oldest of the few that share its place, so whoever asks must bear that a time
 * is forgotten.
 */
#ifndef TRUST_RECENT_H
#define TRUST_RECENT_H

#include "base/ip.h"

struct recent;

/* Room for MOST addresses, a power of two of 4 at least. NULL: no memory. */
struct recent *recent_new(unsigned most);
void recent_free(struct recent **r);

/* 0: never, or forgotten. */
int64_t recent_get(const struct recent *r, struct ip address);

/* AT is greater than 0. An earlier time than the one known is ignored. */
void recent_put(struct recent *r, struct ip address, int64_t at);
void recent_drop(struct recent *r, struct ip address);

#endif
