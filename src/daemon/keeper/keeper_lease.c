/*
 * Leases by ticket, one table for each front. A front tells the end of every
 * turn (PULL_END) but for those that it was in when it died: these it leaves
 * here.
 *
 * Not for: who gets a lease (origin/serve.c), what its end means
 * (origin/settle.c), pushes: the end of a call settles them (origin/push.c).
 */
#include "daemon/keeper/keeper_lease.h"

#include "base/log.h"
#include "origin/settle.h"

#include <stdlib.h>

struct lease {
	struct key hold;
};

void
keeper_lease_given(struct desk *desk, struct key hold, uint64_t ticket)
{
	struct lease *l;

	if (desk == NULL || desk->leases.used >= KEEPER_LEASES_MAX)
		return;
	l = malloc(sizeof *l);
	if (l == NULL)
		return; /* it ends by its time */
	l->hold = hold;
	if (table_put(&desk->leases, ticket, l) < 0)
		free(l);
}

void
keeper_lease_ended(struct desk *desk, uint64_t ticket)
{
	if (desk != NULL)
		free(table_take(&desk->leases, ticket));
}

static void
given_back(
    void *arg, enum store_outcome outcome, bool body_free, struct key message)
{
	(void)outcome; /* if not, its lease runs out */
	if (body_free)
		keeper_free_body(arg, message);
}

void
keeper_lease_give_back(struct keeper *k, struct key hold, uint64_t ticket,
    bool whole, const char *why)
{
	const struct settle_end end = {
	    .hold = hold,
	    .node = k->node,
	    .ticket = ticket,
	    .state = HOLD_NOTICED,
	    .reply = span_of(why),
	    .sent_whole = whole,
	};

	settle_pull(k->store, &end, role_now(), given_back, k);
}

void
keeper_lease_drop(struct keeper *k, struct desk *desk)
{
	uint64_t ticket;
	struct lease *l;
	size_t at = 0;

	if (desk->leases.used > 0)
		log_event("leases-given-back", "count=%zu", desk->leases.used);
	while ((l = table_next(&desk->leases, &at, &ticket)) != NULL) {
		/* how far it came, nobody knows */
		keeper_lease_give_back(
		    k, l->hold, ticket, true, "the process that sent it ended");
		free(l);
	}
	table_fini(&desk->leases);
}
