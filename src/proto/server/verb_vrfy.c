/*
 * VRFY (RFC 5321 3.5.3, 7.3): one answer for all, so that nobody learns which
 * users exist. See verb.h.
 */
#include "proto/server/smtp_session.h"

bool
verb_vrfy_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	(void)x;
	if (argument.n > 0)
		return true;
	return verb_refuse(
	    refusal_r, REPLY_BAD_ARGUMENT, "an address is expected");
}

void
verb_vrfy_proceed(struct smtp_server *x)
{
	smtp_session_reply(x, REPLY_VRFY, (struct span){NULL, 0});
}
