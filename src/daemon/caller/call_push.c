/*
 * Sending a message ourselves, to a server that takes no notice (ST-02, WIRE
 * 9): the content is asked of the keeper when its time comes, so that one
 * message at a time is in memory, and written as the connection takes it.
 */
#include "daemon/caller/call.h"

#include "base/crash.h"
#include "base/log.h"

#include <stdio.h>

int
call_push_say(struct call *c, struct call_item *item)
{
	struct message m;

	message_init(&m, MESSAGE_PUSH_ASK);
	m.push_ask.question = call_question(c);
	m.push_ask.call = c->number;
	m.push_ask.hold = item->key;
	buf_clear(&c->push_body);
	if (!peer_ask(role_peer(c->caller->role, ROLE_KEEPER, 0), &m))
		return -E_CLOSED;
	c->pushed = item;
	return 0;
}

/* There is nothing to be said of ITEM: the keeper knows, or tries again. */
static void
let_be(struct call *c)
{
	static const struct reply none = {.text = "it could not be sent"};
	struct call_item *item = c->pushed;

	c->pushed = NULL;
	sending_free(&c->sending);
	call_notice_report(c, item, &none, false);
	call_notice_work(c);
}

static void
begin(struct call *c, struct message *m)
{
	crash_point("caller-", "push-begins");
	m->pull_answer.capabilities = c->capabilities;
	c->sending = sending_new(m, &c->push_body);
	if (c->sending == NULL || sending_order(c->sending, c->client) < 0)
		let_be(c);
	else
		conn_kick(c->conn);
}

void
call_push_answer(struct call *c, struct message *m)
{
	if (c->pushed == NULL || c->sending != NULL)
		return;
	if (m->type == MESSAGE_PULL_BODY) {
		buf_clear(&c->push_body);
		buf_put(&c->push_body, m->pull_body.octets);
	} else if (m->type == MESSAGE_PULL_ANSWER) {
		if (m->pull_answer.reply == REPLY_YOUR_TURN)
			begin(c, m);
		else
			let_be(c);
	}
}

void
call_push_event(struct call *c, const struct smtp_client_event *e)
{
	struct call_item *item = c->pushed;
	struct reply reply = e->reply;
	bool whole;

	if (e->kind != SMTP_CLIENT_SENT || item == NULL)
		return; /* CONTENT: it is written as there is room */
	whole = c->sending != NULL && sending_is_whole(c->sending);
	crash_point("caller-", "pushed");
	if (reply.code < 300 && !e->final)
		reply.code = 0; /* it was given up on our side */
	c->pushed = NULL;
	sending_free(&c->sending);
	call_notice_report(c, item, &reply, whole);
	call_notice_work(c);
}

void
call_push_progress(struct call *c)
{
	if (smtp_client_room(c->client) == 0)
		return;
	sending_pump(c->sending, c->client);
	conn_kick(c->conn);
}

void
call_push_over(struct call *c)
{
	static const struct reply none = {.text = "the connection broke"};
	struct call_item *item = c->pushed;
	bool whole = c->sending != NULL && sending_is_whole(c->sending);

	c->pushed = NULL;
	if (item != NULL)
		call_notice_report(c, item, &none, whole);
}
