/*
 * For: `restante list ...`: users' lists, whose mail they want and who wants
 * theirs; a single entry, and what is on them.
 *
 * Not for: lists as text (list_file.c), and what a list does to mail
 * (docs/WIRE.md 10).
 *
 * Read on: commands.def for the words and options.
 */
#include "ctl/list.h"

#include "ctl/commands.h"
#include "ctl/output.h"
#include "ctl/pages.h"

#include <string.h>

const char *
list_side(const struct arguments *a)
{
	return arguments_has(a, ARGUMENTS_OUTGOING) ? "outgoing" : "incoming";
}

/* ---- shown ---- */

/* Where an entry names no server, the list says what that means. */
static struct span
server_of(const json_t *entry, const char *key, char room[OUTPUT_ROOM])
{
	const char *list = json_string_value(json_object_get(entry, "list"));

	if (list != NULL && strcmp(list, "deny") == 0 &&
	    json_is_null(json_object_get(entry, key)))
		return span_of("*");
	return output_member(entry, key, room);
}

int
list_show(struct ctl *ctl, const struct arguments *a)
{
	static const struct pages_column incoming[] = {
	    {"LIST", "list", output_member, false},
	    {"ADDRESS", "address", output_member, false},
	    {"SERVER", "server", server_of, false},
	    {"BY", "by", output_member, false},
	    {"SINCE", "since", output_member, false},
	    {NULL, NULL, NULL, false},
	};
	static const struct pages_column outgoing[] = {
	    {"LIST", "list", output_member, false},
	    {"ADDRESS", "address", output_member, false},
	    {"BY", "by", output_member, false},
	    {"SINCE", "since", output_member, false},
	    {NULL, NULL, NULL, false},
	};
	bool goes = arguments_has(a, ARGUMENTS_OUTGOING);
	json_t *answer;
	int status = pages_ask(ctl,
	    json_pack("{s:s, s:s, s:s, s:s*}", "do", "list-show", "user",
		a->words[0], "side", list_side(a), "address",
		a->n > 1 ? a->words[1] : NULL),
	    "entries", a->limit, &answer);

	if (status != CTL_DONE)
		return status;
	return pages_print(ctl, answer, "entries", goes ? outgoing : incoming,
	    "There is nothing on that list.");
}

/* ---- one entry ---- */

/* As the list shows an entry without a server. */
static const char *
server_asked(const struct arguments *a)
{
	if (a->server != NULL &&
	    (strcmp(a->server, "-") == 0 || strcmp(a->server, "*") == 0))
		return "";
	return a->server;
}

static int
put(struct ctl *ctl, const struct arguments *a, const char *list)
{
	char room[2][OUTPUT_ROOM];
	const json_t *entry;
	json_t *answer;
	int status = ctl_ask(ctl,
	    json_pack("{s:s, s:s, s:s, s:[{s:s, s:s, s:s*}]}", "do", "list-put",
		"user", a->words[0], "side", list_side(a), "entries", "list",
		list, "address", a->words[1], "server", server_asked(a)),
	    &answer);

	if (status != CTL_DONE)
		return status;
	entry = json_object_get(answer, "entry");
	if (ctl->json) {
		output_json(ctl->out, answer);
	} else {
		output_field(ctl->out, "List", span_of(list));
		output_field(ctl->out, "Address",
		    output_member(entry, "address", room[0]));
		if (!arguments_has(a, ARGUMENTS_OUTGOING))
			output_field(ctl->out, "Server",
			    server_of(entry, "server", room[1]));
	}
	json_decref(answer);
	return CTL_DONE;
}

int
list_allow(struct ctl *ctl, const struct arguments *a)
{
	return put(ctl, a, "allow");
}

int
list_deny(struct ctl *ctl, const struct arguments *a)
{
	return put(ctl, a, "deny");
}

int
list_forget(struct ctl *ctl, const struct arguments *a)
{
	char room[OUTPUT_ROOM];
	json_t *answer;
	int status = ctl_ask(ctl,
	    json_pack("{s:s, s:s, s:s, s:s, s:s*}", "do", "list-forget", "user",
		a->words[0], "side", list_side(a), "address", a->words[1],
		"server", server_asked(a)),
	    &answer);

	if (status != CTL_DONE)
		return status;
	return ctl_say(ctl, answer, output_member(answer, "forgotten", room),
	    "is off the list.");
}
