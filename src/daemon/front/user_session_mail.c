/*
 * What a user writes at the user service: the same way as a submission
 * (session_mail.c), but that From, Date and Message-ID may all be missing.
 */
#include "daemon/front/user_session.h"

#include "receiver/admit.h"

void
user_session_mail(struct user_session *s, const struct address *sender)
{
	const struct address_rules rules = {.utf8 = true};
	struct address own;

	if (sender == NULL) {
		if (address_parse(span_of(s->base.own.user), rules, &own) < 0) {
			user_session_tell(s, REPLY_DELIVERY_LATER);
			return;
		}
		sender = &own;
	}
	if (!own_addresses_has(&s->base.own, sender)) {
		user_session_tell(s, REPLY_NOT_YOUR_ADDRESS);
	} else if (!front_session_renumber(&s->base)) {
		user_session_tell(s, REPLY_DELIVERY_LATER);
	} else {
		address_copy(&s->base.sender, sender);
		s->params = (struct params){0};
		user_session_tell(s, REPLY_SENDER_OK);
	}
}

void
user_session_mail_recipient(struct user_session *s, const struct address *to)
{
	struct message m;

	address_copy(&s->base.recipient, to);
	message_init(&m, MESSAGE_RECIPIENT_ASK);
	m.recipient_ask.session = s->base.number;
	m.recipient_ask.way = ARRIVAL_SUBMITTED;
	m.recipient_ask.standing = STANDING_STRANGER;
	m.recipient_ask.user = span_of(s->base.own.user);
	m.recipient_ask.sender = span_of(s->base.sender.text);
	m.recipient_ask.recipient = span_of(s->base.recipient.text);
	user_session_ask_keeper(s, USER_ASK_RECIPIENT, &m);
}

static bool
begin_reception(struct user_session *s)
{
	const struct reception_setup setup = {
	    .role = s->base.front->role,
	    .number = s->base.number,
	    .way = ARRIVAL_SUBMITTED,
	    .own = &s->base.own,
	    .check_from = s->base.from_check != FROM_CHECK_ENVELOPE,
	    .plain = true,
	    .sender = span_of(s->base.sender.text),
	    .params = &s->params,
	    .with = span_of("SMDP"),
	    .address = s->base.address,
	    .now = role_now(),
	};

	return front_session_receive(&s->base, &setup);
}

void
user_session_mail_recipient_answered(
    struct user_session *s, const struct message *m)
{
	const struct message_recipient_answer *a = &m->recipient_answer;
	enum reply_name reply;

	if (reply_from_number(a->reply, &reply) < 0 ||
	    (reply_code(reply) < 300 &&
		(!begin_reception(s) ||
		    reception_recipient(s->base.reception, &s->base.recipient,
			&s->params, a->whole != 0) < 0)))
		reply = REPLY_DELIVERY_LATER;
	user_session_tell(s, reply);
}

void
user_session_mail_content(struct user_session *s, struct span run)
{
	enum reply_name fault;

	if (front_session_content(&s->base, run, &fault) < 0)
		smdp_user_spoil(s->machine, fault);
}

void
user_session_mail_end(struct user_session *s)
{
	enum reply_name fault;

	if (!front_session_end(&s->base, &fault))
		user_session_tell(s, fault);
	else if (!s->base.stalled)
		user_session_ask_waits(s, USER_ASK_ARRIVAL);
}

void
user_session_mail_arrived(struct user_session *s, const struct message *m)
{
	enum reply_name reply = front_session_arrived(&s->base, m);

	smdp_user_tell(s->machine, reply, m->arrival_answer.argument);
}
