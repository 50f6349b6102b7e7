/*
 * RETR (GD-26 to GD-30, WIRE 3 and 4): the peer wants what waits here under
 * this identifier. A grant turns the connection; what arrives before that is
 * out of turn (AT-16). See verb.h.
 *
 *   retr = "RETR" SP id
 */
#include "proto/identifier.h"
#include "proto/server/smtp_session.h"

bool
verb_retr_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	if (!identifier_is_legal(argument))
		return verb_refuse(
		    refusal_r, REPLY_BAD_ARGUMENT, "malformed identifier");
	span_copy(argument, x->id, sizeof(x->id));
	return true;
}

void
verb_retr_proceed(struct smtp_server *x)
{
	x->event.text = span_of(x->id);
	smtp_session_ask(x, ASKED_RETR, SMTP_SERVER_RETR);
}

void
verb_retr_answer(struct smtp_server *x, enum reply_name reply, struct span text)
{
	if (reply == REPLY_YOUR_TURN)
		smtp_session_give_floor(x, reply, SMTP_SERVER_TURN);
	else
		smtp_session_reply(x, reply, text);
}
