/*
 * What every protocol machine is: octets and time go in, octets and the next
 * deadline come out. No socket, clock, randomness, global or store inside, so
 * two machines can be run against each other in memory. `net/conn` pumps one
 * machine over one connection and may exchange it for another (the turn).
 *
 * Events and orders are each machine's own: after feeding or ticking, whoever
 * owns the machine takes its events with x_next() and answers with orders.
 */
#ifndef PROTO_MACHINE_H
#define PROTO_MACHINE_H

#include "base/span.h"

enum machine_want {
	MACHINE_READ = 1,
	MACHINE_WRITE = 2,
};

struct machine_ops {
	/*
	 * Takes some or all of IN and returns how many octets; taking fewer is
	 * back-pressure: the pump keeps the rest and offers it again after the
	 * next order, tick or send. NOW is in seconds, and never runs
	 * backwards.
	 */
	size_t (*feed)(void *self, struct span in, int64_t now);

	/* Octets that wait to be sent; borrowed until the next call. */
	struct span (*out)(const void *self);

	/* N octets of out() have been handed to the system. */
	void (*sent)(void *self, size_t n);

	/* When tick() wants to be called, in seconds; INT64_MAX: never. */
	int64_t (*deadline)(const void *self);
	void (*tick)(void *self, int64_t now);

	/* MACHINE_READ | MACHINE_WRITE; 0: finished, close once out() is empty.
	 */
	int (*wants)(const void *self);
};

struct machine {
	const struct machine_ops *ops;
	void *self;
};

#endif
