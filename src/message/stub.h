/*
 * A stub: the message that stands in a user's folder "Waiting" for an envelope
 * about which the user is asked, while the message itself waits at its sender's
 * server (DM-23). Moving it, or replying to it, is the decision. A pure maker.
 *
 * All of it but the verified sender comes from strangers: it is harmless
 * (shown.h), cut, marked as theirs, and no address in it can be followed. The
 * plain text and the HTML say the same in the same words. The token stands in
 * the head alone, so that quoting the text does not give it away.
 */
#ifndef MESSAGE_STUB_H
#define MESSAGE_STUB_H

#include "base/buf.h"
#include "message/envelope.h"

#define STUB_TOKEN_MAX 128
#define STUB_HEAD_MAX  4096
#define STUB_BODY_MAX \
	(32 * 1024) /* whatever comes: the store keeps it inline */

/* All borrowed for the call. */
struct stub {
	struct span token;  /* names the envelope: 1 to STUB_TOKEN_MAX letters,
			       digits, "-" and "_", which nobody guesses */
	const char *host;   /* our name */
	struct span user;   /* whose mailbox */
	struct span sender; /* verified; "" is <> */
	struct span server; /* who vouches for it: the domain or host */
	const char *how;    /* "SPF pass": words of ours, at most 80 octets */
	/* As envelope_parse() made it; NULL: the notice said little, and what
	   follows is all. */
	const struct envelope *envelope;
	struct span subject; /* as it stood in the notice */
	unsigned attachments;
	bool has_size; /* counts more than what the envelope says */
	uint64_t size;
	int64_t created;
	int64_t expires_at;   /* 0: not known */
	const char *reply_to; /* "answer+TOKEN@b.test": accepts; or NULL */
};

/*
 * Writes a head with the empty line behind it, ASCII, and a body whose parts
 * are base64 of UTF-8: lines with CRLF, of at most 998 octets. HEAD and BODY
 * are empty and may hold STUB_HEAD_MAX and STUB_BODY_MAX. 0 or -E_NOMEM.
 */
int stub_make(const struct stub *stub, struct buf *head, struct buf *body);

#endif
