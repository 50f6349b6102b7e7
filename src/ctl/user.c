/*
 * For: `restante user ...`: people who have a mailbox here and submit here.
 *
 * Not for: what mode and from-check mean; docs/WIRE.md 10 tells.
 *
 * Read on: commands.def for the words and options.
 */
#include "ctl/commands.h"
#include "ctl/output.h"
#include "ctl/pages.h"
#include "ctl/password.h"

#include <string.h>

static bool
has(const struct arguments *arguments, enum arguments_option option)
{
	return (arguments->seen & option) != 0;
}

/* Sends REQUEST; says DONE and the address, or prints the answer as JSON. */
static int
finish(struct ctl *ctl, json_t *request, const char *done, const char *address)
{
	json_t *answer;
	struct buf shown;
	int status = ctl_ask(ctl, request, &answer);

	if (status != CTL_DONE)
		return status;
	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(span_of(address), &shown);
	if (ctl->json)
		output_json(ctl->out, answer);
	else
		fprintf(ctl->out, "%s %s\n", buf_string(&shown), done);
	buf_fini(&shown);
	json_decref(answer);
	return CTL_DONE;
}

int
user_add(struct ctl *ctl, const struct arguments *a)
{
	char password[PASSWORD_MAX + 1];
	int status =
	    password_read(ctl, has(a, ARGUMENTS_PASSWORD_STDIN), password);

	if (status == CTL_DONE)
		status = finish(ctl,
		    json_pack("{s:s, s:s, s:s, s:s, s:s}", "do", "user-add",
			"address", a->words[0], "password", password, "mode",
			a->mode == NULL ? "server" : a->mode, "from_check",
			a->from_check == NULL ? "both" : a->from_check),
		    "is a user now", a->words[0]);
	explicit_bzero(password, sizeof password);
	return status;
}

int
user_change(struct ctl *ctl, const struct arguments *a)
{
	if (a->mode == NULL && a->from_check == NULL) {
		fputs("restante: nothing to change: give --mode or "
		      "--from-check\n",
		    ctl->err);
		return CTL_USAGE;
	}
	return finish(ctl,
	    json_pack("{s:s, s:s, s:s*, s:s*}", "do", "user-change", "address",
		a->words[0], "mode", a->mode, "from_check", a->from_check),
	    "is changed", a->words[0]);
}

int
user_password(struct ctl *ctl, const struct arguments *a)
{
	char password[PASSWORD_MAX + 1];
	int status =
	    password_read(ctl, has(a, ARGUMENTS_PASSWORD_STDIN), password);

	if (status == CTL_DONE)
		status = finish(ctl,
		    json_pack("{s:s, s:s, s:s}", "do", "user-change", "address",
			a->words[0], "password", password),
		    "has another password now", a->words[0]);
	explicit_bzero(password, sizeof password);
	return status;
}

int
user_remove(struct ctl *ctl, const struct arguments *a)
{
	return finish(ctl,
	    json_pack(
		"{s:s, s:s}", "do", "user-remove", "address", a->words[0]),
	    "is no user any more", a->words[0]);
}

int
user_list(struct ctl *ctl, const struct arguments *a)
{
	static const struct pages_column columns[] = {
	    {"ADDRESS", "address", output_member, false},
	    {"MODE", "mode", output_member, false},
	    {"FROM-CHECK", "from_check", output_member, false},
	    {"CREATED", "created", output_member, false},
	    {NULL, NULL, NULL, false},
	};
	json_t *answer;
	int status = pages_ask(ctl, json_pack("{s:s}", "do", "user-list"),
	    "users", a->limit, &answer);

	if (status != CTL_DONE)
		return status;
	return pages_print(ctl, answer, "users", columns,
	    "There are no users yet; `restante user add` makes one.");
}
