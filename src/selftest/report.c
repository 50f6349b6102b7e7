/*
 * For: what people and programs see of a self-test. All texts pass
 * output_shown(), since some of them are other programs' words.
 *
 * Not for: what is tried (trial.c).
 */
#include "selftest/report.h"

#include "ctl/output.h"

#include <stdlib.h>
#include <unistd.h>

struct report {
	FILE *out;
	bool json, terminal;
	json_t *steps, *warnings, *remains;
	unsigned ok, failed, skipped;
};

struct report *
report_new(FILE *out, bool json)
{
	struct report *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->out = out;
	r->json = json;
	r->terminal = !json && isatty(fileno(out)) == 1;
	r->steps = json_array();
	r->warnings = json_array();
	r->remains = json_array();
	return r;
}

void
report_free(struct report **report)
{
	struct report *r = *report;

	if (r == NULL)
		return;
	json_decref(r->steps);
	json_decref(r->warnings);
	json_decref(r->remains);
	free(r);
	*report = NULL;
}

/* TEXT in its harmless form, after BEFORE. */
static void
print(FILE *to, const char *before, const char *text)
{
	struct buf shown;

	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(span_of(text), &shown);
	fprintf(to, "%s%s", before, buf_string(&shown));
	buf_fini(&shown);
}

/* A line that goes when the next one comes. */
static void
wipe(const struct report *r)
{
	if (r->terminal)
		fputs("\r\033[K", r->out);
}

void
report_begin(struct report *r, const char *step, const char *text)
{
	if (!r->terminal)
		return;
	fprintf(r->out, "...      %-9s %s", step, text);
	fflush(r->out);
}

static const char *
word_of(enum report_result result)
{
	switch (result) {
	case REPORT_OK:
		return "ok";
	case REPORT_FAILED:
		return "failed";
	case REPORT_SKIPPED:
		break;
	}
	return "skipped";
}

static void
note(struct report *r, const char *step, const char *text,
    enum report_result result, const char *detail, const char *hint)
{
	struct buf shown[2];

	for (unsigned i = 0; i < 2; i++) {
		buf_init(&shown[i], OUTPUT_SHOWN_MAX);
		output_shown(span_of(i == 0 ? detail : hint), &shown[i]);
	}
	json_array_append_new(r->steps,
	    json_pack("{s:s, s:s, s:s, s:s, s:s}", "step", step, "result",
		word_of(result), "text", text, "detail", buf_string(&shown[0]),
		"hint", buf_string(&shown[1])));
	buf_fini(&shown[0]);
	buf_fini(&shown[1]);
}

void
report_result(struct report *r, const char *step, const char *text,
    enum report_result result, const char *detail, const char *hint)
{
	r->ok += result == REPORT_OK;
	r->failed += result == REPORT_FAILED;
	r->skipped += result == REPORT_SKIPPED;
	note(r, step, text, result, detail, hint);
	if (r->json)
		return;
	wipe(r);
	fprintf(r->out, "%-8s %-9s %s",
	    result == REPORT_FAILED ? "FAILED" : word_of(result), step, text);
	if (result == REPORT_OK && detail[0] != '\0')
		print(r->out, ": ", detail);
	else if (detail[0] != '\0')
		print(r->out, "\n                   ", detail);
	if (hint[0] != '\0')
		print(r->out, "\n                   look at: ", hint);
	fputs("\n", r->out);
	fflush(r->out);
}

void
report_warning(struct report *r, const char *text)
{
	json_array_append_new(r->warnings, json_string(text));
	wipe(r);
	if (!r->json)
		print(r->out, "warning  ", text);
	if (!r->json)
		fputs("\n", r->out);
}

void
report_remains(struct report *r, const char *text)
{
	json_array_append_new(r->remains, json_string(text));
}

static void
print_end(const struct report *r)
{
	const json_t *one;
	size_t at;

	json_array_foreach(r->remains, at, one)
	    print(r->out, "remains  ", json_string_value(one));
	if (json_array_size(r->remains) > 0)
		fputs("\n", r->out);
	if (r->failed + r->skipped == 0)
		fprintf(r->out, "All %u steps are ok.\n", r->ok);
	else
		fprintf(r->out, "%u ok, %u failed, %u skipped.\n", r->ok,
		    r->failed, r->skipped);
}

bool
report_end(struct report *r, const char *hostname, const char *user)
{
	bool ok = r->ok > 0 && r->failed + r->skipped == 0;
	json_t *all;

	if (!r->json) {
		print_end(r);
		return ok;
	}
	all = json_pack("{s:b, s:s, s:s, s:O, s:O, s:O}", "ok", ok, "hostname",
	    hostname, "user", user, "steps", r->steps, "warnings", r->warnings,
	    "remains", r->remains);
	output_json(r->out, all);
	json_decref(all);
	return ok;
}
