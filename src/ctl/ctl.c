/*
 * For: from the command line to the function of one command and back to an
 * exit status; help; asking the server.
 *
 * Not for: what single commands do (user.c, held.c, ...), and not for the
 * server itself, which `restante serve` runs through a function it is given.
 *
 * Read on: commands.def, and README.md for the list of files.
 */
#include "ctl/ctl.h"

#include "base/settings.h"
#include "ctl/commands.h"
#include "ctl/control.h"
#include "ctl/output.h"

#include <string.h>

/* What every command takes. */
#define COMMON (ARGUMENTS_CONFIG | ARGUMENTS_HELP)

static const struct command {
	const char *noun, *verb;
	commands_run *run;
	const char *words;
	unsigned least, most, options;
	const char *summary, *help;
} commands[] = {
#define COMMAND(noun, verb, run, words, least, most, options, summary, help) \
	{noun, verb, run, words, least, most, options, summary, help},
#include "ctl/commands.def"
#undef COMMAND
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void
print_summaries(FILE *to, const char *noun)
{
	for (int i = 0; i < COMMANDS; i++) {
		const struct command *c = &commands[i];
		char name[32];

		if (noun != NULL && strcmp(noun, c->noun) != 0)
			continue;
		snprintf(name, sizeof name, "%s%s%s", c->noun,
		    c->verb[0] == '\0' ? "" : " ", c->verb);
		fprintf(to, "  %-15s  %s\n", name, c->summary);
	}
}

static void
print_overview(FILE *to)
{
	fputs("usage: restante [-c FILE] COMMAND [OPTIONS]\n\n", to);
	print_summaries(to, NULL);
	fputs("\n"
	      "-c FILE, --config FILE  the configuration; otherwise that of\n"
	      "                        RESTANTE_CONFIG in the environment, or\n"
	      "                        " CTL_DEFAULT_CONFIG "\n"
	      "--help                  help on a command, with examples\n",
	    to);
}

static void
print_noun(FILE *to, const char *noun)
{
	fprintf(to, "usage: restante [-c FILE] %s VERB\n\n", noun);
	print_summaries(to, noun);
	fprintf(to, "\nrestante %s VERB --help tells more.\n", noun);
}

static void
print_usage(FILE *to, const struct command *c)
{
	fprintf(to, "usage: restante [-c FILE] %s", c->noun);
	if (c->verb[0] != '\0')
		fprintf(to, " %s", c->verb);
	if (c->words[0] != '\0')
		fprintf(to, " %s", c->words);
	for (unsigned bit = 1; bit <= c->options; bit <<= 1)
		if ((c->options & bit) != 0)
			fprintf(to, " [%s%s]", arguments_name(bit),
			    arguments_placeholder(bit));
	fputs("\n", to);
}

static void
print_help(FILE *to, const struct command *c)
{
	print_usage(to, c);
	fprintf(to, "\n%s\n\n%s", c->summary, c->help);
}

/* How many words name the command C at the beginning of A; 0: another. */
static unsigned
matches(const struct command *c, const struct arguments *a)
{
	if (a->n == 0 || strcmp(a->words[0], c->noun) != 0)
		return 0;
	if (c->verb[0] == '\0')
		return 1;
	return a->n > 1 && strcmp(a->words[1], c->verb) == 0 ? 2 : 0;
}

static bool
is_noun(const char *word)
{
	for (int i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].noun, word) == 0)
			return true;
	return false;
}

__attribute__((format(printf, 2, 3))) static int
usage_fault(struct ctl *ctl, const char *format, ...)
{
	struct buf shown;
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(span_of(text), &shown);
	fprintf(ctl->err, "restante: %s\n", buf_string(&shown));
	buf_fini(&shown);
	return CTL_USAGE;
}

/* The words name no command: help when asked for, else a hint. */
static int
no_command(struct ctl *ctl, const struct arguments *a)
{
	bool help = (a->seen & ARGUMENTS_HELP) != 0;

	if (a->n > 0 && strcmp(a->words[0], "help") == 0) {
		print_overview(ctl->out);
		return CTL_DONE;
	}
	if (a->n == 0) {
		print_overview(help ? ctl->out : ctl->err);
		return help ? CTL_DONE : CTL_USAGE;
	}
	if (!is_noun(a->words[0])) {
		usage_fault(ctl, "there is no command \"%s\"\n", a->words[0]);
		print_overview(ctl->err);
		return CTL_USAGE;
	}
	if (a->n > 1)
		usage_fault(ctl, "there is no command \"%s %s\"", a->words[0],
		    a->words[1]);
	help = help && a->n == 1;
	print_noun(help ? ctl->out : ctl->err, a->words[0]);
	return help ? CTL_DONE : CTL_USAGE;
}

static int
run_command(struct ctl *ctl, const struct command *c, struct arguments *a,
    unsigned named_by)
{
	unsigned excess = a->seen & ~(c->options | COMMON);

	if ((a->seen & ARGUMENTS_HELP) != 0) {
		print_help(ctl->out, c);
		return CTL_DONE;
	}
	a->n -= named_by;
	memmove(a->words, a->words + named_by, a->n * sizeof *a->words);
	if (excess != 0)
		usage_fault(ctl, "%s%s%s does not take %s", c->noun,
		    named_by > 1 ? " " : "", c->verb, arguments_name(excess));
	else if (a->n < c->least)
		usage_fault(ctl, "%s is missing", c->words);
	else if (a->n > c->most)
		usage_fault(ctl, "\"%s\" is too much", a->words[c->most]);
	else
		return c->run(ctl, a);
	print_usage(ctl->err, c);
	return CTL_USAGE;
}

int
ctl_command(struct ctl *ctl, int argc, char *const *argv)
{
	struct arguments arguments;
	struct err err;

	if (arguments_parse(argc, argv, &arguments, &err) != 0)
		return usage_fault(ctl, "%s; see restante --help", err.text);
	if (arguments.config != NULL)
		ctl->config = arguments.config;
	ctl->json = (arguments.seen & ARGUMENTS_JSON) != 0;
	for (int i = 0; i < COMMANDS; i++) {
		unsigned named_by = matches(&commands[i], &arguments);

		if (named_by > 0)
			return run_command(
			    ctl, &commands[i], &arguments, named_by);
	}
	return no_command(ctl, &arguments);
}

int
ctl_run(int argc, char **argv, const char *config,
    int (*serve)(const char *config_path))
{
	struct ctl ctl = {
	    .config = config,
	    .in = stdin,
	    .out = stdout,
	    .err = stderr,
	    .serve = serve,
	};
	int status;

	control_wipe_what_json_frees();
	status = ctl_command(&ctl, argc, argv);
	control_free(&ctl.control);
	if (fflush(stdout) != 0 && status == CTL_DONE) {
		perror("restante: standard output");
		return CTL_FAILED;
	}
	return status;
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
		answer = json_pack("{s:b, s:s, s:s}", "ok", 0, "error",
		    buf_string(&shown), "code", code);
		output_json(ctl->out, answer);
		json_decref(answer);
	}
	buf_fini(&shown);
	return CTL_FAILED;
}

/* The path of the control socket, as the server makes it. */
static int
open_control(struct ctl *ctl, struct err *err)
{
	struct settings *settings;
	struct buf path;
	int error = settings_load(ctl->config, &settings, NULL, err);

	if (error != 0)
		return error;
	buf_init(&path, CONTROL_PATH_MAX);
	if (settings->control[0] != '\0')
		buf_text(&path, settings->control);
	else
		buf_print(&path, "%s/control", settings->state);
	settings_free(&settings);
	error = control_open(buf_string(&path), &ctl->control, err);
	buf_fini(&path);
	return error;
}

/* The server's own refusal, as far as it can be understood. */
static int
refused(struct ctl *ctl, const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "error"));
	const char *code = json_string_value(json_object_get(answer, "code"));

	return ctl_fail(ctl, code == NULL ? "broken" : code,
	    text == NULL ? "the server refused without a reason" : text);
}

int
ctl_ask(struct ctl *ctl, json_t *request, json_t **answer_r)
{
	json_t *answer = NULL;
	struct err err;
	int error = 0;

	*answer_r = NULL;
	if (request == NULL)
		return ctl_fail(ctl, "bad", "a word is not UTF-8 text");
	if (ctl->control == NULL)
		error = open_control(ctl, &err);
	if (error == 0)
		error = control_ask(ctl->control, request, &answer, &err);
	json_decref(request);
	if (error != 0)
		return ctl_fail(ctl, "broken", err.text);
	if (json_is_true(json_object_get(answer, "ok"))) {
		*answer_r = answer;
		return CTL_DONE;
	}
	refused(ctl, answer);
	json_decref(answer);
	return CTL_FAILED;
}

int
ctl_serve(struct ctl *ctl, const struct arguments *arguments)
{
	(void)arguments;
	return ctl->serve(ctl->config);
}

int
ctl_version(struct ctl *ctl, const struct arguments *arguments)
{
	(void)arguments;
	fputs("restante " RESTANTE_VERSION "\n", ctl->out);
	return CTL_DONE;
}
