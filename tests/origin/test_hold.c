/* How the time of holds runs out. */
#include "held.h"

#include "origin/hold.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
	struct side side;
	struct held held;
	struct hold_expiry expiry;
	unsigned freed;
};

static void
free_body(void *owner, struct key message)
{
	struct fixture *f = owner;

	assert_false(key_is_zero(message));
	f->freed++;
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	side_open(&f->side, "a.test", "", 0);
	side_add_user(&f->side, "alice@a.test");
	f->expiry = (struct hold_expiry){.store = f->side.store,
	    .settings = f->side.settings,
	    .owner = f,
	    .free_body = free_body};
	assert_true(held_new(&f->side, true, &f->held));
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	side_assert_clean(&f->side);
	side_close(&f->side);
	free(f);
	return 0;
}

static enum store_hold_state
state_at(struct fixture *f, int64_t now)
{
	f->side.now = now;
	hold_expire(&f->expiry, now);
	side_turn(&f->side);
	return held_state(&f->side, &f->held);
}

/* GD-13 GD-14 DM-26 */
static void
a_noticed_hold_expires_an_hour_after_its_life(void **state)
{
	struct fixture *f = *state;
	int64_t end = NOW + 48 * HOUR + HOLD_GRACE;

	held_notice(&f->side, &f->held, 48 * HOUR);
	assert_int_equal(state_at(f, end - 1), HOLD_NOTICED);
	assert_int_equal(f->freed, 0);
	assert_int_equal(state_at(f, end), HOLD_EXPIRED);
	assert_int_equal(f->freed, 1);
	assert_int_equal(state_at(f, end + DAY), HOLD_EXPIRED);
	assert_int_equal(f->freed, 1);
}

static void
a_hold_that_nobody_noticed_expires_by_its_age(void **state)
{
	struct fixture *f = *state;
	int64_t end = NOW + f->side.settings->hold_time_untold;

	assert_int_equal(f->side.settings->hold_time_untold, 5 * DAY);
	assert_int_equal(state_at(f, end), HOLD_HELD);
	assert_int_equal(state_at(f, end + 1), HOLD_EXPIRED);
}

static void
a_running_pull_keeps_a_hold_alive(void **state)
{
	struct fixture *f = *state;
	int64_t end = NOW + 48 * HOUR + HOLD_GRACE;

	held_notice(&f->side, &f->held, 48 * HOUR);
	f->side.now = end - MINUTE;
	held_lease(&f->side, &f->held);
	assert_int_equal(state_at(f, end), HOLD_LEASED);
	end += f->side.settings->lease_time;
	assert_int_equal(state_at(f, end), HOLD_EXPIRED);
}

static void
several_pages_expire_at_once(void **state)
{
	struct fixture *f = *state;
	struct store_figures before, after;
	struct held more;

	for (unsigned i = 0; i < 2 * HOLD_EXPIRE_PAGE + 10; i++)
		assert_true(held_new(&f->side, i % 2 == 0, &more));
	store_figures(f->side.store, &before);
	hold_expire(&f->expiry, NOW + 15 * DAY);
	assert_true(f->expiry.running);
	hold_expire(&f->expiry, NOW + 15 * DAY); /* one page at a time */
	side_turn(&f->side);
	assert_false(f->expiry.running);
	store_figures(f->side.store, &after);
	assert_int_equal(after.operations - before.operations, 3);
	assert_int_equal(side_count(&f->side).holds[HOLD_EXPIRED],
	    2 * HOLD_EXPIRE_PAGE + 11);
	assert_int_equal(f->freed, HOLD_EXPIRE_PAGE + 5 + 1);
}

static void
a_store_that_is_unsure_is_asked_at_the_next_tick(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct fixture f = {.freed = 0};

		side_open(&f.side, "a.test", "", seed);
		side_add_user(&f.side, "alice@a.test");
		f.expiry = (struct hold_expiry){.store = f.side.store,
		    .settings = f.side.settings,
		    .owner = &f,
		    .free_body = free_body};
		if (held_new(&f.side, false, &f.held)) {
			for (unsigned i = 0; i < 20; i++)
				state_at(&f, NOW + 15 * DAY + i);
			assert_int_equal(
			    held_state(&f.side, &f.held), HOLD_EXPIRED);
			side_assert_clean(&f.side);
		}
		side_close(&f.side);
	}
}

/* GD-13: by the dialect of the notice, who decides differs. */
static void
how_long_a_hold_lives_depends_on_its_dialect(void **state)
{
	struct fixture *f = *state;
	const struct settings *s = f->side.settings;

	assert_int_equal(hold_life(s, ROUTE_GDEL), 48 * HOUR);
	assert_int_equal(hold_life(s, ROUTE_MSID), 14 * DAY);
	assert_int_equal(hold_life(s, ROUTE_ENVELOPE), 14 * DAY);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_noticed_hold_expires_an_hour_after_its_life),
	    CASE(a_hold_that_nobody_noticed_expires_by_its_age),
	    CASE(a_running_pull_keeps_a_hold_alive),
	    CASE(several_pages_expire_at_once),
	    CASE(how_long_a_hold_lives_depends_on_its_dialect),
	    cmocka_unit_test(a_store_that_is_unsure_is_asked_at_the_next_tick),
	};

	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
