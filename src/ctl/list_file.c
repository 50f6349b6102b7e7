/*
 * For: users' lists as text: `restante list export` and `import`. A line is an
 * entry: "allow" or "deny", whom it names, and on the incoming list who speaks
 * for them ("-" for one that is not known yet, "*" for anybody).
 *
 * Not for: judging addresses; the server does, and is asked about all lines
 * before it is told the first.
 *
 * Read on: docs/CONTROL.md, list-put.
 */
#include "ctl/commands.h"
#include "ctl/list.h"
#include "ctl/output.h"
#include "ctl/pages.h"

#include <string.h>
#include <unistd.h>

#define FILE_MAX      (64u << 20) /* a full list of the longest entries */
#define READ_STEP     65536
#define REQUEST_LINES 1000 /* what the server takes at once */
#define REQUEST_OCTETS                                           \
	262144u /* far below its line, whatever JSON makes of it \
		 */

/* ---- out ---- */

/* For a program the octets as they are; a terminal gets what is harmless. */
static void
print_word(FILE *to, struct span word)
{
	struct buf shown;

	if (!isatty(fileno(to))) {
		fwrite(word.p, 1, word.n, to);
		return;
	}
	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(word, &shown);
	fputs(buf_string(&shown), to);
	buf_fini(&shown);
}

static void
print_entry(FILE *to, const json_t *entry, bool with_server)
{
	const json_t *server = json_object_get(entry, "server");
	char rooms[2][OUTPUT_ROOM];
	struct span list = output_member(entry, "list", rooms[0]);
	bool denies = span_equals(list, span_of("deny"));

	print_word(to, list);
	fputc(' ', to);
	print_word(to, output_member(entry, "address", rooms[1]));
	if (with_server) {
		fputc(' ', to);
		print_word(to, json_is_string(server)
				   ? output_member(entry, "server", rooms[1])
			       : denies ? span_of("*")
					: span_of("-"));
	}
	fputc('\n', to);
}

int
list_export(struct ctl *ctl, const struct arguments *a)
{
	bool with_server = !arguments_has(a, ARGUMENTS_OUTGOING);
	const json_t *entry;
	json_t *answer;
	size_t at;
	int status = pages_ask(ctl,
	    json_pack("{s:s, s:s, s:s}", "do", "list-show", "user", a->words[0],
		"side", list_side(a)),
	    "entries", a->limit, &answer);

	if (status != CTL_DONE)
		return status;
	if (ctl->json)
		output_json(ctl->out, answer);
	else
		json_array_foreach(json_object_get(answer, "entries"), at,
		    entry) print_entry(ctl->out, entry, with_server);
	json_decref(answer);
	return CTL_DONE;
}

/* ---- in: one line ---- */

struct words {
	struct span list, address, server;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of *REST. A quoted local part may have blanks in it. */
static struct span
take_word(struct span *rest)
{
	struct span word;
	bool quoted = false;
	size_t n = 0;

	while (rest->n > 0 && is_blank(rest->p[0]))
		*rest = span_skip(*rest, 1);
	for (; n < rest->n && (quoted || !is_blank(rest->p[n])); n++)
		if (rest->p[n] == '"')
			quoted = !quoted;
		else if (quoted && rest->p[n] == '\\' && n + 1 < rest->n)
			n++;
	word = span_part(*rest, 0, n);
	*rest = span_skip(*rest, n);
	return word;
}

/* What is wrong with the LINE of a list, in words; NULL: nothing so far. */
static const char *
parse_line(struct span line, bool has_server, struct words *words_r)
{
	bool allows;

	words_r->list = take_word(&line);
	words_r->address = take_word(&line);
	words_r->server = take_word(&line);
	allows = span_equals(words_r->list, span_of("allow"));
	if (!allows && !span_equals(words_r->list, span_of("deny")))
		return "a line begins with allow or deny";
	if (words_r->address.n == 0)
		return "an address is missing";
	if (take_word(&line).n > 0)
		return "there is too much behind the server";
	if (!has_server && words_r->server.n > 0)
		return "lines of the outgoing list have no server";
	if (allows && span_equals(words_r->server, span_of("*")))
		return "only deny is for any server; - is one that is not "
		       "known yet";
	if (span_equals(words_r->server, span_of("*")) ||
	    span_equals(words_r->server, span_of("-")))
		words_r->server = span_of("");
	return NULL;
}

/* ---- in: all of them ---- */

struct importing {
	struct ctl *ctl;
	const struct arguments *arguments;
	struct span text;
	bool check; /* the first time through: nothing is put */
	json_t *entries;
	uint64_t numbers[REQUEST_LINES]; /* of the lines they stand on */
	size_t octets;                   /* in them */
	uint64_t line, looked_at, put;
};

/* Says which line is at fault. */
static int
fault(struct importing *i, uint64_t line, const char *code, const char *text)
{
	char said[512];

	snprintf(
	    said, sizeof said, "line %llu: %s", (unsigned long long)line, text);
	return ctl_fail(i->ctl, code, said);
}

/* A refusal may be about one line, or come when some lines were put. */
static int
refused(struct importing *i, const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *text = json_string_value(json_object_get(error, "text"));
	const json_t *at = json_object_get(error, "entry");
	json_int_t n = json_integer_value(at);
	char said[512];

	if (code == NULL || text == NULL)
		return ctl_refused(i->ctl, answer);
	if (json_is_integer(at) && n >= 0 &&
	    (size_t)n < json_array_size(i->entries))
		return fault(i, i->numbers[n], code, text);
	i->put += (uint64_t)json_integer_value(json_object_get(error, "put"));
	if (i->put == 0)
		return ctl_refused(i->ctl, answer);
	snprintf(said, sizeof said, "%s; %llu entries were put", text,
	    (unsigned long long)i->put);
	return ctl_fail(i->ctl, code, said);
}

static void
show_progress(const struct importing *i, bool is_over)
{
	if (!isatty(fileno(i->ctl->err)))
		return;
	if (i->check)
		fprintf(i->ctl->err, "\rlooking at line %llu ",
		    (unsigned long long)i->line);
	else
		fprintf(i->ctl->err, "\r%llu of %llu entries are put%s",
		    (unsigned long long)i->put,
		    (unsigned long long)i->looked_at, is_over ? "\n" : " ");
	fflush(i->ctl->err);
}

/* Sends what was gathered. */
static int
flush(struct importing *i)
{
	size_t n = json_array_size(i->entries);
	json_t *answer;
	int status;

	if (n == 0)
		return CTL_DONE;
	status = ctl_ask_either(i->ctl,
	    json_pack("{s:s, s:s, s:s, s:b, s:O}", "do", "list-put", "user",
		i->arguments->words[0], "side", list_side(i->arguments),
		"check", (int)i->check, "entries", i->entries),
	    &answer);
	if (status != CTL_DONE)
		return status;
	if (json_object_get(answer, "error") != NULL)
		status = refused(i, answer);
	json_decref(answer);
	if (i->check)
		i->looked_at += n;
	else
		i->put += n;
	json_array_clear(i->entries);
	i->octets = 0;
	if (status == CTL_DONE)
		show_progress(i, false);
	return status;
}

static int
take_line(struct importing *i, struct span line)
{
	bool has_server = !arguments_has(i->arguments, ARGUMENTS_OUTGOING);
	struct words words;
	const char *wrong;
	json_t *entry;

	line = span_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return CTL_DONE;
	wrong = parse_line(line, has_server, &words);
	if (wrong != NULL)
		return fault(i, i->line, "bad", wrong);
	entry = json_pack("{s:s%, s:s%, s:s%}", "list", words.list.p,
	    words.list.n, "address", words.address.p, words.address.n, "server",
	    words.server.p, words.server.n);
	if (entry == NULL)
		return fault(i, i->line, "bad", "that is not UTF-8 text");
	i->numbers[json_array_size(i->entries)] = i->line;
	json_array_append_new(i->entries, entry);
	i->octets += line.n;
	if (json_array_size(i->entries) < REQUEST_LINES &&
	    i->octets < REQUEST_OCTETS)
		return CTL_DONE;
	return flush(i);
}

static int
go_through(struct importing *i, bool check)
{
	struct span rest = i->text, line;
	int status = CTL_DONE;

	i->check = check;
	i->line = 0;
	while (status == CTL_DONE && span_cut(&rest, '\n', &line)) {
		i->line++;
		status = take_line(i, line);
	}
	return status == CTL_DONE ? flush(i) : status;
}

static int
read_all(FILE *from, struct buf *text)
{
	char *room;

	while ((room = buf_room(text, READ_STEP)) != NULL) {
		size_t n = fread(room, 1, READ_STEP, from);

		buf_grow(text, n);
		if (n == 0)
			return ferror(from) ? -E_SYSTEM : 0;
	}
	return -E_NOMEM;
}

static int
import(struct ctl *ctl, const struct arguments *a, struct span text)
{
	struct importing i = {
	    .ctl = ctl,
	    .arguments = a,
	    .text = text,
	    .entries = json_array(),
	};
	json_t *answer;
	int status = go_through(&i, true);

	if (status == CTL_DONE)
		status = go_through(&i, false);
	if (status == CTL_DONE)
		show_progress(&i, true);
	json_decref(i.entries);
	if (status != CTL_DONE)
		return status;
	if (!ctl->json) {
		fprintf(ctl->out, "%llu entries are on the list.\n",
		    (unsigned long long)i.put);
		return CTL_DONE;
	}
	answer = json_pack("{s:I}", "put", (json_int_t)i.put);
	output_json(ctl->out, answer);
	json_decref(answer);
	return CTL_DONE;
}

int
list_import(struct ctl *ctl, const struct arguments *a)
{
	FILE *from = a->n > 1 ? fopen(a->words[1], "r") : ctl->in;
	struct err err;
	struct buf text;
	int error, status;

	if (from == NULL) {
		err_system(&err, "%s", a->words[1]);
		return ctl_fail(ctl, "bad", err.text);
	}
	buf_init(&text, FILE_MAX);
	error = read_all(from, &text);
	if (from != ctl->in)
		fclose(from);
	if (error == -E_SYSTEM)
		status = ctl_fail(ctl, "later", "the list cannot be read");
	else if (error != 0)
		status = ctl_fail(ctl, "bad", "the list is longer than 64 MiB");
	else
		status = import(ctl, a, buf_span(&text));
	buf_fini(&text);
	return status;
}
