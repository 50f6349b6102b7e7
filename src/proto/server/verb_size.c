/*
 * SIZE= on a line of its own (SM-45, WIRE 2): how large the message of this
 * envelope or mail is, as SMDP writes it. See verb.h.
 *
 *   size = "SIZE=" number
 */
#include "base/err.h"
#include "proto/server/smtp_session.h"

/* "=5", as command_verb() leaves it. */
static int
parse(struct span argument, uint64_t *size_r)
{
	if (argument.n == 0 || argument.p[0] != '=')
		return -E_SYNTAX;
	return span_number(span_skip(argument, 1), UINT64_MAX, size_r);
}

bool
verb_size_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	uint64_t size;

	if (parse(argument, &size) < 0)
		return verb_refuse(
		    refusal_r, REPLY_BAD_ARGUMENT, "SIZE=octets");
	if (x->has_size && x->size != size)
		return verb_refuse(
		    refusal_r, REPLY_BAD_ARGUMENT, "another size was said");
	if (size > x->setup.message_size)
		return verb_refuse(refusal_r, REPLY_TOO_LARGE, "");
	x->has_size = true;
	x->size = size;
	return true;
}

void
verb_size_proceed(struct smtp_server *x)
{
	x->event.size = x->size;
	smtp_session_tell(x, SMTP_SERVER_SIZE);
	smtp_session_reply(x, REPLY_SIZE_OK, (struct span){NULL, 0});
}
