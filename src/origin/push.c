/* From a claimed hold to one that we send, and to what became of that. */
#include "origin/push.h"

#include "base/log.h"

#include <stdlib.h>

#define PUSH_REPLY_MAX 1024 /* octets of the destination's last word */

struct asking {
	void (*answered)(void *arg, enum store_outcome outcome,
	    const struct store_hold_row *row);
	void *arg;
};

static void
leased(struct store_op *op, void *arg)
{
	struct asking *x = arg;
	const struct store_hold_push *push = &op->hold_push;
	bool ok = op->outcome == STORE_OK;
	char key[KEY_TEXT];

	key_text(push->key, key);
	log_event("push-begins", "hold=%s outcome=%s", key,
	    store_outcome_name(op->outcome));
	x->answered(x->arg, op->outcome, ok ? &push->row : NULL);
	free(x);
	store_op_free(&op);
}

void
push_begin(const struct push_ask *ask, int64_t now,
    void (*answered)(void *arg, enum store_outcome outcome,
	const struct store_hold_row *row),
    void *arg)
{
	struct asking *x = malloc(sizeof *x);
	struct store_op *op = store_op_new(STORE_HOLD_PUSH, now);

	if (x == NULL || op == NULL) {
		free(x);
		store_op_free(&op);
		answered(arg, STORE_BUSY, NULL);
		return;
	}
	x->answered = answered;
	x->arg = arg;
	op->hold_push.key = ask->hold;
	op->hold_push.node = ask->node;
	op->hold_push.ticket = ask->ticket;
	op->hold_push.lease_until = ask->lease_until;
	op->done = leased;
	op->arg = x;
	store_submit(ask->store, op);
}

static enum store_hold_state
state_of(int code)
{
	if (code >= 200 && code < 300)
		return HOLD_TAKEN;
	return code >= 500 ? HOLD_REFUSED : HOLD_HELD;
}

/* Refused for what it is or whom it is from, and not because the mailbox is
   not there, full, or too small (WIRE 6)? */
static bool
is_policy(const struct push_end *end)
{
	static const char *const others[] = {"5.1.", "5.2.2", "5.3.4"};
	struct span code = span_skip(end->reply, sizeof "550 " - 1);

	if (end->code < 500)
		return false;
	for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
		if (span_starts_nocase(code, span_of(others[i])))
			return false;
	return true;
}

struct store_op *
push_end_new(const struct push_ask *ask, int64_t now)
{
	struct store_op *op = store_op_new(STORE_HOLD_SETTLE, now);

	if (op == NULL || !arena_reserve(&op->arena, PUSH_REPLY_MAX)) {
		store_op_free(&op);
		return NULL;
	}
	op->hold_settle.key = ask->hold;
	op->hold_settle.node = ask->node;
	op->hold_settle.ticket = ask->ticket;
	return op;
}

void
push_settle(struct store_op *op, const struct push_end *end, int64_t now)
{
	struct store_hold_settle *s = &op->hold_settle;
	char key[KEY_TEXT];

	key_text(s->key, key);
	log_event("pushed", "hold=%s state=%s reply=%s", key,
	    store_hold_state_name(state_of(end->code)), log_quote(end->reply));
	op->now = now;
	s->state = state_of(end->code);
	s->next_at = end->next_at;
	s->sent_whole = end->sent_whole;
	s->by_policy = is_policy(end);
	s->reply =
	    arena_copy(&op->arena, span_part(end->reply, 0, PUSH_REPLY_MAX));
}
