/* Taking a message back: who may, and until when. */
#include "held.h"

#include "origin/withdraw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct side side;
	struct held held;
	struct heard heard;
	unsigned freed;
};

static void
open_at(struct fixture *f, bool spooled)
{
	memset(f, 0, sizeof *f);
	side_open(&f->side, "a.test", "", 0);
	side_add_user(&f->side, "alice@a.test");
	side_add_user(&f->side, "mallory@a.test");
	assert_true(held_new(&f->side, spooled, &f->held));
}

static int
set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	open_at(f, false);
	*state = f;
	return 0;
}

static void
close_all(struct fixture *f)
{
	side_assert_clean(&f->side);
	side_close(&f->side);
}

static int
tear_down(void **state)
{
	close_all(*state);
	free(*state);
	return 0;
}

static void
answered(void *owner, enum reply_name reply)
{
	struct fixture *f = owner;

	hear(&f->heard, reply);
}

static void
free_body(void *owner, struct key message)
{
	struct fixture *f = owner;

	assert_false(key_is_zero(message));
	f->freed++;
}

static enum reply_name
withdraw(struct fixture *f, const char *user)
{
	const struct withdraw w = {
	    .store = f->side.store,
	    .hold = f->held.key,
	    .user = span_of(user),
	    .owner = f,
	    .answered = answered,
	    .free_body = free_body,
	};

	f->heard = (struct heard){0};
	withdraw_hold(&w, f->side.now);
	side_turn(&f->side);
	assert_int_equal(f->heard.times, 1);
	return f->heard.reply;
}

/* DM-08 JB-06 */
static void
its_author_takes_it_back_and_hears_no_more_of_it(void **state)
{
	struct fixture *f = *state;

	held_notice(&f->side, &f->held, DAY);
	assert_int_equal(withdraw(f, "alice@a.test"), REPLY_WITHDRAWN);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_WITHDRAWN);
	assert_int_equal(side_count(&f->side).reports_due, 0);
	assert_int_equal(withdraw(f, "alice@a.test"), REPLY_WITHDRAWN);
}

static void
a_spooled_body_goes_with_it(void **state)
{
	struct fixture f;

	(void)state;
	open_at(&f, true);
	assert_int_equal(withdraw(&f, "alice@a.test"), REPLY_WITHDRAWN);
	assert_int_equal(f.freed, 1);
	close_all(&f);
}

static void
nobody_else_may(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(withdraw(f, "mallory@a.test"), REPLY_NO_SUCH_USER);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_HELD);
}

static void
while_it_is_fetched_it_stays(void **state)
{
	struct fixture *f = *state;

	held_notice(&f->side, &f->held, DAY);
	held_lease(&f->side, &f->held);
	assert_int_equal(withdraw(f, "alice@a.test"), REPLY_DELIVERY_LATER);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_LEASED);
}

static void
what_was_fetched_is_out_of_reach(void **state)
{
	struct fixture *f = *state;
	struct store_op *op = side_op(&f->side, STORE_HOLD_SETTLE);

	held_notice(&f->side, &f->held, DAY);
	held_lease(&f->side, &f->held);
	op->hold_settle.key = f->held.key;
	op->hold_settle.node = NODE;
	op->hold_settle.ticket = TICKET;
	op->hold_settle.state = HOLD_TAKEN;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
	assert_int_equal(withdraw(f, "alice@a.test"), REPLY_TOO_LATE);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_TAKEN);
}

static bool
names(const struct fixture *f, const char *text, struct key *key_r)
{
	const struct address_rules rules = {.utf8 = true};
	struct address address;

	assert_int_equal(address_parse(span_of(text), rules, &address), 0);
	return withdraw_names(&address, f->side.secret, key_r);
}

static void
the_address_names_one_hold_and_cannot_be_guessed(void **state)
{
	struct fixture *f = *state;
	char text[WITHDRAW_ADDRESS];
	struct key key;

	withdraw_address(span_of(f->held.id), "a.test", text);
	assert_true(names(f, text, &key));
	assert_true(key_equals(key, f->held.key));
	memcpy(text, "WITHDRAW+", 9);
	assert_true(names(f, text, &key));
	text[25] = text[25] == 'A' ? 'B' : 'A';
	assert_false(names(f, text, &key));
	assert_false(names(f, "withdraw@a.test", &key));
	assert_false(names(f, "withdraw+@a.test", &key));
	assert_false(names(f, "alice@a.test", &key));
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(its_author_takes_it_back_and_hears_no_more_of_it),
	    cmocka_unit_test(a_spooled_body_goes_with_it),
	    CASE(nobody_else_may),
	    CASE(while_it_is_fetched_it_stays),
	    CASE(what_was_fetched_is_out_of_reach),
	    CASE(the_address_names_one_hold_and_cannot_be_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
