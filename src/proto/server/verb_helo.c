/*
 * HELO, what EHLO was before extensions (RFC 5321 4.1.1.1). Pull verbs are
 * served behind it too (SM-42). See verb.h.
 */
#include "proto/server/smtp_session.h"

bool
verb_helo_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	return verb_ehlo_take_name(x, argument, refusal_r);
}

void
verb_helo_proceed(struct smtp_server *x)
{
	smtp_session_reply(x, REPLY_HELO, span_of(x->setup.hostname));
	verb_ehlo_begin(x, false);
}
