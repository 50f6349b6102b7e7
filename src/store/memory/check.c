/*
 * Looks for rows that no state allows, in memory. Some problems of
 * problems.def cannot happen here (a hold points at its message), so only the
 * others have a function.
 */
#include "store/memory/memory.h"

#include "store/problems.h"
#include "store/target.h"

static void
say(struct problems *found, bool is_wrong, enum problem problem, struct key key)
{
	char text[KEY_TEXT];

	if (!is_wrong)
		return;
	key_text(key, text);
	problems_say(found, problem, span_of(text));
}

static bool
may_be_reported(const struct memory_hold *hold)
{
	const struct store_hold *row = &hold->row;

	if (!store_is_reportable(&hold->message->row) ||
	    (row->reported & REPORT_FAILED) != 0)
		return false;
	return row->state <= HOLD_LEASED || row->state == HOLD_REFUSED ||
	       row->state == HOLD_EXPIRED;
}

static bool
has_verdict(const struct store_hold *row)
{
	if (!store_is_refusal(row->verdict))
		return row->verdict <= VERDICT_AUTHORIZE;
	return row->state == HOLD_TAKEN || row->state == HOLD_REFUSED;
}

/* Is it announced under a hold that can lead it? */
static bool
is_led(const struct memory *m, const struct memory_hold *hold)
{
	for (size_t i = 0; i < m->holds.count; i++) {
		const struct memory_hold *leader = m->holds.at[i];

		if (key_equals(leader->row.key, hold->row.envelope))
			return leader->message == hold->message &&
			       span_equals(
				   leader->row.domain, hold->row.domain) &&
			       key_equals(
				   leader->row.envelope, leader->row.key) &&
			       (leader == hold || leader->leads);
	}
	return false;
}

static void
check_hold(struct problems *found, const struct memory *m,
    const struct memory_hold *hold)
{
	const struct store_hold *row = &hold->row;
	bool is_open = row->state <= HOLD_LEASED;

	say(found, row->state < HOLD_HELD || row->state > HOLD_WITHDRAWN,
	    PROBLEM_HOLD_BAD_STATE, row->key);
	say(found,
	    (is_open || row->report_at != INT64_MAX) &&
		hold->message->freed_at != 0,
	    PROBLEM_HOLD_NO_CONTENT, row->key);
	say(found, is_open != (row->ended_at == 0), PROBLEM_HOLD_END_TIME,
	    row->key);
	say(found,
	    row->state == HOLD_LEASED && hold->pull.node == 0 &&
		hold->pull.until == 0,
	    PROBLEM_HOLD_NO_LEASE, row->key);
	say(found, row->state != HOLD_LEASED && hold->pull.until != 0,
	    PROBLEM_HOLD_STRAY_LEASE, row->key);
	say(found, !target_list_fits(buf_span(&hold->targets)),
	    PROBLEM_HOLD_TARGETS, row->key);
	say(found, row->report_at != INT64_MAX && !may_be_reported(hold),
	    PROBLEM_HOLD_REPORT, row->key);
	say(found, !is_led(m, hold), PROBLEM_HOLD_ENVELOPE, row->key);
	say(found, !has_verdict(row), PROBLEM_HOLD_VERDICT, row->key);
	say(found, hold->staged != hold->message->staged, PROBLEM_HOLD_STAGING,
	    row->key);
}

static void
check_message(struct problems *found, const struct memory *m,
    const struct memory_message *message)
{
	bool has_content = message->content.blocks != NULL;
	bool needs_none = message->row.head.n + message->row.body.n +
			      message->row.envelope.n ==
			  0;

	say(found,
	    has_content ? message->freed_at != 0
			: message->freed_at == 0 && !needs_none,
	    PROBLEM_MESSAGE_FREED, message->row.key);
	say(found,
	    message->freed_at == 0 && !message->staged &&
		!memory_message_needed(m, message),
	    PROBLEM_MESSAGE_LEFTOVER, message->row.key);
}

static void
check_delivery(struct problems *found, const struct memory_delivery *delivery)
{
	say(found, delivery->message->freed_at != 0,
	    PROBLEM_DELIVERY_NO_CONTENT, delivery->row.key);
	say(found, delivery->staged != delivery->message->staged,
	    PROBLEM_DELIVERY_STAGING, delivery->row.key);
}

static bool
has_delivery(const struct memory *m, struct key notice)
{
	for (size_t i = 0; i < m->deliveries.count; i++) {
		const struct memory_delivery *delivery = m->deliveries.at[i];

		if (key_equals(delivery->notice, notice))
			return true;
	}
	return false;
}

static bool
has_content(const struct memory *m, struct key key)
{
	const struct memory_message *message = memory_message_find(m, key);

	return message != NULL && message->freed_at == 0;
}

static void
check_notice(struct problems *found, const struct memory *m,
    const struct memory_notice *notice)
{
	const struct store_notice *row = &notice->row;
	bool has_message = !key_is_zero(row->message);
	bool is_here =
	    row->state >= NOTICE_KEPT && row->state <= NOTICE_DELIVERED;
	bool is_undecided =
	    row->state == NOTICE_PENDING || row->state == NOTICE_KEPT;

	say(found, row->state < NOTICE_PENDING || row->state > NOTICE_LAPSED,
	    PROBLEM_NOTICE_BAD_STATE, row->key);
	say(found, row->state == NOTICE_FETCHED && !has_delivery(m, row->key),
	    PROBLEM_NOTICE_NO_DELIVERY, row->key);
	say(found, row->state == NOTICE_DELIVERED && has_delivery(m, row->key),
	    PROBLEM_NOTICE_LEFT_DELIVERY, row->key);
	say(found, is_here && !has_message, PROBLEM_NOTICE_NO_MESSAGE,
	    row->key);
	say(found,
	    has_message &&
		(row->state == NOTICE_WANTED || row->state == NOTICE_PULLING),
	    PROBLEM_NOTICE_EARLY_MESSAGE, row->key);
	say(found, is_undecided && has_message && !has_content(m, row->message),
	    PROBLEM_NOTICE_NO_CONTENT, row->key);
	say(found, row->state == NOTICE_KEPT && row->recipient.n == 0,
	    PROBLEM_NOTICE_NOBODY, row->key);
	say(found,
	    row->verdict > VERDICT_SPAMMER ||
		(row->verdict_due && row->verdict == VERDICT_NONE) ||
		(row->verdict_due && (row->state < NOTICE_FETCHED ||
					 row->state == NOTICE_LAPSED)),
	    PROBLEM_NOTICE_VERDICT, row->key);
	say(found, row->unconfirmed && !is_here && row->state != NOTICE_REFUSED,
	    PROBLEM_NOTICE_UNCONFIRMED, row->key);
}

enum store_outcome
store_memory_check(struct memory *m, struct store_op *op)
{
	struct problems found;
	enum store_outcome outcome;

	problems_init(&found);
	for (size_t i = 0; i < m->holds.count; i++)
		check_hold(&found, m, m->holds.at[i]);
	for (size_t i = 0; i < m->messages.count; i++)
		check_message(&found, m, m->messages.at[i]);
	for (size_t i = 0; i < m->deliveries.count; i++)
		check_delivery(&found, m->deliveries.at[i]);
	for (size_t i = 0; i < m->notices.count; i++)
		check_notice(&found, m, m->notices.at[i]);
	memory_identities_check(m, &found);
	outcome = problems_report(&found, op);
	problems_fini(&found);
	return outcome;
}
