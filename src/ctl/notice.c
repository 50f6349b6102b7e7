/*
 * For: `restante notice ...`: what other servers told us waits for us there.
 *
 * Not for: what the states are; docs/STATES.md tells.
 *
 * Read on: commands.def for the words and options.
 */
#include "ctl/commands.h"
#include "ctl/output.h"
#include "ctl/pages.h"

int
notice_list(struct ctl *ctl, const struct arguments *a)
{
	static const struct pages_column columns[] = {
	    {"ID", "id", output_member, false},
	    {"DOMAIN", "domain", output_member, false},
	    {"ADDRESS", "address", output_member, false},
	    {"DIALECT", "dialect", output_member, false},
	    {"STATE", "state", output_member, false},
	    {"UNCONFIRMED", "unconfirmed", output_member, false},
	    {"SIZE", "size", output_octets, true},
	    {"EXPIRES", "expires", output_member, false},
	    {"NEXT TRY", "next_try", output_member, false},
	    {"TRIES", "tries", output_member, true},
	    {"LAST REPLY", "last_reply", output_member, false},
	    {NULL, NULL, NULL, false},
	};
	json_t *answer;
	int status = pages_ask(ctl, json_pack("{s:s}", "do", "notice-list"),
	    "notices", a->limit, &answer);

	if (status != CTL_DONE)
		return status;
	return pages_print(ctl, answer, "notices", columns,
	    "No message waits for us elsewhere.");
}
