/*
 * The octets between DATA and the lone dot (RFC 5321 4.1.1.4, 4.5.2), both
 * ways. Only CRLF.CRLF ends content (AT-16); a bare CR, a bare LF or a NUL
 * anywhere makes it malformed, and it is still read to its end, so that the
 * reply stands where it belongs.
 */
#ifndef PROTO_CONTENT_H
#define PROTO_CONTENT_H

#include "base/buf.h"

/* Incoming: takes the dots off. */
struct content_reader {
	unsigned char state; /* private */
	bool malformed;      /* bare CR, bare LF or NUL was seen */
	uint64_t size;       /* octets given out so far */
};

void content_reader_init(struct content_reader *r);

/*
 * Takes octets of IN up to the end of content. Each call gives out at most one
 * run, which lies within IN or is static: *RUN_R, valid as long as IN. 1: the
 * final CRLF.CRLF was read (*RUN_R may hold a last run); 0: go on calling until
 * *USED_R covers IN. The empty message is a lone ".CRLF" at the start.
 * A message is given out with its last CRLF, without the dot line.
 */
int content_read(struct content_reader *r, struct span in, size_t *used_r,
    struct span *run_r);

/* BDAT gives octets without dots: looks only for bare CR, LF and NUL. */
void content_check(struct content_reader *r, struct span in);

/* To be asked at the end of BDAT LAST: does it end with CRLF? */
bool content_is_whole(const struct content_reader *r);

/* Outgoing: adds the dots. */
struct content_writer {
	bool at_line_start;
	bool saw_cr;
};

void content_writer_init(struct content_writer *w);

/* Appends IN with dots stuffed to TO. 0 or -E_NOMEM (then TO is bad). */
int content_write(struct content_writer *w, struct span in, struct buf *to);

/* Appends the end: CRLF if the last line lacks it, then ".CRLF". */
int content_write_end(struct content_writer *w, struct buf *to);

#endif
