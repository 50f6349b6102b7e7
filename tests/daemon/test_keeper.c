/* The keeper as a whole, when what it sends does not get through. */
#include "single.h"

#include "daemon/keeper.h"
#include "held.h"

#include <stdio.h>
#include <stdlib.h>

static struct keeper *
keeper_of(struct single *s)
{
	return s->role.state;
}

static int
set_up(void **state)
{
	struct single *s = malloc(sizeof *s);

	assert_non_null(s);
	single_open(s, &keeper_program);
	store_close(&s->side.store);
	s->side.store = keeper_of(s)->store;
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	struct single *s = *state;

	s->side.store = NULL; /* it goes with the keeper */
	single_close(s);
	free(s);
	return 0;
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

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(one_wish_to_sweep_removes_all_that_is_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
