/* In the place of keeper.c, role.c and peer.c. */
#include "remembering.h"

#include <stdlib.h>
#include <string.h>

static struct remembering *now_open;

int64_t
role_now(void)
{
	return now_open->side.now;
}

struct peer *
role_peer(struct role *role, enum role_kind kind, unsigned index)
{
	assert_ptr_equal(role, &now_open->role);
	assert_int_equal(kind, ROLE_CALLER);
	assert_int_equal(index, 0);
	return NULL;
}

static void
record(const struct message *m)
{
	assert_int_equal(m->type, MESSAGE_PEER_JUDGED);
	now_open->judged = m->peer_judged;
	now_open->answers++;
}

int
peer_send(struct peer *peer, struct message *m)
{
	assert_null(peer);
	record(m);
	return 0;
}

void
keeper_stir(struct keeper *k)
{
	assert_ptr_equal(k, &now_open->keeper);
}

struct asker *
keeper_asker(struct keeper *k, const struct peer *from, uint64_t session)
{
	struct asker *a = calloc(1, sizeof *a);

	assert_non_null(a);
	a->keeper = k;
	a->kind = from->kind;
	a->session = session;
	return a;
}

void
keeper_answer(struct asker *a, struct message *m)
{
	assert_int_equal(a->kind, ROLE_CALLER);
	record(m);
	free(a);
}

void
pull_trust(struct pull *p, struct ip address)
{
	assert_null(p);
	now_open->trusted++;
	now_open->trusted_last = address;
}

static void
begin(struct remembering *r)
{
	struct err err = {0};

	assert_int_equal(
	    keeper_history_new(&r->keeper, &r->keeper.history, &err), 0);
}

void
remembering_open(struct remembering *r, const char *more, uint64_t seed)
{
	memset(r, 0, sizeof *r);
	now_open = r;
	side_open(&r->side, "b.test", more, seed);
	r->role.settings = r->side.settings;
	r->keeper.role = &r->role;
	r->keeper.store = r->side.store;
	if (seed == 0)
		begin(r);
}

void
remembering_close(struct remembering *r)
{
	side_turn(&r->side);
	side_assert_clean(&r->side);
	keeper_history_free(&r->keeper.history);
	assert_null(r->keeper.history);
	side_close(&r->side);
}

void
remembering_restart(struct remembering *r)
{
	side_turn(&r->side);
	keeper_history_free(&r->keeper.history);
	begin(r);
}

struct store_peer
remembering_row(struct remembering *r, const char *address)
{
	struct store_op *op = side_op(&r->side, STORE_PEER_GET);
	struct store_peer row = {.created = 0};

	op->peer_get.name = span_of(address);
	if (side_do(&r->side, op) == STORE_OK)
		row = op->peer_get.peer;
	store_op_free(&op);
	row.name = row.domain = span_of("");
	return row;
}

int
set_up(void **state)
{
	struct remembering *r = malloc(sizeof *r);

	assert_non_null(r);
	remembering_open(r, "", 0);
	*state = r;
	return 0;
}

int
tear_down(void **state)
{
	remembering_close(*state);
	free(*state);
	return 0;
}
