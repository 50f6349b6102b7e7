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
#include "daemon/keeper/keeper_history.h"

#include "base/log.h"
#include "daemon/keeper/keeper_page.h"
#include "daemon/keeper/keeper_peers.h"
#include "trust/recent.h"

#include <stdlib.h>

#define NOTICES_MAX                                               \
	8192 /* addresses whose notice was written within an hour \
	      */

struct keeper_history {
	struct keeper *keeper;
	struct recent *pulls, *notices;
	unsigned taken; /* rows at the start */
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
take(struct keeper_history *h, const struct store_peer *row)
{
	struct ip address;

	if (row->pulled_at <= 0 ||
	    role_now() - row->pulled_at >= KEEPER_HISTORY_TIME ||
	    ip_parse(row->name, &address) < 0)
		return;
	recent_put(h->pulls, address, row->pulled_at);
	h->taken++;
}

static void
ask_page(void *owner, struct store_op *op, struct span after)
{
	(void)owner;
	op->peer_list.after = after;
	op->peer_list.limit = STORE_PAGE_MAX;
}

static unsigned
take_page(void *owner, const struct store_op *op, struct span *last_r)
{
	const struct store_peer_list *list = &op->peer_list;
	struct keeper_history *h = owner;

	for (unsigned i = 0; i < list->count; i++) {
		if (h->taken == KEEPER_HISTORY_MAX)
			return 0;
		take(h, &list->peers[i]);
		*last_r = list->peers[i].name;
	}
	return list->count;
}

int
keeper_history_new(
    struct keeper *k, struct keeper_history **history_r, struct err *err)
{
	struct keeper_history *h = calloc(1, sizeof *h);
	const struct keeper_page peers = {
	    k->store, STORE_PEER_LIST, h, ask_page, take_page};
	int got;

	*history_r = h;
	if (h == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	h->keeper = k;
	h->pulls = recent_new(KEEPER_HISTORY_MAX);
	h->notices = recent_new(NOTICES_MAX);
	if (h->pulls == NULL || h->notices == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	got = keeper_page_all(&peers);
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
