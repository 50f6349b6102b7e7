/*
 * ACCEPT, AUTHORIZE, REJECT, SPAM, SPAMMER (SM-29 to SM-33, SM-47, WIRE 6):
 * what a recipient of the peer decided about a message that waits here. The
 * first two turn the connection when they are granted; what arrives before
 * that is out of turn (AT-16). See verb.h.
 *
 *   verdict = word SP ( id / msg-id ) [ SP "To:" path ] [ SP "HAVE" ]
 *   msg-id  = "<" 1*VCHAR ">"             ; RFC 5322 3.6.4, and looser
 */
#include "proto/command.h"
#include "proto/server/smtp_session.h"

#include <assert.h>

static bool
is_message_id(struct span s)
{
	if (s.n < 3 || s.n > SMTP_MESSAGE_ID_MAX || s.p[0] != '<' ||
	    span_find(s, 0, '>') != s.n - 1)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	}
	return true;
}

/* [ "To:" path ] [ "HAVE" ], into the session. */
static bool
check_rest(
    struct smtp_server *x, struct span rest, struct verb_refusal *refusal_r)
{
	struct address_rules rules = {.utf8 = true, .bare_postmaster = true};
	const struct verb_refusal bad = {REPLY_BAD_TO, ""};
	struct span have = span_of("HAVE");
	struct span path;

	x->has_to = rest.n > 0 && !span_equals_nocase(rest, have);
	if (x->has_to) {
		if (command_path(rest, "TO:", &path, &rest) < 0)
			return verb_refuse(refusal_r, bad.reply, bad.text);
		if (!verb_address(x, path, rules, bad, refusal_r))
			return false;
	}
	x->has_have = span_equals_nocase(rest, have);
	if (rest.n > 0 && !x->has_have)
		return verb_refuse(refusal_r, REPLY_BAD_ARGUMENT,
		    "nothing but HAVE may follow");
	return true;
}

/* The rows of the verbs stand as the verdicts do. */
_Static_assert(VERB_AUTHORIZE - VERB_ACCEPT == SMTP_VERDICT_AUTHORIZE &&
		   VERB_REJECT - VERB_ACCEPT == SMTP_VERDICT_REJECT &&
		   VERB_SPAM - VERB_ACCEPT == SMTP_VERDICT_SPAM &&
		   VERB_SPAMMER - VERB_ACCEPT == SMTP_VERDICT_SPAMMER,
    "verbs.def and enum verdict differ");

bool
verb_verdict_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	struct span id, rest;

	command_split(argument, &id, &rest);
	if (!identifier_is_legal(id) && !is_message_id(id))
		return verb_refuse(
		    refusal_r, REPLY_BAD_ARGUMENT, "malformed identifier");
	if (!check_rest(x, rest, refusal_r))
		return false;
	span_copy(id, x->id, sizeof(x->id));
	x->verdict = (enum verdict)(x->verb - VERB_ACCEPT);
	return true;
}

void
verb_verdict_proceed(struct smtp_server *x)
{
	x->event.text = span_of(x->id);
	x->event.address = x->has_to ? &x->address : NULL;
	x->event.verdict = x->verdict;
	x->event.have = x->has_have;
	smtp_session_ask(x, ASKED_VERDICT, SMTP_SERVER_VERDICT);
}

void
verb_verdict_answer(
    struct smtp_server *x, enum reply_name reply, struct span text)
{
	bool turns = verdict_turns(x->verdict);

	/* A peer that hears 250 to ACCEPT has given up the floor. */
	assert(
	    (reply == REPLY_YOUR_TURN) == (turns && reply_code(reply) == 250));
	if (reply == REPLY_YOUR_TURN)
		smtp_session_give_floor(x, reply, SMTP_SERVER_TURN);
	else
		smtp_session_reply(x, reply, text);
}
