/*
 * Messages and their content, in memory: becoming ours, in parts or at once,
 * and giving the content back when nobody needs it any more.
 */
#include "store/memory/memory.h"

#include <stdlib.h>
#include <string.h>

void
memory_message_free(struct memory_message *row)
{
	arena_fini(&row->text);
	arena_fini(&row->content);
	free(row);
}

struct memory_message *
memory_message_find(const struct memory *m, struct key key)
{
	for (size_t i = 0; i < m->messages.count; i++) {
		struct memory_message *message = m->messages.at[i];

		if (key_equals(message->row.key, key))
			return message;
	}
	return NULL;
}

struct memory_message *
memory_message_new(const struct store_message *from)
{
	struct memory_message *message = calloc(1, sizeof *message);

	if (message == NULL)
		return NULL;
	arena_init(&message->text, STORE_OP_ARENA);
	arena_init(&message->content, STORE_OP_ARENA);
	if (copy_message(&message->text, from, &message->row) &&
	    copy_content(&message->content, from, &message->row) &&
	    copy_envelope(&message->content, from, &message->row))
		return message;
	memory_message_free(message);
	return NULL;
}

bool
memory_message_needed(
    const struct memory *m, const struct memory_message *message)
{
	for (size_t i = 0; i < m->holds.count; i++) {
		const struct memory_hold *hold = m->holds.at[i];

		if (hold->message == message &&
		    (hold->staged || memory_hold_open(hold) ||
			hold->row.report_at != INT64_MAX))
			return true;
	}
	for (size_t i = 0; i < m->deliveries.count; i++) {
		const struct memory_delivery *delivery = m->deliveries.at[i];

		if (delivery->message == message)
			return true;
	}
	for (size_t i = 0; i < m->notices.count; i++) {
		const struct memory_notice *notice = m->notices.at[i];

		if ((notice->row.state == NOTICE_PENDING ||
			notice->row.state == NOTICE_KEPT) &&
		    key_equals(notice->row.message, message->row.key))
			return true;
	}
	return false;
}

bool
memory_release(
    const struct memory *m, struct memory_message *message, int64_t moment)
{
	if (memory_message_needed(m, message))
		return false;
	if (message->freed_at == 0) {
		message->freed_at = moment;
		arena_fini(&message->content);
		message->row.head = message->row.body = span_of("");
		message->row.envelope = span_of("");
	}
	return message->row.spooled;
}

static struct memory_hold *
new_hold(const struct store_hold *from, struct memory_message *message)
{
	struct memory_hold *hold = calloc(1, sizeof *hold);

	if (hold == NULL)
		return NULL;
	arena_init(&hold->text, STORE_OP_ARENA);
	buf_init(&hold->reply, STORE_OP_ARENA);
	buf_init(&hold->targets, STORE_OP_ARENA);
	buf_init(&hold->report, STORE_OP_ARENA);
	if (!copy_hold(&hold->text, from, &hold->row)) {
		memory_hold_free(hold);
		return NULL;
	}
	memory_say(&hold->reply, from->reply);
	memory_say(&hold->targets, from->targets);
	hold->row.message = message->row.key;
	hold->row.state = HOLD_HELD;
	hold->row.expires_at = INT64_MAX;
	hold->row.ended_at = 0;
	hold->row.verdict = VERDICT_NONE;
	hold->row.sent_whole = false;
	hold->row.report_at = store_first_report(&message->row, from);
	hold->row.reported = 0;
	hold->message = message;
	return hold;
}

/* Live or staged. */
static struct memory_hold *
hold_there(const struct memory *m, struct key key)
{
	for (size_t i = 0; i < m->holds.count; i++) {
		struct memory_hold *hold = m->holds.at[i];

		if (key_equals(hold->row.key, key))
			return hold;
	}
	return NULL;
}

/* Under whose identifier it is announced: another's only if that is right. */
static void
follow(const struct memory *m, struct memory_hold *hold)
{
	struct memory_hold *leader = hold_there(m, hold->row.envelope);

	if (leader == NULL || leader->message != hold->message ||
	    !span_equals(leader->row.domain, hold->row.domain) ||
	    !key_equals(leader->row.envelope, leader->row.key)) {
		hold->row.envelope = hold->row.key;
		return;
	}
	leader->leads = true;
}

/* Adds those of this part, staged, that are not there; room was reserved. */
static bool
add_holds(struct memory *m, const struct store_message_put *put,
    struct memory_message *message)
{
	for (unsigned i = 0; i < put->hold_count; i++) {
		struct memory_hold *hold;

		if (hold_there(m, put->holds[i].key) != NULL)
			continue;
		hold = new_hold(&put->holds[i], message);
		if (hold == NULL)
			return false;
		hold->staged = true;
		follow(m, hold);
		memory_add(&m->holds, hold);
	}
	return true;
}

static void
make_live(struct memory *m, struct memory_message *message)
{
	for (size_t i = 0; i < m->holds.count; i++) {
		struct memory_hold *hold = m->holds.at[i];

		if (hold->message == message)
			hold->staged = false;
	}
	memory_deliveries_show(m, message);
	message->staged = false;
}

/* Has its user room for it (quota)? */
static bool
fits_quota(const struct memory *m, const struct store_message_put *put)
{
	uint64_t sum = put->message.size;

	if (put->quota == 0 || put->message.user.n == 0)
		return true;
	for (size_t i = 0; i < m->messages.count; i++) {
		const struct memory_message *message = m->messages.at[i];

		if (message->freed_at == 0 &&
		    span_equals(message->row.user, put->message.user))
			sum += message->row.size;
	}
	return sum <= put->quota;
}

/*
 * Every part is staged first and the last one makes all live, so a lack of
 * memory in the middle leaves a staged message: never half a live one.
 */
enum store_outcome
store_memory_message_put(struct memory *m, struct store_op *op)
{
	const struct store_message_put *put = &op->message_put;
	struct memory_message *message;

	if (!store_content_fits(&put->message) ||
	    put->hold_count + (uint64_t)put->delivery_count >
		STORE_RECIPIENTS_PART)
		return STORE_FULL;
	message = memory_message_find(m, put->message.key);
	if (message != NULL && !message->staged)
		return STORE_EXISTS;
	if (message == NULL && !fits_quota(m, put))
		return STORE_FULL;
	if (!memory_reserve(&m->messages, 1) ||
	    !memory_reserve(&m->holds, put->hold_count))
		return STORE_FULL;
	if (message == NULL) {
		message = memory_message_new(&put->message);
		if (message == NULL)
			return STORE_FULL;
		message->staged = true;
		memory_add(&m->messages, message);
	}
	if (!add_holds(m, put, message) ||
	    !memory_deliveries_add(m, message, (struct key){0}, put->deliveries,
		put->delivery_count))
		return STORE_FULL;
	if (put->more)
		return STORE_OK;
	make_live(m, message);
	memory_release(m, message, store_moment(op));
	return STORE_OK;
}

enum store_outcome
store_memory_body_known(struct memory *m, struct store_op *op)
{
	const struct memory_message *message =
	    memory_message_find(m, op->body_known.message);

	if (message == NULL || !message->row.spooled || message->freed_at != 0)
		return STORE_NONE;
	return STORE_OK;
}
