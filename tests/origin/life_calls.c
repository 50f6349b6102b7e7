/*
 * What happens on a connection between the two servers, step by step as in
 * docs/WIRE.md 3 and 4. Whatever crosses may get lost; then both ends have to
 * do with what they know.
 */
#include "life.h"

#include "origin/settle.h"

#include <stdio.h>
#include <string.h>

/* Something crosses; false: it does not come, and the connection is gone. */
static bool
crosses(struct life *l)
{
	return !life_happens(l, l->chances.loss);
}

/* ---- notices ---- */

static int
leave_notice(struct life *l, const struct life_item *item)
{
	struct admit_notice notice = {
	    .address = ip_of(ORIGIN_ADDRESS),
	    .id = span_of(item->id),
	    .domain = span_of("a.test"),
	    .spf = life_happens(l, l->chances.dns) ? SPF_TEMPERROR : SPF_PASS,
	    .dialect = ROUTE_GDEL,
	    .has_digest = true,
	    .expires = 48 * HOUR,
	};
	struct heard heard = {0};

	memcpy(notice.digest, item->digest, STORE_DIGEST);
	admit_notice(&l->admit, &notice, 0, l->destination.now, hear, &heard);
	side_turn(&l->destination);
	assert_int_equal(heard.times, 1);
	return reply_code(heard.reply);
}

static bool
notice_crosses(struct life *l, const struct life_call *c, unsigned at)
{
	struct notify_reply reply = {
	    .dialect = ROUTE_GDEL, .reply = span_of("reply")};

	if (!crosses(l))
		return false;
	reply.code = leave_notice(l, &c->items[at]);
	if (!crosses(l))
		return false;
	notify_answered(
	    l->notify, c->number, c->items[at].key, &reply, l->origin.now);
	return true;
}

void
life_calls_notices(struct life *l, const struct life_call *c)
{
	bool reached = !life_happens(l, l->chances.silence);
	unsigned at = 0;

	while (reached && at < c->count)
		reached = notice_crosses(l, c, at++);
	if (life_happens(l, l->chances.crash))
		notify_lost(l->notify, l->origin.now);
	else
		notify_over(
		    l->notify, c->number, span_of("reason"), l->origin.now);
}

/* ---- pulls ---- */

/* What both ends know of one connection. */
struct session {
	struct life *life;
	const struct life_call *call;
	bool broken;
	bool has_unproved; /* we said 250 to it, and nothing came since */
	struct key unproved;
	/* what the origin answered to RETR */
	unsigned answers;
	enum reply_name reply;
	struct arrival arrival;
	struct arrival_recipient recipient;
	struct key hold;
	char sender[64], to[64], head[256], body[64];
};

static void
end_pull(struct session *s, struct key notice, enum pull_end end)
{
	pull_ended(s->life->pull, s->call->number, notice, end,
	    span_of("reply"), s->life->destination.now);
}

/* Something of the origin's has come: so it has noted our 250. */
static void
prove(struct session *s, bool proved)
{
	if (s->has_unproved)
		end_pull(
		    s, s->unproved, proved ? PULL_CONFIRMED : PULL_UNCONFIRMED);
	s->has_unproved = false;
}

static void
hear_row(void *arg, const struct serve_answer *answer)
{
	const struct store_hold_row *row = answer->row;
	struct session *s = arg;

	s->answers++;
	s->reply = answer->reply;
	if (row == NULL)
		return;
	s->hold = row->hold.key;
	span_copy(row->message.sender, s->sender, sizeof s->sender);
	span_copy(row->hold.recipient, s->to, sizeof s->to);
	span_copy(row->message.head, s->head, sizeof s->head);
	span_copy(row->message.body, s->body, sizeof s->body);
	memcpy(s->arrival.digest, row->message.digest, STORE_DIGEST);
}

static void
ask(struct session *s, const struct life_item *item)
{
	struct life *l = s->life;

	s->answers = 0;
	serve_pull(&l->serve, span_of(item->id), ip_of(DESTINATION_ADDRESS),
	    l->origin.now, hear_row, s);
	side_turn(&l->origin);
	assert_int_equal(s->answers, 1);
}

static void
note_outcome(
    void *arg, enum store_outcome outcome, bool body_free, struct key message)
{
	(void)body_free;
	(void)message;
	*(enum store_outcome *)arg = outcome;
}

/* How the turn ended, as the origin sees it; true: it is durable. A front that
   dies says nothing, and only the lease runs out. */
static bool
settle(struct session *s, enum store_hold_state state)
{
	struct life *l = s->life;
	const struct settle_end end = {.hold = s->hold,
	    .node = NODE,
	    .state = state,
	    .reply = span_of("reply")};
	enum store_outcome outcome = STORE_UNSURE;

	if (life_happens(l, l->chances.crash))
		return false;
	settle_pull(
	    l->origin.store, &end, l->origin.now, note_outcome, &outcome);
	side_turn(&l->origin);
	return outcome == STORE_OK;
}

static void
make_arrival(struct session *s, const struct life_item *item)
{
	s->recipient = (struct arrival_recipient){.recipient = span_of(s->to)};
	s->arrival.way = ARRIVAL_PULLED;
	s->arrival.message = key_new(s->life->destination.now);
	s->arrival.sender = span_of(s->sender);
	s->arrival.with = span_of("GDEL");
	s->arrival.helo = span_of("mx.a.test");
	s->arrival.address = ip_of(ORIGIN_ADDRESS);
	s->arrival.notice_id = span_of(item->id);
	s->arrival.notice_domain = span_of("a.test");
	s->arrival.head = span_of(s->head);
	s->arrival.body = span_of(s->body);
	s->arrival.size = strlen(s->head) + strlen(s->body);
	s->arrival.count = 1;
	s->arrival.recipients = &s->recipient;
}

static enum reply_name
judge_recipient(struct session *s)
{
	struct life *l = s->life;
	const struct admit_recipient asked = {.way = ARRIVAL_PULLED,
	    .standing = STANDING_STRANGER,
	    .sender = span_of(s->sender),
	    .recipient = span_of(s->to)};
	struct heard heard = {0};

	admit_recipient(&l->admit, &asked, l->destination.now, hear, &heard);
	side_turn(&l->destination);
	assert_int_equal(heard.times, 1);
	return heard.reply;
}

/* MAIL, RCPT, DATA and the content, as the destination answers them. */
static enum reply_name
receive(struct session *s, const struct life_item *item)
{
	struct life *l = s->life;
	struct letter *letter = life_letter(l, span_of(item->id));
	enum reply_name reply = judge_recipient(s);
	struct heard heard = {0};

	if (reply_code(reply) >= 300)
		return reply;
	if (!crosses(l)) {
		s->broken = true;
		return REPLY_DELIVERY_LATER;
	}
	assert_non_null(letter);
	letter->dots++;
	if (item->confirm)
		return REPLY_STORED; /* a second copy */
	make_arrival(s, item);
	pull_arrived(
	    l->pull, &s->arrival, l->destination.now, hear_text, &heard);
	side_turn(&l->destination);
	assert_int_equal(heard.times, 1);
	return heard.reply;
}

static enum store_hold_state
state_after(int code)
{
	if (code < 300)
		return HOLD_TAKEN;
	return code < 500 ? HOLD_NOTICED : HOLD_REFUSED;
}

/* The origin has said 250 to RETR: the turn, and the turn back. */
static void
take_turn(struct session *s, const struct life_item *item)
{
	enum reply_name reply = receive(s, item);
	int code = reply_code(reply);

	if (code < 300) {
		s->has_unproved = true;
		s->unproved = item->key;
	} else {
		end_pull(s, item->key, code < 500 ? PULL_LATER : PULL_REFUSED);
	}
	if (!s->broken && !crosses(s->life))
		s->broken = true;
	/* what is not durable is not answered */
	if (!settle(s, s->broken ? HOLD_NOTICED : state_after(code)))
		s->broken = true;
}

static void
pull_one(struct session *s, const struct life_item *item)
{
	struct life *l = s->life;

	s->broken = !crosses(l);
	if (s->broken)
		return;
	ask(s, item);
	if (!crosses(l)) {
		s->broken = true;
		if (s->reply == REPLY_YOUR_TURN)
			settle(s, HOLD_NOTICED);
		return;
	}
	prove(s, true);
	if (s->reply == REPLY_YOUR_TURN)
		take_turn(s, item);
	else
		end_pull(s, item->key,
		    s->reply == REPLY_NOT_FOR_YOU ? PULL_GONE : PULL_LATER);
}

void
life_calls_pulls(struct life *l, const struct life_call *c)
{
	struct session s = {.life = l, .call = c};
	bool silent = life_happens(l, l->chances.silence);

	s.broken = silent;
	for (unsigned i = 0; !s.broken && i < c->count; i++)
		pull_one(&s, &c->items[i]);
	/* QUIT is answered, too */
	prove(&s, !s.broken && crosses(l));
	if (life_happens(l, l->chances.crash))
		pull_lost(l->pull, l->destination.now);
	else
		pull_over(l->pull, c->number, !silent, span_of("reason"),
		    l->destination.now);
}
