/*
 * What all fuzz targets share. A target is one file with fuzz_one(): a page of
 * promises that hold for every input, stated by assert(). It is built twice:
 * with libFuzzer (scripts/fuzz), and with a small main() that replays the kept
 * corpus (`make test`). See tests/README.md.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/buf.h"

#include <assert.h>

/* The target: looks at one input and gives everything back. */
void fuzz_one(struct span input);

/*
 * Decisions that are drawn from the input: one octet each, 'a' for the first,
 * so that a person can write them. When they are used up, all are 0.
 */
struct fuzz_draws {
	struct span rest;
};

/*
 * The first line of *INPUT (to LF, which goes) as decisions; what is behind it
 * stays.
 */
struct fuzz_draws fuzz_draw_line(struct span *input);

/* One of 0 to N - 1. */
unsigned fuzz_draw(struct fuzz_draws *draws, unsigned n);

/* A copy of exactly that size, so that a look beyond is seen; for free(). */
char *fuzz_exact(struct span s);

/* Pieces of 1 to 23 octets, as the input will have it. */
struct fuzz_pieces {
	uint32_t seed;
};
struct fuzz_pieces fuzz_pieces(struct span input);
size_t fuzz_piece(struct fuzz_pieces *pieces, size_t left);

/* TEXT is harmless by shown_text(), UTF-8, and fits with its NUL into ROOM. */
void fuzz_assert_shown(const char *text, size_t room, bool lines);

/* S is whole lines with CRLF, none longer than MAX octets with it, no NUL. */
void fuzz_assert_lines(struct span s, size_t max);

bool fuzz_same(const struct buf *a, const struct buf *b);

#endif
