/* Writing down how a turn ended, and saying so in the log. */
#include "origin/settle.h"

#include "base/log.h"

#include <stdlib.h>

struct ending {
	void (*noted)(void *arg, enum store_outcome outcome, bool body_free,
	    struct key message);
	void *arg;
};

static void
settled(struct store_op *op, void *arg)
{
	struct ending *x = arg;
	const struct store_hold_settle *s = &op->hold_settle;
	char key[KEY_TEXT];

	key_text(s->key, key);
	log_event("pull-settled", "hold=%s state=%s outcome=%s", key,
	    store_hold_state_name(s->state), store_outcome_name(op->outcome));
	x->noted(x->arg, op->outcome, op->outcome == STORE_OK && s->body_free,
	    s->message);
	free(x);
	store_op_free(&op);
}

void
settle_pull(struct store *store, const struct settle_end *end, int64_t now,
    void (*noted)(void *arg, enum store_outcome outcome, bool body_free,
	struct key message),
    void *arg)
{
	struct ending *x = malloc(sizeof *x);
	struct store_op *op = store_op_new(STORE_HOLD_SETTLE, now);

	if (x == NULL || op == NULL) {
		free(x);
		store_op_free(&op);
		noted(arg, STORE_UNSURE, false, end->hold);
		return;
	}
	x->noted = noted;
	x->arg = arg;
	op->hold_settle.key = end->hold;
	op->hold_settle.node = end->node;
	op->hold_settle.ticket = end->ticket;
	op->hold_settle.state = end->state;
	op->hold_settle.next_at = now; /* HELD: to be sent at once */
	op->hold_settle.reply = arena_copy(&op->arena, end->reply);
	op->hold_settle.sent_whole = end->sent_whole;
	op->done = settled;
	op->arg = x;
	store_submit(store, op);
}
