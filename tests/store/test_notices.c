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
	struct store_notice notice = notice_of(1);

	notice.has_digest = false;
	notice.has_size = false;
	put_row(f, &notice, STORE_OK);
	assert_false(notice_now(f, 1).has_digest);
	assert_false(notice_now(f, 1).has_size);
}

/* AT-14 */
static void
a_notice_is_known_by_identifier_and_domain_in_every_state(void **state)
{
	struct fixture *f = *state;
	struct store_notice again = notice_of(1);

	put_notice(f, 1);
	again.key = key_of(2);
	put_row(f, &again, STORE_EXISTS);
	claim_notices(f, 1);
	fetch(f, 1, 5, 20);
	deliver(f, 20);
	put_row(f, &again, STORE_EXISTS);
	again.key = key_of(3);
	again.domain = span_of("other.test");
	put_row(f, &again, STORE_OK);
}

static void
put_below(struct fixture *f, const struct store_notice *notice,
    uint64_t domain_max, uint64_t total_max, enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_NOTICE_PUT);

	op->notice_put.count = 1;
	op->notice_put.notices = notice;
	op->notice_put.domain_max = domain_max;
	op->notice_put.total_max = total_max;
	expect_row(f, outcome);
}

static void
notices_with_and_without_a_recipient_have_ceilings_of_their_own(void **state)
{
	struct fixture *f = *state;
	struct store_notice nobody = notice_of(2), bob = envelope_of(4, BOB);
	struct store_op *op;

	put_notice(f, 1);
	bob.key = key_of(10);
	put_row(f, &bob, STORE_OK);
	for (unsigned i = 0; i < 2; i++) {
		bool names = i == 1;

		bob = envelope_of(5, BOB);
		op = begin(f, STORE_NOTICE_PUT);
		op->notice_put.count = 1;
		op->notice_put.notices = names ? &bob : &nobody;
		op->notice_put.pending_max = names ? 1 : 2;
		op->notice_put.domain_max = names ? 2 : 1;
		expect_row(f, STORE_FULL);
		op->notice_put.pending_max = names ? 2 : 1;
		op->notice_put.domain_max = names ? 1 : 2;
		expect_row(f, STORE_OK);
	}
	assert_clean(f);
}

/* AT-12 */
static void
ceilings_of_one_domain_and_of_all_are_kept(void **state)
{
	struct fixture *f = *state;
	struct store_notice third = notice_of(3), fourth = notice_of(4);

	put_notice(f, 1);
	put_notice(f, 2);
	put_below(f, &third, 2, 0, STORE_FULL);
	third.domain = span_of("other.test");
	put_below(f, &third, 2, 2, STORE_FULL);
	put_below(f, &third, 2, 3, STORE_OK);
	claim_notices(f, 3);
	fetch(f, 1, 5, 20);
	put_below(f, &fourth, 2, 3, STORE_OK);
	assert_clean(f);
}

static void
only_a_new_notice_can_be_put(void **state)
{
	struct fixture *f = *state;
	struct store_notice notice = notice_of(1);

	notice.state = NOTICE_FETCHED;
	put_row(f, &notice, STORE_CONFLICT);
	notice.state = NOTICE_PENDING;
	put_row(f, &notice, STORE_OK);
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
	deliver(f, 20);
	assert_int_equal(notice_now(f, 1).state, NOTICE_FETCHED);
	deliver(f, 21);
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

static void
an_envelope_comes_back_as_it_was_put(void **state)
{
	struct fixture *f = *state;
	struct store_notice notice;
	struct store_op *op;

	put_two(f, 1, 10);
	notice = row_at(f, 11);
	assert_span(notice.recipient, CAROL);
	assert_span(notice.to, CAROL);
	assert_span(notice.sender, "alice@a.test");
	assert_span(notice.subject, "minutes");
	assert_span(notice.envelope, "From: alice@a.test\r\n\r\nHere\r\n");
	assert_int_equal(notice.attachments, 2);
	assert_int_equal(notice.verdict, VERDICT_NONE);
	assert_false(notice.verdict_due);
	op = begin(f, STORE_NOTICE_GET);
	op->notice_get.id = notice_of(1).id;
	op->notice_get.domain = notice_of(1).domain;
	op->notice_get.named = span_of(BOB);
	expect(f, STORE_OK);
	assert_true(key_equals(op->notice_get.notice.key, key_of(10)));
	assert_span(op->notice_get.notice.envelope, "");
	op = begin(f, STORE_NOTICE_GET);
	op->notice_get.id = notice_of(1).id;
	op->notice_get.domain = notice_of(1).domain;
	expect(f, STORE_NONE);
	claim_notices(f, 0);
}

static void
each_recipient_of_an_envelope_has_a_row_and_an_outcome(void **state)
{
	struct fixture *f = *state;
	struct store_notice rows[3];
	struct store_op *op;

	put_two(f, 1, 10);
	for (unsigned i = 0; i < 3; i++) {
		rows[i] = envelope_of(1, i == 0 ? CAROL : "dan@b.test");
		rows[i].key = key_of(20 + i);
	}
	op = begin(f, STORE_NOTICE_PUT);
	op->notice_put.count = 3;
	op->notice_put.notices = rows;
	expect(f, STORE_OK);
	assert_int_equal(op->notice_put.outcomes[0], STORE_EXISTS);
	assert_int_equal(op->notice_put.outcomes[1], STORE_OK);
	assert_int_equal(op->notice_put.outcomes[2], STORE_EXISTS);
	assert_clean(f);
}

/* AT-12: fifty of one source for one user. */
static void
one_source_fills_only_its_own_room_with_one_user(void **state)
{
	struct fixture *f = *state;
	struct store_notice row;
	struct store_op *op;

	put_two(f, 1, 10);
	row = envelope_of(2, BOB);
	row.key = key_of(20);
	op = begin(f, STORE_NOTICE_PUT);
	op->notice_put.count = 1;
	op->notice_put.notices = &row;
	op->notice_put.pending_max = 1;
	expect_row(f, STORE_FULL);
	row.domain = span_of("other.test");
	expect_row(f, STORE_OK);
	row.key = key_of(21);
	row.id = notice_of(3).id;
	row.domain = span_of("a.test");
	row.named = span_of("dan@b.test");
	expect_row(f, STORE_OK);
	assert_clean(f);
}

static void
put_from(
    struct fixture *f, unsigned number, const char *domain, unsigned lapsed)
{
	struct store_notice row = envelope_of(number, BOB);
	struct store_op *op = begin(f, STORE_NOTICE_PUT);

	row.domain = span_of(domain);
	op->notice_put.count = 1;
	op->notice_put.notices = &row;
	op->notice_put.user_max = 4;
	expect_row(f, STORE_OK);
	assert_int_equal(op->notice_put.lapsed, lapsed);
}

/* AT-02 */
static void
a_full_user_loses_the_oldest_of_the_largest_source(void **state)
{
	struct fixture *f = *state;

	put_from(f, 1, "small.test", 0);
	put_from(f, 2, "flood.test", 0);
	put_from(f, 3, "flood.test", 0);
	put_from(f, 4, "other.test", 0);
	put_from(f, 5, "flood.test", 1);
	assert_int_equal(row_at(f, 2).state, NOTICE_LAPSED);
	put_from(f, 6, "small.test", 1);
	/* Two each of small and flood: the oldest of both goes. */
	assert_int_equal(row_at(f, 1).state, NOTICE_LAPSED);
	assert_int_equal(row_at(f, 6).state, NOTICE_PENDING);
	assert_clean(f);
}

static struct store_op *
list_envelopes(struct fixture *f, const char *user, unsigned before, bool all,
    unsigned expected)
{
	struct store_op *op = begin(f, STORE_ENVELOPE_LIST);

	op->envelope_list.user = span_of(user);
	op->envelope_list.before = key_of(before);
	op->envelope_list.all = all;
	op->envelope_list.limit = 2;
	expect(f, STORE_OK);
	assert_int_equal(op->envelope_list.count, expected);
	return op;
}

static void
envelopes_are_listed_newest_first_in_pages(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_notice(f, 7); /* for nobody that is known */
	put_two(f, 1, 10);
	put_two(f, 2, 20);
	put_two(f, 3, 30);
	op = begin(f, STORE_NOTICE_DECIDE);
	op->notice_decide.key = key_of(20);
	op->notice_decide.verdict = VERDICT_REJECT;
	expect(f, STORE_OK);
	op = list_envelopes(f, BOB, 0, false, 2);
	assert_true(key_equals(op->envelope_list.notices[0].key, key_of(30)));
	assert_true(key_equals(op->envelope_list.notices[1].key, key_of(10)));
	assert_span(op->envelope_list.notices[1].subject, "minutes");
	assert_span(op->envelope_list.notices[1].envelope, "");
	list_envelopes(f, BOB, 10, false, 0);
	op = list_envelopes(f, BOB, 30, true, 2);
	assert_true(key_equals(op->envelope_list.notices[0].key, key_of(20)));
	op = list_envelopes(f, "", 0, false, 2);
	assert_true(key_equals(op->envelope_list.notices[0].key, key_of(31)));
	op = list_envelopes(f, "", 21, false, 2);
	assert_true(key_equals(op->envelope_list.notices[0].key, key_of(11)));
	list_envelopes(f, "", 11, true, 1);
	list_envelopes(f, "dan@b.test", 0, true, 0);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(a_notice_comes_back_as_it_was_put),
	    CASE(what_a_notice_did_not_say_stays_unsaid),
	    CASE(a_notice_is_known_by_identifier_and_domain_in_every_state),
	    CASE(
		notices_with_and_without_a_recipient_have_ceilings_of_their_own),
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
	    CASE(an_envelope_comes_back_as_it_was_put),
	    CASE(each_recipient_of_an_envelope_has_a_row_and_an_outcome),
	    CASE(one_source_fills_only_its_own_room_with_one_user),
	    CASE(a_full_user_loses_the_oldest_of_the_largest_source),
	    CASE(envelopes_are_listed_newest_first_in_pages),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
