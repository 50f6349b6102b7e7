/*
 * What a reception asks of a header section, and what it adds to that of a
 * submission.
 */
#ifndef DAEMON_RECEPTION_HEAD_H
#define DAEMON_RECEPTION_HEAD_H

#include "base/key.h"
#include "daemon/transfer/own_addresses.h"
#include "message/head.h"

/* Is every author the user, under whatever address of theirs (SM-10)? 0;
   -E_DENIED: no; -E_NOMEM: not known. */
int reception_head_check_from(const struct head *head,
    const struct head_facts *facts, const struct own_addresses *own);

/* Does To or Cc name RECIPIENT? Whom no field names is a Bcc, and is announced
   alone. */
bool reception_head_names(const struct head *head, struct span recipient);

/* The first Subject, on one line, cut at ROOM octets. Answers how many. */
size_t reception_head_subject(const struct head *head, char *to, size_t room);

/*
 * What the origin adds to a submission (RFC 6409 8.2, 8.3; RFC 5321 4.4).
 * Where the user was is not said.
 */
struct reception_head_added {
	const char *hostname;
	struct span from; /* where none is said; "": none is added */
	struct span with;
	struct key message;
	int64_t now;
};
void reception_head_add(const struct reception_head_added *all,
    const struct head_facts *facts, struct buf *to);

#endif
