/*
 * What the tests of the store share: a store of each driver for each case, rows
 * with everything filled in, and one operation at a time.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"

#define NOW  1800000000 /* the time when every case begins */
#define NODE 7          /* who claims and leases, unless said otherwise */

struct fixture {
	struct store *store;
	struct store_op *op; /* the one begun last */
	int64_t now;
	char folder[64]; /* of the sqlite driver; "" for memory */
};

/* Runs every case on a new store of every driver. */
struct fixture_case {
	const char *name;
	void (*run)(void **state); /* *state is a struct fixture */
};
#define CASE(function)              \
	{                           \
#function, function \
	}
int fixture_run(const struct fixture_case *cases, size_t count);

/* A store of one driver by itself. */
void fixture_open(struct fixture *f, bool sqlite);
void fixture_close(struct fixture *f);
/* Closes and opens again; only with the sqlite driver. */
void fixture_reopen(struct fixture *f);
/* The file of the sqlite driver; static room. */
const char *fixture_file(const struct fixture *f);
/* Removes a test's folder and all in it. */
void fixture_remove_folder(const char *folder);

/* A new operation at f->now; the one before it is freed. */
struct store_op *begin(struct fixture *f, enum store_verb verb);
/* Does it and asserts its outcome. */
void expect(struct fixture *f, enum store_outcome outcome);

/* The key of a number: larger numbers have later keys; 0 is the zero key. */
struct key key_of(unsigned number);
struct ip ip_of(const char *text);

/* Rows of a number; texts are static or borrowed for ever. */
struct store_user user_of(const char *address);
struct store_message message_of(unsigned number);
struct store_hold hold_of(unsigned number, unsigned message);
struct store_delivery delivery_of(unsigned number, unsigned message);
struct store_notice notice_of(unsigned number);
/* A PENDING one that names its recipient, with an envelope text. */
struct store_notice envelope_of(unsigned number, const char *user);

/* The address that may pull after aim(), as one target. */
extern const char peer[];
struct span targets_of(const char *address);

/* Whole steps, each asserted to be OK. */
void
put_holds(struct fixture *f, unsigned message, unsigned first, unsigned count);
void put_delivery(struct fixture *f, unsigned message, unsigned number);
void aim(struct fixture *f, unsigned hold);
void notify(struct fixture *f, unsigned hold);
void lease(struct fixture *f, unsigned hold);
void put_notice(struct fixture *f, unsigned number);
/* One row by itself, and its outcome; the operation with its results. */
struct store_op *put_row(struct fixture *f, const struct store_notice *notice,
    enum store_outcome outcome);
/* The same for a notice_put that was begun. */
void expect_row(struct fixture *f, enum store_outcome outcome);
void claim_notices(struct fixture *f, unsigned expected);
void
fetch(struct fixture *f, unsigned notice, unsigned message, unsigned delivery);
/* A delivery is done. */
void deliver(struct fixture *f, unsigned delivery);
void settle_hold(struct fixture *f, unsigned hold, enum store_hold_state to,
    enum store_outcome outcome);

/* An envelope for Bob (hold FIRST), Carol and Dan (the two after it), the three
   of them aimed and noticed. */
void put_envelope(struct fixture *f, unsigned message, unsigned first);
struct store_hold hold_now(struct fixture *f, unsigned hold);

/* The same envelope for BOB (row KEY) and CAROL (the row after it). */
#define BOB   "bob@b.test"
#define CAROL "carol@b.test"
struct store_op *put_two(struct fixture *f, unsigned number, unsigned key);

/* A notice with its envelope text. */
struct store_notice row_at(struct fixture *f, unsigned key);

/* Begins the operation with its arguments; expect() does it. */
struct store_op *begin_verdict(struct fixture *f, unsigned hold, const char *to,
    enum store_verdict verdict);
struct store_op *
begin_end(struct fixture *f, unsigned hold, enum store_hold_state to);
struct store_op *begin_lease(struct fixture *f, unsigned hold);
struct store_op *begin_notice_settle(
    struct fixture *f, unsigned number, enum store_notice_end end);

/* What is there now. */
enum store_hold_state state_of_hold(struct fixture *f, unsigned hold);
struct store_notice notice_now(struct fixture *f, unsigned number);
bool body_is_known(struct fixture *f, unsigned message);
void assert_clean(struct fixture *f);

#define assert_span(s, text)                                   \
	do {                                                   \
		struct span got_ = (s), want_ = span_of(text); \
		assert_int_equal(got_.n, want_.n);             \
		assert_memory_equal(got_.p, want_.p, want_.n); \
	} while (0)

#endif
