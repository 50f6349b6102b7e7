/* Stubs: each is put and taken away once, and what failed is tried again. */
#include "steps.h"

#include "receiver/show.h"

#include <stdlib.h>
#include <string.h>

#define BOB "bob@b.test"

struct fixture {
	struct side side;
	struct show *show;
	bool nobody; /* takes anything */
	unsigned put, taken, refused;
	bool repeated; /* the last that was put */
	struct key notice;
};

static const uint8_t secret[IDENTIFIER_SECRET] = {1};

static int
hand_over(struct fixture *f, const struct show_stub *stub, unsigned *count)
{
	f->refused += f->nobody;
	if (f->nobody)
		return -E_AGAIN;
	(*count)++;
	f->notice = stub->notice;
	f->repeated = stub->repeated;
	return 0;
}

static int
put(void *owner, const struct show_stub *stub)
{
	struct fixture *f = owner;

	assert_true(span_equals(stub->about->subject, span_of("Hello")));
	assert_non_null(strstr(stub->reply_to, stub->token));
	return hand_over(f, stub, &f->put);
}

static int
take_away(void *owner, const struct show_stub *stub)
{
	struct fixture *f = owner;

	return hand_over(f, stub, &f->taken);
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	const struct show_world world = {f, put, take_away};

	assert_non_null(f);
	side_open(&f->side, "b.test", "", 0);
	side_add_user(&f->side, BOB);
	assert_int_equal(show_new(f->side.store, f->side.settings, NODE, secret,
			     &world, &f->show),
	    0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	side_assert_clean(&f->side);
	show_free(&f->show);
	side_close(&f->side);
	free(f);
	return 0;
}

static void
leave(struct fixture *f, const char *id)
{
	struct store_op *op = side_op(&f->side, STORE_NOTICE_PUT);
	const struct store_notice notice = {
	    .id = span_of(id),
	    .domain = span_of("a.test"),
	    .server = span_of("mx.a.test"),
	    .named = span_of(BOB),
	    .to = span_of(BOB),
	    .sender = span_of("alice@a.test"),
	    .subject = span_of("Hello"),
	    .key = key_new(f->side.now),
	    .address = ip_of("192.0.2.1"),
	    .dialect = ROUTE_ENVELOPE,
	    .state = NOTICE_PENDING,
	    .created = f->side.now,
	    .expires_at = f->side.now + DAY,
	};

	op->notice_put.count = 1;
	op->notice_put.notices = &notice;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
}

/* The only notice is over. */
static void
lapse(struct fixture *f)
{
	struct store_op *op;

	f->side.now += 2 * DAY;
	op = side_op(&f->side, STORE_NOTICE_EXPIRE);
	op->notice_expire.limit = 1;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	assert_int_equal(op->notice_expire.count, 1);
	store_op_free(&op);
}

static void
look(struct fixture *f)
{
	show_look(f->show, f->side.now);
	side_turn(&f->side);
}

/* The clock of the server ticks. */
static void
wait_for(struct fixture *f, unsigned seconds)
{
	while (seconds-- > 0) {
		f->side.now++;
		show_tick(f->show, f->side.now);
		side_turn(&f->side);
	}
}

static void
end(struct fixture *f, bool done)
{
	assert_true(show_ended(f->show, f->notice, done, f->side.now));
	side_turn(&f->side);
}

static void
put_and_lapsed(struct fixture *f)
{
	leave(f, "id");
	look(f);
	end(f, true);
	lapse(f);
	look(f);
	assert_int_equal(f->put, 1);
	assert_int_equal(f->taken, 1);
}

static void
each_is_put_and_taken_away_once(void **state)
{
	struct fixture *f = *state;

	put_and_lapsed(f);
	end(f, true);
	wait_for(f, 2 * SHOW_RETRY_MAX);
	assert_int_equal(f->put, 1);
	assert_int_equal(f->taken, 1);
}

/* Whoever reads mailboxes was started anew, or is away for long. */
static void
what_was_not_taken_away_is_tried_again_soon_and_then_more_seldom(void **state)
{
	struct fixture *f = *state;
	unsigned pause = SHOW_RETRY_FIRST;

	put_and_lapsed(f);
	for (unsigned tries = 2; tries < 15; tries++) {
		end(f, false);
		wait_for(f, pause - 1);
		assert_int_equal(f->taken, tries - 1);
		wait_for(f, 1);
		assert_int_equal(f->taken, tries);
		pause = pause < SHOW_RETRY_MAX ? 2 * pause : pause;
	}
	end(f, true);
	wait_for(f, 2 * SHOW_RETRY_MAX);
	assert_int_equal(f->taken, 14);
}

static void
several_that_failed_are_each_tried_again(void **state)
{
	struct fixture *f = *state;

	leave(f, "one");
	look(f);
	end(f, false);
	wait_for(f, SHOW_RETRY_FIRST);
	assert_int_equal(f->put, 2);
	assert_true(f->repeated);
	end(f, false); /* for twice as long */
	leave(f, "two");
	look(f);
	end(f, false);
	wait_for(f, SHOW_RETRY_FIRST);
	assert_int_equal(f->put, 4);
	end(f, true);
	wait_for(f, 2 * SHOW_RETRY_FIRST);
	assert_int_equal(f->put, 5);
	end(f, true);
}

static void
while_nobody_takes_any_each_second_is_tried(void **state)
{
	struct fixture *f = *state;

	f->nobody = true;
	leave(f, "id");
	look(f);
	wait_for(f, 3);
	assert_int_equal(f->refused, 4);
	f->nobody = false;
	wait_for(f, 1);
	assert_int_equal(f->put, 1);
	end(f, true);
}

static void
of_whoever_puts_or_takes_away_the_end_gives_all_back(void **state)
{
	struct fixture *f = *state;

	leave(f, "id");
	look(f);
	show_lost(f->show, false, 0, f->side.now);
	show_lost(f->show, true, 1, f->side.now);
	wait_for(f, 2);
	assert_int_equal(f->put, 1);
	show_lost(f->show, true, 0, f->side.now);
	wait_for(f, 1);
	assert_int_equal(f->put, 2);
	end(f, true);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(each_is_put_and_taken_away_once),
	    CASE(
		what_was_not_taken_away_is_tried_again_soon_and_then_more_seldom),
	    CASE(several_that_failed_are_each_tried_again),
	    CASE(while_nobody_takes_any_each_second_is_tried),
	    CASE(of_whoever_puts_or_takes_away_the_end_gives_all_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
