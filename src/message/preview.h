/*
 * What a person is told of a message before it is there: subject, attachments,
 * the first lines of its text (SM-16). One pass over its octets as they go by,
 * in pieces of any size, which change nothing; memory does not depend on the
 * message. Everything in it comes from strangers; nothing is ever an error.
 */
#ifndef MESSAGE_PREVIEW_H
#define MESSAGE_PREVIEW_H

#include "message/mime.h"
#include "message/preview_text.h"

#define PREVIEW_SUBJECT_ROOM 1024
#define PREVIEW_NAME_ROOM    256 /* of an attachment's name */
#define PREVIEW_LISTED       20  /* attachments that are told one by one */
#define PREVIEW_DEPTH        20  /* multiparts within each other; see below */
#define PREVIEW_PARTS        100000       /* parts that are looked at */
#define PREVIEW_BOUNDARY     200          /* octets; RFC 2046 5.1.1 allows 70 */
#define PREVIEW_FIELD        4096         /* octets of a field; the rest goes */
#define PREVIEW_TEXT_OCTETS  (256 * 1024) /* looked through for the text */

struct preview_attachment {
	char name[PREVIEW_NAME_ROOM]; /* a harmless line; "" has no name */
	char type[MIME_TYPE_ROOM];    /* "application/pdf" */
	uint64_t size;                /* decoded; see transfer_meter */
};

/* Texts end with a NUL, are UTF-8, and harmless by shown_text(). */
struct preview_facts {
	char subject[PREVIEW_SUBJECT_ROOM]; /* one line, decoded */
	char text[PREVIEW_TEXT_ROOM];       /* lines with LF between them */
	unsigned attachments;               /* all that were seen */
	unsigned listed;                    /* the first of them */
	struct preview_attachment list[PREVIEW_LISTED];
	bool broken; /* some found no memory: there may be more to say */
};

/*
 * What counts: each part without parts of its own is an attachment if its
 * disposition says so, if it has a name, or if it is not text; an attached
 * message (message/rfc822) is one, whatever is in it. A part without name and
 * disposition that is one of several forms of the same (multipart/alternative)
 * is none. The text is that of the first text/plain part that has any and is no
 * attachment, else text/html, else of a named text part that is not said to be
 * an attachment.
 *
 * A multipart deeper than PREVIEW_DEPTH or with a longer boundary than
 * PREVIEW_BOUNDARY is one attachment. After PREVIEW_PARTS parts nothing more is
 * counted. Parts end at their boundary, at an outer one, or with the message.
 */
struct preview;

struct preview *preview_new(void); /* NULL: no memory */
void preview_free(struct preview **p);

/* The next octets of the content, header section first, lines with CRLF. */
void preview_feed(struct preview *p, struct span in);

/* The message ended; no feeding after that. */
void preview_end(struct preview *p);

/*
 * What is known; whole after preview_end(). Borrowed until preview_free().
 */
const struct preview_facts *preview_facts(const struct preview *p);

#endif
