/*
 * What the files of the stub know of each other: stub.c (the message),
 * stub_words.c (what is said), stub_html.c (how that looks). Nobody else
 * includes this.
 */
#ifndef MESSAGE_STUB_INNER_H
#define MESSAGE_STUB_INNER_H

#include "message/stub.h"

#define STUB_NAME_MAX 400 /* octets of an address; real ones have 320 */
#define STUB_NAME     (ENVELOPE_FROM_ROOM)
#define STUB_SUBJECT  (PREVIEW_SUBJECT_ROOM)

/*
 * The verified sender as people are shown it: the address, if nothing in it can
 * mislead; else whose it is ("someone at a.test"). *PLAIN_R: it is the address.
 */
void stub_name(const struct stub *s, char name_r[STUB_NAME], bool *plain_r);

/* Can ADDRESS stand between "<" and ">" as it is, whoever reads it? */
bool stub_is_address(struct span address);

/* A domain name or an address in brackets: nothing else can be in it. */
bool stub_is_domain(struct span domain);

/* The subject as a harmless line, decoded, not cut. */
void stub_subject(const struct stub *s, char subject_r[STUB_SUBJECT]);

/* Everything that is said, as TEXT with LF and as a page of HTML. */
void stub_words(const struct stub *s, struct buf *text, struct buf *html);

enum stub_look {
	STUB_TITLE,
	STUB_SENDER,
	STUB_CLAIM, /* what a stranger says of itself */
	STUB_ABOUT,
	STUB_FACT, /* several stand beside each other */
	STUB_ATTACHMENT,
	STUB_LINES, /* LF between them */
	STUB_UNTIL,
	STUB_ADVICE, /* LF counts as a space */
};

/* Texts are harmless UTF-8; "" where there is none. */
struct stub_row {
	enum stub_look look;
	const char *label; /* ours */
	const char *text;
	const char *note; /* behind the text */
};

void stub_html_begin(struct buf *to);
void stub_html_row(const struct stub_row *row, struct buf *to);
void stub_html_end(struct buf *to);

#endif
