/*
 * The page that a test shares with every process of a server whose calls it
 * lets fail (faulty.c; tests/fault/faults.py has the same shape).
 */
#ifndef TESTS_FAULT_FAULTY_H
#define TESTS_FAULT_FAULTY_H

#include <stdint.h>

#define FAULTY_PAGE_VARIABLE    "RESTANTE_FAULTY"
#define FAULTY_LIBRARY_VARIABLE "LD_PRELOAD"

/* In the order of faults.py. */
enum faulty_role {
	FAULTY_NO_ROLE,
	FAULTY_MAIN,
	FAULTY_KEEPER,
	FAULTY_FRONT,
	FAULTY_CALLER,
	FAULTY_RESOLVER,
	FAULTY_POSTER,
	FAULTY_CLERK,
	FAULTY_AUTH,
	FAULTY_SWEEPER,
	FAULTY_ROLES
};

enum faulty_call {
	FAULTY_ALLOC,
	FAULTY_WRITE, /* to a file */
	FAULTY_SHORT, /* as much as half of a write to a file */
	FAULTY_SYNC,
	FAULTY_MAKE, /* a file or a folder */
	FAULTY_LINK,
	FAULTY_UNLINK,
	FAULTY_SEND, /* through a channel */
	FAULTY_ACCEPT,
	FAULTY_FORK,
	FAULTY_PAIR, /* socketpair */
	FAULTY_STEP, /* of a statement of the store */
	FAULTY_CALLS
};

/* Room for each call there is on the way of a message, several times over. */
#define FAULTY_STEPS_MAX (1 << 18)
/* What makes a call path: so many frames from the one that calls outwards,
   and of those beyond only frames of the program itself, so many in all. With
   two and four there are twice as many paths, most of them within the
   library that speaks TLS. */
#define FAULTY_NEAR 1
#define FAULTY_OURS 3

/* One call that was made. */
struct faulty_step {
	uint32_t role, call;
	/* A hash of the places in the code that led to it, the same in each
	   process; 0: there is none, or it is not written yet. */
	uint64_t path;
};

/* All atomically read and written; no lock, since any process may die. */
struct faulty_page {
	uint32_t role, call; /* which is to fail */
	int32_t error;       /* errno then, or what sqlite3_step returns */
	uint32_t hits;       /* faults there have been */
	int64_t left;        /* calls until it fails; 0: none does */
	int64_t times;       /* that many in a row fail from there on */
	uint64_t path;       /* by which a call must come to fail; 0: any */
	int64_t clock;       /* seconds by which CLOCK_REALTIME is put on */
	uint64_t counts[FAULTY_ROLES][FAULTY_CALLS];
	/* Of the last fault: function, file and offset, and its callers'. */
	char where[512];
	uint32_t recording;  /* calls become steps while it is not 0 */
	uint32_t step_count; /* may exceed the room: the rest was not kept */
	struct faulty_step steps[FAULTY_STEPS_MAX];
};

#endif
