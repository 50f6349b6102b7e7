/*
 * Verdicts of recipients about holds, where no content is sent, in SQLite.
 * Those that ask for the content are leases (pulls.c).
 */
#include "store/sqlite/query.h"

static void
end_by(struct sqlite_store *s, const struct hold_asking *asking,
    enum store_hold_state state, const struct store_hold_verdict *verdict,
    int64_t moment)
{
	const struct hold_end end = {.state = state,
	    .reply = verdict->reply,
	    .sent_whole = asking->was.state == HOLD_LEASED,
	    .verdict = verdict->verdict,
	    .moment = moment};

	pulls_end(s, &asking->row->hold.key, &asking->was, &end);
}

static void
record(struct sqlite_store *s, const struct key *key, unsigned verdict)
{
	struct query q =
	    query_new(s, "UPDATE holds SET verdict = ?2 WHERE key = ?1");

	query_put_key(&q, key);
	query_put_number(&q, verdict);
	query_run(&q);
}

static enum store_outcome
refuse(struct sqlite_store *s, const struct hold_asking *asking,
    struct store_hold_verdict *verdict, int64_t moment)
{
	enum store_hold_state state = asking->was.state;

	if (state <= HOLD_LEASED) {
		end_by(s, asking, HOLD_REFUSED, verdict, moment);
		return STORE_OK;
	}
	if (state != HOLD_TAKEN && state != HOLD_REFUSED)
		return STORE_NONE;
	verdict->again = store_is_refusal(asking->was.verdict);
	verdict->late = !verdict->again;
	if (verdict->late)
		record(s, &asking->row->hold.key, verdict->verdict);
	return STORE_OK;
}

static enum store_outcome
take_copy(struct sqlite_store *s, const struct hold_asking *asking,
    struct store_hold_verdict *verdict, int64_t moment)
{
	verdict->again = asking->was.state == HOLD_TAKEN;
	if (asking->was.state <= HOLD_LEASED)
		end_by(s, asking, HOLD_TAKEN, verdict, moment);
	else if (!verdict->again)
		return STORE_NONE;
	return STORE_OK;
}

enum store_outcome
store_sqlite_hold_verdict(struct sqlite_store *s, struct store_op *op)
{
	struct store_hold_verdict *verdict = &op->hold_verdict;
	struct hold_asking asking = {.key = verdict->key,
	    .id = verdict->id,
	    .to = verdict->to,
	    .asker = verdict->asker,
	    .verdict = verdict->verdict,
	    .row = &verdict->row};
	bool refuses = store_is_refusal(verdict->verdict);
	enum store_outcome outcome = pulls_ask(s, &asking);
	int64_t moment = store_moment(op);
	struct key key;

	verdict->entitled = asking.entitled;
	verdict->needs_to = asking.needs_to;
	if (outcome != STORE_OK)
		return outcome;
	if (!refuses &&
	    !(store_is_acceptance(verdict->verdict) && verdict->have))
		return STORE_CONFLICT;
	if (pulls_running(&asking.was, op->now))
		return STORE_BUSY;
	outcome = (refuses ? refuse : take_copy)(s, &asking, verdict, moment);
	if (outcome != STORE_OK)
		return outcome;
	if (!verdict->again)
		lists_learn_of_hold(
		    s, &verdict->row, verdict->verdict, op->now);
	if (!verdict->again)
		complaints_add(s, op, &verdict->row);
	key = verdict->row.hold.key;
	holds_load(s, &key, &verdict->row);
	verdict->message = asking.was.message;
	verdict->body_free = messages_release(s, &asking.was.message, moment);
	return STORE_OK;
}
