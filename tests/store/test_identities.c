/* Other addresses of users, on every driver. */
#include "fixture.h"

#define SALES "sales@b.test"

static void
add_user(struct fixture *f, const char *address, enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_USER_PUT);

	op->user_put.user = user_of(address);
	op->user_put.only_new = true;
	expect(f, outcome);
}

static void
put(struct fixture *f, const char *address, const char *user, unsigned max,
    enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_IDENTITY_PUT);

	op->identity_put.identity = (struct store_identity){
	    .address = span_of(address),
	    .user = span_of(user),
	    .created = f->now,
	};
	op->identity_put.user_max = max;
	expect(f, outcome);
}

static void
drop(struct fixture *f, const char *address, enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_IDENTITY_DROP);

	op->identity_drop.address = span_of(address);
	expect(f, outcome);
}

static struct store_op *
page(struct fixture *f, const char *user, const char *after, unsigned limit)
{
	struct store_op *op = begin(f, STORE_IDENTITY_LIST);

	op->identity_list.user = span_of(user);
	op->identity_list.after = span_of(after);
	op->identity_list.limit = limit;
	expect(f, STORE_OK);
	return op;
}

/* SM-08 */
static void
an_account_is_found_by_its_identities(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	add_user(f, BOB, STORE_OK);
	put(f, SALES, BOB, 0, STORE_OK);
	op = begin(f, STORE_USER_GET);
	op->user_get.address = span_of(SALES);
	expect(f, STORE_OK);
	assert_span(op->user_get.user.address, BOB);
	assert_span(op->user_get.user.password, "$argon2id$hash");
	assert_int_equal(op->user_get.identity_count, 0); /* not asked */
	put(f, "a@b.test", BOB, 0, STORE_OK);
	put(f, "z@b.test", BOB, 0, STORE_OK);
	op = begin(f, STORE_USER_GET);
	op->user_get.address = span_of(BOB);
	op->user_get.identity_limit = 2;
	expect(f, STORE_OK);
	assert_int_equal(op->user_get.identity_count, 2);
	assert_span(op->user_get.identities[0].address, "a@b.test");
	assert_span(op->user_get.identities[1].address, SALES);
	drop(f, SALES, STORE_OK);
	drop(f, SALES, STORE_NONE);
	op = begin(f, STORE_USER_GET);
	op->user_get.address = span_of(SALES);
	expect(f, STORE_NONE);
}

/* SM-08: one mailbox; the name of the notice stays what it named. */
static void
what_comes_for_an_identity_is_its_users(void **state)
{
	struct fixture *f = *state;
	struct store_notice notice;
	struct store_op *op;

	add_user(f, BOB, STORE_OK);
	put(f, SALES, BOB, 0, STORE_OK);
	notice = envelope_of(1, SALES);
	put_row(f, &notice, STORE_OK);
	notice = envelope_of(1, BOB); /* to both addresses: two envelopes */
	notice.key = key_of(2);
	put_row(f, &notice, STORE_OK);
	notice = row_at(f, 1);
	assert_span(notice.named, SALES);
	assert_span(notice.recipient, BOB);
	assert_span(notice.to, SALES);
	op = begin(f, STORE_ENVELOPE_LIST);
	op->envelope_list.user = span_of(BOB);
	op->envelope_list.limit = 10;
	expect(f, STORE_OK);
	assert_int_equal(op->envelope_list.count, 2);
}

static void
a_ceiling_counts_all_addresses_of_a_user(void **state)
{
	struct fixture *f = *state;
	struct store_notice notice = envelope_of(1, SALES);
	struct store_op *op;

	add_user(f, BOB, STORE_OK);
	put(f, SALES, BOB, 0, STORE_OK);
	put_row(f, &notice, STORE_OK);
	notice = envelope_of(2, BOB);
	op = begin(f, STORE_NOTICE_PUT);
	op->notice_put.count = 1;
	op->notice_put.notices = &notice;
	op->notice_put.pending_max = 1;
	expect(f, STORE_OK);
	assert_int_equal(op->notice_put.outcomes[0], STORE_FULL);
}

static void
a_message_for_an_identity_goes_into_its_users_mailbox(void **state)
{
	struct fixture *f = *state;
	struct store_delivery delivery = delivery_of(20, 5);
	struct store_op *op;

	add_user(f, CAROL, STORE_OK);
	put(f, SALES, CAROL, 0, STORE_OK);
	delivery.user = delivery.recipient = span_of(SALES);
	op = begin(f, STORE_MESSAGE_PUT);
	op->message_put.message = message_of(5);
	op->message_put.delivery_count = 1;
	op->message_put.deliveries = &delivery;
	expect(f, STORE_OK);
	op = begin(f, STORE_DELIVERY_CLAIM);
	op->delivery_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	expect(f, STORE_OK);
	assert_int_equal(op->delivery_claim.count, 1);
	assert_span(op->delivery_claim.rows[0].delivery.user, CAROL);
	assert_span(op->delivery_claim.rows[0].delivery.recipient, SALES);
}

/* GD-23: who it is for is known only when it is here. */
static void
a_notice_that_named_nobody_is_found_to_be_a_users(void **state)
{
	struct fixture *f = *state;
	struct store_notice notice = notice_of(1);
	struct store_op *op;

	add_user(f, CAROL, STORE_OK);
	put(f, SALES, CAROL, 0, STORE_OK);
	put_row(f, &notice, STORE_OK);
	claim_notices(f, 1);
	op = begin(f, STORE_NOTICE_FETCHED);
	op->notice_fetched.id = notice.id;
	op->notice_fetched.domain = notice.domain;
	op->notice_fetched.message = message_of(5);
	op->notice_fetched.message.user = span_of("");
	op->notice_fetched.keep = true;
	op->notice_fetched.user = op->notice_fetched.to = span_of(SALES);
	op->notice_fetched.next_at = f->now + 600;
	expect(f, STORE_OK);
	notice = notice_now(f, 1);
	assert_span(notice.named, "");
	assert_span(notice.recipient, CAROL);
	assert_span(notice.to, SALES);
}

static void
the_list_of_the_account_counts_for_its_identities(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	add_user(f, BOB, STORE_OK);
	put(f, SALES, BOB, 0, STORE_OK);
	op = begin(f, STORE_ENTRY_PUT);
	op->entry_put.entry = (struct store_entry){
	    .user = span_of(BOB),
	    .side = SIDE_INCOMING,
	    .address = span_of("eve@c.test"),
	    .server = span_of(""),
	    .list = LISTED_DENY,
	    .by = ENTRY_BY_HAND,
	};
	expect(f, STORE_OK);
	op = begin(f, STORE_USER_GET);
	op->user_get.address = span_of(SALES);
	op->user_get.sender = span_of("eve@c.test");
	op->user_get.server = span_of("c.test");
	expect(f, STORE_OK);
	assert_int_equal(op->user_get.listed, LISTED_DENY);
}

/* SM-08: no address is two people's */
static void
an_address_is_taken_once(void **state)
{
	struct fixture *f = *state;

	put(f, SALES, BOB, 0, STORE_NONE);
	add_user(f, BOB, STORE_OK);
	add_user(f, CAROL, STORE_OK);
	put(f, CAROL, BOB, 0, STORE_EXISTS);
	put(f, BOB, BOB, 0, STORE_EXISTS);
	put(f, SALES, BOB, 0, STORE_OK);
	put(f, SALES, BOB, 0, STORE_OK); /* asked again */
	put(f, SALES, CAROL, 0, STORE_EXISTS);
	put(f, "x@b.test", SALES, 0, STORE_NONE); /* none of an identity */
	add_user(f, SALES, STORE_EXISTS);
}

static void
a_user_has_so_many_and_no_more(void **state)
{
	struct fixture *f = *state;

	add_user(f, BOB, STORE_OK);
	put(f, "x@b.test", BOB, 1, STORE_OK);
	put(f, "y@b.test", BOB, 1, STORE_FULL);
	put(f, "x@b.test", BOB, 1, STORE_OK);
	put(f, "y@b.test", BOB, 2, STORE_OK);
}

static void
identities_come_in_pages_of_one_user_or_of_all(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	add_user(f, BOB, STORE_OK);
	add_user(f, CAROL, STORE_OK);
	put(f, "z@b.test", BOB, 0, STORE_OK);
	put(f, "y@b.test", CAROL, 0, STORE_OK);
	put(f, "x@b.test", BOB, 0, STORE_OK);
	op = page(f, "", "", 2);
	assert_int_equal(op->identity_list.count, 2);
	assert_span(op->identity_list.identities[1].address, "y@b.test");
	assert_span(op->identity_list.identities[1].user, CAROL);
	assert_int_equal(op->identity_list.identities[1].created, f->now);
	assert_span(op->identity_list.identities[1].password, "$argon2id$hash");
	op = page(f, BOB, "x@b.test", 9);
	assert_int_equal(op->identity_list.count, 1);
	assert_span(op->identity_list.identities[0].address, "z@b.test");
}

static void
the_identities_of_a_user_go_with_the_account(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	add_user(f, BOB, STORE_OK);
	put(f, SALES, BOB, 0, STORE_OK);
	op = begin(f, STORE_USER_DROP);
	op->user_drop.address = span_of(SALES);
	expect(f, STORE_NONE);
	op = begin(f, STORE_USER_DROP);
	op->user_drop.address = span_of(BOB);
	expect(f, STORE_OK);
	op = page(f, "", "", 9);
	assert_int_equal(op->identity_list.count, 0);
	add_user(f, SALES, STORE_OK);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(an_account_is_found_by_its_identities),
	    CASE(what_comes_for_an_identity_is_its_users),
	    CASE(a_ceiling_counts_all_addresses_of_a_user),
	    CASE(a_message_for_an_identity_goes_into_its_users_mailbox),
	    CASE(a_notice_that_named_nobody_is_found_to_be_a_users),
	    CASE(the_list_of_the_account_counts_for_its_identities),
	    CASE(an_address_is_taken_once),
	    CASE(a_user_has_so_many_and_no_more),
	    CASE(identities_come_in_pages_of_one_user_or_of_all),
	    CASE(the_identities_of_a_user_go_with_the_account),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
