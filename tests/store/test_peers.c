/* Listed hosts, networks and domains, and their figures, on every driver. */
#include <string.h>

#include "fixture.h"

static struct store_peer
put(struct fixture *f, const char *name, enum store_listed list, int64_t until)
{
	struct store_op *op = begin(f, STORE_PEER_PUT);

	op->peer_put.name = span_of(name);
	op->peer_put.list = list;
	op->peer_put.until = until;
	expect(f, STORE_OK);
	return op->peer_put.peer;
}

static void
count(struct fixture *f, const char *name, uint64_t total_max)
{
	const struct store_peer row = {
	    .name = span_of(name), .notices = 1, .pulls = 2, .failures = 3};
	struct store_op *op = begin(f, STORE_PEER_COUNT);

	op->peer_count.count = 1;
	op->peer_count.peers = &row;
	op->peer_count.total_max = total_max;
	expect(f, STORE_OK);
}

static struct store_peer
get(struct fixture *f, const char *name, enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_PEER_GET);

	op->peer_get.name = span_of(name);
	expect(f, outcome);
	return op->peer_get.peer;
}

static void
a_peer_is_listed_and_comes_back_as_it_was_put(void **state)
{
	struct fixture *f = *state;
	struct store_peer row =
	    put(f, "192.0.2.0/24", LISTED_DENY, NOW + 86400);

	assert_span(row.name, "192.0.2.0/24");
	row = get(f, "192.0.2.0/24", STORE_OK);
	assert_int_equal(row.list, LISTED_DENY);
	assert_int_equal(row.until, NOW + 86400);
	assert_int_equal(row.created, NOW);
	assert_int_equal(row.seen, NOW);
	get(f, "192.0.2.0", STORE_NONE);
	assert_clean(f);
}

static void
putting_on_a_list_keeps_what_was_counted(void **state)
{
	struct fixture *f = *state;
	struct store_peer row;

	count(f, "192.0.2.1", 0);
	f->now += 60;
	row = put(f, "192.0.2.1", LISTED_ALLOW, 0);
	assert_int_equal(row.notices, 1);
	f->now += 60;
	count(f, "192.0.2.1", 0);
	row = get(f, "192.0.2.1", STORE_OK);
	assert_int_equal(row.list, LISTED_ALLOW);
	assert_int_equal(row.notices, 2);
	assert_int_equal(row.pulls, 4);
	assert_int_equal(row.failures, 6);
	assert_int_equal(row.created, NOW);
	assert_int_equal(row.seen, NOW + 120);
}

static void
above_the_ceiling_only_known_peers_are_counted(void **state)
{
	struct fixture *f = *state;

	count(f, "192.0.2.1", 2);
	count(f, "192.0.2.2", 2);
	count(f, "192.0.2.3", 2);
	count(f, "192.0.2.1", 2);
	get(f, "192.0.2.3", STORE_NONE);
	assert_int_equal(get(f, "192.0.2.1", STORE_OK).notices, 2);
	begin(f, STORE_COUNT);
	expect(f, STORE_OK);
	assert_int_equal(f->op->count.peers, 2);
}

static void
peers_are_listed_in_pages_in_order_of_name(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put(f, "b.test", LISTED_ALLOW, 0);
	put(f, "192.0.2.1", LISTED_DENY, 0);
	count(f, "192.0.2.9", 0);
	put(f, "192.0.2.8", LISTED_NOT, 0);
	op = begin(f, STORE_PEER_LIST);
	op->peer_list.limit = 3;
	expect(f, STORE_OK);
	assert_int_equal(op->peer_list.count, 3);
	assert_span(op->peer_list.peers[0].name, "192.0.2.1");
	assert_span(op->peer_list.peers[2].name, "192.0.2.9");
	op = begin(f, STORE_PEER_LIST);
	op->peer_list.after = span_of("192.0.2.0");
	op->peer_list.limit = 10;
	op->peer_list.which = PEERS_LISTED;
	expect(f, STORE_OK);
	assert_int_equal(op->peer_list.count, 2);
	assert_span(op->peer_list.peers[1].name, "b.test");
}

static void
a_peer_is_forgotten_once(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put(f, "b.test", LISTED_DENY, 0);
	op = begin(f, STORE_PEER_DROP);
	op->peer_drop.name = span_of("b.test");
	expect(f, STORE_OK);
	op = begin(f, STORE_PEER_DROP);
	op->peer_drop.name = span_of("b.test");
	expect(f, STORE_NONE);
	assert_clean(f);
}

static unsigned
sweep(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_SWEEP);

	op->sweep.peers_before = f->now - 100;
	op->sweep.limit = 10;
	expect(f, STORE_OK);
	return op->sweep.removed;
}

static void
only_peers_that_are_on_no_list_are_swept(void **state)
{
	struct fixture *f = *state;

	put(f, "192.0.2.1", LISTED_DENY, 0);
	put(f, "192.0.2.2", LISTED_DENY, NOW + 50);
	put(f, "192.0.2.3", LISTED_ALLOW, NOW + 9000);
	count(f, "192.0.2.4", 0);
	f->now = NOW + 100;
	assert_int_equal(sweep(f), 0);
	f->now = NOW + 101;
	assert_int_equal(sweep(f), 1);
	get(f, "192.0.2.4", STORE_NONE);
	f->now = NOW + 151;
	assert_int_equal(sweep(f), 1);
	get(f, "192.0.2.2", STORE_NONE);
	get(f, "192.0.2.1", STORE_OK);
	get(f, "192.0.2.3", STORE_OK);
	assert_clean(f);
}

static struct store_op *
begin_seen(struct fixture *f, const char *domain)
{
	struct store_op *op = begin(f, STORE_PEER_SEEN);

	op->peer_seen.name = span_of("192.0.2.7");
	op->peer_seen.domain = span_of(domain);
	return op;
}

static struct store_peer
seen_peer(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_PEER_GET);

	op->peer_get.name = span_of("192.0.2.7");
	expect(f, STORE_OK);
	return op->peer_get.peer;
}

/* AT-26 */
static void
what_an_address_offered_and_did_is_remembered_with_its_time(void **state)
{
	struct fixture *f = *state;
	struct store_op *op = begin_seen(f, "");
	struct store_peer row;

	op->peer_seen.tls = true;
	op->peer_seen.keyword = true;
	expect(f, STORE_OK);
	assert_int_equal(op->peer_seen.peer.tls_at, NOW);
	assert_int_equal(op->peer_seen.peer.verified_at, 0);
	f->now += 10;
	op = begin_seen(f, "a.test");
	op->peer_seen.verified = true;
	expect(f, STORE_OK);
	f->now += 10;
	op = begin_seen(f, "");
	op->peer_seen.pulled = true;
	expect(f, STORE_OK);
	row = seen_peer(f);
	assert_span(row.domain, "a.test");
	assert_int_equal(row.tls_at, NOW);
	assert_int_equal(row.keyword_at, NOW);
	assert_int_equal(row.verified_at, NOW + 10);
	assert_int_equal(row.pulled_at, NOW + 20);
	assert_int_equal(row.seen, NOW + 20);
	assert_int_equal(row.list, LISTED_NOT);
}

static void
what_was_known_of_an_address_before_is_said(void **state)
{
	struct fixture *f = *state;
	struct store_op *op = begin_seen(f, "a.test");

	op->peer_seen.verified = true;
	expect(f, STORE_OK);
	assert_span(op->peer_seen.before.name, "192.0.2.7");
	assert_span(op->peer_seen.before.domain, "");
	assert_int_equal(op->peer_seen.before.list, LISTED_NOT);
	assert_int_equal(op->peer_seen.before.created, 0);
	assert_int_equal(op->peer_seen.before.seen, 0);
	assert_int_equal(op->peer_seen.before.verified_at, 0);
	f->now += 10;
	op = begin_seen(f, "b.test");
	op->peer_seen.verified = op->peer_seen.tls = true;
	expect(f, STORE_OK);
	assert_span(op->peer_seen.before.domain, "a.test");
	assert_int_equal(op->peer_seen.before.created, NOW);
	assert_int_equal(op->peer_seen.before.seen, NOW);
	assert_int_equal(op->peer_seen.before.verified_at, NOW);
	assert_int_equal(op->peer_seen.before.tls_at, 0);
	assert_span(op->peer_seen.peer.domain, "b.test");
	assert_int_equal(op->peer_seen.peer.verified_at, NOW + 10);
}

static void
an_address_beyond_the_ceiling_is_not_remembered(void **state)
{
	struct fixture *f = *state;
	struct store_op *op = begin_seen(f, "");

	op->peer_seen.total_max = 1;
	expect(f, STORE_OK);
	expect(f, STORE_OK);
	op = begin_seen(f, "");
	op->peer_seen.name = span_of("192.0.2.8");
	op->peer_seen.total_max = 1;
	expect(f, STORE_FULL);
}

static void
deny(struct fixture *f, const char *address, int64_t until)
{
	struct store_op *op = begin(f, STORE_DENIED_PUT);

	op->denied_put.address = span_of(address);
	op->denied_put.until = until;
	expect(f, STORE_OK);
}

static struct store_op *
list_denied(struct fixture *f, const char *after, unsigned expected)
{
	struct store_op *op = begin(f, STORE_DENIED_LIST);

	op->denied_list.after = span_of(after);
	op->denied_list.limit = 2;
	expect(f, STORE_OK);
	assert_int_equal(op->denied_list.count, expected);
	return op;
}

/* GD-49: the deny list survives a restart. */
static void
who_is_denied_is_listed_until_the_time_has_passed(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	deny(f, "198.51.100.9", NOW + 100);
	deny(f, "192.0.2.8", NOW + 50);
	deny(f, "2001:db8::/64", NOW + 100);
	if (f->folder[0] != '\0')
		fixture_reopen(f);
	op = list_denied(f, "", 2);
	assert_span(op->denied_list.denied[0].address, "192.0.2.8");
	assert_int_equal(op->denied_list.denied[0].until, NOW + 50);
	op = list_denied(f, "198.51.100.9", 1);
	assert_span(op->denied_list.denied[0].address, "2001:db8::/64");
	f->now += 50;
	op = list_denied(f, "", 2);
	assert_span(op->denied_list.denied[0].address, "198.51.100.9");
	deny(f, "198.51.100.9", NOW + 500);
	deny(f, "2001:db8::/64", NOW); /* forgiven */
	op = list_denied(f, "", 1);
	assert_int_equal(op->denied_list.denied[0].until, NOW + 500);
	op = begin(f, STORE_SWEEP);
	op->sweep.limit = 10;
	expect(f, STORE_OK);
	assert_int_equal(op->sweep.removed, 1);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(a_peer_is_listed_and_comes_back_as_it_was_put),
	    CASE(putting_on_a_list_keeps_what_was_counted),
	    CASE(above_the_ceiling_only_known_peers_are_counted),
	    CASE(peers_are_listed_in_pages_in_order_of_name),
	    CASE(a_peer_is_forgotten_once),
	    CASE(only_peers_that_are_on_no_list_are_swept),
	    CASE(what_an_address_offered_and_did_is_remembered_with_its_time),
	    CASE(what_was_known_of_an_address_before_is_said),
	    CASE(an_address_beyond_the_ceiling_is_not_remembered),
	    CASE(who_is_denied_is_listed_until_the_time_has_passed),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
