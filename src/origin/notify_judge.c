/*
 * What becomes of one hold when its notice, or the message itself, was answered
 * or was not. Every claimed hold ends in exactly one of hold_noticed,
 * hold_retry, hold_settle, hold_end.
 */
#include "origin/notify_judge.h"

#include "base/log.h"
#include "origin/hold.h"
#include "origin/notify_share.h"
#include "proto/reply.h"

static void
settled(struct store_op *op, void *arg)
{
	struct notify *n = arg;

	/* Not done, and nothing was written: what was said to us is still so.
	   But what its texts found no memory for is left to its lease. */
	if ((op->outcome == STORE_FULL || op->outcome == STORE_BUSY) &&
	    !op->arena.failed) {
		list_append(&n->unsettled, &op->node);
		return;
	}
	if (op->outcome != STORE_OK && op->outcome != STORE_CONFLICT)
		log_event("notice-unsettled", "verb=%s outcome=%s",
		    store_verb_name(op->verb), store_outcome_name(op->outcome));
	if (op->outcome == STORE_OK && op->verb == STORE_HOLD_END &&
	    op->hold_end.body_free)
		n->world.free_body(n->world.owner, op->hold_end.message);
	if (op->outcome == STORE_OK && op->verb == STORE_HOLD_SETTLE &&
	    op->hold_settle.body_free)
		n->world.free_body(n->world.owner, op->hold_settle.message);
	store_op_free(&op);
}

static void
submit(struct notify *n, struct store_op *op)
{
	op->done = settled;
	op->arg = n;
	store_submit(n->store, op);
}

void
notify_judge_again(struct notify *n)
{
	struct list *node;

	while ((node = list_shift(&n->unsettled)) != NULL)
		store_submit(n->store, LIST_OF(node, struct store_op, node));
}

void
notify_judge_forget(struct notify *n)
{
	struct list *node;

	while ((node = list_shift(&n->unsettled)) != NULL) {
		struct store_op *op = LIST_OF(node, struct store_op, node);

		store_op_free(&op);
	}
}

static int64_t
pause_after(const struct notify *n, unsigned tries)
{
	int64_t pause = n->settings->notice_retry_first;

	while (tries-- > 0 && pause < n->settings->notice_retry_max)
		pause *= 2;
	return pause < n->settings->notice_retry_max
		   ? pause
		   : n->settings->notice_retry_max;
}

static int64_t
next_try(const struct notify_group *g, const struct notify_group_item *item,
    int64_t now)
{
	return now + (g->cut_short ? 1 : pause_after(g->notify, item->tries));
}

void
notify_judge_done(struct notify_group *g, struct notify_group_item *item)
{
	item->settled = true;
	g->left--;
	notify_share_end(g);
}

/* It was on its way as a message, and this is how that went. */
static void
pushed(struct notify_group *g, struct notify_group_item *item,
    const struct notify_reply *reply, int64_t now)
{
	const struct push_end end = {
	    .code = reply->code,
	    .reply = reply->reply,
	    .sent_whole = reply->sent_whole,
	    .next_at = next_try(g, item, now),
	};
	struct store_op *ending = item->ending;

	item->ending = NULL;
	notify_judge_done(g, item);
	notify_judge_pushed(g->notify, ending, &end, now);
}

void
notify_judge_pushed(struct notify *n, struct store_op *ending,
    const struct push_end *end, int64_t now)
{
	push_settle(ending, end, now);
	submit(n, ending);
}

void
notify_judge_retry(struct notify_group *g, struct notify_group_item *item,
    struct span reply, int64_t now)
{
	struct store_op *op;

	if (item->ending != NULL) { /* nobody says how far its content came */
		const struct notify_reply broke = {
		    .reply = reply, .sent_whole = true};

		pushed(g, item, &broke, now);
		return;
	}
	op = store_op_new(STORE_HOLD_RETRY, now);
	notify_judge_done(g, item);
	if (op == NULL)
		return; /* its lease runs out, and it is claimed again */
	op->hold_retry.key = item->notice.hold;
	op->hold_retry.route = ROUTE_UNKNOWN;
	op->hold_retry.next_at = next_try(g, item, now);
	op->hold_retry.reply = arena_copy(&op->arena, reply);
	submit(g->notify, op);
}

static void
noticed(struct notify_group *g, struct notify_group_item *item,
    const struct notify_reply *reply, int64_t now)
{
	const struct settings *settings = g->notify->settings;
	struct store_op *op = store_op_new(STORE_HOLD_NOTICED, now);

	notify_judge_done(g, item);
	log_event("noticed", "id=%.*s domain=%s dialect=%s",
	    (int)item->notice.id.n, item->notice.id.p, log_quote(g->domain),
	    store_route_name(reply->dialect));
	if (op == NULL)
		return;
	op->hold_noticed.key = item->notice.hold;
	op->hold_noticed.route = reply->dialect;
	op->hold_noticed.expires_at = now + hold_life(settings, reply->dialect);
	if (reply->dialect != ROUTE_GDEL) /* a person may take their time */
		op->hold_noticed.report_at = now + settings->delayed_after;
	op->hold_noticed.capabilities = reply->capabilities;
	op->hold_noticed.reply = arena_copy(&op->arena, reply->reply);
	submit(g->notify, op);
}

void
notify_judge_refuse(struct notify_group *g, struct notify_group_item *item,
    struct span reply, int64_t now)
{
	struct store_op *op = store_op_new(STORE_HOLD_END, now);

	notify_judge_done(g, item);
	log_event("notice-refused", "id=%.*s domain=%s reply=%s",
	    (int)item->notice.id.n, item->notice.id.p, log_quote(g->domain),
	    log_quote(reply));
	if (op == NULL)
		return;
	op->hold_end.key = item->notice.hold;
	op->hold_end.state = HOLD_REFUSED;
	op->hold_end.reply = arena_copy(&op->arena, reply);
	submit(g->notify, op);
}

/* What a reply to a notice means (WIRE 8, "Origin, on the reply"). */
void
notify_judge(struct notify_group *g, struct notify_group_item *item,
    const struct notify_reply *reply, int64_t now)
{
	int code = reply->code;

	if (item->ending != NULL)
		pushed(g, item, reply, now);
	else if (reply->dialect == ROUTE_PUSH)
		notify_judge_retry(
		    g, item, reply->reply, now); /* it was never begun */
	else if (code >= 200 && code < 300)
		noticed(g, item, reply, now);
	else if (code < 500 || reply_is_not_understood(code))
		notify_judge_retry(
		    g, item, reply->reply, now); /* perhaps it learns */
	else
		notify_judge_refuse(g, item, reply->reply, now);
}
