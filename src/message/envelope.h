/*
 * The envelope text (WIRE 6): a small message that tells of a large one, which
 * waits at its sender's server. Written there, read by whoever was told.
 */
#ifndef MESSAGE_ENVELOPE_H
#define MESSAGE_ENVELOPE_H

#include "base/buf.h"
#include "base/err.h"
#include "message/head.h"
#include "message/preview.h"

#define ENVELOPE_TEXT_MAX 8192 /* octets; a peer refuses more: 552 5.3.4 */
#define ENVELOPE_ID_MAX   128  /* octets of an identifier (WIRE 2) */

/* What is told of the message. All is borrowed. */
struct envelope_source {
	const struct head *head;
	const struct preview_facts *facts;
	uint64_t size;  /* octets of the message as it will be transferred */
	struct span id; /* ENVID; empty: put in front of the text later */
	bool seven_bit; /* the reader knows no 8BITMIME: ASCII only */
};

/*
 * Writes the envelope text behind what is in TO, which must have room for
 * ENVELOPE_TEXT_MAX more. From, To, Cc, Date, Subject, Message-ID,
 * List-Unsubscribe and List-Unsubscribe-Post are those of the message,
 * unfolded, made harmless and folded again; a long list of addresses is cut
 * between two and ends with a comment that counts the rest, a long subject is
 * cut at a character, and of the others one that is too long is left out. Then
 * Message-Size, Attachment-Status, and the first lines as a text of MIME.
 *
 * Without an id there is room left for "Envelope-Id: " with any identifier and
 * CRLF, so that ID + text is an envelope text. 0 or -E_NOMEM.
 */
int envelope_print(const struct envelope_source *source, struct buf *to);

#define ENVELOPE_LIST_ROOM 2560 /* 2 KiB of addresses and a count */
#define ENVELOPE_FROM_ROOM 1024
#define ENVELOPE_DATE_ROOM 128
#define ENVELOPE_ID_ROOM   512 /* of a Message-ID */

/*
 * What an envelope text says. Texts end with a NUL, are UTF-8 and harmless by
 * shown_text(): one line each, but for the preview; "" where nothing is said.
 * None of it is verified.
 */
struct envelope {
	char from[ENVELOPE_FROM_ROOM]; /* all From fields, decoded */
	unsigned from_fields;          /* one in what is well formed */
	char to[ENVELOPE_LIST_ROOM];
	char cc[ENVELOPE_LIST_ROOM];
	char date[ENVELOPE_DATE_ROOM];
	char subject[PREVIEW_SUBJECT_ROOM];
	/* As it is, with its brackets: printable ASCII without spaces, or "".
	 */
	char message_id[ENVELOPE_ID_ROOM];
	uint64_t size; /* 0: not told */
	unsigned attachments;
	unsigned listed; /* the first of them */
	struct preview_attachment list[PREVIEW_LISTED];
	char preview[PREVIEW_TEXT_ROOM];
};

/*
 * Reads the envelope text of a peer, lines with CRLF. Whatever is missing,
 * doubled, malformed or too long in it is left out, joined or cut; where
 * nothing is said of attachments, those of the text itself count.
 *
 * 0; -E_SYNTAX with a reason in WHY (which may be NULL): over
 * ENVELOPE_TEXT_MAX, no header section, or none of the fields above in it;
 * -E_NOMEM. *ENVELOPE_R is filled in any case.
 */
int
envelope_parse(struct span text, struct envelope *envelope_r, struct err *why);

#endif
