/* Notices that lapse with a report for their user, on every driver. */
#include "fixture.h"

/* A report about notice NUMBER for Bob, with the delivery of the same number.
 */
static struct store_op *
begin_lapse(struct fixture *f, unsigned number, unsigned report)
{
	struct store_op *op = begin_notice_settle(f, number, NOTICE_END_LAPSED);

	op->notice_settle.has_report = true;
	op->notice_settle.message = message_of(report);
	op->notice_settle.message.sender = span_of("");
	op->notice_settle.message.user = span_of("");
	op->notice_settle.delivery = delivery_of(report, report);
	return op;
}

static struct store_op *
claim_deliveries(struct fixture *f, unsigned expected)
{
	struct store_op *op = begin(f, STORE_DELIVERY_CLAIM);

	op->delivery_claim.claim = (struct store_claim){NODE, f->now + 1, 10};
	op->delivery_claim.octets = 1 << 20;
	expect(f, STORE_OK);
	assert_int_equal(op->delivery_claim.count, expected);
	return op;
}

static void
a_notice_that_lapses_can_bring_a_report_for_its_user_once(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_notice(f, 1);
	claim_notices(f, 1);
	begin_lapse(f, 1, 50);
	expect(f, STORE_OK);
	begin_lapse(f, 1, 50);
	expect(f, STORE_OK);
	begin_lapse(f, 1, 51); /* of another one, who was slower */
	expect(f, STORE_OK);
	assert_int_equal(notice_now(f, 1).state, NOTICE_LAPSED);
	assert_true(key_is_zero(notice_now(f, 1).message));
	op = claim_deliveries(f, 1);
	assert_true(
	    key_equals(op->delivery_claim.rows[0].delivery.key, key_of(50)));
	assert_span(op->delivery_claim.rows[0].delivery.notice_id, "");
	assert_span(
	    op->delivery_claim.rows[0].message.body, "Here they are.\r\n");
	deliver(f, 50);
	begin_lapse(f, 1, 50);
	expect(f, STORE_OK);
	claim_deliveries(f, 0);
	assert_clean(f);
}

static void
a_report_that_cannot_be_taken_leaves_the_notice_as_it_was(void **state)
{
	static char octets[STORE_INLINE_MAX + 1];
	struct fixture *f = *state;
	struct store_op *op;

	put_delivery(f, 5, 20);
	put_notice(f, 1);
	claim_notices(f, 1);
	op = begin_lapse(f, 1, 50);
	op->notice_settle.message.spooled = true;
	expect(f, STORE_FULL);
	op = begin_lapse(f, 1, 50);
	op->notice_settle.message.body = span_make(octets, sizeof octets);
	expect(f, STORE_FULL);
	op = begin_lapse(f, 1, 50);
	op->notice_settle.message.key = key_of(5);
	expect(f, STORE_CONFLICT);
	op = begin_lapse(f, 1, 50);
	op->notice_settle.delivery.key = key_of(20);
	expect(f, STORE_CONFLICT);
	assert_int_equal(notice_now(f, 1).state, NOTICE_PULLING);
	claim_deliveries(f, 1);
	assert_clean(f);
}

static void
a_notice_that_does_not_lapse_brings_no_report(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_notice(f, 1);
	claim_notices(f, 1);
	op = begin_lapse(f, 1, 50);
	op->notice_settle.end = NOTICE_END_LATER;
	expect(f, STORE_OK);
	begin_lapse(f, 1, 50); /* it is not being pulled */
	expect(f, STORE_CONFLICT);
	claim_deliveries(f, 0);
	assert_clean(f);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(a_notice_that_lapses_can_bring_a_report_for_its_user_once),
	    CASE(a_report_that_cannot_be_taken_leaves_the_notice_as_it_was),
	    CASE(a_notice_that_does_not_lapse_brings_no_report),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
