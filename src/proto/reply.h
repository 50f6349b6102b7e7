/*
 * Replies: those we give (rows of reply.def) and those we are given (RFC 5321
 * 4.2, enhanced codes by RFC 2034).
 */
#ifndef PROTO_REPLY_H
#define PROTO_REPLY_H

#include "base/buf.h"
#include "proto/line.h"

enum reply_name {
#define REPLY(name, code, enhanced, text) REPLY_##name,
#include "proto/reply.def"
#undef REPLY
	REPLY_COUNT
};

/* 0 for a line that is no reply but a command (DATA, which answers GTML). */
int reply_code(enum reply_name name);

/* To a line that has FAULT, which is one. */
enum reply_name reply_to_fault(enum line_fault fault);

/* Does it say that the command itself, or a parameter, is not known there?
   (RFC 5321 4.2.4; WIRE 8: then the same is said otherwise.) */
bool reply_is_not_understood(int code);

/* "5.7.1", or "" for none. */
const char *reply_enhanced(enum reply_name name);

#define REPLY_ARGUMENT_MAX 400 /* octets: a reply line has 512, RFC 5321 */

/*
 * Writes the whole line with CRLF; ARGUMENT goes where the text has %s, cut to
 * REPLY_ARGUMENT_MAX, with '?' for octets that are no printable ASCII.
 */
void reply_print(enum reply_name name, struct span argument, struct buf *to);

/* The name of a row by its number from another process; -E_RANGE unknown. */
int reply_from_number(uint64_t number, enum reply_name *name_r);

#define REPLY_TEXT_MAX  512  /* octets of a peer's text that are kept */
#define REPLY_LINES_MAX 100  /* lines of one reply; more is broken */
#define REPLY_LINE_MAX  2048 /* octets of one line of a peer's reply */

/* A reply as it was received. */
struct reply {
	int code;          /* 200 to 599; 0: it was r->command */
	char enhanced[12]; /* "5.7.1" or "" */
	/*
	 * The last line's text behind the enhanced code, for people: cut, with
	 * '?' for octets that are no printable ASCII.
	 */
	char text[REPLY_TEXT_MAX];
};

/* Reads one reply of any number of lines. */
struct reply_reader {
	struct line line;
	int code;
	unsigned lines;
	const char *command; /* static; legal in the place of a reply, or NULL
			      */
};

void reply_reader_init(struct reply_reader *r);
void reply_reader_fini(struct reply_reader *r);

/*
 * Takes at most to the end of one line. 1: a line of a reply: *LINE_R is its
 * text behind code and separator, *LAST_R says whether the reply is complete,
 * then *REPLY_R is filled. 0: more is needed. -E_SYNTAX: not a reply, codes
 * that differ between lines, or beyond a ceiling.
 */
int reply_feed(struct reply_reader *r, struct span in, size_t *used_r,
    struct span *line_r, bool *last_r, struct reply *reply_r);

#endif
