/*
 * From an identifier to a leased hold. The identifier's first tag is checked
 * before the store is asked, so guessing costs no disk (AT-05).
 */
#include "origin/serve.h"

#include "base/log.h"
#include "proto/identifier.h"

#include <stdlib.h>

struct asking {
	void (*answered)(
	    void *arg, enum reply_name reply, const struct store_hold_row *row);
	void *arg;
};

static enum reply_name
reply_of(enum store_outcome outcome)
{
	switch (outcome) {
	case STORE_OK:
		return REPLY_YOUR_TURN;
	case STORE_NONE:
		return REPLY_NOT_FOR_YOU;
	case STORE_EXISTS:
	case STORE_CONFLICT:
	case STORE_BUSY:
	case STORE_FULL:
	case STORE_UNSURE:
	case STORE_BROKEN:
		break;
	}
	return REPLY_DELIVERY_LATER;
}

static void
leased(struct store_op *op, void *arg)
{
	struct asking *x = arg;
	enum reply_name reply = reply_of(op->outcome);
	char asker[IP_TEXT];

	ip_text(op->hold_lease.asker, asker);
	log_event("pull-asked", "id=%s asker=%s outcome=%s entitled=%d",
	    log_quote(op->hold_lease.id), asker,
	    store_outcome_name(op->outcome), op->hold_lease.entitled);
	x->answered(x->arg, reply,
	    reply == REPLY_YOUR_TURN ? &op->hold_lease.row : NULL);
	free(x);
	store_op_free(&op);
}

void
serve_pull(const struct serve_setup *setup, struct span id, struct ip asker,
    int64_t now,
    void (*answered)(
	void *arg, enum reply_name reply, const struct store_hold_row *row),
    void *arg)
{
	struct asking *x;
	struct store_op *op;
	struct key key;

	if (identifier_check(id, setup->server_secret, &key) < 0) {
		char text[IP_TEXT];

		ip_text(asker, text);
		log_event(
		    "pull-unknown", "id=%s asker=%s", log_quote(id), text);
		answered(arg, REPLY_NOT_FOR_YOU, NULL);
		return;
	}
	x = malloc(sizeof *x);
	op = store_op_new(STORE_HOLD_LEASE, now);
	if (x == NULL || op == NULL) {
		free(x);
		store_op_free(&op);
		answered(arg, REPLY_DELIVERY_LATER, NULL);
		return;
	}
	x->answered = answered;
	x->arg = arg;
	op->hold_lease.key = key;
	op->hold_lease.id = arena_copy(&op->arena, id);
	op->hold_lease.asker = asker;
	op->hold_lease.node = setup->node;
	op->hold_lease.ticket = setup->ticket;
	op->hold_lease.lease_until = now + setup->settings->lease_time;
	op->done = leased;
	op->arg = x;
	store_submit(setup->store, op);
}
