/*
 * HELP (RFC 5321 4.1.1.8): the verbs that this kind of server knows, or how
 * one of them is written, both from verbs.def. See verb.h.
 */
#include "proto/server/smtp_session.h"

static bool
is_known(const struct smtp_server *x, unsigned verb)
{
	return (verb_row((enum verb)verb)->kinds & 1u << x->setup.kind) != 0;
}

bool
verb_help_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	x->help_about = verb_find(argument);
	if (argument.n == 0)
		return true;
	if (x->help_about != VERB_COUNT && is_known(x, x->help_about))
		return true;
	return verb_refuse(refusal_r, REPLY_BAD_ARGUMENT, "no such verb");
}

static void
list_verbs(struct smtp_server *x)
{
	struct buf words;

	buf_init(&words, REPLY_ARGUMENT_MAX);
	buf_text(&words, "verbs:");
	for (unsigned verb = 0; verb < VERB_COUNT; verb++) {
		if (is_known(x, verb))
			buf_print(
			    &words, " %s", verb_row((enum verb)verb)->word);
	}
	smtp_session_reply(x, REPLY_HELP, buf_span(&words));
	buf_fini(&words);
}

void
verb_help_proceed(struct smtp_server *x)
{
	if (x->help_about == VERB_COUNT)
		list_verbs(x);
	else
		smtp_session_reply(
		    x, REPLY_HELP, span_of(verb_row(x->help_about)->help));
}
