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
	       message->body.n <= STORE_INLINE_MAX &&
	       message->envelope.n <= STORE_ENVELOPE_MAX;
}

/* May a report lie inside the store with its content? */
static inline bool
store_report_fits(const struct store_message *message)
{
	return store_content_fits(message) && !message->spooled;
}

/* Can the author of this message be sent a report? */
static inline bool
store_is_reportable(const struct store_message *message)
{
	return message->user.n > 0 && message->sender.n > 0;
}

static inline bool
store_is_refusal(unsigned verdict)
{
	return verdict >= VERDICT_REJECT && verdict <= VERDICT_SPAMMER;
}

static inline bool
store_is_acceptance(unsigned verdict)
{
	return verdict == VERDICT_ACCEPT || verdict == VERDICT_AUTHORIZE;
}

/* Is it a state in which hold_settle may leave a hold? */
static inline bool
store_settles_to(enum store_hold_state state)
{
	return state == HOLD_HELD || state == HOLD_NOTICED ||
	       state == HOLD_TAKEN || state == HOLD_REFUSED;
}

/* A time from a caller, where 0 stands for never. */
static inline int64_t
store_time_or_never(int64_t at)
{
	return at > 0 ? at : INT64_MAX;
}

/*
 * May a report of this kind be put, or be left out (`alone`: then 0 only puts
 * it off), as the hold is now? OK, EXISTS, CONFLICT as report_put says.
 */
static inline enum store_outcome
store_report_allowed(const struct store_hold *hold, unsigned reported,
    int64_t report_at, bool alone, int64_t now)
{
	bool is_open = hold->state <= HOLD_LEASED;

	if (reported == 0 && (!alone || store_time_or_never(report_at) <= now ||
				 store_time_or_never(report_at) == INT64_MAX))
		return STORE_CONFLICT;
	if (reported > REPORT_FAILED)
		return STORE_CONFLICT;
	if (reported != 0 && is_open != (reported == REPORT_DELAYED))
		return STORE_CONFLICT;
	return hold->report_at > now ? STORE_EXISTS : STORE_OK;
}

/* When a report about a hold that is put is due. */
static inline int64_t
store_first_report(
    const struct store_message *message, const struct store_hold *hold)
{
	return store_is_reportable(message)
		   ? store_time_or_never(hold->report_at)
		   : INT64_MAX;
}

/* When the next report is due after that. */
static inline int64_t
store_next_report(unsigned reported, int64_t report_at)
{
	return reported == REPORT_FAILED ? INT64_MAX
					 : store_time_or_never(report_at);
}

extern const struct store_driver store_memory_driver;
extern const struct store_driver store_sqlite_driver;

#endif
