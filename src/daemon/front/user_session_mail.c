/*
 * What a user writes at the user service: the same way as a submission
 * (session_mail.c), but that From, Date and Message-ID may all be missing.
 */
#include "daemon/front/user_session.h"

#include "base/crash.h"
#include "receiver/admit.h"

void
user_session_mail(struct user_session *s, const struct address *sender)
{
	const struct address_rules rules = {.utf8 = true};
	struct address own;

	if (sender == NULL) {
		if (address_parse(span_of(s->own.user), rules, &own) < 0) {
			user_session_tell(s, REPLY_DELIVERY_LATER);
			return;
		}
		sender = &own;
	}
	if (!own_addresses_has(&s->own, sender)) {
		user_session_tell(s, REPLY_NOT_YOUR_ADDRESS);
	} else if (!user_session_ask_renumber(s)) {
		user_session_tell(s, REPLY_DELIVERY_LATER);
	} else {
		address_copy(&s->sender, sender);
		s->params = (struct params){0};
		user_session_tell(s, REPLY_SENDER_OK);
	}
}

void
user_session_mail_recipient(struct user_session *s, const struct address *to)
{
	struct message m;

	address_copy(&s->recipient, to);
	message_init(&m, MESSAGE_RECIPIENT_ASK);
	m.recipient_ask.session = s->number;
	m.recipient_ask.way = ARRIVAL_SUBMITTED;
	m.recipient_ask.standing = STANDING_STRANGER;
	m.recipient_ask.user = span_of(s->own.user);
	m.recipient_ask.sender = span_of(s->sender.text);
	m.recipient_ask.recipient = span_of(s->recipient.text);
	user_session_ask_keeper(s, USER_ASK_RECIPIENT, &m);
}

static bool
begin_reception(struct user_session *s)
{
	const struct reception_setup setup = {
	    .role = s->front->role,
	    .number = s->number,
	    .way = ARRIVAL_SUBMITTED,
	    .own = &s->own,
	    .check_from = s->from_check != FROM_CHECK_ENVELOPE,
	    .plain = true,
	    .sender = span_of(s->sender.text),
	    .params = &s->params,
	    .with = span_of("SMDP"),
	    .address = s->address,
	    .now = role_now(),
	};

	if (s->reception == NULL)
		s->reception = reception_new(&setup);
	return s->reception != NULL;
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
		    reception_recipient(s->reception, &s->recipient, &s->params,
			a->whole != 0) < 0)))
		reply = REPLY_DELIVERY_LATER;
	user_session_tell(s, reply);
}

void
user_session_mail_content(struct user_session *s, struct span run)
{
	enum reply_name fault;

	if (s->reception == NULL)
		return;
	if (reception_content(s->reception, run, &fault) < 0)
		smdp_user_spoil(s->machine, fault);
	else if (reception_waits(s->reception))
		s->asked_at = role_now();
}

void
user_session_mail_end(struct user_session *s)
{
	enum reply_name fault = REPLY_DELIVERY_LATER;
	int result = s->reception != NULL ? reception_end(s->reception, &fault)
					  : -E_STATE;

	s->stalled = result == -E_AGAIN;
	if (result == 0) {
		user_session_ask_waits(s, USER_ASK_ARRIVAL);
	} else if (!s->stalled) {
		reception_free(&s->reception);
		user_session_tell(s, fault);
	}
}

void
user_session_mail_arrived(struct user_session *s, const struct message *m)
{
	enum reply_name reply;

	if (reply_from_number(m->arrival_answer.reply, &reply) < 0)
		reply = REPLY_DELIVERY_LATER;
	reception_free(&s->reception);
	crash_point("front-", "arrived");
	smdp_user_tell(s->machine, reply, m->arrival_answer.argument);
}
