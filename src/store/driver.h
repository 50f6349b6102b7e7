/* What a driver of the store gives to store.c. Nobody else includes this. */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "store/store.h"

struct store_driver {
	const char *scheme; /* "sqlite", "memory" */
	int (*open)(const char *place, void **state_r, struct err *err);
	void (*close)(void *state);
	/*
	 * Does the operations of one batch and commits them together: sets each
	 * outcome and result, calls nothing. An operation that fails leaves the
	 * others alone (a savepoint each). -E_SYSTEM: the commit failed;
	 * store.c answers all of them UNSURE and the driver is not used again.
	 */
	int (*apply)(void *state, struct store_op **ops, unsigned count,
	    struct err *err);
	/*
	 * May reorder OPS and says how many of them, from the front, are to be
	 * applied in this turn; the others stay queued. NULL: all, in order.
	 * Only the memory driver has it, to answer late under test.
	 */
	unsigned (*choose)(void *state, struct store_op **ops, unsigned count);
	int (*checkpoint)(void *state, struct err *err);
	uint64_t (*wal_octets)(void *state);
};

/* The time of an ending: 0 means "not ended", even on a clock that is at 0. */
static inline int64_t
store_moment(const struct store_op *op)
{
	return op->now > 0 ? op->now : 1;
}

/* Is what lies inside the store of this message below the ceilings? */
static inline bool
store_content_fits(const struct store_message *message)
{
	return message->head.n <= STORE_HEAD_MAX &&
	       message->body.n <= STORE_INLINE_MAX;
}

extern const struct store_driver store_memory_driver;
extern const struct store_driver store_sqlite_driver;

#endif
