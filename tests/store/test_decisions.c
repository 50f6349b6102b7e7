/* What a person decides, at the destination, on every driver. */
#include "fixture.h"

static struct store_op *
begin_decide(struct fixture *f, unsigned key, const char *user,
    enum store_verdict verdict)
{
	struct store_op *op = begin(f, STORE_NOTICE_DECIDE);

	op->notice_decide.key = key_of(key);
	op->notice_decide.user = span_of(user);
	op->notice_decide.verdict = verdict;
	op->notice_decide.delivery = delivery_of(200 + key, 0);
	return op;
}

static struct store_op *
decide(struct fixture *f, unsigned key, enum store_verdict verdict,
    enum store_outcome outcome)
{
	struct store_op *op = begin_decide(f, key, "", verdict);

	expect(f, outcome);
	return op;
}

/* The pull of row NUMBER for USER brings MESSAGE, in the spool. */
static struct store_op *
begin_fetch(
    struct fixture *f, unsigned number, const char *user, unsigned message)
{
	static struct store_delivery row;
	struct store_op *op = begin(f, STORE_NOTICE_FETCHED);

	row = delivery_of(300 + message, message);
	op->notice_fetched.id = notice_of(number).id;
	op->notice_fetched.domain = notice_of(number).domain;
	op->notice_fetched.named = span_of(user);
	op->notice_fetched.message = message_of(message);
	op->notice_fetched.message.spooled = true;
	op->notice_fetched.message.user = span_of("");
	op->notice_fetched.delivery_count = 1;
	op->notice_fetched.deliveries = &row;
	op->notice_fetched.next_at = f->now + 600;
	return op;
}

static void
tell(struct fixture *f, unsigned number, const char *user,
    enum store_verdict verdict, enum store_outcome outcome)
{
	struct store_op *op = begin_notice_settle(f, number, NOTICE_END_TOLD);

	op->notice_settle.named = span_of(user);
	op->notice_settle.verdict = verdict;
	expect(f, outcome);
}

/* A notice that named nobody, pulled for Bob and kept (row 1, message 5). */
static void
keep(struct fixture *f)
{
	struct store_op *op;

	put_notice(f, 1);
	claim_notices(f, 1);
	op = begin_fetch(f, 1, "", 5);
	op->notice_fetched.keep = true;
	op->notice_fetched.delivery_count = 0;
	op->notice_fetched.user = span_of(BOB);
	op->notice_fetched.to = span_of("Bob@b.test");
	op->notice_fetched.sender = span_of("alice@a.test");
	op->notice_fetched.subject = span_of("minutes");
	op->notice_fetched.envelope = span_of("From: alice@a.test\r\n");
	op->notice_fetched.attachments = 3;
	expect(f, STORE_OK);
}

static void
an_accepted_envelope_is_pulled_at_once(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_two(f, 1, 10);
	f->now += 5;
	op = begin_decide(f, 10, BOB, VERDICT_AUTHORIZE);
	expect(f, STORE_OK);
	assert_int_equal(op->notice_decide.notice.state, NOTICE_WANTED);
	assert_int_equal(op->notice_decide.notice.verdict, VERDICT_AUTHORIZE);
	assert_false(op->notice_decide.have || op->notice_decide.again);
	assert_false(row_at(f, 10).verdict_due);
	assert_int_equal(row_at(f, 10).next_at, f->now);
	assert_true(
	    decide(f, 10, VERDICT_AUTHORIZE, STORE_OK)->notice_decide.again);
	decide(f, 10, VERDICT_ACCEPT, STORE_CONFLICT);
	decide(f, 10, VERDICT_REJECT, STORE_CONFLICT);
	claim_notices(f, 1);
	assert_true(
	    decide(f, 10, VERDICT_AUTHORIZE, STORE_OK)->notice_decide.again);
	assert_int_equal(row_at(f, 11).state, NOTICE_PENDING);
	assert_clean(f);
}

static void
only_the_user_it_is_for_decides(void **state)
{
	struct fixture *f = *state;

	put_two(f, 1, 10);
	begin_decide(f, 10, CAROL, VERDICT_ACCEPT);
	expect(f, STORE_NONE);
	begin_decide(f, 99, BOB, VERDICT_ACCEPT);
	expect(f, STORE_NONE);
	decide(f, 10, VERDICT_NONE, STORE_CONFLICT);
	decide(f, 10, (enum store_verdict)9, STORE_CONFLICT);
	assert_int_equal(row_at(f, 10).state, NOTICE_PENDING);
}

/* WIRE 6: repeated until the origin has answered. */
static void
a_refusal_is_told_until_the_origin_has_answered(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_two(f, 1, 10);
	op = decide(f, 10, VERDICT_SPAM, STORE_OK);
	assert_int_equal(op->notice_decide.notice.state, NOTICE_REFUSED);
	assert_true(op->notice_decide.notice.verdict_due);
	claim_notices(f, 1);
	assert_int_equal(f->op->notice_claim.notices[0].state, NOTICE_REFUSED);
	op = begin_notice_settle(f, 1, NOTICE_END_LATER);
	op->notice_settle.named = span_of(BOB);
	expect(f, STORE_OK);
	claim_notices(f, 0);
	f->now += 600;
	claim_notices(f, 1);
	tell(f, 1, BOB, VERDICT_SPAM, STORE_OK);
	tell(f, 1, BOB, VERDICT_SPAM, STORE_OK);
	assert_false(row_at(f, 10).verdict_due);
	f->now += 100000;
	claim_notices(f, 0);
	tell(f, 1, CAROL, VERDICT_SPAM, STORE_CONFLICT);
	assert_true(decide(f, 10, VERDICT_SPAM, STORE_OK)->notice_decide.again);
	decide(f, 10, VERDICT_SPAMMER, STORE_CONFLICT);
	decide(f, 10, VERDICT_ACCEPT, STORE_CONFLICT);
	assert_clean(f);
}

/* SM-25 */
static void
a_message_delivered_can_still_be_refused(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_two(f, 1, 10);
	decide(f, 10, VERDICT_ACCEPT, STORE_OK);
	claim_notices(f, 1);
	begin_fetch(f, 1, BOB, 5);
	expect(f, STORE_OK);
	decide(f, 10, VERDICT_REJECT, STORE_OK);
	assert_int_equal(row_at(f, 10).state, NOTICE_FETCHED);
	deliver(f, 305);
	op = decide(f, 10, VERDICT_REJECT, STORE_OK);
	assert_true(op->notice_decide.again);
	assert_int_equal(op->notice_decide.notice.state, NOTICE_DELIVERED);
	assert_true(op->notice_decide.notice.verdict_due);
	decide(f, 10, VERDICT_SPAM, STORE_CONFLICT);
	op = begin(f, STORE_COUNT);
	expect(f, STORE_OK);
	assert_int_equal(op->count.verdicts_due, 1);
	assert_int_equal(op->count.unconfirmed, 1);
	assert_clean(f);
}

/* SM-13: one pull serves all, and goes when all have decided. */
static void
a_copy_is_here_until_all_have_decided(void **state)
{
	struct fixture *f = *state;
	struct store_notice third = envelope_of(1, "dan@b.test");
	struct store_op *op;

	put_two(f, 1, 10);
	third.key = key_of(12);
	put_row(f, &third, STORE_OK);
	decide(f, 10, VERDICT_ACCEPT, STORE_OK);
	claim_notices(f, 1);
	begin_fetch(f, 1, BOB, 5);
	expect(f, STORE_OK);
	assert_true(key_equals(row_at(f, 11).message, key_of(5)));
	deliver(f, 305);
	assert_int_equal(row_at(f, 10).state, NOTICE_DELIVERED);
	assert_true(body_is_known(f, 5));
	op = begin_decide(f, 11, CAROL, VERDICT_ACCEPT);
	op->notice_decide.delivery.key = key_of(0);
	expect(f, STORE_CONFLICT); /* where to? */
	op = begin_decide(f, 11, CAROL, VERDICT_ACCEPT);
	expect(f, STORE_OK);
	assert_true(op->notice_decide.have);
	assert_int_equal(op->notice_decide.notice.state, NOTICE_FETCHED);
	assert_true(op->notice_decide.notice.verdict_due);
	assert_false(op->notice_decide.notice.unconfirmed);
	op = begin(f, STORE_DELIVERY_CLAIM);
	op->delivery_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	expect(f, STORE_OK);
	assert_int_equal(op->delivery_claim.count, 1);
	assert_true(
	    key_equals(op->delivery_claim.rows[0].delivery.message, key_of(5)));
	deliver(f, 211);
	assert_false(f->op->delivery_settle.body_free);
	assert_int_equal(row_at(f, 11).state, NOTICE_DELIVERED);
	assert_clean(f);
	op = decide(f, 12, VERDICT_REJECT, STORE_OK);
	assert_true(op->notice_decide.body_free);
	assert_true(key_equals(op->notice_decide.message, key_of(5)));
	assert_false(body_is_known(f, 5));
	assert_clean(f);
}

/* Another sender of the same domain may not slip in a message. */
static void
a_copy_serves_only_those_who_were_told_the_same(void **state)
{
	struct fixture *f = *state;
	struct store_notice other = envelope_of(1, CAROL);

	other.key = key_of(20);
	other.sender = span_of("mallory@a.test");
	put_row(f, &other, STORE_OK);
	other = envelope_of(1, "dan@b.test");
	other.key = key_of(21);
	other.has_digest = false;
	put_row(f, &other, STORE_OK);
	other = envelope_of(1, BOB);
	other.key = key_of(22);
	put_row(f, &other, STORE_OK);
	decide(f, 22, VERDICT_ACCEPT, STORE_OK);
	claim_notices(f, 1);
	begin_fetch(f, 1, BOB, 5);
	expect(f, STORE_OK);
	assert_true(key_is_zero(row_at(f, 20).message));
	assert_true(key_is_zero(row_at(f, 21).message));
	decide(f, 20, VERDICT_ACCEPT, STORE_OK);
	assert_int_equal(row_at(f, 20).state, NOTICE_WANTED);
	assert_clean(f);
}

/* WIRE 10: what a person must decide about a message that named nobody. */
static void
a_kept_message_is_shown_and_delivered_when_accepted(void **state)
{
	struct fixture *f = *state;
	struct store_notice notice;
	struct store_op *op;

	keep(f);
	notice = row_at(f, 1);
	assert_int_equal(notice.state, NOTICE_KEPT);
	assert_true(notice.unconfirmed);
	assert_span(notice.recipient, BOB);
	assert_span(notice.to, "Bob@b.test");
	assert_span(notice.sender, "alice@a.test");
	assert_span(notice.subject, "minutes");
	assert_span(row_at(f, 1).envelope, "From: alice@a.test\r\n");
	assert_int_equal(notice.attachments, 3);
	assert_true(body_is_known(f, 5));
	begin_notice_settle(f, 1, NOTICE_END_CONFIRMED);
	expect(f, STORE_OK);
	f->now += 100000;
	claim_notices(f, 0);
	op = begin_decide(f, 1, BOB, VERDICT_ACCEPT);
	expect(f, STORE_OK);
	assert_int_equal(op->notice_decide.notice.state, NOTICE_FETCHED);
	assert_false(op->notice_decide.have);
	assert_false(op->notice_decide.notice.verdict_due);
	assert_clean(f);
	deliver(f, 201);
	assert_true(f->op->delivery_settle.body_free);
	assert_int_equal(row_at(f, 1).state, NOTICE_DELIVERED);
	assert_clean(f);
}

/* AT-13: what is kept for one user has a ceiling, and room comes back. */
static void
no_more_is_kept_for_a_user_than_the_quota(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	keep(f);
	put_notice(f, 2);
	claim_notices(f, 1);
	for (uint64_t quota = 71; quota <= 72; quota++) {
		op = begin_fetch(f, 2, "", 6);
		op->notice_fetched.keep = true;
		op->notice_fetched.delivery_count = 0;
		op->notice_fetched.user = span_of(BOB);
		op->notice_fetched.quota = quota; /* each has 36 */
		expect(f, quota < 72 ? STORE_FULL : STORE_OK);
	}
	assert_int_equal(row_at(f, 2).state, NOTICE_KEPT);
	assert_clean(f);
}

static void
what_is_kept_for_one_costs_another_no_room(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	keep(f);
	decide(f, 1, VERDICT_REJECT, STORE_OK);
	put_notice(f, 2);
	claim_notices(f, 2); /* and the verdict */
	op = begin_fetch(f, 2, "", 6);
	op->notice_fetched.keep = true;
	op->notice_fetched.delivery_count = 0;
	op->notice_fetched.user = span_of(BOB);
	op->notice_fetched.quota = 36; /* what was refused is gone */
	expect(f, STORE_OK);
	put_notice(f, 3);
	claim_notices(f, 1);
	op = begin_fetch(f, 3, "", 7);
	op->notice_fetched.keep = true;
	op->notice_fetched.delivery_count = 0;
	op->notice_fetched.user = span_of(CAROL);
	op->notice_fetched.quota = 36;
	expect(f, STORE_OK);
	assert_clean(f);
}

static void
a_kept_message_goes_when_it_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	keep(f);
	op = decide(f, 1, VERDICT_SPAMMER, STORE_OK);
	assert_true(op->notice_decide.body_free);
	assert_true(op->notice_decide.notice.verdict_due);
	assert_int_equal(row_at(f, 1).state, NOTICE_REFUSED);
	assert_false(body_is_known(f, 5));
	tell(f, 1, "", VERDICT_SPAMMER, STORE_OK);
	assert_clean(f);
}

/* AT-14: its name does not change with what became known. */
static void
a_notice_that_named_nobody_is_found_with_and_without_its_user(void **state)
{
	struct fixture *f = *state;
	struct store_notice again = notice_of(1);
	struct store_op *op;

	keep(f);
	again.key = key_of(9);
	put_row(f, &again, STORE_EXISTS);
	op = begin(f, STORE_NOTICE_GET);
	op->notice_get.id = notice_of(1).id;
	op->notice_get.domain = notice_of(1).domain;
	expect(f, STORE_OK);
	op->notice_get.named = span_of(BOB);
	expect(f, STORE_NONE);    /* its name is without one for ever */
	begin_fetch(f, 1, "", 5); /* with a delivery, when it is kept */
	f->op->notice_fetched.keep = true;
	expect(f, STORE_CONFLICT);
	begin_fetch(f, 1, "", 5);
	f->op->notice_fetched.keep = true;
	f->op->notice_fetched.delivery_count = 0;
	expect(f, STORE_CONFLICT); /* for whom? */
	f->op->notice_fetched.user = span_of(BOB);
	expect(f, STORE_EXISTS);
	assert_clean(f);
}

/* A verdict that came while another was on its way is told as well. */
static void
an_answer_to_an_older_verdict_leaves_the_newer_one_due(void **state)
{
	struct fixture *f = *state;

	put_two(f, 1, 10);
	decide(f, 10, VERDICT_ACCEPT, STORE_OK);
	claim_notices(f, 1);
	begin_fetch(f, 1, BOB, 5);
	expect(f, STORE_OK);
	decide(f, 11, VERDICT_ACCEPT, STORE_OK);
	claim_notices(f, 1);
	decide(f, 11, VERDICT_REJECT, STORE_OK);
	tell(f, 1, CAROL, VERDICT_ACCEPT, STORE_OK);
	assert_true(row_at(f, 11).verdict_due);
	claim_notices(f, 1);
	assert_int_equal(
	    f->op->notice_claim.notices[0].verdict, VERDICT_REJECT);
}

static struct store_op *
expire(struct fixture *f, unsigned limit, unsigned expected)
{
	struct store_op *op = begin(f, STORE_NOTICE_EXPIRE);

	op->notice_expire.limit = limit;
	expect(f, STORE_OK);
	assert_int_equal(op->notice_expire.count, expected);
	return op;
}

static void
what_was_not_decided_in_time_lapses(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	keep(f);
	put_two(f, 2, 10);
	f->now = NOW + 172799;
	expire(f, 10, 0);
	f->now += 1;
	op = expire(f, 2, 2);
	assert_int_equal(op->notice_expire.notices[0].state, NOTICE_LAPSED);
	assert_int_equal(op->notice_expire.body_count, 1);
	assert_true(key_equals(op->notice_expire.bodies[0], key_of(5)));
	expire(f, 10, 1);
	assert_false(body_is_known(f, 5));
	assert_int_equal(row_at(f, 10).state, NOTICE_LAPSED);
	decide(f, 10, VERDICT_ACCEPT, STORE_CONFLICT);
	claim_notices(f, 0);
	assert_clean(f);
	f->now += 604800;
	op = begin(f, STORE_SWEEP);
	op->sweep.notices_before = f->now;
	op->sweep.limit = 10;
	expect(f, STORE_OK);
	assert_int_equal(op->sweep.removed, 3);
	assert_clean(f);
}

/* Its pull ends it, with a report to its user. */
static void
what_a_person_accepted_does_not_lapse_with_its_time(void **state)
{
	struct fixture *f = *state;
	struct store_notice automatic = envelope_of(3, BOB);

	put_two(f, 2, 10);
	automatic.key = key_of(20);
	automatic.state = NOTICE_WANTED;
	automatic.verdict = VERDICT_ACCEPT;
	automatic.decided_at = NOW; /* not what it says, but what was done */
	put_row(f, &automatic, STORE_OK);
	assert_int_equal(row_at(f, 20).decided_at, 0);
	decide(f, 10, VERDICT_ACCEPT, STORE_OK);
	decide(f, 11, VERDICT_AUTHORIZE, STORE_OK);
	f->now = NOW + 172800;
	expire(f, 10, 1);
	assert_int_equal(row_at(f, 10).state, NOTICE_WANTED);
	assert_int_equal(row_at(f, 11).state, NOTICE_WANTED);
	assert_int_equal(row_at(f, 20).state, NOTICE_LAPSED);
	claim_notices(f, 2);
	assert_clean(f);
}

static void
the_time_of_the_first_decision_is_kept(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	keep(f);
	put_two(f, 2, 10);
	assert_int_equal(row_at(f, 10).decided_at, 0);
	f->now += 5;
	op = decide(f, 10, VERDICT_REJECT, STORE_OK);
	assert_int_equal(op->notice_decide.notice.decided_at, NOW + 5);
	f->now += 5;
	op = decide(f, 10, VERDICT_REJECT, STORE_OK); /* again */
	assert_int_equal(op->notice_decide.notice.decided_at, NOW + 5);
	decide(f, 10, VERDICT_ACCEPT, STORE_CONFLICT);
	op = decide(f, 1, VERDICT_ACCEPT, STORE_OK);
	assert_int_equal(op->notice_decide.notice.decided_at, NOW + 10);
	f->now += 5;
	op = decide(f, 1, VERDICT_SPAM, STORE_OK); /* afterwards */
	assert_int_equal(op->notice_decide.notice.decided_at, NOW + 10);
	assert_int_equal(row_at(f, 1).decided_at, NOW + 10);
	assert_int_equal(row_at(f, 10).decided_at, NOW + 5);
	assert_int_equal(row_at(f, 11).decided_at, 0);
	assert_clean(f);
}

/* A copy that only waits for them goes with the last of them. */
static void
a_copy_goes_when_those_who_could_have_it_lapse(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_two(f, 1, 10);
	decide(f, 10, VERDICT_ACCEPT, STORE_OK);
	claim_notices(f, 1);
	begin_fetch(f, 1, BOB, 5);
	expect(f, STORE_OK);
	deliver(f, 305);
	f->now = NOW + 172800;
	op = expire(f, 10, 1);
	assert_int_equal(op->notice_expire.body_count, 1);
	assert_true(key_is_zero(op->notice_expire.notices[0].message));
	assert_false(body_is_known(f, 5));
	assert_clean(f);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(an_accepted_envelope_is_pulled_at_once),
	    CASE(only_the_user_it_is_for_decides),
	    CASE(a_refusal_is_told_until_the_origin_has_answered),
	    CASE(a_message_delivered_can_still_be_refused),
	    CASE(a_copy_is_here_until_all_have_decided),
	    CASE(a_copy_serves_only_those_who_were_told_the_same),
	    CASE(a_kept_message_is_shown_and_delivered_when_accepted),
	    CASE(no_more_is_kept_for_a_user_than_the_quota),
	    CASE(what_is_kept_for_one_costs_another_no_room),
	    CASE(a_kept_message_goes_when_it_is_refused),
	    CASE(a_notice_that_named_nobody_is_found_with_and_without_its_user),
	    CASE(an_answer_to_an_older_verdict_leaves_the_newer_one_due),
	    CASE(what_was_not_decided_in_time_lapses),
	    CASE(what_a_person_accepted_does_not_lapse_with_its_time),
	    CASE(the_time_of_the_first_decision_is_kept),
	    CASE(a_copy_goes_when_those_who_could_have_it_lapse),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
