/*
 * Verdicts of recipients about holds, where no content is sent, in memory.
 * Those that ask for the content are leases (pulls.c).
 */
#include "store/memory/memory.h"

static void
end_by(struct memory_hold *hold, enum store_hold_state state,
    const struct store_hold_verdict *verdict, int64_t moment)
{
	hold->row.sent_whole |= hold->row.state == HOLD_LEASED;
	hold->row.verdict = verdict->verdict;
	memory_hold_move(hold, state, verdict->reply, moment);
}

static enum store_outcome
refuse(struct memory_hold *hold, struct store_hold_verdict *verdict,
    int64_t moment)
{
	if (memory_hold_open(hold)) {
		end_by(hold, HOLD_REFUSED, verdict, moment);
		return STORE_OK;
	}
	if (hold->row.state != HOLD_TAKEN && hold->row.state != HOLD_REFUSED)
		return STORE_NONE;
	verdict->again = store_is_refusal(hold->row.verdict);
	verdict->late = !verdict->again;
	if (verdict->late)
		hold->row.verdict = verdict->verdict;
	return STORE_OK;
}

static enum store_outcome
take_copy(struct memory_hold *hold, struct store_hold_verdict *verdict,
    int64_t moment)
{
	verdict->again = hold->row.state == HOLD_TAKEN;
	if (memory_hold_open(hold))
		end_by(hold, HOLD_TAKEN, verdict, moment);
	return hold->row.state == HOLD_TAKEN ? STORE_OK : STORE_NONE;
}

enum store_outcome
store_memory_hold_verdict(struct memory *m, struct store_op *op)
{
	struct store_hold_verdict *verdict = &op->hold_verdict;
	struct memory_asking asking = {.key = verdict->key,
	    .id = verdict->id,
	    .to = verdict->to,
	    .asker = verdict->asker,
	    .verdict = verdict->verdict};
	bool refuses = store_is_refusal(verdict->verdict);
	enum store_outcome outcome = memory_ask(m, &asking);
	struct memory_hold *hold = asking.hold;

	verdict->entitled = asking.entitled;
	verdict->needs_to = asking.needs_to;
	if (outcome != STORE_OK)
		return outcome;
	if (!refuses &&
	    !(store_is_acceptance(verdict->verdict) && verdict->have))
		return STORE_CONFLICT;
	if (memory_hold_pulled(hold, op->now))
		return STORE_BUSY;
	/* Is there room for the row? It is copied again when it has changed. */
	if (!memory_hold_copy(op, hold, &verdict->row))
		return STORE_FULL;
	outcome = refuses ? refuse(hold, verdict, store_moment(op))
			  : take_copy(hold, verdict, store_moment(op));
	if (outcome != STORE_OK)
		return outcome;
	if (!verdict->again)
		memory_learn_of_hold(m, hold, verdict->verdict, op->now);
	if (!verdict->again && memory_complain(m, op, hold) != STORE_OK)
		return STORE_FULL;
	verdict->message = hold->row.message;
	verdict->body_free = memory_release(m, hold->message, store_moment(op));
	if (!memory_hold_copy(op, hold, &verdict->row))
		return STORE_FULL;
	return STORE_OK;
}
