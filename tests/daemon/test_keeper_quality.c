/* Domains below a threshold: told of once, and refused while they are. */
#include "remembering.h"

#include "daemon/keeper/keeper_quality.h"

#define LOW "low.test"

/* A keeper that blocks below -0.5, and knows an address of LOW. */
static void
open_blocking(struct remembering *r)
{
	struct keeper *k = &r->keeper;
	struct store_op *op;

	remembering_open(r, "quality-block = \"-0.5\"", 0);
	k->allowed = hosts_of(NULL);
	assert_int_equal(keeper_quality_new(k, &k->quality), 0);
	keeper_quality_look(k->quality);
	side_turn(&r->side);
	op = side_op(&r->side, STORE_PEER_SEEN);
	op->peer_seen.name = span_of(PEER);
	op->peer_seen.domain = span_of(LOW);
	op->peer_seen.verified = true;
	assert_int_equal(side_do(&r->side, op), STORE_OK);
	store_op_free(&op);
}

static void
close_blocking(struct remembering *r)
{
	keeper_quality_free(&r->keeper.quality);
	hosts_free(&r->keeper.allowed);
	hosts_free(&r->keeper.poor);
	remembering_close(r);
}

/* Of 20 messages from LOW so many are refused. */
static void
count(struct remembering *r, unsigned refusals)
{
	const struct store_peer peer = {
	    .name = span_of(LOW), .messages = 20, .refusals = refusals};

	keeper_counted(&r->keeper, &peer);
	side_turn(&r->side);
}

static bool
is_refused(const struct remembering *r)
{
	const struct hosts *poor = r->keeper.poor;

	assert_ptr_equal(poor, r->keeper.admit.poor);
	return poor != NULL && hosts_has_name(poor, span_of(LOW));
}

static bool
is_address_refused(const struct remembering *r)
{
	return r->keeper.poor != NULL &&
	       hosts_has_ip(r->keeper.poor, ip_of(PEER));
}

static void
a_domain_and_its_addresses_are_refused_while_its_figure_is_low(void **state)
{
	struct remembering r;

	(void)state;
	open_blocking(&r);
	count(&r, 10); /* -0.5 is not below */
	assert_false(is_refused(&r));
	count(&r, 11);
	assert_true(is_refused(&r) && is_address_refused(&r));
	count(&r, 12);
	assert_true(is_refused(&r));
	count(&r, 10);
	assert_false(is_refused(&r) || is_address_refused(&r));
	close_blocking(&r);
}

static void
what_the_operator_allows_or_forgets_is_not_refused(void **state)
{
	struct remembering r;

	(void)state;
	open_blocking(&r);
	count(&r, 20);
	assert_true(is_refused(&r));
	hosts_free(&r.keeper.allowed);
	r.keeper.allowed = hosts_of(LOW, NULL);
	keeper_quality_rebuild(r.keeper.quality);
	assert_false(is_refused(&r) || is_address_refused(&r));
	hosts_free(&r.keeper.allowed);
	r.keeper.allowed = hosts_of(NULL);
	keeper_quality_rebuild(r.keeper.quality);
	assert_true(is_refused(&r));
	keeper_quality_forget(r.keeper.quality, span_of(LOW));
	assert_false(is_refused(&r));
	close_blocking(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_domain_and_its_addresses_are_refused_while_its_figure_is_low),
	    cmocka_unit_test(
		what_the_operator_allows_or_forgets_is_not_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
