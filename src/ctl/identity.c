/*
 * For: `restante identity ...`: other addresses of users.
 *
 * Not for: what comes for them, and as whom somebody may write; the server
 * knows.
 *
 * Read on: commands.def for the words and options.
 */
#include "ctl/commands.h"
#include "ctl/output.h"
#include "ctl/pages.h"

int
identity_add(struct ctl *ctl, const struct arguments *a)
{
	static const struct output_line fields[] = {
	    {"Address", "address"}, {"User", "user"}, {NULL, NULL}};
	json_t *answer;
	int status = ctl_ask(ctl,
	    json_pack("{s:s, s:s, s:s}", "do", "identity-add", "user",
		a->words[0], "address", a->words[1]),
	    &answer);

	if (status != CTL_DONE)
		return status;
	if (ctl->json)
		output_json(ctl->out, answer);
	else
		output_object(
		    ctl->out, json_object_get(answer, "identity"), fields);
	json_decref(answer);
	return CTL_DONE;
}

int
identity_remove(struct ctl *ctl, const struct arguments *a)
{
	char room[OUTPUT_ROOM];
	json_t *answer;
	int status = ctl_ask(ctl,
	    json_pack(
		"{s:s, s:s}", "do", "identity-remove", "address", a->words[0]),
	    &answer);

	if (status != CTL_DONE)
		return status;
	return ctl_say(ctl, answer, output_member(answer, "removed", room),
	    "is nobody's address any more.");
}

int
identity_list(struct ctl *ctl, const struct arguments *a)
{
	static const struct pages_column columns[] = {
	    {"ADDRESS", "address", output_member, false},
	    {"USER", "user", output_member, false},
	    {"SINCE", "since", output_member, false},
	    {NULL, NULL, NULL, false},
	};
	json_t *answer;
	int status = pages_ask(ctl,
	    json_pack("{s:s, s:s*}", "do", "identity-list", "user",
		a->n > 0 ? a->words[0] : NULL),
	    "identities", a->limit, &answer);

	if (status != CTL_DONE)
		return status;
	return pages_print(ctl, answer, "identities", columns,
	    "There are no other addresses.");
}
