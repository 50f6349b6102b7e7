/*
 * GTML (DM-17, WIRE 5): the peer wants the content of what waits here under
 * this identifier for this recipient. A grant is the line "DATA": we are the
 * client now, without MAIL and RCPT, and close behind the content's answer.
 * What arrives before the grant is out of turn (AT-16). See verb.h.
 *
 *   gtml = "GTML" SP id SP mailbox        ; with or without angle brackets
 */
#include "proto/command.h"
#include "proto/server/smtp_session.h"

bool
verb_gtml_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	struct address_rules rules = {.utf8 = true, .bare_postmaster = true};
	struct span id, mailbox;

	command_split(argument, &id, &mailbox);
	if (!identifier_is_legal(id))
		return verb_refuse(
		    refusal_r, REPLY_BAD_ARGUMENT, "malformed identifier");
	if (!verb_address(x, mailbox, rules,
		(struct verb_refusal){REPLY_BAD_ARGUMENT, "GTML id address"},
		refusal_r))
		return false;
	span_copy(id, x->id, sizeof(x->id));
	return true;
}

void
verb_gtml_proceed(struct smtp_server *x)
{
	x->event.text = span_of(x->id);
	x->event.address = &x->address;
	smtp_session_ask(x, ASKED_GTML, SMTP_SERVER_GTML);
}

void
verb_gtml_answer(struct smtp_server *x, enum reply_name reply, struct span text)
{
	if (reply == REPLY_YOUR_DATA)
		smtp_session_give_floor(x, reply, SMTP_SERVER_TURN);
	else
		smtp_session_reply(x, reply, text);
}

void
verb_gtml_receive(struct smtp_server *x)
{
	smtp_session_enter(x, SMTP_TRANSACTION);
	x->has_transaction = true;
	/* The notice named the one who asked for it. */
	x->recipients = 1;
	verb_data_answer(x, REPLY_SEND_CONTENT, (struct span){NULL, 0});
}
