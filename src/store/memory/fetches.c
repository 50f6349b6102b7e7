/*
 * A message that was fetched for a notice, in memory: it becomes ours together
 * with its deliveries, or is kept until a person has decided.
 */
#include "store/memory/memory.h"

#include <string.h>

static enum store_outcome
add_fetched(struct memory *m, const struct store_notice_fetched *fetched,
    struct key notice)
{
	struct memory_message *message;

	if (!memory_reserve(&m->messages, 1))
		return STORE_FULL;
	message = memory_message_new(&fetched->message);
	if (message == NULL)
		return STORE_FULL;
	if (!memory_deliveries_add(m, message, notice, fetched->deliveries,
		fetched->delivery_count)) {
		memory_deliveries_drop(m, message);
		memory_message_free(message);
		return STORE_FULL;
	}
	memory_add(&m->messages, message);
	memory_deliveries_show(m, message);
	return STORE_OK;
}

/* What a notice without a recipient did not say. */
static bool
fill(struct memory_notice *notice, const struct store_notice_fetched *fetched,
    struct span user)
{
	struct store_notice row = notice->row, filled;

	if (notice->row.named.n > 0)
		return true;
	row.recipient = user;
	row.to = fetched->to;
	row.sender = fetched->sender;
	row.subject = fetched->subject;
	row.envelope = fetched->envelope;
	row.attachments = fetched->attachments;
	if (!copy_notice(&notice->filled, &row, &filled) ||
	    !copy_notice_text(&notice->filled, &row, &filled))
		return false;
	notice->row = filled;
	return true;
}

static bool
is_same_mail(const struct store_notice *a, const struct store_notice *b)
{
	return span_equals(a->id, b->id) && span_equals(a->domain, b->domain) &&
	       span_equals(a->sender, b->sender) &&
	       a->has_digest == b->has_digest &&
	       (!a->has_digest ||
		   memcmp(a->digest, b->digest, sizeof a->digest) == 0) &&
	       a->has_size == b->has_size &&
	       (!a->has_size || a->size == b->size);
}

/* The others to whom the same was announced, and who have not decided. */
static void
share(const struct memory *m, const struct memory_notice *fetched)
{
	for (size_t i = 0; i < m->notices.count; i++) {
		struct memory_notice *notice = m->notices.at[i];

		if (notice->row.state == NOTICE_PENDING &&
		    key_is_zero(notice->row.message) &&
		    is_same_mail(&notice->row, &fetched->row))
			notice->row.message = fetched->row.message;
	}
}

/* Is there no room for one more KEPT message of USER? */
static bool
is_full(const struct memory *m, const struct store_notice_fetched *fetched,
    struct span user)
{
	uint64_t octets = fetched->message.size;

	if (!fetched->keep || fetched->quota == 0)
		return false;
	for (size_t i = 0; i < m->notices.count; i++) {
		const struct memory_notice *notice = m->notices.at[i];

		if (notice->row.state == NOTICE_KEPT &&
		    span_equals(notice->row.recipient, user))
			octets += memory_message_find(m, notice->row.message)
				      ->row.size;
	}
	return octets > fetched->quota;
}

static bool
is_whole(const struct store_notice_fetched *fetched,
    const struct memory_notice *notice)
{
	if (!fetched->keep)
		return fetched->delivery_count > 0;
	return fetched->delivery_count == 0 &&
	       (notice->row.named.n > 0 || fetched->user.n > 0);
}

enum store_outcome
store_memory_notice_fetched(struct memory *m, struct store_op *op)
{
	const struct store_notice_fetched *fetched = &op->notice_fetched;
	struct memory_notice *notice =
	    memory_notice_find(m, fetched->id, fetched->domain, fetched->named);
	enum store_outcome outcome;
	struct span user;

	if (!store_content_fits(&fetched->message) ||
	    fetched->envelope.n > STORE_ENVELOPE_MAX ||
	    fetched->delivery_count > STORE_RECIPIENTS_PART)
		return STORE_FULL;
	if (notice == NULL || !is_whole(fetched, notice))
		return STORE_CONFLICT;
	if (notice->row.state >= NOTICE_KEPT &&
	    key_equals(notice->row.message, fetched->message.key))
		return STORE_EXISTS;
	if (notice->row.state != NOTICE_PULLING ||
	    memory_message_find(m, fetched->message.key) != NULL)
		return STORE_CONFLICT;
	user = notice->row.named.n > 0 ? notice->row.recipient
				       : memory_identity_user(m, fetched->user);
	if (is_full(m, fetched, user))
		return STORE_FULL;
	if (!fill(notice, fetched, user))
		return STORE_FULL;
	outcome = add_fetched(m, fetched, notice->row.key);
	if (outcome != STORE_OK)
		return outcome;
	notice->row.state = fetched->keep ? NOTICE_KEPT : NOTICE_FETCHED;
	notice->row.unconfirmed = true;
	notice->row.next_at = fetched->next_at;
	notice->row.message = fetched->message.key;
	notice->pull = (struct memory_lease){0};
	share(m, notice);
	return STORE_OK;
}
