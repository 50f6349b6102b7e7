/*
 * Replies: the rows of reply.def as octets, and a peer's lines as a reply
 * (RFC 5321 4.2). What a reply means is decided elsewhere. See reply.h.
 */
#include "proto/reply.h"

#include "base/err.h"

#include <string.h>

struct row {
	int code;
	const char *enhanced;
	const char *text;
};

static const struct row rows[REPLY_COUNT] = {
#define REPLY(name, code, enhanced, text) \
	[REPLY_##name] = {code, enhanced, text},
#include "proto/reply.def"
#undef REPLY
};

int
reply_code(enum reply_name name)
{
	return rows[name].code;
}

enum reply_name
reply_to_fault(enum line_fault fault)
{
	switch (fault) {
	case LINE_TOO_LONG:
		return REPLY_LINE_TOO_LONG;
	case LINE_NO_MEMORY:
		return REPLY_DELIVERY_LATER;
	case LINE_GOOD:
	case LINE_MALFORMED:
		break;
	}
	return REPLY_LINE_MALFORMED;
}

bool
reply_is_not_understood(int code)
{
	return code == 500 || code == 501 || code == 502 || code == 504 ||
	       code == 555;
}

const char *
reply_enhanced(enum reply_name name)
{
	return rows[name].enhanced;
}

static bool
is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* An argument may hold a peer's octets: they must not forge a line. */
static void
print_argument(struct span argument, struct buf *to)
{
	struct span cut = span_part(argument, 0, REPLY_ARGUMENT_MAX);

	for (size_t i = 0; i < cut.n; i++)
		buf_char(to, is_printable(cut.p[i]) ? cut.p[i] : '?');
}

void
reply_print(enum reply_name name, struct span argument, struct buf *to)
{
	const struct row *row = &rows[name];
	struct span text = span_of(row->text);
	size_t hole = span_search(text, 0, span_of("%s"));

	if (row->code != 0)
		buf_print(to, "%d ", row->code);
	if (row->enhanced[0] != '\0')
		buf_print(to, "%s ", row->enhanced);
	buf_put(to, span_part(text, 0, hole));
	if (hole < text.n) {
		print_argument(argument, to);
		buf_put(to, span_skip(text, hole + 2));
	}
	buf_text(to, "\r\n");
}

int
reply_from_number(uint64_t number, enum reply_name *name_r)
{
	if (number >= REPLY_COUNT)
		return -E_RANGE;
	*name_r = (enum reply_name)number;
	return 0;
}

void
reply_reader_init(struct reply_reader *r)
{
	line_init(&r->line, REPLY_LINE_MAX);
	r->code = 0;
	r->lines = 0;
	r->command = NULL;
}

void
reply_reader_fini(struct reply_reader *r)
{
	line_fini(&r->line);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reply-code = %x32-35 %x30-35 %x30-39; beyond it, later digits are let be. */
static int
parse_code(struct span line)
{
	if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5' ||
	    !is_digit(line.p[1]) || !is_digit(line.p[2]))
		return -E_SYNTAX;
	if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
		return -E_SYNTAX;
	return (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 +
	       (line.p[2] - '0');
}

/* The number of digits at AT, 0 when there are none or more than three. */
static size_t
digits_at(struct span s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && is_digit(s.p[at + n]))
		n++;
	return n <= 3 ? n : 0;
}

/*
 * status-code = ( "2" / "4" / "5" ) "." 1*3DIGIT "." 1*3DIGIT  (RFC 2034),
 * of the same class as the reply. How long it is, or 0 when there is none.
 */
static size_t
enhanced_length(struct span text, int code)
{
	size_t subject, detail, n;

	if (text.n < 5 || text.p[0] != '0' + code / 100 || text.p[1] != '.')
		return 0;
	subject = digits_at(text, 2);
	n = 2 + subject;
	if (subject == 0 || n >= text.n || text.p[n] != '.')
		return 0;
	detail = digits_at(text, n + 1);
	n += 1 + detail;
	if (detail == 0 || (n < text.n && text.p[n] != ' '))
		return 0;
	return n;
}

static void
fill_reply(struct span text, int code, struct reply *reply_r)
{
	size_t enhanced = enhanced_length(text, code);
	struct span rest = span_skip(text, enhanced);
	size_t n;

	memset(reply_r, 0, sizeof(*reply_r));
	reply_r->code = code;
	memcpy(reply_r->enhanced, text.n > 0 ? text.p : "", enhanced);
	if (enhanced > 0)
		rest = span_skip(rest, 1);
	n = rest.n < REPLY_TEXT_MAX ? rest.n : REPLY_TEXT_MAX - 1;
	for (size_t i = 0; i < n; i++)
		reply_r->text[i] = is_printable(rest.p[i]) ? rest.p[i] : '?';
}

/* The one command that may stand in the place of a reply. */
static bool
is_command(const struct reply_reader *r, struct span line)
{
	return r->command != NULL && r->lines == 0 &&
	       r->line.fault == LINE_GOOD &&
	       span_equals_nocase(line, span_of(r->command));
}

int
reply_feed(struct reply_reader *r, struct span in, size_t *used_r,
    struct span *line_r, bool *last_r, struct reply *reply_r)
{
	struct span line;
	int code;

	if (line_feed(&r->line, in, used_r, &line) == 0)
		return 0;
	if (is_command(r, line)) {
		memset(reply_r, 0, sizeof(*reply_r));
		*line_r = line;
		*last_r = true;
		return 1;
	}
	code = r->line.fault == LINE_GOOD ? parse_code(line) : -E_SYNTAX;
	if (code < 0 || (r->lines > 0 && code != r->code))
		return -E_SYNTAX;
	r->code = code;
	r->lines++;
	if (r->lines > REPLY_LINES_MAX)
		return -E_SYNTAX;
	*line_r = span_skip(line, 4);
	*last_r = line.n < 4 || line.p[3] == ' ';
	if (*last_r) {
		fill_reply(*line_r, code, reply_r);
		r->lines = 0;
	}
	return 1;
}
