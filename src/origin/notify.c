/*
 * A group is what one domain gets in one call:
 *
 *     claimed -> RESOLVING -> AIMING -> CALLING -> each item settled -> gone
 *
 * Aimed and nobody there to make the call: it waits, and no try is lost.
 * Every claimed hold ends in exactly one of hold_noticed, hold_retry, hold_end;
 * until then its lease keeps others away, and a crash only lets the lease run
 * out. Invariant: under_way is the number of items in all groups.
 */
#include "origin/notify.h"

#include "base/list.h"
#include "base/log.h"
#include "base/table.h"
#include "origin/hold.h"

#include <stdlib.h>
#include <string.h>

#define GROUP_ARENA (8u << 20)

struct item {
	struct notify_item notice;
	unsigned tries;
	bool settled;
};

struct group {
	struct notify *notify;
	struct list node;
	uint64_t number; /* as question, then as call */
	struct arena arena;
	struct span domain;
	struct span targets;
	struct item *items;
	struct notify_item *notices; /* the same, laid out for the call */
	struct key *keys;            /* the same, laid out for hold_aim */
	unsigned count, left;
	bool aimed, called;
	bool cut_short; /* our own fault: no pause before the next try */
};

struct notify {
	struct store *store;
	const struct settings *settings;
	uint64_t node;
	struct notify_world world;
	struct table groups;
	unsigned under_way;
	bool looking, again;
};

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
	*notify_r = n;
	return 0;
}

static void
group_free(struct group *g)
{
	arena_fini(&g->arena);
	free(g);
}

void
notify_free(struct notify **notify)
{
	struct notify *n = *notify;
	struct group *g;
	uint64_t number;
	size_t at = 0;

	if (n == NULL)
		return;
	while ((g = table_next(&n->groups, &at, &number)) != NULL)
		group_free(g);
	table_fini(&n->groups);
	free(n);
	*notify = NULL;
}

void
notify_settings(struct notify *n, const struct settings *settings)
{
	n->settings = settings;
}

/* ---- settling one hold ---- */

static void
settled(struct store_op *op, void *arg)
{
	struct notify *n = arg;

	if (op->outcome != STORE_OK && op->outcome != STORE_CONFLICT)
		log_event("notice-unsettled", "verb=%s outcome=%s",
		    store_verb_name(op->verb), store_outcome_name(op->outcome));
	if (op->verb == STORE_HOLD_END && op->outcome == STORE_OK &&
	    op->hold_end.body_free)
		n->world.free_body(n->world.owner, op->hold_end.message);
	store_op_free(&op);
}

static void
submit(struct notify *n, struct store_op *op)
{
	op->done = settled;
	op->arg = n;
	store_submit(n->store, op);
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
next_try(const struct group *g, const struct item *item, enum store_route route,
    int64_t now)
{
	if (route == ROUTE_PUSH)
		return INT64_MAX;
	return now + (g->cut_short ? 1 : pause_after(g->notify, item->tries));
}

static void
item_done(struct group *g, struct item *item)
{
	item->settled = true;
	g->left--;
	g->notify->under_way--;
}

static void
retry(struct group *g, struct item *item, enum store_route route,
    struct span reply, int64_t now)
{
	struct store_op *op = store_op_new(STORE_HOLD_RETRY, now);

	item_done(g, item);
	if (op == NULL)
		return; /* its lease runs out, and it is claimed again */
	op->hold_retry.key = item->notice.hold;
	op->hold_retry.route = route;
	op->hold_retry.next_at = next_try(g, item, route, now);
	op->hold_retry.reply = arena_copy(&op->arena, reply);
	submit(g->notify, op);
}

static void
noticed(struct group *g, struct item *item, struct span reply,
    uint64_t capabilities, int64_t now)
{
	struct store_op *op = store_op_new(STORE_HOLD_NOTICED, now);

	item_done(g, item);
	log_event("noticed", "id=%.*s domain=%s", (int)item->notice.id.n,
	    item->notice.id.p, log_quote(g->domain));
	if (op == NULL)
		return;
	op->hold_noticed.key = item->notice.hold;
	op->hold_noticed.route = ROUTE_GDEL;
	op->hold_noticed.expires_at =
	    now + hold_life(g->notify->settings, ROUTE_GDEL);
	op->hold_noticed.capabilities = capabilities;
	op->hold_noticed.reply = arena_copy(&op->arena, reply);
	submit(g->notify, op);
}

static void
refuse(struct group *g, struct item *item, struct span reply, int64_t now)
{
	struct store_op *op = store_op_new(STORE_HOLD_END, now);

	item_done(g, item);
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

/* Do we use that way towards the group's domain (setting `speak`)? */
static bool
speaks(const struct group *g, const char *word)
{
	return settings_list_has(
	    settings_speak(g->notify->settings, g->domain), word);
}

/* For a destination that takes no notice: push, or hope that it learns. */
static enum store_route
without_notices(const struct group *g)
{
	return speaks(g, "push") ? ROUTE_PUSH : ROUTE_UNKNOWN;
}

/* What a reply to a notice means (WIRE 8, "Origin, on the reply"). */
static void
judge(struct group *g, struct item *item, int code, struct span reply,
    uint64_t capabilities, int64_t now)
{
	if (code >= 200 && code < 300)
		noticed(g, item, reply, capabilities, now);
	else if (code < 500)
		retry(g, item, ROUTE_UNKNOWN, reply, now);
	else if (code == 500 || code == 501 || code == 502 || code == 504 ||
		 code == 555)
		retry(g, item, without_notices(g), reply, now);
	else
		refuse(g, item, reply, now);
}

/* ---- groups ---- */

static void
group_end(struct group *g, int64_t now)
{
	struct notify *n = g->notify;

	table_take(&n->groups, g->number);
	group_free(g);
	if (n->again)
		notify_look(n, now);
}

static void
retry_rest(
    struct group *g, enum store_route route, struct span reply, int64_t now)
{
	for (unsigned i = 0; i < g->count; i++)
		if (!g->items[i].settled)
			retry(g, &g->items[i], route, reply, now);
	group_end(g, now);
}

static void
refuse_rest(struct group *g, struct span reply, int64_t now)
{
	for (unsigned i = 0; i < g->count; i++)
		if (!g->items[i].settled)
			refuse(g, &g->items[i], reply, now);
	group_end(g, now);
}

/* False: nobody can make calls now. */
static bool
start_call(struct group *g)
{
	struct notify *n = g->notify;
	const struct notify_call call = {
	    .call = g->number,
	    .domain = g->domain,
	    .targets = g->targets,
	    .expires = hold_life(n->settings, ROUTE_GDEL),
	    .count = g->count,
	    .items = g->notices,
	};

	g->called = n->world.call(n->world.owner, &call) >= 0;
	return g->called;
}

/* Starts the groups that wait for somebody to call. */
static void
start_waiting(struct notify *n)
{
	struct group *g;
	uint64_t number;
	size_t at = 0;

	while ((g = table_next(&n->groups, &at, &number)) != NULL)
		if (g->aimed && !g->called && !start_call(g))
			return;
}

static void
aimed(struct store_op *op, void *arg)
{
	struct group *g = arg;
	enum store_outcome outcome = op->outcome;
	int64_t now = op->now;

	store_op_free(&op);
	g->aimed = outcome == STORE_OK;
	if (g->aimed)
		start_call(g);
	else
		retry_rest(
		    g, ROUTE_UNKNOWN, span_of("the store did not answer"), now);
}

static void
aim(struct group *g, int64_t now)
{
	struct store_op *op = store_op_new(STORE_HOLD_AIM, now);

	if (op == NULL) {
		retry_rest(g, ROUTE_UNKNOWN, span_of("no memory"), now);
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
	struct group *g = table_get(&n->groups, question);

	if (g == NULL || g->targets.p != NULL)
		return;
	if (outcome == MX_FOUND && !speaks(g, "gdel")) {
		retry_rest(g, without_notices(g),
		    span_of("by the setting `speak` it is not told"), now);
		return;
	}
	switch (outcome) {
	case MX_FOUND:
		g->targets = arena_copy(&g->arena, targets);
		if (g->targets.p != NULL) {
			aim(g, now);
			return;
		}
		retry_rest(g, ROUTE_UNKNOWN, span_of("no memory"), now);
		return;
	case MX_TEMPORARY:
		retry_rest(
		    g, ROUTE_UNKNOWN, span_of("DNS did not answer"), now);
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

static struct item *
find_item(struct group *g, struct key hold)
{
	for (unsigned i = 0; i < g->count; i++)
		if (key_equals(g->items[i].notice.hold, hold))
			return &g->items[i];
	return NULL;
}

void
notify_answered(struct notify *n, uint64_t call, struct key hold, int code,
    struct span reply, uint64_t capabilities, int64_t now)
{
	struct group *g = table_get(&n->groups, call);
	struct item *item = g != NULL && g->called ? find_item(g, hold) : NULL;

	if (item != NULL && !item->settled)
		judge(g, item, code, reply, capabilities, now);
}

void
notify_over(struct notify *n, uint64_t call, enum notify_end end,
    struct span reason, int64_t now)
{
	struct group *g = table_get(&n->groups, call);

	if (g == NULL || !g->called)
		return;
	if (g->left > 0)
		log_event("notices-not-taken", "domain=%s left=%u why=%s",
		    log_quote(g->domain), g->left, log_quote(reason));
	switch (end) {
	case NOTIFY_DONE:
	case NOTIFY_UNREACHABLE:
		retry_rest(g, ROUTE_UNKNOWN, reason, now);
		return;
	case NOTIFY_NO_KEYWORD:
		retry_rest(g, without_notices(g), reason, now);
		return;
	}
}

/* Ends the groups that wait for a call (CALLED) or for DNS (not). */
static void
cut_short(struct notify *n, bool called, struct span reason, int64_t now)
{
	struct group *g;
	uint64_t number;
	size_t at = 0;

	while ((g = table_next(&n->groups, &at, &number)) != NULL)
		if (g->called == called && (called || g->targets.p == NULL)) {
			g->cut_short = true;
			retry_rest(g, ROUTE_UNKNOWN, reason, now);
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

static struct group *
group_new(struct notify *n, struct span domain, unsigned room)
{
	struct group *g = calloc(1, sizeof *g);

	if (g == NULL)
		return NULL;
	g->notify = n;
	arena_init(&g->arena, GROUP_ARENA);
	g->domain = arena_copy(&g->arena, domain);
	g->items = arena_take(&g->arena, room * sizeof *g->items);
	g->notices = arena_take(&g->arena, room * sizeof *g->notices);
	g->keys = arena_take(&g->arena, room * sizeof *g->keys);
	if (g->domain.p != NULL && g->items != NULL && g->notices != NULL &&
	    g->keys != NULL)
		g->number = table_add(&n->groups, g);
	if (g->number == 0) {
		group_free(g);
		return NULL;
	}
	return g;
}

static void
group_add(struct group *g, const struct store_hold_row *row)
{
	struct item *item = &g->items[g->count];

	item->notice.hold = row->hold.key;
	item->notice.id = arena_copy(&g->arena, row->hold.id);
	memcpy(item->notice.digest, row->message.digest, STORE_DIGEST);
	item->tries = row->hold.tries;
	g->notices[g->count] = item->notice;
	g->keys[g->count] = item->notice.hold;
	g->count++;
	g->left++;
	g->notify->under_way++;
}

/* Puts all rows of the first ungrouped row's domain into one group. */
static struct group *
gather(struct notify *n, const struct store_hold_claim *page, bool *grouped,
    unsigned first)
{
	struct span domain = page->rows[first].hold.domain;
	struct group *g = group_new(n, domain, page->count - first);

	for (unsigned i = first; i < page->count; i++) {
		if (grouped[i] ||
		    !span_equals(page->rows[i].hold.domain, domain))
			continue;
		grouped[i] = true;
		if (g != NULL)
			group_add(g, &page->rows[i]);
	}
	return g;
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
	for (unsigned i = 0; ok && i < page->count; i++) {
		struct group *g;

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
	op->done = claimed;
	op->arg = n;
	store_submit(n->store, op);
}
