/*
 * A group is one call to one address:
 *
 *     claimed -> waiting for a free connection -> called -> each item ended
 *
 * One connection to an address until a pull from it has succeeded, then up to
 * pull-connections (WIRE 8); what succeeded in an earlier life we are told.
 * Every claimed notice ends in notice_fetched or notice_settle; a crash in
 * between only lets its lease run out. Invariant: under_way is the number of
 * items in all groups.
 */
#include "receiver/pull.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/share.h"
#include "receiver/lapse.h"
#include "receiver/pull_arrival.h"
#include "receiver/pull_schedule.h"

#include <stdlib.h>

#define GROUP_ARENA (1u << 20)

struct item {
	struct store_notice notice;
	bool ended;
};

struct group {
	struct pull *pull;
	uint64_t number;
	struct arena arena;
	struct ip address;
	struct item items[PULL_CALL_ITEMS];
	unsigned count, left;
	bool called, cut_short;
	bool alone; /* takes no further item */
};

struct pull {
	struct store *store;
	const struct settings *settings;
	uint64_t node;
	struct pull_world world;
	struct table groups;
	struct table trusted; /* addresses a pull from which has succeeded */
	struct share share;   /* by address */
	struct hash_salt salt;
	unsigned under_way, calls;
	bool looking, again;
	bool left_out; /* some address had as much as it may at the last look */
};

#define TRUSTED_MAX 4096 /* addresses remembered; then all are forgotten */

int
pull_new(struct store *store, const struct settings *settings, uint64_t node,
    const struct pull_world *world, struct pull **pull_r)
{
	struct pull *p = calloc(1, sizeof *p);

	if (p == NULL)
		return -E_NOMEM;
	p->store = store;
	p->settings = settings;
	p->node = node;
	p->world = *world;
	table_init(&p->groups);
	table_init(&p->trusted);
	share_init(&p->share);
	hash_salt_fill(&p->salt);
	*pull_r = p;
	return 0;
}

static void
group_free(struct group *g)
{
	arena_fini(&g->arena);
	free(g);
}

void
pull_free(struct pull **pull)
{
	struct pull *p = *pull;
	struct group *g;
	uint64_t number;
	size_t at = 0;

	if (p == NULL)
		return;
	while ((g = table_next(&p->groups, &at, &number)) != NULL)
		group_free(g);
	table_fini(&p->groups);
	table_fini(&p->trusted);
	share_fini(&p->share);
	free(p);
	*pull = NULL;
}

void
pull_settings(struct pull *p, const struct settings *settings)
{
	p->settings = settings;
}

static uint64_t
number_of(const struct pull *p, struct ip address)
{
	return hash_ip(&p->salt, address) | 1; /* 0 is none in a table */
}

/* ---- trust in an address ---- */

static void
trust(struct pull *p, struct ip address)
{
	if (p->trusted.used >= TRUSTED_MAX) {
		table_fini(&p->trusted);
		table_init(&p->trusted);
	}
	table_put(&p->trusted, number_of(p, address), p);
}

static uint64_t
connections_allowed(const struct pull *p, struct ip address)
{
	return table_get(&p->trusted, number_of(p, address)) != NULL
		   ? settings_ceiling(p->settings->pull_connections)
		   : 1;
}

static unsigned
connections_now(const struct pull *p, struct ip address)
{
	struct group *g;
	uint64_t number;
	size_t at = 0;
	unsigned n = 0;

	while ((g = table_next(&p->groups, &at, &number)) != NULL)
		n += g->called && ip_equals(g->address, address);
	return n;
}

/* ---- ends of one notice ---- */

static void
settled(struct store_op *op, void *arg)
{
	const struct pull *p = arg;
	enum store_notice_end end = op->notice_settle.end;

	if (op->outcome == STORE_OK && p->world.ended != NULL &&
	    (end == NOTICE_END_LAPSED || end == NOTICE_END_REFUSED))
		p->world.ended(p->world.owner);
	if (op->outcome != STORE_OK && op->outcome != STORE_CONFLICT)
		log_event("pull-unsettled", "id=%s outcome=%s",
		    log_quote(op->notice_settle.id),
		    store_outcome_name(op->outcome));
	store_op_free(&op);
}

static void
settle(struct group *g, struct item *item, enum store_notice_end end,
    int64_t next_at, struct span reply, int64_t now)
{
	struct store_op *op = store_op_new(STORE_NOTICE_SETTLE, now);

	item->ended = true;
	g->left--;
	g->pull->under_way--;
	share_drop(&g->pull->share, number_of(g->pull, g->address), 1);
	if (op == NULL)
		return; /* its lease runs out */
	op->notice_settle.id = arena_copy(&op->arena, item->notice.id);
	op->notice_settle.domain = arena_copy(&op->arena, item->notice.domain);
	op->notice_settle.named = arena_copy(&op->arena, item->notice.named);
	op->notice_settle.verdict = item->notice.verdict;
	op->notice_settle.end = end;
	op->notice_settle.next_at = next_at;
	op->notice_settle.reply = arena_copy(&op->arena, reply);
	if (end == NOTICE_END_LAPSED &&
	    lapse_tell(g->pull->settings, &item->notice, reply, op) < 0) {
		store_op_free(&op);
		return;
	}
	op->done = settled;
	op->arg = g->pull;
	store_submit(g->pull->store, op);
}

static void
try_later(struct group *g, struct item *item, struct span reply, int64_t now)
{
	int64_t at = g->cut_short
			 ? now + 1
			 : pull_next_try(g->pull->settings, &item->notice, now);

	if (item->notice.unconfirmed || item->notice.verdict_due)
		settle(g, item, NOTICE_END_LATER,
		    pull_next_question(g->pull->settings, &item->notice, now),
		    reply, now);
	else if (at > 0)
		settle(g, item, NOTICE_END_LATER, at, reply, now);
	else
		settle(g, item, NOTICE_END_LAPSED, 0, reply, now);
}

static void
gone(struct group *g, struct item *item, struct span reply, int64_t now)
{
	if (item->notice.unconfirmed)
		settle(g, item, NOTICE_END_CONFIRMED, 0, reply, now);
	else if (item->notice.tries > 1)
		settle(g, item, NOTICE_END_LAPSED, 0, reply, now);
	else
		try_later(g, item, reply, now);
}

static struct item *
find_item(struct group *g, struct key notice)
{
	for (unsigned i = 0; i < g->count; i++)
		if (key_equals(g->items[i].notice.key, notice))
			return &g->items[i];
	return NULL;
}

void
pull_ended(struct pull *p, uint64_t call, struct key notice, enum pull_end end,
    struct span reply, int64_t now)
{
	struct group *g = table_get(&p->groups, call);
	struct item *item =
	    g != NULL && g->called ? find_item(g, notice) : NULL;
	static const char *const names[] = {
	    "", "confirmed", "later", "gone", "refused", "unconfirmed", "told"};

	if (item == NULL || item->ended)
		return;
	log_event("pull-ended", "id=%s domain=%s end=%s reply=%s",
	    log_quote(item->notice.id), log_quote(item->notice.domain),
	    names[end], log_quote(reply));
	switch (end) {
	case PULL_CONFIRMED:
		trust(p, g->address);
		p->world.confirmed(
		    p->world.owner, g->address, item->notice.domain);
		settle(g, item, NOTICE_END_CONFIRMED, 0, reply, now);
		return;
	case PULL_LATER:
		try_later(g, item, reply, now);
		return;
	case PULL_GONE:
		gone(g, item, reply, now);
		return;
	case PULL_REFUSED:
		settle(g, item, NOTICE_END_REFUSED, 0, reply, now);
		return;
	case PULL_UNCONFIRMED:
		settle(g, item, NOTICE_END_LATER,
		    pull_next_question(p->settings, &item->notice, now), reply,
		    now);
		return;
	case PULL_TOLD:
		settle(g, item, NOTICE_END_TOLD, 0, reply, now);
		return;
	}
}

/* ---- calls ---- */

/*
 * Ends what has not ended. Notices are asked for one after the other, so of
 * those of a call that broke off only the first was asked: whatever its fault,
 * it must not cost the others their tries.
 */
static void
end_rest(struct group *g, bool reached, struct span reason, int64_t now)
{
	struct pull *p = g->pull;
	bool asked = true;

	for (unsigned i = 0; i < g->count; i++) {
		if (g->items[i].ended)
			continue;
		if (asked)
			try_later(g, &g->items[i], reason, now);
		else
			settle(g, &g->items[i], NOTICE_END_LATER,
			    now + pull_unasked_pause(p->settings), reason, now);
		asked = !reached;
	}
	p->calls -= g->called;
	table_take(&p->groups, g->number);
	group_free(g);
}

/* False: nobody can make calls now. Then it waits on, and no try is lost. */
static bool
start(struct group *g)
{
	struct pull *p = g->pull;
	const struct store_notice *notices[PULL_CALL_ITEMS];
	const struct pull_call call = {
	    .call = g->number,
	    .address = g->address,
	    .count = g->count,
	    .notices = notices,
	};

	for (unsigned i = 0; i < g->count; i++)
		notices[i] = &g->items[i].notice;
	g->called = p->world.call(p->world.owner, &call) >= 0;
	p->calls += g->called;
	return g->called;
}

/* Starts the groups for which a connection is free. */
static void
start_waiting(struct pull *p)
{
	struct group *g;
	uint64_t number;
	size_t at = 0;

	while ((g = table_next(&p->groups, &at, &number)) != NULL)
		if (!g->called &&
		    p->calls <
			settings_ceiling(p->settings->pull_connections_total) &&
		    connections_now(p, g->address) <
			connections_allowed(p, g->address) &&
		    !start(g))
			return; /* the next look tries again */
}

void
pull_trust(struct pull *p, struct ip address)
{
	trust(p, address);
	start_waiting(p);
}

void
pull_distrust(struct pull *p, struct ip address)
{
	table_take(&p->trusted, number_of(p, address));
}

void
pull_over(struct pull *p, uint64_t call, bool reached, struct span reason,
    int64_t now)
{
	struct group *g = table_get(&p->groups, call);

	if (g == NULL || !g->called)
		return;
	if (g->left > 0)
		log_event("pulls-not-done", "left=%u reached=%d why=%s",
		    g->left, reached, log_quote(reason));
	end_rest(g, reached, reason, now);
	start_waiting(p);
	if (p->again || p->left_out)
		pull_look(p, now);
}

void
pull_lost(struct pull *p, int64_t now)
{
	struct group *g;
	uint64_t number;
	size_t at = 0;

	while ((g = table_next(&p->groups, &at, &number)) != NULL) {
		if (!g->called)
			continue; /* waits for whoever calls next */
		g->cut_short = true;
		end_rest(g, false, span_of("the call was cut short"), now);
	}
}

void
pull_arrived(struct pull *p, const struct arrival *arrival, int64_t now,
    void (*answered)(void *arg, enum reply_name reply, struct span argument),
    void *arg)
{
	pull_arrival_put(p->store, p->settings, arrival, now, answered, arg);
}

/* ---- claiming ---- */

static struct group *
group_new(struct pull *p, struct ip address)
{
	struct group *g = calloc(1, sizeof *g);

	if (g == NULL)
		return NULL;
	g->pull = p;
	g->address = address;
	arena_init(&g->arena, GROUP_ARENA);
	g->number = table_add(&p->groups, g);
	if (g->number == 0) {
		group_free(g);
		return NULL;
	}
	return g;
}

/* The group of ADDRESS that still waits and has room, or a new one. */
static struct group *
group_for(struct pull *p, struct ip address)
{
	struct group *g;
	uint64_t number;
	size_t at = 0;

	while ((g = table_next(&p->groups, &at, &number)) != NULL)
		if (!g->called && !g->alone && g->count < PULL_CALL_ITEMS &&
		    ip_equals(g->address, address))
			return g;
	return group_new(p, address);
}

static bool
is_under_way(const struct pull *p, struct key notice)
{
	struct group *g;
	uint64_t number;
	size_t at = 0;

	while ((g = table_next(&p->groups, &at, &number)) != NULL) {
		const struct item *item = find_item(g, notice);

		/* its call may linger when it has long been settled */
		if (item != NULL && !item->ended)
			return true;
	}
	return false;
}

static void
add(struct pull *p, const struct store_notice *notice)
{
	struct group *g;
	struct item *item;

	/* its lease ran out while it waited here for a connection */
	if (is_under_way(p, notice->key))
		return;
	/* GTML ends its connection: one for each */
	g = notice->dialect == ROUTE_MSID ? group_new(p, notice->address)
					  : group_for(p, notice->address);
	if (g == NULL)
		return;
	g->alone = notice->dialect == ROUTE_MSID;
	item = &g->items[g->count];
	item->notice = *notice;
	item->notice.id = arena_copy(&g->arena, notice->id);
	item->notice.domain = arena_copy(&g->arena, notice->domain);
	item->notice.server = arena_copy(&g->arena, notice->server);
	item->notice.named = arena_copy(&g->arena, notice->named);
	item->notice.recipient = arena_copy(&g->arena, notice->recipient);
	item->notice.to = arena_copy(&g->arena, notice->to);
	item->notice.sender = arena_copy(&g->arena, notice->sender);
	item->notice.subject = arena_copy(&g->arena, notice->subject);
	item->notice.envelope = span_of("");
	item->notice.reply = span_of("");
	if (arena_has_failed(&g->arena)) { /* to its lease */
		if (g->count == 0) {
			table_take(&p->groups, g->number);
			group_free(g);
		}
		return;
	}
	g->count++;
	g->left++;
	p->under_way++;
	share_add(&p->share, number_of(p, g->address), 1);
}

static void
claimed(struct store_op *op, void *arg)
{
	struct pull *p = arg;
	const struct store_notice_claim *page = &op->notice_claim;
	bool ok = op->outcome == STORE_OK;
	int64_t now = op->now;

	p->looking = false;
	p->again = p->again || (ok && page->count == PULL_PAGE);
	for (unsigned i = 0; ok && i < page->count; i++)
		add(p, &page->notices[i]);
	store_op_free(&op);
	start_waiting(p);
	if (p->again)
		pull_look(p, now);
}

/* Addresses that have as much under way as they may: no more of theirs now. */
static void
leave_out_the_full(struct pull *p, struct store_notice_claim *claim)
{
	struct group *g;
	uint64_t number;
	size_t at = 0;

	while ((g = table_next(&p->groups, &at, &number)) != NULL) {
		unsigned most = connections_allowed(p, g->address) > 1
				    ? PULL_SHARE_TRUSTED
				    : PULL_SHARE;
		unsigned i = 0;

		if (share_of(&p->share, number_of(p, g->address)) < most)
			continue;
		while (i < claim->without_count &&
		       !ip_equals(claim->without[i], g->address))
			i++;
		if (i == claim->without_count && i < STORE_WITHOUT_MAX)
			claim->without[claim->without_count++] = g->address;
	}
}

void
pull_look(struct pull *p, int64_t now)
{
	struct store_op *op;

	start_waiting(p);
	p->again = true;
	if (p->looking || p->under_way > PULL_UNDER_WAY - PULL_PAGE)
		return;
	op = store_op_new(STORE_NOTICE_CLAIM, now);
	if (op == NULL)
		return;
	p->again = false;
	p->looking = true;
	op->notice_claim.claim.node = p->node;
	op->notice_claim.claim.lease_until = now + p->settings->lease_time;
	op->notice_claim.claim.limit = PULL_PAGE;
	leave_out_the_full(p, &op->notice_claim);
	p->left_out = op->notice_claim.without_count > 0;
	op->done = claimed;
	op->arg = p;
	store_submit(p->store, op);
}
