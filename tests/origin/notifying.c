/* Servers, holds and calls for the tests of origin/notify. */
#include "notifying.h"

#include "origin/accept.h"

#include <stdlib.h>

void
open_at(struct fixture *f, uint64_t seed)
{
	side_open(&f->side, "a.test", "", seed);
	side_add_user(&f->side, "alice@a.test");
	recorder_open(&f->world, &f->side);
}

int
set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	open_at(f, 0);
	*state = f;
	return 0;
}

void
close_all(struct fixture *f)
{
	side_assert_clean(&f->side);
	recorder_close(&f->world);
	side_close(&f->side);
}

int
tear_down(void **state)
{
	close_all(*state);
	free(*state);
	return 0;
}

void
hold(struct fixture *f, const struct arrival *arrival)
{
	const struct accept accept = {f->side.store, f->side.settings,
	    f->side.local, f->side.secret, NULL, NULL};
	struct heard heard = {0};

	accept_message(&accept, arrival, f->side.now, hear_text, &heard);
	side_turn(&f->side);
	assert_heard(heard, REPLY_HELD);
}

void
hold_one(struct fixture *f)
{
	struct arrival a = arrival_to("bob@b.test", NULL);

	hold(f, &a);
}

void
hold_spooled(struct fixture *f)
{
	struct arrival a = arrival_to("bob@b.test", NULL);

	a.spooled = true;
	a.body = span_of("");
	a.sender = span_of(""); /* no report is due that would quote it */
	hold(f, &a);
}

struct recorded_call *
call_b(struct fixture *f)
{
	recorder_clear(&f->world);
	recorder_look(&f->world);
	recorder_resolve(&f->world, MX_FOUND, TARGET);
	return recorder_call(&f->world, "b.test");
}

struct store_hold
only_hold(struct fixture *f)
{
	struct store_op *op = side_only_hold(&f->side);
	struct store_hold copy = op->hold_list.rows[0].hold;

	copy.id = copy.recipient = copy.domain = copy.orcpt = copy.reply =
	    copy.targets = span_of("");
	store_op_free(&op);
	return copy;
}

void
assert_reply(struct fixture *f, const char *text)
{
	struct store_op *op = side_only_hold(&f->side);

	assert_span(op->hold_list.rows[0].hold.reply, text);
	store_op_free(&op);
}
