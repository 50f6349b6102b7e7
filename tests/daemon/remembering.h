/*
 * A keeper that only remembers peers: no processes and no sockets, its store in
 * memory; what it would answer is recorded.
 */
#ifndef TESTS_DAEMON_REMEMBERING_H
#define TESTS_DAEMON_REMEMBERING_H

#include "steps.h"

#include "daemon/keeper/keeper_history.h"
#include "daemon/keeper/keeper_offers.h"

#define PEER "203.0.113.7"

struct remembering {
	struct side side;
	struct role role;
	struct keeper keeper;
	unsigned answers;
	struct message_peer_judged judged; /* the last answer */
	unsigned trusted;                  /* pull_trust() was called */
	struct ip trusted_last;
};

/* With weather (SEED) nothing can be read at the start: no history then. */
void remembering_open(struct remembering *r, const char *more, uint64_t seed);
void remembering_close(struct remembering *r);

/* The keeper dies and begins again with the same store. */
void remembering_restart(struct remembering *r);

/* The row of ADDRESS as it is, without its texts; all zero: there is none. */
struct store_peer remembering_row(struct remembering *r, const char *address);

/* For cases, without further settings and weather. */
int set_up(void **state);
int tear_down(void **state);

#endif
