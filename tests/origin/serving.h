/* A server with one hold, which others ask for: for the tests of origin/serve.
 */
#ifndef TESTS_ORIGIN_SERVING_H
#define TESTS_ORIGIN_SERVING_H

#include "held.h"

#include "origin/serve.h"

struct fixture {
	struct side side;
	struct serve_setup serve;
	struct held held;
};

/* By hand, in the weather of SEED; and for a case, in none, with a hold. */
struct serve_setup setup_of(const struct side *s);
void open_at(struct fixture *f, uint64_t seed);
int set_up(void **state);
int tear_down(void **state);

/* What a pull was answered. */
struct pulled {
	unsigned times;
	enum reply_name reply;
	bool is_failure, has_row;
	struct key hold;
	char recipient[64], sender[64], body[64];
	enum store_hold_state state;
};

/* The callback that fills ARG, a struct pulled. */
void take_answer(void *arg, const struct serve_answer *answer);
struct pulled ask(struct fixture *f, const char *id, const char *asker);
/* The same, for the hold. */
void expect(struct fixture *f, const char *asker, enum reply_name expected);
/* The end of its lease. */
void settle(struct fixture *f, enum store_hold_state to);

/* What a verdict was answered. */
struct judged {
	unsigned times;
	enum reply_name reply;
	bool is_failure, body_free;
};

/* V without id and asker. */
struct judged judge_as(struct fixture *f, const char *asker,
    const struct held *held, struct serve_verdict v);
/* By PEER. */
struct judged judge(struct fixture *f, const struct held *held,
    enum store_verdict verdict, const char *to, bool have);

#endif
