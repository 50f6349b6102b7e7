/* Reports to authors: due, made, left out; on every driver. */
#include "fixture.h"

static struct store_op *
claim(struct fixture *f, unsigned expected)
{
	struct store_op *op = begin(f, STORE_REPORT_CLAIM);

	op->report_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	expect(f, STORE_OK);
	assert_int_equal(op->report_claim.count, expected);
	return op;
}

static struct store_op *
begin_report(struct fixture *f, unsigned hold, unsigned reported)
{
	struct store_op *op = begin(f, STORE_REPORT_PUT);

	op->report_put.hold = key_of(hold);
	op->report_put.reported = reported;
	op->report_put.report = span_of("failed report sent");
	op->report_put.message = message_of(50);
	op->report_put.message.sender = span_of("");
	op->report_put.message.user = span_of("");
	op->report_put.delivery = delivery_of(60, 50);
	return op;
}

static struct store_op *
begin_none(struct fixture *f, unsigned hold, unsigned reported)
{
	struct store_op *op = begin(f, STORE_REPORT_NONE);

	op->report_none.hold = key_of(hold);
	op->report_none.reported = reported;
	op->report_none.report = span_of("NOTIFY=NEVER");
	return op;
}

/* One hold of a spooled message that ends REFUSED. */
static void
put_refused(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);
	struct store_hold row = hold_of(10, 1);

	op->message_put.message = message_of(1);
	op->message_put.message.spooled = true;
	op->message_put.hold_count = 1;
	op->message_put.holds = &row;
	expect(f, STORE_OK);
	begin_end(f, 10, HOLD_REFUSED);
	expect(f, STORE_OK);
}

static uint64_t
reports_due(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_COUNT);

	expect(f, STORE_OK);
	return op->count.reports_due;
}

/* GD-14 */
static void
a_refused_hold_is_reported_with_what_the_report_quotes(void **state)
{
	struct fixture *f = *state;
	struct store_hold_row *row;
	struct store_op *op;

	put_refused(f);
	assert_false(f->op->hold_end.body_free);
	assert_true(body_is_known(f, 1));
	assert_int_equal(reports_due(f), 1);
	row = claim(f, 1)->report_claim.rows;
	assert_int_equal(row->hold.state, HOLD_REFUSED);
	assert_span(row->message.head, "Subject: minutes\r\n\r\n");
	assert_span(row->message.body, "Here they are.\r\n");
	claim(f, 0);
	op = begin_report(f, 10, REPORT_FAILED);
	expect(f, STORE_OK);
	assert_true(op->report_put.body_free);
	assert_true(key_equals(op->report_put.body, key_of(1)));
	assert_false(body_is_known(f, 1));
	assert_int_equal(reports_due(f), 0);
	assert_int_equal(hold_now(f, 10).reported, REPORT_FAILED);
	assert_span(hold_now(f, 10).report, "failed report sent");
	op = begin(f, STORE_DELIVERY_CLAIM);
	op->delivery_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	expect(f, STORE_OK);
	assert_int_equal(op->delivery_claim.count, 1);
	f->now += 100000;
	claim(f, 0);
	assert_clean(f);
}

static void
a_report_is_made_once(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_refused(f);
	begin_report(f, 10, REPORT_FAILED);
	expect(f, STORE_OK);
	begin_report(f, 10, REPORT_FAILED);
	expect(f, STORE_EXISTS);
	op = begin_report(f, 10, REPORT_FAILED); /* made by another one */
	op->report_put.message.key = key_of(51);
	expect(f, STORE_EXISTS);
	begin_none(f, 10, REPORT_FAILED);
	expect(f, STORE_EXISTS);
	assert_span(hold_now(f, 10).report, "failed report sent");
	op = begin_report(f, 99, REPORT_FAILED);
	op->report_put.message.key = key_of(52);
	expect(f, STORE_NONE);
	assert_clean(f);
}

static void
a_report_goes_with_the_state_it_tells_of(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 2, 20, 1);
	put_refused(f);
	begin_report(f, 10, REPORT_DELAYED);
	expect(f, STORE_CONFLICT);
	begin_report(f, 10, 0);
	expect(f, STORE_CONFLICT);
	begin_report(f, 10, 4);
	expect(f, STORE_CONFLICT);
	begin_report(f, 20, REPORT_FAILED);
	expect(f, STORE_CONFLICT);
	put_delivery(f, 3, 60);
	begin_report(f, 10, REPORT_FAILED); /* that key is taken */
	expect(f, STORE_CONFLICT);
	op = begin_report(f, 10, REPORT_FAILED);
	op->report_put.delivery = delivery_of(61, 50);
	expect(f, STORE_OK);
	assert_clean(f);
}

static void
why_there_is_no_report_is_said(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_refused(f);
	claim(f, 1);
	op = begin_none(f, 10, REPORT_FAILED);
	expect(f, STORE_OK);
	assert_true(op->report_none.body_free);
	assert_span(hold_now(f, 10).report, "NOTIFY=NEVER");
	assert_true(hold_now(f, 10).report_at == INT64_MAX);
	begin_none(f, 99, REPORT_FAILED);
	expect(f, STORE_NONE);
	f->now += 100000;
	claim(f, 0);
	assert_clean(f);
}

static void
a_report_can_be_put_off(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_refused(f);
	claim(f, 1);
	op = begin_none(f, 10, 0);
	expect(f, STORE_CONFLICT); /* until when? */
	op->report_none.report_at = f->now + 300;
	expect(f, STORE_OK);
	assert_false(op->report_none.body_free);
	assert_int_equal(reports_due(f), 1);
	f->now += 299;
	claim(f, 0);
	f->now += 1;
	claim(f, 1);
	assert_clean(f);
}

static void
a_claim_that_is_not_answered_is_free_again(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_refused(f);
	claim(f, 1);
	f->now += 59;
	claim(f, 0);
	f->now += 1;
	claim(f, 1);
	op = begin(f, STORE_LEASE_FREE);
	op->lease_free.node = NODE;
	expect(f, STORE_OK);
	claim(f, 1);
}

static void
notify_until(struct fixture *f, int64_t report_at)
{
	struct store_op *op = begin(f, STORE_HOLD_NOTICED);

	op->hold_noticed.key = key_of(10);
	op->hold_noticed.route = ROUTE_ENVELOPE;
	op->hold_noticed.expires_at = NOW + 1209600;
	op->hold_noticed.report_at = report_at;
	expect(f, STORE_OK);
}

static void
a_delay_is_reported_once_while_the_hold_is_open(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 1);
	notify_until(f, NOW + 86400);
	claim(f, 0);
	f->now = NOW + 86400;
	assert_int_equal(
	    claim(f, 1)->report_claim.rows[0].hold.state, HOLD_NOTICED);
	begin_report(f, 10, REPORT_DELAYED);
	expect(f, STORE_OK);
	assert_false(f->op->report_put.body_free);
	notify_until(f, NOW + 86500); /* one was made */
	assert_true(hold_now(f, 10).report_at == INT64_MAX);
	assert_int_equal(hold_now(f, 10).reported, REPORT_DELAYED);
	begin_end(f, 10, HOLD_REFUSED);
	expect(f, STORE_OK);
	claim(f, 1);
	assert_clean(f);
}

/* It ends while somebody is at its delay: the failure is due at once. */
static void
an_end_overtakes_the_report_of_a_delay(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 1);
	notify_until(f, NOW + 100);
	f->now = NOW + 100;
	claim(f, 1);
	begin_end(f, 10, HOLD_REFUSED);
	expect(f, STORE_OK);
	begin_report(f, 10, REPORT_DELAYED);
	expect(f, STORE_CONFLICT);
	claim(f, 1);
	begin_report(f, 10, REPORT_FAILED);
	expect(f, STORE_OK);
	assert_clean(f);
}

static void
what_was_taken_or_withdrawn_is_not_reported(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 2);
	notify_until(f, NOW + 100);
	aim(f, 10);
	lease(f, 10);
	settle_hold(f, 10, HOLD_TAKEN, STORE_OK);
	begin_end(f, 11, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	f->now += 1000;
	claim(f, 0);
	assert_int_equal(reports_due(f), 0);
	assert_clean(f);
}

/* Reports of reports would never end. */
static void
what_has_no_author_here_is_not_reported(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2; i++) {
		struct store_op *op = begin(f, STORE_MESSAGE_PUT);
		struct store_hold row = hold_of(10 + i, 1 + i);

		op->message_put.message = message_of(1 + i);
		if (i == 0)
			op->message_put.message.sender = span_of("");
		else
			op->message_put.message.user = span_of("");
		op->message_put.hold_count = 1;
		op->message_put.holds = &row;
		expect(f, STORE_OK);
	}
	notify_until(f, NOW + 100);
	assert_true(hold_now(f, 10).report_at == INT64_MAX);
	for (unsigned i = 0; i < 2; i++) {
		begin_end(f, 10 + i, HOLD_REFUSED);
		expect(f, STORE_OK);
	}
	f->now += 1000;
	claim(f, 0);
	assert_clean(f);
}

static void
an_expired_hold_is_reported(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	notify(f, 10);
	f->now = NOW + 172800 + STORE_HOLD_GRACE;
	op = begin(f, STORE_HOLD_EXPIRE);
	op->hold_expire.limit = 10;
	op->hold_expire.grace = STORE_HOLD_GRACE;
	expect(f, STORE_OK);
	assert_int_equal(op->hold_expire.rows[0].hold.report_at, f->now);
	assert_int_equal(op->hold_expire.body_count, 0);
	assert_int_equal(
	    claim(f, 1)->report_claim.rows[0].hold.state, HOLD_EXPIRED);
	/* Not forgotten before it is reported. */
	f->now += 10000000;
	op = begin(f, STORE_SWEEP);
	op->sweep.holds_before = f->now;
	op->sweep.limit = 10;
	expect(f, STORE_OK);
	assert_int_equal(op->sweep.removed, 0);
	assert_clean(f);
}

/* One hold, 10, of message 1, with what the row says of its report. */
static struct store_op *
begin_put(struct fixture *f, const struct store_hold *row, const char *sender)
{
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);

	op->message_put.message = message_of(1);
	op->message_put.message.sender = span_of(sender);
	op->message_put.hold_count = 1;
	op->message_put.holds = row;
	return op;
}

/* Nobody could be told of it. */
static void
a_hold_can_come_with_the_time_of_its_report(void **state)
{
	struct fixture *f = *state;
	struct store_hold row = hold_of(10, 1);

	row.report_at = NOW + 100;
	begin_put(f, &row, "alice@a.test");
	expect(f, STORE_OK);
	assert_int_equal(hold_now(f, 10).report_at, NOW + 100);
	claim(f, 0);
	f->now += 100;
	claim(f, 1);
	notify(f, 10); /* without a time: never */
	assert_true(hold_now(f, 10).report_at == INT64_MAX);
	f->now += 1000;
	claim(f, 0);
	assert_clean(f);
}

static void
a_hold_without_a_time_or_an_author_comes_without_a_report(void **state)
{
	struct fixture *f = *state;
	struct store_hold row = hold_of(10, 1);
	struct store_op *op;

	begin_put(f, &row, "alice@a.test");
	expect(f, STORE_OK);
	assert_true(hold_now(f, 10).report_at == INT64_MAX);
	row = hold_of(11, 2);
	row.report_at = NOW;
	op = begin_put(f, &row, "");
	op->message_put.message.key = key_of(2);
	expect(f, STORE_OK);
	assert_true(hold_now(f, 11).report_at == INT64_MAX);
	claim(f, 0);
	assert_clean(f);
}

static void
a_report_waits_until_all_parts_of_the_message_are_here(void **state)
{
	struct fixture *f = *state;
	struct store_hold rows[] = {hold_of(10, 1), hold_of(11, 1)};
	struct store_op *op;

	rows[0].report_at = NOW;
	op = begin_put(f, &rows[0], "alice@a.test");
	op->message_put.more = true;
	expect(f, STORE_OK);
	assert_clean(f);
	claim(f, 0);
	begin_put(f, &rows[1], "alice@a.test");
	expect(f, STORE_OK);
	claim(f, 1);
	assert_clean(f);
}

/* A staged one takes no room among those that are claimed. */
static void
a_staged_hold_hides_no_report(void **state)
{
	struct fixture *f = *state;
	struct store_hold rows[] = {hold_of(10, 1), hold_of(11, 2)};
	struct store_op *op;

	rows[0].report_at = NOW - 5;
	rows[1].report_at = NOW;
	op = begin_put(f, &rows[0], "alice@a.test");
	op->message_put.more = true;
	expect(f, STORE_OK);
	op = begin_put(f, &rows[1], "alice@a.test");
	op->message_put.message.key = key_of(2);
	expect(f, STORE_OK);
	op = begin(f, STORE_REPORT_CLAIM);
	op->report_claim.claim = (struct store_claim){NODE, f->now + 60, 1};
	expect(f, STORE_OK);
	assert_int_equal(op->report_claim.count, 1);
	assert_true(key_equals(op->report_claim.rows[0].hold.key, key_of(11)));
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(a_refused_hold_is_reported_with_what_the_report_quotes),
	    CASE(a_report_is_made_once),
	    CASE(a_report_goes_with_the_state_it_tells_of),
	    CASE(why_there_is_no_report_is_said),
	    CASE(a_report_can_be_put_off),
	    CASE(a_claim_that_is_not_answered_is_free_again),
	    CASE(a_delay_is_reported_once_while_the_hold_is_open),
	    CASE(an_end_overtakes_the_report_of_a_delay),
	    CASE(what_was_taken_or_withdrawn_is_not_reported),
	    CASE(what_has_no_author_here_is_not_reported),
	    CASE(an_expired_hold_is_reported),
	    CASE(a_hold_can_come_with_the_time_of_its_report),
	    CASE(a_hold_without_a_time_or_an_author_comes_without_a_report),
	    CASE(a_report_waits_until_all_parts_of_the_message_are_here),
	    CASE(a_staged_hold_hides_no_report),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
