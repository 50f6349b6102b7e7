/*
 * From an arrival to deliveries. The trace fields made here are the only octets
 * that delivery adds to a message.
 */
#include "receiver/decide.h"

#include "base/buf.h"
#include "message/date.h"

#include <string.h>

#define POSTMASTER "postmaster"

void
decide_message(
    const struct arrival *a, int64_t now, struct store_message *message_r)
{
	struct store_message m = {
	    .key = a->message,
	    .sender = a->sender,
	    .user = a->user,
	    .envid = a->envid,
	    .subject = a->subject,
	    .ret = a->ret,
	    .body_8bit = a->body_8bit,
	    .smtputf8 = a->smtputf8,
	    .head = a->head,
	    .spooled = a->spooled,
	    .body = a->body,
	    .size = a->size,
	    .created = now,
	};

	memcpy(m.digest, a->digest, sizeof m.digest);
	*message_r = m;
}

static void
print_from(const struct arrival *a, struct buf *to)
{
	char ip[IP_TEXT];

	if (a->way == ARRIVAL_SUBMITTED)
		return; /* one of our users: where they are is nobody's business
			 */
	ip_text(a->address, ip);
	buf_text(to, "from ");
	buf_put(to, a->helo);
	buf_print(
	    to, " ([%s%s])\r\n\t", a->address.family == 6 ? "IPv6:" : "", ip);
}

static void
print_trace(const struct settings *s, const struct arrival *a, int64_t now,
    struct buf *to)
{
	char date[DATE_TEXT], key[KEY_TEXT];

	date_message(now, date);
	key_text(a->message, key);
	buf_text(to, "Return-Path: <");
	buf_put(to, a->sender);
	buf_text(to, ">\r\n");
	if (a->results.n > 0) {
		buf_print(to, "Authentication-Results: %s; ", s->hostname);
		buf_put(to, a->results);
		buf_text(to, "\r\n");
	}
	buf_text(to, "Received: ");
	print_from(a, to);
	buf_print(to, "by %s with ", s->hostname);
	buf_put(to, a->with);
	buf_print(to, " id %s;\r\n\t%s\r\n", key, date);
}

/* "postmaster" without a domain is our first domain's (RFC 5321 4.5.1). */
static void
print_user(
    const struct settings *s, const struct address *recipient, struct buf *to)
{
	char folded[ADDRESS_TEXT];

	if (recipient->domain.n == 0) {
		buf_print(to, POSTMASTER "@%s", s->domains.v[0]);
		return;
	}
	address_fold(recipient, folded);
	buf_text(to, folded);
}

int
decide_delivery(const struct settings *settings, const struct arrival *arrival,
    const struct address *recipient, int64_t now, struct arena *arena,
    struct store_delivery *delivery_r)
{
	struct store_delivery d = {
	    .key = key_new(now),
	    .message = arrival->message,
	    .notice_id = arena_copy(arena, arrival->notice_id),
	    .notice_domain = arena_copy(arena, arrival->notice_domain),
	    .created = now,
	    .next_at = now,
	};
	struct buf text;
	bool bad;

	buf_init(&text, DECIDE_TRACE_MAX);
	print_trace(settings, arrival, now, &text);
	bad = buf_bad(&text);
	d.trace = arena_copy(arena, buf_span(&text));
	buf_clear(&text);
	print_user(settings, recipient, &text);
	d.user = arena_copy(arena, buf_span(&text));
	bad = bad || buf_bad(&text);
	buf_fini(&text);
	d.recipient = arena_copy(arena, span_of(recipient->text));
	if (bad || d.trace.p == NULL || d.user.p == NULL ||
	    d.recipient.p == NULL)
		return -E_NOMEM;
	*delivery_r = d;
	return 0;
}

int
decide_deliveries(const struct settings *settings,
    const struct arrival *arrival, int64_t now, struct arena *arena,
    const struct store_delivery **deliveries_r)
{
	const struct address_rules rules = {
	    .utf8 = true, .bare_postmaster = true};
	struct store_delivery *d =
	    arena_take(arena, (arrival->count + 1) * sizeof *d);
	struct address recipient;
	int result = d == NULL ? -E_NOMEM : 0;

	for (unsigned i = 0; result == 0 && i < arrival->count; i++) {
		result = address_parse(
		    arrival->recipients[i].recipient, rules, &recipient);
		if (result == 0)
			result = decide_delivery(
			    settings, arrival, &recipient, now, arena, &d[i]);
	}
	*deliveries_r = d;
	return result;
}

int
decide_pushed(const struct settings *settings, const struct arrival *arrival,
    struct store_op *op)
{
	struct store_message_put *put = &op->message_put;

	decide_message(arrival, op->now, &put->message);
	put->delivery_count = arrival->count;
	return decide_deliveries(
	    settings, arrival, op->now, &op->arena, &put->deliveries);
}
