/*
 * The header section of a message while its octets pass by: collected up to a
 * ceiling, looked at once when it is complete, and edited by whole fields. The
 * content is always head + body, octet for octet: a header section longer than
 * the ceiling simply goes on in the body.
 *
 * Knows RFC 5322 fields and the few facts the server needs; no MIME, no
 * decoding, no judgement. Everything in it comes from strangers.
 */
#ifndef MESSAGE_HEAD_H
#define MESSAGE_HEAD_H

#include "base/buf.h"

#define HEAD_MAX       (60 * 1024) /* octets; under 64 KiB with those added */
#define HEAD_ADDED_MAX 4096        /* octets of fields put in front */

struct head {
	struct buf text; /* header section, closing empty line if any */
	bool complete;   /* the empty line, the ceiling or the end was met */
	bool cut;        /* it was the ceiling: fields may follow in the body */
	bool none; /* no header section: what text holds begins the body */
};

void head_init(struct head *h);
void head_fini(struct head *h);

/*
 * Takes octets of IN that belong to the head; returns how many. Once complete
 * it takes nothing: what is left is body. A message that does not begin with a
 * field (its first line has no colon after a legal name) has no header section:
 * complete at once, NONE is set, and everything is body (what was taken before
 * that was known stays in text; fields that are added in front will be followed
 * by an empty line). One that begins with an empty line has a header section
 * without fields. Header sections in which some later line is no field and no
 * continuation are collected as they are: never repaired. When memory ran out:
 * complete, and buf_bad(&h->text).
 */
size_t head_feed(struct head *h, struct span in);

/* The message ended within its header section. */
void head_end(struct head *h);

/*
 * Walks the fields. *AT starts at 0. 1: *FIELD_R is the whole field with its
 * continuation lines and last CRLF, *NAME_R its name, *VALUE_R the rest up to
 * that CRLF (folded, untrimmed). All borrowed until the head changes. Lines
 * that are no field are skipped. 0: no more.
 */
int head_next(const struct head *h, size_t *at, struct span *field_r,
    struct span *name_r, struct span *value_r);

struct head_facts {
	unsigned received; /* Received fields, for loops (AT-23) */
	bool has_date, has_message_id, has_bcc;
	unsigned from_fields; /* From fields; more than one is malformed */
};
void head_facts(const struct head *h, struct head_facts *facts_r);

/*
 * The addr-specs of all From fields, one at a time ("a@b.test", without display
 * name, comments and angle brackets; groups opened). *AT starts at 0. 1 and
 * the text with a NUL in ROOM bytes at TO; 0 no more; -E_SYNTAX a mailbox that
 * cannot be read or does not fit: the next call goes on with the next field.
 */
int head_from(const struct head *h, size_t *at, char *to, size_t room);

/*
 * The head as it will be kept: ADDED (whole fields, each with CRLF), then the
 * fields as they came without those named Bcc when DROP_BCC, then the rest. A
 * Bcc field that the ceiling cut is kept, since its end is in the body: whoever
 * must not let it pass looks at h->cut.
 * When the message had no header section and something is added, an empty line
 * is put behind it. 0, or -E_NOMEM.
 */
int head_edit(
    const struct head *h, struct span added, bool drop_bcc, struct buf *to);

#endif
