/*
 * For: `restante check` and `restante settings`; only `check --store` needs
 * more than the configuration.
 *
 * Not for: reading the configuration; base/settings.h does.
 *
 * Read on: docs/ADD-A-SETTING.md.
 */
#include "ctl/configuration.h"

#include "base/settings.h"
#include "ctl/commands.h"
#include "ctl/output.h"

#include <stdlib.h>

/* ---- faults ---- */

#define FAULTS_MAX 1000 /* that are told; more help nobody */

struct fault {
	unsigned line, number; /* in the file; in the order of telling */
	char key[64], text[256];
};

struct faults {
	struct fault list[FAULTS_MAX];
	unsigned n;
};

static void
note_fault(void *arg, const struct settings_fault *fault)
{
	struct faults *faults = arg;
	struct fault *kept = &faults->list[faults->n];
	struct span key = span_part(fault->key, 0, sizeof kept->key - 1);
	struct err err;

	if (faults->n == FAULTS_MAX)
		return;
	settings_fault_text(fault, &err);
	kept->line = fault->line;
	kept->number = faults->n++;
	span_copy(key, kept->key, sizeof kept->key);
	snprintf(kept->text, sizeof kept->text, "%s", err.text);
}

/* By line; faults of no line at the end. */
static int
compare(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	if (x->line != y->line)
		return x->line - 1 < y->line - 1 ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static void
say_faults(struct ctl *ctl, const struct faults *faults)
{
	for (unsigned i = 0; i < faults->n; i++) {
		struct buf shown;

		buf_init(&shown, OUTPUT_SHOWN_MAX);
		output_shown(span_of(faults->list[i].text), &shown);
		fprintf(ctl->err, "restante: %s\n", buf_string(&shown));
		buf_fini(&shown);
	}
}

/* TEXT as a JSON text, whatever is in it. */
static json_t *
json_shown(const char *text)
{
	struct buf shown;
	json_t *value;

	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(span_of(text), &shown);
	value = json_string(buf_string(&shown));
	buf_fini(&shown);
	return value;
}

static void
print_faults(struct ctl *ctl, const struct faults *faults)
{
	json_t *list = json_array(), *answer;

	for (unsigned i = 0; i < faults->n; i++) {
		const struct fault *fault = &faults->list[i];

		json_array_append_new(
		    list, json_pack("{s:o, s:o, s:o}", "line",
			      fault->line == 0 ? json_null()
					       : json_integer(fault->line),
			      "key", json_shown(fault->key), "text",
			      json_shown(fault->text)));
	}
	answer = json_pack("{s:{s:s, s:o}, s:o, s:o}", "error", "code",
	    "configuration", "text", json_shown(faults->list[0].text), "file",
	    json_shown(ctl->config), "faults", list);
	output_json(ctl->out, answer);
	json_decref(answer);
}

int
configuration_examine(struct ctl *ctl)
{
	struct faults *faults = calloc(1, sizeof *faults);
	struct err err;
	int error, status = CTL_DONE;

	if (faults == NULL)
		return ctl_fail(ctl, "later", "no memory");
	error = settings_examine_file(ctl->config, note_fault, faults, &err);
	if (faults->n > 0) {
		qsort(faults->list, faults->n, sizeof *faults->list, compare);
		say_faults(ctl, faults);
		if (ctl->json)
			print_faults(ctl, faults);
		status = CTL_CONFIGURATION;
	} else if (error != 0) {
		status = ctl_fail(ctl, "configuration", err.text);
	}
	free(faults);
	return status;
}

/* ---- check ---- */

/* The report of the store: CTL_DONE when it says that all is well. */
static int
say_store(struct ctl *ctl, const json_t *report)
{
	const json_t *line, *lines = json_object_get(report, "lines");
	json_int_t problems =
	    json_integer_value(json_object_get(report, "problems"));
	struct buf shown;
	size_t at;

	buf_init(&shown, OUTPUT_TABLE_MAX);
	json_array_foreach(lines, at, line)
	{
		output_shown(span_of(json_string_value(line)), &shown);
		buf_char(&shown, '\n');
	}
	if (!ctl->json)
		fputs(problems == 0 ? "store is good\n" : buf_string(&shown),
		    ctl->out);
	buf_fini(&shown);
	return problems == 0 ? CTL_DONE : CTL_BAD;
}

int
configuration_check(struct ctl *ctl, const struct arguments *arguments)
{
	json_t *report = NULL, *answer;
	int status;

	if (arguments_has(arguments, ARGUMENTS_SETTINGS))
		return configuration_settings(ctl, arguments);
	status = configuration_examine(ctl);
	if (status != CTL_DONE)
		return status;
	if (!ctl->json)
		fputs("configuration is good\n", ctl->out);
	if (arguments_has(arguments, ARGUMENTS_STORE)) {
		status = ctl_ask_always(
		    ctl, json_pack("{s:s}", "do", "check"), &report);
		if (status != CTL_DONE)
			return status;
		status = say_store(ctl, report);
	}
	answer = json_pack("{s:o, s:[], s:o*}", "file", json_shown(ctl->config),
	    "faults", "store", report);
	if (ctl->json)
		output_json(ctl->out, answer);
	json_decref(answer);
	return status;
}

/* ---- settings ---- */

static void
add_to_json(void *arg, const struct settings_row *row)
{
	json_array_append_new(
	    arg, json_pack("{s:s, s:s, s:s, s:s, s:s}", "key", row->key, "type",
		     row->type, "default", row->standard, "range", row->range,
		     "reason", row->reason));
}

static void
print_json(FILE *to)
{
	json_t *list = json_array();
	json_t *answer = json_pack("{s:o}", "settings", list);

	settings_each(add_to_json, list);
	output_json(to, answer);
	json_decref(answer);
}

/* TEXT in the source form of scdoc(5), where some characters mean a font. */
static void
print_escaped(FILE *to, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '*' || *text == '_' || *text == '\\' ||
		    *text == '[' || *text == '#')
			fputc('\\', to);
		fputc(*text, to);
	}
}

static void
print_manual(void *arg, const struct settings_row *row)
{
	FILE *to = arg;

	fprintf(to, "*%s* (%s; ", row->key, row->type);
	print_escaped(to, row->range);
	fputs(
	    row->standard[0] != '\0' ? "; default \"" : "; default empty", to);
	print_escaped(to, row->standard);
	fputs(row->standard[0] != '\0' ? "\")\n\t" : ")\n\t", to);
	print_escaped(to, row->reason);
	fputs("\n\n", to);
}

static void
print_plain(void *arg, const struct settings_row *row)
{
	fprintf(arg, "%s (%s, default \"%s\")\n    range: %s\n    %s\n",
	    row->key, row->type, row->standard, row->range, row->reason);
}

int
configuration_settings(struct ctl *ctl, const struct arguments *arguments)
{
	if (ctl->json)
		print_json(ctl->out);
	else if (arguments_has(arguments, ARGUMENTS_MAN))
		settings_each(print_manual, ctl->out);
	else
		settings_each(print_plain, ctl->out);
	return CTL_DONE;
}
