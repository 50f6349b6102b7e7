/*
 * What a recipient decided about a message that waits elsewhere (WIRE 6; SM-29
 * to SM-33), as it is said between servers.
 */
#ifndef PROTO_VERDICT_H
#define PROTO_VERDICT_H

#include <stdbool.h>

enum verdict {
	SMTP_VERDICT_ACCEPT,    /* send it */
	SMTP_VERDICT_AUTHORIZE, /* send it, and from now on all of this sender
				 */
	SMTP_VERDICT_REJECT,    /* delete it */
	SMTP_VERDICT_SPAM,      /* delete it; the sender's server is to look */
	SMTP_VERDICT_SPAMMER,   /* delete it, and never again */
	SMTP_VERDICT_COUNT
};

/* The word on the wire: "ACCEPT". */
const char *verdict_word(enum verdict verdict);

/* Does a 250 to it turn the connection? */
bool verdict_turns(enum verdict verdict);

#endif
