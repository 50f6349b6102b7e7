/* Accounts, messages, deliveries and records that go, on every driver. */
#include <string.h>

#include "fixture.h"

static void
an_account_comes_back_as_it_was_put(void **state)
{
	struct fixture *f = *state;
	struct store_op *op = begin(f, STORE_USER_PUT);
	struct store_user user = user_of("alice@a.test");

	op->user_put.user = user;
	op->user_put.only_new = true;
	expect(f, STORE_OK);
	op = begin(f, STORE_USER_GET);
	op->user_get.address = user.address;
	expect(f, STORE_OK);
	assert_span(op->user_get.user.address, "alice@a.test");
	assert_span(op->user_get.user.password, "$argon2id$hash");
	assert_int_equal(op->user_get.user.mode, MODE_ASK);
	assert_int_equal(op->user_get.user.from_check, FROM_CHECK_ENVELOPE);
	assert_memory_equal(op->user_get.user.secret, user.secret, 32);
	assert_int_equal(op->user_get.user.created, NOW);
}

static void
put_user(struct fixture *f, struct store_user user, bool only_new,
    enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_USER_PUT);

	op->user_put.user = user;
	op->user_put.only_new = only_new;
	op->user_put.only_old = !only_new;
	expect(f, outcome);
}

static void
a_taken_address_is_not_new_and_a_free_one_not_old(void **state)
{
	struct fixture *f = *state;

	put_user(f, user_of("bob@b.test"), false, STORE_NONE);
	put_user(f, user_of("bob@b.test"), true, STORE_OK);
	put_user(f, user_of("bob@b.test"), true, STORE_EXISTS);
	put_user(f, user_of("bob@b.test"), false, STORE_OK);
}

static void
an_account_keeps_what_the_change_leaves_empty(void **state)
{
	struct fixture *f = *state;
	struct store_user change = {.address = span_of("bob@b.test"),
	    .mode = MODE_SERVER,
	    .created = NOW + 5};
	struct store_op *op;

	put_user(f, user_of("bob@b.test"), true, STORE_OK);
	put_user(f, change, false, STORE_OK);
	op = begin(f, STORE_USER_GET);
	op->user_get.address = change.address;
	expect(f, STORE_OK);
	assert_span(op->user_get.user.password, "$argon2id$hash");
	assert_int_equal(op->user_get.user.mode, MODE_SERVER);
	assert_int_equal(op->user_get.user.from_check, FROM_CHECK_ENVELOPE);
	assert_int_equal(op->user_get.user.secret[0], 0xa5);
	assert_int_equal(op->user_get.user.created, NOW);
}

static void
accounts_are_listed_in_pages_in_order_of_address(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_user(f, user_of("carol@b.test"), true, STORE_OK);
	put_user(f, user_of("alice@b.test"), true, STORE_OK);
	put_user(f, user_of("bob@b.test"), true, STORE_OK);
	op = begin(f, STORE_USER_LIST);
	op->user_list.limit = 2;
	expect(f, STORE_OK);
	assert_int_equal(op->user_list.count, 2);
	assert_span(op->user_list.users[0].address, "alice@b.test");
	assert_span(op->user_list.users[1].address, "bob@b.test");
	op = begin(f, STORE_USER_LIST);
	op->user_list.after = span_of("bob@b.test");
	op->user_list.limit = 2;
	expect(f, STORE_OK);
	assert_int_equal(op->user_list.count, 1);
	assert_span(op->user_list.users[0].address, "carol@b.test");
}

static void
a_dropped_account_is_gone_and_its_holds_go_on(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_user(f, user_of("alice@a.test"), true, STORE_OK);
	put_holds(f, 1, 10, 1);
	op = begin(f, STORE_USER_DROP);
	op->user_drop.address = span_of("alice@a.test");
	expect(f, STORE_OK);
	op = begin(f, STORE_USER_DROP);
	op->user_drop.address = span_of("alice@a.test");
	expect(f, STORE_NONE);
	op = begin(f, STORE_USER_GET);
	op->user_get.address = span_of("alice@a.test");
	expect(f, STORE_NONE);
	assert_int_equal(state_of_hold(f, 10), HOLD_HELD);
}

static void
a_message_comes_back_with_its_hold_as_it_was_put(void **state)
{
	struct fixture *f = *state;
	struct store_hold_row *row;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	op = begin(f, STORE_HOLD_GET);
	op->hold_get.key = key_of(10);
	expect(f, STORE_OK);
	row = &op->hold_get.row;
	assert_true(key_equals(row->hold.message, key_of(1)));
	assert_span(row->hold.recipient, "Bob@b.test");
	assert_span(row->hold.domain, "b.test");
	assert_span(row->hold.orcpt, "rfc822;bob@b.test");
	assert_int_equal(row->hold.notify, 3);
	assert_int_equal(row->hold.route, ROUTE_UNKNOWN);
	assert_true(row->hold.expires_at == INT64_MAX);
	assert_int_equal(row->hold.ended_at, 0);
	assert_span(row->message.sender, "alice@a.test");
	assert_span(row->message.envid, "QQ314159");
	assert_true(row->message.body_8bit);
	assert_false(row->message.smtputf8);
	assert_int_equal(row->message.digest[31], 1);
	assert_int_equal(row->message.size, 36);
	assert_int_equal(row->message.head.n, 0);
}

static void
a_message_put_twice_exists_and_is_not_changed(void **state)
{
	struct fixture *f = *state;
	struct store_hold extra = hold_of(11, 1);
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	op = begin(f, STORE_MESSAGE_PUT);
	op->message_put.message = message_of(1);
	op->message_put.hold_count = 1;
	op->message_put.holds = &extra;
	expect(f, STORE_EXISTS);
	op = begin(f, STORE_HOLD_GET);
	op->hold_get.key = key_of(11);
	expect(f, STORE_NONE);
	assert_clean(f);
}

static void
put_with_quota(struct fixture *f, unsigned message, uint64_t quota,
    enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);
	struct store_hold hold = hold_of(message + 10, message);

	op->message_put.message = message_of(message);
	op->message_put.hold_count = 1;
	op->message_put.holds = &hold;
	op->message_put.quota = quota;
	expect(f, outcome);
}

/* AT-12 IM-02 DM-08 */
static void
what_a_user_makes_us_keep_has_a_quota(void **state)
{
	struct fixture *f = *state;

	/* each is 36 octets */
	put_with_quota(f, 1, 72, STORE_OK);
	put_with_quota(f, 2, 72, STORE_OK);
	put_with_quota(f, 3, 72, STORE_FULL);
	put_with_quota(f, 3, 107, STORE_FULL);
	aim(f, 11);
	lease(f, 11);
	settle_hold(f, 11, HOLD_TAKEN, STORE_OK);
	put_with_quota(f, 3, 72, STORE_OK);
	put_with_quota(f, 4, 0, STORE_OK);
	assert_clean(f);
}

static void
put_part(struct fixture *f, unsigned hold, bool more)
{
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);
	struct store_hold row = hold_of(hold, 1);
	struct store_delivery delivery = delivery_of(hold + 100, 1);

	op->message_put.message = message_of(1);
	op->message_put.message.spooled = true;
	op->message_put.hold_count = 1;
	op->message_put.holds = &row;
	op->message_put.delivery_count = 1;
	op->message_put.deliveries = &delivery;
	op->message_put.more = more;
	expect(f, STORE_OK);
}

static unsigned
count_seen(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_HOLD_LIST);
	unsigned seen;

	op->hold_list.limit = 100;
	expect(f, STORE_OK);
	seen = op->hold_list.count;
	op = begin(f, STORE_COUNT);
	expect(f, STORE_OK);
	assert_int_equal(op->count.holds[HOLD_HELD], seen);
	assert_int_equal(op->count.deliveries, seen);
	assert_int_equal(op->count.messages, seen > 0);
	return seen;
}

static void
staged_parts_are_seen_by_nobody_before_the_last(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_part(f, 10, true);
	put_part(f, 11, true);
	put_part(f, 11, true); /* a repeat */
	assert_int_equal(count_seen(f), 0);
	op = begin(f, STORE_HOLD_CLAIM);
	op->hold_claim.claim = (struct store_claim){NODE, NOW + 60, 10};
	expect(f, STORE_OK);
	assert_int_equal(op->hold_claim.count, 0);
	op = begin(f, STORE_DELIVERY_CLAIM);
	op->delivery_claim.claim = (struct store_claim){NODE, NOW + 60, 10};
	expect(f, STORE_OK);
	assert_int_equal(op->delivery_claim.count, 0);
	op = begin(f, STORE_HOLD_GET);
	op->hold_get.key = key_of(10);
	expect(f, STORE_NONE);
	assert_true(body_is_known(f, 1));
	assert_clean(f);

	put_part(f, 12, false);
	assert_int_equal(count_seen(f), 3);
	assert_clean(f);
}

static void
a_put_that_was_never_finished_is_swept_after_a_day(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_part(f, 10, true);
	put_part(f, 11, true);
	op = begin(f, STORE_SWEEP);
	op->sweep.limit = 10;
	expect(f, STORE_OK);
	assert_int_equal(op->sweep.removed, 0);
	f->now = NOW + STORE_STAGED_LIFE + 1;
	op = begin(f, STORE_SWEEP);
	op->sweep.limit = 10;
	expect(f, STORE_OK);
	assert_int_equal(op->sweep.removed, 1);
	assert_false(body_is_known(f, 1));
	assert_clean(f);
	put_holds(f, 1, 10, 2);
}

/* AT-12 */
static void
content_beyond_the_ceilings_is_refused(void **state)
{
	static char octets[STORE_HEAD_MAX + 1];
	struct fixture *f = *state;
	struct store_hold hold = hold_of(10, 1);
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);

	op->message_put.message = message_of(1);
	op->message_put.message.head = span_make(octets, sizeof octets);
	expect(f, STORE_FULL);
	op = begin(f, STORE_MESSAGE_PUT);
	op->message_put.message = message_of(1);
	op->message_put.message.body = span_make(octets, sizeof octets);
	expect(f, STORE_FULL);
	op = begin(f, STORE_MESSAGE_PUT);
	op->message_put.message = message_of(1);
	op->message_put.hold_count = STORE_RECIPIENTS_PART + 1;
	op->message_put.holds = &hold;
	expect(f, STORE_FULL);
}

static void
any_octet_in_a_text_comes_back(void **state)
{
	struct fixture *f = *state;
	struct store_hold hold = hold_of(10, 1);
	struct span octets = span_make("\0\xff'\x80;--\r\n", 9);
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);

	hold.recipient = octets;
	op->message_put.message = message_of(1);
	op->message_put.message.body = octets;
	op->message_put.hold_count = 1;
	op->message_put.holds = &hold;
	expect(f, STORE_OK);
	aim(f, 10);
	op = begin_lease(f, 10);
	expect(f, STORE_OK);
	assert_true(span_equals(op->hold_lease.row.hold.recipient, octets));
	assert_true(span_equals(op->hold_lease.row.message.body, octets));
}

static struct store_op *
claim_deliveries(struct fixture *f, size_t octets, unsigned expected)
{
	struct store_op *op = begin(f, STORE_DELIVERY_CLAIM);

	op->delivery_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	op->delivery_claim.octets = octets;
	expect(f, STORE_OK);
	assert_int_equal(op->delivery_claim.count, expected);
	return op;
}

static struct store_op *
settle_delivery(struct fixture *f, unsigned number, bool done)
{
	struct store_op *op = begin(f, STORE_DELIVERY_SETTLE);

	op->delivery_settle.key = key_of(number);
	op->delivery_settle.done = done;
	op->delivery_settle.next_at = f->now + 300;
	return op;
}

static void
a_due_delivery_is_claimed_once_with_its_content(void **state)
{
	struct fixture *f = *state;
	struct store_delivery_row *row;

	put_delivery(f, 1, 20);
	row = claim_deliveries(f, 1 << 20, 1)->delivery_claim.rows;
	assert_true(key_equals(row->delivery.key, key_of(20)));
	assert_span(row->delivery.user, "bob@b.test");
	assert_span(row->delivery.trace, "Received: from a.test\r\n");
	assert_span(row->message.head, "Subject: minutes\r\n\r\n");
	assert_span(row->message.body, "Here they are.\r\n");
	claim_deliveries(f, 1 << 20, 0);
	f->now += 60;
	claim_deliveries(f, 1 << 20, 1);
}

static void
a_claim_of_deliveries_ends_at_its_octets_but_has_one(void **state)
{
	struct fixture *f = *state;

	put_delivery(f, 1, 20);
	put_delivery(f, 2, 21);
	put_delivery(f, 3, 22);
	assert_true(claim_deliveries(f, 72, 2)->delivery_claim.more);
	assert_false(claim_deliveries(f, 0, 1)->delivery_claim.more);
}

static void
a_delivery_put_off_is_due_later_and_each_claim_counts(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_delivery(f, 1, 20);
	claim_deliveries(f, 1000, 1);
	settle_delivery(f, 20, false);
	expect(f, STORE_OK);
	settle_delivery(f, 20, false);
	expect(f, STORE_OK);
	claim_deliveries(f, 1000, 0);
	f->now += 300;
	op = claim_deliveries(f, 1000, 1);
	assert_int_equal(op->delivery_claim.rows[0].delivery.tries, 2);
}

static void
the_last_delivery_gives_the_content_back(void **state)
{
	struct fixture *f = *state;
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);
	struct store_delivery rows[] = {delivery_of(20, 1), delivery_of(21, 1)};

	op->message_put.message = message_of(1);
	op->message_put.message.spooled = true;
	op->message_put.delivery_count = 2;
	op->message_put.deliveries = rows;
	expect(f, STORE_OK);
	op = settle_delivery(f, 20, true);
	expect(f, STORE_OK);
	assert_false(op->delivery_settle.body_free);
	assert_true(body_is_known(f, 1));
	op = settle_delivery(f, 21, true);
	expect(f, STORE_OK);
	assert_true(op->delivery_settle.body_free);
	assert_true(key_equals(op->delivery_settle.message, key_of(1)));
	assert_false(body_is_known(f, 1));
	settle_delivery(f, 21, true);
	expect(f, STORE_OK);
	settle_delivery(f, 21, false);
	expect(f, STORE_NONE);
	assert_clean(f);
}

/* What a node that died had claimed, and only that, is free at its start. */
static void
a_node_that_starts_again_finds_its_claims_free(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	put_delivery(f, 2, 20);
	put_notice(f, 1);
	aim(f, 10);
	lease(f, 10);
	claim_deliveries(f, 1000, 1);
	claim_notices(f, 1);
	op = begin(f, STORE_LEASE_FREE);
	op->lease_free.node = NODE + 1;
	expect(f, STORE_OK);
	claim_deliveries(f, 1000, 0);
	claim_notices(f, 0);
	begin_lease(f, 10);
	expect(f, STORE_BUSY);
	op = begin(f, STORE_LEASE_FREE);
	op->lease_free.node = NODE;
	expect(f, STORE_OK);
	assert_clean(f);
	claim_deliveries(f, 1000, 1);
	claim_notices(f, 1);
	assert_int_equal(state_of_hold(f, 10), HOLD_LEASED);
	lease(f, 10);
}

static void
a_message_nobody_gets_needs_no_content(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 0);
	assert_clean(f);
}

static unsigned
sweep(struct fixture *f, unsigned limit)
{
	struct store_op *op = begin(f, STORE_SWEEP);

	op->sweep.holds_before = f->now;
	op->sweep.notices_before = f->now;
	op->sweep.limit = limit;
	expect(f, STORE_OK);
	return op->sweep.removed;
}

static void
ended_holds_are_swept_before_their_message(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 2);
	put_holds(f, 2, 12, 1);
	for (unsigned hold = 10; hold <= 11; hold++) {
		op = begin(f, STORE_HOLD_END);
		op->hold_end.key = key_of(hold);
		op->hold_end.state = HOLD_WITHDRAWN;
		expect(f, STORE_OK);
	}
	assert_int_equal(sweep(f, 10), 0);
	f->now++;
	assert_int_equal(sweep(f, 1), 1);
	assert_clean(f);
	assert_int_equal(sweep(f, 10), 2);
	op = begin(f, STORE_HOLD_GET);
	op->hold_get.key = key_of(11);
	expect(f, STORE_NONE);
	assert_int_equal(state_of_hold(f, 12), HOLD_HELD);
	op = begin(f, STORE_COUNT);
	expect(f, STORE_OK);
	assert_int_equal(op->count.messages, 1);
	assert_clean(f);
}

static void
notices_are_swept_when_over_but_not_while_wanted(void **state)
{
	struct fixture *f = *state;

	put_notice(f, 1);
	put_notice(f, 2);
	claim_notices(f, 2);
	begin_notice_settle(f, 1, NOTICE_END_LAPSED);
	expect(f, STORE_OK);
	f->now = NOW + 172801;
	assert_int_equal(sweep(f, 10), 1);
	assert_int_equal(notice_now(f, 2).state, NOTICE_PULLING);
	assert_clean(f);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(an_account_comes_back_as_it_was_put),
	    CASE(a_taken_address_is_not_new_and_a_free_one_not_old),
	    CASE(an_account_keeps_what_the_change_leaves_empty),
	    CASE(accounts_are_listed_in_pages_in_order_of_address),
	    CASE(a_dropped_account_is_gone_and_its_holds_go_on),
	    CASE(a_message_comes_back_with_its_hold_as_it_was_put),
	    CASE(a_message_put_twice_exists_and_is_not_changed),
	    CASE(what_a_user_makes_us_keep_has_a_quota),
	    CASE(staged_parts_are_seen_by_nobody_before_the_last),
	    CASE(a_put_that_was_never_finished_is_swept_after_a_day),
	    CASE(content_beyond_the_ceilings_is_refused),
	    CASE(any_octet_in_a_text_comes_back),
	    CASE(a_due_delivery_is_claimed_once_with_its_content),
	    CASE(a_claim_of_deliveries_ends_at_its_octets_but_has_one),
	    CASE(a_delivery_put_off_is_due_later_and_each_claim_counts),
	    CASE(the_last_delivery_gives_the_content_back),
	    CASE(a_node_that_starts_again_finds_its_claims_free),
	    CASE(a_message_nobody_gets_needs_no_content),
	    CASE(ended_holds_are_swept_before_their_message),
	    CASE(notices_are_swept_when_over_but_not_while_wanted),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
