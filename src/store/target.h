/*
 * The addresses that may pull a hold, packed into its `targets`: STORE_TARGET
 * octets each, the family (4 or 6) and 16 octets, IPv4 in the first four and
 * the others zero.
 */
#ifndef STORE_TARGET_H
#define STORE_TARGET_H

#include "store/store.h"

void target_write(struct ip address, char to_r[STORE_TARGET]);

/* An address of family 0 stands for octets that are no target. */
struct ip target_read(const char from[STORE_TARGET]);

/* Is ASKER one of TARGETS? Never for an address of family 0. */
bool target_has(struct span targets, struct ip asker);

/* Whole targets, and at most STORE_TARGETS_MAX of them? */
bool target_list_fits(struct span targets);

#endif
