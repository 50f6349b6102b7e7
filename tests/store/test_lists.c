/* Users' lists, and what verdicts put onto them, on every driver. */
#include <string.h>

#include "fixture.h"

#define ALICE "alice@a.test"

static void
put(struct fixture *f, enum store_side side, const char *address,
    const char *server, enum store_listed list)
{
	struct store_op *op = begin(f, STORE_ENTRY_PUT);

	op->entry_put.entry = (struct store_entry){
	    .user = span_of(BOB),
	    .side = side,
	    .address = span_of(address),
	    .server = span_of(server),
	    .list = list,
	    .by = ENTRY_BY_HAND,
	    .created = f->now,
	};
	expect(f, STORE_OK);
}

static struct store_op *
find(struct fixture *f, enum store_side side, const char *address,
    const char *server, bool verified)
{
	struct store_op *op = begin(f, STORE_ENTRY_FIND);

	op->entry_find.user = span_of(BOB);
	op->entry_find.side = side;
	op->entry_find.address = span_of(address);
	op->entry_find.server = span_of(server);
	op->entry_find.verified = verified;
	return op;
}

/* How Bob's list stands to verified mail of the pair; LISTED_NOT: not at all.
 */
static enum store_listed
standing(struct fixture *f, const char *address, const char *server)
{
	struct store_op *op = find(f, SIDE_INCOMING, address, server, true);
	enum store_outcome outcome = store_do(f->store, op);

	return outcome == STORE_OK ? op->entry_find.entry.list : LISTED_NOT;
}

static struct store_op *
page(struct fixture *f, enum store_side side, unsigned limit, unsigned expected)
{
	struct store_op *op = begin(f, STORE_ENTRY_LIST);

	op->entry_list.user = span_of(BOB);
	op->entry_list.side = side;
	op->entry_list.limit = limit;
	expect(f, STORE_OK);
	assert_int_equal(op->entry_list.count, expected);
	return op;
}

/* A list of at most MAX takes one more of ADDRESS, or not. */
static void
put_within(struct fixture *f, const char *address, uint64_t max,
    enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_ENTRY_PUT);

	op->entry_put.entry = (struct store_entry){
	    .user = span_of(BOB),
	    .side = SIDE_INCOMING,
	    .address = span_of(address),
	    .server = span_of(""),
	    .list = LISTED_ALLOW,
	    .by = ENTRY_BY_HAND,
	};
	op->entry_put.user_max = max;
	expect(f, outcome);
}

/* SM-26: the pair, not the address alone */
static void
an_entry_speaks_of_the_address_at_its_server_only(void **state)
{
	struct fixture *f = *state;

	put(f, SIDE_INCOMING, ALICE, "a.test", LISTED_ALLOW);
	assert_int_equal(standing(f, ALICE, "a.test"), LISTED_ALLOW);
	assert_int_equal(standing(f, ALICE, "relay.test"), LISTED_NOT);
	assert_int_equal(standing(f, "eve@a.test", "a.test"), LISTED_NOT);
	find(f, SIDE_OUTGOING, ALICE, "", true);
	expect(f, STORE_NONE);
}

static void
a_domain_is_listed_unless_the_address_itself_is(void **state)
{
	struct fixture *f = *state;

	put(f, SIDE_INCOMING, "@a.test", "a.test", LISTED_DENY);
	put(f, SIDE_INCOMING, ALICE, "a.test", LISTED_ALLOW);
	assert_int_equal(standing(f, ALICE, "a.test"), LISTED_ALLOW);
	assert_int_equal(standing(f, "eve@a.test", "a.test"), LISTED_DENY);
	assert_int_equal(standing(f, "eve@b.test", "a.test"), LISTED_NOT);
}

static void
without_a_server_an_entry_denies_everywhere(void **state)
{
	struct fixture *f = *state;

	put(f, SIDE_INCOMING, ALICE, "", LISTED_DENY);
	put(f, SIDE_INCOMING, ALICE, "a.test", LISTED_ALLOW);
	assert_int_equal(standing(f, ALICE, "relay.test"), LISTED_DENY);
	/* of two as near as each other, that which denies */
	assert_int_equal(standing(f, ALICE, "a.test"), LISTED_DENY);
	page(f, SIDE_INCOMING, 10, 2);
}

static void
an_entry_without_a_server_takes_the_first_that_is_verified(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put(f, SIDE_INCOMING, ALICE, "", LISTED_ALLOW);
	find(f, SIDE_INCOMING, ALICE, "relay.test", false);
	expect(f, STORE_NONE);
	op = find(f, SIDE_INCOMING, ALICE, "a.test", true);
	expect(f, STORE_OK);
	assert_span(op->entry_find.entry.server, "a.test");
	assert_int_equal(standing(f, ALICE, "relay.test"), LISTED_NOT);
	op = page(f, SIDE_INCOMING, 10, 1);
	assert_span(op->entry_list.entries[0].server, "a.test");
	/* a domain's stays as it is: it speaks of many */
	put(f, SIDE_INCOMING, "@c.test", "", LISTED_ALLOW);
	assert_int_equal(standing(f, "x@c.test", "c.test"), LISTED_ALLOW);
	assert_int_equal(standing(f, "y@c.test", "d.test"), LISTED_ALLOW);
}

static void
entries_come_in_pages_by_side_and_address(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put(f, SIDE_OUTGOING, ALICE, "", LISTED_DENY);
	put(f, SIDE_INCOMING, "b@a.test", "a.test", LISTED_ALLOW);
	put(f, SIDE_INCOMING, "b@a.test", "", LISTED_ALLOW);
	put(f, SIDE_INCOMING, ALICE, "a.test", LISTED_ALLOW);
	op = page(f, 0, 3, 3);
	assert_span(op->entry_list.entries[0].address, ALICE);
	assert_span(op->entry_list.entries[1].server, "");
	assert_span(op->entry_list.entries[2].server, "a.test");
	op = begin(f, STORE_ENTRY_LIST);
	op->entry_list.user = span_of(BOB);
	op->entry_list.after_side = SIDE_INCOMING;
	op->entry_list.after_address = span_of("b@a.test");
	op->entry_list.after_server = span_of("a.test");
	op->entry_list.limit = 3;
	expect(f, STORE_OK);
	assert_int_equal(op->entry_list.count, 1);
	assert_int_equal(op->entry_list.entries[0].side, SIDE_OUTGOING);
	page(f, SIDE_OUTGOING, 10, 1);
}

static void
an_entry_is_put_once_where_only_new_ones_are_wanted(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put(f, SIDE_INCOMING, ALICE, "a.test", LISTED_DENY);
	op = begin(f, STORE_ENTRY_PUT);
	op->entry_put.entry = (struct store_entry){
	    .user = span_of(BOB),
	    .side = SIDE_INCOMING,
	    .address = span_of(ALICE),
	    .server = span_of(""),
	    .list = LISTED_ALLOW,
	    .by = ENTRY_BY_WRITING,
	};
	op->entry_put.only_new = true;
	expect(f, STORE_EXISTS);
	assert_int_equal(standing(f, ALICE, "a.test"), LISTED_DENY);
}

static void
a_list_has_a_ceiling_that_known_entries_do_not_meet(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put(f, SIDE_INCOMING, ALICE, "a.test", LISTED_DENY);
	op = begin(f, STORE_ENTRY_PUT);
	op->entry_put.entry = (struct store_entry){.user = span_of(BOB),
	    .side = SIDE_INCOMING,
	    .address = span_of(CAROL),
	    .server = span_of("b.test"),
	    .list = LISTED_ALLOW,
	    .by = ENTRY_BY_HAND};
	op->entry_put.user_max = 1;
	expect(f, STORE_FULL);
	op = begin(f, STORE_ENTRY_PUT);
	op->entry_put.entry = (struct store_entry){.user = span_of(BOB),
	    .side = SIDE_INCOMING,
	    .address = span_of(ALICE),
	    .server = span_of("a.test"),
	    .list = LISTED_ALLOW,
	    .by = ENTRY_BY_HAND};
	op->entry_put.user_max = 1;
	expect(f, STORE_OK);
}

static void
those_of_one_address_can_be_asked_for(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put(f, SIDE_INCOMING, ALICE, "", LISTED_DENY);
	put(f, SIDE_INCOMING, ALICE, "a.test", LISTED_ALLOW);
	put(f, SIDE_INCOMING, CAROL, "b.test", LISTED_ALLOW);
	op = begin(f, STORE_ENTRY_LIST);
	op->entry_list.user = span_of(BOB);
	op->entry_list.address = span_of(ALICE);
	op->entry_list.limit = 10;
	expect(f, STORE_OK);
	assert_int_equal(op->entry_list.count, 2);
	assert_span(op->entry_list.entries[0].server, "");
	assert_span(op->entry_list.entries[1].server, "a.test");
}

static void
drop(struct fixture *f, const char *address, const char *server, bool any,
    enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_ENTRY_DROP);

	op->entry_drop.user = span_of(BOB);
	op->entry_drop.side = SIDE_INCOMING;
	op->entry_drop.address = span_of(address);
	op->entry_drop.server = span_of(server);
	op->entry_drop.any_server = any;
	expect(f, outcome);
}

static void
an_entry_is_forgotten_by_itself_or_with_all_of_its_address(void **state)
{
	struct fixture *f = *state;

	put(f, SIDE_INCOMING, ALICE, "a.test", LISTED_ALLOW);
	put(f, SIDE_INCOMING, ALICE, "b.test", LISTED_DENY);
	put(f, SIDE_INCOMING, ALICE, "c.test", LISTED_DENY);
	drop(f, ALICE, "b.test", false, STORE_OK);
	drop(f, ALICE, "b.test", false, STORE_NONE);
	page(f, 0, 10, 2);
	drop(f, ALICE, "", true, STORE_OK);
	drop(f, ALICE, "", true, STORE_NONE);
	page(f, 0, 10, 0);
}

/* Whatever happens to entries, how many they are is known. */
static void
a_list_that_was_full_has_room_for_what_goes(void **state)
{
	struct fixture *f = *state;

	put_within(f, "x@a.test", 2, STORE_OK);
	put_within(f, "y@a.test", 2, STORE_OK);
	put_within(f, "x@a.test", 2, STORE_OK);
	put_within(f, "z@a.test", 2, STORE_FULL);
	/* one of them learns its server, and is still one */
	assert_int_equal(standing(f, "x@a.test", "a.test"), LISTED_ALLOW);
	put_within(f, "z@a.test", 2, STORE_FULL);
	put(f, SIDE_OUTGOING, "o@a.test", "", LISTED_DENY);
	drop(f, "x@a.test", "a.test", false, STORE_OK);
	put_within(f, "z@a.test", 2, STORE_OK);
	put_within(f, "x@a.test", 2, STORE_FULL);
	drop(f, "y@a.test", "", true, STORE_OK);
	put_within(f, "x@a.test", 2, STORE_OK);
}

static void
the_lists_of_a_user_go_with_the_account(void **state)
{
	struct fixture *f = *state;
	struct store_op *op = begin(f, STORE_USER_PUT);

	op->user_put.user = user_of(BOB);
	expect(f, STORE_OK);
	put(f, SIDE_INCOMING, ALICE, "a.test", LISTED_ALLOW);
	op = begin(f, STORE_USER_GET);
	op->user_get.address = span_of(BOB);
	op->user_get.sender = span_of(ALICE);
	op->user_get.server = span_of("a.test");
	expect(f, STORE_OK);
	assert_int_equal(op->user_get.listed, LISTED_ALLOW);
	op = begin(f, STORE_USER_DROP);
	op->user_drop.address = span_of(BOB);
	expect(f, STORE_OK);
	page(f, 0, 10, 0);
}

/* ---- what verdicts say ---- */

static void
decide(struct fixture *f, unsigned key, enum store_verdict verdict,
    enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_NOTICE_DECIDE);

	op->notice_decide.key = key_of(key);
	op->notice_decide.verdict = verdict;
	op->notice_decide.delivery = delivery_of(900 + key, 0);
	expect(f, outcome);
}

/* Puts a PENDING one of "Alice@A.test" at A.TEST. */
static void
leave(struct fixture *f, unsigned number)
{
	struct store_notice row = envelope_of(number, BOB);

	row.sender = span_of("Alice@a.test");
	row.server = span_of("a.test");
	put_row(f, &row, STORE_OK);
}

/* SM-21, SM-24 */
static void
authorize_and_spammer_list_the_pair(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	leave(f, 1);
	leave(f, 2);
	leave(f, 3);
	decide(f, 1, VERDICT_ACCEPT, STORE_OK);
	assert_int_equal(standing(f, ALICE, "a.test"), LISTED_NOT);
	decide(f, 2, VERDICT_AUTHORIZE, STORE_OK);
	op = page(f, SIDE_INCOMING, 10, 1);
	assert_span(op->entry_list.entries[0].address, ALICE);
	assert_span(op->entry_list.entries[0].server, "a.test");
	assert_int_equal(op->entry_list.entries[0].list, LISTED_ALLOW);
	assert_int_equal(op->entry_list.entries[0].by, ENTRY_BY_VERDICT);
	decide(f, 3, VERDICT_SPAMMER, STORE_OK);
	assert_int_equal(standing(f, ALICE, "a.test"), LISTED_DENY);
	page(f, SIDE_INCOMING, 10, 1);
}

static void
fetch_for_bob(
    struct fixture *f, unsigned number, unsigned message, unsigned key)
{
	struct store_op *op = begin(f, STORE_NOTICE_FETCHED);
	struct store_delivery delivery = delivery_of(key, message);

	delivery.notice_id = notice_of(number).id;
	delivery.notice_domain = span_of("a.test");
	delivery.user = span_of(BOB);
	op->notice_fetched.id = notice_of(number).id;
	op->notice_fetched.domain = span_of("a.test");
	op->notice_fetched.named = span_of(BOB);
	op->notice_fetched.message = message_of(message);
	op->notice_fetched.message.user = span_of("");
	op->notice_fetched.delivery_count = 1;
	op->notice_fetched.deliveries = &delivery;
	op->notice_fetched.next_at = f->now + 600;
	expect(f, STORE_OK);
}

/* SM-25 */
static void
spammer_after_delivery_lists_the_pair_as_well(void **state)
{
	struct fixture *f = *state;

	leave(f, 1);
	decide(f, 1, VERDICT_ACCEPT, STORE_OK);
	claim_notices(f, 1);
	fetch_for_bob(f, 1, 1, 1);
	deliver(f, 1);
	decide(f, 1, VERDICT_SPAMMER, STORE_OK);
	assert_int_equal(standing(f, ALICE, "a.test"), LISTED_DENY);
	/* said again it changes nothing, not even a list changed meanwhile */
	drop(f, ALICE, "", true, STORE_OK);
	decide(f, 1, VERDICT_SPAMMER, STORE_OK);
	page(f, 0, 10, 0);
}

static struct store_op *
outgoing(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_ENTRY_LIST);

	op->entry_list.user = span_of(ALICE);
	op->entry_list.side = SIDE_OUTGOING;
	op->entry_list.limit = 10;
	expect(f, STORE_OK);
	return op;
}

/* SM-30, SM-33 */
static void
the_origin_learns_who_wants_the_mail_of_its_user(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_envelope(f, 1, 1);
	begin_verdict(f, 1, "bob@b.test", VERDICT_SPAM);
	expect(f, STORE_OK);
	assert_int_equal(outgoing(f)->entry_list.count, 0);
	op = begin_lease(f, 1);
	op->hold_lease.to = span_of("carol@b.test");
	op->hold_lease.verdict = VERDICT_AUTHORIZE;
	expect(f, STORE_OK);
	op = outgoing(f);
	assert_int_equal(op->entry_list.count, 1);
	assert_span(op->entry_list.entries[0].address, "carol@b.test");
	assert_int_equal(op->entry_list.entries[0].list, LISTED_ALLOW);
	begin_verdict(f, 1, "dan@b.test", VERDICT_SPAMMER);
	expect(f, STORE_OK);
	op = outgoing(f);
	assert_int_equal(op->entry_list.count, 2);
	assert_span(op->entry_list.entries[1].address, "dan@b.test");
	assert_int_equal(op->entry_list.entries[1].list, LISTED_DENY);
}

static struct store_op *
push(struct fixture *f, unsigned hold)
{
	struct store_op *op = begin(f, STORE_HOLD_CLAIM);

	op->hold_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	expect(f, STORE_OK);
	op = begin(f, STORE_HOLD_PUSH);
	op->hold_push.key = key_of(hold);
	op->hold_push.node = NODE;
	op->hold_push.ticket = 3;
	op->hold_push.lease_until = f->now + 600;
	expect(f, STORE_OK);
	op = begin(f, STORE_HOLD_SETTLE);
	op->hold_settle.key = key_of(hold);
	op->hold_settle.node = NODE;
	op->hold_settle.ticket = 3;
	op->hold_settle.state = HOLD_REFUSED;
	op->hold_settle.by_policy = true;
	return op;
}

/* SM-34: a promise that does not hold is forgotten, and the hold goes on */
static void
a_push_refused_by_policy_corrects_the_list(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_envelope(f, 1, 1);
	op = begin_lease(f, 1);
	op->hold_lease.to = span_of("carol@b.test");
	op->hold_lease.verdict = VERDICT_AUTHORIZE;
	expect(f, STORE_OK);
	put_envelope(f, 2, 11);
	op = begin(f, STORE_ENTRY_PUT);
	op->entry_put.entry = (struct store_entry){.user = span_of(ALICE),
	    .side = SIDE_OUTGOING,
	    .address = span_of("bob@b.test"),
	    .server = span_of(""),
	    .list = LISTED_ALLOW,
	    .by = ENTRY_BY_HAND};
	expect(f, STORE_OK);
	put_holds(f, 5, 50, 1);
	op = push(f, 50);
	expect(f, STORE_OK);
	assert_true(op->hold_settle.unlisted);
	assert_false(op->hold_settle.body_free);
	assert_int_equal(state_of_hold(f, 50), HOLD_HELD);
	assert_int_equal(hold_now(f, 50).route, ROUTE_UNKNOWN);
	assert_int_equal(outgoing(f)->entry_list.count, 1);
	/* nobody had promised anything this time */
	op = push(f, 50);
	expect(f, STORE_OK);
	assert_false(op->hold_settle.unlisted);
	assert_int_equal(state_of_hold(f, 50), HOLD_REFUSED);
	assert_clean(f);
}

/* SM-37 */
static void
the_origin_of_a_denied_pair_is_told_once_a_day(void **state)
{
	struct fixture *f = *state;
	struct store_notice row = envelope_of(1, BOB);

	row.sender = span_of(ALICE);
	row.server = span_of("a.test");
	row.state = NOTICE_REFUSED;
	row.verdict = VERDICT_SPAMMER;
	row.created = row.next_at = f->now;
	put_row(f, &row, STORE_EXISTS); /* nobody denies it */
	put(f, SIDE_INCOMING, ALICE, "a.test", LISTED_DENY);
	put_row(f, &row, STORE_OK);
	assert_true(row_at(f, 1).verdict_due);
	claim_notices(f, 1);
	row.id = span_of("another");
	row.key = key_of(2);
	row.created += 86399;
	put_row(f, &row, STORE_EXISTS);
	row.created++;
	put_row(f, &row, STORE_OK);
	assert_clean(f);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(an_entry_speaks_of_the_address_at_its_server_only),
	    CASE(a_domain_is_listed_unless_the_address_itself_is),
	    CASE(without_a_server_an_entry_denies_everywhere),
	    CASE(an_entry_without_a_server_takes_the_first_that_is_verified),
	    CASE(entries_come_in_pages_by_side_and_address),
	    CASE(an_entry_is_put_once_where_only_new_ones_are_wanted),
	    CASE(a_list_has_a_ceiling_that_known_entries_do_not_meet),
	    CASE(an_entry_is_forgotten_by_itself_or_with_all_of_its_address),
	    CASE(those_of_one_address_can_be_asked_for),
	    CASE(a_list_that_was_full_has_room_for_what_goes),
	    CASE(the_lists_of_a_user_go_with_the_account),
	    CASE(authorize_and_spammer_list_the_pair),
	    CASE(spammer_after_delivery_lists_the_pair_as_well),
	    CASE(the_origin_learns_who_wants_the_mail_of_its_user),
	    CASE(a_push_refused_by_policy_corrects_the_list),
	    CASE(the_origin_of_a_denied_pair_is_told_once_a_day),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
