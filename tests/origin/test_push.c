/* Messages that we send ourselves: asked for by their call, and how it went. */
#include "notifying.h"
#include "scarce.h"

#include "origin/accept.h"
#include "origin/serve.h"
#include "origin/settle.h"

#include <string.h>

/* What the call heard of its wish to send. */
struct begun {
	unsigned times;
	bool has_row;
	char body[64];
	char targets[8];
	enum store_hold_state state;
};

static void
note(void *arg, const struct store_hold_row *row)
{
	struct begun *b = arg;

	b->times++;
	b->has_row = row != NULL;
	if (row == NULL)
		return;
	b->state = row->hold.state;
	assert_int_equal(row->hold.targets.n, 0);
	assert_int_equal(
	    span_copy(span_part(row->message.body, 0, sizeof b->body - 1),
		b->body, sizeof b->body),
	    0);
}

static struct begun
begin(struct fixture *f, uint64_t call, struct key hold)
{
	struct begun b = {0};

	notify_push(f->world.notify, call, hold, f->side.now, note, &b);
	side_turn(&f->side);
	assert_int_equal(b.times, 1);
	return b;
}

/* The only hold is on its way as a message. */
static struct recorded_call *
under_way(struct fixture *f)
{
	struct recorded_call *call = call_b(f);

	assert_true(begin(f, call->number, call->items[0].hold).has_row);
	f->world.dialect = ROUTE_PUSH;
	return call;
}

static void
answer(struct fixture *f, const struct recorded_call *call, int code,
    bool sent_whole)
{
	const struct notify_reply reply = {
	    .code = code,
	    .dialect = ROUTE_PUSH,
	    .reply = span_of("as it said"),
	    .sent_whole = sent_whole,
	};

	notify_answered(f->world.notify, call->number, call->items[0].hold,
	    &reply, f->side.now);
	recorder_over(&f->world, call);
}

/* ST-02 GD-05 */
static void
what_the_destination_took_is_taken(void **state)
{
	struct fixture f;

	(void)state;
	open_at(&f, 0);
	hold_spooled(&f);
	answer(&f, under_way(&f), 250, true);
	assert_int_equal(only_hold(&f).state, HOLD_TAKEN);
	assert_int_equal(only_hold(&f).route, ROUTE_PUSH);
	assert_reply(&f, "as it said");
	assert_int_equal(f.world.freed, 1);
	close_all(&f);
}

static void
its_content_goes_to_the_call(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;
	struct begun b;

	hold_one(f);
	call = call_b(f);
	b = begin(f, call->number, call->items[0].hold);
	assert_int_equal(b.state, HOLD_LEASED);
	assert_true(strlen(b.body) > 0);
	recorder_over(&f->world, call);
}

static void
a_temporary_reply_is_tried_again_on_the_schedule_of_notices(void **state)
{
	struct fixture *f = *state;

	hold_one(f);
	answer(f, under_way(f), 451, true);
	assert_int_equal(only_hold(f).state, HOLD_HELD);
	assert_int_equal(only_hold(f).route, ROUTE_PUSH);
	assert_int_equal(only_hold(f).next_at, NOW + 5 * MINUTE);
	assert_int_equal(only_hold(f).tries, 1);
	f->side.now += 5 * MINUTE;
	answer(f, under_way(f), 450, false);
	assert_int_equal(only_hold(f).next_at, f->side.now + 10 * MINUTE);
	f->side.now += 10 * MINUTE;
	answer(f, under_way(f), 250, true);
	assert_int_equal(only_hold(f).state, HOLD_TAKEN);
}

static void
a_refusal_ends_it_and_its_author_is_to_be_told(void **state)
{
	struct fixture *f = *state;

	hold_one(f);
	answer(f, under_way(f), 550, false);
	assert_int_equal(only_hold(f).state, HOLD_REFUSED);
	assert_int_equal(only_hold(f).report_at, NOW);
}

/* Nobody knows how far its content came: the report will say so. */
static void
a_call_that_broke_off_is_tried_again_and_may_have_been_heard(void **state)
{
	struct fixture *f = *state;

	hold_one(f);
	recorder_over(&f->world, under_way(f));
	assert_int_equal(only_hold(f).state, HOLD_HELD);
	assert_true(only_hold(f).sent_whole);
	assert_int_equal(only_hold(f).next_at, NOW + 5 * MINUTE);
	assert_reply(f, "why it ended");
}

static void
a_lost_caller_costs_no_pause(void **state)
{
	struct fixture *f = *state;

	hold_one(f);
	under_way(f);
	notify_lost(f->world.notify, f->side.now);
	side_turn(&f->side);
	assert_int_equal(only_hold(f).state, HOLD_HELD);
	assert_int_equal(only_hold(f).next_at, NOW + 1);
	assert_true(only_hold(f).sent_whole);
}

/* Nobody else begins to send it, and what the call says still counts. */
static void
a_push_may_take_longer_than_a_lease(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;

	hold_one(f);
	call = under_way(f);
	f->side.now += f->side.settings->lease_time + 1;
	recorder_look(&f->world);
	assert_int_equal(f->world.question_count, 0);
	assert_int_equal(only_hold(f).state, HOLD_LEASED);
	answer(f, call, 250, true);
	assert_int_equal(only_hold(f).state, HOLD_TAKEN);
}

/* What was sent is not sent again because nobody could write that down. */
static void
the_end_of_a_push_needs_no_memory(void **state)
{
	bool met = true;

	(void)state;
	for (unsigned n = 1; met; n++) {
		struct recorded_call *call;
		struct fixture f;

		open_at(&f, 0);
		hold_one(&f);
		call = under_way(&f);
		scarce(n);
		answer(&f, call, 250, true);
		side_turn(&f.side);
		met = scarce_end();
		recorder_look(&f.world);
		assert_int_equal(only_hold(&f).state, HOLD_TAKEN);
		close_all(&f);
	}
}

/* The call ended between its question and the answer to that. */
static void
what_nobody_sends_any_more_is_given_back(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;
	struct begun b = {0};

	hold_one(f);
	call = call_b(f);
	notify_push(f->world.notify, call->number, call->items[0].hold,
	    f->side.now, note, &b);
	notify_over(
	    f->world.notify, call->number, span_of("gone"), f->side.now);
	side_turn(&f->side);
	assert_int_equal(b.times, 1);
	assert_false(b.has_row);
	f->side.now += 5 * MINUTE;
	answer(f, under_way(f), 250, true);
	assert_int_equal(only_hold(f).state, HOLD_TAKEN);
}

static void
only_what_the_call_carries_is_given_and_once(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;
	struct key stranger = key_new(NOW), hold;

	hold_one(f);
	call = call_b(f);
	hold = call->items[0].hold;
	assert_false(begin(f, call->number, stranger).has_row);
	assert_false(begin(f, call->number + 1, hold).has_row);
	assert_true(begin(f, call->number, hold).has_row);
	assert_false(begin(f, call->number, hold).has_row);
	recorder_over(&f->world, call);
}

struct served {
	enum reply_name reply;
};

static void
serve_note(void *arg, const struct serve_answer *answer)
{
	struct served *s = arg;

	s->reply = answer->reply;
}

static enum reply_name
fetch(struct fixture *f, const struct recorded_call *call)
{
	const struct serve_setup setup = {
	    .store = f->side.store,
	    .settings = f->side.settings,
	    .server_secret = f->side.secret,
	    .node = NODE,
	    .ticket = 3,
	};
	struct served s = {REPLY_OK};

	serve_pull(&setup, span_of(call->items[0].id), ip_of(TARGET),
	    f->side.now, serve_note, &s);
	side_turn(&f->side);
	return s.reply;
}

/* Who was told of it, or would have been, cannot fetch what we send. */
static void
nobody_fetches_what_is_being_sent(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;

	hold_one(f);
	call = under_way(f);
	assert_int_equal(fetch(f, call), REPLY_NOT_FOR_YOU);
	answer(f, call, 250, true);
	assert_int_equal(only_hold(f).state, HOLD_TAKEN);
}

/* And what is being fetched is not sent. */
static void
what_is_being_fetched_is_not_sent(void **state)
{
	struct fixture *f = *state;
	struct recorded_call *call;

	hold_one(f);
	call = call_b(f);
	assert_int_equal(fetch(f, call), REPLY_YOUR_TURN);
	assert_false(begin(f, call->number, call->items[0].hold).has_row);
	recorder_over(&f->world, call);
	assert_int_equal(only_hold(f).state, HOLD_LEASED);
}

static void
ignore(
    void *arg, enum store_outcome outcome, bool body_free, struct key message)
{
	(void)arg;
	(void)body_free;
	(void)message;
	assert_int_equal(outcome, STORE_OK);
}

/* WIRE 4.9: who accepts and then does not listen gets it by push. */
static void
what_was_accepted_without_a_turn_is_sent_at_once(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;
	struct recorded_call *call;
	struct settle_end end = {.node = NODE, .ticket = 9, .state = HOLD_HELD};

	hold_one(f);
	f->world.dialect = ROUTE_ENVELOPE;
	call = call_b(f);
	recorder_reply(&f->world, call, 250, "250 shown");
	op = side_op(&f->side, STORE_HOLD_LEASE);
	op->hold_lease.key = end.hold = only_hold(f).key;
	op->hold_lease.id = span_of(call->items[0].id);
	op->hold_lease.asker = ip_of(TARGET);
	op->hold_lease.verdict = VERDICT_ACCEPT;
	op->hold_lease.node = NODE;
	op->hold_lease.ticket = 9;
	op->hold_lease.lease_until = NOW + HOUR;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
	settle_pull(f->side.store, &end, f->side.now, ignore, NULL);
	side_turn(&f->side);
	assert_int_equal(only_hold(f).state, HOLD_HELD);
	call = call_b(f);
	assert_true(call->items[0].push);
	recorder_over(&f->world, call);
}

/* SM-34: once; then, as it was not taken, it is announced. */
static void
what_its_recipient_wants_for_good_is_sent_without_a_notice(void **state)
{
	struct fixture *f = *state;
	const struct accept accept = {
	    .store = f->side.store,
	    .settings = f->side.settings,
	    .local = f->side.local,
	    .server_secret = f->side.secret,
	};
	const struct arrival_recipient bob = {
	    .recipient = span_of("bob@b.test"), .visible = true, .whole = true};
	struct arrival a = arrival_for(&bob, 1);
	struct heard heard = {0};
	struct recorded_call *call;

	accept_message(&accept, &a, f->side.now, hear_text, &heard);
	side_turn(&f->side);
	call = call_b(f);
	assert_true(call->items[0].push);
	recorder_over(&f->world, call);
	f->side.now += HOUR;
	call = call_b(f);
	assert_false(call->items[0].push);
	recorder_over(&f->world, call);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_destination_took_is_taken),
	    cmocka_unit_test(the_end_of_a_push_needs_no_memory),
	    CASE(its_content_goes_to_the_call),
	    CASE(a_temporary_reply_is_tried_again_on_the_schedule_of_notices),
	    CASE(a_refusal_ends_it_and_its_author_is_to_be_told),
	    CASE(a_call_that_broke_off_is_tried_again_and_may_have_been_heard),
	    CASE(a_lost_caller_costs_no_pause),
	    CASE(a_push_may_take_longer_than_a_lease),
	    CASE(what_nobody_sends_any_more_is_given_back),
	    CASE(only_what_the_call_carries_is_given_and_once),
	    CASE(nobody_fetches_what_is_being_sent),
	    CASE(what_is_being_fetched_is_not_sent),
	    CASE(what_was_accepted_without_a_turn_is_sent_at_once),
	    CASE(what_its_recipient_wants_for_good_is_sent_without_a_notice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
