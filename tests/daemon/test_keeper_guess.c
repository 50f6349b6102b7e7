/*
 * What the keeper does about hosts that guess, without processes and sockets:
 * a store in memory, a clock set by hand, and the real timers of refusals.
 */
#include "steps.h"

#include "daemon/keeper/keeper_guess.h"
#include "daemon/keeper/keeper_peers.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT   3
#define WAITING 8 /* refusals of one network; docs/WIRE.md 7 */
#define MANY    (STORE_PAGE_MAX + 2)

struct played {
	struct side side;
	struct role role;
	struct keeper keeper;
	struct keeper_guess *guess;
	unsigned failures;
};

static struct played *played;

int64_t
role_now(void)
{
	return played->side.now;
}

void
keeper_stir(struct keeper *k)
{
	assert_ptr_equal(k, &played->keeper);
}

void
keeper_peers_count(
    struct keeper_peers *peers, struct ip address, enum keeper_peers_deed deed)
{
	(void)peers;
	assert_int_not_equal(address.family, 0);
	assert_int_equal(deed, PEER_FAILURE);
	played->failures++;
}

static int
set_up(void **state)
{
	struct played *d = calloc(1, sizeof *d);
	struct err err = {0};

	assert_non_null(d);
	played = d;
	side_open(&d->side, "a.test",
	    "fail-delay-first = 0s\nfail-limit = 3\ndeny-time = 1h\n", 0);
	d->role.settings = d->side.settings;
	d->role.base = event_base_new();
	assert_non_null(d->role.base);
	d->keeper.role = &d->role;
	d->keeper.store = d->side.store;
	assert_int_equal(keeper_guess_new(&d->keeper, &d->guess, &err), 0);
	*state = d;
	return 0;
}

static int
tear_down(void **state)
{
	struct played *d = *state;

	keeper_guess_free(&d->guess);
	assert_int_equal(
	    event_base_get_num_events(d->role.base, EVENT_BASE_COUNT_ADDED), 0);
	side_assert_clean(&d->side);
	side_close(&d->side);
	event_base_free(d->role.base);
	free(d);
	return 0;
}

/* The keeper ends, and another begins with the same store. */
static void
start_again(struct played *d)
{
	struct err err = {0};

	side_turn(&d->side);
	keeper_guess_free(&d->guess);
	assert_int_equal(keeper_guess_new(&d->keeper, &d->guess, &err), 0);
}

static enum reply_name
refuse(struct played *d, const char *asker, bool is_failure, uint64_t *delay)
{
	const struct serve_answer refusal = {
	    .reply = REPLY_NOT_FOR_YOU, .is_failure = is_failure};

	return keeper_guess_refuse(d->guess, ip_of(asker), &refusal, delay);
}

static void
guess_once(struct played *d, const char *asker)
{
	uint64_t delay;

	assert_int_equal(refuse(d, asker, true, &delay), REPLY_NOT_FOR_YOU);
	assert_int_equal(delay, 0);
}

static bool
denies(const struct played *d, const char *asker)
{
	return keeper_guess_denies(d->guess, ip_of(asker));
}

/* In the store. */
static void
deny(struct played *d, const char *address, int64_t until)
{
	struct store_op *op = side_op(&d->side, STORE_DENIED_PUT);

	op->denied_put.address = span_of(address);
	op->denied_put.until = until;
	assert_int_equal(side_do(&d->side, op), STORE_OK);
	store_op_free(&op);
}

/* GD-49 */
static void
of_ipv6_a_64_is_denied_and_kept_as_one(void **state)
{
	struct played *d = *state;
	char row[IP_NET_TEXT];
	struct store_op *op;

	for (unsigned i = 0; i < LIMIT; i++) {
		assert_false(denies(d, "2001:db8:1:2::1"));
		guess_once(d, "2001:db8:1:2::1");
	}
	assert_true(denies(d, "2001:db8:1:2::9"));
	assert_false(denies(d, "2001:db8:1:3::1"));
	side_turn(&d->side);
	op = side_op(&d->side, STORE_DENIED_LIST);
	op->denied_list.limit = 9;
	assert_int_equal(side_do(&d->side, op), STORE_OK);
	assert_int_equal(op->denied_list.count, 1);
	assert_true(span_equals(
	    op->denied_list.denied[0].address, span_of("2001:db8:1:2::/64")));
	assert_int_equal(op->denied_list.denied[0].until, NOW + HOUR);
	store_op_free(&op);
	start_again(d);
	assert_true(denies(d, "2001:db8:1:2::7"));
	/* by any of its names, and by no other */
	assert_true(
	    keeper_guess_find(d->guess, span_of("2001:db8:1:2::/64"), row));
	assert_true(
	    keeper_guess_find(d->guess, span_of("2001:db8:1:2::5"), row));
	assert_string_equal(row, "2001:db8:1:2::/64");
	assert_false(
	    keeper_guess_find(d->guess, span_of("2001:db8:1::/48"), row));
	assert_false(keeper_guess_find(d->guess, span_of("b.test"), row));
	keeper_guess_forgive(d->guess, span_of("2001:db8:1:2::/64"));
	assert_false(denies(d, "2001:db8:1:2::7"));
}

/* GD-49 */
static void
all_pages_are_read_at_a_start(void **state)
{
	struct played *d = *state;
	char address[IP_TEXT];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(
		    address, sizeof address, "10.0.%u.%u", i / 256, i % 256);
		deny(d, address, NOW + MINUTE);
	}
	deny(d, "192.0.2.1", NOW + MINUTE);
	deny(d, "no address", NOW + MINUTE); /* somebody else wrote that */
	start_again(d);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(
		    address, sizeof address, "10.0.%u.%u", i / 256, i % 256);
		assert_true(denies(d, address));
	}
	assert_true(denies(d, "192.0.2.1"));
	assert_false(denies(d, "192.0.2.2"));
	d->side.now += MINUTE;
	assert_false(denies(d, "192.0.2.1"));
}

/* GD-48 AT-05: the place of a refusal is free when its time is over, not when
   its session ends; and nothing is left of them when the keeper ends. */
static void
a_network_has_so_many_refusals_on_their_way(void **state)
{
	struct played *d = *state;
	char asker[IP_TEXT];
	uint64_t delay;

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < WAITING; i++) {
			snprintf(asker, sizeof asker, "192.0.2.%u", i);
			guess_once(d, asker);
		}
		assert_int_equal(
		    refuse(d, "192.0.2.77", true, &delay), REPLY_GUESSED);
		if (round == 0) /* until there are no timers any more */
			event_base_dispatch(d->role.base);
	}
	guess_once(d, "198.51.100.1");
	assert_int_equal(d->failures, 2 * (WAITING + 1) + 1);
}

/* GD-45 */
static void
a_refusal_that_is_no_failure_costs_nothing(void **state)
{
	struct played *d = *state;
	uint64_t delay = 1;

	for (unsigned i = 0; i < 10 * WAITING; i++) {
		assert_int_equal(
		    refuse(d, "192.0.2.1", false, &delay), REPLY_NOT_FOR_YOU);
		assert_int_equal(delay, 0);
	}
	assert_false(denies(d, "192.0.2.1"));
	assert_int_equal(d->failures, 0);
	assert_int_equal(
	    d->keeper.counters.n[COUNTER_PULLS_DENIED], 10 * WAITING);
}

/* A front that says from nowhere is not believed to be anybody. */
static void
an_address_of_no_family_is_put_off(void **state)
{
	struct played *d = *state;

	assert_true(keeper_guess_denies(d->guess, (struct ip){0}));
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(of_ipv6_a_64_is_denied_and_kept_as_one),
	    CASE(all_pages_are_read_at_a_start),
	    CASE(a_network_has_so_many_refusals_on_their_way),
	    CASE(a_refusal_that_is_no_failure_costs_nothing),
	    CASE(an_address_of_no_family_is_put_off),
	};

	return cmocka_run_group_tests_name("keeper-guess", tests, NULL, NULL);
}
