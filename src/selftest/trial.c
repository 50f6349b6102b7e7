/*
 * For: the order of the steps, and what every step needs: waiting with an end,
 * asking the server, telling why.
 *
 * Not for: what the steps do (trial_account.c, trial_mail.c, trial_stub.c).
 */
#include "selftest/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PAUSE_MS 100 /* between two looks */

enum step_id {
#define STEP(id, needs, run, name, text) STEP_##id,
#include "selftest/trial_steps.def"
#undef STEP
	STEPS
};

#define STEP_BIT(id) (1u << STEP_##id)

static const struct step {
	unsigned needs;
	trial_step *run;
	const char *name, *text;
} steps[] = {
#define STEP(id, needs, run, name, text) {needs, run, name, text},
#include "selftest/trial_steps.def"
#undef STEP
};

/* Always last, whatever failed. */
static const struct step cleaning = {
    0, trial_clean_up, "clean-up", "user and mailbox are removed again"};

/* ---- why ---- */

int
trial_fail(struct trial *t, int code, const char *hint, const char *format, ...)
{
	va_list arguments;

	t->why.code = code;
	va_start(arguments, format);
	vsnprintf(t->why.text, sizeof t->why.text, format, arguments);
	va_end(arguments);
	snprintf(t->hint, sizeof t->hint, "%s", hint);
	return code;
}

int
trial_hint(struct trial *t, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(t->hint, sizeof t->hint, format, arguments);
	va_end(arguments);
	return t->why.code;
}

/* ---- waiting ---- */

/* Seconds of a clock that nobody sets. */
static int64_t
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int
trial_wait(struct trial *t, int (*is)(struct trial *t, const void *arg),
    const void *arg, const char *what)
{
	const struct timespec pause = {0, PAUSE_MS * 1000000L};
	int64_t end = seconds() + t->wish.patience;
	int result;

	for (;;) {
		result = is(t, arg);
		if (result != 0)
			return result < 0 ? result : 0;
		if (*t->wish.stop != 0)
			return trial_fail(t, -E_STATE, "", "interrupted");
		if (seconds() >= end)
			return trial_fail(t, -E_AGAIN, "",
			    "%s: not within %lld seconds", what,
			    (long long)t->wish.patience);
		nanosleep(&pause, NULL);
	}
}

/* ---- asking the server ---- */

static int
refused(struct trial *t, const json_t *answer)
{
	const char *text = trial_text(answer, "error", "text");

	return err_set(&t->why, -E_DENIED, "%s",
	    text[0] != '\0' ? text : "the server refused without a reason");
}

int
trial_ask(struct trial *t, json_t *request, json_t **answer_r)
{
	int error = 0;

	*answer_r = NULL;
	if (request == NULL)
		return err_set(&t->why, -E_NOMEM, "no memory");
	if (t->control == NULL)
		error = control_open_of(t->settings, &t->control, &t->why);
	if (error == 0)
		error = control_ask(t->control, request, answer_r, &t->why);
	json_decref(request);
	if (error != 0) {
		control_free(&t->control);
		return error;
	}
	if (json_is_true(json_object_get(*answer_r, "ok")))
		return 0;
	error = refused(t, *answer_r);
	json_decref(*answer_r);
	*answer_r = NULL;
	return error;
}

const char *
trial_text(const json_t *answer, const char *object, const char *member)
{
	const json_t *in =
	    object == NULL ? answer : json_object_get(answer, object);
	const char *text = json_string_value(json_object_get(in, member));

	return text == NULL ? "" : text;
}

int
trial_look(struct trial *t, const char *kind, const char *id, const char *what,
    char room[TRIAL_STATE])
{
	bool envelope = strcmp(kind, "envelope") == 0;
	json_t *answer;
	int error = trial_ask(t,
	    json_pack("{s:s, s:s}", "do",
		envelope ? "envelope-show" : "held-show", "id", id),
	    &answer);

	if (error != 0)
		return error;
	snprintf(room, TRIAL_STATE, "%s", trial_text(answer, kind, what));
	json_decref(answer);
	return 0;
}

/* ---- all of it ---- */

static void
take(struct trial *t, unsigned number, const struct step *step, unsigned *done)
{
	int error;

	t->hint[0] = t->detail[0] = '\0';
	t->why = (struct err){0};
	report_begin(t->report, step->name, step->text);
	error = step->run(t);
	report_result(t->report, step->name, step->text,
	    error == 0 ? REPORT_OK : REPORT_FAILED,
	    error == 0 ? t->detail : t->why.text, error == 0 ? "" : t->hint);
	if (error == 0)
		*done |= 1u << number;
}

/* The name of a step without which STEP tells nothing; "": there is none. */
static const char *
missing(const struct trial *t, const struct step *step, unsigned done)
{
	if (*t->wish.stop != 0)
		return "interrupted";
	for (unsigned i = 0; i < STEPS; i++)
		if ((step->needs & ~done & (1u << i)) != 0)
			return steps[i].name;
	return "";
}

static void
take_all(struct trial *t)
{
	unsigned done = 0;

	for (unsigned i = 0; i < STEPS; i++) {
		const char *name = missing(t, &steps[i], done);
		char needs[64] = "";

		if (name[0] == '\0') {
			take(t, i, &steps[i], &done);
			continue;
		}
		if (*t->wish.stop == 0)
			snprintf(needs, sizeof needs, "needs %s", name);
		report_result(t->report, steps[i].name, steps[i].text,
		    REPORT_SKIPPED, needs, "");
	}
	if (t->address[0] != '\0')
		take(t, STEPS, &cleaning, &done);
	else
		report_result(t->report, cleaning.name, cleaning.text,
		    REPORT_SKIPPED, "there is nothing to remove", "");
}

bool
trial_run(const struct settings *settings, const struct trial_wish *wish)
{
	struct trial t = {.settings = settings, .wish = *wish};
	bool ok;

	t.report = report_new(stdout, wish->json);
	if (t.report == NULL)
		return false;
	take_all(&t);
	ok = report_end(t.report, settings->hostname, t.address);
	report_free(&t.report);
	control_free(&t.control);
	explicit_bzero(t.password, sizeof t.password);
	return ok;
}
