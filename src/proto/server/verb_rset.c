/*
 * RSET (RFC 5321 4.1.1.5): the transaction is forgotten. While turned it gives
 * the turn back: how an origin gives up (WIRE 4.3). See verb.h.
 */
#include "proto/server/smtp_session.h"

bool
verb_rset_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	(void)x;
	return verb_check_bare(argument, refusal_r);
}

void
verb_rset_proceed(struct smtp_server *x)
{
	struct span none = {NULL, 0};

	if (x->state == SMTP_FRESH)
		smtp_session_reply(x, REPLY_RESET, none);
	else
		smtp_session_end(x, REPLY_RESET, none);
}
