/*
 * Memory that is given back all at once: what one operation, one message or
 * one request needs. Grows in blocks up to a ceiling.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

#include <stdbool.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used, max; /* octets handed out, ceiling */
	bool failed;      /* something was asked for and not given */
};

void arena_init(struct arena *a, size_t max);
void arena_fini(struct arena *a);

/* N octets, zeroed, aligned for anything; NULL beyond ceiling or memory. */
void *arena_take(struct arena *a, size_t n);

/*
 * Memory for the next N octets, taken in one piece: what may not fail later can
 * fail now. False beyond ceiling or memory; asking is no failure that sticks.
 */
bool arena_reserve(struct arena *a, size_t n);

/* A copy of S in the arena; an empty span with p == NULL when it failed. */
struct span arena_copy(struct arena *a, struct span s);

/*
 * Has any of it failed since the last time this was asked? For whoever copies
 * many texts, of which an empty one means something (a null sender, say).
 */
bool arena_has_failed(struct arena *a);

#endif
