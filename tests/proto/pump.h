/*
 * Plays a machine in memory: octets go in whole, cut or one by one; whoever
 * owns the machine takes its events and answers them; all that it says is kept.
 */
#ifndef TESTS_PUMP_H
#define TESTS_PUMP_H

#include "base/buf.h"
#include "proto/machine.h"

#define PUMP_ALL_MAX (64u << 20) /* octets that are kept of anything */

enum pump_slices { PUMP_WHOLE, PUMP_OCTETS, PUMP_RANDOM };

struct pump {
	struct machine machine;
	/* Takes events, answers, gives: did anything move? */
	bool (*work)(struct pump *p);
	struct buf said;   /* all octets that the machine sent */
	struct buf unread; /* what it has not taken yet */
	int64_t now;
	unsigned seed;
	bool is_deaf; /* nothing that the machine says is sent */
};

/* Of MACHINE, which was made at PUMP_START. */
#define PUMP_START 1000
void
pump_init(struct pump *p, struct machine machine, bool (*work)(struct pump *p));
void pump_fini(struct pump *p);

/* Feeds, lets work, sends, until nothing moves. */
void pump_run(struct pump *p);

/* The other side sends INPUT; everything that follows from it is done. */
void pump_send(struct pump *p, struct span input, enum pump_slices slices);
void pump_say(struct pump *p, const char *text);

/* Moves the clock to the deadline and ticks; false when there is none. */
bool pump_tick(struct pump *p);

#endif
