/*
 * DATA (RFC 5321 4.1.1.4): asks whether content may come. The content itself
 * is read by smtp_content.c. See verb.h.
 */
#include "proto/server/smtp_content.h"
#include "proto/server/smtp_session.h"

bool
verb_data_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	if (verb_msid_is_awaited(x))
		return verb_refuse(refusal_r, REPLY_SEND_MSID, "");
	if (x->recipients == 0)
		return verb_refuse(refusal_r, REPLY_NO_RECIPIENTS, "");
	return verb_check_bare(argument, refusal_r);
}

void
verb_data_proceed(struct smtp_server *x)
{
	x->event.bdat = false;
	smtp_session_ask(x, ASKED_DATA, SMTP_SERVER_DATA);
}

void
verb_data_answer(struct smtp_server *x, enum reply_name reply, struct span text)
{
	if (reply != REPLY_SEND_CONTENT) {
		smtp_session_end(x, reply, text);
		return;
	}
	smtp_content_start(x);
	smtp_session_enter(x, SMTP_CONTENT);
	smtp_session_reply(x, reply, text);
}
