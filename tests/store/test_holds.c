/* The life of a hold, on every driver. */
#include <string.h>

#include "fixture.h"

static struct store_op *
claim_holds(struct fixture *f, unsigned limit, unsigned expected)
{
	struct store_op *op = begin(f, STORE_HOLD_CLAIM);

	op->hold_claim.claim = (struct store_claim){NODE, f->now + 60, limit};
	expect(f, STORE_OK);
	assert_int_equal(op->hold_claim.count, expected);
	return op;
}

static struct store_op *
begin_retry(struct fixture *f, unsigned hold, enum store_route route)
{
	struct store_op *op = begin(f, STORE_HOLD_RETRY);

	op->hold_retry.key = key_of(hold);
	op->hold_retry.route = route;
	op->hold_retry.next_at = NOW + 300;
	op->hold_retry.reply = span_of("450 4.7.1 later");
	return op;
}

static struct store_op *
expire(struct fixture *f, int64_t born_before, unsigned expected)
{
	struct store_op *op = begin(f, STORE_HOLD_EXPIRE);

	op->hold_expire.limit = 100;
	op->hold_expire.grace = STORE_HOLD_GRACE;
	op->hold_expire.born_before = born_before;
	expect(f, STORE_OK);
	assert_int_equal(op->hold_expire.count, expected);
	return op;
}

static void
a_due_hold_is_claimed_once_until_its_lease_ends(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 3);
	op = claim_holds(f, 2, 2);
	assert_true(key_equals(op->hold_claim.rows[0].hold.key, key_of(10)));
	assert_span(op->hold_claim.rows[0].message.sender, "alice@a.test");
	for (unsigned i = 0; i < 2; i++)
		assert_span(op->hold_claim.rows[i].message.envelope,
		    "Subject: minutes\r\n\r\nHere they\r\n");
	claim_holds(f, 10, 1);
	claim_holds(f, 10, 0);
	f->now += 59;
	claim_holds(f, 10, 0);
	f->now += 1;
	claim_holds(f, 10, 3);
}

static void
claims_are_in_order_of_what_is_due_longest(void **state)
{
	struct fixture *f = *state;
	struct store_hold rows[] = {
	    hold_of(10, 1), hold_of(11, 1), hold_of(12, 1)};
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);

	rows[0].next_at = NOW + 1;
	rows[1].next_at = NOW - 5;
	rows[2].next_at = NOW - 9;
	op->message_put.message = message_of(1);
	op->message_put.hold_count = 3;
	op->message_put.holds = rows;
	expect(f, STORE_OK);
	op = claim_holds(f, 10, 2);
	assert_true(key_equals(op->hold_claim.rows[0].hold.key, key_of(12)));
	assert_true(key_equals(op->hold_claim.rows[1].hold.key, key_of(11)));
}

static struct store_op *
claim_without(struct fixture *f, const char *domain, unsigned expected)
{
	struct store_op *op = begin(f, STORE_HOLD_CLAIM);

	op->hold_claim.claim = (struct store_claim){NODE, f->now + 60, 10};
	op->hold_claim.without[0] = span_of("nowhere.test");
	op->hold_claim.without[1] = span_of(domain);
	op->hold_claim.without_count = 2;
	expect(f, STORE_OK);
	assert_int_equal(op->hold_claim.count, expected);
	return op;
}

static void
a_claim_leaves_out_the_domains_it_is_told_to(void **state)
{
	struct fixture *f = *state;
	struct store_hold rows[] = {
	    hold_of(10, 1), hold_of(11, 1), hold_of(12, 1)};
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);

	rows[1].domain = span_of("c.test");
	op->message_put.message = message_of(1);
	op->message_put.hold_count = 3;
	op->message_put.holds = rows;
	expect(f, STORE_OK);
	op = claim_without(f, "b.test", 1);
	assert_true(key_equals(op->hold_claim.rows[0].hold.key, key_of(11)));
	claim_without(f, "c.test", 2);
}

static void
a_retry_gives_the_claim_back_and_is_counted_once(void **state)
{
	struct fixture *f = *state;
	struct store_hold hold;

	put_holds(f, 1, 10, 1);
	claim_holds(f, 10, 1);
	begin_retry(f, 10, ROUTE_MSID);
	expect(f, STORE_OK);
	begin_retry(f, 10, ROUTE_MSID);
	expect(f, STORE_OK);
	hold = hold_now(f, 10);
	assert_int_equal(hold.tries, 1);
	assert_int_equal(hold.route, ROUTE_MSID);
	assert_span(hold.reply, "450 4.7.1 later");
	claim_holds(f, 10, 0);
	f->now = NOW + 300;
	claim_holds(f, 10, 1);
	begin_retry(f, 11, ROUTE_MSID);
	expect(f, STORE_NONE);
	notify(f, 10);
	begin_retry(f, 10, ROUTE_MSID);
	expect(f, STORE_CONFLICT);
}

/* The time that it is due already is no repeat while it is claimed. */
static void
a_retry_at_once_gives_the_claim_back(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	claim_holds(f, 10, 1);
	op = begin_retry(f, 10, ROUTE_UNKNOWN);
	op->hold_retry.next_at = NOW;
	expect(f, STORE_OK);
	assert_int_equal(hold_now(f, 10).tries, 1);
	claim_holds(f, 10, 1);
}

static void
life_begins_with_the_first_notice_and_once(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;
	struct store_hold hold;

	put_holds(f, 1, 10, 1);
	notify(f, 10);
	op = begin(f, STORE_HOLD_NOTICED);
	op->hold_noticed.key = key_of(10);
	op->hold_noticed.route = ROUTE_UNKNOWN;
	op->hold_noticed.expires_at = NOW + 999999;
	expect(f, STORE_OK);
	hold = hold_now(f, 10);
	assert_int_equal(hold.state, HOLD_NOTICED);
	assert_int_equal(hold.route, ROUTE_GDEL);
	assert_int_equal(hold.expires_at, NOW + 172800);
	assert_int_equal(hold.tries, 1);
	assert_span(hold_now(f, 10).reply, "250 2.0.0 noted");
}

static void
a_pull_quicker_than_the_notice_keeps_its_state(void **state)
{
	struct fixture *f = *state;
	struct store_hold hold;

	put_holds(f, 1, 10, 2);
	claim_holds(f, 10, 2);
	aim(f, 10);
	lease(f, 10);
	notify(f, 10);
	hold = hold_now(f, 10);
	assert_int_equal(hold.state, HOLD_LEASED);
	assert_int_equal(hold.expires_at, NOW + 172800);
	settle_hold(f, 10, HOLD_TAKEN, STORE_OK);
	notify(f, 10);
	assert_int_equal(state_of_hold(f, 10), HOLD_TAKEN);
	assert_clean(f);
}

static void
a_lease_brings_the_content(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	aim(f, 10);
	notify(f, 10);
	op = begin_lease(f, 10);
	expect(f, STORE_OK);
	assert_true(op->hold_lease.entitled);
	assert_int_equal(op->hold_lease.row.hold.state, HOLD_LEASED);
	assert_span(
	    op->hold_lease.row.message.head, "Subject: minutes\r\n\r\n");
	assert_span(op->hold_lease.row.message.body, "Here they are.\r\n");
}

/* GD-29, AT-04 */
static void
who_is_no_target_or_has_another_identifier_gets_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	begin_lease(f, 10); /* no notice was on its way yet */
	expect(f, STORE_NONE);
	aim(f, 10);
	op = begin_lease(f, 10);
	op->hold_lease.asker = ip_of("192.0.2.8");
	expect(f, STORE_NONE);
	assert_false(op->hold_lease.entitled);
	op = begin_lease(f, 10);
	op->hold_lease.id = span_of("another");
	expect(f, STORE_NONE);
	assert_false(op->hold_lease.entitled);
	op = begin_lease(f, 11);
	expect(f, STORE_NONE);
	assert_false(op->hold_lease.entitled);
	assert_int_equal(state_of_hold(f, 10), HOLD_HELD);
}

static void
a_second_pull_is_busy_until_the_lease_ran_out(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	aim(f, 10);
	lease(f, 10);
	op = begin_lease(f, 10);
	expect(f, STORE_BUSY);
	assert_true(op->hold_lease.entitled);
	f->now += 600;
	op = begin_lease(f, 10);
	op->hold_lease.node = NODE + 1;
	expect(f, STORE_OK);
	settle_hold(f, 10, HOLD_TAKEN, STORE_CONFLICT);
	assert_int_equal(state_of_hold(f, 10), HOLD_LEASED);
}

/* GD-34 */
static void
a_taken_hold_is_gone_but_its_asker_stays_entitled(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	aim(f, 10);
	lease(f, 10);
	settle_hold(f, 10, HOLD_TAKEN, STORE_OK);
	settle_hold(f, 10, HOLD_TAKEN, STORE_OK);
	settle_hold(f, 10, HOLD_REFUSED, STORE_CONFLICT);
	op = begin_lease(f, 10);
	expect(f, STORE_NONE);
	assert_true(op->hold_lease.entitled);
	assert_int_equal(hold_now(f, 10).ended_at, NOW);
	assert_clean(f);
}

static void
a_lease_given_back_is_noticed_and_free_again(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 1);
	aim(f, 10);
	notify(f, 10);
	lease(f, 10);
	settle_hold(f, 10, HOLD_NOTICED, STORE_OK);
	settle_hold(f, 10, HOLD_NOTICED, STORE_OK);
	assert_int_equal(state_of_hold(f, 10), HOLD_NOTICED);
	lease(f, 10);
	settle_hold(f, 10, HOLD_WITHDRAWN, STORE_CONFLICT);
	settle_hold(f, 11, HOLD_TAKEN, STORE_NONE);
}

/* IM-05 */
static void
one_body_serves_all_recipients_and_goes_with_the_last(void **state)
{
	struct fixture *f = *state;
	struct store_hold rows[] = {hold_of(10, 1), hold_of(11, 1)};
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);

	op->message_put.message = message_of(1);
	op->message_put.message.spooled = true;
	op->message_put.hold_count = 2;
	op->message_put.holds = rows;
	expect(f, STORE_OK);
	aim(f, 10);
	lease(f, 10);
	settle_hold(f, 10, HOLD_TAKEN, STORE_OK);
	assert_false(f->op->hold_settle.body_free);
	assert_true(body_is_known(f, 1));
	op = begin_end(f, 11, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	assert_true(op->hold_end.body_free);
	assert_true(key_equals(op->hold_end.message, key_of(1)));
	assert_false(body_is_known(f, 1));
	settle_hold(f, 10, HOLD_TAKEN, STORE_OK);
	assert_true(f->op->hold_settle.body_free);
	assert_clean(f);
}

static void
a_hold_being_pulled_cannot_be_withdrawn(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 1);
	aim(f, 10);
	lease(f, 10);
	begin_end(f, 10, HOLD_WITHDRAWN);
	expect(f, STORE_BUSY);
	f->now += 600;
	begin_end(f, 10, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	begin_end(f, 10, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	begin_end(f, 10, HOLD_REFUSED);
	expect(f, STORE_CONFLICT);
	begin_end(f, 10, HOLD_TAKEN);
	expect(f, STORE_CONFLICT);
	begin_end(f, 11, HOLD_REFUSED);
	expect(f, STORE_NONE);
	assert_clean(f);
}

static void
an_author_ends_only_what_is_theirs(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	op = begin_end(f, 10, HOLD_WITHDRAWN);
	op->hold_end.user = span_of("mallory@a.test");
	expect(f, STORE_NONE);
	assert_int_equal(state_of_hold(f, 10), HOLD_HELD);
	op = begin_end(f, 10, HOLD_WITHDRAWN);
	op->hold_end.user = span_of("alice@a.test");
	expect(f, STORE_OK);
	op = begin_end(f, 10, HOLD_REFUSED); /* not even how it ended */
	op->hold_end.user = span_of("mallory@a.test");
	expect(f, STORE_NONE);
	assert_clean(f);
}

/* GD-13, GD-14 */
static void
a_hold_is_served_an_hour_beyond_its_time_and_then_expires(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	aim(f, 10);
	notify(f, 10);
	f->now = NOW + 172800 + STORE_HOLD_GRACE - 1;
	expire(f, 0, 0);
	lease(f, 10);
	settle_hold(f, 10, HOLD_NOTICED, STORE_OK);
	f->now++;
	begin_lease(f, 10);
	expect(f, STORE_NONE);
	op = expire(f, 0, 1);
	assert_int_equal(op->hold_expire.rows[0].hold.state, HOLD_EXPIRED);
	assert_span(op->hold_expire.rows[0].message.sender, "alice@a.test");
	assert_int_equal(op->hold_expire.body_count, 0);
	expire(f, 0, 0);
	assert_int_equal(state_of_hold(f, 10), HOLD_EXPIRED);
	assert_clean(f);
}

static void
a_hold_never_noticed_expires_by_its_age(void **state)
{
	struct fixture *f = *state;
	struct store_hold row = hold_of(10, 1);
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);

	op->message_put.message = message_of(1);
	op->message_put.message.spooled = true;
	op->message_put.message.sender = span_of(""); /* nobody to tell */
	op->message_put.hold_count = 1;
	op->message_put.holds = &row;
	expect(f, STORE_OK);
	expire(f, NOW, 0);
	claim_holds(f, 10, 1);
	expire(f, NOW + 1, 0); /* its notice is on its way */
	f->now += 60;
	op = expire(f, NOW + 1, 1);
	assert_int_equal(op->hold_expire.body_count, 1);
	assert_true(key_equals(op->hold_expire.bodies[0], key_of(1)));
	assert_clean(f);
}

static void
a_hold_being_pulled_does_not_expire(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 1);
	aim(f, 10);
	notify(f, 10);
	f->now = NOW + 172800 + 3599;
	lease(f, 10);
	f->now += 599;
	expire(f, 0, 0);
	f->now += 1;
	expire(f, 0, 1);
	assert_clean(f);
}

static unsigned
list(struct fixture *f, const char *user, bool open_only, unsigned limit)
{
	struct store_op *op = begin(f, STORE_HOLD_LIST);

	op->hold_list.user = span_of(user);
	op->hold_list.open_only = open_only;
	op->hold_list.after = key_of(10);
	op->hold_list.limit = limit;
	expect(f, STORE_OK);
	for (unsigned i = 1; i < op->hold_list.count; i++)
		assert_true(memcmp(&op->hold_list.rows[i - 1].hold.key,
				&op->hold_list.rows[i].hold.key, 16) < 0);
	return op->hold_list.count;
}

static void
holds_are_listed_by_user_and_openness_in_pages(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 5); /* one of them is not after key 10 */
	begin_end(f, 12, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	assert_int_equal(list(f, "", false, 100), 4);
	assert_int_equal(list(f, "", true, 100), 3);
	assert_int_equal(list(f, "alice@a.test", false, 100), 4);
	assert_int_equal(list(f, "alice@a.test", true, 100), 3);
	assert_int_equal(list(f, "alice@a.test", true, 2), 2);
	assert_int_equal(list(f, "mallory@a.test", false, 100), 0);
}

static unsigned
list_state(struct fixture *f, const char *user, enum store_hold_state of)
{
	struct store_op *op = begin(f, STORE_HOLD_LIST);

	op->hold_list.user = span_of(user);
	op->hold_list.state = of;
	op->hold_list.limit = 100;
	expect(f, STORE_OK);
	for (unsigned i = 0; i < op->hold_list.count; i++)
		assert_int_equal(op->hold_list.rows[i].hold.state, of);
	return op->hold_list.count;
}

static void
holds_are_listed_by_state(void **state)
{
	struct fixture *f = *state;

	put_holds(f, 1, 10, 5);
	notify(f, 11);
	begin_end(f, 12, HOLD_WITHDRAWN);
	expect(f, STORE_OK);
	assert_int_equal(list_state(f, "", HOLD_HELD), 3);
	assert_int_equal(list_state(f, "", HOLD_NOTICED), 1);
	assert_int_equal(list_state(f, "", HOLD_WITHDRAWN), 1);
	assert_int_equal(list_state(f, "alice@a.test", HOLD_HELD), 3);
	assert_int_equal(list_state(f, "alice@a.test", HOLD_TAKEN), 0);
	assert_int_equal(list_state(f, "mallory@a.test", HOLD_HELD), 0);
}

/* SM-01: the first visible one's identifier names the envelope. */
static void
a_hold_is_announced_under_one_of_its_message_and_domain(void **state)
{
	struct fixture *f = *state;
	struct store_hold rows[4] = {
	    hold_of(10, 1), hold_of(11, 1), hold_of(12, 1), hold_of(13, 1)};
	struct store_op *op;

	put_holds(f, 2, 20, 1);
	rows[1].envelope = key_of(10);
	rows[1].visible = true;
	rows[2].envelope = key_of(20); /* of another message */
	rows[3].envelope = key_of(10);
	rows[3].domain = span_of("c.test");
	op = begin(f, STORE_MESSAGE_PUT);
	op->message_put.message = message_of(1);
	op->message_put.hold_count = 4;
	op->message_put.holds = rows;
	expect(f, STORE_OK);
	assert_true(key_equals(hold_now(f, 10).envelope, key_of(10)));
	assert_true(key_equals(hold_now(f, 11).envelope, key_of(10)));
	assert_true(hold_now(f, 11).visible);
	assert_false(hold_now(f, 12).visible);
	assert_true(key_equals(hold_now(f, 12).envelope, key_of(12)));
	assert_true(key_equals(hold_now(f, 13).envelope, key_of(13)));
	assert_clean(f);
}

static void
an_envelope_text_beyond_the_ceiling_is_refused(void **state)
{
	static char octets[STORE_ENVELOPE_MAX + 1];
	struct fixture *f = *state;
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);

	op->message_put.message = message_of(1);
	op->message_put.message.envelope = span_make(octets, sizeof octets);
	expect(f, STORE_FULL);
}

static void
targets_beyond_the_ceiling_are_refused(void **state)
{
	static char many[STORE_TARGET * (STORE_TARGETS_MAX + 1)];
	struct fixture *f = *state;
	struct key keys[] = {key_of(10), key_of(99)};
	struct store_op *op;

	put_holds(f, 1, 10, 1);
	op = begin(f, STORE_HOLD_AIM);
	op->hold_aim.count = 1;
	op->hold_aim.keys = keys;
	op->hold_aim.targets = span_make(many, sizeof many);
	expect(f, STORE_FULL);
	op = begin(f, STORE_HOLD_AIM);
	op->hold_aim.count = 2; /* the second is not there */
	op->hold_aim.keys = keys;
	op->hold_aim.targets = span_make(many, sizeof many - STORE_TARGET);
	expect(f, STORE_OK);
	assert_int_equal(hold_now(f, 10).targets.n, sizeof many - STORE_TARGET);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(a_due_hold_is_claimed_once_until_its_lease_ends),
	    CASE(claims_are_in_order_of_what_is_due_longest),
	    CASE(a_claim_leaves_out_the_domains_it_is_told_to),
	    CASE(a_retry_gives_the_claim_back_and_is_counted_once),
	    CASE(a_retry_at_once_gives_the_claim_back),
	    CASE(life_begins_with_the_first_notice_and_once),
	    CASE(a_pull_quicker_than_the_notice_keeps_its_state),
	    CASE(a_lease_brings_the_content),
	    CASE(who_is_no_target_or_has_another_identifier_gets_nothing),
	    CASE(a_second_pull_is_busy_until_the_lease_ran_out),
	    CASE(a_taken_hold_is_gone_but_its_asker_stays_entitled),
	    CASE(a_lease_given_back_is_noticed_and_free_again),
	    CASE(one_body_serves_all_recipients_and_goes_with_the_last),
	    CASE(a_hold_being_pulled_cannot_be_withdrawn),
	    CASE(an_author_ends_only_what_is_theirs),
	    CASE(a_hold_is_served_an_hour_beyond_its_time_and_then_expires),
	    CASE(a_hold_never_noticed_expires_by_its_age),
	    CASE(a_hold_being_pulled_does_not_expire),
	    CASE(holds_are_listed_by_user_and_openness_in_pages),
	    CASE(holds_are_listed_by_state),
	    CASE(a_hold_is_announced_under_one_of_its_message_and_domain),
	    CASE(an_envelope_text_beyond_the_ceiling_is_refused),
	    CASE(targets_beyond_the_ceiling_are_refused),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
