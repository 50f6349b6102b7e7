/* Complaints about our users, and what follows (SM-04, SM-32), on every driver.
 */
#include "fixture.h"

#define ALICE "alice@a.test"

static struct store_op *
complain(struct fixture *f, unsigned hold, const char *to,
    enum store_verdict verdict)
{
	struct store_op *op = begin_verdict(f, hold, to, verdict);

	op->hold_verdict.slow_at = 2;
	op->hold_verdict.suspend_at = 3;
	expect(f, STORE_OK);
	return op;
}

static const struct store_user_get *
look(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_USER_GET);

	op->user_get.address = span_of(ALICE);
	op->user_get.with_standing = true;
	op->user_get.complaint_limit = 10;
	expect(f, STORE_OK);
	return &op->user_get;
}

static void
put_user(struct fixture *f, const char *address, enum store_submission how)
{
	struct store_op *op = begin(f, STORE_USER_PUT);

	op->user_put.user = user_of(address);
	op->user_put.submission = how;
	expect(f, STORE_OK);
}

/* Alice, and three messages of hers that wait for three recipients each: holds
   10 to 12, 20 to 22, 30 to 32. */
static void
prepare(struct fixture *f)
{
	put_user(f, ALICE, 0);
	for (unsigned i = 1; i <= 3; i++)
		put_envelope(f, i, 10 * i);
}

static struct store_op *
claim(struct fixture *f, unsigned expected)
{
	struct store_op *op = begin(f, STORE_COMPLAINT_CLAIM);

	op->complaint_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	op->complaint_claim.complaint_limit = 2;
	expect(f, STORE_OK);
	assert_int_equal(op->complaint_claim.count, expected);
	return op;
}

static struct store_op *
tell(struct fixture *f, enum store_restraint restraint,
    enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_COMPLAINT_TOLD);

	op->complaint_told.user = span_of(ALICE);
	op->complaint_told.restraint = restraint;
	op->complaint_told.has_report = true;
	op->complaint_told.message = message_of(50);
	op->complaint_told.message.sender = span_of("");
	op->complaint_told.message.user = span_of("");
	op->complaint_told.delivery = delivery_of(60, 50);
	op->complaint_told.delivery.user = span_of("admin@a.test");
	expect(f, outcome);
	return op;
}

static void
spam_counts_once_for_each_message_and_recipient(void **state)
{
	struct fixture *f = *state;
	const struct store_user_get *got;

	prepare(f);
	complain(f, 10, "bob@b.test", VERDICT_SPAM);
	complain(f, 10, "bob@b.test", VERDICT_SPAMMER);  /* again */
	complain(f, 10, "carol@b.test", VERDICT_REJECT); /* no complaint */
	got = look(f);
	assert_int_equal(got->standing.complaints, 1);
	assert_int_equal(got->complaint_count, 1);
	assert_span(got->complaints[0].recipient, "Bob@b.test");
	assert_span(got->complaints[0].domain, "b.test");
	assert_span(got->complaints[0].subject, "minutes");
	assert_int_equal(got->complaints[0].verdict, VERDICT_SPAM);
	assert_int_equal(got->complaints[0].at, f->now);
	assert_span(got->complaints[0].head, ""); /* only as evidence */
	assert_clean(f);
}

/* SM-25: also of what was taken, whose content is gone. */
static void
spam_said_late_counts(void **state)
{
	struct fixture *f = *state;

	prepare(f);
	lease(f, 10);
	settle_hold(f, 10, HOLD_TAKEN, STORE_OK);
	complain(f, 10, "bob@b.test", VERDICT_SPAMMER);
	assert_true(f->op->hold_verdict.late);
	assert_int_equal(look(f)->standing.complaints, 1);
}

static void
a_restraint_begins_once_with_the_last_complaint(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	prepare(f);
	op = complain(f, 10, "bob@b.test", VERDICT_SPAM);
	assert_int_equal(op->hold_verdict.restraint, RESTRAINT_NONE);
	op = complain(f, 20, "bob@b.test", VERDICT_SPAM);
	assert_int_equal(op->hold_verdict.restraint, RESTRAINT_SLOW);
	assert_int_equal(look(f)->standing.suspended_at, 0);
	f->now++;
	op = complain(f, 30, "bob@b.test", VERDICT_SPAM);
	assert_int_equal(op->hold_verdict.restraint, RESTRAINT_SUSPEND);
	assert_int_equal(look(f)->standing.suspended_at, f->now);
	op = complain(f, 30, "carol@b.test", VERDICT_SPAM);
	assert_int_equal(op->hold_verdict.restraint, RESTRAINT_NONE);
	assert_int_equal(look(f)->standing.complaints, 4);
	op = claim(f, 2);
	assert_int_equal(op->complaint_claim.rows[0].restraint, RESTRAINT_SLOW);
	assert_int_equal(
	    op->complaint_claim.rows[1].restraint, RESTRAINT_SUSPEND);
	assert_clean(f);
}

/* Complaints of yesterday slow nobody today; a suspension stays. */
static void
a_day_ends_complaints_and_not_a_suspension(void **state)
{
	struct fixture *f = *state;
	int64_t suspended;

	prepare(f);
	for (unsigned i = 1; i <= 3; i++)
		complain(f, 10 * i, "bob@b.test", VERDICT_SPAM);
	suspended = f->now;
	f->now += STORE_DAY;
	assert_int_equal(look(f)->standing.complaints, 0);
	assert_int_equal(look(f)->standing.suspended_at, suspended);
	assert_int_equal(look(f)->complaint_count, 3);
}

static void
the_operator_lifts_a_suspension_and_forgives(void **state)
{
	struct fixture *f = *state;

	prepare(f);
	for (unsigned i = 1; i <= 3; i++)
		complain(f, 10 * i, "bob@b.test", VERDICT_SPAM);
	f->now++;
	put_user(f, ALICE, SUBMISSION_ON);
	assert_int_equal(look(f)->standing.suspended_at, 0);
	assert_int_equal(look(f)->standing.complaints, 0);
	f->now++;
	complain(f, 10, "carol@b.test", VERDICT_SPAM);
	assert_int_equal(look(f)->standing.suspended_at, 0);
	for (unsigned i = 2; i <= 3; i++)
		complain(f, 10 * i, "carol@b.test", VERDICT_SPAM);
	assert_int_equal(look(f)->standing.suspended_at, f->now);
	put_user(f, ALICE, 0); /* a new password, say */
	assert_int_equal(look(f)->standing.suspended_at, f->now);
	f->now++;
	put_user(f, ALICE, SUBMISSION_ON);
	f->now++;
	put_user(f, ALICE, SUBMISSION_OFF);
	assert_int_equal(look(f)->standing.suspended_at, f->now);
}

/* Claimed, made once, and not lost when a node dies in between. */
static void
the_administrator_is_told_once(void **state)
{
	struct fixture *f = *state;
	const struct store_investigation *row;
	struct store_op *op;

	prepare(f);
	put_user(f, "admin@a.test", 0);
	complain(f, 10, "bob@b.test", VERDICT_SPAM);
	f->now++;
	complain(f, 20, "carol@b.test", VERDICT_SPAMMER);
	row = &claim(f, 1)->complaint_claim.rows[0];
	assert_span(row->user, ALICE);
	assert_int_equal(row->at, f->now);
	assert_int_equal(row->standing.complaints, 2);
	assert_int_equal(row->complaint_count, 2);
	assert_span(row->complaints[0].recipient, "carol@b.test");
	assert_span(row->complaints[0].head, "Subject: minutes\r\n\r\n");
	claim(f, 0);
	op = begin(f, STORE_LEASE_FREE);
	op->lease_free.node = NODE;
	expect(f, STORE_OK);
	claim(f, 1);
	op = tell(f, RESTRAINT_SLOW, STORE_OK);
	assert_false(op->complaint_told.nobody);
	tell(f, RESTRAINT_SLOW, STORE_EXISTS);
	tell(f, RESTRAINT_SUSPEND, STORE_NONE);
	f->now += 1000;
	claim(f, 0);
	deliver(f, 60);
	assert_clean(f);
}

static void
an_administrator_without_a_mailbox_is_said_to_be_none(void **state)
{
	struct fixture *f = *state;

	prepare(f);
	complain(f, 10, "bob@b.test", VERDICT_SPAM);
	complain(f, 20, "bob@b.test", VERDICT_SPAM);
	assert_true(tell(f, RESTRAINT_SLOW, STORE_OK)->complaint_told.nobody);
	assert_false(body_is_known(f, 50));
	claim(f, 0);
}

static void
complaints_are_swept_when_their_time_has_passed(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	prepare(f);
	complain(f, 10, "bob@b.test", VERDICT_SPAM);
	for (int more = 0; more < 2; more++) {
		f->now += more ? 1 : STORE_COMPLAINTS_KEPT;
		op = begin(f, STORE_SWEEP);
		op->sweep.limit = 10;
		expect(f, STORE_OK);
		assert_int_equal(op->sweep.removed, more);
	}
	assert_int_equal(look(f)->complaint_count, 0);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(spam_counts_once_for_each_message_and_recipient),
	    CASE(spam_said_late_counts),
	    CASE(a_restraint_begins_once_with_the_last_complaint),
	    CASE(a_day_ends_complaints_and_not_a_suspension),
	    CASE(the_operator_lifts_a_suspension_and_forgives),
	    CASE(the_administrator_is_told_once),
	    CASE(an_administrator_without_a_mailbox_is_said_to_be_none),
	    CASE(complaints_are_swept_when_their_time_has_passed),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
