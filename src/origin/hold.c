/*
 * Making holds, and letting them expire. What happens to a hold in between is
 * in notify.c, serve.c and settle.c; docs/STATES.md has the whole picture.
 */
#include "origin/hold.h"

#include "base/log.h"
#include "proto/identifier.h"

int
hold_make(const struct hold_making *making, struct arena *arena,
    struct store_hold *hold_r)
{
	const struct arrival *a = making->arrival;
	char text[IDENTIFIER_TEXT];
	struct store_hold hold = {
	    .key = key_new(making->now),
	    .message = a->message,
	    .recipient = making->recipient->recipient,
	    .domain = making->domain,
	    .notify = making->recipient->notify,
	    .orcpt = making->recipient->orcpt,
	    .visible = making->recipient->visible,
	    .state = HOLD_HELD,
	    .route = making->recipient->whole ? ROUTE_PUSH : ROUTE_UNKNOWN,
	    .created = making->now,
	    .next_at = making->now,
	    .expires_at = INT64_MAX,
	    .report_at = making->now + making->settings->delayed_after,
	};
	const struct identifier_parts parts = {
	    .key = hold.key,
	    .server_secret = making->server_secret,
	    .user_secret = making->user_secret,
	    .sender = a->sender,
	    .recipient = hold.recipient,
	    .domain = hold.domain,
	    .digest = a->digest,
	};

	identifier_make(&parts, text);
	hold.id = arena_copy(arena, span_of(text));
	if (hold.id.p == NULL)
		return -E_NOMEM;
	*hold_r = hold;
	return 0;
}

int64_t
hold_life(const struct settings *settings, enum store_route route)
{
	return route == ROUTE_GDEL ? settings->hold_time_server
				   : settings->hold_time_user;
}

static void
expired(struct store_op *op, void *arg)
{
	struct hold_expiry *x = arg;
	const struct store_hold_expire *page = &op->hold_expire;
	bool more = op->outcome == STORE_OK && page->count == HOLD_EXPIRE_PAGE;
	int64_t now = op->now;

	for (unsigned i = 0; op->outcome == STORE_OK && i < page->count; i++)
		log_event("hold-expired", "id=%.*s recipient=%s",
		    (int)page->rows[i].hold.id.n, page->rows[i].hold.id.p,
		    log_quote(page->rows[i].hold.recipient));
	for (unsigned i = 0; op->outcome == STORE_OK && i < page->body_count;
	     i++)
		x->free_body(x->owner, page->bodies[i]);
	store_op_free(&op);
	x->running = false;
	if (more)
		hold_expire(x, now);
}

void
hold_expire(struct hold_expiry *x, int64_t now)
{
	struct store_op *op;

	if (x->running)
		return;
	op = store_op_new(STORE_HOLD_EXPIRE, now);
	if (op == NULL)
		return; /* the next tick tries again */
	op->hold_expire.limit = HOLD_EXPIRE_PAGE;
	op->hold_expire.grace = HOLD_GRACE;
	op->hold_expire.born_before = now - x->settings->hold_time_untold;
	op->done = expired;
	op->arg = x;
	x->running = true;
	store_submit(x->store, op);
}
