/* Who left verified notices and served pulls, and for how long that counts. */
#include "remembering.h"

static void
pulled(struct remembering *r, const char *address)
{
	keeper_history_pulled(
	    r->keeper.history, ip_of(address), span_of("a.test"));
	side_turn(&r->side);
}

static void
verified(struct remembering *r, const char *address)
{
	keeper_history_verified(
	    r->keeper.history, ip_of(address), span_of("a.test"));
	side_turn(&r->side);
}

static bool
has(const struct remembering *r, const char *address)
{
	return keeper_history_has(r->keeper.history, ip_of(address));
}

/* AT-02: only what costs an attacker something counts */
static void
a_pull_makes_a_history_of_30_days_and_a_notice_none(void **state)
{
	struct remembering *r = *state;

	verified(r, PEER);
	assert_false(has(r, PEER));
	pulled(r, PEER);
	assert_true(has(r, PEER));
	assert_false(has(r, "203.0.113.8"));
	r->side.now += 30 * DAY - 1;
	assert_true(has(r, PEER));
	r->side.now++;
	assert_false(has(r, PEER));
	pulled(r, PEER);
	assert_true(has(r, PEER));
}

/* AT-02 */
static void
a_history_outlives_the_process(void **state)
{
	struct remembering *r = *state;

	pulled(r, "203.0.113.8");
	r->side.now += DAY;
	pulled(r, PEER);
	verified(r, "2001:db8::9");
	r->side.now += 29 * DAY;
	remembering_restart(r);
	assert_true(has(r, PEER));
	assert_false(has(r, "203.0.113.8"));
	assert_false(has(r, "2001:db8::9"));
	r->side.now += DAY;
	assert_false(has(r, PEER));
}

/* More rows than one page of the store has, listed ones among them. */
static void
all_pages_of_peers_are_read(void **state)
{
	struct remembering *r = *state;
	char address[IP_TEXT];
	unsigned known = 0;
	struct ip ip = ip_of("10.0.0.0");

	for (unsigned i = 0; i < STORE_PAGE_MAX + 10; i++) {
		ip.b[2] = (uint8_t)(i >> 8);
		ip.b[3] = (uint8_t)i;
		ip_text(ip, address);
		pulled(r, address);
	}
	remembering_restart(r);
	for (unsigned i = 0; i < STORE_PAGE_MAX + 10; i++) {
		ip.b[2] = (uint8_t)(i >> 8);
		ip.b[3] = (uint8_t)i;
		known += keeper_history_has(r->keeper.history, ip);
	}
	assert_int_equal(known, STORE_PAGE_MAX + 10);
}

static uint64_t
operations(const struct remembering *r)
{
	struct store_figures f;

	store_figures(r->side.store, &f);
	return f.operations;
}

/* AT-02: a flood of notices is no flood of writes */
static void
each_is_written_once_an_hour(void **state)
{
	struct remembering *r = *state;
	uint64_t before = operations(r);

	for (unsigned i = 0; i < 100; i++) {
		verified(r, PEER);
		pulled(r, PEER);
	}
	assert_int_equal(operations(r), before + 2);
	r->side.now += HOUR - 1;
	verified(r, PEER);
	pulled(r, PEER);
	assert_int_equal(operations(r), before + 2);
	r->side.now++;
	verified(r, PEER);
	pulled(r, PEER);
	assert_int_equal(operations(r), before + 4);
	assert_int_equal(remembering_row(r, PEER).verified_at, NOW + HOUR);
	assert_int_equal(remembering_row(r, PEER).pulled_at, NOW + HOUR);
}

static void
who_is_forgotten_begins_anew(void **state)
{
	struct remembering *r = *state;

	pulled(r, PEER);
	pulled(r, "203.0.113.8");
	keeper_history_forget(r->keeper.history, span_of("b.test"));
	keeper_history_forget(r->keeper.history, span_of(PEER));
	assert_false(has(r, PEER));
	assert_true(has(r, "203.0.113.8"));
	r->side.now++;
	pulled(r, PEER);
	assert_true(has(r, PEER));
	assert_int_equal(remembering_row(r, PEER).pulled_at, NOW + 1);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(a_pull_makes_a_history_of_30_days_and_a_notice_none),
	    CASE(a_history_outlives_the_process),
	    CASE(all_pages_of_peers_are_read),
	    CASE(each_is_written_once_an_hour),
	    CASE(who_is_forgotten_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
