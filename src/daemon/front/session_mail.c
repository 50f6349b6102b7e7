/*
 * A session's mail transaction: MAIL, RCPT, content, and the keeper's answer.
 * Submission and push differ in who the sender may be, and in nothing else.
 */
#include "daemon/front/session.h"

static const char *
protocol_word(const struct session *s)
{
	bool secure = conn_is_secure(s->base.conn);

	if (s->users)
		return secure ? "ESMTPSA" : "ESMTPA";
	if (!s->extended)
		return "SMTP";
	return secure ? "ESMTPS" : "ESMTP";
}

void
session_mail(struct session *s, const struct smtp_server_event *e)
{
	s->notice_dialect = 0;
	if (s->users && !own_addresses_has(&s->base.own, e->address))
		session_tell(s, REPLY_NOT_YOUR_ADDRESS);
	else if (!front_session_renumber(&s->base))
		session_tell(s, REPLY_DELIVERY_LATER);
	else if (e->kind == SMTP_SERVER_ENVELOPE)
		session_notice_begin(s, e, ROUTE_ENVELOPE);
	else if (e->params->dmtp && !s->users)
		session_notice_begin(s, e, ROUTE_MSID);
	else {
		address_copy(&s->base.sender, e->address);
		s->mail = *e->params;
		if (s->users)
			session_tell(s, REPLY_SENDER_OK);
		else
			session_notice_pushed(s);
	}
}

void
session_mail_recipient(struct session *s, const struct smtp_server_event *e)
{
	struct message m;

	address_copy(&s->base.recipient, e->address);
	s->rcpt = *e->params;
	message_init(&m, MESSAGE_RECIPIENT_ASK);
	m.recipient_ask.session = s->base.number;
	m.recipient_ask.way = s->notice_dialect != 0 ? ARRIVAL_ANNOUNCED
			      : s->users             ? ARRIVAL_SUBMITTED
						     : ARRIVAL_PUSHED;
	m.recipient_ask.standing = s->standing;
	m.recipient_ask.user = span_of(s->base.own.user);
	m.recipient_ask.sender = span_of(s->base.sender.text);
	m.recipient_ask.recipient = span_of(s->base.recipient.text);
	if (!s->users) {
		m.recipient_ask.address = s->base.address;
		m.recipient_ask.domain = span_of(s->speak_domain);
		m.recipient_ask.verified = session_notice_believed(s);
		m.recipient_ask.name = span_of(s->name);
	}
	if (s->notice_dialect == ROUTE_ENVELOPE)
		m.recipient_ask.id = span_of(s->notice.envid);
	session_ask(s, front_session_keeper(&s->base), ASK_RECIPIENT, &m);
}

static bool
begin_reception(struct session *s)
{
	const struct reception_setup setup = {
	    .role = s->base.front->role,
	    .number = s->base.number,
	    .way = s->users ? ARRIVAL_SUBMITTED : ARRIVAL_PUSHED,
	    .own = &s->base.own,
	    .check_from = s->base.from_check != FROM_CHECK_ENVELOPE,
	    .sender = span_of(s->base.sender.text),
	    .params = &s->mail,
	    .with = span_of(protocol_word(s)),
	    .helo = span_of(s->helo),
	    .address = s->base.address,
	    .now = role_now(),
	};

	return front_session_receive(&s->base, &setup);
}

static int
add_recipient(struct session *s, const struct message_recipient_answer *m)
{
	if (s->notice_dialect != 0)
		return session_notice_recipient(s, m->mode);
	if (!begin_reception(s))
		return -E_NOMEM;
	return reception_recipient(
	    s->base.reception, &s->base.recipient, &s->rcpt, m->whole != 0);
}

void
session_mail_recipient_answered(struct session *s, const struct message *m)
{
	enum reply_name reply;

	if (reply_from_number(m->recipient_answer.reply, &reply) < 0 ||
	    (reply_code(reply) < 300 &&
		add_recipient(s, &m->recipient_answer) < 0))
		reply = REPLY_DELIVERY_LATER;
	session_tell(s, reply);
}

void
session_mail_content(struct session *s, struct span run)
{
	enum reply_name fault;

	if (s->notice_dialect == ROUTE_ENVELOPE)
		session_notice_text(s, run);
	else if (front_session_content(&s->base, run, &fault) < 0)
		smtp_server_spoil(s->server, fault);
}

void
session_mail_end(struct session *s)
{
	enum reply_name fault;

	if (s->notice_dialect == ROUTE_ENVELOPE) {
		session_notice_end(s);
		return;
	}
	if (!front_session_end(&s->base, &fault))
		session_tell(s, fault);
	else if (!s->base.stalled)
		session_ask_waits(s, ASK_ARRIVAL);
}

void
session_mail_arrived(struct session *s, const struct message *m)
{
	enum reply_name reply = front_session_arrived(&s->base, m);

	smtp_server_tell(s->server, reply, m->arrival_answer.argument);
}
