/*
 * Two memories of times (trust/recent.h): when a pull from an address was last
 * written down, which is also its history; and when a notice was. Either is
 * written once an hour for each address, so that a flood of notices is no flood
 * of writes; an entry that was displaced costs one write more, or a peer its
 * higher rate until its next pull.
 *
 * Not for: what an address offered (keeper_offers.c), figures for people
 * (keeper_peers.c).
 */
#include "daemon/keeper_history.h"

#include "base/log.h"
#include "daemon/keeper_peers.h"
#include "trust/recent.h"

#include <stdlib.h>

#define NOTICES_MAX                                               \
	8192 /* addresses whose notice was written within an hour \
	      */

struct keeper_history {
	struct keeper *keeper;
	struct recent *pulls, *notices;
};

bool
keeper_history_has(const struct keeper_history *h, struct ip address)
{
	int64_t at = recent_get(h->pulls, address);

	return at > 0 && role_now() - at < KEEPER_HISTORY_TIME;
}

/* ---- writing ---- */

static void
written(struct store_op *op, void *arg)
{
	(void)arg;
	if (op->outcome != STORE_OK)
		log_event("peer-not-remembered", "address=%s outcome=%s",
		    log_quote(op->peer_seen.name),
		    store_outcome_name(op->outcome));
	store_op_free(&op);
}

static struct store_op *
seen(struct ip address, struct span domain)
{
	struct store_op *op = store_op_new(STORE_PEER_SEEN, role_now());
	char text[IP_TEXT];

	if (op == NULL)
		return NULL; /* the next one is written */
	ip_text(address, text);
	op->peer_seen.name = arena_copy(&op->arena, span_of(text));
	op->peer_seen.domain = arena_copy(&op->arena, domain);
	op->peer_seen.total_max = KEEPER_PEERS_ROWS;
	op->done = written;
	return op;
}

static bool
is_due(const struct recent *r, struct ip address)
{
	int64_t at = recent_get(r, address);

	return at == 0 || role_now() - at >= KEEPER_HISTORY_PAUSE;
}

void
keeper_history_pulled(
    struct keeper_history *h, struct ip address, struct span domain)
{
	struct store_op *op;

	if (!is_due(h->pulls, address))
		return;
	op = seen(address, domain);
	if (op == NULL)
		return;
	recent_put(h->pulls, address, op->now);
	op->peer_seen.pulled = true;
	store_submit(h->keeper->store, op);
	keeper_stir(h->keeper);
}

void
keeper_history_verified(
    struct keeper_history *h, struct ip address, struct span domain)
{
	struct store_op *op;

	if (!is_due(h->notices, address))
		return;
	op = seen(address, domain);
	if (op == NULL)
		return;
	recent_put(h->notices, address, op->now);
	op->peer_seen.verified = true;
	store_submit(h->keeper->store, op);
	keeper_stir(h->keeper);
}

void
keeper_history_forget(struct keeper_history *h, struct span name)
{
	struct ip address;

	if (ip_parse(name, &address) < 0)
		return;
	recent_drop(h->pulls, address);
	recent_drop(h->notices, address);
}

/* ---- life ---- */

static void
take(struct keeper_history *h, const struct store_peer *row, unsigned *taken)
{
	struct ip address;

	if (row->pulled_at <= 0 ||
	    role_now() - row->pulled_at >= KEEPER_HISTORY_TIME ||
	    ip_parse(row->name, &address) < 0)
		return;
	recent_put(h->pulls, address, row->pulled_at);
	++*taken;
}

/* The page after AFTER; how many rows, or negative. */
static int
load_page(struct keeper_history *h, struct span *after, struct arena *names,
    unsigned *taken)
{
	struct store_op *op = store_op_new(STORE_PEER_LIST, role_now());
	int result = -E_SYSTEM;

	if (op == NULL)
		return -E_NOMEM;
	op->peer_list.after = *after;
	op->peer_list.limit = STORE_PAGE_MAX;
	if (store_do(h->keeper->store, op) == STORE_OK)
		result = (int)op->peer_list.count;
	for (int i = 0; i < result && *taken < KEEPER_HISTORY_MAX; i++)
		take(h, &op->peer_list.peers[i], taken);
	if (result > 0) {
		arena_fini(names);
		arena_init(names, STORE_OP_ARENA);
		*after =
		    arena_copy(names, op->peer_list.peers[result - 1].name);
		if (after->p == NULL)
			result = -E_NOMEM;
	}
	store_op_free(&op);
	return result;
}

int
keeper_history_new(
    struct keeper *k, struct keeper_history **history_r, struct err *err)
{
	struct keeper_history *h = calloc(1, sizeof *h);
	struct span after = span_of("");
	struct arena names;
	unsigned taken = 0;
	int got;

	*history_r = h;
	if (h == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	h->keeper = k;
	h->pulls = recent_new(KEEPER_HISTORY_MAX);
	h->notices = recent_new(NOTICES_MAX);
	if (h->pulls == NULL || h->notices == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	arena_init(&names, STORE_OP_ARENA);
	do
		got = load_page(h, &after, &names, &taken);
	while (got == STORE_PAGE_MAX && taken < KEEPER_HISTORY_MAX);
	arena_fini(&names);
	return got < 0 ? err_set(err, got, "what peers did could not be read")
		       : 0;
}

void
keeper_history_free(struct keeper_history **history)
{
	struct keeper_history *h = *history;

	if (h == NULL)
		return;
	recent_free(&h->pulls);
	recent_free(&h->notices);
	free(h);
	*history = NULL;
}
