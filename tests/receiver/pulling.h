/*
 * The world around receiver/pull, recorded: which calls were to be made. And
 * notices in their states, for tests of what happens to them next.
 */
#ifndef TESTS_RECEIVER_PULLING_H
#define TESTS_RECEIVER_PULLING_H

#include "steps.h"

#include "receiver/pull.h"

#define PULLING_CALLS 64
#define PEER          "203.0.113.7" /* leaves the notices */

struct pulling_call {
	uint64_t number;
	struct ip address;
	unsigned count;
	struct key notices[PULL_CALL_ITEMS];
	bool unconfirmed[PULL_CALL_ITEMS];
	char ids[PULL_CALL_ITEMS][48];
	bool over;
};

struct pulling {
	struct side side;
	struct pull *pull;
	bool nobody; /* no process can make calls */
	unsigned call_count;
	struct pulling_call calls[PULLING_CALLS];
	unsigned confirmed; /* pulls that succeeded, we were told */
	struct ip confirmed_last;
	unsigned ended; /* notices without their message, we were told */
};

void pulling_open(struct pulling *p, const char *more, uint64_t seed);
void pulling_close(struct pulling *p);
void pulling_clear(struct pulling *p);

/* A notice of ADDRESS, wanted at once, that lives LIFE seconds. */
void pulling_put(
    struct pulling *p, const char *id, const char *address, int64_t life);

/* Due notices are looked for, and the store does all it has to do. */
void pulling_look(struct pulling *p);

/* The only call since the last clear, with one notice. */
struct pulling_call *pulling_only(struct pulling *p);

/* Ends one notice, and the call when it was the last one. */
void pulling_end(struct pulling *p, struct pulling_call *call, unsigned at,
    enum pull_end end);
void pulling_over(struct pulling *p, struct pulling_call *call, bool reached);

/* The message of that notice has come. Answers what it was told. */
enum reply_name
pulling_arrive(struct pulling *p, const char *id, const struct arrival *as);

/* The notice as it is; its texts are gone. */
struct store_notice pulling_get(struct pulling *p, const char *id);

/* For cases, without further settings and weather. */
int set_up(void **state);
int tear_down(void **state);

/* The one notice is pulled at AT, no second earlier, and ends so. */
void pull_once(struct pulling *p, int64_t at, enum pull_end end);

/* "ADDRESS-0" and so on, wanted at once. */
void put_many(struct pulling *p, unsigned count, const char *address);

/* A message for bob@b.test has come for that notice. */
void fetch(struct pulling *p, const char *id);

#endif
