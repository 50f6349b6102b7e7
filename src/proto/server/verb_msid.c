/*
 * MSID (DM-04, DM-15, WIRE 5): instead of content, the identifier under which
 * it waits at the peer. It ends the transaction, whatever the answer; several
 * recipients may share it. See verb.h.
 *
 *   msid = "MSID" SP id [ SP subject ]    ; after MAIL with DMTP, and RCPT
 */
#include "base/err.h"
#include "proto/command.h"
#include "proto/server/smtp_session.h"

bool
verb_msid_is_awaited(const struct smtp_server *x)
{
	return x->has_dmtp && (x->keywords & SMTP_KEYWORD_MSID) != 0;
}

bool
verb_msid_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	struct span id, subject;
	int result;

	if (!x->has_dmtp)
		return verb_refuse(
		    refusal_r, REPLY_BAD_SEQUENCE, "MAIL with DMTP first");
	if (x->recipients == 0)
		return verb_refuse(refusal_r, REPLY_BAD_SEQUENCE, "RCPT first");
	command_split(argument, &id, &subject);
	if (!identifier_is_legal(id))
		return verb_refuse(
		    refusal_r, REPLY_BAD_ARGUMENT, "malformed identifier");
	result = subject_read(subject, x->subject);
	if (result == -E_NOMEM)
		return verb_refuse(refusal_r, REPLY_DELIVERY_LATER, "");
	if (result < 0)
		return verb_refuse(refusal_r, REPLY_BAD_ARGUMENT,
		    "control character in the subject");
	span_copy(id, x->id, sizeof(x->id));
	return true;
}

void
verb_msid_proceed(struct smtp_server *x)
{
	x->has_transaction = false;
	x->event.text = span_of(x->id);
	x->event.subject = span_of(x->subject);
	smtp_session_ask(x, ASKED_MSID, SMTP_SERVER_MSID);
}
