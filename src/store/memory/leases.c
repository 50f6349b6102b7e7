/* Leases that an earlier life of a node left behind, in memory. */
#include "store/memory/memory.h"

static void
free_lease(struct memory_lease *lease, uint64_t node)
{
	if (lease->node == node)
		*lease = (struct memory_lease){.node = 0};
}

enum store_outcome
store_memory_lease_free(struct memory *m, struct store_op *op)
{
	uint64_t node = op->lease_free.node;

	if (node == 0)
		return STORE_OK;
	for (size_t i = 0; i < m->holds.count; i++) {
		struct memory_hold *hold = m->holds.at[i];

		free_lease(&hold->notice, node);
		free_lease(&hold->author, node);
		/* The node stays: who may settle it does not change. */
		if (hold->pull.node == node)
			hold->pull.until = 0;
	}
	for (size_t i = 0; i < m->notices.count; i++) {
		struct memory_notice *notice = m->notices.at[i];

		free_lease(&notice->pull, node);
		free_lease(&notice->stub, node);
	}
	for (size_t i = 0; i < m->deliveries.count; i++) {
		struct memory_delivery *delivery = m->deliveries.at[i];

		free_lease(&delivery->lease, node);
	}
	for (size_t i = 0; i < m->investigations.count; i++) {
		struct memory_investigation *row = m->investigations.at[i];

		free_lease(&row->lease, node);
	}
	return STORE_OK;
}
