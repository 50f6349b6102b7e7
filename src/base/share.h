/*
 * How much of what is under way belongs to each of many names (addresses,
 * domains), so that one for which there is very much, and that is slow, cannot
 * keep all others waiting (AT-02). Names go in as their hashes (hash.h).
 */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H

#include "base/table.h"

struct share {
	struct table counts;
};

void share_init(struct share *s);
void share_fini(struct share *s);

/* So many more, so many less. Without memory they are not counted. Two HASHES
   that are the same share what they have. */
void share_add(struct share *s, uint64_t hash, unsigned count);
void share_drop(struct share *s, uint64_t hash, unsigned count);

unsigned share_of(const struct share *s, uint64_t hash);

#endif
