/*
 * How much of what is under way belongs to each address, so that one that has
 * left very many notices, and answers slowly, cannot keep all others waiting
 * (AT-02).
 */
#ifndef RECEIVER_PULL_SHARE_H
#define RECEIVER_PULL_SHARE_H

#include "base/ip.h"
#include "base/table.h"

struct pull_share {
	struct table counts;
};

void pull_share_init(struct pull_share *s);
void pull_share_fini(struct pull_share *s);

/* One more, one less. Without memory it is not counted. */
void pull_share_add(struct pull_share *s, struct ip address);
void pull_share_drop(struct pull_share *s, struct ip address);

unsigned pull_share_of(const struct pull_share *s, struct ip address);

/* A number for an address, never 0. Two that collide share what they have. */
uint64_t pull_share_number(struct ip address);

#endif
