/*
 * For: turning the text of a configuration into struct settings, and saying
 * for each fault in which line, at which key, and why. The rows of
 * settings.def make the table below; nothing here knows a key by name.
 *
 *   text -> settings_scan: no comments, doubles, variables -> libconfuse:
 *   syntax -> settings_value: its kind -> settings_check: what it may be
 *
 * Not for: rules about single keys (settings_check.c).
 *
 * Read on: settings.h; docs/ADD-A-SETTING.md.
 */
#include "base/settings.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/ip.h"
#include "base/settings_check.h"
#include "base/settings_scan.h"
#include "base/settings_value.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ten years: more is a typing fault. */
#define DURATION_MAX   ((int64_t)3650 * 24 * 3600)
#define SIZE_VALUE_MAX ((uint64_t)INT64_MAX) /* what the store can hold */
#define SHOWN_MAX      60 /* octets of a value that a complaint repeats */
/* The worst text is words of one letter: a pointer and 16 octets for two. */
#define MEMORY_MAX (16u * SETTINGS_TEXT_MAX)

static const struct row {
	const char *key, *standard, *help;
	const char *kind_text; /* as in settings.def: "CHOICE(a|b)" */
	size_t offset;         /* in struct settings */
	enum settings_kind kind;
} rows[] = {
#define SETTINGS_CHOICE(words) SETTINGS_CHOICE
#define SETTING(kind, key, field, standard, help)                      \
	{key, standard, help, #kind, offsetof(struct settings, field), \
	    SETTINGS_##kind},
#include "base/settings.def"
#undef SETTING
#undef SETTINGS_CHOICE
};

enum { ROWS = sizeof rows / sizeof *rows };

/* What the caller gets a part of: the values, and the memory behind them. */
struct owner {
	struct settings settings;
	struct arena arena;
};

/* Where a fault is said to be. */
struct place {
	const char *name; /* of the configuration */
	unsigned line;    /* 0: none, or several */
	struct err *err;
};

static int
find_key(struct span key)
{
	for (int i = 0; i < ROWS; i++)
		if (span_equals(key, span_of(rows[i].key)))
			return i;
	return -1;
}

/* "NAME:LINE: key: why"; line 0 and the empty key are left out. */
static int
fault(const struct place *at, struct span key, const char *why)
{
	char line[16] = "";

	if (at->line != 0)
		snprintf(line, sizeof line, "%u:", at->line);
	key = span_part(key, 0, SHOWN_MAX);
	return err_set(at->err, -E_SYNTAX, "%s:%s %.*s%s%s", at->name, line,
	    (int)key.n, key.p == NULL ? "" : key.p, key.n == 0 ? "" : ": ",
	    why);
}

static int
no_memory(struct err *err)
{
	return err_set(err, -E_NOMEM, "no memory for the configuration");
}

/* Splits "90 s" into its number and its unit. 0, -E_SYNTAX, -E_RANGE. */
static int
split_unit(struct span text, uint64_t *number_r, struct span *unit_r)
{
	size_t digits = 0;

	text = span_trim(text);
	while (
	    digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	*unit_r = span_trim(span_skip(text, digits));
	return span_number(span_part(text, 0, digits), INT64_MAX, number_r);
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* NUMBER in the unit NAME, at most MAX. 0, -E_SYNTAX, -E_RANGE. */
static int
multiply(const struct unit *units, struct span name, uint64_t max,
    uint64_t *number_io)
{
	for (; units->name != NULL; units++) {
		if (!span_equals_nocase(name, span_of(units->name)))
			continue;
		if (*number_io > max / units->factor)
			return -E_RANGE;
		*number_io *= units->factor;
		return 0;
	}
	return -E_SYNTAX;
}

int
settings_duration(struct span text, int64_t *seconds_r)
{
	static const struct unit units[] = {{"", 1}, {"s", 1}, {"m", 60},
	    {"h", 3600}, {"d", 86400}, {"w", 604800}, {NULL, 0}};
	struct span unit;
	uint64_t number;
	int error = split_unit(text, &number, &unit);

	if (error == 0)
		error = multiply(units, unit, DURATION_MAX, &number);
	if (error == 0)
		*seconds_r = (int64_t)number;
	return error;
}

int
settings_size(struct span text, uint64_t *octets_r)
{
	static const struct unit units[] = {{"", 1}, {"KiB", 1u << 10},
	    {"MiB", 1u << 20}, {"GiB", 1u << 30}, {"TiB", (uint64_t)1 << 40},
	    {NULL, 0}};
	struct span unit;
	uint64_t number;
	int error = split_unit(text, &number, &unit);

	if (error == 0)
		error = multiply(units, unit, SIZE_VALUE_MAX, &number);
	if (error == 0)
		*octets_r = number;
	return error;
}

int
settings_endpoint(const char *text, struct ip *ip_r, uint16_t *port_r)
{
	struct span whole = span_of(text), address, port;
	size_t colon = whole.n;
	uint64_t number;

	while (colon > 0 && whole.p[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return -E_SYNTAX;
	port = span_skip(whole, colon);
	address = span_part(whole, 0, colon - 1);
	if (address.n >= 2 && address.p[0] == '[' &&
	    address.p[address.n - 1] == ']')
		address = span_part(address, 1, address.n - 2);
	else if (span_find(address, 0, ':') < address.n)
		return -E_SYNTAX; /* which colon is the port's? */
	if (span_number(port, UINT16_MAX, &number) != 0 || number == 0)
		return -E_SYNTAX;
	*port_r = (uint16_t)number;
	return ip_parse(address, ip_r);
}

/* "accept|reject" of "CHOICE(accept|reject)"; nothing for other kinds. */
static struct span
choice_words(const struct row *row)
{
	struct span words =
	    span_skip(span_of(row->kind_text), strlen("CHOICE("));

	if (row->kind != SETTINGS_CHOICE)
		return span_of(NULL);
	return span_part(words, 0, words.n - 1);
}

/* libconfuse tells faults to a function that gets no argument of ours. */
static struct {
	unsigned line;
	char why[128];
} complaint;

__attribute__((format(printf, 2, 0))) static void
complain(cfg_t *cfg, const char *format, va_list arguments)
{
	if (complaint.line != 0)
		return; /* the first says most */
	complaint.line = cfg->line > 0 ? (unsigned)cfg->line : 1;
	vsnprintf(complaint.why, sizeof complaint.why, format, arguments);
}

/* Every value is a text to libconfuse; we know better what it should be. */
static cfg_t *
new_parser(void)
{
	cfg_opt_t options[ROWS + 1];
	cfg_t *parser;

	for (int i = 0; i < ROWS; i++) {
		const char *key = rows[i].key;

		options[i] =
		    rows[i].kind == SETTINGS_LIST
			? (cfg_opt_t)CFG_STR_LIST(key, NULL, CFGF_NODEFAULT)
			: (cfg_opt_t)CFG_STR(key, NULL, CFGF_NODEFAULT);
	}
	options[ROWS] = (cfg_opt_t)CFG_END();
	parser = cfg_init(options, CFGF_NONE);
	if (parser != NULL)
		cfg_set_error_function(parser, complain);
	return parser;
}

static int
parse_syntax(cfg_t *parser, const char *clean, struct place *at)
{
	complaint.line = 0;
	complaint.why[0] = '\0';
	if (cfg_parse_buf(parser, clean) == CFG_SUCCESS)
		return 0;
	at->line = complaint.line;
	return fault(at, span_of(NULL),
	    complaint.why[0] != '\0' ? complaint.why : "syntax fault");
}

static int
read_row(struct owner *owner, const struct row *row, cfg_opt_t *option,
    struct err *why)
{
	struct settings_value value = {
	    .key = row->key,
	    .kind = row->kind,
	    .words = choice_words(row),
	    .option = option,
	    .standard = row->standard,
	};

	return settings_value_read(
	    &value, &owner->arena, (char *)&owner->settings + row->offset, why);
}

static int
read_rows(
    struct owner *owner, cfg_t *parser, const unsigned *lines, struct place *at)
{
	const char *key = NULL;
	struct err why;
	int error = 0;

	for (int i = 0; error == 0 && i < ROWS; i++) {
		cfg_opt_t *option = NULL;

		key = rows[i].key;
		if (lines[i] != 0)
			option = cfg_getopt(parser, key);
		error = read_row(owner, &rows[i], option, &why);
	}
	if (error == 0)
		error = settings_check_together(&owner->settings, &key, &why);
	if (error == -E_NOMEM)
		return no_memory(at->err);
	if (error == 0)
		return 0;
	at->line = lines[find_key(span_of(key))];
	return fault(at, span_of(key), why.text);
}

static int
parse_into(
    struct owner *owner, struct span text, struct place *at, struct buf *clean)
{
	unsigned lines[ROWS] = {0};
	struct settings_scan scan = {
	    .text = text, .find = find_key, .keys = ROWS, .lines = lines};
	struct err why;
	cfg_t *parser;
	int error = settings_scan(&scan, clean, &why);

	if (error == -E_NOMEM)
		return no_memory(at->err);
	at->line = scan.line;
	if (error != 0)
		return fault(at, scan.key, why.text);
	parser = new_parser();
	if (parser == NULL)
		return no_memory(at->err);
	error = parse_syntax(parser, buf_string(clean), at);
	if (error == 0)
		error = read_rows(owner, parser, lines, at);
	cfg_free(parser);
	return error;
}

int
settings_parse(struct span text, const char *name, struct settings **settings_r,
    struct err *err)
{
	struct place at = {.name = name, .err = err};
	struct settings *settings;
	struct owner *owner;
	struct buf clean;
	int error;

	*settings_r = NULL;
	if (text.n > SETTINGS_TEXT_MAX)
		return fault(&at, span_of(NULL), "is larger than 1 MiB");
	owner = calloc(1, sizeof *owner);
	if (owner == NULL)
		return no_memory(err);
	arena_init(&owner->arena, MEMORY_MAX);
	buf_init(&clean, SETTINGS_TEXT_MAX);
	error = parse_into(owner, text, &at, &clean);
	buf_fini(&clean);
	settings = &owner->settings;
	if (error != 0)
		settings_free(&settings);
	*settings_r = settings;
	return error;
}

void
settings_free(struct settings **s)
{
	struct owner *owner;

	if (*s == NULL)
		return;
	owner = (struct owner *)(void *)*s; /* its first member */
	arena_fini(&owner->arena);
	free(owner);
	*s = NULL;
}

static int
read_file(int fd, const char *path, struct buf *text, struct err *err)
{
	const size_t step = 16384;

	for (;;) {
		char *room = buf_room(text, step);
		ssize_t n;

		if (room == NULL)
			return err_set(err, -E_SYNTAX,
			    "%s: is larger than "
			    "1 MiB",
			    path);
		n = read(fd, room, step);
		if (n == 0)
			return 0;
		if (n > 0)
			buf_grow(text, (size_t)n);
		else if (errno != EINTR)
			return err_system(err, "%s", path);
	}
}

int
settings_load(const char *path, struct settings **settings_r,
    struct buf *text_r, struct err *err)
{
	struct buf text;
	int fd, error;

	*settings_r = NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_system(err, "%s", path);
	/* Room for a whole step behind the largest text that is allowed. */
	buf_init(&text, SETTINGS_TEXT_MAX + 16384);
	error = read_file(fd, path, &text, err);
	close(fd);
	if (error == 0)
		error = settings_parse(buf_span(&text), path, settings_r, err);
	if (error == 0 && text_r != NULL)
		error = buf_put(text_r, buf_span(&text));
	if (error != 0)
		settings_free(settings_r);
	buf_fini(&text);
	return error;
}

void
settings_each(void (*each)(void *arg, const char *key, const char *kind,
		  const char *standard, const char *help),
    void *arg)
{
	static const char *const names[] = {
	    [SETTINGS_TEXT] = "text",
	    [SETTINGS_LIST] = "list",
	    [SETTINGS_DURATION] = "duration",
	    [SETTINGS_SIZE] = "size",
	    [SETTINGS_COUNT] = "count",
	    [SETTINGS_FLAG] = "true|false",
	    [SETTINGS_CHOICE] = NULL,
	};

	for (int i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		const char *name = names[row->kind];
		char words[64];

		if (name == NULL) {
			span_copy(choice_words(row), words, sizeof words);
			name = words;
		}
		each(arg, row->key, name, row->standard, row->help);
	}
}
