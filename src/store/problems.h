/*
 * What store_check found: a count, and a line of words for each of the first
 * ones. For the drivers.
 */
#ifndef STORE_PROBLEMS_H
#define STORE_PROBLEMS_H

#include "base/buf.h"
#include "store/store.h"

#define PROBLEMS_LINES 100 /* said in words; further ones are only counted */

enum problem {
#define PROBLEM(NAME, words) PROBLEM_##NAME,
#include "store/problems.def"
#undef PROBLEM
	PROBLEM_COUNT
};

struct problems {
	unsigned count;
	struct buf text;
};

void problems_init(struct problems *p);
void problems_fini(struct problems *p);

/* One more: WHICH is the key or name of the row. */
void problems_say(struct problems *p, enum problem problem, struct span which);

/* Into the results of store_check. STORE_OK, or STORE_FULL. */
enum store_outcome
problems_report(const struct problems *p, struct store_op *op);

#endif
