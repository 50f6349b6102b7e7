/*
 * A server that is about to leave notices, with a recorded world around it, for
 * the tests of origin/notify.
 */
#ifndef TESTS_ORIGIN_NOTIFYING_H
#define TESTS_ORIGIN_NOTIFYING_H

#include "recorder.h"

#define TARGET "192.0.2.7" /* the mail host of every domain */

struct fixture {
	struct side side;
	struct recorder world;
};

/* By hand, in the weather of SEED; and for a case, in none. Closing asserts
   that the store is clean. */
void open_at(struct fixture *f, uint64_t seed);
void close_all(struct fixture *f);
int set_up(void **state);
int tear_down(void **state);

/* Holds of one message; one for bob@b.test; one whose body lies in the spool.
 */
void hold(struct fixture *f, const struct arrival *arrival);
void hold_one(struct fixture *f);
void hold_spooled(struct fixture *f);

/* All up to the call to b.test. */
struct recorded_call *call_b(struct fixture *f);

/* The only hold, without its texts; and the reply it keeps. */
struct store_hold only_hold(struct fixture *f);
void assert_reply(struct fixture *f, const char *text);

#endif
