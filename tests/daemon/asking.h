/*
 * Requests on the control socket, put to a keeper without processes and sockets
 * whose store is in memory. One at a time.
 */
#ifndef TESTS_DAEMON_ASKING_H
#define TESTS_DAEMON_ASKING_H

#include "steps.h"

#include "daemon/control/keeper_request.h"

struct asking {
	struct side side;
	struct role role;
	struct keeper keeper;
	struct keeper_requests *requests;
	json_t *answer;
	unsigned answers, freed; /* freed: bodies that are needed no more */
};

/* Of a server for b.test, with SETTINGS more, and without users. */
void asking_begin(struct asking *a, const char *settings);
void asking_end(struct asking *a);

/* The answer to Q, whose reference is taken over; borrowed. */
const json_t *asking_ask(struct asking *a, json_t *q);

#endif
