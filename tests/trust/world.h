/* Records tested one at a time, with the same names around each of them. */
#ifndef TEST_TRUST_WORLD_H
#define TEST_TRUST_WORLD_H

#include "visit.h"

struct record_case {
	const char *record; /* of e.test */
	enum spf_result result;
	const char *client; /* as in struct visit */
};

/* Fails the test at the first record with another result. */
void world_check(const struct record_case *list, size_t count);

#define CHECK_RECORDS(list) world_check(list, COUNT(list))

#endif
