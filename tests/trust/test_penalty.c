/* What guessing costs: delays by network, denials by address, all bounded. */
#include "trust/penalty.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 1795341600 /* begins a slot of 60 seconds */
#define DAY 86400

static const struct penalty_settings standard = {
    .delay_first = 1,
    .delay_max = 60,
    .limit = 20,
    .window = 600,
    .deny_time = DAY,
};

static struct penalty *
penalty_standard(void)
{
	struct penalty *p = penalty_new(&standard);

	assert_non_null(p);
	return p;
}

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	return ip;
}

/* The network of this number: 2001:db8:N::/48, or beyond, 2001:db9:N::/48. */
static struct ip
network_of(unsigned n)
{
	char text[IP_TEXT];

	snprintf(
	    text, sizeof text, "2001:%x:%x::1", 0xdb8 + (n >> 16), n & 0xffff);
	return ip_of(text);
}

/* Fails, and its refusal leaves at once. Returns the delay it would have. */
static int64_t
guess(struct penalty *p, struct ip asker, int64_t now)
{
	struct penalty_failure f;

	assert_int_equal(penalty_failed(p, asker, now, &f), PENALTY_WAIT);
	penalty_waited(p, asker);
	return f.delay;
}

static bool
fails_and_is_denied(struct penalty *p, struct ip asker, int64_t now)
{
	struct penalty_failure f;

	if (penalty_failed(p, asker, now, &f) == PENALTY_WAIT)
		penalty_waited(p, asker);
	assert_int_equal(f.is_denied, penalty_is_denied(p, asker, now));
	return f.is_denied;
}

/* GD-48 */
static void
the_first_failure_is_free_and_each_further_one_doubles(void **state)
{
	static const int64_t delays[] = {0, 1, 2, 4, 8, 16, 32, 60, 60, 60};
	struct penalty *p = penalty_standard();
	struct ip asker = ip_of("192.0.2.7");

	(void)state;
	assert_int_equal(penalty_delay(p, asker, NOW), 0);
	for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
		assert_int_equal(guess(p, asker, NOW), delays[i]);
		assert_int_equal(penalty_delay(p, asker, NOW), delays[i]);
	}
	penalty_free(&p);
	assert_null(p);
}

static void
a_network_shares_its_delay_and_no_other_has_it(void **state)
{
	struct penalty *p = penalty_standard();

	(void)state;
	for (int i = 0; i < 4; i++)
		(void)guess(p, ip_of("192.0.2.7"), NOW);
	assert_int_equal(penalty_delay(p, ip_of("192.0.2.250"), NOW), 4);
	assert_int_equal(penalty_delay(p, ip_of("192.0.3.7"), NOW), 0);
	for (int i = 0; i < 3; i++)
		(void)guess(p, ip_of("2001:db8:5:1::1"), NOW);
	assert_int_equal(penalty_delay(p, ip_of("2001:db8:5:ffff::2"), NOW), 2);
	assert_int_equal(penalty_delay(p, ip_of("2001:db8:6:1::1"), NOW), 0);
	penalty_free(&p);
}

static void
addresses_that_look_alike_in_both_families_are_told_apart(void **state)
{
	struct penalty *p = penalty_standard();

	(void)state;
	for (int i = 0; i < 4; i++)
		(void)guess(p, ip_of("32.1.13.184"), NOW);
	assert_int_equal(penalty_delay(p, ip_of("2001:db8::"), NOW), 0);
	assert_int_equal(penalty_delay(p, ip_of("::2001:db8"), NOW), 0);
	/* ... and whoever is nobody at all is counted too */
	assert_int_equal(guess(p, ip_of("::1"), NOW), 0);
	assert_int_equal(guess(p, ip_of("::1"), NOW), 1);
	assert_int_equal(guess(p, ip_of("0.0.0.1"), NOW), 0);
	penalty_free(&p);
}

static void
the_delay_goes_down_as_failures_are_forgotten(void **state)
{
	struct penalty *p = penalty_standard();
	struct ip asker = ip_of("192.0.2.7");

	(void)state;
	for (int minute = 0; minute < 5; minute++)
		(void)guess(p, asker, NOW + minute * 60);
	assert_int_equal(penalty_delay(p, asker, NOW + 240), 8);
	/* Each counts for the window, and less than a tenth longer. */
	assert_int_equal(penalty_delay(p, asker, NOW + 600), 8);
	assert_int_equal(penalty_delay(p, asker, NOW + 660), 4);
	assert_int_equal(penalty_delay(p, asker, NOW + 720), 2);
	assert_int_equal(penalty_delay(p, asker, NOW + 780), 1);
	assert_int_equal(penalty_delay(p, asker, NOW + 840), 0);
	/* The next is the second that is remembered, later the first. */
	assert_int_equal(guess(p, asker, NOW + 840), 1);
	assert_int_equal(guess(p, asker, NOW + 840 + 700), 0);
	penalty_free(&p);
}

static void
eight_refusals_of_a_network_wait_and_the_ninth_is_put_off(void **state)
{
	struct penalty *p = penalty_standard();
	struct ip asker = ip_of("192.0.2.7"), neighbour = ip_of("192.0.2.8");
	struct penalty_failure f;

	(void)state;
	for (int i = 0; i < PENALTY_WAITING_MAX; i++)
		assert_int_equal(
		    penalty_failed(p, asker, NOW, &f), PENALTY_WAIT);
	assert_int_equal(penalty_failed(p, asker, NOW, &f), PENALTY_BUSY);
	assert_int_equal(penalty_failed(p, neighbour, NOW, &f), PENALTY_BUSY);
	assert_int_equal(
	    penalty_failed(p, ip_of("192.0.3.7"), NOW, &f), PENALTY_WAIT);
	/* Who is put off has failed all the same. */
	assert_int_equal(penalty_delay(p, asker, NOW), 60);
	penalty_waited(p, asker);
	assert_int_equal(penalty_failed(p, neighbour, NOW, &f), PENALTY_WAIT);
	assert_int_equal(penalty_failed(p, asker, NOW, &f), PENALTY_BUSY);
	penalty_free(&p);
}

/* GD-49 */
static void
who_fails_too_often_is_denied_for_a_day(void **state)
{
	struct penalty *p = penalty_standard();
	struct ip asker = ip_of("192.0.2.7");
	struct penalty_failure f;

	(void)state;
	for (int i = 1; i < 20; i++)
		assert_false(fails_and_is_denied(p, asker, NOW + i * 30));
	assert_int_equal(penalty_failed(p, asker, NOW + 600, &f), PENALTY_WAIT);
	assert_true(f.is_denied);
	assert_true(ip_equals(f.address, asker));
	assert_int_equal(f.until, NOW + 600 + DAY);
	assert_true(penalty_is_denied(p, asker, NOW + 600));
	assert_true(penalty_is_denied(p, asker, f.until - 1));
	assert_false(penalty_is_denied(p, asker, f.until));
	/* Its neighbours share the delay, not the denial. */
	assert_false(penalty_is_denied(p, ip_of("192.0.2.8"), NOW + 600));
	/* Failures while denied say nothing new; afterwards all begins anew. */
	assert_int_equal(penalty_failed(p, asker, NOW + 601, &f), PENALTY_WAIT);
	assert_false(f.is_denied);
	for (int i = 1; i < 20; i++)
		assert_false(fails_and_is_denied(p, asker, NOW + 2 * DAY));
	assert_true(fails_and_is_denied(p, asker, NOW + 2 * DAY));
	penalty_free(&p);
}

static void
what_is_further_apart_denies_nobody(void **state)
{
	struct penalty *p = penalty_standard();
	struct ip asker = ip_of("192.0.2.7");

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_false(fails_and_is_denied(p, asker, NOW + i * 35));
	penalty_free(&p);
}

static void
of_ipv6_the_64_is_denied(void **state)
{
	struct penalty *p = penalty_standard();

	(void)state;
	for (unsigned i = 1; i < 20; i++) {
		char text[IP_TEXT];

		snprintf(text, sizeof text, "2001:db8:1:2::%x", i);
		assert_false(fails_and_is_denied(p, ip_of(text), NOW));
	}
	assert_true(fails_and_is_denied(p, ip_of("2001:db8:1:2:f::1"), NOW));
	assert_true(penalty_is_denied(p, ip_of("2001:db8:1:2::"), NOW));
	assert_false(penalty_is_denied(p, ip_of("2001:db8:1:3::1"), NOW));
	penalty_free(&p);
}

/* AT-05 */
static void
a_flood_of_networks_pushes_out_none_that_goes_on_failing(void **state)
{
	struct penalty *p = penalty_standard();
	struct ip guest = ip_of("192.0.2.7"), once = ip_of("198.51.100.1");
	struct penalty_failure f;

	(void)state;
	(void)guess(p, once, NOW);
	for (int i = 0; i < 19; i++)
		(void)guess(p, guest, NOW);
	for (unsigned i = 0; i < 2 * PENALTY_NETWORKS_MAX; i++)
		assert_int_equal(guess(p, network_of(i), NOW + 1), 0);
	assert_int_equal(penalty_delay(p, guest, NOW + 1), 60);
	/* Nor is it forgotten how often that address has failed. */
	assert_int_equal(penalty_failed(p, guest, NOW + 1, &f), PENALTY_WAIT);
	assert_true(f.is_denied);
	/* One that failed once made room, as the first of its kind. */
	assert_int_equal(guess(p, once, NOW + 1), 0);
	penalty_free(&p);
}

static void
what_is_forgotten_makes_room_first(void **state)
{
	struct penalty *p = penalty_standard();
	struct ip once = ip_of("198.51.100.1");

	(void)state;
	for (unsigned i = 0; i < PENALTY_NETWORKS_MAX - 1; i++) {
		(void)guess(p, network_of(i), NOW);
		(void)guess(p, network_of(i), NOW);
	}
	(void)guess(p, once, NOW + 700);
	for (unsigned i = 0; i < PENALTY_NETWORKS_MAX - 1; i++)
		(void)guess(p, network_of(100000 + i), NOW + 700);
	assert_int_equal(guess(p, once, NOW + 700), 1);
	penalty_free(&p);
}

static void
who_waits_is_not_pushed_out(void **state)
{
	struct penalty *p = penalty_standard();
	struct ip guest = ip_of("192.0.2.7");
	struct penalty_failure f;

	(void)state;
	assert_int_equal(penalty_failed(p, guest, NOW, &f), PENALTY_WAIT);
	for (unsigned i = 0; i < 2 * PENALTY_NETWORKS_MAX; i++)
		(void)guess(p, network_of(i), NOW + 1000);
	penalty_waited(p, guest);
	/* With all places taken by those that wait, others are put off. */
	for (unsigned i = 0; i < PENALTY_NETWORKS_MAX; i++)
		assert_int_equal(
		    penalty_failed(p, network_of(i), NOW + 1000, &f),
		    PENALTY_WAIT);
	assert_int_equal(
	    penalty_failed(p, guest, NOW + 1000, &f), PENALTY_BUSY);
	penalty_waited(p, network_of(0));
	assert_int_equal(
	    penalty_failed(p, guest, NOW + 1000, &f), PENALTY_WAIT);
	penalty_free(&p);
}

static unsigned
count_denied(const struct penalty *p, int64_t now)
{
	struct ip address;
	int64_t until;
	size_t at = 0;
	unsigned n = 0;

	for (; penalty_next(p, &at, now, &address, &until); n++) {
		assert_true(penalty_is_denied(p, address, now));
		assert_true(until > now);
	}
	return n;
}

static void
denials_go_out_and_come_in_again(void **state)
{
	struct penalty *p = penalty_standard(), *next = penalty_standard();
	struct ip address;
	int64_t until;
	size_t at = 0;

	(void)state;
	assert_int_equal(
	    penalty_deny(p, ip_of("192.0.2.7"), NOW + 100, NOW), 0);
	assert_int_equal(
	    penalty_deny(p, ip_of("2001:db8:1:2::9"), NOW + 200, NOW), 0);
	assert_int_equal(
	    penalty_deny(p, ip_of("192.0.2.8"), NOW, NOW), -E_RANGE);
	assert_int_equal(count_denied(p, NOW), 2);
	while (penalty_next(p, &at, NOW, &address, &until))
		assert_int_equal(penalty_deny(next, address, until, NOW), 0);
	assert_int_equal(count_denied(next, NOW), 2);
	assert_true(penalty_is_denied(next, ip_of("192.0.2.7"), NOW + 99));
	assert_false(penalty_is_denied(next, ip_of("192.0.2.7"), NOW + 100));
	assert_true(
	    penalty_is_denied(next, ip_of("2001:db8:1:2::"), NOW + 199));
	assert_int_equal(count_denied(next, NOW + 100), 1);
	/* None is longer than it could have become here. */
	assert_int_equal(
	    penalty_deny(p, ip_of("192.0.2.9"), NOW + 10 * DAY, NOW), 0);
	assert_false(penalty_is_denied(p, ip_of("192.0.2.9"), NOW + DAY));
	/* The later word counts. */
	assert_int_equal(penalty_deny(p, ip_of("192.0.2.9"), NOW + 5, NOW), 0);
	assert_false(penalty_is_denied(p, ip_of("192.0.2.9"), NOW + 5));
	penalty_free(&p);
	penalty_free(&next);
}

/* GD-49: the operator may be wrong about nobody for longer than he likes. */
static void
a_denial_that_is_forgiven_is_none(void **state)
{
	struct penalty *p = penalty_standard();
	struct ip asker = ip_of("192.0.2.7"), six = ip_of("2001:db8:1:2::9");
	unsigned n = 1;

	(void)state;
	while (!fails_and_is_denied(p, asker, NOW))
		n++;
	assert_int_equal(n, 20);
	assert_int_equal(penalty_deny(p, six, NOW + 100, NOW), 0);
	assert_false(penalty_forgive(p, ip_of("192.0.2.8")));
	assert_true(penalty_is_denied(p, asker, NOW));
	assert_true(penalty_forgive(p, asker));
	assert_false(penalty_forgive(p, asker));
	assert_false(penalty_is_denied(p, asker, NOW));
	/* what guessing cost its network is not forgotten; it may fail again */
	assert_int_equal(penalty_delay(p, asker, NOW), 60);
	for (n = 1; !fails_and_is_denied(p, asker, NOW);)
		n++;
	assert_int_equal(n, 20);
	/* any address of the same /64 */
	assert_true(penalty_forgive(p, ip_of("2001:db8:1:2::1")));
	assert_int_equal(count_denied(p, NOW), 1);
	penalty_free(&p);
}

static void
denials_have_a_ceiling_and_the_oldest_goes(void **state)
{
	struct penalty *p = penalty_standard();

	(void)state;
	for (unsigned i = 0; i < PENALTY_DENIED_MAX + 10; i++)
		assert_int_equal(
		    penalty_deny(p, network_of(i), NOW + DAY, NOW), 0);
	assert_int_equal(count_denied(p, NOW), PENALTY_DENIED_MAX);
	assert_false(penalty_is_denied(p, network_of(9), NOW));
	assert_true(penalty_is_denied(p, network_of(10), NOW));
	assert_true(
	    penalty_is_denied(p, network_of(PENALTY_DENIED_MAX + 9), NOW));
	penalty_free(&p);
}

static void
settings_may_change(void **state)
{
	struct penalty_settings other = standard;
	struct penalty *p = penalty_standard();
	struct ip asker = ip_of("192.0.2.7");
	struct penalty_failure f;

	(void)state;
	assert_int_equal(
	    penalty_deny(p, ip_of("192.0.2.9"), NOW + 100, NOW), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    penalty_failed(p, asker, NOW, &f), PENALTY_WAIT);
	other.delay_first = 7;
	other.delay_max = 10;
	penalty_set(p, &other);
	assert_int_equal(penalty_delay(p, asker, NOW), 10);
	/* Another window: what was counted has no meaning any more. */
	other.window = 60;
	other.limit = 0;
	penalty_set(p, &other);
	assert_int_equal(penalty_delay(p, asker, NOW), 0);
	assert_true(penalty_is_denied(p, ip_of("192.0.2.9"), NOW));
	for (int i = 0; i < 3; i++)
		penalty_waited(p, asker);
	for (int i = 0; i < 1000; i++)
		assert_false(fails_and_is_denied(p, asker, NOW));
	assert_int_equal(penalty_delay(p, asker, NOW + 60), 10);
	assert_int_equal(penalty_delay(p, asker, NOW + 67), 0);
	penalty_free(&p);
}

static void
a_clock_that_runs_back_forgets_nothing_too_early(void **state)
{
	struct penalty *p = penalty_standard();
	struct ip asker = ip_of("192.0.2.7");

	(void)state;
	(void)guess(p, asker, NOW);
	assert_int_equal(guess(p, asker, NOW - DAY), 1);
	assert_int_equal(guess(p, asker, -5), 2);
	assert_int_equal(guess(p, asker, NOW + 1), 4);
	assert_int_equal(penalty_delay(p, asker, INT64_MAX), 0);
	penalty_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		the_first_failure_is_free_and_each_further_one_doubles),
	    cmocka_unit_test(a_network_shares_its_delay_and_no_other_has_it),
	    cmocka_unit_test(
		addresses_that_look_alike_in_both_families_are_told_apart),
	    cmocka_unit_test(the_delay_goes_down_as_failures_are_forgotten),
	    cmocka_unit_test(
		eight_refusals_of_a_network_wait_and_the_ninth_is_put_off),
	    cmocka_unit_test(who_fails_too_often_is_denied_for_a_day),
	    cmocka_unit_test(what_is_further_apart_denies_nobody),
	    cmocka_unit_test(of_ipv6_the_64_is_denied),
	    cmocka_unit_test(
		a_flood_of_networks_pushes_out_none_that_goes_on_failing),
	    cmocka_unit_test(what_is_forgotten_makes_room_first),
	    cmocka_unit_test(who_waits_is_not_pushed_out),
	    cmocka_unit_test(denials_go_out_and_come_in_again),
	    cmocka_unit_test(a_denial_that_is_forgiven_is_none),
	    cmocka_unit_test(denials_have_a_ceiling_and_the_oldest_goes),
	    cmocka_unit_test(settings_may_change),
	    cmocka_unit_test(a_clock_that_runs_back_forgets_nothing_too_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
