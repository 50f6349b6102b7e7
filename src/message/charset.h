/*
 * Text in any of the character sets that mail is written in, to UTF-8, while it
 * passes. What cannot be read becomes U+FFFD; it is never an error.
 */
#ifndef MESSAGE_CHARSET_H
#define MESSAGE_CHARSET_H

#include "base/buf.h"

/*
 * Opens the C library's tables once and keeps them for the life of the process,
 * since they are files: a process that changes its root calls this before, or
 * it will know UTF-8, ISO 8859-1 and windows-1252 only. Returns how many sets
 * were opened.
 */
unsigned charset_prepare(void);

#define CHARSET_HELD 16 /* octets of a character that is not whole yet */

enum charset_kind {
	CHARSET_UTF8,    /* also ASCII, unknown names and no name */
	CHARSET_WESTERN, /* windows-1252, and so ISO 8859-1 */
	CHARSET_LIBRARY, /* the C library's */
};

struct charset {
	enum charset_kind kind;
	void *library; /* its iconv_t */
	char held[CHARSET_HELD];
	size_t held_n;
};

/*
 * NAME is what a message says; what is not known is read as UTF-8. Only names
 * from a list of our own reach the C library. Always ends with charset_close().
 */
void charset_open(struct charset *c, struct span name);
void charset_close(struct charset *c);

/*
 * Puts IN as whole UTF-8 characters behind TO; at most 3 octets for each of
 * IN.n + CHARSET_HELD. 0 or -E_NOMEM.
 */
int charset_feed(struct charset *c, struct span in, struct buf *to);

/* The text ended: half a character becomes U+FFFD. 0 or -E_NOMEM. */
int charset_end(struct charset *c, struct buf *to);

/* What OCTET is in windows-1252, which holds all of ISO 8859-1. */
uint32_t charset_western(unsigned char octet);

#endif
