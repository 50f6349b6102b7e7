/*
 * Copying rows with everything they point to. Each function names every span
 * of its row, so a new field with a text is added here as well.
 */
#include "store/copy.h"

/* Replaces the borrowed span by a copy. */
static bool
own(struct arena *a, struct span *s)
{
	if (s->n == 0) {
		*s = span_of("");
		return true;
	}
	*s = arena_copy(a, *s);
	return s->p != NULL;
}

bool
copy_user(
    struct arena *a, const struct store_user *from, struct store_user *to_r)
{
	*to_r = *from;
	return own(a, &to_r->address) && own(a, &to_r->password);
}

bool
copy_message(struct arena *a, const struct store_message *from,
    struct store_message *to_r)
{
	*to_r = *from;
	to_r->envelope = to_r->head = to_r->body = span_of("");
	return own(a, &to_r->sender) && own(a, &to_r->user) &&
	       own(a, &to_r->envid) && own(a, &to_r->subject);
}

bool
copy_content(
    struct arena *a, const struct store_message *from, struct store_message *to)
{
	to->head = from->head;
	to->body = from->body;
	return own(a, &to->head) && own(a, &to->body);
}

bool
copy_envelope(
    struct arena *a, const struct store_message *from, struct store_message *to)
{
	to->envelope = from->envelope;
	return own(a, &to->envelope);
}

bool
copy_hold(
    struct arena *a, const struct store_hold *from, struct store_hold *to_r)
{
	*to_r = *from;
	return own(a, &to_r->id) && own(a, &to_r->recipient) &&
	       own(a, &to_r->domain) && own(a, &to_r->orcpt) &&
	       own(a, &to_r->reply) && own(a, &to_r->targets) &&
	       own(a, &to_r->report);
}

bool
copy_notice(
    struct arena *a, const struct store_notice *from, struct store_notice *to_r)
{
	*to_r = *from;
	to_r->envelope = span_of("");
	return own(a, &to_r->id) && own(a, &to_r->domain) &&
	       own(a, &to_r->server) && own(a, &to_r->named) &&
	       own(a, &to_r->recipient) && own(a, &to_r->to) &&
	       own(a, &to_r->sender) && own(a, &to_r->subject) &&
	       own(a, &to_r->reply) && own(a, &to_r->folder);
}

bool
copy_notice_text(
    struct arena *a, const struct store_notice *from, struct store_notice *to)
{
	to->envelope = from->envelope;
	return own(a, &to->envelope);
}

bool
copy_peer(
    struct arena *a, const struct store_peer *from, struct store_peer *to_r)
{
	*to_r = *from;
	return own(a, &to_r->name) && own(a, &to_r->domain);
}

bool
copy_entry(
    struct arena *a, const struct store_entry *from, struct store_entry *to_r)
{
	*to_r = *from;
	return own(a, &to_r->user) && own(a, &to_r->address) &&
	       own(a, &to_r->server);
}

bool
copy_delivery(struct arena *a, const struct store_delivery *from,
    struct store_delivery *to_r)
{
	*to_r = *from;
	return own(a, &to_r->user) && own(a, &to_r->recipient) &&
	       own(a, &to_r->trace) && own(a, &to_r->notice_id) &&
	       own(a, &to_r->notice_domain) && own(a, &to_r->folder);
}

bool
copy_complaint(struct arena *a, const struct store_complaint *from,
    struct store_complaint *to_r)
{
	*to_r = *from;
	return own(a, &to_r->user) && own(a, &to_r->sender) &&
	       own(a, &to_r->recipient) && own(a, &to_r->domain) &&
	       own(a, &to_r->subject) && own(a, &to_r->head);
}
