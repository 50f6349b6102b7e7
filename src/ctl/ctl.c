/*
 * For: from the command line to the function of one command and back to an
 * exit status; help.
 *
 * Not for: what single commands do (user.c, held.c, ...), and not for the
 * server itself, which `restante serve` runs through a function it is given.
 * Asking it is in ctl_ask.c.
 *
 * Read on: commands.def, and README.md for the list of files.
 */
#include "ctl/ctl.h"

#include "ctl/commands.h"
#include "ctl/configuration.h"
#include "ctl/control.h"
#include "ctl/output.h"

#include <string.h>

/* What every command takes. */
#define COMMON (ARGUMENTS_CONFIG | ARGUMENTS_JSON | ARGUMENTS_HELP)

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
		fprintf(to, "  %-18s  %s\n", name, c->summary);
	}
}

static void
print_overview(FILE *to)
{
	fputs("usage: restante [-c FILE] [--json] COMMAND [OPTIONS]\n\n", to);
	print_summaries(to, NULL);
	fputs("\n"
	      "-c FILE, --config FILE  the configuration; otherwise that of\n"
	      "                        RESTANTE_CONFIG in the environment, or\n"
	      "                        " CTL_DEFAULT_CONFIG "\n"
	      "--json                  the answer as one JSON document\n"
	      "--help                  help on a command, with examples\n",
	    to);
}

static void
print_noun(FILE *to, const char *noun)
{
	fprintf(to, "usage: restante [-c FILE] [--json] %s VERB\n\n", noun);
	print_summaries(to, noun);
	fprintf(to, "\nrestante %s VERB --help tells more.\n", noun);
}

static void
print_usage(FILE *to, const struct command *c)
{
	fprintf(to, "usage: restante [-c FILE] [--json] %s", c->noun);
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
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return ctl_fail(ctl, "usage", text);
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
	if (a->n == 0 && help) {
		print_overview(ctl->out);
		return CTL_DONE;
	}
	if (a->n == 0) {
		usage_fault(ctl, "a command is missing");
		print_overview(ctl->err);
		return CTL_USAGE;
	}
	if (!is_noun(a->words[0])) {
		usage_fault(ctl, "there is no command \"%s\"", a->words[0]);
		print_overview(ctl->err);
		return CTL_USAGE;
	}
	if (help && a->n == 1) {
		print_noun(ctl->out, a->words[0]);
		return CTL_DONE;
	}
	usage_fault(ctl, "there is no command \"%s%s%s\"", a->words[0],
	    a->n > 1 ? " " : "", a->n > 1 ? a->words[1] : "");
	print_noun(ctl->err, a->words[0]);
	return CTL_USAGE;
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
	int error = arguments_parse(argc, argv, &arguments, &err);

	ctl->json = arguments_has(&arguments, ARGUMENTS_JSON);
	if (error != 0)
		return usage_fault(ctl, "%s; see restante --help", err.text);
	if (arguments.config != NULL)
		ctl->config = arguments.config;
	for (int i = 0; i < COMMANDS; i++) {
		unsigned named_by = matches(&commands[i], &arguments);

		if (named_by > 0)
			return run_command(
			    ctl, &commands[i], &arguments, named_by);
	}
	return no_command(ctl, &arguments);
}

void
ctl_end(struct ctl *ctl)
{
	control_free(&ctl->control);
	settings_free(&ctl->settings);
}

int
ctl_run(
    int argc, char **argv, const char *config, const struct ctl_world *world)
{
	struct ctl ctl = {
	    .config = config,
	    .in = stdin,
	    .out = stdout,
	    .err = stderr,
	    .world = world,
	};
	int status;

	control_wipe_what_json_frees();
	status = ctl_command(&ctl, argc, argv);
	ctl_end(&ctl);
	if (fflush(stdout) != 0 && status == CTL_DONE) {
		perror("restante: standard output");
		return CTL_LATER;
	}
	return status;
}

int
ctl_serve(struct ctl *ctl, const struct arguments *arguments)
{
	int status = configuration_examine(ctl);

	(void)arguments;
	return status == CTL_DONE ? ctl->world->serve(ctl->config) : status;
}

int
ctl_version(struct ctl *ctl, const struct arguments *arguments)
{
	json_t *answer;

	(void)arguments;
	if (!ctl->json) {
		fputs("restante " RESTANTE_VERSION "\n", ctl->out);
		return CTL_DONE;
	}
	answer = json_pack("{s:s}", "version", RESTANTE_VERSION);
	output_json(ctl->out, answer);
	json_decref(answer);
	return CTL_DONE;
}
