/* The keeper: who has signed in at the user service, and what they may see. */
#include "single.h"

#include "daemon/keeper/keeper.h"
#include "daemon/keeper/keeper_visit.h"
#include "proto/user/smdp_user.h"

#include <stdlib.h>

#define SESSION 5
#define ALICE   "alice@a.test"

static int
set_up(void **state)
{
	return single_open_keeper(state, ALICE);
}

static void
prove(struct single *s, const char *address)
{
	struct message m;

	message_init(&m, MESSAGE_USER_PROVEN);
	m.user_proven.session = SESSION;
	m.user_proven.address = span_of(address);
	single_hear(s, ROLE_AUTH, &m);
}

static uint64_t
enter(struct single *s, const char *address)
{
	prove(s, address);
	assert_int_equal(
	    s->last[MESSAGE_USER_ENTERED].user_entered.reply, REPLY_SIGNED_IN);
	return s->last[MESSAGE_USER_ENTERED].user_entered.visit;
}

static void
leave(struct single *s, uint64_t visit)
{
	struct message m;

	message_init(&m, MESSAGE_USER_LEFT);
	m.user_left.visit = visit;
	single_hear(s, ROLE_FRONT, &m);
}

static struct span
user_at(struct single *s, unsigned front, uint64_t visit)
{
	return keeper_visits_user(
	    single_keeper(s), &s->peers[ROLE_FRONT][front], visit);
}

static unsigned
news(struct single *s, const char *user)
{
	s->sent[MESSAGE_USER_NEWS] = 0;
	keeper_visits_news(
	    single_keeper(s), span_of(user), key_new(s->side.now));
	return s->sent[MESSAGE_USER_NEWS];
}

/* Another front cannot see what it knows the number of. */
static void
a_visit_is_known_at_its_own_front_until_it_ends(void **state)
{
	struct single *s = *state;
	uint64_t visit = enter(s, ALICE);

	assert_true(span_equals(user_at(s, 0, visit), span_of(ALICE)));
	assert_int_equal(user_at(s, 1, visit).n, 0);
	assert_int_equal(user_at(s, 0, visit + 1).n, 0);
	leave(s, visit);
	assert_int_equal(user_at(s, 0, visit).n, 0);
}

static void
all_visits_of_a_user_are_told_of_a_message(void **state)
{
	struct single *s = *state;
	uint64_t first = enter(s, ALICE), second = enter(s, ALICE);

	enter(s, "bob@a.test");
	assert_int_equal(news(s, ALICE), 2);
	assert_int_equal(news(s, "bob@a.test"), 1);
	assert_int_equal(news(s, "carol@a.test"), 0);
	leave(s, first);
	assert_int_equal(news(s, ALICE), 1);
	assert_int_equal(s->last[MESSAGE_USER_NEWS].user_news.visit, second);
	leave(s, second);
	assert_int_equal(news(s, ALICE), 0);
}

static void
visits_end_with_their_front(void **state)
{
	struct single *s = *state;
	uint64_t visit = enter(s, ALICE);

	s->program->peer_gone(&s->role, &s->peers[ROLE_FRONT][0]);
	assert_int_equal(user_at(s, 0, visit).n, 0);
	assert_int_equal(news(s, ALICE), 0);
}

static void
a_visit_of_which_the_front_does_not_hear_is_none(void **state)
{
	struct single *s = *state;

	s->refuse[MESSAGE_USER_ENTERED] = true;
	prove(s, ALICE);
	assert_int_equal(news(s, ALICE), 0);
	s->refuse[MESSAGE_USER_ENTERED] = false;
	single_no_memory = 1;
	prove(s, ALICE);
	single_no_memory = 0;
	assert_int_equal(
	    s->last[MESSAGE_USER_ENTERED].user_entered.reply, REPLY_AUTH_LATER);
}

/* ---- what they ask ---- */

static void
ask_items(struct single *s, uint64_t visit, enum smdp_user_kind kind)
{
	struct message m;

	message_init(&m, MESSAGE_ITEMS_ASK);
	m.items_ask.session = SESSION;
	m.items_ask.visit = visit;
	m.items_ask.kind = kind;
	s->sent[MESSAGE_ITEMS_ANSWER] = 0;
	single_hear(s, ROLE_FRONT, &m);
	side_turn(&s->side);
}

static uint64_t
items_reply(const struct single *s)
{
	assert_int_equal(s->sent[MESSAGE_ITEMS_ANSWER], 1);
	return s->last[MESSAGE_ITEMS_ANSWER].items_answer.reply;
}

static void
without_a_visit_nothing_is_shown(void **state)
{
	struct single *s = *state;

	ask_items(s, 77, SMDP_USER_ENVELOPE);
	assert_int_equal(items_reply(s), REPLY_DELIVERY_LATER);
	ask_items(s, 77, SMDP_USER_MESSAGE);
	assert_int_equal(items_reply(s), REPLY_DELIVERY_LATER);
	assert_int_equal(s->sent[MESSAGE_BOX_LIST], 0);
}

static void
a_question_about_a_mailbox_is_answered_when_its_poster_goes(void **state)
{
	struct single *s = *state;
	uint64_t visit = enter(s, ALICE);

	ask_items(s, visit, SMDP_USER_ENVELOPE);
	assert_int_equal(items_reply(s), REPLY_OK);
	ask_items(s, visit, SMDP_USER_MESSAGE);
	assert_int_equal(s->sent[MESSAGE_BOX_LIST], 1);
	assert_int_equal(s->sent[MESSAGE_ITEMS_ANSWER], 0);
	for (unsigned i = 0; i < KEEPER_POSTERS; i++)
		s->program->peer_gone(&s->role, &s->peers[ROLE_POSTER][i]);
	assert_int_equal(items_reply(s), REPLY_DELIVERY_LATER);
}

/* The front would take a part for the whole. */
static void
a_page_of_which_an_item_was_lost_is_no_page(void **state)
{
	struct single *s = *state;
	struct message m;

	ask_items(s, enter(s, ALICE), SMDP_USER_MESSAGE);
	message_init(&m, MESSAGE_BOX_ITEM);
	m.box_item.question = s->last[MESSAGE_BOX_LIST].box_list.question;
	s->refuse[MESSAGE_ITEM] = true;
	single_hear(s, ROLE_POSTER, &m);
	message_init(&m, MESSAGE_BOX_LISTED);
	m.box_listed.question = s->last[MESSAGE_BOX_LIST].box_list.question;
	single_hear(s, ROLE_POSTER, &m);
	assert_int_equal(items_reply(s), REPLY_DELIVERY_LATER);
}

int
main(void)
{
#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, set_up, single_close_keeper)
	const struct CMUnitTest tests[] = {
	    CASE(a_visit_is_known_at_its_own_front_until_it_ends),
	    CASE(all_visits_of_a_user_are_told_of_a_message),
	    CASE(visits_end_with_their_front),
	    CASE(a_visit_of_which_the_front_does_not_hear_is_none),
	    CASE(without_a_visit_nothing_is_shown),
	    CASE(a_question_about_a_mailbox_is_answered_when_its_poster_goes),
	    CASE(a_page_of_which_an_item_was_lost_is_no_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
