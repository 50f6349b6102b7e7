/*
 * Operations drawn from a seed: any verb, with arguments that are often right,
 * from so few keys that they meet again.
 */
#ifndef TESTS_STORE_DRAWN_H
#define TESTS_STORE_DRAWN_H

#include "fixture.h"

struct draws {
	uint64_t seed;
};

/* The next number, below LIMIT. */
unsigned draw(struct draws *d, unsigned limit);

/* Half of them are those that bring holds and notices on their way. */
enum store_verb draw_verb(struct draws *d);

/* Addresses and servers that meet on lists (drawn_lists.c). */
struct span drawn_listed(struct draws *d);
struct span drawn_server(struct draws *d);

/* Those of an operation about users or lists; false: it is about something
 * else. */
bool drawn_fill_list(struct store_op *op, struct draws *d);

/* All arguments of an operation, by its verb. */
void drawn_fill(struct store_op *op, struct draws *d);

#endif
