/*
 * Content-Transfer-Encoding (RFC 2045 6): taken off while octets pass, and
 * measured without being taken off. Tolerant: what is broken gives something
 * or nothing, never an error.
 */
#ifndef MESSAGE_TRANSFER_H
#define MESSAGE_TRANSFER_H

#include "base/buf.h"

enum transfer_kind {
	TRANSFER_PLAIN, /* 7bit, 8bit, binary, and whatever is not known */
	TRANSFER_BASE64,
	TRANSFER_QUOTED, /* quoted-printable */
};

/* What the value of the field says, folded and with comments or not. */
enum transfer_kind transfer_kind(struct span value);

enum transfer_quoted {
	TRANSFER_IN_TEXT,
	TRANSFER_BEHIND_EQUAL,
	TRANSFER_BEHIND_DIGIT,
	TRANSFER_IN_SOFT_END, /* between "=" and its line end */
};

#define TRANSFER_BLANKS 80 /* held until it is known that text follows */

struct transfer {
	enum transfer_kind kind;
	uint32_t bits;  /* base64: what is not yet an octet */
	unsigned count; /* how many bits that are */
	enum transfer_quoted state;
	char digit;
	char blanks[TRANSFER_BLANKS];
	size_t blanks_n;
};

void transfer_init(struct transfer *t, enum transfer_kind kind);

/*
 * Puts what IN means behind TO; at most IN.n + TRANSFER_BLANKS octets. Octets
 * outside of the base64 alphabet are passed over; "=" that begins nothing in
 * quoted-printable stays as it is; blanks at a line's end go. 0 or -E_NOMEM.
 */
int transfer_feed(struct transfer *t, struct span in, struct buf *to);

/* The part ended; what was only half of something may follow. 0, -E_NOMEM. */
int transfer_end(struct transfer *t, struct buf *to);

/*
 * How large a part is when decoded, counted at the speed of memory. Exact for
 * well-formed parts; for others the decoder may give a little more or less.
 */
struct transfer_meter {
	enum transfer_kind kind;
	uint64_t octets;    /* all */
	uint64_t digits;    /* base64: of the alphabet */
	uint64_t equals;    /* quoted-printable: "=" */
	uint64_t soft_ends; /* "=" with a line end behind it */
	char last[2];       /* the last two octets */
};

void transfer_meter_init(struct transfer_meter *m, enum transfer_kind kind);
void transfer_meter_add(struct transfer_meter *m, struct span in);

/*
 * The octets so far when decoded; without the last line end, which belongs to
 * the boundary behind a part, if BOUNDARY.
 */
uint64_t transfer_meter_size(const struct transfer_meter *m, bool boundary);

/* Writes IN as base64 in lines of 76 with CRLF (RFC 2045 6.8). 0, -E_NOMEM. */
int transfer_base64(struct span in, struct buf *to);

#endif
