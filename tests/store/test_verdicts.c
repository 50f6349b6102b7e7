/* What recipients decide, at the origin, on every driver. */
#include "fixture.h"

static struct store_op *
begin_asking(struct fixture *f, unsigned hold, const char *to,
    enum store_verdict verdict)
{
	struct store_op *op = begin_lease(f, hold);

	op->hold_lease.to = span_of(to);
	op->hold_lease.verdict = verdict;
	return op;
}

static void
decide(struct fixture *f, unsigned hold, const char *to,
    enum store_verdict verdict, enum store_outcome outcome)
{
	begin_verdict(f, hold, to, verdict);
	expect(f, outcome);
}

static void
decide_have(struct fixture *f, const char *to, enum store_outcome outcome)
{
	struct store_op *op = begin_verdict(f, 10, to, VERDICT_ACCEPT);

	op->hold_verdict.have = true;
	expect(f, outcome);
}

/* SM-45: a verdict acts on the hold of its To only. */
static void
an_acceptance_leases_the_hold_of_its_recipient(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_envelope(f, 1, 10);
	op = begin_asking(f, 10, "CAROL@B.test", VERDICT_AUTHORIZE);
	expect(f, STORE_OK);
	assert_true(key_equals(op->hold_lease.row.hold.key, key_of(11)));
	assert_int_equal(op->hold_lease.row.hold.verdict, VERDICT_AUTHORIZE);
	assert_span(op->hold_lease.row.message.body, "Here they are.\r\n");
	assert_int_equal(state_of_hold(f, 10), HOLD_NOTICED);
	assert_int_equal(state_of_hold(f, 11), HOLD_LEASED);
	settle_hold(f, 11, HOLD_TAKEN, STORE_OK);
	assert_false(f->op->hold_settle.body_free);
	op = begin_asking(f, 10, "bob@b.test", VERDICT_ACCEPT);
	expect(f, STORE_OK);
	assert_true(key_equals(op->hold_lease.row.hold.key, key_of(10)));
	assert_clean(f);
}

static void
a_verdict_on_an_envelope_of_several_must_say_whose(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_envelope(f, 1, 10);
	op = begin_asking(f, 10, "", VERDICT_ACCEPT);
	expect(f, STORE_CONFLICT);
	assert_true(op->hold_lease.needs_to);
	op = begin_verdict(f, 10, "", VERDICT_REJECT);
	expect(f, STORE_CONFLICT);
	assert_true(op->hold_verdict.needs_to);
	begin_verdict(f, 11, "", VERDICT_REJECT); /* leads nobody */
	expect(f, STORE_OK);
	/* RETR gets the one whose identifier it is. */
	op = begin_asking(f, 10, "", VERDICT_NONE);
	expect(f, STORE_OK);
	assert_true(key_equals(op->hold_lease.row.hold.key, key_of(10)));
	assert_int_equal(op->hold_lease.row.hold.verdict, VERDICT_NONE);
	put_holds(f, 2, 20, 1);
	aim(f, 20);
	decide(f, 20, "", VERDICT_SPAM, STORE_OK);
	assert_clean(f);
}

static void
a_verdict_of_a_stranger_or_for_another_is_none(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_envelope(f, 1, 10);
	op = begin_verdict(f, 10, "erin@b.test", VERDICT_REJECT);
	expect(f, STORE_NONE);
	assert_true(op->hold_verdict.entitled);
	op = begin_verdict(f, 10, "", VERDICT_REJECT);
	op->hold_verdict.asker = ip_of("192.0.2.8");
	expect(f, STORE_NONE);
	assert_false(op->hold_verdict.entitled);
	assert_false(op->hold_verdict.needs_to);
	op = begin_verdict(f, 10, "bob@b.test", VERDICT_REJECT);
	op->hold_verdict.id = span_of("another");
	expect(f, STORE_NONE);
	assert_false(op->hold_verdict.entitled);
	decide(f, 99, "", VERDICT_REJECT, STORE_NONE);
	op = begin_asking(f, 10, "erin@b.test", VERDICT_ACCEPT);
	expect(f, STORE_NONE);
	assert_true(op->hold_lease.entitled);
	decide(f, 11, "bob@b.test", VERDICT_REJECT, STORE_NONE);
	assert_int_equal(state_of_hold(f, 10), HOLD_NOTICED);
}

/* SM-31 to SM-33 */
static void
a_refusal_ends_the_hold_and_the_first_one_stays(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;
	struct store_hold hold;

	put_envelope(f, 1, 10);
	op = begin_verdict(f, 10, "carol@b.test", VERDICT_SPAM);
	op->hold_verdict.reply = span_of("refused by the recipient");
	expect(f, STORE_OK);
	assert_false(op->hold_verdict.again || op->hold_verdict.late);
	assert_int_equal(op->hold_verdict.row.hold.state, HOLD_REFUSED);
	assert_span(op->hold_verdict.row.message.user, "alice@a.test");
	hold = hold_now(f, 11);
	assert_int_equal(hold.verdict, VERDICT_SPAM);
	assert_int_equal(hold.report_at, NOW);
	assert_span(hold_now(f, 11).reply, "refused by the recipient");
	op = begin_verdict(f, 10, "carol@b.test", VERDICT_SPAM);
	expect(f, STORE_OK);
	assert_true(op->hold_verdict.again);
	op = begin_verdict(f, 10, "carol@b.test", VERDICT_SPAMMER);
	expect(f, STORE_OK);
	assert_true(op->hold_verdict.again);
	assert_int_equal(hold_now(f, 11).verdict, VERDICT_SPAM);
	begin_asking(f, 10, "carol@b.test", VERDICT_ACCEPT);
	expect(f, STORE_NONE);
	assert_int_equal(state_of_hold(f, 12), HOLD_NOTICED);
	assert_clean(f);
}

static void
a_verdict_that_does_not_exist_is_a_conflict(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 1);
	aim(f, 10);
	decide(f, 10, "", VERDICT_NONE, STORE_CONFLICT);
	decide(f, 10, "", VERDICT_ACCEPT, STORE_CONFLICT); /* leases do that */
	decide(f, 10, "", (enum store_verdict)77, STORE_CONFLICT);
	begin_asking(f, 10, "", VERDICT_SPAM);
	expect(f, STORE_CONFLICT);
	assert_int_equal(state_of_hold(f, 10), HOLD_HELD);
}

static void
a_verdict_during_a_pull_waits_for_its_end(void **state)
{
	struct fixture *f = *state;

	put_envelope(f, 1, 10);
	lease(f, 10);
	decide(f, 10, "bob@b.test", VERDICT_REJECT, STORE_BUSY);
	decide_have(f, "bob@b.test", STORE_BUSY);
	f->now += 600;
	decide(f, 10, "bob@b.test", VERDICT_REJECT, STORE_OK);
	/* Nobody told how that lease ended. */
	assert_true(hold_now(f, 10).sent_whole);
	assert_clean(f);
}

/* SM-25 */
static void
a_refusal_after_delivery_is_recorded_and_moves_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_envelope(f, 1, 10);
	lease(f, 10);
	settle_hold(f, 10, HOLD_TAKEN, STORE_OK);
	op = begin_verdict(f, 10, "bob@b.test", VERDICT_SPAMMER);
	expect(f, STORE_OK);
	assert_true(op->hold_verdict.late);
	assert_int_equal(op->hold_verdict.row.hold.state, HOLD_TAKEN);
	assert_int_equal(hold_now(f, 10).verdict, VERDICT_SPAMMER);
	assert_true(hold_now(f, 10).report_at == INT64_MAX);
	op = begin_verdict(f, 10, "bob@b.test", VERDICT_SPAMMER);
	expect(f, STORE_OK);
	assert_true(op->hold_verdict.again);
	assert_false(op->hold_verdict.late);
	begin_end(f, 11, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	decide(f, 10, "carol@b.test", VERDICT_REJECT, STORE_NONE);
	begin_end(f, 12, HOLD_REFUSED);
	expect(f, STORE_OK);
	op = begin_verdict(f, 10, "dan@b.test", VERDICT_SPAM);
	expect(f, STORE_OK);
	assert_true(op->hold_verdict.late);
	assert_int_equal(state_of_hold(f, 12), HOLD_REFUSED);
	assert_clean(f);
}

/* SM-13 */
static void
whoever_has_a_copy_takes_without_a_turn(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_envelope(f, 1, 10);
	lease(f, 10);
	settle_hold(f, 10, HOLD_TAKEN, STORE_OK);
	decide_have(f, "carol@b.test", STORE_OK);
	assert_false(f->op->hold_verdict.body_free);
	assert_int_equal(hold_now(f, 11).state, HOLD_TAKEN);
	assert_int_equal(hold_now(f, 11).verdict, VERDICT_ACCEPT);
	decide_have(f, "carol@b.test", STORE_OK);
	assert_true(f->op->hold_verdict.again);
	op = begin_verdict(f, 10, "dan@b.test", VERDICT_AUTHORIZE);
	op->hold_verdict.have = true;
	expect(f, STORE_OK);
	assert_true(op->hold_verdict.body_free);
	assert_true(key_equals(op->hold_verdict.message, key_of(1)));
	assert_false(body_is_known(f, 1));
	begin_end(f, 12, HOLD_REFUSED);
	expect(f, STORE_CONFLICT);
	assert_clean(f);
}

static void
what_was_refused_cannot_be_taken(void **state)
{
	struct fixture *f = *state;

	put_envelope(f, 1, 10);
	decide(f, 10, "carol@b.test", VERDICT_REJECT, STORE_OK);
	decide_have(f, "carol@b.test", STORE_NONE);
	begin_end(f, 12, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	decide_have(f, "dan@b.test", STORE_NONE);
	assert_clean(f);
}

/* WIRE 4.7: "may have been delivered" */
static void
a_final_dot_that_was_sent_is_remembered(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_envelope(f, 1, 10);
	lease(f, 10);
	op = begin(f, STORE_HOLD_SETTLE);
	op->hold_settle.key = key_of(10);
	op->hold_settle.node = NODE;
	op->hold_settle.state = HOLD_NOTICED;
	op->hold_settle.sent_whole = true;
	expect(f, STORE_OK);
	lease(f, 10);
	settle_hold(f, 10, HOLD_NOTICED, STORE_OK);
	assert_true(hold_now(f, 10).sent_whole);
	lease(f, 11);
	settle_hold(f, 11, HOLD_NOTICED, STORE_OK);
	assert_false(hold_now(f, 11).sent_whole);
	lease(f, 12);
	f->now += 600; /* nobody tells how that one ended */
	lease(f, 12);
	assert_true(f->op->hold_lease.row.hold.sent_whole);
}

static unsigned
sweep(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_SWEEP);

	op->sweep.holds_before = f->now;
	op->sweep.limit = 10;
	expect(f, STORE_OK);
	return op->sweep.removed;
}

/* Its identifier names the others' envelope. */
static void
a_hold_that_leads_an_envelope_stays_for_the_others(void **state)
{
	struct fixture *f = *state;

	put_envelope(f, 1, 10);
	begin_end(f, 10, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	begin_end(f, 11, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	f->now++;
	assert_int_equal(sweep(f), 1);
	begin_asking(f, 10, "dan@b.test", VERDICT_ACCEPT);
	expect(f, STORE_OK);
	settle_hold(f, 12, HOLD_TAKEN, STORE_OK);
	assert_clean(f);
	f->now++;
	assert_int_equal(sweep(f), 1);
	assert_clean(f);
	/* Still one of several, though the others are gone. */
	begin_asking(f, 10, "", VERDICT_ACCEPT);
	expect(f, STORE_CONFLICT);
	assert_int_equal(sweep(f), 2); /* and the message */
	assert_clean(f);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(an_acceptance_leases_the_hold_of_its_recipient),
	    CASE(a_verdict_on_an_envelope_of_several_must_say_whose),
	    CASE(a_verdict_of_a_stranger_or_for_another_is_none),
	    CASE(a_refusal_ends_the_hold_and_the_first_one_stays),
	    CASE(a_verdict_that_does_not_exist_is_a_conflict),
	    CASE(a_verdict_during_a_pull_waits_for_its_end),
	    CASE(a_refusal_after_delivery_is_recorded_and_moves_nothing),
	    CASE(whoever_has_a_copy_takes_without_a_turn),
	    CASE(what_was_refused_cannot_be_taken),
	    CASE(a_final_dot_that_was_sent_is_remembered),
	    CASE(a_hold_that_leads_an_envelope_stays_for_the_others),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
