/*
 * What the tests of origin/ and receiver/ share: one server without processes
 * and sockets (its store in memory, its settings, a clock that is set by hand),
 * messages that come in, and what was answered.
 */
#ifndef TESTS_ORIGIN_STEPS_H
#define TESTS_ORIGIN_STEPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/settings.h"
#include "proto/arrival.h"
#include "proto/reply.h"
#include "store/store.h"
#include "trust/hosts.h"

#define NOW    1800000000 /* when every case begins */
#define NODE   7          /* who claims and leases */
#define MINUTE 60
#define HOUR   3600
#define DAY    86400

struct side {
	struct store *store;
	struct settings *settings;
	struct hosts *local; /* its own domains */
	uint8_t secret[STORE_SECRET];
	int64_t now;
};

/*
 * A server for DOMAIN ("mx.DOMAIN" is its name); MORE are further lines of its
 * settings; SEED makes the weather of its store, 0 for none.
 */
void
side_open(struct side *s, const char *domain, const char *more, uint64_t seed);
void side_close(struct side *s);

/* Turns the store until it has answered everything. */
void side_turn(struct side *s);

/* Operations that the test itself asks, whatever the weather. */
struct store_op *side_op(const struct side *s, enum store_verb verb);
enum store_outcome side_do(struct side *s, struct store_op *op);

void side_add_user(struct side *s, const char *address);

/* Calls EACH for every hold, oldest first; returns how many there are. */
unsigned side_each_hold(struct side *s,
    void (*each)(void *arg, const struct store_hold_row *row), void *arg);
unsigned side_each_notice(struct side *s,
    void (*each)(void *arg, const struct store_notice *notice), void *arg);

/* The one hold, or notice, that there is. Free the operation. */
struct store_op *side_only_hold(struct side *s);
struct store_op *side_only_notice(struct side *s);

/* How many rows there are of each state. */
struct store_count side_count(struct side *s);

/* No row is in a state that does not exist. */
void side_assert_clean(struct side *s);

/* A host list of the texts up to NULL. */
struct hosts *hosts_of(const char *first, ...);
struct ip ip_of(const char *text);

/* A message from alice@a.test, submitted, for COUNT recipients. */
struct arrival
arrival_for(const struct arrival_recipient *recipients, unsigned count);

/* The same with as many recipients as TEXTS up to NULL, at most 8. Borrowed
   until the next call. */
struct arrival arrival_to(const char *first, ...);

/* What a step answered. */
struct heard {
	unsigned times;
	enum reply_name reply;
	char text[64];
};
void hear(void *heard, enum reply_name reply);
void hear_text(void *heard, enum reply_name reply, struct span text);

#define assert_heard(heard, expected)                                 \
	do {                                                          \
		assert_int_equal((heard).times, 1);                   \
		assert_int_equal(                                     \
		    reply_code((heard).reply), reply_code(expected)); \
		assert_int_equal((heard).reply, expected);            \
	} while (0)

#define assert_span(s, text)                                   \
	do {                                                   \
		struct span got_ = (s), want_ = span_of(text); \
		assert_int_equal(got_.n, want_.n);             \
		assert_memory_equal(got_.p, want_.p, want_.n); \
	} while (0)

#endif
