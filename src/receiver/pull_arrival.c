/* From an arrival to NOTICE_FETCHED: one commit, and it is ours. */
#include "receiver/pull_arrival.h"

#include "base/log.h"
#include "proto/address.h"
#include "receiver/decide.h"
#include "receiver/pull_schedule.h"

#include <stdlib.h>

struct arriving {
	const struct arrival *arrival;
	void (*answered)(
	    void *arg, enum reply_name reply, struct span argument);
	void *arg;
};

static void
fetched(struct store_op *op, void *arg)
{
	struct arriving *x = arg;
	enum reply_name reply = REPLY_DELIVERY_LATER;

	switch (op->outcome) {
	case STORE_OK:
	case STORE_EXISTS:
		reply = REPLY_STORED;
		break;
	case STORE_FULL:
		reply = REPLY_NO_ROOM;
		break;
	case STORE_NONE:
	case STORE_CONFLICT:
	case STORE_BUSY:
	case STORE_UNSURE:
	case STORE_BROKEN:
		break;
	}
	log_event("fetched", "id=%s domain=%s size=%llu outcome=%s",
	    log_quote(x->arrival->notice_id),
	    log_quote(x->arrival->notice_domain),
	    (unsigned long long)x->arrival->size,
	    store_outcome_name(op->outcome));
	store_op_free(&op);
	x->answered(x->arg, reply, span_of(""));
	free(x);
}

/* Its user asks: it is kept here, and shown as an envelope (WIRE 10). */
static int
fill_kept(const struct settings *settings, const struct arrival *a,
    struct store_op *op)
{
	const struct address_rules rules = {.utf8 = true};
	struct store_notice_fetched *f = &op->notice_fetched;
	struct address recipient;
	char folded[ADDRESS_TEXT];

	if (a->count != 1 ||
	    address_parse(a->recipients[0].recipient, rules, &recipient) < 0)
		return -E_SYNTAX;
	address_fold(&recipient, folded);
	f->keep = true;
	f->quota = settings->keep_quota;
	f->user = arena_copy(&op->arena, span_of(folded));
	f->to = a->recipients[0].recipient;
	f->sender = a->sender;
	f->subject = a->subject;
	f->envelope = a->envelope;
	f->attachments = a->attachments;
	return f->user.p != NULL ? 0 : -E_NOMEM;
}

static int
fill_fetched(const struct settings *settings, const struct arrival *a,
    struct store_op *op)
{
	op->notice_fetched.id = a->notice_id;
	op->notice_fetched.domain = a->notice_domain;
	op->notice_fetched.named = a->notice_named;
	decide_message(a, op->now, &op->notice_fetched.message);
	op->notice_fetched.next_at = op->now + pull_confirm_pause(settings);
	if (a->keep)
		return fill_kept(settings, a, op);
	op->notice_fetched.delivery_count = a->count;
	return decide_deliveries(
	    settings, a, op->now, &op->arena, &op->notice_fetched.deliveries);
}

void
pull_arrival_put(struct store *store, const struct settings *settings,
    const struct arrival *arrival, int64_t now,
    void (*answered)(void *arg, enum reply_name reply, struct span argument),
    void *arg)
{
	struct arriving *x = malloc(sizeof *x);
	struct store_op *op = store_op_new(STORE_NOTICE_FETCHED, now);

	if (x == NULL || op == NULL ||
	    fill_fetched(settings, arrival, op) < 0) {
		free(x);
		store_op_free(&op);
		answered(arg, REPLY_DELIVERY_LATER, span_of(""));
		return;
	}
	x->arrival = arrival;
	x->answered = answered;
	x->arg = arg;
	op->done = fetched;
	op->arg = x;
	store_submit(store, op);
}
