/*
 * For: `restante spf`: what the Sender Policy Framework says of one host and
 * one sender, with the reason in plain words.
 *
 * Not for: the evaluation (trust/spf.c) and the look-ups
 * (daemon/resolver/lookup.c).
 *
 * Read on: commands.def.
 */
#include "ctl/commands.h"
#include "ctl/output.h"

static int
missing(struct ctl *ctl, const char *option)
{
	struct err err;

	err_set(&err, -E_SYNTAX, "%s is missing", option);
	return ctl_fail(ctl, "usage", err.text);
}

int
sender_policy_ask(struct ctl *ctl, const struct arguments *a)
{
	const struct ctl_policy_ask ask = {a->ip, a->from, a->helo, a->dns};
	struct ctl_policy_answer answer;
	json_t *document;
	struct err err;
	int error;

	if (a->ip == NULL)
		return missing(ctl, "--ip");
	if (a->from == NULL)
		return missing(ctl, "--from");
	if (a->helo == NULL)
		return missing(ctl, "--helo");
	error = ctl->world->policy(&ask, &answer, &err);
	if (error != 0)
		return ctl_fail(
		    ctl, error == -E_SYNTAX ? "bad" : "later", err.text);
	if (ctl->json) {
		document = json_pack("{s:s, s:s}", "result", answer.result,
		    "explanation", answer.explanation);
		output_json(ctl->out, document);
		json_decref(document);
	} else {
		output_field(ctl->out, "Result", span_of(answer.result));
		output_field(ctl->out, "Because", span_of(answer.explanation));
	}
	return CTL_DONE;
}
