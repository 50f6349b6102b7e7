/*
 * The connection between two ends: octets travel in pieces, may be changed on
 * their way, and the connection may be cut anywhere.
 */
#ifndef TESTS_PAIR_WIRE_H
#define TESTS_PAIR_WIRE_H

#include "end.h"

#define WIRE_WHOLE 0 /* instead of a seed: everything goes at once */

/* One direction: what has left, what has arrived, and where it is cut. */
struct wire_lane {
	struct end *from, *to;
	struct buf flight;  /* has left, has not arrived */
	struct buf history; /* all that ever left */
	size_t limit;       /* octets after which the connection is gone */
};

struct wire {
	struct end asker, origin;
	struct wire_lane up, down; /* asker to origin, and back */
	bool splits, noise;
	uint32_t seed;
};

uint32_t wire_random(uint32_t *seed, uint32_t limit);

void wire_init(struct wire *w, const char *const *orders, unsigned keywords);
void wire_fini(struct wire *w);

/* From now on octets travel in pieces, as SEED will have it. */
void wire_split(struct wire *w, uint32_t seed);

/* Cuts one direction after LIMIT octets. */
void wire_cut(struct wire *w, bool up, size_t limit);
bool wire_is_cut(const struct wire *w);

/*
 * Until nothing moves. A cut ends all sending; what has left still arrives. An
 * end that closes is seen by the other one, unless there was a cut.
 */
void wire_run(struct wire *w);

/*
 * WIRE 4.6. What looks whole is the message, octet for octet; nothing is taken
 * at the origin that the asker has not whole, and answered 250; nothing is
 * taken twice; and what the asker thinks confirmed is taken.
 */
void wire_responsibility_holds(struct wire *w);

void wire_events_are(struct end *e, const char *events);

#endif
