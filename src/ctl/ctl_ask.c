/*
 * For: putting one request of a command to the server, or to the store when no
 * server runs; and saying what went wrong, with the exit status for it.
 *
 * Not for: what is asked; each noun's file does that.
 *
 * Read on: docs/CONTROL.md.
 */
#include "ctl/ctl.h"

#include "ctl/control.h"
#include "ctl/output.h"

#include <string.h>

static const struct {
	const char *code;
	enum ctl_exit status;
} failures[] = {
    {"usage", CTL_USAGE},
    {"bad", CTL_BAD},
    {"exists", CTL_BAD},
    {"conflict", CTL_BAD},
    {"full", CTL_BAD},
    {"no-id", CTL_NO_ID},
    {"no-user", CTL_NO_USER},
    {"not-running", CTL_NOT_RUNNING},
    {"later", CTL_LATER},
    {"configuration", CTL_CONFIGURATION},
};

static enum ctl_exit
status_of(const char *code)
{
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (strcmp(failures[i].code, code) == 0)
			return failures[i].status;
	return CTL_LATER; /* a newer server's word */
}

int
ctl_fail(struct ctl *ctl, const char *code, const char *text)
{
	json_t *answer;
	struct buf shown;

	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(span_of(text), &shown);
	fprintf(ctl->err, "restante: %s\n", buf_string(&shown));
	if (ctl->json) {
		answer = json_pack("{s:{s:s, s:s}}", "error", "code", code,
		    "text", buf_string(&shown));
		output_json(ctl->out, answer);
		json_decref(answer);
	}
	buf_fini(&shown);
	return status_of(code);
}

/* The word for a negative code of control.h, or of stopped(). */
static const char *
code_of(int error)
{
	if (error == -E_CLOSED || error == -E_DENIED || error == -E_SYSTEM)
		return "not-running";
	return "later";
}

/* The server's own refusal, as far as it can be understood. */
int
ctl_refused(struct ctl *ctl, const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const char *text = json_string_value(json_object_get(error, "text"));
	const char *code = json_string_value(json_object_get(error, "code"));

	return ctl_fail(ctl, code == NULL ? "later" : code,
	    text == NULL ? "the server refused without a reason" : text);
}

static int
ask_server(struct ctl *ctl, const json_t *request, bool always,
    json_t **answer_r, struct err *err)
{
	int error = 0;

	if (ctl->control == NULL)
		error = control_open_of(ctl->settings, &ctl->control, err);
	if (error == 0)
		return control_ask(ctl->control, request, answer_r, err);
	if (error != -E_CLOSED || !always)
		return error;
	return ctl->world->stopped(ctl->settings, request, answer_r, err);
}

/* Did the server say that there is no such thing? */
static bool
is_missing(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const char *code = json_string_value(json_object_get(error, "code"));

	return code != NULL && strcmp(code, "no-id") == 0;
}

enum whom { SERVER, SERVER_OR_STORE };
enum refusal { IS_FAILURE, IS_NULL_IF_MISSING, IS_ANSWER };

static int
ask(struct ctl *ctl, json_t *request, enum whom whom, enum refusal refusal,
    json_t **answer_r)
{
	json_t *answer = NULL;
	struct err err;
	int error = 0, status = CTL_DONE;

	*answer_r = NULL;
	if (request == NULL)
		return ctl_fail(ctl, "bad", "a word is not UTF-8 text");
	if (ctl->settings == NULL &&
	    settings_load(ctl->config, &ctl->settings, NULL, &err) != 0) {
		json_decref(request);
		return ctl_fail(ctl, "configuration", err.text);
	}
	error =
	    ask_server(ctl, request, whom == SERVER_OR_STORE, &answer, &err);
	json_decref(request);
	if (error != 0)
		return ctl_fail(ctl, code_of(error), err.text);
	if (json_is_true(json_object_get(answer, "ok")) ||
	    refusal == IS_ANSWER) {
		json_object_del(answer, "ok");
		*answer_r = answer;
		return CTL_DONE;
	}
	if (refusal == IS_FAILURE || !is_missing(answer))
		status = ctl_refused(ctl, answer);
	json_decref(answer);
	return status;
}

int
ctl_ask(struct ctl *ctl, json_t *request, json_t **answer_r)
{
	return ask(ctl, request, SERVER, IS_FAILURE, answer_r);
}

int
ctl_ask_if_there(struct ctl *ctl, json_t *request, json_t **answer_r)
{
	return ask(ctl, request, SERVER, IS_NULL_IF_MISSING, answer_r);
}

int
ctl_ask_either(struct ctl *ctl, json_t *request, json_t **answer_r)
{
	return ask(ctl, request, SERVER, IS_ANSWER, answer_r);
}

int
ctl_ask_always(struct ctl *ctl, json_t *request, json_t **answer_r)
{
	return ask(ctl, request, SERVER_OR_STORE, IS_FAILURE, answer_r);
}

int
ctl_say(struct ctl *ctl, json_t *answer, struct span text, const char *said)
{
	struct buf shown;

	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(text, &shown);
	if (ctl->json)
		output_json(ctl->out, answer);
	else
		fprintf(ctl->out, "%s %s\n", buf_string(&shown), said);
	buf_fini(&shown);
	json_decref(answer);
	return CTL_DONE;
}
