/*
 * Lines of the protocol: only CRLF ends one (RFC 5321 2.3.8). Not for content
 * (content.c), whose lines may have any length. See line.h.
 */
#include "proto/line.h"

void
line_init(struct line *l, size_t ceiling)
{
	buf_init(&l->text, ceiling);
	l->ceiling = ceiling;
	l->saw_cr = false;
	l->ended = false;
	l->fault = LINE_GOOD;
}

void
line_fini(struct line *l)
{
	line_forget(l);
}

void
line_ceiling(struct line *l, size_t ceiling)
{
	l->ceiling = ceiling;
	l->text.max = ceiling;
}

void
line_forget(struct line *l)
{
	buf_wipe(&l->text);
	line_init(l, l->ceiling);
}

/* The first fault of a line is the one that is told. */
static void
spoil(struct line *l, enum line_fault fault)
{
	if (l->fault == LINE_GOOD)
		l->fault = fault;
	buf_clear(&l->text);
}

/* Octets at the start of IN that are no CR, LF or NUL. */
static size_t
plain_run(struct span in)
{
	size_t n = 0;

	while (
	    n < in.n && in.p[n] != '\r' && in.p[n] != '\n' && in.p[n] != '\0')
		n++;
	return n;
}

static void
append(struct line *l, struct span run)
{
	if (l->fault != LINE_GOOD)
		return;
	if (run.n > l->ceiling - l->text.n)
		spoil(l, LINE_TOO_LONG);
	else if (buf_put(&l->text, run) < 0)
		spoil(l, LINE_NO_MEMORY);
}

/* Takes one octet that is CR, LF or NUL; true when it ends the line. */
static bool
take_special(struct line *l, char c)
{
	bool after_cr = l->saw_cr;

	l->saw_cr = c == '\r';
	if (c == '\n' && after_cr)
		return true;
	if (c != '\r' || after_cr)
		spoil(l, LINE_MALFORMED);
	return false;
}

int
line_feed(struct line *l, struct span in, size_t *used_r, struct span *line_r)
{
	size_t used = 0;

	if (l->ended) {
		buf_clear(&l->text);
		l->fault = LINE_GOOD;
		l->ended = false;
	}
	while (used < in.n && !l->ended) {
		size_t run = plain_run(span_skip(in, used));

		if (run == 0) {
			l->ended = take_special(l, in.p[used]);
			used++;
			continue;
		}
		if (l->saw_cr)
			spoil(l, LINE_MALFORMED);
		l->saw_cr = false;
		append(l, span_part(in, used, run));
		used += run;
	}
	*used_r = used;
	*line_r = l->ended ? buf_span(&l->text) : (struct span){NULL, 0};
	return l->ended ? 1 : 0;
}
