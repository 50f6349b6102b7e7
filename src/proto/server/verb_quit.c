/* QUIT (RFC 5321 4.1.1.10): says goodbye and closes. See verb.h. */
#include "proto/server/smtp_session.h"

bool
verb_quit_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	(void)x;
	return verb_check_bare(argument, refusal_r);
}

void
verb_quit_proceed(struct smtp_server *x)
{
	smtp_session_reply(x, REPLY_BYE, (struct span){NULL, 0});
	smtp_session_close(x);
}
