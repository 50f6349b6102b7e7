/*
 * A session's mail transaction: MAIL, RCPT, content, and the keeper's answer.
 * Submission and push differ in who the sender may be, and in nothing else.
 */
#include "daemon/front/session.h"

#include "base/crash.h"

static const char *
protocol_word(const struct session *s)
{
	bool secure = conn_is_secure(s->conn);

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
	if (s->users && !own_addresses_has(&s->own, e->address))
		session_tell(s, REPLY_NOT_YOUR_ADDRESS);
	else if (!session_ask_renumber(s))
		session_tell(s, REPLY_DELIVERY_LATER);
	else if (e->kind == SMTP_SERVER_ENVELOPE)
		session_notice_begin(s, e, ROUTE_ENVELOPE);
	else if (e->params->dmtp && !s->users)
		session_notice_begin(s, e, ROUTE_MSID);
	else {
		address_copy(&s->sender, e->address);
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

	address_copy(&s->recipient, e->address);
	s->rcpt = *e->params;
	message_init(&m, MESSAGE_RECIPIENT_ASK);
	m.recipient_ask.session = s->number;
	m.recipient_ask.way = s->notice_dialect != 0 ? ARRIVAL_ANNOUNCED
			      : s->users             ? ARRIVAL_SUBMITTED
						     : ARRIVAL_PUSHED;
	m.recipient_ask.standing = s->standing;
	m.recipient_ask.user = span_of(s->own.user);
	m.recipient_ask.sender = span_of(s->sender.text);
	m.recipient_ask.recipient = span_of(s->recipient.text);
	if (!s->users) {
		m.recipient_ask.address = s->address;
		m.recipient_ask.domain = span_of(s->speak_domain);
		m.recipient_ask.verified = session_notice_believed(s);
		m.recipient_ask.name = span_of(s->name);
	}
	if (s->notice_dialect == ROUTE_ENVELOPE)
		m.recipient_ask.id = span_of(s->notice.envid);
	session_ask(s, session_keeper(s), ASK_RECIPIENT, &m);
}

static bool
begin_reception(struct session *s)
{
	const struct reception_setup setup = {
	    .role = s->front->role,
	    .number = s->number,
	    .way = s->users ? ARRIVAL_SUBMITTED : ARRIVAL_PUSHED,
	    .own = &s->own,
	    .check_from = s->from_check != FROM_CHECK_ENVELOPE,
	    .sender = span_of(s->sender.text),
	    .params = &s->mail,
	    .with = span_of(protocol_word(s)),
	    .helo = span_of(s->helo),
	    .address = s->address,
	    .now = role_now(),
	};

	if (s->reception == NULL)
		s->reception = reception_new(&setup);
	return s->reception != NULL;
}

static int
add_recipient(struct session *s, const struct message_recipient_answer *m)
{
	if (s->notice_dialect != 0)
		return session_notice_recipient(s, m->mode);
	if (!begin_reception(s))
		return -E_NOMEM;
	return reception_recipient(
	    s->reception, &s->recipient, &s->rcpt, m->whole != 0);
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
	else if (s->reception != NULL &&
		 reception_content(s->reception, run, &fault) < 0)
		smtp_server_spoil(s->server, fault);
	else if (s->reception != NULL && reception_waits(s->reception))
		s->asked_at = role_now();
}

void
session_mail_end(struct session *s)
{
	enum reply_name fault = REPLY_DELIVERY_LATER;
	int result;

	if (s->notice_dialect == ROUTE_ENVELOPE) {
		session_notice_end(s);
		return;
	}
	result = s->reception != NULL ? reception_end(s->reception, &fault)
				      : -E_STATE;

	s->stalled = result == -E_AGAIN;
	if (result == 0)
		session_ask_waits(s, ASK_ARRIVAL);
	else if (!s->stalled) {
		reception_free(&s->reception);
		session_tell(s, fault);
	}
}

void
session_mail_arrived(struct session *s, const struct message *m)
{
	enum reply_name reply;

	if (reply_from_number(m->arrival_answer.reply, &reply) < 0)
		reply = REPLY_DELIVERY_LATER;
	reception_free(&s->reception);
	crash_point("front-", "arrived");
	smtp_server_tell(s->server, reply, m->arrival_answer.argument);
}
