/* See serving.h. */
#include "serving.h"

#include <stdlib.h>
#include <string.h>

struct serve_setup
setup_of(const struct side *s)
{
	return (struct serve_setup){
	    .store = s->store,
	    .settings = s->settings,
	    .server_secret = s->secret,
	    .node = NODE,
	    .ticket = TICKET,
	};
}

void
open_at(struct fixture *f, uint64_t seed)
{
	memset(f, 0, sizeof *f);
	side_open(&f->side, "a.test", "", seed);
	side_add_user(&f->side, "alice@a.test");
	f->serve = setup_of(&f->side);
}

int
set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	open_at(f, 0);
	assert_true(held_new(&f->side, false, &f->held));
	*state = f;
	return 0;
}

int
tear_down(void **state)
{
	struct fixture *f = *state;

	side_assert_clean(&f->side);
	side_close(&f->side);
	free(f);
	return 0;
}

/* ---- pulls ---- */

void
take_answer(void *arg, const struct serve_answer *answer)
{
	const struct store_hold_row *row = answer->row;
	struct pulled *p = arg;

	p->times++;
	p->reply = answer->reply;
	p->is_failure = answer->is_failure;
	p->has_row = row != NULL;
	if (row == NULL)
		return;
	p->hold = row->hold.key;
	p->state = row->hold.state;
	span_copy(row->hold.recipient, p->recipient, sizeof p->recipient);
	span_copy(row->message.sender, p->sender, sizeof p->sender);
	span_copy(row->message.body, p->body, sizeof p->body);
}

struct pulled
ask(struct fixture *f, const char *id, const char *asker)
{
	struct pulled p = {0};

	serve_pull(
	    &f->serve, span_of(id), ip_of(asker), f->side.now, take_answer, &p);
	side_turn(&f->side);
	assert_int_equal(p.times, 1);
	assert_int_equal(p.has_row, p.reply == REPLY_YOUR_TURN);
	return p;
}

void
expect(struct fixture *f, const char *asker, enum reply_name expected)
{
	assert_int_equal(ask(f, f->held.id, asker).reply, expected);
}

void
settle(struct fixture *f, enum store_hold_state to)
{
	struct store_op *op = side_op(&f->side, STORE_HOLD_SETTLE);

	op->hold_settle.key = f->held.key;
	op->hold_settle.node = NODE;
	op->hold_settle.ticket = TICKET;
	op->hold_settle.state = to;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
}

/* ---- verdicts ---- */

static void
note_judged(void *arg, const struct serve_answer *answer)
{
	struct judged *j = arg;

	j->times++;
	j->reply = answer->reply;
	j->is_failure = answer->is_failure;
	j->body_free = answer->body_free;
	assert_true(!answer->body_free || !key_is_zero(answer->message));
	assert_null(answer->row);
}

struct judged
judge_as(struct fixture *f, const char *asker, const struct held *held,
    struct serve_verdict v)
{
	struct judged j = {0};

	v.id = span_of(held->id);
	v.asker = ip_of(asker);
	serve_verdict(&f->serve, &v, f->side.now, note_judged, &j);
	side_turn(&f->side);
	assert_int_equal(j.times, 1);
	return j;
}

struct judged
judge(struct fixture *f, const struct held *held, enum store_verdict verdict,
    const char *to, bool have)
{
	return judge_as(f, PEER, held,
	    (struct serve_verdict){
		.to = span_of(to), .verdict = verdict, .have = have});
}
