/*
 * After RETR: a question to the keeper, and if the hold is theirs, the turn: we
 * become the client on the same connection, send one message for one recipient,
 * and the server machine goes on only when the end of that is durable (WIRE 4).
 */
#include "daemon/front/session.h"

#include "base/crash.h"
#include "base/log.h"
#include "origin/serve.h"

#include <stdio.h>
#include <string.h>

/* The same word with the store's number: there 0 stands for none. */
static unsigned
store_verdict_of(enum verdict verdict)
{
	return (unsigned)verdict + VERDICT_ACCEPT;
}

/* Every refusal leaves so late after the command, whatever its reason, that
   its time says nothing (GD-28, GD-29, AT-04); and DELAY seconds later, for a
   network that guesses (GD-48). Until then nothing more is served here. */
static void
refuse_later(struct session *s, uint64_t delay)
{
	front_session_tell_later(&s->base, REPLY_NOT_FOR_YOU,
	    (struct timeval){(time_t)delay, SERVE_REFUSAL_MS * 1000});
}

/* Without a turn: a refusal, or an acceptance of what the peer has. */
static void
give_verdict(struct session *s, const struct smtp_server_event *e)
{
	struct message m;

	message_init(&m, MESSAGE_VERDICT);
	m.verdict.session = s->base.number;
	m.verdict.address = s->base.address;
	m.verdict.id = e->text;
	m.verdict.to = span_of(e->address != NULL ? e->address->text : "");
	m.verdict.verdict = store_verdict_of(e->verdict);
	m.verdict.have = e->have;
	session_ask(s, front_session_keeper(&s->base), ASK_VERDICT, &m);
}

void
session_turn_ask(struct session *s, const struct smtp_server_event *e)
{
	bool is_verdict = e->kind == SMTP_SERVER_VERDICT;
	struct message m;

	if (is_verdict && (e->have || !verdict_turns(e->verdict))) {
		give_verdict(s, e);
		return;
	}
	message_init(&m, MESSAGE_PULL_ASK);
	m.pull_ask.session = s->base.number;
	m.pull_ask.address = s->base.address;
	m.pull_ask.id = e->text;
	m.pull_ask.to = span_of(e->address != NULL ? e->address->text : "");
	m.pull_ask.verdict = is_verdict ? store_verdict_of(e->verdict) : 0;
	s->by_gtml = e->kind == SMTP_SERVER_GTML;
	s->accepted = is_verdict;
	buf_clear(&s->pull_body);
	session_ask(s, front_session_keeper(&s->base), ASK_PULL, &m);
}

void
session_turn_verdict_answered(struct session *s, const struct message *m)
{
	enum reply_name reply;

	crash_point("front-", "verdict-noted");
	if (reply_from_number(m->verdict_answer.reply, &reply) < 0)
		reply = REPLY_DELIVERY_LATER;
	if (reply == REPLY_NOT_FOR_YOU)
		refuse_later(s, m->verdict_answer.delay);
	else
		session_tell(s, reply);
}

/* A lease, as the keeper knows it. */
struct lease {
	struct key hold;
	uint64_t ticket;
	bool sent_whole; /* all of the content is out, final dot included */
};

static struct lease
lease_of(const struct sending *sending)
{
	return (struct lease){sending_hold(sending), sending_ticket(sending),
	    sending_is_whole(sending)};
}

/* False: nobody can note it. */
static bool
send_end(struct session *s, struct lease lease, enum store_hold_state state,
    const char *reply)
{
	struct message m;

	message_init(&m, MESSAGE_PULL_END);
	m.pull_end.session = s->base.number;
	m.pull_end.hold = lease.hold;
	m.pull_end.ticket = lease.ticket;
	m.pull_end.sent_whole = lease.sent_whole;
	m.pull_end.state = state;
	m.pull_end.reply = span_of(reply);
	return peer_ask(front_session_keeper(&s->base), &m);
}

void
session_turn_answer(struct session *s, struct message *m)
{
	enum reply_name reply;

	crash_point("front-", "leased");
	if (reply_from_number(m->pull_answer.reply, &reply) < 0)
		reply = REPLY_DELIVERY_LATER;
	if (reply == REPLY_NOT_FOR_YOU) {
		refuse_later(s, m->pull_answer.delay);
		return;
	}
	if (reply == REPLY_YOUR_TURN) {
		struct lease lease = {
		    m->pull_answer.hold, m->pull_answer.ticket, false};

		s->sending = sending_new(m, &s->pull_body);
		s->turn_open = s->sending != NULL;
		if (!s->turn_open) {
			send_end(
			    s, lease, HOLD_NOTICED, "no memory to send it");
			reply = REPLY_DELIVERY_LATER;
		}
	}
	if (reply == REPLY_YOUR_TURN && s->by_gtml)
		reply = REPLY_YOUR_DATA;
	smtp_server_tell(s->server, reply, span_of(""));
	conn_kick(s->base.conn);
}

bool
session_turn_begin(struct session *s)
{
	struct smtp_client_setup setup =
	    sending_setup(s->base.front->role->settings);

	setup.kind = SMTP_CLIENT_TURNED;
	setup.secure = conn_is_secure(s->base.conn);
	setup.capabilities = sending_capabilities(s->sending);
	setup.after_gtml = s->by_gtml;
	s->client = smtp_client_new(&setup, role_now());
	if (s->client == NULL || sending_order(s->sending, s->client) < 0) {
		log_event("turn-failed", "why=\"cannot begin to send\"");
		session_end(s);
		return false;
	}
	conn_exchange(s->base.conn, smtp_client_machine(s->client));
	conn_kick(s->base.conn);
	crash_point("front-", "turned");
	return true;
}

/* What the destination's last word means for the hold (WIRE 4.6). */
static enum store_hold_state
state_of(const struct smtp_client_event *e)
{
	if (e->reply.code >= 200 && e->reply.code < 300)
		return e->final ? HOLD_TAKEN : HOLD_NOTICED;
	return e->reply.code >= 500 ? HOLD_REFUSED : HOLD_NOTICED;
}

/* The destination may say its next command now; it is answered once the
   keeper has noted the end. */
static void
turn_back(struct session *s, const struct smtp_client_event *e)
{
	char reply[REPLY_TEXT_MAX + 32];

	crash_point("front-", "sent");
	snprintf(reply, sizeof reply, "%d %s %s", e->reply.code,
	    e->reply.enhanced, e->reply.text);
	if (!send_end(s, lease_of(s->sending), state_of(e), reply)) {
		s->turn_open = false;
		session_end(s);
		return;
	}
	session_ask_waits(s, ASK_NOTED);
	sending_free(&s->sending);
	if (!s->by_gtml)
		conn_exchange(s->base.conn, smtp_server_machine(s->server));
}

void
session_turn_progress(struct session *s)
{
	struct smtp_client_event e;

	while (s->sending != NULL && smtp_client_next(s->client, &e) > 0) {
		switch (e.kind) {
		case SMTP_CLIENT_SENT:
			turn_back(s, &e);
			return;
		case SMTP_CLIENT_BROKEN:
			log_event("turn-broken", "why=%s",
			    log_quote(span_of(e.reason)));
			session_end(s);
			return;
		case SMTP_CLIENT_CONTENT:
		case SMTP_CLIENT_START_TLS:
		case SMTP_CLIENT_READY:
		case SMTP_CLIENT_REPLY:
		case SMTP_CLIENT_TURN:
		case SMTP_CLIENT_RECIPIENT:
		case SMTP_CLIENT_CLOSED:
			break;
		}
	}
	if (s->sending != NULL && smtp_client_room(s->client) > 0) {
		sending_pump(s->sending, s->client);
		conn_kick(s->base.conn);
	}
}

void
session_turn_noted(struct session *s, const struct message *m)
{
	s->turn_open = false;
	crash_point("front-", "settled");
	if (m->pull_noted.outcome != STORE_OK) {
		/* not durable: no answer may say that it is (WIRE 4.7) */
		session_end(s);
		return;
	}
	if (s->by_gtml) { /* its answer is that we close (WIRE 5) */
		smtp_client_finish(s->client);
		conn_kick(s->base.conn);
		return;
	}
	smtp_client_free(&s->client);
	smtp_server_resume(s->server, role_now());
	conn_kick(s->base.conn);
}

/*
 * An asker that accepted and then would not listen has accepted all the same:
 * the message goes to the MX (WIRE 4.9). That is how a server does it that
 * knows the paper and not our turn; one that knows it (it listed PULL) has only
 * lost its connection, and asks again.
 */
static enum store_hold_state
state_of_broken(const struct session *s)
{
	const uint64_t turns = SMTP_CAN_PULL_DIGEST | SMTP_CAN_PULL_EXPIRES |
			       SMTP_CAN_PULL_FROM | SMTP_CAN_PULL_HAVE;

	return s->accepted && s->client != NULL &&
		       smtp_client_is_left_at_mail(s->client, s->hung_up) &&
		       (sending_capabilities(s->sending) & turns) == 0
		   ? HOLD_HELD
		   : HOLD_NOTICED;
}

void
session_turn_over(struct session *s)
{
	if (s->turn_open && s->sending != NULL)
		send_end(s, lease_of(s->sending), state_of_broken(s),
		    "the connection broke");
	s->turn_open = false;
}
