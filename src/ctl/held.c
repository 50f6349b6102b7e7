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
    "push: the destination takes no notices; the message waits.";

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

	json_array_foreach(
	    holds, at, hold) if (waits_for_push(hold)) return true;
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
	    {"SENDER", "sender", output_member, false},
	    {"RECIPIENT", "recipient", output_member, false},
	    {"NEXT", "next", output_member, false},
	    {"TRIES", "tries", output_member, true},
	    {"REPLY", "reply", output_member, false},
	    {NULL, NULL, NULL, false},
	};
	bool all = (a->seen & ARGUMENTS_ALL) != 0, push;
	json_t *answer;
	int status = pages_ask(ctl,
	    json_pack("{s:s, s:s*, s:b}", "do", "held-list", "user",
		a->n > 0 ? a->words[0] : NULL, "all", all),
	    "holds", a->limit, &answer);

	if (status != CTL_DONE)
		return status;
	push = any_waits_for_push(json_object_get(answer, "holds"));
	status = pages_print(ctl, answer, "holds", columns,
	    all ? "No message waits here, and none is remembered."
		: "No message waits here.");
	if (push && !ctl->json)
		fprintf(ctl->out, "\n%s\n", push_meaning);
	return status;
}

static void
show_hold(struct ctl *ctl, const json_t *hold)
{
	static const struct {
		const char *label, *key;
	} fields[] = {
	    {"Identifier", "id"},
	    {"User", "user"},
	    {"Sender", "sender"},
	    {"Recipient", "recipient"},
	    {"State", "state"},
	    {"Route", "route"},
	    {"Octets", "size"},
	    {"Digest", "digest"},
	    {"Message", "message"},
	    {"Created", "created"},
	    {"Expires", "expires"},
	    {"Next step", "next"},
	    {"Tries", "tries"},
	    {"Last reply", "reply"},
	    {"Ended", "ended"},
	};
	const json_t *targets = json_object_get(hold, "targets"), *target;
	char room[OUTPUT_ROOM];
	size_t at;

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		output_field(ctl->out, fields[i].label,
		    output_member(hold, fields[i].key, room));
	json_array_foreach(targets, at, target) if (json_is_string(target))
	    output_field(
		ctl->out, "Told to", span_of(json_string_value(target)));
	if (waits_for_push(hold))
		fprintf(ctl->out, "\n%s\n", push_meaning);
}

int
held_show(struct ctl *ctl, const struct arguments *a)
{
	json_t *answer;
	int status = ctl_ask(ctl,
	    json_pack("{s:s, s:s}", "do", "held-show", "id", a->words[0]),
	    &answer);

	if (status != CTL_DONE)
		return status;
	if (ctl->json)
		output_json(ctl->out, answer);
	else
		show_hold(ctl, json_object_get(answer, "hold"));
	json_decref(answer);
	return CTL_DONE;
}
