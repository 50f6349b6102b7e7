/*
 * How an operation of the store ends, and what those that claim work say.
 */
#ifndef STORE_OUTCOME_H
#define STORE_OUTCOME_H

#include <stdint.h>

enum store_outcome {
	STORE_OK,       /* done, or done before by the same repeat key */
	STORE_NONE,     /* no such thing, or not for whoever asks */
	STORE_EXISTS,   /* it is there already */
	STORE_CONFLICT, /* it is there, in a state that does not allow this */
	STORE_BUSY,     /* somebody else has it just now; ask again */
	STORE_FULL,     /* a ceiling, the disk or memory: nothing was done */
	STORE_UNSURE, /* may or may not have been done: repeat with the same key
		       */
	STORE_BROKEN, /* the store cannot be used any more */
};

/* Claims. */
struct store_claim {
	uint64_t node; /* who claims; 0 is nobody */
	int64_t lease_until;
	unsigned limit; /* at most STORE_PAGE_MAX */
};

#endif
