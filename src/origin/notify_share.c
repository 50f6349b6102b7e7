/* Counts for domains (base/share.h), and for all. */
#include "origin/notify_share.h"

void
notify_share_begin(struct notify_group *g)
{
	struct notify *n = g->notify;

	g->domain_hash = hash_span(&n->salt, g->domain);
	share_add(&n->share, g->domain_hash, g->count);
	n->under_way += g->count;
}

void
notify_share_end(struct notify_group *g)
{
	share_drop(&g->notify->share, g->domain_hash, 1);
	g->notify->under_way--;
}

static bool
is_left_out(const struct store_hold_claim *claim, struct span domain)
{
	for (unsigned i = 0; i < claim->without_count; i++)
		if (span_equals(claim->without[i], domain))
			return true;
	return false;
}

void
notify_share_leave_out(struct notify *n, struct store_op *op)
{
	struct store_hold_claim *claim = &op->hold_claim;
	struct notify_group *g;
	uint64_t number;
	size_t at = 0;

	while (claim->without_count < STORE_WITHOUT_MAX &&
	       (g = table_next(&n->groups, &at, &number)) != NULL) {
		struct span domain;

		if (share_of(&n->share, g->domain_hash) < NOTIFY_SHARE ||
		    is_left_out(claim, g->domain))
			continue;
		/* the group may be gone before the store is asked */
		domain = arena_copy(&op->arena, g->domain);
		if (domain.p != NULL)
			claim->without[claim->without_count++] = domain;
	}
	n->left_out = claim->without_count > 0;
}
