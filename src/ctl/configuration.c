/*
 * For: `restante settings` and `restante check-config`; neither needs a server
 * that runs.
 *
 * Not for: reading the configuration; base/settings.h does.
 *
 * Read on: docs/ADD-A-SETTING.md.
 */
#include "base/settings.h"
#include "ctl/commands.h"
#include "ctl/output.h"

int
configuration_check(struct ctl *ctl, const struct arguments *arguments)
{
	struct settings *settings;
	struct err err;

	(void)arguments;
	if (settings_load(ctl->config, &settings, NULL, &err) != 0)
		return ctl_fail(ctl, "bad", err.text);
	settings_free(&settings);
	fputs("configuration is good\n", ctl->out);
	return CTL_DONE;
}

static void
add_to_json(void *arg, const char *key, const char *kind, const char *standard,
    const char *help)
{
	json_array_append_new(
	    arg, json_pack("{s:s, s:s, s:s, s:s}", "key", key, "kind", kind,
		     "default", standard, "help", help));
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
print_manual(void *arg, const char *key, const char *kind, const char *standard,
    const char *help)
{
	FILE *to = arg;

	fprintf(to, "*%s* (%s, ", key, kind);
	if (standard[0] != '\0')
		fputs("default \"", to);
	print_escaped(to, standard[0] == '\0' ? "default empty" : standard);
	fputs(standard[0] == '\0' ? ")\n\t" : "\")\n\t", to);
	print_escaped(to, help);
	fputs("\n\n", to);
}

static void
print_plain(void *arg, const char *key, const char *kind, const char *standard,
    const char *help)
{
	fprintf(arg, "%s (%s, default \"%s\")\n    %s\n", key, kind, standard,
	    help);
}

int
configuration_settings(struct ctl *ctl, const struct arguments *arguments)
{
	json_t *list;

	if (ctl->json) {
		list = json_array();
		settings_each(add_to_json, list);
		output_json(ctl->out, list);
		json_decref(list);
	} else if ((arguments->seen & ARGUMENTS_MAN) != 0) {
		settings_each(print_manual, ctl->out);
	} else {
		settings_each(print_plain, ctl->out);
	}
	return CTL_DONE;
}
