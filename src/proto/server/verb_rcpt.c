/*
 * RCPT (RFC 5321 4.1.1.3) with the parameters of RFC 3461. Whether there is
 * such a recipient is asked of the owner. See verb.h.
 */
#include "base/utf8.h"
#include "proto/command.h"
#include "proto/server/smtp_session.h"

/* Does the session's count of recipients leave room for one more? */
static bool
check_count(const struct smtp_server *x, struct verb_refusal *refusal_r)
{
	/* 5xx: an origin that came back later would do the same again. */
	if (smtp_session_is_turned(x) && x->recipients > 0)
		return verb_refuse(
		    refusal_r, REPLY_BAD_SEQUENCE, "one recipient in a turn");
	if (x->recipients >= x->setup.recipients_max)
		return verb_refuse(refusal_r, REPLY_TOO_MANY_RECIPIENTS, "");
	return true;
}

bool
verb_rcpt_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	struct address_rules rules = {.utf8 = true, .bare_postmaster = true};
	struct params_rules params = {.verb = PARAMS_RCPT, .dsn = true};
	struct span path, rest;

	if (command_path(argument, "TO:", &path, &rest) < 0)
		return verb_refuse(refusal_r, REPLY_BAD_ARGUMENT,
		    "RCPT TO:<address> is expected");
	if (!verb_address(x, path, rules,
		(struct verb_refusal){REPLY_BAD_RECIPIENT, ""}, refusal_r) ||
	    !verb_params(rest, params, &x->params, refusal_r))
		return false;
	if (!x->has_utf8 && !utf8_is_ascii(path))
		return verb_refuse(refusal_r, REPLY_NEED_UTF8, "");
	return check_count(x, refusal_r);
}

void
verb_rcpt_proceed(struct smtp_server *x)
{
	x->event.address = &x->address;
	x->event.params = &x->params;
	smtp_session_ask(x, ASKED_RCPT, SMTP_SERVER_RCPT);
}

void
verb_rcpt_answer(struct smtp_server *x, enum reply_name reply, struct span text)
{
	bool is_accepted = reply_code(reply) / 100 == 2;

	if (is_accepted)
		x->recipients++;
	/* A turn has one recipient: without it there is no transaction. */
	if (smtp_session_is_turned(x) && !is_accepted)
		smtp_session_end(x, reply, text);
	else
		smtp_session_reply(x, reply, text);
}
