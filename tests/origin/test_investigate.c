/* Users of whom others complain: what they may still submit, and that the
   administrator is told once. */
#include "held.h"

#include "origin/accept.h"
#include "origin/investigate.h"

#include <stdlib.h>
#include <string.h>

#define ADMIN "admin@a.test"

struct fixture {
	struct side side;
	struct investigate investigate;
	unsigned told;
	uint64_t most; /* what may_submit was asked for last */
};

static void
told(void *owner)
{
	((struct fixture *)owner)->told++;
}

static void
open_with(struct fixture *f, const char *more, uint64_t seed)
{
	memset(f, 0, sizeof *f);
	side_open(&f->side, "a.test", more, seed);
	side_add_user(&f->side, "alice@a.test");
	f->investigate = (struct investigate){.store = f->side.store,
	    .settings = f->side.settings,
	    .node = NODE,
	    .owner = f,
	    .told = told};
}

static void
close_all(struct fixture *f)
{
	side_assert_clean(&f->side);
	side_close(&f->side);
}

/* One recipient more says SPAM. */
static void
complain(struct fixture *f)
{
	struct store_op *op;
	struct held h;

	assert_true(held_new(&f->side, false, &h));
	held_aim(&f->side, &h);
	op = side_op(&f->side, STORE_HOLD_VERDICT);
	op->hold_verdict.key = h.key;
	op->hold_verdict.id = arena_copy(&op->arena, span_of(h.id));
	op->hold_verdict.asker = ip_of(PEER);
	op->hold_verdict.verdict = VERDICT_SPAM;
	op->hold_verdict.slow_at = 2;
	op->hold_verdict.suspend_at = 3;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
}

static void
look(struct fixture *f)
{
	investigate_look(&f->investigate, f->side.now);
	side_turn(&f->side);
}

/* How many deliveries wait for USER, with WORDS in the body. */
static unsigned
count_mail(struct fixture *f, const char *user, const char *words)
{
	struct store_op *op = side_op(&f->side, STORE_DELIVERY_CLAIM);
	unsigned n = 0;

	op->delivery_claim.claim =
	    (struct store_claim){NODE, f->side.now + 1, 100};
	op->delivery_claim.octets = 1 << 20;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	for (unsigned i = 0; i < op->delivery_claim.count; i++) {
		const struct store_delivery_row *row =
		    &op->delivery_claim.rows[i];

		n += span_equals(row->delivery.user, span_of(user)) &&
		     span_search(row->message.body, 0, span_of(words)) <
			 row->message.body.n;
	}
	store_op_free(&op);
	f->side.now += 2;
	return n;
}

/* SM-11 SM-32 */
static void
the_administrator_gets_one_mail_for_each_restraint(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "administrator = \"" ADMIN "\"", 0);
	side_add_user(&f.side, ADMIN);
	complain(&f);
	look(&f);
	assert_int_equal(f.told, 0);
	complain(&f);
	look(&f);
	look(&f);
	assert_int_equal(f.told, 1);
	assert_int_equal(count_mail(&f, ADMIN, "Incidents: 2\r\n"), 1);
	complain(&f);
	look(&f);
	assert_int_equal(f.told, 2);
	assert_int_equal(count_mail(&f, ADMIN, "--submission on"), 1);
	look(&f);
	assert_int_equal(f.told, 2);
	close_all(&f);
}

static void
without_a_mailbox_only_the_log_tells(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "", 0); /* postmaster@a.test, who is no user here */
	complain(&f);
	complain(&f);
	look(&f);
	look(&f);
	assert_int_equal(f.told, 0);
	assert_int_equal(count_mail(&f, "postmaster@a.test", "Incidents"), 0);
	side_add_user(&f.side, "postmaster@a.test");
	complain(&f);
	look(&f);
	assert_int_equal(f.told, 1);
	assert_int_equal(count_mail(&f, "postmaster@a.test", "Incidents"), 1);
	close_all(&f);
}

/* ---- what they may still submit ---- */

static bool
may_submit(void *owner, struct span user, uint64_t most, int64_t now)
{
	struct fixture *f = owner;

	assert_true(span_equals(user, span_of("alice@a.test")));
	assert_int_equal(now, f->side.now);
	f->most = most;
	return most > 3;
}

static enum reply_name
submit(struct fixture *f)
{
	const struct accept accept = {f->side.store, f->side.settings,
	    f->side.local, f->side.secret, may_submit, f};
	struct arrival a = arrival_to("bob@b.test", NULL);
	struct heard heard = {0};

	a.message = key_new(f->side.now);
	f->most = UINT64_MAX;
	accept_message(&accept, &a, f->side.now, hear_text, &heard);
	side_turn(&f->side);
	return heard.reply;
}

static void
restrain(struct fixture *f, enum store_submission how)
{
	struct store_op *op = side_op(&f->side, STORE_USER_PUT);

	f->side.now++;
	op->now = f->side.now;
	op->user_put.user.address = span_of("alice@a.test");
	op->user_put.only_old = true;
	op->user_put.submission = how;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
}

/* SM-04 */
static void
complaints_leave_a_tenth_of_the_rate(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "complaints-slow = 2\nsubmit-rate = 30", 0);
	complain(&f);
	assert_int_equal(submit(&f), REPLY_HELD);
	assert_int_equal(f.most, 30);
	complain(&f);
	assert_int_equal(submit(&f), REPLY_LATER);
	assert_int_equal(f.most, 3);
	restrain(&f, SUBMISSION_ON);
	assert_int_equal(submit(&f), REPLY_HELD);
	close_all(&f);
	open_with(&f, "complaints-slow = 1\nsubmit-rate = unlimited", 0);
	complain(&f);
	assert_int_equal(submit(&f), REPLY_HELD);
	assert_int_equal(f.most, 50);
	close_all(&f);
}

static void
who_is_suspended_submits_nothing(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "", 0);
	restrain(&f, SUBMISSION_OFF);
	assert_int_equal(submit(&f), REPLY_SUSPENDED);
	assert_int_equal(f.most, UINT64_MAX); /* nor is it counted */
	restrain(&f, SUBMISSION_ON);
	assert_int_equal(submit(&f), REPLY_HELD);
	close_all(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		the_administrator_gets_one_mail_for_each_restraint),
	    cmocka_unit_test(without_a_mailbox_only_the_log_tells),
	    cmocka_unit_test(complaints_leave_a_tenth_of_the_rate),
	    cmocka_unit_test(who_is_suspended_submits_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
