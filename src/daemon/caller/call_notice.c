/*
 * Leaving notices, as many in one session as there are, in the first way of the
 * setting `speak` that the peer offers: by GDEL one after the other and
 * pipelined; by MSID one transaction each; by ENVELOPE one for all recipients
 * of a message who may see each other (WIRE 3, 5, 6); or by push, the message
 * itself (call_push.c). A peer that does not understand our parameters gets the
 * notice once more without, and then goes on to the next way (WIRE 8).
 *
 * All that the peer understands in one way is said before the next way begins.
 */
#include "daemon/caller/call.h"

#include "base/crash.h"
#include "origin/hold.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct way {
	const char *word;
	uint64_t capability; /* 0: needs none */
	enum store_route route;
} ways[] = {
    {"envelope", SMTP_CAN_ENVELOPE, ROUTE_ENVELOPE},
    {"msid", SMTP_CAN_MSID, ROUTE_MSID},
    {"gdel", SMTP_CAN_GDEL, ROUTE_GDEL},
    {"push", 0, ROUTE_PUSH},
};

static_assert(sizeof ways / sizeof ways[0] == CALL_WAYS,
    "a call has a place for each way, and each has one place");

/* The place of ROUTE among the ways; it is added when it is not among them. */
static unsigned
place_of(struct call *c, enum store_route route)
{
	unsigned at = 0;

	while (at < c->way_count && c->ways[at] != route)
		at++;
	if (at == c->way_count)
		c->ways[c->way_count++] = route;
	return at;
}

static void
add_way(struct call *c, const char *word)
{
	for (unsigned k = 0; k < CALL_WAYS; k++)
		if (strcmp(word, ways[k].word) == 0 &&
		    (c->capabilities & ways[k].capability) ==
			ways[k].capability)
			(void)place_of(c, ways[k].route);
}

bool
call_notice_begin(struct call *c)
{
	const struct settings_list *speak =
	    settings_speak(c->caller->role->settings, c->domain);
	bool offers;

	c->way = c->way_count = 0;
	for (unsigned i = 0; i < speak->n; i++)
		add_way(c, speak->v[i]);
	offers = c->way_count > 0;
	for (unsigned i = 0; i < c->count; i++) {
		if (c->items[i].push)
			c->items[i].way = place_of(c, ROUTE_PUSH);
		else /* the end of the call says of the others why not */
			c->items[i].ended = !offers;
	}
	return c->way_count > 0;
}

/* The way that is being spoken. */
static enum store_route
way_now(const struct call *c)
{
	return c->ways[c->way];
}

/* ---- saying one ---- */

static struct params
params_of(const struct call *c, const struct call_item *item)
{
	struct params p = {.has_size = false};

	if (item->plain) { /* the size has a line of its own (SM-45) */
		p.has_size = way_now(c) == ROUTE_ENVELOPE;
		p.size = item->params.size;
		return p;
	}
	p = item->params;
	p.expires = hold_life(c->caller->role->settings, way_now(c));
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
		if (item->sent || item->ended || item->way != c->way ||
		    !key_equals(item->envelope, first->envelope))
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
	if (way_now(c) == ROUTE_ENVELOPE)
		return say_envelope(c, item);
	c->said[0] = item;
	c->said_count = 1;
	if (way_now(c) == ROUTE_PUSH)
		return call_push_say(c, item);
	return way_now(c) == ROUTE_MSID ? say_msid(c, item) : say_gdel(c, item);
}

/* Is anything said, and not answered? Only GDEL is pipelined: elsewhere a
   transaction ends before the next begins. */
static bool
is_busy(const struct call *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->items[i].sent && !c->items[i].ended)
			return true;
	return false;
}

static bool
is_waiting(const struct call *c, const struct call_item *item)
{
	return !item->sent && !item->ended && item->way == c->way;
}

static void
say_all(struct call *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		int result;

		if (!is_waiting(c, &c->items[i]))
			continue;
		if (way_now(c) != ROUTE_GDEL && is_busy(c))
			return;
		result = say(c, &c->items[i]);
		if (result == -E_AGAIN)
			return;
		for (unsigned k = 0; k < c->said_count; k++) {
			c->said[k]->sent = true;
			/* cannot be said: tried again later */
			c->said[k]->ended = result < 0;
		}
	}
}

void
call_notice_work(struct call *c)
{
	say_all(c);
	while (!is_busy(c) && c->way + 1 < c->way_count) {
		c->way++;
		say_all(c);
	}
	if (!is_busy(c))
		call_leave(c, CALL_DONE);
	else
		conn_kick(c->conn);
}

/* ---- answers ---- */

void
call_notice_report(struct call *c, struct call_item *item,
    const struct reply *reply, bool sent_whole)
{
	char text[REPLY_TEXT_MAX + 32];
	struct message m;

	item->ended = true;
	crash_point("caller-", "answered");
	if (reply->code == 0)
		snprintf(text, sizeof text, "%s", reply->text);
	else
		snprintf(text, sizeof text, "%d %s %s", reply->code,
		    reply->enhanced, reply->text);
	message_init(&m, MESSAGE_NOTICED);
	m.noticed.call = c->number;
	m.noticed.hold = item->key;
	m.noticed.code = (uint64_t)reply->code;
	m.noticed.route = way_now(c);
	m.noticed.reply = span_of(text);
	m.noticed.capabilities = c->capabilities;
	m.noticed.sent_whole = sent_whole;
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

		call_notice_report(
		    c, item, refused ? &item->answer : &e->reply, false);
	}
}

/* Not understood: once more without parameters, then the next way. False: there
   is none. */
static bool
say_otherwise(struct call *c, struct call_item *item)
{
	if (item->plain) {
		if (c->way + 1 == c->way_count)
			return false;
		item->way = c->way + 1;
	}
	item->plain = !item->plain;
	item->sent = false;
	return true;
}

static bool
all_otherwise(struct call *c, struct call_item *item)
{
	bool result = true;

	if (way_now(c) == ROUTE_GDEL)
		return say_otherwise(c, item);
	for (unsigned i = 0; i < c->said_count; i++)
		result = say_otherwise(c, c->said[i]) && result;
	return result;
}

void
call_notice_reply(struct call *c, const struct smtp_client_event *e)
{
	struct call_item *item = e->tag < c->count ? &c->items[e->tag] : NULL;

	if (item == NULL || item->ended || !item->sent)
		return;
	if (!reply_is_not_understood(e->reply.code) ||
	    !all_otherwise(c, item)) {
		if (way_now(c) == ROUTE_ENVELOPE)
			envelope_over(c, e);
		else
			call_notice_report(c, item, &e->reply, false);
	}
	call_notice_work(c);
}
