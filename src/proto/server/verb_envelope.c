/*
 * ENVELOPE (SM-43, WIRE 6): begins a transaction like MAIL's, whose content is
 * not the message but what its recipients are shown of it. Whether the sender
 * may be believed is asked of the owner. See verb.h.
 *
 *   envelope = "ENVELOPE" SP "From:" path [ SP "ENVID=" id ]
 *              [ SP "SIZE=" number ] *( SP param )
 *
 * Addresses may be UTF-8 without a parameter: envelope texts are too.
 */
#include "proto/command.h"
#include "proto/server/smtp_session.h"

bool
verb_envelope_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	struct address_rules rules = {.empty_ok = true, .utf8 = true};
	struct params_rules params = {.verb = PARAMS_ENVELOPE};
	struct span path, rest;

	if (command_path(argument, "FROM:", &path, &rest) < 0)
		return verb_refuse(refusal_r, REPLY_BAD_ARGUMENT,
		    "ENVELOPE From:<address> is expected");
	if (!verb_address(x, path, rules,
		(struct verb_refusal){REPLY_BAD_SENDER, ""}, refusal_r) ||
	    !verb_params(rest, params, &x->params, refusal_r))
		return false;
	if (x->params.has_size && x->params.size > x->setup.message_size)
		return verb_refuse(refusal_r, REPLY_TOO_LARGE, "");
	return true;
}

void
verb_envelope_proceed(struct smtp_server *x)
{
	x->event.address = &x->address;
	x->event.params = &x->params;
	smtp_session_ask(x, ASKED_ENVELOPE, SMTP_SERVER_ENVELOPE);
}

void
verb_envelope_answer(
    struct smtp_server *x, enum reply_name reply, struct span text)
{
	verb_mail_answer(x, reply, text);
	if (x->state != SMTP_TRANSACTION)
		return;
	x->is_envelope = true;
	x->has_utf8 = true;
}
