/*
 * Memory in blocks, given back all at once.
 *
 * Not for what lives longer than one operation, and not for texts that grow
 * while they are made: see buf.h.
 *
 * Read on in arena.h. A block serves requests from its front; a request that
 * does not fit opens another block, and what was left of the old one is lost.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 4032 /* with its header and malloc's less than a page */

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	max_align_t memory[]; /* SIZE octets */
};

void
arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

void
arena_fini(struct arena *a)
{
	struct arena_block *block = a->blocks;

	while (block != NULL) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	*a = (struct arena){.max = a->max};
}

static struct arena_block *
add_block(struct arena *a, size_t n)
{
	const size_t size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
	struct arena_block *block;

	if (size > SIZE_MAX - sizeof *block)
		return NULL;
	/* From calloc, so that all that is handed out is zero. */
	block = calloc(1, sizeof *block + size);
	if (block == NULL)
		return NULL;
	block->size = size;
	block->next = a->blocks;
	a->blocks = block;
	return block;
}

/* N in whole units, at least one, so that no two places are the same; 0: more
   than is allowed. */
static size_t
units(const struct arena *a, size_t n)
{
	const size_t unit = alignof(max_align_t);

	if (n > a->max)
		return 0;
	n = n == 0 ? unit : (n + unit - 1) / unit * unit;
	return n <= a->max - a->used ? n : 0;
}

/* The block that has room for N, which are whole units; or NULL. */
static struct arena_block *
block_for(struct arena *a, size_t n)
{
	struct arena_block *block = a->blocks;

	if (n == 0)
		return NULL;
	return block == NULL || n > block->size - block->used ? add_block(a, n)
							      : block;
}

static void *
take(struct arena *a, size_t n)
{
	struct arena_block *block;
	void *p;

	n = units(a, n);
	block = block_for(a, n);
	if (block == NULL)
		return NULL;
	p = (char *)block->memory + block->used;
	block->used += n;
	a->used += n;
	return p;
}

bool
arena_reserve(struct arena *a, size_t n)
{
	return block_for(a, units(a, n)) != NULL;
}

void *
arena_take(struct arena *a, size_t n)
{
	void *p = take(a, n);

	if (p == NULL)
		a->failed = true;
	return p;
}

bool
arena_has_failed(struct arena *a)
{
	const bool failed = a->failed;

	a->failed = false;
	return failed;
}

struct span
arena_copy(struct arena *a, struct span s)
{
	char *p = arena_take(a, s.n);

	if (p == NULL)
		return span_of(NULL);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return span_make(p, s.n);
}
