/*
 * For: telling options from words, the same way for all commands.
 *
 * Not for: what a command makes of them (commands.def says which it takes).
 * getopt_long() is not used: it keeps its place in globals, and prints.
 *
 * Read on: ctl.c.
 */
#include "ctl/arguments.h"

#include "base/settings.h"

#include <stddef.h>
#include <string.h>

#define TEXT(field) true, offsetof(struct arguments, field)
#define FLAG        false, 0
/* A value that is parsed: store_value() knows them by their bits. */
#define PARSED true, 0

/* Options whose value is "HOST:PORT". */
#define PLACES (ARGUMENTS_IMAP | ARGUMENTS_IMAPS | ARGUMENTS_SUBMIT)
#define PLACE_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]"

#define TIMEOUT_MAX 3600 /* seconds */

static const struct option {
	const char *name, *letter;
	enum arguments_option bit;
	bool has_value;
	size_t field;            /* of a text, in struct arguments; else 0 */
	const char *words;       /* that the value may be, or NULL: any */
	const char *placeholder; /* for usage lines */
} options[] = {
    {"--config", "-c", ARGUMENTS_CONFIG, TEXT(config), NULL, " FILE"},
    {"--help", "-h", ARGUMENTS_HELP, FLAG, NULL, ""},
    {"--json", NULL, ARGUMENTS_JSON, FLAG, NULL, ""},
    {"--all", NULL, ARGUMENTS_ALL, FLAG, NULL, ""},
    {"--limit", NULL, ARGUMENTS_LIMIT, PARSED, NULL, " N"},
    {"--mode", NULL, ARGUMENTS_MODE, TEXT(mode), "server ask", " server|ask"},
    {"--from-check", NULL, ARGUMENTS_FROM_CHECK, TEXT(from_check),
	"both envelope", " both|envelope"},
    {"--answers", NULL, ARGUMENTS_ANSWERS, TEXT(answers), "listed asked",
	" listed|asked"},
    {"--trash", NULL, ARGUMENTS_TRASH, TEXT(trash), "nothing reject",
	" nothing|reject"},
    {"--submission", NULL, ARGUMENTS_SUBMISSION, TEXT(submission), "on off",
	" on|off"},
    {"--password-stdin", NULL, ARGUMENTS_PASSWORD_STDIN, FLAG, NULL, ""},
    {"--dir", NULL, ARGUMENTS_DIR, TEXT(dir), NULL, " DIR"},
    {"--man", NULL, ARGUMENTS_MAN, FLAG, NULL, ""},
    {"--settings", NULL, ARGUMENTS_SETTINGS, FLAG, NULL, ""},
    {"--store", NULL, ARGUMENTS_STORE, FLAG, NULL, ""},
    {"--for", NULL, ARGUMENTS_FOR, PARSED, NULL, " TIME"},
    {"--ip", NULL, ARGUMENTS_IP, TEXT(ip), NULL, " ADDRESS"},
    {"--from", NULL, ARGUMENTS_FROM, TEXT(from), NULL, " MAILBOX"},
    {"--helo", NULL, ARGUMENTS_HELO, TEXT(helo), NULL, " NAME"},
    {"--dns", NULL, ARGUMENTS_DNS, TEXT(dns), NULL, " ADDRESS:PORT"},
    {"--write", NULL, ARGUMENTS_WRITE, TEXT(write), NULL, " DIR"},
    {"--ports", NULL, ARGUMENTS_PORTS, TEXT(ports), NULL,
	" IMAP,IMAPS,POP3,POP3S"},
    {"--listen", NULL, ARGUMENTS_LISTEN, TEXT(listen), NULL, " ADDRESS"},
    {"--base-dir", NULL, ARGUMENTS_BASE_DIR, TEXT(base_dir), NULL, " DIR"},
    {"--server", NULL, ARGUMENTS_SERVER, TEXT(server), NULL, " NAME"},
    {"--outgoing", NULL, ARGUMENTS_OUTGOING, FLAG, NULL, ""},
    {"--imap", NULL, ARGUMENTS_IMAP, TEXT(imap), NULL, " HOST:PORT"},
    {"--imaps", NULL, ARGUMENTS_IMAPS, TEXT(imaps), NULL, " HOST:PORT"},
    {"--submit", NULL, ARGUMENTS_SUBMIT, TEXT(submit), NULL, " HOST:PORT"},
    {"--timeout", NULL, ARGUMENTS_TIMEOUT, PARSED, NULL, " TIME"},
};

enum { OPTIONS = sizeof options / sizeof *options };

const char *
arguments_name(unsigned bits)
{
	for (int i = 0; i < OPTIONS; i++)
		if ((bits & options[i].bit) != 0)
			return options[i].name;
	return "";
}

const char *
arguments_placeholder(unsigned bits)
{
	for (int i = 0; i < OPTIONS; i++)
		if ((bits & options[i].bit) != 0)
			return options[i].placeholder;
	return "";
}

static const struct option *
find_option(struct span name)
{
	for (int i = 0; i < OPTIONS; i++)
		if (span_equals(name, span_of(options[i].name)) ||
		    span_equals(name, span_of(options[i].letter)))
			return &options[i];
	return NULL;
}

static int
check_value(const struct option *option, const char *value, struct err *err)
{
	struct span rest = span_of(option->words), word;

	if (option->words == NULL)
		return 0;
	while (span_cut(&rest, ' ', &word))
		if (span_equals(word, span_of(value)))
			return 0;
	return err_set(
	    err, -E_SYNTAX, "%s takes one of: %s", option->name, option->words);
}

static int
store_limit(struct arguments *a, const char *value, struct err *err)
{
	if (span_number(span_of(value), UINT64_MAX - 1, &a->limit) == 0 &&
	    a->limit > 0)
		return 0;
	return err_set(err, -E_SYNTAX, "--limit takes a number from 1");
}

static int
store_time(struct arguments *a, const char *value, struct err *err)
{
	if (settings_duration(span_of(value), &a->for_time) == 0 &&
	    a->for_time > 0)
		return 0;
	return err_set(
	    err, -E_SYNTAX, "--for takes a time, such as 90s, 24h or 7d");
}

static int
store_timeout(struct arguments *a, const char *value, struct err *err)
{
	if (settings_duration(span_of(value), &a->timeout) == 0 &&
	    a->timeout > 0 && a->timeout <= TIMEOUT_MAX)
		return 0;
	return err_set(err, -E_SYNTAX,
	    "--timeout takes a time from 1s to 1h, such as 30s");
}

/* A name or an address (IPv6: in brackets), and a port. */
static int
check_place(const struct option *option, const char *value, struct err *err)
{
	struct span whole = span_of(value);
	struct span port = span_from_last(whole, ':');
	uint64_t number;
	bool fine = port.n > 1 && port.n < whole.n &&
		    span_number(span_skip(port, 1), UINT16_MAX, &number) == 0 &&
		    number > 0;

	for (const char *p = value; fine && *p != '\0'; p++)
		fine = strchr(PLACE_CHARACTERS, *p) != NULL;
	return fine ? 0
		    : err_set(err, -E_SYNTAX,
			  "%s takes a host and a port, as in 127.0.0.1:143",
			  option->name);
}

static int
store_value(struct arguments *a, const struct option *option, const char *value,
    struct err *err)
{
	if (check_value(option, value, err) != 0)
		return -E_SYNTAX;
	if (option->bit == ARGUMENTS_LIMIT)
		return store_limit(a, value, err);
	if (option->bit == ARGUMENTS_FOR)
		return store_time(a, value, err);
	if (option->bit == ARGUMENTS_TIMEOUT)
		return store_timeout(a, value, err);
	if ((option->bit & PLACES) != 0 && check_place(option, value, err) != 0)
		return -E_SYNTAX;
	memcpy((char *)a + option->field, &value, sizeof value);
	return 0;
}

/*
 * WORD is "-c" or "--name" or "--name=value"; NEXT the word behind it, or
 * NULL. Returns how many words it took, or -E_SYNTAX.
 */
static int
take_option(
    struct arguments *a, const char *word, const char *next, struct err *err)
{
	struct span whole = span_of(word);
	size_t equals = span_find(whole, 0, '=');
	struct span name = span_part(whole, 0, equals);
	const struct option *option = find_option(name);
	const char *value = next;

	if (option == NULL)
		return err_set(err, -E_SYNTAX, "there is no option %.*s",
		    (int)name.n, name.p);
	if ((a->seen & option->bit) != 0 && option->has_value)
		return err_set(
		    err, -E_SYNTAX, "%s is given twice", option->name);
	a->seen |= option->bit;
	if (!option->has_value && equals < whole.n)
		return err_set(
		    err, -E_SYNTAX, "%s takes no value", option->name);
	if (!option->has_value)
		return 1;
	if (equals < whole.n)
		value = word + equals + 1;
	if (value == NULL)
		return err_set(
		    err, -E_SYNTAX, "%s needs a value", option->name);
	if (store_value(a, option, value, err) != 0)
		return -E_SYNTAX;
	return value == next ? 2 : 1;
}

static int
take_word(struct arguments *a, const char *word, struct err *err)
{
	if (a->n == ARGUMENTS_WORDS_MAX)
		return err_set(err, -E_SYNTAX, "too many words");
	a->words[a->n++] = word;
	return 1;
}

static int
parse_all(int argc, char *const *argv, struct arguments *a, struct err *err)
{
	bool options_ended = false;
	int took;

	for (int i = 1; i < argc; i += took) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;

		if (!options_ended && strcmp(argv[i], "--") == 0) {
			options_ended = true;
			took = 1;
		} else if (!options_ended && argv[i][0] == '-') {
			took = take_option(a, argv[i], next, err);
		} else {
			took = take_word(a, argv[i], err);
		}
		if (took < 0)
			return took;
	}
	return 0;
}

/* A fault may stand in front of --json; it is to be told as JSON, too. */
static bool
wants_json(int argc, char *const *argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int
arguments_parse(
    int argc, char *const *argv, struct arguments *a, struct err *err)
{
	int error;

	*a = (struct arguments){.limit = UINT64_MAX};
	error = parse_all(argc, argv, a, err);
	if (error != 0 && wants_json(argc, argv))
		a->seen |= ARGUMENTS_JSON;
	return error;
}

bool
arguments_has(const struct arguments *a, enum arguments_option option)
{
	return (a->seen & option) != 0;
}
