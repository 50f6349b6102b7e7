/*
 * What hosts that guess have to bear (WIRE 7, GD-48, GD-49, AT-05): each
 * failure makes the next refusal of their network (IPv4 /24, IPv6 /48) wait
 * longer, and an address (IPv6 /64) with too many failures is denied the pull
 * and verdict verbs for a day. Whoever is entitled is never asked about here.
 *
 * Counting: a failure counts for at least the window, and is forgotten at most
 * a tenth of a window later; as failures are forgotten, the delay halves with
 * each. So counts are exact while it matters and cost a few octets.
 *
 * Memory is bounded. Where a ceiling is reached, first goes what is forgotten
 * anyway, then those with the fewest failures, the oldest first: a flood of
 * networks with one failure each pushes out only others of its kind, never
 * one that goes on guessing. To push that one out, as many networks as the
 * ceiling must have failed as often; even then a denied address stays denied.
 */
#ifndef TRUST_PENALTY_H
#define TRUST_PENALTY_H

#include "base/ip.h"

#define PENALTY_NETWORKS_MAX  32768  /* networks with failures */
#define PENALTY_ADDRESSES_MAX 32768  /* addresses with failures */
#define PENALTY_DENIED_MAX    100000 /* the oldest denial goes */
#define PENALTY_WAITING_MAX   8      /* refusals of one network that wait */

/* Settings fail-delay-first and so on; durations in seconds. */
struct penalty_settings {
	int64_t delay_first, delay_max;
	unsigned limit;    /* failures within the window; 0: none is denied */
	int64_t window;    /* at least 1 */
	int64_t deny_time; /* at least 1 */
};

struct penalty;

/* NULL: no memory. */
struct penalty *penalty_new(const struct penalty_settings *settings);
void penalty_free(struct penalty **p);

/* Other settings from now on. With another window all failures are forgotten;
   denials keep the times they have. */
void penalty_set(struct penalty *p, const struct penalty_settings *settings);

enum penalty_outcome {
	/* Refuse after DELAY seconds (and the time that every refusal takes);
	   call penalty_waited() when that is over or the session is. */
	PENALTY_WAIT = 1,
	/* 450 at once: too many refusals of this network wait already, or
	   there is no memory. No penalty_waited(). */
	PENALTY_BUSY,
};

struct penalty_failure {
	int64_t delay;     /* seconds, of WAIT */
	bool is_denied;    /* this was the failure that made it so: keep it */
	struct ip address; /* then: as denied */
	int64_t until;
};

/*
 * ASKER (of family 4 or 6) asked for what was never issued, or is not for it,
 * at NOW (seconds since 1970). Counts in any case.
 */
enum penalty_outcome penalty_failed(struct penalty *p, struct ip asker,
    int64_t now, struct penalty_failure *failure_r);
void penalty_waited(struct penalty *p, struct ip asker);

/* The delay that a refusal of ASKER would have now, without a new failure. */
int64_t penalty_delay(const struct penalty *p, struct ip asker, int64_t now);

/* 450 to pull and verdict verbs; notices and mail are not touched. */
bool penalty_is_denied(const struct penalty *p, struct ip asker, int64_t now);

/*
 * Denies the address of ASKER until UNTIL, at most the deny time from NOW: as
 * read from the store at a start. An earlier time that it has is replaced. 0;
 * -E_RANGE: that time is over; -E_NOMEM.
 */
int
penalty_deny(struct penalty *p, struct ip asker, int64_t until, int64_t now);

/*
 * The address of ASKER is denied no more, and may fail as often as any other
 * until it is again; what its network failed counts for delays as before.
 * False: it was not denied.
 */
bool penalty_forgive(struct penalty *p, struct ip asker);

/*
 * Walks what is denied at NOW, in no order. *AT starts at 0; false at the end.
 * Nothing else may be called in between but penalty_is_denied() and
 * penalty_delay().
 */
bool penalty_next(const struct penalty *p, size_t *at, int64_t now,
    struct ip *address_r, int64_t *until_r);

#endif
