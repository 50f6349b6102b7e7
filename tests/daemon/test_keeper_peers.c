/* Peers that the operator listed, as they come out of the store. */
#include "remembering.h"

#include "daemon/keeper/keeper_peers.h"
#include "daemon/keeper/keeper_quality.h"

static void
put(struct remembering *r, const char *name)
{
	struct store_op *op = side_op(&r->side, STORE_PEER_PUT);

	op->peer_put.name = span_of(name);
	op->peer_put.list = LISTED_DENY;
	assert_int_equal(side_do(&r->side, op), STORE_OK);
	store_op_free(&op);
}

static void
list(struct remembering *r, const char *name)
{
	const struct store_peer row = {
	    .name = span_of(name), .list = LISTED_DENY};

	keeper_peers_put(r->keeper.peers, &row);
}

static bool
is_denied(const struct remembering *r, const char *address)
{
	return hosts_has_ip(r->keeper.denied, ip_of(address));
}

static void
end(struct keeper *k)
{
	keeper_peers_free(&k->peers);
	hosts_free(&k->allowed);
	hosts_free(&k->denied);
	hosts_free(&k->poor);
	keeper_quality_free(&k->quality);
}

static void
a_row_that_no_list_takes_keeps_no_other_from_being_listed(void **state)
{
	struct remembering *r = *state;
	struct keeper *k = &r->keeper;
	struct err err = {0};

	put(r, "10.0.0.256");
	put(r, "192.0.2.1");
	assert_int_equal(keeper_quality_new(k, &k->quality), 0);
	assert_int_equal(keeper_peers_new(k, &k->peers, &err), 0);
	assert_int_equal(keeper_peers_rebuild(k->peers, &err), 0);
	assert_true(is_denied(r, "192.0.2.1"));

	list(r, "10.0.0.257");
	list(r, "192.0.2.2");
	assert_true(is_denied(r, "192.0.2.2"));
	keeper_peers_drop(k->peers, span_of("192.0.2.1"));
	assert_false(is_denied(r, "192.0.2.1"));
	keeper_peers_drop(k->peers, span_of("10.0.0.256"));
	assert_true(is_denied(r, "192.0.2.2"));
	end(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_row_that_no_list_takes_keeps_no_other_from_being_listed,
		set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
