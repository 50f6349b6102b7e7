/*
 * Whole lives of messages, several hundred, between two servers of which
 * everything may fail: what crosses, DNS, processes, the stores. At the end
 * each message has been delivered once, or it was refused or has expired, and
 * its hold says so. Never lost, never doubled (GD-03, GD-16, AT-14, AT-15).
 */
#include "life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIVES 400

/* Steps of time: short at first, then long, to beyond the longest life. */
static const struct {
	unsigned ticks;
	int64_t seconds;
} pace[] = {{40, 15}, {60, 5 * MINUTE}, {110, HOUR}, {60, 6 * HOUR}};

struct verdict {
	struct life *life;
	unsigned taken, refused, expired;
};

static bool
is_nobody(const struct letter *letter)
{
	return strncmp(letter->recipient, "nobody@", 7) == 0;
}

/* What became of one hold, and of its message on the other side. */
static void
judge_hold(void *arg, const struct store_hold_row *row)
{
	struct verdict *v = arg;
	struct letter *letter = life_letter(v->life, row->hold.id);

	assert_non_null(letter);
	assert_true(letter->files <= 1);
	switch (row->hold.state) {
	case HOLD_TAKEN:
		assert_int_equal(letter->files, 1);
		v->taken++;
		return;
	case HOLD_REFUSED:
		assert_int_equal(letter->files, 0);
		assert_true(is_nobody(letter));
		assert_true(row->hold.reply.n > 0);
		v->refused++;
		return;
	case HOLD_EXPIRED:
		/* "may have been delivered", if its last dot was sent */
		assert_true(letter->files == 0 || letter->dots > 0);
		v->expired++;
		return;
	case HOLD_HELD:
	case HOLD_NOTICED:
	case HOLD_LEASED:
	case HOLD_WITHDRAWN:
		break;
	}
	fail_msg("a hold that is still %s, or should not be",
	    store_hold_state_name(row->hold.state));
}

static void
live(struct life *l)
{
	for (unsigned i = 0; i < sizeof pace / sizeof pace[0]; i++)
		for (unsigned tick = 0; tick < pace[i].ticks; tick++) {
			if (life_is_over(l))
				return;
			life_tick(l, pace[i].seconds);
		}
}

static struct verdict
judge(struct life *l)
{
	struct verdict v = {.life = l};
	struct store_count d = side_count(&l->destination);
	unsigned holds = side_each_hold(&l->origin, judge_hold, &v);

	assert_int_equal(holds, l->letter_count);
	assert_int_equal(d.deliveries, 0);
	assert_int_equal(
	    d.notices[NOTICE_WANTED] + d.notices[NOTICE_PULLING], 0);
	return v;
}

static void
write_letters(struct life *l)
{
	static const char *const to_bob[] = {"bob@b.test", NULL};
	static const char *const to_all[] = {
	    "bob@b.test", "carol@b.test", "nobody@b.test", NULL};

	life_write(l, to_bob);
	life_write(l, to_all);
	life_write(l, to_bob);
}

static struct verdict
live_with(struct life_chances chances, uint64_t seed)
{
	struct life *l = calloc(1, sizeof *l);
	struct verdict v;

	assert_non_null(l);
	life_open(l, chances, seed);
	write_letters(l);
	live(l);
	v = judge(l);
	life_close(l);
	free(l);
	v.life = NULL;
	return v;
}

static void
when_nothing_fails_all_is_delivered_at_once(void **state)
{
	struct life *l = calloc(1, sizeof *l);
	struct verdict v;

	(void)state;
	assert_non_null(l);
	life_open(l, (struct life_chances){0}, 1);
	write_letters(l);
	for (unsigned i = 0; i < 3; i++)
		life_tick(l, 1);
	v = judge(l);
	assert_int_equal(v.taken, 4);
	assert_int_equal(v.refused, 1);
	assert_true(life_is_over(l));
	life_close(l);
	free(l);
}

/* Lives under these chances; all holds are judged one by one. */
static struct verdict
live_many(struct life_chances chances, bool weather)
{
	struct verdict sum = {0};

	for (uint64_t seed = 1; seed <= LIVES / 4; seed++) {
		struct verdict v;

		chances.weather = weather ? seed : 0;
		v = live_with(chances, seed * 7919);
		sum.taken += v.taken;
		sum.refused += v.refused;
		sum.expired += v.expired;
	}
	return sum;
}

/* GD-16 AT-14 */
static void
what_gets_lost_on_the_way_is_asked_for_again(void **state)
{
	struct verdict v = live_many((struct life_chances){.loss = 5}, false);

	(void)state;
	assert_int_equal(v.taken, 4 * LIVES / 4);
	/* a refusal that got lost is not said again */
	assert_int_equal(v.refused + v.expired, LIVES / 4);
	assert_true(v.refused > 9 * LIVES / 40);
}

/* GD-17 GD-18: what cannot be delivered is given back to its author. */
static void
on_a_bad_line_all_is_delivered_once_or_expires(void **state)
{
	struct verdict v = live_many(
	    (struct life_chances){.loss = 25, .silence = 20, .dns = 20}, false);

	(void)state;
	assert_int_equal(v.taken + v.refused + v.expired, 5 * LIVES / 4);
	assert_true(v.taken > LIVES / 4 && v.expired > 0);
}

/* AT-15 */
static void
processes_that_die_lose_and_double_nothing(void **state)
{
	struct verdict v =
	    live_many((struct life_chances){.loss = 10, .crash = 10}, false);

	(void)state;
	assert_int_equal(v.taken + v.refused + v.expired, 5 * LIVES / 4);
	assert_true(v.taken > 3 * LIVES / 4);
}

static void
unsure_stores_lose_and_double_nothing(void **state)
{
	struct verdict v = live_many(
	    (struct life_chances){.loss = 10, .crash = 5, .dns = 10}, true);

	(void)state;
	/* some were held although the answer was "later" */
	assert_true(v.taken + v.refused + v.expired >= 5 * LIVES / 4);
	assert_true(v.taken > 3 * LIVES / 4);
}

/* GD-14 GD-18 AT-11 */
static void
nobody_there_at_all_means_expiry(void **state)
{
	struct verdict v = live_with((struct life_chances){.silence = 100}, 5);

	(void)state;
	assert_int_equal(v.expired, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(when_nothing_fails_all_is_delivered_at_once),
	    cmocka_unit_test(what_gets_lost_on_the_way_is_asked_for_again),
	    cmocka_unit_test(on_a_bad_line_all_is_delivered_once_or_expires),
	    cmocka_unit_test(processes_that_die_lose_and_double_nothing),
	    cmocka_unit_test(unsure_stores_lose_and_double_nothing),
	    cmocka_unit_test(nobody_there_at_all_means_expiry),
	};

	return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
