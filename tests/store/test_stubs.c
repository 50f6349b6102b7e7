/* Stubs of undecided notices, on every driver. */
#include "fixture.h"

static struct store_op *
claim(struct fixture *f, unsigned expected)
{
	struct store_op *op = begin(f, STORE_STUB_CLAIM);

	op->stub_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	expect(f, STORE_OK);
	assert_int_equal(op->stub_claim.count, expected);
	return op;
}

static void
settle(struct fixture *f, unsigned key, bool done, bool shown)
{
	struct store_op *op = begin(f, STORE_STUB_SETTLE);

	op->stub_settle.key = key_of(key);
	op->stub_settle.done = done;
	op->stub_settle.shown = shown;
	op->stub_settle.next_at = f->now + 300;
	expect(f, STORE_OK);
}

static void
decide(struct fixture *f, unsigned key, enum store_verdict verdict,
    const char *folder)
{
	struct store_op *op = begin(f, STORE_NOTICE_DECIDE);

	op->notice_decide.key = key_of(key);
	op->notice_decide.verdict = verdict;
	op->notice_decide.folder = span_of(folder);
	expect(f, STORE_OK);
}

static void
what_waits_for_a_decision_is_to_be_shown_with_its_text(void **state)
{
	struct fixture *f = *state;
	struct store_notice wanted = envelope_of(3, CAROL);
	struct store_op *op;

	put_two(f, 1, 10);
	wanted.state = NOTICE_WANTED;
	put_row(f, &wanted, STORE_OK);
	op = claim(f, 2);
	assert_span(op->stub_claim.notices[0].recipient, BOB);
	assert_int_not_equal(op->stub_claim.notices[0].envelope.n, 0);
	claim(f, 0); /* the claim runs */
	settle(f, 10, true, true);
	settle(f, 11, false, false);
	assert_true(row_at(f, 10).shown);
	assert_false(row_at(f, 11).shown);
	claim(f, 0);
	f->now += 300;
	op = claim(f, 1);
	assert_span(op->stub_claim.notices[0].recipient, CAROL);
	assert_int_equal(op->stub_claim.notices[0].stub_tries, 2);
	f->now += 60; /* a claim that was lost */
	op = claim(f, 1);
	assert_int_equal(op->stub_claim.notices[0].stub_tries, 3);
	assert_clean(f);
}

static void
what_was_decided_is_to_be_taken_away_when_it_is_over(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_two(f, 1, 10);
	claim(f, 2);
	settle(f, 10, true, true);
	settle(f, 11, true, true);
	decide(f, 10, VERDICT_REJECT, "");
	decide(f, 11, VERDICT_ACCEPT, "");
	op = claim(f, 1); /* the accepted one has not come yet */
	assert_true(op->stub_claim.notices[0].shown);
	assert_span(op->stub_claim.notices[0].recipient, BOB);
	settle(f, 10, true, false);
	f->now += 1000;
	claim(f, 0);
	assert_clean(f);
}

static void
sweep(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_SWEEP);

	op->sweep.notices_before = f->now;
	op->sweep.limit = 10;
	expect(f, STORE_OK);
}

static bool
is_there(struct fixture *f, unsigned key)
{
	struct store_op *op = begin(f, STORE_NOTICE_GET);

	op->notice_get.key = key_of(key);
	return store_do(f->store, op) == STORE_OK;
}

static void
a_stub_that_lies_in_a_mailbox_keeps_its_row(void **state)
{
	struct fixture *f = *state;

	put_two(f, 1, 10);
	claim(f, 2);
	settle(f, 10, true, true);
	decide(f, 10, VERDICT_REJECT, "");
	decide(f, 11, VERDICT_REJECT, "");
	f->now += 100 * 86400;
	sweep(f);
	assert_false(is_there(f, 11));
	assert_true(is_there(f, 10));
	settle(f, 10, true, false);
	sweep(f);
	assert_false(is_there(f, 10));
}

static void
claims_of_a_node_that_died_are_free(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_two(f, 1, 10);
	claim(f, 2);
	op = begin(f, STORE_LEASE_FREE);
	op->lease_free.node = NODE;
	expect(f, STORE_OK);
	claim(f, 2);
}

/* Accepted into a folder; found again by the message it brought. */
static void
a_message_goes_where_its_stub_was_moved(void **state)
{
	struct fixture *f = *state;
	struct store_delivery delivery = delivery_of(300, 5);
	struct store_op *op;

	put_two(f, 1, 10);
	decide(f, 10, VERDICT_ACCEPT, ".Work.Alice");
	claim_notices(f, 1);
	op = begin(f, STORE_NOTICE_FETCHED);
	op->notice_fetched.id = notice_of(1).id;
	op->notice_fetched.domain = notice_of(1).domain;
	op->notice_fetched.named = span_of(BOB);
	op->notice_fetched.message = message_of(5);
	op->notice_fetched.message.user = span_of("");
	op->notice_fetched.delivery_count = 1;
	op->notice_fetched.deliveries = &delivery;
	op->notice_fetched.next_at = f->now + 600;
	expect(f, STORE_OK);
	op = begin(f, STORE_DELIVERY_CLAIM);
	op->delivery_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	expect(f, STORE_OK);
	assert_int_equal(op->delivery_claim.count, 1);
	assert_span(op->delivery_claim.rows[0].delivery.folder, ".Work.Alice");
	op = begin(f, STORE_NOTICE_GET);
	op->notice_get.message = key_of(5);
	op->notice_get.recipient = span_of(BOB);
	expect(f, STORE_OK);
	assert_true(key_equals(op->notice_get.notice.key, key_of(10)));
	op = begin(f, STORE_NOTICE_GET);
	op->notice_get.message = key_of(5);
	op->notice_get.recipient = span_of(CAROL);
	expect(f, STORE_NONE);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(what_waits_for_a_decision_is_to_be_shown_with_its_text),
	    CASE(what_was_decided_is_to_be_taken_away_when_it_is_over),
	    CASE(a_stub_that_lies_in_a_mailbox_keeps_its_row),
	    CASE(claims_of_a_node_that_died_are_free),
	    CASE(a_message_goes_where_its_stub_was_moved),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
