/*
 * MAIL (RFC 5321 4.1.1.2) with SIZE, BODY, SMTPUTF8, DSN and the words of
 * WIRE 2. Whether the sender may be believed is asked of the owner. See
 * verb.h.
 */
#include "base/utf8.h"
#include "proto/command.h"
#include "proto/server/smtp_session.h"

static bool
may_send(const struct smtp_server *x)
{
	return x->setup.kind != SMTP_SERVER_SUBMISSION || x->is_authenticated;
}

bool
verb_mail_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	struct address_rules rules = {.empty_ok = true, .utf8 = true};
	struct params_rules params = {
	    .verb = PARAMS_MAIL,
	    .utf8 = true,
	    .dsn = true,
	    .auth = x->setup.kind == SMTP_SERVER_SUBMISSION,
	};
	struct span path, rest;

	if (!may_send(x))
		return verb_refuse(refusal_r, REPLY_AUTH_REQUIRED, "");
	if (command_path(argument, "FROM:", &path, &rest) < 0)
		return verb_refuse(refusal_r, REPLY_BAD_ARGUMENT,
		    "MAIL FROM:<address> is expected");
	if (!verb_address(x, path, rules,
		(struct verb_refusal){REPLY_BAD_SENDER, ""}, refusal_r) ||
	    !verb_params(rest, params, &x->params, refusal_r))
		return false;
	if (!x->params.smtputf8 && !utf8_is_ascii(path))
		return verb_refuse(refusal_r, REPLY_NEED_UTF8, "");
	if (x->params.has_size && x->params.size > x->setup.message_size)
		return verb_refuse(refusal_r, REPLY_TOO_LARGE, "");
	return true;
}

void
verb_mail_proceed(struct smtp_server *x)
{
	x->event.address = &x->address;
	x->event.params = &x->params;
	smtp_session_ask(x, ASKED_MAIL, SMTP_SERVER_MAIL);
}

void
verb_mail_answer(struct smtp_server *x, enum reply_name reply, struct span text)
{
	if (reply_code(reply) / 100 != 2) {
		smtp_session_end(x, reply, text);
		return;
	}
	x->has_transaction = true;
	x->has_utf8 = x->params.smtputf8;
	x->has_dmtp = x->params.dmtp;
	x->has_size = x->params.has_size;
	x->size = x->params.size;
	smtp_session_enter(x, SMTP_TRANSACTION);
	smtp_session_reply(x, reply, text);
}
