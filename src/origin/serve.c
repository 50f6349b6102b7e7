/*
 * From an identifier to a leased hold. The identifier's first tag is checked
 * before the store is asked, so guessing costs no disk (AT-05).
 */
#include "origin/serve.h"

#include "base/log.h"
#include "proto/identifier.h"

#include <stdlib.h>

/* Who waits for the answer to a pull or a verdict. */
struct asking {
	void (*answered)(void *arg, const struct serve_answer *answer);
	void *arg;
};

static void
answer(const struct asking *x, struct serve_answer said)
{
	x->answered(x->arg, &said);
}

/* Before the store was asked. */
static void
answer_now(const struct asking *x, enum reply_name reply)
{
	answer(x, (struct serve_answer){.reply = reply,
		      .is_failure = reply == REPLY_NOT_FOR_YOU});
}

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
	enum reply_name reply =
	    op->hold_lease.needs_to ? REPLY_BAD_TO : reply_of(op->outcome);
	const struct serve_answer said = {
	    .reply = reply,
	    .is_failure =
		reply == REPLY_NOT_FOR_YOU && !op->hold_lease.entitled,
	    .row = reply == REPLY_YOUR_TURN ? &op->hold_lease.row : NULL,
	};
	char asker[IP_TEXT];

	ip_text(op->hold_lease.asker, asker);
	log_event("pull-asked", "id=%s asker=%s outcome=%s entitled=%d",
	    log_quote(op->hold_lease.id), asker,
	    store_outcome_name(op->outcome), op->hold_lease.entitled);
	answer(x, said);
	free(x);
	store_op_free(&op);
}

void
serve_pull(const struct serve_setup *setup, struct span id, struct ip asker,
    int64_t now, void (*answered)(void *arg, const struct serve_answer *answer),
    void *arg)
{
	const struct asking who = {answered, arg};
	struct asking *x;
	struct store_op *op;
	struct key key;

	if (identifier_check(id, setup->server_secret, &key) < 0) {
		char text[IP_TEXT];

		ip_text(asker, text);
		log_event(
		    "pull-unknown", "id=%s asker=%s", log_quote(id), text);
		answer_now(&who, REPLY_NOT_FOR_YOU);
		return;
	}
	x = malloc(sizeof *x);
	op = store_op_new(STORE_HOLD_LEASE, now);
	if (x == NULL || op == NULL) {
		free(x);
		store_op_free(&op);
		answer_now(&who, REPLY_DELIVERY_LATER);
		return;
	}
	*x = who;
	op->hold_lease.key = key;
	op->hold_lease.id = arena_copy(&op->arena, id);
	op->hold_lease.asker = asker;
	op->hold_lease.node = setup->node;
	op->hold_lease.ticket = setup->ticket;
	op->hold_lease.verdict = setup->verdict;
	op->hold_lease.to = arena_copy(&op->arena, setup->to);
	op->hold_lease.lease_until = now + setup->settings->lease_time;
	op->done = leased;
	op->arg = x;
	store_submit(setup->store, op);
}

/* ---- verdicts without content ---- */

static void
verdict_noted(struct store_op *op, void *arg)
{
	struct asking *x = arg;
	const struct store_hold_verdict *v = &op->hold_verdict;
	enum reply_name reply = reply_of(op->outcome);

	if (v->needs_to)
		reply = REPLY_BAD_TO;
	else if (op->outcome == STORE_OK)
		reply = v->have ? REPLY_HAVE_IT : REPLY_VERDICT_OK;
	log_event("verdict", "id=%s verdict=%s outcome=%s again=%d late=%d",
	    log_quote(v->id),
	    store_verdict_name((enum store_verdict)v->verdict),
	    store_outcome_name(op->outcome), v->again, v->late);
	if (op->outcome == STORE_OK && v->restraint != RESTRAINT_NONE)
		log_event("user-restrained", "user=%s suspended=%d",
		    log_quote(v->row.message.user),
		    v->restraint == RESTRAINT_SUSPEND);
	answer(x, (struct serve_answer){
		      .reply = reply,
		      .is_failure = reply == REPLY_NOT_FOR_YOU && !v->entitled,
		      .body_free = op->outcome == STORE_OK && v->body_free,
		      .message = v->message,
		  });
	free(x);
	store_op_free(&op);
}

void
serve_verdict(const struct serve_setup *setup,
    const struct serve_verdict *verdict, int64_t now,
    void (*answered)(void *arg, const struct serve_answer *answer), void *arg)
{
	const struct asking who = {answered, arg};
	struct asking *x = malloc(sizeof *x);
	struct store_op *op = store_op_new(STORE_HOLD_VERDICT, now);
	struct key key;
	bool known =
	    identifier_check(verdict->id, setup->server_secret, &key) == 0;

	if (!known || x == NULL || op == NULL) {
		free(x);
		store_op_free(&op);
		answer_now(
		    &who, known ? REPLY_DELIVERY_LATER : REPLY_NOT_FOR_YOU);
		return;
	}
	*x = who;
	op->hold_verdict.key = key;
	op->hold_verdict.id = arena_copy(&op->arena, verdict->id);
	op->hold_verdict.to = arena_copy(&op->arena, verdict->to);
	op->hold_verdict.asker = verdict->asker;
	op->hold_verdict.verdict = verdict->verdict;
	op->hold_verdict.have = verdict->have;
	op->hold_verdict.slow_at = setup->settings->complaints_slow;
	op->hold_verdict.suspend_at = setup->settings->complaints_suspend;
	op->done = verdict_noted;
	op->arg = x;
	store_submit(setup->store, op);
}
