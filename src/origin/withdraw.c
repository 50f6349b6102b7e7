/* From an author's wish to a hold that has ended, or is out of reach. */
#include "origin/withdraw.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

void
withdraw_address(
    struct span id, const char *domain, char text_r[WITHDRAW_ADDRESS])
{
	snprintf(text_r, WITHDRAW_ADDRESS, WITHDRAW_PREFIX "%.*s@%s", (int)id.n,
	    id.p, domain);
}

bool
withdraw_names(const struct address *address, const uint8_t *server_secret,
    struct key *hold_r)
{
	const struct span prefix = span_of(WITHDRAW_PREFIX);

	return span_starts_nocase(address->local, prefix) &&
	       identifier_check(span_skip(address->local, prefix.n),
		   server_secret, hold_r) == 0;
}

static enum reply_name
reply_of(enum store_outcome outcome)
{
	switch (outcome) {
	case STORE_OK:
		return REPLY_WITHDRAWN;
	case STORE_NONE:
		return REPLY_NO_SUCH_USER;
	case STORE_CONFLICT:
		return REPLY_TOO_LATE;
	case STORE_EXISTS:
	case STORE_BUSY:
	case STORE_FULL:
	case STORE_UNSURE:
	case STORE_BROKEN:
		break;
	}
	return REPLY_DELIVERY_LATER;
}

static void
ended(struct store_op *op, void *arg)
{
	struct withdraw *w = arg;
	enum store_outcome outcome = op->outcome;
	char key[KEY_TEXT];

	key_text(w->hold, key);
	log_event("withdraw-asked", "hold=%s outcome=%s", key,
	    store_outcome_name(outcome));
	if (outcome == STORE_OK && op->hold_end.body_free)
		w->free_body(w->owner, op->hold_end.message);
	w->answered(w->owner, reply_of(outcome));
	store_op_free(&op);
	free(w);
}

void
withdraw_hold(const struct withdraw *withdraw, int64_t now)
{
	struct withdraw *w = malloc(sizeof *w);
	struct store_op *op = store_op_new(STORE_HOLD_END, now);

	if (w == NULL || op == NULL) {
		free(w);
		store_op_free(&op);
		withdraw->answered(withdraw->owner, REPLY_DELIVERY_LATER);
		return;
	}
	*w = *withdraw;
	op->hold_end.key = w->hold;
	op->hold_end.user = arena_copy(&op->arena, w->user);
	op->hold_end.state = HOLD_WITHDRAWN;
	op->hold_end.reply = span_of("withdrawn by its author");
	op->done = ended;
	op->arg = w;
	store_submit(w->store, op);
}
