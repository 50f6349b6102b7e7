/* What users think of the mail of a domain (SM-38, SM-39), on every driver. */
#include "fixture.h"

#define HERE "a.test"

static struct store_op *
decide(struct fixture *f, unsigned key, enum store_verdict verdict)
{
	struct store_op *op = begin(f, STORE_NOTICE_DECIDE);

	op->notice_decide.key = key_of(key);
	op->notice_decide.verdict = verdict;
	op->notice_decide.delivery = delivery_of(200 + key, 0);
	expect(f, STORE_OK);
	return op;
}

static struct store_op *
look(struct fixture *f, const char *name)
{
	struct store_op *op = begin(f, STORE_PEER_GET);

	op->peer_get.name = span_of(name);
	op->peer_get.day_limit = 10;
	expect(f, STORE_OK);
	return op;
}

static void
assert_figures(
    struct fixture *f, unsigned messages, unsigned accepts, unsigned refusals)
{
	const struct store_peer *p = &look(f, HERE)->peer_get.peer;

	assert_int_equal(p->messages, messages);
	assert_int_equal(p->accepts, accepts);
	assert_int_equal(p->refusals, refusals);
}

static void
assert_day(const struct store_peer_day *day, unsigned messages,
    unsigned accepts, unsigned refusals)
{
	assert_int_equal(day->messages, messages);
	assert_int_equal(day->accepts, accepts);
	assert_int_equal(day->refusals, refusals);
}

static void
fetch_for(struct fixture *f, unsigned number, const char *user,
    unsigned message, unsigned deliveries)
{
	struct store_op *op = begin(f, STORE_NOTICE_FETCHED);
	struct store_delivery *rows = arena_take(&op->arena, 3 * sizeof *rows);

	for (unsigned i = 0; i < deliveries; i++)
		rows[i] = delivery_of(300 + 10 * message + i, message);
	op->notice_fetched.id = notice_of(number).id;
	op->notice_fetched.domain = notice_of(number).domain;
	op->notice_fetched.named = span_of(user);
	op->notice_fetched.message = message_of(message);
	op->notice_fetched.message.user = span_of("");
	op->notice_fetched.delivery_count = deliveries;
	op->notice_fetched.deliveries = rows;
	op->notice_fetched.next_at = f->now + 600;
	expect(f, STORE_OK);
}

static void
forget(struct fixture *f)
{
	begin(f, STORE_PEER_DROP)->peer_drop.name = span_of(HERE);
	expect(f, STORE_OK);
}

static void
what_is_decided_counts_once(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_two(f, 1, 10);
	op = decide(f, 10, VERDICT_ACCEPT);
	assert_span(op->notice_decide.peer.name, HERE);
	assert_int_equal(op->notice_decide.peer.messages, 1);
	assert_int_equal(op->notice_decide.peer.accepts, 1);
	op = decide(f, 10, VERDICT_ACCEPT);
	assert_true(op->notice_decide.again);
	assert_int_equal(op->notice_decide.peer.name.n, 0);
	assert_figures(f, 1, 1, 0);
	decide(f, 11, VERDICT_REJECT);
	assert_figures(f, 2, 1, 1);
	assert_int_equal(row_at(f, 10).vote, 1);
	assert_int_equal(row_at(f, 11).vote, -1);
	assert_int_equal(look(f, HERE)->peer_get.day_count, 1);
	assert_day(&f->op->peer_get.days[0], 2, 1, 1);
	assert_clean(f);
}

static void
a_decision_that_fails_counts_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_two(f, 1, 10);
	decide(f, 10, VERDICT_ACCEPT);
	claim_notices(f, 1);
	fetch_for(f, 1, BOB, 5, 1);
	op = begin(f, STORE_NOTICE_DECIDE); /* a copy is here, no delivery */
	op->notice_decide.key = key_of(11);
	op->notice_decide.verdict = VERDICT_ACCEPT;
	expect(f, STORE_CONFLICT);
	assert_figures(f, 1, 1, 0);
	assert_int_equal(row_at(f, 11).vote, 0);
}

/* SM-25, SM-39: from +1 to -1; the message stays counted. */
static void
a_changed_decision_corrects_the_vote(void **state)
{
	struct fixture *f = *state;
	const struct store_peer_get *got;

	put_two(f, 1, 10);
	decide(f, 10, VERDICT_ACCEPT);
	claim_notices(f, 1);
	fetch_for(f, 1, BOB, 5, 1);
	deliver(f, 350);
	assert_int_equal(f->op->delivery_settle.peer.name.n, 0);
	assert_figures(f, 1, 1, 0);
	f->now += 2 * STORE_DAY;
	decide(f, 10, VERDICT_SPAM);
	assert_figures(f, 1, 0, 1);
	assert_int_equal(row_at(f, 10).vote, -1);
	got = &look(f, HERE)->peer_get;
	assert_int_equal(got->day_count, 2);
	assert_int_equal(got->days[0].day, f->now / STORE_DAY);
	assert_day(&got->days[0], 0, 0, 1);
	assert_day(&got->days[1], 1, 0, 0);
	decide(f, 10, VERDICT_SPAM);
	assert_figures(f, 1, 0, 1);
	assert_clean(f);
}

/* What a list or a policy lets in; and for several at once, as GDEL may. */
static void
what_nobody_decided_counts_without_a_vote_when_it_is_delivered(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_notice(f, 1);
	claim_notices(f, 1);
	fetch_for(f, 1, "", 5, 2);
	deliver(f, 350);
	op = f->op;
	assert_span(op->delivery_settle.peer.name, HERE);
	assert_figures(f, 1, 0, 0);
	deliver(f, 350);
	assert_figures(f, 1, 0, 0);
	deliver(f, 351);
	assert_figures(f, 2, 0, 0);
	decide(f, 1, VERDICT_REJECT);
	assert_figures(f, 2, 0, 1);
	assert_clean(f);
}

static void
what_is_refused_before_it_is_delivered_counts_once(void **state)
{
	struct fixture *f = *state;

	put_notice(f, 1);
	claim_notices(f, 1);
	fetch_for(f, 1, "", 5, 1);
	decide(f, 1, VERDICT_SPAM);
	assert_figures(f, 1, 0, 1);
	deliver(f, 350);
	assert_figures(f, 1, 0, 1);
}

static void
what_a_list_refuses_is_no_vote(void **state)
{
	struct fixture *f = *state;
	struct store_notice notice = envelope_of(1, BOB);
	struct store_op *op = begin(f, STORE_ENTRY_PUT);

	op->entry_put.entry = (struct store_entry){.user = span_of(BOB),
	    .side = SIDE_INCOMING,
	    .address = notice.sender,
	    .server = notice.domain,
	    .list = LISTED_DENY,
	    .by = ENTRY_BY_HAND};
	expect(f, STORE_OK);
	notice.state = NOTICE_REFUSED;
	notice.verdict = VERDICT_SPAMMER;
	put_row(f, &notice, STORE_OK);
	op = begin(f, STORE_PEER_GET);
	op->peer_get.name = span_of(HERE);
	expect(f, STORE_NONE);
}

/* The ratio stays within its bounds whatever was forgotten in between. */
static void
forgotten_figures_begin_anew(void **state)
{
	struct fixture *f = *state;

	put_two(f, 1, 10);
	decide(f, 10, VERDICT_ACCEPT);
	claim_notices(f, 1);
	fetch_for(f, 1, BOB, 5, 1);
	f->now++;
	forget(f);
	decide(f, 11, VERDICT_REJECT);
	decide(f, 10, VERDICT_SPAM);
	assert_figures(f, 2, 0, 2);
	assert_int_equal(look(f, HERE)->peer_get.day_count, 1);
	f->now++;
	forget(f);
	begin(f, STORE_PEER_GET)->peer_get.name = span_of(HERE);
	expect(f, STORE_NONE);
	assert_clean(f);
}

static unsigned
count_peers(struct fixture *f, enum store_peers which, const char *after)
{
	struct store_op *op = begin(f, STORE_PEER_LIST);

	op->peer_list.limit = 10;
	op->peer_list.which = which;
	op->peer_list.after = span_of(after);
	expect(f, STORE_OK);
	return op->peer_list.count;
}

static void
list_peer(struct fixture *f, const char *name)
{
	struct store_op *op = begin(f, STORE_PEER_PUT);

	op->peer_put.name = span_of(name);
	op->peer_put.list = LISTED_ALLOW;
	expect(f, STORE_OK);
}

static void
only_those_with_enough_messages_are_judged(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 1; i <= STORE_JUDGED_LEAST; i++) {
		struct store_notice notice = envelope_of(i, BOB);

		assert_int_equal(count_peers(f, PEERS_JUDGED, ""), 0);
		put_row(f, &notice, STORE_OK);
		decide(f, i, VERDICT_REJECT);
	}
	assert_int_equal(count_peers(f, PEERS_JUDGED, ""), 1);
	/* marked: on a list, or judged; who is both is so once */
	assert_int_equal(count_peers(f, PEERS_MARKED, ""), 1);
	list_peer(f, "zoo.test");
	list_peer(f, HERE);
	assert_int_equal(count_peers(f, PEERS_MARKED, ""), 2);
	assert_int_equal(count_peers(f, PEERS_MARKED, HERE), 1);
}

static void
the_addresses_that_spoke_for_a_domain_are_found(void **state)
{
	static const struct {
		const char *name, *domain;
	} rows[] = {
	    {"192.0.2.1", HERE}, {"192.0.2.2", "b.test"}, {"192.0.2.3", HERE}};
	struct fixture *f = *state;
	struct store_op *op;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		op = begin(f, STORE_PEER_SEEN);
		op->peer_seen.name = span_of(rows[i].name);
		op->peer_seen.domain = span_of(rows[i].domain);
		op->peer_seen.verified = true;
		expect(f, STORE_OK);
	}
	op = begin(f, STORE_PEER_LIST);
	op->peer_list.limit = 10;
	op->peer_list.which = PEERS_OF_DOMAIN;
	op->peer_list.of_domain = span_of(HERE);
	expect(f, STORE_OK);
	assert_int_equal(op->peer_list.count, 2);
	assert_span(op->peer_list.peers[1].name, "192.0.2.3");
}

static void
days_are_swept_when_their_time_has_passed(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	put_two(f, 1, 10);
	decide(f, 10, VERDICT_REJECT);
	for (int more = 0; more < 2; more++) {
		f->now += more ? STORE_DAY : STORE_DAYS_KEPT * STORE_DAY;
		op = begin(f, STORE_SWEEP);
		op->sweep.limit = 10;
		expect(f, STORE_OK);
		assert_int_equal(op->sweep.removed, more);
	}
	assert_int_equal(look(f, HERE)->peer_get.day_count, 0);
	assert_figures(f, 1, 0, 1);
}

int
main(void)
{
	static const struct fixture_case cases[] = {
	    CASE(what_is_decided_counts_once),
	    CASE(a_decision_that_fails_counts_nothing),
	    CASE(a_changed_decision_corrects_the_vote),
	    CASE(
		what_nobody_decided_counts_without_a_vote_when_it_is_delivered),
	    CASE(what_is_refused_before_it_is_delivered_counts_once),
	    CASE(what_a_list_refuses_is_no_vote),
	    CASE(forgotten_figures_begin_anew),
	    CASE(only_those_with_enough_messages_are_judged),
	    CASE(the_addresses_that_spoke_for_a_domain_are_found),
	    CASE(days_are_swept_when_their_time_has_passed),
	};

	return fixture_run(cases, sizeof cases / sizeof cases[0]);
}
