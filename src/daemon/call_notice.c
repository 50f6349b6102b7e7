/*
 * Leaving notices, as many in one session as there are, in the first dialect of
 * the setting `speak` that the peer offers: by GDEL one after the other and
 * pipelined; by MSID one transaction each; by ENVELOPE one for all recipients
 * of a message who may see each other (WIRE 3, 5, 6). A peer that does not
 * understand our parameters gets the notice once more without (WIRE 8).
 */
#include "daemon/call.h"

#include "origin/hold.h"

#include <stdio.h>
#include <string.h>

static const struct way {
	const char *word;
	uint64_t capability;
	enum store_route dialect;
} ways[] = {
    {"envelope", SMTP_CAN_ENVELOPE, ROUTE_ENVELOPE},
    {"msid", SMTP_CAN_MSID, ROUTE_MSID},
    {"gdel", SMTP_CAN_GDEL, ROUTE_GDEL},
};

enum store_route
call_notice_dialect(const struct call *c)
{
	const struct settings_list *speak =
	    settings_speak(c->caller->role->settings, c->domain);

	for (unsigned i = 0; i < speak->n; i++)
		for (unsigned k = 0; k < sizeof ways / sizeof ways[0]; k++)
			if (strcmp(speak->v[i], ways[k].word) == 0 &&
			    (c->capabilities & ways[k].capability) != 0)
				return ways[k].dialect;
	return 0;
}

/* ---- saying one ---- */

static struct params
params_of(const struct call *c, const struct call_item *item)
{
	struct params p = {.has_size = false};

	if (item->plain)
		return p;
	p = item->params;
	p.expires = hold_life(c->caller->role->settings, c->dialect);
	p.body_8bit = item->body_8bit;
	p.smtputf8 = item->smtputf8;
	return p;
}

static int
say_gdel(struct call *c, struct call_item *item)
{
	struct params params = params_of(c, item);

	return smtp_client_gdel(
	    c->client, item->id, &params, (uint64_t)(item - c->items));
}

static int
say_msid(struct call *c, struct call_item *item)
{
	struct params params = params_of(c, item);
	const struct smtp_client_msid order = {
	    .sender = item->sender,
	    .recipient = item->recipient,
	    .id = item->id,
	    .subject = item->subject,
	    .params = &params,
	    .tag = (uint64_t)(item - c->items),
	};

	return smtp_client_msid(c->client, &order);
}

static struct span
text_of(const struct call *c, struct key envelope)
{
	for (unsigned i = 0; i < c->text_count; i++)
		if (key_equals(c->texts[i].envelope, envelope))
			return c->texts[i].text;
	return span_of("");
}

/* FIRST and all later items of its envelope that were not said yet. */
static int
say_envelope(struct call *c, struct call_item *first)
{
	struct params params = params_of(c, first);
	struct span recipients[SMTP_CLIENT_RECIPIENTS_MAX];
	struct smtp_client_envelope order = {
	    .sender = first->sender,
	    .envid = first->envid,
	    .params = &params,
	    .recipients = recipients,
	    .text = text_of(c, first->envelope),
	    .is_plain = first->plain,
	    .tag = (uint64_t)(first - c->items),
	};

	c->said_count = 0;
	for (struct call_item *item = first;
	     item < c->items + c->count &&
	     c->said_count < SMTP_CLIENT_RECIPIENTS_MAX;
	     item++) {
		if (item->sent || !key_equals(item->envelope, first->envelope))
			continue;
		memset(&item->answer, 0, sizeof item->answer);
		recipients[c->said_count] = item->recipient;
		c->said[c->said_count++] = item;
	}
	order.count = c->said_count;
	return smtp_client_envelope(c->client, &order);
}

static int
say(struct call *c, struct call_item *item)
{
	if (c->dialect == ROUTE_ENVELOPE)
		return say_envelope(c, item);
	c->said[0] = item;
	c->said_count = 1;
	return c->dialect == ROUTE_MSID ? say_msid(c, item) : say_gdel(c, item);
}

static bool
all_ended(const struct call *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (!c->items[i].ended)
			return false;
	return true;
}

/* Only GDEL is pipelined: a transaction ends before the next begins. */
static bool
is_busy(const struct call *c)
{
	if (c->dialect == ROUTE_GDEL)
		return false;
	for (unsigned i = 0; i < c->count; i++)
		if (c->items[i].sent && !c->items[i].ended)
			return true;
	return false;
}

void
call_notice_work(struct call *c)
{
	for (unsigned i = 0; i < c->count && !is_busy(c); i++) {
		int result;

		if (c->items[i].sent)
			continue;
		result = say(c, &c->items[i]);
		if (result == -E_AGAIN)
			break;
		for (unsigned k = 0; k < c->said_count; k++) {
			c->said[k]->sent = true;
			/* cannot be said: tried again later */
			c->said[k]->ended = result < 0;
		}
	}
	if (all_ended(c))
		call_leave(c, NOTIFY_DONE);
	else
		conn_kick(c->conn);
}

/* ---- answers ---- */

static bool
is_not_understood(int code)
{
	return code == 500 || code == 501 || code == 502 || code == 504 ||
	       code == 555;
}

static void
report(struct call *c, struct call_item *item, const struct reply *reply)
{
	char text[REPLY_TEXT_MAX + 32];
	struct message m;

	item->ended = true;
	snprintf(text, sizeof text, "%d %s %s", reply->code, reply->enhanced,
	    reply->text);
	message_init(&m, MESSAGE_NOTICED);
	m.noticed.call = c->number;
	m.noticed.hold = item->key;
	m.noticed.code = (uint64_t)reply->code;
	m.noticed.route = c->dialect;
	m.noticed.reply = span_of(text);
	m.noticed.capabilities = c->capabilities;
	peer_send(role_peer(c->caller->role, ROLE_KEEPER, 0), &m);
}

void
call_notice_recipient(struct call *c, const struct smtp_client_event *e)
{
	if (e->index < c->said_count)
		c->said[e->index]->answer = e->reply;
}

/* Each recipient of an envelope has its own answer, if that was a refusal; the
   others share the last. */
static void
envelope_over(struct call *c, const struct smtp_client_event *e)
{
	for (unsigned i = 0; i < c->said_count; i++) {
		struct call_item *item = c->said[i];
		bool refused = item->answer.code >= 300;

		report(c, item, refused ? &item->answer : &e->reply);
	}
}

void
call_notice_reply(struct call *c, const struct smtp_client_event *e)
{
	struct call_item *item = e->tag < c->count ? &c->items[e->tag] : NULL;

	if (item == NULL || item->ended)
		return;
	if (is_not_understood(e->reply.code) && !item->plain) {
		for (unsigned i = 0;
		     c->dialect != ROUTE_GDEL && i < c->said_count; i++) {
			c->said[i]->plain = true;
			c->said[i]->sent = false;
		}
		item->plain = true;
		item->sent = false;
	} else if (c->dialect == ROUTE_ENVELOPE) {
		envelope_over(c, e);
	} else {
		report(c, item, &e->reply);
	}
	call_notice_work(c);
}
