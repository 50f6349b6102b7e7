/*
 * For: `restante held ...`: messages that wait here until they are pulled.
 *
 * Not for: what the states and routes are; docs/STATES.md tells.
 *
 * Read on: commands.def for the words and options.
 */
#include "ctl/commands.h"
#include "ctl/output.h"
#include "ctl/pages.h"

#include <string.h>

static const char push_meaning[] =
    "push: the destination takes no notices; it is sent the message itself.";

static bool
waits_for_push(const json_t *hold)
{
	const char *route = json_string_value(json_object_get(hold, "route"));

	return route != NULL && strcmp(route, "push") == 0;
}

static bool
any_waits_for_push(const json_t *holds)
{
	const json_t *hold;
	size_t at;

	json_array_foreach(holds, at, hold)
	{
		if (waits_for_push(hold))
			return true;
	}
	return false;
}

int
held_list(struct ctl *ctl, const struct arguments *a)
{
	static const struct pages_column columns[] = {
	    {"ID", "id", output_member, false},
	    {"STATE", "state", output_member, false},
	    {"ROUTE", "route", output_member, false},
	    {"SIZE", "size", output_octets, true},
	    {"FROM", "from", output_member, false},
	    {"TO", "to", output_member, false},
	    {"SUBJECT", "subject", output_member, false},
	    {"NEXT TRY", "next_try", output_member, false},
	    {"EXPIRES", "expires", output_member, false},
	    {"LAST REPLY", "last_reply", output_member, false},
	    {NULL, NULL, NULL, false},
	};
	bool all = arguments_has(a, ARGUMENTS_ALL), push;
	json_t *answer;
	int status = pages_ask(ctl,
	    json_pack("{s:s, s:s*, s:b}", "do", "held-list", "user",
		a->n > 0 ? a->words[0] : NULL, "all", all),
	    "held", a->limit, &answer);

	if (status != CTL_DONE)
		return status;
	push = any_waits_for_push(json_object_get(answer, "held"));
	status = pages_print(ctl, answer, "held", columns,
	    all ? "No message waits here, and none is remembered."
		: "No message waits here.");
	if (push && !ctl->json)
		fprintf(ctl->out, "\n%s\n", push_meaning);
	return status;
}

static void
print_hold(struct ctl *ctl, const json_t *hold)
{
	static const struct output_line fields[] = {
	    {"Identifier", "id"},
	    {"For others", "wire_id"},
	    {"User", "user"},
	    {"From", "from"},
	    {"To", "to"},
	    {"Subject", "subject"},
	    {"State", "state"},
	    {"Verdict", "verdict"},
	    {"Route", "route"},
	    {"Octets", "size"},
	    {"Digest", "digest"},
	    {"Message", "message"},
	    {"Created", "created"},
	    {"Expires", "expires"},
	    {"Next try", "next_try"},
	    {"Tries", "tries"},
	    {"Last reply", "last_reply"},
	    {"Ended", "ended"},
	    {NULL, NULL},
	};
	const json_t *targets = json_object_get(hold, "targets"), *target;
	size_t at;

	output_object(ctl->out, hold, fields);
	json_array_foreach(targets, at, target)
	{
		if (json_is_string(target))
			output_field(ctl->out, "Told to",
			    span_of(json_string_value(target)));
	}
	if (waits_for_push(hold))
		fprintf(ctl->out, "\n%s\n", push_meaning);
}

/* Asks WHAT of one message; its answer is the message as it is then. */
static int
ask_about(struct ctl *ctl, const char *what, const struct arguments *a,
    void (*print)(struct ctl *ctl, const json_t *hold))
{
	json_t *answer;
	int status = ctl_ask(ctl,
	    json_pack("{s:s, s:s}", "do", what, "id", a->words[0]), &answer);

	if (status != CTL_DONE)
		return status;
	if (ctl->json)
		output_json(ctl->out, answer);
	else
		print(ctl, json_object_get(answer, "hold"));
	json_decref(answer);
	return CTL_DONE;
}

int
held_show(struct ctl *ctl, const struct arguments *a)
{
	return ask_about(ctl, "held-show", a, print_hold);
}

static void
print_withdrawn(struct ctl *ctl, const json_t *hold)
{
	(void)hold;
	fputs("The message is withdrawn.\n", ctl->out);
}

int
held_withdraw(struct ctl *ctl, const struct arguments *a)
{
	return ask_about(ctl, "held-withdraw", a, print_withdrawn);
}

static void
print_retried(struct ctl *ctl, const json_t *hold)
{
	(void)hold;
	fputs("Its destination is told as soon as possible.\n", ctl->out);
}

int
held_retry(struct ctl *ctl, const struct arguments *a)
{
	return ask_about(ctl, "held-retry", a, print_retried);
}
