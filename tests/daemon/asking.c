/* A keeper that is asked, and what stands in the place of its processes. */
#include "asking.h"

#include "daemon/control/keeper_control.h"

#define CLIENT 3

static struct asking *asked;

void
keeper_control_answer(
    struct keeper_control *control, uint64_t client, json_t *answer)
{
	assert_null(control);
	assert_int_equal(client, CLIENT);
	assert_non_null(answer);
	json_decref(asked->answer);
	asked->answer = answer;
	asked->answers++;
}

void
keeper_free_body(void *keeper, struct key message)
{
	assert_ptr_equal(keeper, &asked->keeper);
	assert_false(key_is_zero(message));
	asked->freed++;
}

int64_t
role_now(void)
{
	return asked->side.now;
}

struct peer *
role_peer(struct role *role, enum role_kind kind, unsigned index)
{
	(void)role;
	(void)kind;
	(void)index;
	return NULL;
}

bool
peer_ask(struct peer *peer, struct message *m)
{
	(void)peer;
	(void)m;
	return false;
}

void
asking_begin(struct asking *a, const char *settings)
{
	asked = a;
	side_open(&a->side, "b.test", settings, 0);
	a->role.settings = a->side.settings;
	a->keeper.role = &a->role;
	a->keeper.store = a->side.store;
	assert_int_equal(keeper_request_new(&a->keeper, NULL, &a->requests), 0);
}

void
asking_end(struct asking *a)
{
	side_assert_clean(&a->side);
	keeper_request_free(&a->requests);
	side_close(&a->side);
	json_decref(a->answer);
}

const json_t *
asking_ask(struct asking *a, json_t *q)
{
	assert_non_null(q);
	a->answers = 0;
	keeper_request(a->requests, CLIENT, q);
	json_decref(q);
	side_turn(&a->side);
	assert_int_equal(a->answers, 1);
	return a->answer;
}
