/*
 * The first lines of one part of a message, as a person reads them: transfer
 * encoding, character set and HTML taken off while it passes.
 */
#ifndef MESSAGE_PREVIEW_TEXT_H
#define MESSAGE_PREVIEW_TEXT_H

#include "message/charset.h"
#include "message/html_text.h"
#include "message/transfer.h"

#define PREVIEW_TEXT_LINES      3   /* SM-16: a couple of headlines */
#define PREVIEW_TEXT_CHARACTERS 400 /* WIRE 6; line ends are counted */
#define PREVIEW_TEXT_ROOM       (PREVIEW_TEXT_CHARACTERS * 4 + 1)

struct preview_text {
	struct transfer transfer;
	struct charset charset;
	struct html_text html;
	bool is_html;
	bool full;   /* nothing more is wanted */
	bool broken; /* some of it found no memory */
	/* What was found: harmless lines, LF between them, and a NUL. */
	char text[PREVIEW_TEXT_ROOM];
	size_t n;
	unsigned characters, lines;
	bool space, in_line; /* a blank is pending; the line has begun */
};

/* CHARSET is the name in the message. Always ends with preview_text_end(). */
void preview_text_init(struct preview_text *t, enum transfer_kind transfer,
    struct span charset, bool is_html);

/* Octets of the part, as they are in the message. */
void preview_text_feed(struct preview_text *t, struct span in);

/* The part ended. What was found stays. */
void preview_text_end(struct preview_text *t);

#endif
