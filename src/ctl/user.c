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

int
user_add(struct ctl *ctl, const struct arguments *a)
{
	char password[PASSWORD_MAX + 1];
	json_t *answer;
	int status = password_read(
	    ctl, arguments_has(a, ARGUMENTS_PASSWORD_STDIN), password);

	if (status == CTL_DONE)
		status = ctl_ask_always(ctl,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "do",
			"user-add", "address", a->words[0], "password",
			password, "mode", a->mode == NULL ? "server" : a->mode,
			"from_check",
			a->from_check == NULL ? "both" : a->from_check,
			"answers", a->answers == NULL ? "listed" : a->answers,
			"trash", a->trash == NULL ? "nothing" : a->trash),
		    &answer);
	explicit_bzero(password, sizeof password);
	if (status != CTL_DONE)
		return status;
	return ctl_say(ctl, answer, span_of(a->words[0]), "is a user now");
}

int
user_passwd(struct ctl *ctl, const struct arguments *a)
{
	char password[PASSWORD_MAX + 1];
	json_t *answer;
	int status = password_read(
	    ctl, arguments_has(a, ARGUMENTS_PASSWORD_STDIN), password);

	if (status == CTL_DONE)
		status = ctl_ask(ctl,
		    json_pack("{s:s, s:s, s:s}", "do", "user-set", "address",
			a->words[0], "password", password),
		    &answer);
	explicit_bzero(password, sizeof password);
	if (status != CTL_DONE)
		return status;
	return ctl_say(
	    ctl, answer, span_of(a->words[0]), "has another password now");
}

int
user_set(struct ctl *ctl, const struct arguments *a)
{
	json_t *answer;
	int status;

	if (a->mode == NULL && a->from_check == NULL && a->answers == NULL &&
	    a->trash == NULL && a->submission == NULL)
		return ctl_fail(ctl, "usage",
		    "nothing to change: give --mode, --from-check, --answers, "
		    "--trash or --submission");
	status = ctl_ask(ctl,
	    json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*}", "do",
		"user-set", "address", a->words[0], "mode", a->mode,
		"from_check", a->from_check, "answers", a->answers, "trash",
		a->trash, "submission", a->submission),
	    &answer);
	if (status != CTL_DONE)
		return status;
	return ctl_say(ctl, answer, span_of(a->words[0]), "is changed");
}

/* Asks WHAT of the user that A names. */
static int
ask_about(struct ctl *ctl, const char *what, const struct arguments *a,
    json_t **answer_r)
{
	return ctl_ask(ctl,
	    json_pack("{s:s, s:s}", "do", what, "address", a->words[0]),
	    answer_r);
}

int
user_remove(struct ctl *ctl, const struct arguments *a)
{
	json_t *answer;
	int status = ask_about(ctl, "user-remove", a, &answer);

	if (status != CTL_DONE)
		return status;
	return ctl_say(
	    ctl, answer, span_of(a->words[0]), "is no user any more");
}

/* One of those who said SPAM or SPAMMER, a line each. */
static void
print_complaint(struct ctl *ctl, const json_t *complaint)
{
	static const char *const keys[] = {
	    "at", "verdict", "recipient", "subject"};
	char room[OUTPUT_ROOM];
	struct buf line;

	buf_init(&line, 4 * OUTPUT_SHOWN_MAX);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		buf_text(&line, "  ");
		output_shown(output_member(complaint, keys[i], room), &line);
	}
	fprintf(ctl->out, "%s\n", buf_string(&line));
	buf_fini(&line);
}

static void
print_user(struct ctl *ctl, const json_t *user)
{
	static const struct output_line fields[] = {
	    {"Address", "address"},
	    {"Mode", "mode"},
	    {"From-check", "from_check"},
	    {"Answers", "answers"},
	    {"Trash", "trash"},
	    {"Created", "created"},
	    {"Submission", "submission"},
	    {"Complaints today", "complaints_today"},
	    {NULL, NULL},
	};
	const json_t *complaint, *address;
	const char *label = "Identities";
	size_t at;

	output_object(ctl->out, user, fields);
	json_array_foreach(json_object_get(user, "identities"), at, address)
	{
		if (json_is_string(address))
			output_field(ctl->out, label,
			    span_of(json_string_value(address)));
		label = "";
	}
	json_array_foreach(json_object_get(user, "complaints"), at, complaint)
	    print_complaint(ctl, complaint);
}

int
user_show(struct ctl *ctl, const struct arguments *a)
{
	json_t *answer;
	int status = ask_about(ctl, "user-show", a, &answer);

	if (status != CTL_DONE)
		return status;
	if (ctl->json)
		output_json(ctl->out, answer);
	else
		print_user(ctl, json_object_get(answer, "user"));
	json_decref(answer);
	return CTL_DONE;
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
