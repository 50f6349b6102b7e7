/* The life of a notice, on every driver. */
#include "fixture.h"

static void
settle(struct fixture *f, unsigned number, enum store_notice_end end,
    enum store_outcome outcome)
{
	begin_notice_settle(f, number, end);
	expect(f, outcome);
}

static void
settle_delivery(struct fixture *f, unsigned number)
{
	struct store_op *op = begin(f, STORE_DELIVERY_SETTLE);

	op->delivery_settle.key = key_of(number);
	op->delivery_settle.done = true;
	expect(f, STORE_OK);
}

static void
a_notice_comes_back_as_it_was_put(void **state)
{
	struct fixture *f = *state;
	struct store_notice notice;

	put_notice(f, 1);
	notice = notice_now(f, 1);
	assert_span(notice.domain, "a.test");
	assert_true(key_equals(notice.key, key_of(1)));
	assert_true(ip_equals(notice.address, ip_of("2001:db8::7")));
	assert_int_equal(notice.dialect, ROUTE_GDEL);
	assert_int_equal(notice.state, NOTICE_WANTED);
	assert_false(notice.unconfirmed);
	assert_true(notice.has_digest);
	assert_int_equal(notice.digest[31], 1);
	assert_true(notice.has_size);
	assert_int_equal(notice.size, 36);
	assert_int_equal(notice.expires_at, NOW + 172800);
	assert_true(key_is_zero(notice.message));
}

static void
what_a_notice_did_not_say_stays_unsaid(void **state)
{
	struct fixture *f = *state;
	struct store_op *op = begin(f, STORE_NOTICE_PUT);

	op->notice_put.notice = notice_of(1);
	op->notice_put.notice.has_digest = false;
	op->notice_put.notice.has_size = false;
	expect(f, STORE_OK);
	assert_false(notice_now(f, 1).has_digest);
	assert_false(notice_now(f, 1).has_size);
}

/* AT-14 */
static void
a_notice_is_known_by_identifier_and_domain_in_every_state(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_notice(f, 1);
	op = begin(f, STORE_NOTICE_PUT);
	op->notice_put.notice = notice_of(1);
	op->notice_put.notice.key = key_of(2);
	expect(f, STORE_EXISTS);
	claim_notices(f, 1);
	fetch(f, 1, 5, 20);
	settle_delivery(f, 20);
	op = begin(f, STORE_NOTICE_PUT);
	op->notice_put.notice = notice_of(1);
	op->notice_put.notice.key = key_of(2);
	expect(f, STORE_EXISTS);
	op = begin(f, STORE_NOTICE_PUT);
	op->notice_put.notice = notice_of(1);
	op->notice_put.notice.key = key_of(3);
	op->notice_put.notice.domain = span_of("other.test");
	expect(f, STORE_OK);
}

/* AT-12 */
static void
ceilings_of_one_domain_and_of_all_are_kept(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_notice(f, 1);
	put_notice(f, 2);
	op = begin(f, STORE_NOTICE_PUT);
	op->notice_put.notice = notice_of(3);
	op->notice_put.pending_max = 2;
	expect(f, STORE_FULL);
	op = begin(f, STORE_NOTICE_PUT);
	op->notice_put.notice = notice_of(3);
	op->notice_put.notice.domain = span_of("other.test");
	op->notice_put.pending_max = 2;
	op->notice_put.total_max = 2;
	expect(f, STORE_FULL);
	op->notice_put.total_max = 3;
	expect(f, STORE_OK);
	claim_notices(f, 3);
	fetch(f, 1, 5, 20);
	op = begin(f, STORE_NOTICE_PUT);
	op->notice_put.notice = notice_of(4);
	op->notice_put.pending_max = 2;
	op->notice_put.total_max = 3;
	expect(f, STORE_OK);
	assert_clean(f);
}

static void
only_a_new_notice_can_be_put(void **state)
{
	struct fixture *f = *state;
	struct store_op *op = begin(f, STORE_NOTICE_PUT);

	op->notice_put.notice = notice_of(1);
	op->notice_put.notice.state = NOTICE_FETCHED;
	expect(f, STORE_CONFLICT);
	op->notice_put.notice.state = NOTICE_PENDING;
	expect(f, STORE_OK);
	claim_notices(f, 0);
}

static void
a_claimed_notice_is_pulling_until_its_lease_ends(void **state)
{
	struct fixture *f = *state;
	struct store_notice notice;

	put_notice(f, 1);
	claim_notices(f, 1);
	notice = f->op->notice_claim.notices[0];
	assert_int_equal(notice.state, NOTICE_PULLING);
	assert_int_equal(notice.tries, 1);
	assert_int_equal(notice.first_try_at, NOW);
	claim_notices(f, 0);
	f->now += 600;
	claim_notices(f, 1);
	notice = notice_now(f, 1);
	assert_int_equal(notice.tries, 2);
	assert_int_equal(notice.first_try_at, NOW);
}

/* GD-16 */
static void
a_pull_that_failed_is_due_later(void **state)
{
	struct fixture *f = *state;

	put_notice(f, 1);
	settle(f, 1, NOTICE_END_LATER, STORE_CONFLICT);
	claim_notices(f, 1);
	settle(f, 1, NOTICE_END_LATER, STORE_OK);
	settle(f, 1, NOTICE_END_LATER, STORE_OK);
	assert_int_equal(notice_now(f, 1).state, NOTICE_WANTED);
	claim_notices(f, 0);
	f->now += 600;
	claim_notices(f, 1);
}

static void
a_fetched_notice_is_asked_about_until_confirmed(void **state)
{
	struct fixture *f = *state;
	struct store_notice notice;

	put_notice(f, 1);
	claim_notices(f, 1);
	fetch(f, 1, 5, 20);
	notice = notice_now(f, 1);
	assert_int_equal(notice.state, NOTICE_FETCHED);
	assert_true(notice.unconfirmed);
	assert_true(key_equals(notice.message, key_of(5)));
	claim_notices(f, 0);
	f->now += 600;
	claim_notices(f, 1);
	assert_int_equal(f->op->notice_claim.notices[0].state, NOTICE_FETCHED);
	assert_int_equal(f->op->notice_claim.notices[0].tries, 2);
	settle(f, 1, NOTICE_END_LATER, STORE_OK);
	claim_notices(f, 0);
	f->now += 600;
	claim_notices(f, 1);
	settle(f, 1, NOTICE_END_CONFIRMED, STORE_OK);
	settle(f, 1, NOTICE_END_CONFIRMED, STORE_OK);
	settle(f, 1, NOTICE_END_LATER, STORE_CONFLICT);
	f->now += 100000;
	claim_notices(f, 0);
	assert_clean(f);
}

static void
a_fetched_message_is_delivered_when_the_last_delivery_is(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;
	struct store_delivery rows[2];

	put_notice(f, 1);
	claim_notices(f, 1);
	op = begin(f, STORE_NOTICE_FETCHED);
	for (unsigned i = 0; i < 2; i++) {
		rows[i] = delivery_of(20 + i, 5);
		rows[i].notice_id = notice_of(1).id;
		rows[i].notice_domain = notice_of(1).domain;
	}
	op->notice_fetched.id = notice_of(1).id;
	op->notice_fetched.domain = notice_of(1).domain;
	op->notice_fetched.message = message_of(5);
	op->notice_fetched.delivery_count = 2;
	op->notice_fetched.deliveries = rows;
	expect(f, STORE_OK);
	settle_delivery(f, 20);
	assert_int_equal(notice_now(f, 1).state, NOTICE_FETCHED);
	settle_delivery(f, 21);
	assert_int_equal(notice_now(f, 1).state, NOTICE_DELIVERED);
	assert_true(notice_now(f, 1).unconfirmed);
	assert_clean(f);
}

static void
a_message_is_fetched_once(void **state)
{
	struct fixture *f = *state;
	struct store_delivery row = delivery_of(20, 5);
	struct store_op *op = begin(f, STORE_NOTICE_FETCHED);

	op->notice_fetched.id = notice_of(1).id;
	op->notice_fetched.domain = notice_of(1).domain;
	op->notice_fetched.message = message_of(5);
	op->notice_fetched.delivery_count = 1;
	op->notice_fetched.deliveries = &row;
	expect(f, STORE_CONFLICT); /* there is no such notice */
	put_notice(f, 1);
	claim_notices(f, 1);
	fetch(f, 1, 5, 20);
	op = begin(f, STORE_NOTICE_FETCHED);
	op->notice_fetched.id = notice_of(1).id;
	op->notice_fetched.domain = notice_of(1).domain;
	op->notice_fetched.message = message_of(5);
	op->notice_fetched.delivery_count = 1;
	op->notice_fetched.deliveries = &row;
	expect(f, STORE_EXISTS);
	op->notice_fetched.message = message_of(6);
	expect(f, STORE_CONFLICT);
	op->notice_fetched.delivery_count = 0;
	expect(f, STORE_CONFLICT);
	assert_clean(f);
}

/* GD-17 */
static void
a_notice_that_lapsed_is_not_pulled_again(void **state)
{
	struct fixture *f = *state;

	put_notice(f, 1);
	settle(f, 1, NOTICE_END_LAPSED, STORE_CONFLICT);
	settle(f, 2, NOTICE_END_LAPSED, STORE_NONE);
	claim_notices(f, 1);
	settle(f, 1, NOTICE_END_LAPSED, STORE_OK);
	settle(f, 1, NOTICE_END_LAPSED, STORE_OK);
	settle(f, 1, NOTICE_END_CONFIRMED, STORE_CONFLICT);
	f->now += 100000;
	claim_notices(f, 0);
	assert_clean(f);
}

static void
a_refused_message_is_asked_about_when_it_has_a_time(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_notice(f, 1);
	put_notice(f, 2);
	claim_notices(f, 2);
	op = begin_notice_settle(f, 1, NOTICE_END_REFUSED);
	op->notice_settle.reply = span_of("554 5.6.0 differs");
	expect(f, STORE_OK);
	op = begin_notice_settle(f, 2, NOTICE_END_REFUSED);
	op->notice_settle.next_at = 0;
	expect(f, STORE_OK);
	assert_true(notice_now(f, 1).unconfirmed);
	assert_span(notice_now(f, 1).reply, "554 5.6.0 differs");
	assert_false(notice_now(f, 2).unconfirmed);
	f->now += 600;
	claim_notices(f, 1);
	settle(f, 1, NOTICE_END_CONFIRMED, STORE_OK);
	assert_int_equal(notice_now(f, 1).state, NOTICE_REFUSED);
	assert_clean(f);
}

static void
notices_are_listed_in_pages_by_key(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_notice(f, 3);
	put_notice(f, 1);
	put_notice(f, 2);
	op = begin(f, STORE_NOTICE_LIST);
	op->notice_list.after = key_of(1);
	op->notice_list.limit = 1;
	expect(f, STORE_OK);
	assert_int_equal(op->notice_list.count, 1);
	assert_true(key_equals(op->notice_list.notices[0].key, key_of(2)));
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(a_notice_comes_back_as_it_was_put),
	    CASE(what_a_notice_did_not_say_stays_unsaid),
	    CASE(a_notice_is_known_by_identifier_and_domain_in_every_state),
	    CASE(ceilings_of_one_domain_and_of_all_are_kept),
	    CASE(only_a_new_notice_can_be_put),
	    CASE(a_claimed_notice_is_pulling_until_its_lease_ends),
	    CASE(a_pull_that_failed_is_due_later),
	    CASE(a_fetched_notice_is_asked_about_until_confirmed),
	    CASE(a_fetched_message_is_delivered_when_the_last_delivery_is),
	    CASE(a_message_is_fetched_once),
	    CASE(a_notice_that_lapsed_is_not_pulled_again),
	    CASE(a_refused_message_is_asked_about_when_it_has_a_time),
	    CASE(notices_are_listed_in_pages_by_key),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
