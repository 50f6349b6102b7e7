/*
 * Quality of a peer (SM-38 to SM-41, WIRE 12): the votes of our users about the
 * mail of a domain, divided by its messages. Pure. What is counted, and when,
 * the store says (store/voting.h).
 */
#ifndef TRUST_QUALITY_H
#define TRUST_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#define QUALITY_ONE 1000      /* figures are in thousandths: -1000 to 1000 */
#define QUALITY_OFF INT32_MIN /* of a threshold: nothing is below it */

struct quality {
	uint64_t messages, accepts, refusals;
};

/* 0 or -E_NONE: no messages, so it has none. Rounded towards zero. */
int quality_of(const struct quality *q, int *thousandths_r);

struct quality_limits {
	uint64_t least;   /* with fewer messages nobody is judged (AT-19) */
	int alert, block; /* below it; QUALITY_OFF */
};

enum quality_standing {
	QUALITY_FEW, /* too few messages to tell */
	QUALITY_GOOD,
	QUALITY_ALERT,
	QUALITY_BLOCK, /* also when the alert is lower, or off */
};

enum quality_standing
quality_judge(const struct quality *q, const struct quality_limits *limits);

/* "few", "good", "alert", "block". */
const char *quality_standing_name(enum quality_standing standing);

#endif
