/*
 * Collects one command or reply line. Only CRLF ends a line (RFC 5321 2.3.8);
 * a bare CR, a bare LF or a NUL makes the line malformed, which is told when
 * its CRLF has come, so that a reply stands in its place. A line longer than
 * its ceiling is read to its end, dropped, and told as too long.
 */
#ifndef PROTO_LINE_H
#define PROTO_LINE_H

#include "base/buf.h"

enum line_fault {
	LINE_GOOD,
	LINE_TOO_LONG,
	LINE_MALFORMED,
	LINE_NO_MEMORY, /* to be said again later */
};

struct line {
	struct buf text;
	size_t ceiling; /* octets without CRLF */
	bool saw_cr;
	bool ended; /* the line in TEXT has been told: the next octet starts
		       anew */
	enum line_fault fault;
};

void line_init(struct line *l, size_t ceiling);
void line_fini(struct line *l);

/* Another ceiling for the lines that follow (AUTH lines are longer). */
void line_ceiling(struct line *l, size_t ceiling);

/* Wipes what was collected and gives its memory back (lines with secrets). */
void line_forget(struct line *l);

/*
 * Takes octets from IN, at most to the end of one line; *USED_R says how many.
 * 1: a line is there: *LINE_R without CRLF (empty when faulty), borrowed until
 * the next call, and l->fault says whether it can be used. 0: more is needed.
 */
int
line_feed(struct line *l, struct span in, size_t *used_r, struct span *line_r);

#endif
