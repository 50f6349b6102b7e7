/*
 * What commits of a store cost: time, octets that are to be written to the disk
 * for them, and octets of the log. For programs of bench/ that submit and turn
 * themselves.
 */
#ifndef BENCH_COST_H
#define BENCH_COST_H

#include <stdint.h>

#include "store/store.h"

struct cost {
	unsigned long operations, commits, most;
	double seconds, processor; /* it took; of a processor */
	uint64_t written, logged;
	double *each; /* microseconds of each commit */

	/* Since cost_begin(). */
	uint64_t written_before, logged_before;
	double began, processor_before;
};

/* Seconds of a clock that only goes on. */
double cost_seconds(void);

/* For at most MOST commits. Without memory, or /proc, the program ends. */
void cost_init(struct cost *cost, unsigned long most);
void cost_fini(struct cost *cost);

/* Around each commit, of so many operations. */
void cost_begin(struct cost *cost, struct store *store);
void cost_end(struct cost *cost, struct store *store, unsigned long operations);

/* A line of fields between tabs: operations, seconds, seconds of a processor,
   median and 99th percentile of microseconds of a commit, octets written,
   octets more in the log. */
void cost_print(struct cost *cost);

#endif
