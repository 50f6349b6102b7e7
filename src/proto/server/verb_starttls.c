/*
 * STARTTLS (RFC 3207). The handshake is the pump's; octets that came behind
 * the command in clear are out of turn (AT-16). See verb.h.
 */
#include "proto/server/smtp_session.h"

bool
verb_starttls_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	if (!smtp_session_may_start_tls(x))
		return verb_refuse(refusal_r, REPLY_NOT_OFFERED, "");
	return verb_check_bare(argument, refusal_r);
}

void
verb_starttls_proceed(struct smtp_server *x)
{
	smtp_session_give_floor(x, REPLY_TLS_READY, SMTP_SERVER_START_TLS);
}
