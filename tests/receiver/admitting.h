/* A server at whose door somebody stands, for the tests of receiver/admit. */
#ifndef TESTS_RECEIVER_ADMITTING_H
#define TESTS_RECEIVER_ADMITTING_H

#include "steps.h"

#include "receiver/admit.h"

struct fixture {
	struct side side;
	struct hosts *allowed, *denied, *callable, *ourselves;
	struct admit admit;
};

/* By hand, with MORE lines of settings and the weather of SEED; and for a case.
   Closing asserts that the store is clean. */
void open_with(struct fixture *f, const char *more, uint64_t seed);
void close_all(struct fixture *f);
int set_up(void **state);
int tear_down(void **state);

#endif
