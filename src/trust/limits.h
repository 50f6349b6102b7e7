/*
 * How often somebody may do something: so many times in a window of time, for
 * each of many names (users, addresses). Windows are fixed, not sliding: twice
 * the number is possible across a border, which is good enough against floods
 * and costs one number for each name. Bounded: names beyond LIMITS_NAMES_MAX
 * share what is left of one count, so a flood of names gains nothing.
 */
#ifndef TRUST_LIMITS_H
#define TRUST_LIMITS_H

#include "base/ip.h"
#include "base/span.h"

#define LIMITS_NAMES_MAX 100000 /* names counted in one window */

struct limits;

/* WINDOW in seconds. NULL: no memory. */
struct limits *limits_new(int64_t window);
void limits_free(struct limits **l);

/*
 * Once more by NAME at NOW: true when that makes at most MOST within the window
 * (0: no limit). What is refused is not counted.
 */
bool
limits_take(struct limits *l, struct span name, uint64_t most, int64_t now);

/* The same by the host that HOST belongs to (ip_host()). */
bool
limits_take_host(struct limits *l, struct ip host, uint64_t most, int64_t now);

#endif
