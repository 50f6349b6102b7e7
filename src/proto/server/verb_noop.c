/* NOOP (RFC 5321 4.1.1.9): any argument is let pass. See verb.h. */
#include "proto/server/smtp_session.h"

bool
verb_noop_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	(void)x;
	(void)argument;
	(void)refusal_r;
	return true;
}

void
verb_noop_proceed(struct smtp_server *x)
{
	smtp_session_reply(x, REPLY_OK, (struct span){NULL, 0});
}
