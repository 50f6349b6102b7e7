/* The counters of counters.def as an enum and an array of numbers. */
#ifndef DAEMON_COUNTERS_H
#define DAEMON_COUNTERS_H

#include <stdint.h>

enum counter {
#define COUNTER(NAME, name, help) COUNTER_##NAME,
#include "daemon/role/counters.def"
#undef COUNTER
	COUNTERS
};

struct counters {
	uint64_t n[COUNTERS];
};

#endif
