/* Who is told that an accepted message could not be fetched, and who is not. */
#include "../origin/scarce.h"
#include "pulling.h"

#include "receiver/decide.h"

#include <stdlib.h>
#include <string.h>

/* An envelope for bob, who is asked. */
static void
leave(struct pulling *p, const char *id, enum store_notice_state state,
    const char *subject)
{
	struct store_op *op = side_op(&p->side, STORE_NOTICE_PUT);
	const struct store_notice notice = {
	    .id = span_of(id),
	    .domain = span_of("a.test"),
	    .server = span_of("mx.a.test"),
	    .named = span_of("bob@b.test"),
	    .to = span_of("bob@b.test"),
	    .sender = span_of("alice@a.test"),
	    .subject = span_of(subject),
	    .verdict = state == NOTICE_WANTED ? VERDICT_ACCEPT : VERDICT_NONE,
	    .key = key_new(p->side.now),
	    .address = ip_of(PEER),
	    .dialect = ROUTE_ENVELOPE,
	    .state = state,
	    .created = p->side.now,
	    .next_at = p->side.now,
	    .expires_at = p->side.now + 14 * DAY,
	};

	op->notice_put.count = 1;
	op->notice_put.notices = &notice;
	assert_int_equal(side_do(&p->side, op), STORE_OK);
	store_op_free(&op);
}

static void
answered(
    void *owner, enum store_outcome outcome, const struct store_notice *notice)
{
	(void)owner;
	(void)notice;
	assert_int_equal(outcome, STORE_OK);
}

static void
accept_only(struct pulling *p)
{
	const struct decide_world world = {p, NULL, NULL};
	struct store_op *op = side_only_notice(&p->side);
	const struct decide_ask ask = {
	    .notice = op->notice_list.notices[0].key,
	    .user = span_of("bob@b.test"),
	    .verdict = VERDICT_ACCEPT,
	};

	store_op_free(&op);
	decide_verdict(p->side.store, &p->side.settings, &ask, p->side.now,
	    &world, answered, p);
	side_turn(&p->side);
}

/* Asked twice, and gone. */
static void
lapse(struct pulling *p)
{
	pull_once(p, p->side.now, PULL_GONE);
	pull_once(p, p->side.now + 10 * MINUTE, PULL_GONE);
}

/* What lies in the store for bob; free the operation. */
static struct store_op *
deliveries(struct pulling *p)
{
	struct store_op *op = side_op(&p->side, STORE_DELIVERY_CLAIM);

	op->delivery_claim.claim.node = NODE;
	op->delivery_claim.claim.lease_until = p->side.now + HOUR;
	op->delivery_claim.claim.limit = 10;
	op->delivery_claim.octets = 1u << 20;
	assert_int_equal(side_do(&p->side, op), STORE_OK);
	return op;
}

static bool
says(struct span text, const char *words)
{
	return span_search(text, 0, span_of(words)) < text.n;
}

/* GD-17 SM-18 */
static void
whoever_accepted_is_told_once(void **state)
{
	struct pulling *p = *state;
	const struct store_delivery_row *row;
	struct store_op *op;

	leave(p, "id", NOTICE_PENDING, "Minutes \x1b[31m of Monday");
	accept_only(p);
	lapse(p);
	op = deliveries(p);
	assert_int_equal(op->delivery_claim.count, 1);
	row = &op->delivery_claim.rows[0];
	assert_span(row->delivery.user, "bob@b.test");
	assert_span(row->message.sender, "");
	assert_true(says(row->message.head, "To: bob@b.test\r\n"));
	assert_true(says(row->message.head, "Auto-Submitted: auto-generated"));
	assert_true(says(row->message.body, "alice@a.test"));
	assert_true(says(row->message.body, "Minutes "));
	assert_false(says(row->message.body, "\x1b"));
	assert_true(says(row->message.body, "Last of all: reply"));
	store_op_free(&op);
	op = side_only_notice(&p->side);
	assert_int_equal(op->notice_list.notices[0].state, NOTICE_LAPSED);
	store_op_free(&op);
}

static void
whoever_was_not_asked_hears_nothing(void **state)
{
	struct pulling *p = *state;
	struct store_op *op;

	leave(p, "id", NOTICE_WANTED, "for a user whose server decides");
	lapse(p);
	op = deliveries(p);
	assert_int_equal(op->delivery_claim.count, 0);
	store_op_free(&op);
}

static void
count(void *owner)
{
	unsigned *times = owner;

	(*times)++;
}

/* So that what shows it to its user hears of it at once. */
static void
an_end_without_a_message_is_told_of(void **state)
{
	struct pulling *p = *state;
	unsigned lapsed = 0;
	struct decide_expiry expiry = {
	    .store = p->side.store, .owner = &lapsed, .lapsed = count};

	leave(p, "pulled", NOTICE_WANTED, "gone");
	pull_once(p, p->side.now, PULL_GONE);
	assert_int_equal(p->ended, 0);
	pull_once(p, p->side.now + 10 * MINUTE, PULL_GONE);
	assert_int_equal(p->ended, 1);
	leave(p, "undecided", NOTICE_PENDING, "late");
	decide_expire(&expiry, p->side.now);
	side_turn(&p->side);
	assert_int_equal(lapsed, 0);
	decide_expire(&expiry, p->side.now += 15 * DAY);
	side_turn(&p->side);
	assert_int_equal(lapsed, 1);
}

/* Accepted ones end by their pulls, so that nobody waits in vain. */
static void
time_that_is_over_does_not_end_an_accepted_one_untold(void **state)
{
	struct pulling *p = *state;
	struct decide_expiry expiry = {.store = p->side.store};
	struct store_op *op;

	leave(p, "id", NOTICE_PENDING, "late");
	p->side.now += 14 * DAY - MINUTE;
	accept_only(p);
	p->side.now += 2 * MINUTE;
	decide_expire(&expiry, p->side.now);
	side_turn(&p->side);
	pulling_look(p);
	pulling_end(p, pulling_only(p), 0, PULL_LATER);
	op = deliveries(p);
	assert_int_equal(op->delivery_claim.count, 1);
	store_op_free(&op);
}

/* Whichever allocation fails. */
static void
whoever_accepted_is_told_later_if_there_is_no_memory(void **state)
{
	bool met = true;

	(void)state;
	for (unsigned n = 1; met; n++) {
		struct pulling p;
		struct store_op *op;
		int64_t lease;

		pulling_open(&p, "", 0);
		lease = p.side.settings->lease_time;
		leave(&p, "id", NOTICE_PENDING, "Minutes");
		accept_only(&p);
		pull_once(&p, p.side.now, PULL_GONE);
		p.side.now += 10 * MINUTE;
		pulling_look(&p);
		scarce(n);
		pulling_end(&p, pulling_only(&p), 0, PULL_GONE);
		met = scarce_end();
		pulling_clear(&p);
		if (side_count(&p.side).deliveries == 0)
			pull_once(&p, p.side.now + lease, PULL_GONE);
		op = deliveries(&p);
		assert_int_equal(op->delivery_claim.count, 1);
		store_op_free(&op);
		pulling_close(&p);
	}
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(whoever_accepted_is_told_once),
	    CASE(an_end_without_a_message_is_told_of),
	    cmocka_unit_test(
		whoever_accepted_is_told_later_if_there_is_no_memory),
	    CASE(whoever_was_not_asked_hears_nothing),
	    CASE(time_that_is_over_does_not_end_an_accepted_one_untold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
