/* Listed hosts, networks and domains, and what hosts have done, in memory. */
#include "store/memory/memory.h"

#include <stdlib.h>

void
memory_peer_free(struct memory_peer *row)
{
	arena_fini(&row->text);
	buf_fini(&row->domain);
	free(row);
}

struct memory_peer *
memory_peer_find(const struct memory *m, struct span name)
{
	for (size_t i = 0; i < m->peers.count; i++) {
		struct memory_peer *peer = m->peers.at[i];

		if (span_equals(peer->row.name, name))
			return peer;
	}
	return NULL;
}

struct memory_peer *
memory_peer_make(struct memory *m, struct span name, int64_t now)
{
	const struct store_peer fresh = {
	    .name = name, .list = LISTED_NOT, .created = now};
	struct memory_peer *peer = memory_peer_find(m, name);

	if (peer != NULL)
		return peer;
	peer = calloc(1, sizeof *peer);
	if (peer == NULL || !memory_reserve(&m->peers, 1)) {
		free(peer);
		return NULL;
	}
	arena_init(&peer->text, STORE_OP_ARENA);
	buf_init(&peer->domain, STORE_OP_ARENA);
	if (!copy_peer(&peer->text, &fresh, &peer->row)) {
		memory_peer_free(peer);
		return NULL;
	}
	memory_add(&m->peers, peer);
	return peer;
}

bool
memory_peer_copy(
    struct arena *a, const struct memory_peer *from, struct store_peer *to_r)
{
	struct store_peer row = from->row;

	row.domain = buf_span(&from->domain);
	return copy_peer(a, &row, to_r);
}

enum store_outcome
store_memory_peer_put(struct memory *m, struct store_op *op)
{
	struct store_peer_put *put = &op->peer_put;
	struct memory_peer *peer = memory_peer_make(m, put->name, op->now);

	if (peer == NULL)
		return STORE_FULL;
	peer->row.list = put->list;
	peer->row.until = put->until;
	peer->row.seen = op->now;
	return memory_peer_copy(&op->arena, peer, &put->peer) ? STORE_OK
							      : STORE_FULL;
}

enum store_outcome
store_memory_peer_get(struct memory *m, struct store_op *op)
{
	struct store_peer_get *get = &op->peer_get;
	const struct memory_peer *peer = memory_peer_find(m, get->name);

	if (peer == NULL)
		return STORE_NONE;
	get->day_count = 0;
	if (get->day_limit > 0 && !memory_figures_days(m, &op->arena, get))
		return STORE_FULL;
	return memory_peer_copy(&op->arena, peer, &get->peer) ? STORE_OK
							      : STORE_FULL;
}

static bool
is_chosen(const struct memory_peer *peer, const struct store_peer_list *list)
{
	bool is_listed = peer->row.list != LISTED_NOT;
	bool is_judged = peer->row.messages >= STORE_JUDGED_LEAST;

	switch (list->which) {
	case PEERS_LISTED:
		return is_listed;
	case PEERS_JUDGED:
		return is_judged;
	case PEERS_MARKED:
		return is_listed || is_judged;
	case PEERS_OF_DOMAIN:
		return list->of_domain.n > 0 &&
		       span_equals(buf_span(&peer->domain), list->of_domain);
	case PEERS_ALL:
		break;
	}
	return true;
}

static bool
is_after(const void *row, const void *arg)
{
	const struct memory_peer *peer = row;
	const struct store_peer_list *list = arg;

	return memory_compare_texts(peer->row.name, list->after) > 0 &&
	       is_chosen(peer, list);
}

static int
by_name(const void *a, const void *b)
{
	const struct memory_peer *const *x = a, *const *y = b;

	return memory_compare_texts((*x)->row.name, (*y)->row.name);
}

enum store_outcome
store_memory_peer_list(struct memory *m, struct store_op *op)
{
	struct store_peer_list *list = &op->peer_list;
	enum store_outcome outcome = STORE_OK;
	struct memory_picked picked;

	if (!memory_pick(
		&m->peers, is_after, list, by_name, list->limit, &picked))
		return STORE_FULL;
	list->peers =
	    arena_take(&op->arena, picked.count * sizeof list->peers[0]);
	if (list->peers == NULL)
		outcome = STORE_FULL;
	for (unsigned i = 0; outcome == STORE_OK && i < picked.count; i++) {
		const struct memory_peer *peer = picked.at[i];

		if (!memory_peer_copy(&op->arena, peer, &list->peers[i]))
			outcome = STORE_FULL;
	}
	list->count = outcome == STORE_OK ? picked.count : 0;
	memory_picked_free(&picked);
	return outcome;
}

enum store_outcome
store_memory_peer_drop(struct memory *m, struct store_op *op)
{
	struct memory_peer *peer = memory_peer_find(m, op->peer_drop.name);

	if (peer == NULL)
		return STORE_NONE;
	memory_figures_drop(m, peer->row.name);
	memory_remove(&m->peers, peer);
	memory_peer_free(peer);
	return STORE_OK;
}

enum store_outcome
store_memory_peer_count(struct memory *m, struct store_op *op)
{
	const struct store_peer_count *count = &op->peer_count;

	if (count->count > STORE_PAGE_MAX)
		return STORE_FULL;
	for (unsigned i = 0; i < count->count; i++) {
		const struct store_peer *from = &count->peers[i];
		struct memory_peer *peer = memory_peer_find(m, from->name);

		if (peer == NULL && count->total_max > 0 &&
		    m->peers.count >= count->total_max)
			continue;
		peer = memory_peer_make(m, from->name, op->now);
		if (peer == NULL)
			continue;
		peer->row.notices += from->notices;
		peer->row.pulls += from->pulls;
		peer->row.failures += from->failures;
		peer->row.seen = op->now;
	}
	return STORE_OK;
}

enum store_outcome
store_memory_peer_seen(struct memory *m, struct store_op *op)
{
	struct store_peer_seen *seen = &op->peer_seen;
	struct memory_peer *peer = memory_peer_find(m, seen->name);

	if (peer == NULL && seen->total_max > 0 &&
	    m->peers.count >= seen->total_max)
		return STORE_FULL;
	seen->before =
	    (struct store_peer){.name = seen->name, .list = LISTED_NOT};
	if (peer != NULL && !memory_peer_copy(&op->arena, peer, &seen->before))
		return STORE_FULL;
	peer = memory_peer_make(m, seen->name, op->now);
	if (peer == NULL)
		return STORE_FULL;
	memory_say(&peer->domain, seen->domain);
	if (seen->verified)
		peer->row.verified_at = op->now;
	if (seen->pulled)
		peer->row.pulled_at = op->now;
	if (seen->tls)
		peer->row.tls_at = op->now;
	if (seen->keyword)
		peer->row.keyword_at = op->now;
	peer->row.seen = op->now;
	return memory_peer_copy(&op->arena, peer, &seen->peer) ? STORE_OK
							       : STORE_FULL;
}
