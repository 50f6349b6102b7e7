/*
 * The world around origin/notify, recorded: which domains were asked for, and
 * which calls were to be made. Calls are kept until the test answers them.
 */
#ifndef TESTS_ORIGIN_RECORDER_H
#define TESTS_ORIGIN_RECORDER_H

#include "steps.h"

#include "origin/notify.h"
#include "proto/identifier.h"

#define RECORDER_MAX 512 /* questions, and calls, of one case */

struct recorded_question {
	uint64_t number;
	char domain[64];
};

struct recorded_item {
	struct key hold;
	struct key envelope;
	char id[IDENTIFIER_TEXT], envid[IDENTIFIER_TEXT];
	char sender[64], recipient[64], subject[64], text[160];
	uint64_t size;
	bool push;
	uint8_t digest[STORE_DIGEST];
};

struct recorded_call {
	uint64_t number;
	char domain[64];
	char targets[STORE_TARGETS_MAX * STORE_TARGET];
	size_t targets_size;
	unsigned count;
	struct recorded_item *items;
};

struct recorder {
	struct side *side;
	struct notify *notify;
	bool nobody;     /* no process can make calls */
	bool look_first; /* asserts that a call's holds are aimed already */
	enum store_route dialect; /* of all notices; GDEL at first */
	unsigned question_count, call_count, freed;
	struct recorded_question questions[RECORDER_MAX];
	struct recorded_call calls[RECORDER_MAX];
};

void recorder_open(struct recorder *r, struct side *side);
void recorder_close(struct recorder *r);

/* Forgets what was recorded. */
void recorder_clear(struct recorder *r);

/* Due holds are looked for, and all that the store has to do is done. */
void recorder_look(struct recorder *r);

/* Answers all questions with one outcome, and with TARGET when found. */
void recorder_resolve(
    struct recorder *r, enum mx_outcome outcome, const char *target);

/* The call to DOMAIN. */
struct recorded_call *recorder_call(struct recorder *r, const char *domain);

/* One notice of the call NUMBER gets this reply. */
void recorder_answer(struct recorder *r, uint64_t number, struct key hold,
    int code, const char *reply);

/* Every notice of CALL gets this reply; then the call is over. */
void recorder_reply(struct recorder *r, const struct recorded_call *call,
    int code, const char *reply);
void recorder_over(struct recorder *r, const struct recorded_call *call);

/* One target, packed. Static room. */
struct span target_of(const char *address);

#endif
