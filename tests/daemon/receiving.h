/*
 * One message on its way in, for the tests of daemon/reception: a reception,
 * and a keeper that is a list of what it was sent.
 */
#ifndef TESTS_DAEMON_RECEIVING_H
#define TESTS_DAEMON_RECEIVING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "daemon/transfer/reception.h"
#include "message/digest.h"

#define NOW      1800000000
#define SENT_MAX 32

/* What the keeper is, and what it was sent. */
extern struct receiving_keeper {
	struct peer peer;
	bool gone, full;
	unsigned full_at; /* so many messages fill it; 0: never */
	unsigned count;
	struct message sent[SENT_MAX];
	struct buf octets[SENT_MAX];
} keeper;

struct fixture {
	struct settings settings;
	struct role role;
	struct params params;
	struct reception_setup setup;
	struct own_addresses own;
	struct reception *reception;
	enum reply_name fault;
};

/* The message that was sent as number AT, which is of that type. */
const struct message *sent(unsigned at, enum message_type type);

int set_up(void **state);
int tear_down(void **state);

/* A new reception for bob@b.test, and a run of its content. */
void begin(struct fixture *f);
int feed(struct fixture *f, struct span run);

/* A pulled or pushed message: nothing of it is ours to change. */
void as_from_outside(struct fixture *f);

void sum_of(struct span octets, uint8_t sum_r[DIGEST_SIZE]);

/* All at once, to the end; the ARRIVAL that the keeper got. */
const struct message_arrival *take(struct fixture *f, const char *text);

bool has(struct span text, const char *part);

/* The whole text is refused so, and the keeper hears of no arrival. */
void expect_refusal(struct fixture *f, const char *text, enum reply_name reply);

#endif
