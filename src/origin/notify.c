/*
 * A group is what one domain gets in one call:
 *
 *     claimed -> RESOLVING -> AIMING -> CALLING -> each item settled -> gone
 *
 * Aimed and nobody there to make the call: it waits, and no try is lost.
 * Every claimed hold ends in exactly one of hold_noticed, hold_retry,
 * hold_settle, hold_end. A lease that runs out before that is renewed by the
 * next look, which finds the hold in its group; after a crash a start frees it.
 * Invariant: under_way is the number of items in all groups.
 */
#include "origin/notify.h"

#include "base/log.h"
#include "base/rand.h"
#include "base/table.h"
#include "origin/hold.h"
#include "origin/notify_judge.h"
#include "origin/notify_share.h"
#include "origin/push.h"

#include <stdlib.h>
#include <string.h>

int
notify_new(struct store *store, const struct settings *settings, uint64_t node,
    const struct notify_world *world, struct notify **notify_r)
{
	struct notify *n = calloc(1, sizeof *n);

	if (n == NULL)
		return -E_NOMEM;
	n->store = store;
	n->settings = settings;
	n->node = node;
	n->world = *world;
	table_init(&n->groups);
	share_init(&n->share);
	hash_salt_fill(&n->salt);
	list_init(&n->calling);
	list_init(&n->unsettled);
	*notify_r = n;
	return 0;
}

void
notify_free(struct notify **notify)
{
	struct notify *n = *notify;
	struct notify_group *g;
	uint64_t number;
	size_t at = 0;

	if (n == NULL)
		return;
	while ((g = table_next(&n->groups, &at, &number)) != NULL)
		notify_group_free(&g);
	table_fini(&n->groups);
	share_fini(&n->share);
	notify_judge_forget(n);
	free(n);
	*notify = NULL;
}

void
notify_settings(struct notify *n, const struct settings *settings)
{
	n->settings = settings;
}

/* ---- groups ---- */

static void start_waiting(struct notify *n);

static void
group_end(struct notify_group *g, int64_t now)
{
	struct notify *n = g->notify;

	table_take(&n->groups, g->number);
	n->calls -= g->called;
	list_remove(&g->in_calling);
	notify_group_free(&g);
	start_waiting(n);
	if (n->again || n->left_out)
		notify_look(n, now);
}

static void
retry_rest(struct notify_group *g, struct span reply, int64_t now)
{
	for (unsigned i = 0; i < g->count; i++)
		if (!g->items[i].settled)
			notify_judge_retry(g, &g->items[i], reply, now);
	group_end(g, now);
}

static void
refuse_rest(struct notify_group *g, struct span reply, int64_t now)
{
	for (unsigned i = 0; i < g->count; i++)
		if (!g->items[i].settled)
			notify_judge_refuse(g, &g->items[i], reply, now);
	group_end(g, now);
}

/* False: nobody can make calls now. */
static bool
start_call(struct notify_group *g)
{
	struct notify *n = g->notify;
	const struct notify_call call = {
	    .call = g->number,
	    .domain = g->domain,
	    .targets = g->targets,
	    .count = g->count,
	    .items = g->notices,
	};

	g->called = n->world.call(n->world.owner, &call) >= 0;
	if (!g->called)
		return false;
	list_append(&n->calling, &g->in_calling);
	n->calls++;
	return true;
}

/* May one more connection be made? */
static bool
has_line(const struct notify *n)
{
	return n->calls < settings_ceiling(n->settings->notice_connections);
}

/* And to that domain? Few are called, whatever waits. */
static bool
has_line_to(struct notify *n, struct span domain)
{
	unsigned there = 0;

	for (struct list *at = n->calling.next; at != &n->calling;
	     at = at->next)
		there += span_equals(
		    LIST_OF(at, struct notify_group, in_calling)->domain,
		    domain);
	return there < NOTIFY_CALLS_MAX;
}

/* What waited for the same targets goes along in the same call. */
static void
collect(struct notify *n, struct notify_group *to)
{
	struct notify_group *g;
	uint64_t number;
	size_t at = 0;

	while ((g = table_next(&n->groups, &at, &number)) != NULL) {
		if (g == to || !g->aimed || g->called ||
		    to->count + g->count > NOTIFY_PAGE ||
		    !span_equals(g->domain, to->domain) ||
		    !span_equals(g->targets, to->targets) ||
		    notify_group_join(to, g) < 0)
			continue;
		table_take(&n->groups, number);
		notify_group_free(&g);
	}
}

/*
 * Starts the groups for which there is a line, and somebody who calls. This is
 * asked at each event of each group, so it must not cost a walk for each group
 * that waits: mostly no line is free at all, or all wait for one slow domain.
 */
static void
start_waiting(struct notify *n)
{
	struct span busy = span_of(""); /* it has no line; its groups stay */
	struct notify_group *g;
	uint64_t number;
	size_t at = 0;

	while (
	    has_line(n) && (g = table_next(&n->groups, &at, &number)) != NULL) {
		if (!g->aimed || g->called || span_equals(g->domain, busy))
			continue;
		if (!has_line_to(n, g->domain)) {
			busy = g->domain;
			continue;
		}
		collect(n, g);
		if (!start_call(g))
			return;
	}
}

static void
aimed(struct store_op *op, void *arg)
{
	struct notify_group *g = arg;
	enum store_outcome outcome = op->outcome;
	int64_t now = op->now;

	store_op_free(&op);
	g->aimed = outcome == STORE_OK;
	if (g->aimed)
		start_waiting(g->notify);
	else
		retry_rest(g, span_of("the store did not answer"), now);
}

static void
aim(struct notify_group *g, int64_t now)
{
	struct store_op *op = store_op_new(STORE_HOLD_AIM, now);

	if (op == NULL) {
		retry_rest(g, span_of("no memory"), now);
		return;
	}
	op->hold_aim.count = g->count;
	op->hold_aim.keys = g->keys;
	op->hold_aim.targets = g->targets;
	op->done = aimed;
	op->arg = g;
	store_submit(g->notify->store, op);
}

void
notify_resolved(struct notify *n, uint64_t question, enum mx_outcome outcome,
    struct span targets, int64_t now)
{
	struct notify_group *g = table_get(&n->groups, question);

	if (g == NULL || g->targets.p != NULL)
		return;
	switch (outcome) {
	case MX_FOUND:
		g->targets = arena_copy(&g->arena, targets);
		if (g->targets.p != NULL) {
			aim(g, now);
			return;
		}
		retry_rest(g, span_of("no memory"), now);
		return;
	case MX_TEMPORARY:
		retry_rest(g, span_of("DNS did not answer"), now);
		return;
	case MX_NULL:
		refuse_rest(
		    g, span_of("556 5.1.10 the domain takes no mail"), now);
		return;
	case MX_NONE:
		refuse_rest(g, span_of("550 5.1.2 no such domain"), now);
		return;
	case MX_OURSELVES:
		refuse_rest(g,
		    span_of("550 5.4.6 its mail hosts are ours, or in a "
			    "private network"),
		    now);
		return;
	}
}

void
notify_answered(struct notify *n, uint64_t call, struct key hold,
    const struct notify_reply *reply, int64_t now)
{
	struct notify_group *g = table_get(&n->groups, call);
	struct notify_group_item *item =
	    g != NULL && g->called ? notify_group_find(g, hold) : NULL;

	if (item != NULL && !item->settled)
		notify_judge(g, item, reply, now);
}

/* ---- sending a message ourselves ---- */

struct pushing {
	struct notify *notify;
	uint64_t call;
	struct key hold;
	struct store_op *ending;
	int64_t now;
	void (*answered)(void *arg, const struct store_hold_row *row);
	void *arg;
};

/* The call has gone meanwhile: nothing was sent, and nobody will. */
static void
give_back(struct pushing *x)
{
	const struct push_end end = {.next_at = x->now};

	notify_judge_pushed(x->notify, x->ending, &end, x->now);
	x->ending = NULL;
}

/* It has ended, or is somebody else's; otherwise it is tried again. */
static bool
is_over(enum store_outcome outcome)
{
	switch (outcome) {
	case STORE_NONE:
	case STORE_CONFLICT:
		return true;
	case STORE_OK:
	case STORE_EXISTS:
	case STORE_BUSY:
	case STORE_FULL:
	case STORE_UNSURE:
	case STORE_BROKEN:
		break;
	}
	return false;
}

static void
push_answered(
    void *arg, enum store_outcome outcome, const struct store_hold_row *row)
{
	struct pushing *x = arg;
	struct notify_group *g = table_get(&x->notify->groups, x->call);
	struct notify_group_item *item =
	    g != NULL && g->called ? notify_group_find(g, x->hold) : NULL;
	bool wanted = item != NULL && !item->settled;

	if (row != NULL && wanted) {
		item->ending = x->ending;
		x->ending = NULL;
	} else if (row != NULL) {
		give_back(x);
	} else if (wanted && is_over(outcome)) {
		notify_judge_done(g, item);
	}
	x->answered(x->arg, wanted ? row : NULL);
	store_op_free(&x->ending);
	free(x);
}

void
notify_push(struct notify *n, uint64_t call, struct key hold, int64_t now,
    void (*answered)(void *arg, const struct store_hold_row *row), void *arg)
{
	struct notify_group *g = table_get(&n->groups, call);
	struct notify_group_item *item =
	    g != NULL && g->called ? notify_group_find(g, hold) : NULL;
	struct store_op *ending = NULL;
	struct pushing *x = NULL;
	struct push_ask ask = {
	    .store = n->store,
	    .hold = hold,
	    .node = n->node,
	    .lease_until = now + NOTIFY_PUSH_LEASE,
	};

	rand_fill(&ask.ticket, sizeof ask.ticket);
	ask.ticket |= 1; /* 0 is none */
	if (item != NULL && !item->settled && item->ending == NULL) {
		x = malloc(sizeof *x);
		ending = push_end_new(&ask, now);
	}
	if (x == NULL || ending == NULL) {
		free(x);
		store_op_free(&ending);
		answered(arg, NULL);
		return;
	}
	*x = (struct pushing){n, call, hold, ending, now, answered, arg};
	push_begin(&ask, now, push_answered, x);
}

void
notify_over(struct notify *n, uint64_t call, struct span reason, int64_t now)
{
	struct notify_group *g = table_get(&n->groups, call);

	if (g == NULL || !g->called)
		return;
	if (g->left > 0)
		log_event("notices-not-taken", "domain=%s left=%u why=%s",
		    log_quote(g->domain), g->left, log_quote(reason));
	retry_rest(g, reason, now);
}

/* Ends the groups that wait for a call (CALLED) or for DNS (not). */
static void
cut_short(struct notify *n, bool called, struct span reason, int64_t now)
{
	struct notify_group *g;
	uint64_t number;
	size_t at = 0;

	while ((g = table_next(&n->groups, &at, &number)) != NULL)
		if (g->called == called && (called || g->targets.p == NULL)) {
			g->cut_short = true;
			retry_rest(g, reason, now);
		}
}

void
notify_unresolved(struct notify *n, int64_t now)
{
	cut_short(n, false, span_of("the resolver was restarted"), now);
}

void
notify_lost(struct notify *n, int64_t now)
{
	cut_short(n, true, span_of("the call was cut short"), now);
}

/* ---- claiming ---- */

/* Puts all rows of the first ungrouped row's domain into one group. */
static struct notify_group *
gather(struct notify *n, const struct store_hold_claim *page, bool *grouped,
    unsigned first)
{
	struct span domain = page->rows[first].hold.domain;
	unsigned rows[NOTIFY_PAGE], count = 0;
	struct notify_group *g;

	for (unsigned i = first; i < page->count; i++)
		if (!grouped[i] &&
		    span_equals(page->rows[i].hold.domain, domain))
			rows[count++] = i;
	g = notify_group_new(domain, count);
	for (unsigned i = 0; i < count; i++) {
		grouped[rows[i]] = true;
		if (g != NULL)
			notify_group_add(g, &page->rows[rows[i]]);
	}
	if (g == NULL)
		return NULL; /* their leases run out */
	g->notify = n;
	g->number =
	    notify_group_lay_out(g, page) < 0 ? 0 : table_add(&n->groups, g);
	if (g->number == 0) {
		notify_group_free(&g);
		return NULL;
	}
	notify_share_begin(g);
	return g;
}

/* A call may take longer than the lease of what is in it, which has just been
   renewed then. */
static bool
is_under_way(const struct notify *n, struct key hold)
{
	struct notify_group *g;
	uint64_t number;
	size_t at = 0;

	while ((g = table_next(&n->groups, &at, &number)) != NULL) {
		const struct notify_group_item *item =
		    notify_group_find(g, hold);

		if (item != NULL && !item->settled)
			return true;
	}
	return false;
}

static void
claimed(struct store_op *op, void *arg)
{
	struct notify *n = arg;
	const struct store_hold_claim *page = &op->hold_claim;
	bool grouped[NOTIFY_PAGE] = {false};
	bool ok = op->outcome == STORE_OK;
	int64_t now = op->now;

	n->looking = false;
	n->again = n->again || (ok && page->count == NOTIFY_PAGE);
	for (unsigned i = 0; ok && i < page->count; i++)
		grouped[i] = is_under_way(n, page->rows[i].hold.key);
	for (unsigned i = 0; ok && i < page->count; i++) {
		struct notify_group *g;

		if (grouped[i])
			continue;
		g = gather(n, page, grouped, i);
		if (g != NULL)
			n->world.resolve(n->world.owner, g->number, g->domain);
	}
	store_op_free(&op);
	if (n->again)
		notify_look(n, now);
}

void
notify_look(struct notify *n, int64_t now)
{
	struct store_op *op;

	notify_judge_again(n);
	start_waiting(n);
	n->again = true;
	if (n->looking || n->under_way > NOTIFY_UNDER_WAY - NOTIFY_PAGE)
		return;
	op = store_op_new(STORE_HOLD_CLAIM, now);
	if (op == NULL)
		return;
	n->again = false;
	n->looking = true;
	op->hold_claim.claim.node = n->node;
	op->hold_claim.claim.lease_until = now + n->settings->lease_time;
	op->hold_claim.claim.limit = NOTIFY_PAGE;
	notify_share_leave_out(n, op);
	op->done = claimed;
	op->arg = n;
	store_submit(n->store, op);
}
