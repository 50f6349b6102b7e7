/*
 * GDEL (GD-19 to GD-25, WIRE 3): a message waits at the peer under this
 * identifier. Whether that is believed is asked of the owner. See verb.h.
 *
 *   gdel = "GDEL" SP id *( SP param )
 */
#include "proto/command.h"
#include "proto/identifier.h"
#include "proto/server/smtp_session.h"

bool
verb_gdel_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	struct params_rules rules = {.verb = PARAMS_GDEL};
	struct span id, rest;

	command_split(argument, &id, &rest);
	if (!identifier_is_legal(id))
		return verb_refuse(
		    refusal_r, REPLY_BAD_ARGUMENT, "malformed identifier");
	if (!verb_params(rest, rules, &x->params, refusal_r))
		return false;
	span_copy(id, x->id, sizeof(x->id));
	return true;
}

void
verb_gdel_proceed(struct smtp_server *x)
{
	x->event.text = span_of(x->id);
	x->event.params = &x->params;
	smtp_session_ask(x, ASKED_GDEL, SMTP_SERVER_GDEL);
}
