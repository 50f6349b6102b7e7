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
#include "base/settings_check.h"
#include "base/settings_scan.h"
#include "base/settings_value.h"

#include <confuse.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX  60 /* octets of a key that a complaint repeats */
#define CHOICE_MAX 64 /* octets of the words of a choice */
/* The worst text is words of one letter: a pointer and 16 octets for two. */
#define MEMORY_MAX (16u * SETTINGS_TEXT_MAX)

static const struct row {
	const char *key, *standard, *range, *reason;
	const char *kind_text; /* as in settings.def: "CHOICE(a|b)" */
	size_t offset;         /* in struct settings */
	enum settings_kind kind;
} rows[] = {
#define SETTINGS_CHOICE(words) SETTINGS_CHOICE
#define SETTING(kind, key, field, standard, range, reason) \
	{key, standard, range, reason, #kind,              \
	    offsetof(struct settings, field), SETTINGS_##kind},
#include "base/settings.def"
#undef SETTING
#undef SETTINGS_CHOICE
};

enum { ROWS = sizeof rows / sizeof *rows };

/* The keys of a section `peer`; their rows are those of all domains. */
static const struct {
	const char *key;
	size_t offset; /* in struct settings_peer */
} peer_rows[SETTINGS_SCAN_PEER_KEYS] = {
    {"speak", offsetof(struct settings_peer, speak)},
    {"offer", offsetof(struct settings_peer, offer)},
};

/* What the caller gets a part of: the values, and the memory behind them. */
struct owner {
	struct settings settings;
	struct arena arena;
};

/* One reading: whom to tell of faults, and what is known of each key. */
struct reading {
	const char *name; /* of the configuration */
	settings_report *report;
	void *arg;
	struct owner *owner;
	struct settings_scan scan;
	unsigned lines[ROWS]; /* 0: not given */
	bool bad[ROWS];       /* a fault was told */
	int result;
	/* What is being read, for its faults. */
	const char *key;
	unsigned line;
};

static int
find_row(struct span key)
{
	for (int i = 0; i < ROWS; i++)
		if (span_equals(key, span_of(rows[i].key)))
			return i;
	return -1;
}

static int
find_key(enum settings_scan_place place, struct span key, bool *list_r)
{
	int row = find_row(key);

	*list_r = row < 0 || rows[row].kind == SETTINGS_LIST;
	if (place == SETTINGS_ANYWHERE)
		return row;
	for (int i = 0; i < SETTINGS_SCAN_PEER_KEYS; i++)
		if (span_equals(key, span_of(peer_rows[i].key)))
			return i;
	return -1;
}

/* ---- faults ---- */

int
settings_fault_text(const struct settings_fault *fault, struct err *err)
{
	struct span key = span_part(fault->key, 0, SHOWN_MAX);
	char line[16] = "";

	if (fault->line != 0)
		snprintf(line, sizeof line, "%u:", fault->line);
	return err_set(err, -E_SYNTAX, "%s:%s %.*s%s%s", fault->name, line,
	    (int)key.n, key.p == NULL ? "" : key.p, key.n == 0 ? "" : ": ",
	    fault->why);
}

static void
tell(struct reading *r, unsigned line, struct span key, const char *why)
{
	const struct settings_fault fault = {r->name, line, key, why};

	r->result = -E_SYNTAX;
	r->report(r->arg, &fault);
}

static void
scan_fault(void *arg, unsigned line, struct span key, const char *why)
{
	struct reading *r = arg;
	int row = find_row(key);

	if (row >= 0)
		r->bad[row] = true;
	tell(r, line, key, why);
}

static void
value_fault(void *arg, const char *why)
{
	struct reading *r = arg;

	tell(r, r->line, span_of(r->key), why);
}

static bool
is_bad(void *arg, const char *key)
{
	const struct reading *r = arg;

	return r->bad[find_row(span_of(key))];
}

static void
together_fault(void *arg, const char *key, const char *why)
{
	struct reading *r = arg;

	tell(r, r->lines[find_row(span_of(key))], span_of(key), why);
}

static int
no_memory(struct err *err)
{
	return err_set(err, -E_NOMEM, "no memory for the configuration");
}

/* ---- libconfuse ---- */

/* It tells faults to a function that gets no argument of ours. */
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
static cfg_opt_t
option_of(const char *key)
{
	if (rows[find_row(span_of(key))].kind == SETTINGS_LIST)
		return (cfg_opt_t)CFG_STR_LIST(key, NULL, CFGF_NODEFAULT);
	return (cfg_opt_t)CFG_STR(key, NULL, CFGF_NODEFAULT);
}

static cfg_t *
new_parser(void)
{
	cfg_opt_t in_peer[SETTINGS_SCAN_PEER_KEYS + 1];
	cfg_opt_t options[ROWS + 2];
	cfg_t *parser;

	for (int i = 0; i < SETTINGS_SCAN_PEER_KEYS; i++)
		in_peer[i] = option_of(peer_rows[i].key);
	in_peer[SETTINGS_SCAN_PEER_KEYS] = (cfg_opt_t)CFG_END();
	for (int i = 0; i < ROWS; i++)
		options[i] = option_of(rows[i].key);
	options[ROWS] =
	    (cfg_opt_t)CFG_SEC("peer", in_peer, CFGF_MULTI | CFGF_TITLE);
	options[ROWS + 1] = (cfg_opt_t)CFG_END();
	parser = cfg_init(options, CFGF_NONE);
	if (parser != NULL)
		cfg_set_error_function(parser, complain);
	return parser;
}

/* What the scan has let pass is in good order, so this finds no fault that is
   known; should it find one all the same, it is said. */
static void
parse_syntax(struct reading *r, cfg_t *parser, const char *clean)
{
	complaint.line = 0;
	complaint.why[0] = '\0';
	if (cfg_parse_buf(parser, clean) == CFG_SUCCESS)
		return;
	r->scan.stopped = true;
	tell(r, complaint.line, span_of(NULL),
	    complaint.why[0] != '\0' ? complaint.why : "syntax fault");
}

/* ---- values ---- */

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

/* OPTION, or the standard value when it is NULL, into FIELD. */
static int
read_value(
    struct reading *r, const struct row *row, cfg_opt_t *option, void *field)
{
	const struct settings_value_watch watch = {r, value_fault};
	struct settings_value value = {
	    .key = row->key,
	    .kind = row->kind,
	    .words = choice_words(row),
	    .range = row->range,
	    .option = option,
	    .standard = row->standard,
	};

	return settings_value_read(&value, &r->owner->arena, field, &watch);
}

static int
read_row(struct reading *r, int i, cfg_t *parser)
{
	char *field = (char *)&r->owner->settings + rows[i].offset;
	cfg_opt_t *option = NULL;
	int error;

	r->key = rows[i].key;
	r->line = r->lines[i];
	if (r->line != 0)
		option = cfg_getopt(parser, rows[i].key);
	else if (r->bad[i] || r->scan.stopped)
		return 0; /* the text does give it, or may give it */
	if (option != NULL && rows[i].kind != SETTINGS_LIST &&
	    cfg_opt_size(option) == 0)
		return 0; /* libconfuse has stopped before it, and said so */
	error = read_value(r, &rows[i], option, field);
	r->bad[i] = r->bad[i] || error != 0;
	return error == -E_NOMEM ? error : 0;
}

static int
read_peer(struct reading *r, unsigned i, cfg_t *section)
{
	const struct settings_scan_peer *seen = &r->scan.peers[i];
	struct settings_peer *peer = &r->owner->settings.peers[i];
	char *domain = arena_take(&r->owner->arena, seen->domain.n + 1);

	if (domain == NULL ||
	    span_copy(seen->domain, domain, seen->domain.n + 1) != 0)
		return -E_NOMEM;
	settings_value_lower(domain);
	peer->domain = domain;
	for (int k = 0; k < SETTINGS_SCAN_PEER_KEYS; k++) {
		const char *key = peer_rows[k].key;

		if (seen->lines[k] == 0)
			continue;
		r->key = key;
		r->line = seen->lines[k];
		if (read_value(r, &rows[find_row(span_of(key))],
			cfg_getopt(section, key),
			(char *)peer + peer_rows[k].offset) == -E_NOMEM)
			return -E_NOMEM;
	}
	return 0;
}

static int
read_peers(struct reading *r, cfg_t *parser)
{
	struct settings *settings = &r->owner->settings;
	unsigned n = r->scan.peers_n;
	int error = 0;

	if (n != cfg_size(parser, "peer"))
		return 0; /* libconfuse has stopped, and said so */
	settings->peers =
	    arena_take(&r->owner->arena, n * sizeof *settings->peers);
	if (settings->peers == NULL)
		return -E_NOMEM;
	settings->peer_count = n;
	for (unsigned i = 0; error == 0 && i < n; i++)
		error = read_peer(r, i, cfg_getnsec(parser, "peer", i));
	return error;
}

static int
read_all(struct reading *r, cfg_t *parser, const char *clean)
{
	const struct settings_check_watch watch = {r, is_bad, together_fault};
	int error = 0;

	parse_syntax(r, parser, clean);
	for (int i = 0; error == 0 && i < ROWS; i++)
		error = read_row(r, i, parser);
	if (error == 0)
		error = read_peers(r, parser);
	if (error == 0 && !r->scan.stopped)
		settings_check_together(&r->owner->settings, &watch);
	return error;
}

static int
parse_into(struct reading *r, struct buf *clean)
{
	cfg_t *parser;
	int error;

	if (settings_scan(&r->scan, clean) == -E_NOMEM)
		return -E_NOMEM;
	parser = new_parser();
	if (parser == NULL)
		return -E_NOMEM;
	error = read_all(r, parser, buf_string(clean));
	cfg_free(parser);
	return error == 0 ? r->result : error;
}

static int
read_whole(struct reading *r, struct span text)
{
	struct buf clean;
	int error;

	r->scan = (struct settings_scan){
	    .text = text,
	    .find = find_key,
	    .lines = r->lines,
	    .peers = calloc(SETTINGS_PEERS_MAX, sizeof *r->scan.peers),
	    .peers_max = SETTINGS_PEERS_MAX,
	    .fault = scan_fault,
	    .arg = r,
	};
	if (r->scan.peers == NULL)
		return -E_NOMEM;
	buf_init(&clean, SETTINGS_TEXT_MAX);
	error = parse_into(r, &clean);
	buf_fini(&clean);
	free(r->scan.peers);
	return error;
}

int
settings_examine(struct span text, const char *name, settings_report *report,
    void *arg, struct settings **settings_r, struct err *err)
{
	struct reading r = {.name = name, .report = report, .arg = arg};
	struct settings *settings;
	int error;

	*settings_r = NULL;
	if (text.n > SETTINGS_TEXT_MAX) {
		tell(&r, 0, span_of(NULL), "is larger than 1 MiB");
		return -E_SYNTAX;
	}
	r.owner = calloc(1, sizeof *r.owner);
	if (r.owner == NULL)
		return no_memory(err);
	arena_init(&r.owner->arena, MEMORY_MAX);
	error = read_whole(&r, text);
	settings = &r.owner->settings;
	if (error != 0)
		settings_free(&settings);
	*settings_r = settings;
	return error == -E_NOMEM ? no_memory(err) : error;
}

/* Of several faults, the one that stands first in the text; those of no line
   come last. */
struct first {
	bool any;
	unsigned line;
	struct err *err;
};

static void
keep_first(void *arg, const struct settings_fault *fault)
{
	struct first *first = arg;
	unsigned line = fault->line == 0 ? UINT_MAX : fault->line;

	if (first->any && line >= first->line)
		return;
	first->any = true;
	first->line = line;
	settings_fault_text(fault, first->err);
}

int
settings_parse(struct span text, const char *name, struct settings **settings_r,
    struct err *err)
{
	struct err found = {0};
	struct first first = {.err = &found};
	int error = settings_examine(
	    text, name, keep_first, &first, settings_r, &found);
	if (error != 0 && err != NULL)
		*err = found;
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

void
settings_each(
    void (*each)(void *arg, const struct settings_row *row), void *arg)
{
	static const char *const names[] = {
	    [SETTINGS_TEXT] = "text",
	    [SETTINGS_LIST] = "list",
	    [SETTINGS_DURATION] = "duration",
	    [SETTINGS_SIZE] = "size",
	    [SETTINGS_COUNT] = "count",
	    [SETTINGS_FLAG] = "flag",
	    [SETTINGS_CHOICE] = "choice",
	};
	static const struct settings_row peer = {"peer", "section", "",
	    "peer \"domain\" { speak = {...} offer = {...} }, at most 1000",
	    "what differs for one domain and those below it: how we tell it "
	    "that a message waits, and what EHLO shows to its hosts"};

	for (int i = 0; i < ROWS; i++) {
		char words[CHOICE_MAX] = "";
		struct settings_row row = {rows[i].key, names[rows[i].kind],
		    rows[i].standard, rows[i].range, rows[i].reason};

		if (rows[i].kind == SETTINGS_FLAG)
			row.range = "true or false";
		span_copy(choice_words(&rows[i]), words, sizeof words);
		if (words[0] != '\0')
			row.range = words;
		each(arg, &row);
	}
	each(arg, &peer);
}
