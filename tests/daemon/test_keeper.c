/* The keeper as a whole, when what it sends does not get through. */
#include "single.h"

#include "daemon/keeper/keeper.h"
#include "held.h"
#include "store/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SESSION 5

static int
set_up(void **state)
{
	return single_open_keeper(state, "alice@a.test");
}

/* ---- sweeps ---- */

static void
add_strangers(struct single *s, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct store_op *op = side_op(&s->side, STORE_PEER_SEEN);
		char name[IP_TEXT];

		snprintf(name, sizeof name, "203.0.%u.%u", i / 256, i % 256);
		op->peer_seen.name = span_of(name);
		assert_int_equal(side_do(&s->side, op), STORE_OK);
		store_op_free(&op);
	}
}

static void
one_wish_to_sweep_removes_all_that_is_old(void **state)
{
	struct single *s = *state;
	struct message m;

	add_strangers(s, 450);
	assert_int_equal(side_count(&s->side).peers, 450);
	s->side.now += 365 * DAY;
	message_init(&m, MESSAGE_SWEEP);
	single_hear(s, ROLE_SWEEPER, &m);
	side_turn(&s->side);
	assert_int_equal(side_count(&s->side).peers, 0);
}

/* ---- pulls ---- */

static void
pull(struct single *s, const struct held *h)
{
	struct message m;

	message_init(&m, MESSAGE_PULL_ASK);
	m.pull_ask.session = SESSION;
	m.pull_ask.address = ip_of(PEER);
	m.pull_ask.id = span_of(h->id);
	s->sent[MESSAGE_PULL_ANSWER] = 0;
	single_hear(s, ROLE_FRONT, &m);
	side_turn(&s->side);
}

static void
assert_pull_answered(const struct single *s, enum reply_name reply)
{
	assert_int_equal(s->sent[MESSAGE_PULL_ANSWER], 1);
	assert_int_equal(s->last[MESSAGE_PULL_ANSWER].pull_answer.reply, reply);
}

static struct held
make_noticed(struct single *s, bool spooled)
{
	struct held h;

	assert_true(held_new(&s->side, spooled, &h));
	held_notice(&s->side, &h, DAY);
	return h;
}

static void
a_turn_whose_content_does_not_get_through_is_given_back(void **state)
{
	struct single *s = *state;
	struct held h = make_noticed(s, false);

	s->refuse[MESSAGE_PULL_ANSWER] = true;
	pull(s, &h);
	s->refuse[MESSAGE_PULL_ANSWER] = false;
	s->refuse[MESSAGE_PULL_BODY] = true;
	pull(s, &h);
	assert_pull_answered(s, REPLY_DELIVERY_LATER);
	s->refuse[MESSAGE_PULL_BODY] = false;
	assert_int_equal(held_state(&s->side, &h), HOLD_NOTICED);
	pull(s, &h);
	assert_pull_answered(s, REPLY_YOUR_TURN);
}

static void
a_turn_whose_spool_file_is_missing_is_given_back(void **state)
{
	struct single *s = *state;
	struct held h = make_noticed(s, true);
	struct store_op *op;
	int fd;

	pull(s, &h);
	assert_pull_answered(s, REPLY_DELIVERY_LATER);
	op = held_get(&s->side, &h);
	assert_int_equal(spool_create(single_keeper(s)->spool,
			     op->hold_get.row.message.key, &fd, NULL),
	    0);
	store_op_free(&op);
	close(fd);
	pull(s, &h);
	assert_pull_answered(s, REPLY_YOUR_TURN);
}

static void
a_front_that_does_not_read_gets_no_lease(void **state)
{
	struct single *s = *state;
	struct held h = make_noticed(s, false);

	s->full = true;
	pull(s, &h);
	assert_pull_answered(s, REPLY_DELIVERY_LATER);
	assert_int_equal(s->sent[MESSAGE_PULL_BODY], 0);
	s->full = false;
	pull(s, &h);
	assert_pull_answered(s, REPLY_YOUR_TURN);
}

static void
lose_front(struct single *s)
{
	s->program->peer_gone(&s->role, &s->peers[ROLE_FRONT][0]);
	side_turn(&s->side);
}

static void
a_front_that_dies_in_a_turn_gives_the_hold_back(void **state)
{
	struct single *s = *state;
	struct held h = make_noticed(s, false);
	struct store_op *op;

	pull(s, &h);
	assert_pull_answered(s, REPLY_YOUR_TURN);
	lose_front(s);
	op = held_get(&s->side, &h);
	assert_int_equal(op->hold_get.row.hold.state, HOLD_NOTICED);
	assert_true(op->hold_get.row.hold.sent_whole);
	store_op_free(&op);
	pull(s, &h);
	assert_pull_answered(s, REPLY_YOUR_TURN);
}

static void
end_turn(struct single *s, enum store_hold_state end)
{
	const struct message_pull_answer turn =
	    s->last[MESSAGE_PULL_ANSWER].pull_answer;
	struct message m;

	message_init(&m, MESSAGE_PULL_END);
	m.pull_end.session = SESSION;
	m.pull_end.hold = turn.hold;
	m.pull_end.ticket = turn.ticket;
	m.pull_end.state = end;
	single_hear(s, ROLE_FRONT, &m);
}

static void
a_turn_that_was_told_to_be_over_outlives_its_front(void **state)
{
	struct single *s = *state;
	struct held h = make_noticed(s, false);

	pull(s, &h);
	end_turn(s, HOLD_TAKEN);
	lose_front(s);
	assert_int_equal(held_state(&s->side, &h), HOLD_TAKEN);
}

/* ---- connections ---- */

static void
connect_one(struct single *s)
{
	struct message m;

	message_init(&m, MESSAGE_CONNECTED);
	m.connected.session = SESSION;
	m.connected.address = ip_of(PEER);
	m.connected.named = 1;
	single_hear(s, ROLE_FRONT, &m);
}

static void
a_session_that_never_hears_that_it_entered_is_not_counted(void **state)
{
	struct single *s = *state;

	s->refuse[MESSAGE_ADMITTED] = true;
	for (unsigned i = 0; i < s->role.settings->sessions_per_address; i++)
		connect_one(s);
	s->refuse[MESSAGE_ADMITTED] = false;
	connect_one(s);
	assert_int_equal(s->last[MESSAGE_ADMITTED].admitted.entered, 1);
}

/* ---- no memory for whom to answer ---- */

static void
ask(struct single *s, enum role_kind kind, struct message *m)
{
	single_no_memory = 1;
	single_hear(s, kind, m);
	single_no_memory = 0;
	side_turn(&s->side);
}

static void
whoever_asks_without_memory_for_an_answer_is_told_later(void **state)
{
	struct single *s = *state;
	struct message m;

	message_init(&m, MESSAGE_CONNECTED); /* its desk */
	m.connected.address = ip_of(PEER);
	single_hear(s, ROLE_FRONT, &m);
	message_init(&m, MESSAGE_RECIPIENT_ASK);
	ask(s, ROLE_FRONT, &m);
	assert_int_equal(s->sent[MESSAGE_RECIPIENT_ANSWER], 1);
	assert_int_equal(
	    s->last[MESSAGE_RECIPIENT_ANSWER].recipient_answer.reply,
	    REPLY_DELIVERY_LATER);
	message_init(&m, MESSAGE_PULL_ASK);
	ask(s, ROLE_FRONT, &m);
	assert_pull_answered(s, REPLY_DELIVERY_LATER);
	message_init(&m, MESSAGE_PULL_END);
	ask(s, ROLE_FRONT, &m);
	assert_int_equal(s->sent[MESSAGE_PULL_NOTED], 1);
	assert_int_equal(
	    s->last[MESSAGE_PULL_NOTED].pull_noted.outcome, STORE_UNSURE);
	message_init(&m, MESSAGE_NOTICE);
	ask(s, ROLE_FRONT, &m);
	assert_int_equal(s->last[MESSAGE_NOTICE_ANSWER].notice_answer.reply,
	    REPLY_DELIVERY_LATER);
	message_init(&m, MESSAGE_VERDICT);
	ask(s, ROLE_FRONT, &m);
	assert_int_equal(s->last[MESSAGE_VERDICT_ANSWER].verdict_answer.reply,
	    REPLY_DELIVERY_LATER);
	message_init(&m, MESSAGE_ARRIVAL);
	ask(s, ROLE_FRONT, &m);
	assert_int_equal(s->last[MESSAGE_ARRIVAL_ANSWER].arrival_answer.reply,
	    REPLY_DELIVERY_LATER);
	message_init(&m, MESSAGE_PUSH_ASK);
	s->sent[MESSAGE_PULL_ANSWER] = 0;
	ask(s, ROLE_CALLER, &m);
	assert_pull_answered(s, REPLY_NOT_FOR_YOU);
	message_init(&m, MESSAGE_ACCOUNT_ASK);
	ask(s, ROLE_AUTH, &m);
	assert_int_equal(s->last[MESSAGE_ACCOUNT_ANSWER].account_answer.outcome,
	    STORE_UNSURE);
}

/* ---- arrivals ---- */

static const struct key body_key = {{1, 2, 3}};

/* One recipient, and all else of a message that has RECIPIENTS. */
static void
arrive_for(
    struct single *s, bool spooled, struct span sender, unsigned recipients)
{
	struct message m;

	s->peers[ROLE_FRONT][0].faces_users = true;
	message_init(&m, MESSAGE_ARRIVAL_RECIPIENT);
	m.arrival_recipient.session = SESSION;
	m.arrival_recipient.recipient = span_of("bob@b.test");
	single_hear(s, ROLE_FRONT, &m);
	message_init(&m, MESSAGE_ARRIVAL);
	m.arrival.session = SESSION;
	m.arrival.way = ARRIVAL_SUBMITTED;
	m.arrival.message = body_key;
	m.arrival.user = span_of("alice@a.test");
	m.arrival.sender = sender;
	m.arrival.spooled = spooled;
	m.arrival.recipients = recipients;
	single_hear(s, ROLE_FRONT, &m);
	side_turn(&s->side);
}

static void
arrive(struct single *s, bool spooled, struct span sender)
{
	arrive_for(s, spooled, sender, 1);
}

static void
assert_arrival_answered(struct single *s, enum reply_name reply)
{
	assert_int_equal(s->sent[MESSAGE_ARRIVAL_ANSWER], 1);
	assert_int_equal(
	    s->last[MESSAGE_ARRIVAL_ANSWER].arrival_answer.reply, reply);
	assert_int_equal(single_keeper(s)->arrivals, 0);
}

static void
make_spooled(struct single *s)
{
	struct message m;

	message_init(&m, MESSAGE_BODY_ASK);
	m.body_ask.session = SESSION;
	m.body_ask.message = body_key;
	single_hear(s, ROLE_FRONT, &m);
	assert_int_equal(s->last[MESSAGE_BODY_ANSWER].body_answer.outcome, 0);
}

/* Each half of the question, and both. */
static void
a_body_that_no_poster_is_asked_to_make_safe_is_refused(void **state)
{
	struct single *s = *state;

	make_spooled(s);
	for (unsigned lost = 1; lost < 4; lost++) {
		s->refuse[MESSAGE_SEAL_FOLDER] = (lost & 1) != 0;
		s->refuse[MESSAGE_SEAL] = (lost & 2) != 0;
		arrive(s, true, span_of("alice@a.test"));
		assert_arrival_answered(s, REPLY_DELIVERY_LATER);
		s->sent[MESSAGE_ARRIVAL_ANSWER] = 0;
	}
}

static void
a_busy_poster_is_not_asked(void **state)
{
	struct single *s = *state;

	make_spooled(s);
	s->full = true;
	arrive(s, true, span_of("alice@a.test"));
	assert_arrival_answered(s, REPLY_DELIVERY_LATER);
	assert_int_equal(s->sent[MESSAGE_SEAL_FOLDER], 0);
	assert_int_equal(s->sent[MESSAGE_SEAL], 0);
}

static void
stage_body(struct single *s, struct span octets)
{
	struct message m;

	message_init(&m, MESSAGE_ARRIVAL_BODY);
	m.arrival_body.session = SESSION;
	m.arrival_body.octets = octets;
	single_hear(s, ROLE_FRONT, &m);
}

/* The first of two: the second alone must not be taken for all. */
static void
a_recipient_for_whom_there_was_no_memory_is_not_forgotten(void **state)
{
	struct single *s = *state;
	struct message m;

	make_spooled(s); /* its desk */
	message_init(&m, MESSAGE_ARRIVAL_RECIPIENT);
	m.arrival_recipient.session = SESSION;
	m.arrival_recipient.recipient = span_of("carol@b.test");
	single_no_memory = 1;
	single_hear(s, ROLE_FRONT, &m);
	single_no_memory = 0;
	stage_body(s, span_of(""));
	arrive_for(s, false, span_of("alice@a.test"), 2);
	assert_arrival_answered(s, REPLY_DELIVERY_LATER);
	assert_int_equal(side_each_hold(&s->side, NULL, NULL), 0);
}

/* Nobody is told anything under the null path. */
static void
a_message_whose_sender_found_no_memory_is_refused(void **state)
{
	struct single *s = *state;
	/* all that an arrival may have, but for 16 octets each of an empty
	   body, the recipient, its empty ORCPT and the user */
	size_t n = (64u << 20) - 4 * 16;
	char *octets = calloc(1, n);

	assert_non_null(octets);
	stage_body(s, span_make(octets, n));
	stage_body(s, span_of(""));
	arrive(s, false, span_of("alice@a.test"));
	free(octets);
	assert_arrival_answered(s, REPLY_DELIVERY_LATER);
	assert_int_equal(side_each_hold(&s->side, NULL, NULL), 0);
}

int
main(void)
{
#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, set_up, single_close_keeper)
	const struct CMUnitTest tests[] = {
	    CASE(one_wish_to_sweep_removes_all_that_is_old),
	    CASE(a_turn_whose_content_does_not_get_through_is_given_back),
	    CASE(a_turn_whose_spool_file_is_missing_is_given_back),
	    CASE(a_front_that_does_not_read_gets_no_lease),
	    CASE(a_front_that_dies_in_a_turn_gives_the_hold_back),
	    CASE(a_turn_that_was_told_to_be_over_outlives_its_front),
	    CASE(a_session_that_never_hears_that_it_entered_is_not_counted),
	    CASE(whoever_asks_without_memory_for_an_answer_is_told_later),
	    CASE(a_recipient_for_whom_there_was_no_memory_is_not_forgotten),
	    CASE(a_body_that_no_poster_is_asked_to_make_safe_is_refused),
	    CASE(a_busy_poster_is_not_asked),
	    CASE(a_message_whose_sender_found_no_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
