/*
 * Leaving notices by GDEL (WIRE 3), as many in one session as there are. A peer
 * that knows GDEL but not our parameters gets the notice once more without
 * (WIRE 8).
 */
#include "daemon/call.h"

#include <stdio.h>

static int
say(struct call *c, struct call_item *item)
{
	static const struct params none;

	return smtp_client_gdel(c->client, item->id,
	    item->plain ? &none : &item->params, (uint64_t)(item - c->items));
}

static bool
all_ended(const struct call *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (!c->items[i].ended)
			return false;
	return true;
}

void
call_notice_work(struct call *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct call_item *item = &c->items[i];
		int result;

		if (item->sent)
			continue;
		result = say(c, item);
		if (result == -E_AGAIN)
			break;
		item->sent = true;
		item->ended =
		    result < 0; /* cannot be said: tried again later */
	}
	if (all_ended(c))
		call_leave(c, NOTIFY_DONE);
	else
		conn_kick(c->conn);
}

static bool
is_not_understood(int code)
{
	return code == 500 || code == 501 || code == 502 || code == 504 ||
	       code == 555;
}

void
call_notice_reply(struct call *c, const struct smtp_client_event *e)
{
	struct call_item *item = e->tag < c->count ? &c->items[e->tag] : NULL;
	char text[REPLY_TEXT_MAX + 32];
	struct message m;

	if (item == NULL || item->ended)
		return;
	if (is_not_understood(e->reply.code) && !item->plain) {
		item->plain = true;
		item->sent = false;
		call_notice_work(c);
		return;
	}
	item->ended = true;
	snprintf(text, sizeof text, "%d %s %s", e->reply.code,
	    e->reply.enhanced, e->reply.text);
	message_init(&m, MESSAGE_NOTICED);
	m.noticed.call = c->number;
	m.noticed.hold = item->key;
	m.noticed.code = (uint64_t)e->reply.code;
	m.noticed.reply = span_of(text);
	m.noticed.capabilities = c->capabilities;
	peer_send(role_peer(c->caller->role, ROLE_KEEPER, 0), &m);
	call_notice_work(c);
}
