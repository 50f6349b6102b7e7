/*
 * The same operations, drawn from a seed, on the memory driver and on the
 * sqlite driver: every outcome and every result must be the same. Operations
 * are committed in batches of changing size, and the file is opened again now
 * and then.
 */
#include <string.h>

#include "fixture.h"
#include "same.h"

#define STEPS      2000
#define BATCH_MAX  12
#define MESSAGES   40 /* keys are drawn from few, so that they meet again */
#define HOLDS      60
#define NOTICES    30
#define DELIVERIES 60

/* ---- drawing ---- */

struct draws {
	uint64_t seed;
};

static unsigned
draw(struct draws *d, unsigned limit)
{
	d->seed = d->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(d->seed >> 33) % limit;
}

/* Half of them are those that bring holds and notices on their way. */
static enum store_verb
draw_verb(struct draws *d)
{
	static const enum store_verb busy[] = {
	    STORE_MESSAGE_PUT,
	    STORE_HOLD_AIM,
	    STORE_HOLD_LEASE,
	    STORE_HOLD_LEASE,
	    STORE_HOLD_SETTLE,
	    STORE_HOLD_SETTLE,
	    STORE_NOTICE_PUT,
	    STORE_NOTICE_CLAIM,
	    STORE_NOTICE_FETCHED,
	    STORE_DELIVERY_SETTLE,
	    STORE_SWEEP,
	    STORE_PEER_COUNT,
	};

	if (draw(d, 2))
		return (enum store_verb)draw(d, STORE_VERBS);
	return busy[draw(d, sizeof busy / sizeof busy[0])];
}

static struct ip
draw_asker(struct draws *d)
{
	return ip_of(draw(d, 8) == 0 ? "192.0.2.8" : peer);
}

static struct span
draw_reply(struct draws *d)
{
	static const char *const replies[] = {"", "250 ok", "450 later"};

	return span_of(replies[draw(d, 3)]);
}

static struct store_claim
draw_claim(struct draws *d, int64_t now)
{
	return (struct store_claim){
	    1 + draw(d, 2), now + 1 + draw(d, 300), draw(d, 6)};
}

static void
fill_user_put(struct store_op *op, struct draws *d)
{
	static const char *const addresses[] = {
	    "a@a.test", "ab@a.test", "b@a.test", "\xc3\xa4@a.test"};

	op->user_put.user = user_of(addresses[draw(d, 4)]);
	op->user_put.user.mode = (enum store_mode)draw(d, 3);
	if (draw(d, 2))
		op->user_put.user.password = span_of("");
	op->user_put.only_new = draw(d, 3) == 0;
	op->user_put.only_old = draw(d, 3) == 0;
}

static void
fill_message_put(struct store_op *op, struct draws *d)
{
	struct store_message_put *put = &op->message_put;
	unsigned message = 1 + draw(d, MESSAGES);
	struct store_hold *holds = arena_take(&op->arena, 3 * sizeof *holds);
	struct store_delivery *deliveries =
	    arena_take(&op->arena, 2 * sizeof *deliveries);

	put->message = message_of(message);
	put->message.spooled = message % 3 == 0;
	put->message.created = op->now;
	put->hold_count = draw(d, 4);
	for (unsigned i = 0; i < put->hold_count; i++) {
		holds[i] = hold_of(1 + draw(d, HOLDS), message);
		holds[i].created = op->now;
		holds[i].next_at = op->now + draw(d, 100);
		if (draw(d, 10) == 0)
			holds[i].route = ROUTE_PUSH;
	}
	put->holds = holds;
	put->delivery_count = draw(d, 3);
	for (unsigned i = 0; i < put->delivery_count; i++) {
		deliveries[i] = delivery_of(1 + draw(d, DELIVERIES), message);
		deliveries[i].next_at = op->now + draw(d, 100);
	}
	put->deliveries = deliveries;
	put->more = draw(d, 5) == 0;
}

static void
fill_hold_aim(struct store_op *op, struct draws *d)
{
	struct key *keys = arena_take(&op->arena, 10 * sizeof *keys);

	op->hold_aim.count = draw(d, 11);
	for (unsigned i = 0; i < op->hold_aim.count; i++)
		keys[i] = key_of(1 + draw(d, HOLDS));
	op->hold_aim.keys = keys;
	op->hold_aim.targets = arena_copy(&op->arena, targets_of(peer));
}

static void
fill_hold_lease(struct store_op *op, struct draws *d)
{
	unsigned number = 1 + draw(d, HOLDS);

	op->hold_lease.key = key_of(number);
	op->hold_lease.id = hold_of(number + (draw(d, 10) == 0), 1).id;
	op->hold_lease.asker = draw_asker(d);
	op->hold_lease.node = 1 + draw(d, 2);
	op->hold_lease.lease_until = op->now + 1 + draw(d, 600);
}

static void
fill_notice_put(struct store_op *op, struct draws *d)
{
	struct store_notice *notice = &op->notice_put.notice;

	*notice = notice_of(1 + draw(d, NOTICES));
	if (draw(d, 3) == 0)
		notice->state = NOTICE_PENDING;
	if (draw(d, 4) == 0)
		notice->domain = span_of("other.test");
	notice->key = key_of(1 + draw(d, 4 * NOTICES));
	notice->has_size = draw(d, 2);
	if (!notice->has_size)
		notice->size = 0;
	notice->next_at = op->now + draw(d, 100);
	notice->expires_at = op->now + 500 + draw(d, 2000);
	op->notice_put.pending_max = draw(d, 2) ? 15 : 0;
	op->notice_put.total_max = draw(d, 2) ? 20 : 0;
}

static void
fill_notice_fetched(struct store_op *op, struct draws *d)
{
	struct store_notice from = notice_of(1 + draw(d, NOTICES));
	/* A range of its own: a fetched message is never put otherwise. */
	unsigned message = 100 + draw(d, MESSAGES);
	struct store_delivery *rows = arena_take(&op->arena, 2 * sizeof *rows);

	op->notice_fetched.id = from.id;
	op->notice_fetched.domain = from.domain;
	op->notice_fetched.message = message_of(message);
	op->notice_fetched.delivery_count = draw(d, 3);
	for (unsigned i = 0; i < op->notice_fetched.delivery_count; i++) {
		rows[i] = delivery_of(1000 + 2 * message + i, message);
		rows[i].notice_id = from.id;
		rows[i].notice_domain = from.domain;
		rows[i].next_at = op->now + draw(d, 50);
	}
	op->notice_fetched.deliveries = rows;
	op->notice_fetched.next_at = op->now + draw(d, 100);
}

static void
fill_notice_settle(struct store_op *op, struct draws *d)
{
	struct store_notice from = notice_of(1 + draw(d, NOTICES));

	op->notice_settle.id = from.id;
	op->notice_settle.domain = from.domain;
	op->notice_settle.end = (enum store_notice_end)(1 + draw(d, 4));
	op->notice_settle.next_at = draw(d, 4) ? op->now + draw(d, 300) : 0;
	op->notice_settle.reply = draw_reply(d);
}

static void
fill_delivery_settle(struct store_op *op, struct draws *d)
{
	unsigned number = 1 + draw(d, DELIVERIES);

	if (draw(d, 2))
		number = 1000 + 2 * (100 + draw(d, MESSAGES)) + draw(d, 2);
	op->delivery_settle.key = key_of(number);
	op->delivery_settle.done = draw(d, 2);
	op->delivery_settle.next_at = op->now + draw(d, 50);
}

static struct span
draw_peer(struct draws *d)
{
	static const char *const names[] = {
	    "192.0.2.1", "192.0.2.0/24", "2001:db8::7", "b.test"};

	return span_of(names[draw(d, 4)]);
}

static void
fill_peer_put(struct store_op *op, struct draws *d)
{
	op->peer_put.name = draw_peer(d);
	op->peer_put.list = (enum store_listed)(1 + draw(d, 3));
	op->peer_put.until = draw(d, 2) ? op->now + draw(d, 100) : 0;
}

static void
fill_peer_count(struct store_op *op, struct draws *d)
{
	struct store_peer *rows = arena_take(&op->arena, 3 * sizeof *rows);

	op->peer_count.count = draw(d, 4);
	for (unsigned i = 0; i < op->peer_count.count; i++) {
		rows[i].name = draw_peer(d);
		rows[i].notices = draw(d, 3);
		rows[i].pulls = draw(d, 3);
		rows[i].failures = draw(d, 3);
	}
	op->peer_count.peers = rows;
	op->peer_count.total_max = draw(d, 4);
}

/* The operations about holds; false: it is about something else. */
static bool
fill_hold(struct store_op *op, struct draws *d)
{
	struct key key = key_of(1 + draw(d, HOLDS));

	if (op->verb == STORE_HOLD_CLAIM) {
		op->hold_claim.claim = draw_claim(d, op->now);
	} else if (op->verb == STORE_HOLD_NOTICED) {
		op->hold_noticed.key = key;
		op->hold_noticed.route = (enum store_route)(1 + draw(d, 4));
		op->hold_noticed.expires_at = op->now + 100 + draw(d, 3000);
		op->hold_noticed.reply = draw_reply(d);
	} else if (op->verb == STORE_HOLD_RETRY) {
		op->hold_retry.key = key;
		op->hold_retry.route = (enum store_route)(1 + draw(d, 5));
		op->hold_retry.next_at = op->now + draw(d, 100);
		op->hold_retry.reply = draw_reply(d);
	} else if (op->verb == STORE_HOLD_SETTLE) {
		op->hold_settle.key = key;
		op->hold_settle.node = 1 + draw(d, 2);
		op->hold_settle.state = (enum store_hold_state)(1 + draw(d, 7));
		op->hold_settle.reply = draw_reply(d);
	} else if (op->verb == STORE_HOLD_END) {
		op->hold_end.key = key;
		op->hold_end.state = (enum store_hold_state)(4 + draw(d, 4));
		op->hold_end.reply = draw_reply(d);
	} else if (op->verb == STORE_HOLD_EXPIRE) {
		op->hold_expire.limit = draw(d, 3);
		op->hold_expire.grace = draw(d, 3000);
		op->hold_expire.born_before = op->now - 3000;
	} else if (op->verb == STORE_HOLD_GET) {
		op->hold_get.key = key;
	} else if (op->verb == STORE_HOLD_LIST) {
		op->hold_list.user = span_of(draw(d, 2) ? "alice@a.test" : "");
		op->hold_list.after = key;
		op->hold_list.limit = draw(d, 50);
		op->hold_list.open_only = draw(d, 2);
	} else {
		return false;
	}
	return true;
}

static void
fill_other(struct store_op *op, struct draws *d)
{
	if (op->verb == STORE_USER_GET) {
		op->user_get.address = span_of("ab@a.test");
	} else if (op->verb == STORE_USER_LIST) {
		op->user_list.after = span_of(draw(d, 2) ? "ab" : "");
		op->user_list.limit = draw(d, 5);
	} else if (op->verb == STORE_USER_DROP) {
		op->user_drop.address = span_of("b@a.test");
	} else if (op->verb == STORE_NOTICE_CLAIM) {
		op->notice_claim.claim = draw_claim(d, op->now);
	} else if (op->verb == STORE_NOTICE_GET) {
		op->notice_get.id = notice_of(1 + draw(d, NOTICES)).id;
		op->notice_get.domain = span_of("a.test");
	} else if (op->verb == STORE_NOTICE_LIST) {
		op->notice_list.after = key_of(draw(d, NOTICES));
		op->notice_list.limit = draw(d, 50);
	} else if (op->verb == STORE_DELIVERY_CLAIM) {
		op->delivery_claim.claim = draw_claim(d, op->now);
		op->delivery_claim.octets = draw(d, 200);
	} else if (op->verb == STORE_LEASE_FREE) {
		op->lease_free.node = draw(d, 3);
	} else if (op->verb == STORE_PEER_GET) {
		op->peer_get.name = draw_peer(d);
	} else if (op->verb == STORE_PEER_LIST) {
		op->peer_list.after = draw(d, 2) ? draw_peer(d) : span_of("");
		op->peer_list.limit = draw(d, 5);
		op->peer_list.listed_only = draw(d, 2);
	} else if (op->verb == STORE_PEER_DROP) {
		op->peer_drop.name = draw_peer(d);
	} else if (op->verb == STORE_BODY_KNOWN) {
		op->body_known.message = key_of(1 + draw(d, MESSAGES));
	} else if (op->verb == STORE_SWEEP) {
		op->sweep.holds_before = op->now - draw(d, 1000);
		op->sweep.notices_before = op->now - draw(d, 3000);
		op->sweep.peers_before = op->now - draw(d, 300);
		op->sweep.limit = draw(d, 30);
	}
}

static void
fill(struct store_op *op, struct draws *d)
{
	static void (*const own[STORE_VERBS])(
	    struct store_op *, struct draws *) = {
	    [STORE_USER_PUT] = fill_user_put,
	    [STORE_MESSAGE_PUT] = fill_message_put,
	    [STORE_HOLD_AIM] = fill_hold_aim,
	    [STORE_HOLD_LEASE] = fill_hold_lease,
	    [STORE_NOTICE_PUT] = fill_notice_put,
	    [STORE_NOTICE_FETCHED] = fill_notice_fetched,
	    [STORE_NOTICE_SETTLE] = fill_notice_settle,
	    [STORE_DELIVERY_SETTLE] = fill_delivery_settle,
	    [STORE_PEER_PUT] = fill_peer_put,
	    [STORE_PEER_COUNT] = fill_peer_count,
	};

	if (own[op->verb] != NULL)
		own[op->verb](op, d);
	else if (!fill_hold(op, d))
		fill_other(op, d);
}

/* ---- running ---- */

static void
ignore_answer(struct store_op *op, void *arg)
{
	(void)op;
	(void)arg;
}

static struct store_op *
submit(struct fixture *f, enum store_verb verb, struct draws d)
{
	struct store_op *op = store_op_new(verb, f->now);

	assert_non_null(op);
	fill(op, &d);
	op->done = ignore_answer;
	store_submit(f->store, op);
	return op;
}

/* SUCCEEDED counts how often each verb came to STORE_OK. */
static void
run_batch(struct fixture *memory, struct fixture *sqlite, struct draws *d,
    unsigned *succeeded)
{
	struct store_op *x[BATCH_MAX], *y[BATCH_MAX];
	unsigned count = 1 + draw(d, BATCH_MAX);

	for (unsigned i = 0; i < count; i++) {
		enum store_verb verb = draw_verb(d);
		struct draws own = {d->seed * 0x9e3779b97f4a7c15u};

		x[i] = submit(memory, verb, own);
		y[i] = submit(sqlite, verb, own);
	}
	assert_int_equal(store_turn(memory->store, NULL), count);
	assert_int_equal(store_turn(sqlite->store, NULL), count);
	for (unsigned i = 0; i < count; i++) {
		same_results(x[i], y[i]);
		succeeded[x[i]->verb] += x[i]->outcome == STORE_OK;
		store_op_free(&x[i]);
		store_op_free(&y[i]);
	}
}

static void
run_seed(uint64_t seed)
{
	struct fixture memory, sqlite;
	struct draws d = {seed};
	unsigned succeeded[STORE_VERBS] = {0};

	fixture_open(&memory, false);
	fixture_open(&sqlite, true);
	for (unsigned step = 0; step < STEPS; step++) {
		run_batch(&memory, &sqlite, &d, succeeded);
		memory.now = sqlite.now += draw(&d, 40);
		if (step % 500 == 499)
			fixture_reopen(&sqlite);
	}
	/* A run in which nothing comes about would be no test. */
	for (int verb = 0; verb < STORE_VERBS; verb++)
		if (succeeded[verb] < 10)
			fail_msg("%s hardly ever succeeded",
			    store_verb_name((enum store_verb)verb));
	assert_clean(&memory);
	assert_clean(&sqlite);
	fixture_close(&memory);
	fixture_close(&sqlite);
}

static void
both_drivers_answer_alike_from_one_seed(void **state)
{
	(void)state;
	run_seed(1);
}

static void
both_drivers_answer_alike_from_another_seed(void **state)
{
	(void)state;
	run_seed(20261122);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_drivers_answer_alike_from_one_seed),
	    cmocka_unit_test(both_drivers_answer_alike_from_another_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
