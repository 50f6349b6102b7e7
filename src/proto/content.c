/*
 * For: taking the dots off content that comes, putting them on content that
 * goes, and finding its true end (RFC 5321 4.5.2, AT-16).
 * Not for: looking into the message, or deciding what a malformed one costs.
 * More: content.h; docs/WIRE.md, section 4.
 *
 * Content is cut at LF with memchr() and each line is looked at twice more at
 * that speed, instead of running a state for every octet: all mail passes here.
 */
#include "proto/content.h"

#include <string.h>

/*
 * What has been read of the present line. The CR of a CRLF is given out as it
 * comes; only a dot at the start of a line, and a CR behind such a dot, wait
 * for the octet that tells what they were.
 */
enum content_state {
	LINE_START,   /* nothing: CRLF, or nothing at all, lies before */
	IN_LINE,      /* octets, the last of them no CR */
	AFTER_CR,     /* octets, the last of them a CR */
	AFTER_DOT,    /* only a dot, not given out */
	AFTER_DOT_CR, /* only a dot and a CR, not given out */
	AT_END,       /* the lone dot was read */
};

/* How one line lies in a span: to its LF, or to the end of the span. */
struct stretch {
	size_t n; /* octets, with the LF */
	bool has_lf;
	bool cr_is_last; /* the last octet before the LF, or before the end */
	bool cr_is_bare; /* a CR with something else than LF behind it */
};

/* Measures the line at S, behind a CR or not. S is not empty. */
static struct stretch
measure(struct span s, bool behind_cr)
{
	const char *lf = memchr(s.p, '\n', s.n);
	size_t n = lf != NULL ? (size_t)(lf - s.p) : s.n;
	struct stretch line = {.n = n, .has_lf = lf != NULL};

	if (lf != NULL)
		line.n++;
	if (n == 0) {
		line.cr_is_last = behind_cr;
		return line;
	}
	const char *cr = memchr(s.p, '\r', n);
	line.cr_is_last = s.p[n - 1] == '\r';
	line.cr_is_bare = behind_cr || (cr != NULL && cr != s.p + n - 1);
	return line;
}

void
content_reader_init(struct content_reader *r)
{
	*r = (struct content_reader){.state = LINE_START};
}

/* Moves over one line of S, or what there is of it; says how many octets. */
static size_t
pass_line(struct content_reader *r, struct span s)
{
	struct stretch line = measure(s, r->state == AFTER_CR);

	if (line.cr_is_bare || (line.has_lf && !line.cr_is_last))
		r->malformed = true;
	if (line.has_lf)
		r->state = line.cr_is_last ? LINE_START : IN_LINE;
	else
		r->state = line.cr_is_last ? AFTER_CR : IN_LINE;
	return line.n;
}

/* Counts what passed, and looks for the one octet that no line may hold. */
static void
account(struct content_reader *r, struct span passed)
{
	r->size += passed.n;
	if (passed.n > 0 && memchr(passed.p, '\0', passed.n) != NULL)
		r->malformed = true;
}

/*
 * Takes a dot that starts a line, and the CR behind it, off S. What follows
 * them decides, and may not have come yet.
 */
static size_t
pass_dot(struct content_reader *r, struct span s)
{
	size_t n = 0;

	if (r->state == LINE_START && s.n > 0 && s.p[0] == '.') {
		r->state = AFTER_DOT;
		n++;
	}
	if (r->state == AFTER_DOT && n < s.n) {
		r->state = s.p[n] == '\r' ? AFTER_DOT_CR : IN_LINE;
		n += r->state == AFTER_DOT_CR;
	}
	return n;
}

int
content_read(struct content_reader *r, struct span in, size_t *used_r,
    struct span *run_r)
{
	size_t start = pass_dot(r, in), at = start;

	*run_r = span_make(in.p, 0);
	*used_r = start;
	if (r->state == AT_END)
		return 1;
	if (at == in.n)
		return 0;
	if (r->state == AFTER_DOT_CR) {
		if (in.p[at] == '\n') {
			r->state = AT_END;
			*used_r = at + 1;
			return 1;
		}
		/* The CR was held back; it is content, and bare. */
		r->state = AFTER_CR;
		*run_r = span_of("\r");
		account(r, *run_r);
		return 0;
	}
	do {
		at += pass_line(r, span_skip(in, at));
	} while (at < in.n && !(r->state == LINE_START && in.p[at] == '.'));
	*used_r = at;
	*run_r = span_part(in, start, at - start);
	account(r, *run_r);
	return 0;
}

void
content_check(struct content_reader *r, struct span in)
{
	size_t at = 0;

	while (at < in.n)
		at += pass_line(r, span_skip(in, at));
	account(r, in);
}

bool
content_is_whole(const struct content_reader *r)
{
	return r->state == LINE_START;
}

void
content_writer_init(struct content_writer *w)
{
	*w = (struct content_writer){.at_line_start = true};
}

int
content_write(struct content_writer *w, struct span in, struct buf *to)
{
	size_t written = 0, at = 0;

	while (at < in.n) {
		if (w->at_line_start && in.p[at] == '.') {
			buf_put(to, span_part(in, written, at - written));
			buf_char(to, '.');
			written = at;
		}
		struct stretch line = measure(span_skip(in, at), w->saw_cr);
		w->at_line_start = line.has_lf && line.cr_is_last;
		w->saw_cr = !line.has_lf && line.cr_is_last;
		at += line.n;
	}
	return buf_put(to, span_skip(in, written));
}

int
content_write_end(struct content_writer *w, struct buf *to)
{
	if (!w->at_line_start)
		buf_text(to, "\r\n");
	return buf_text(to, ".\r\n");
}
