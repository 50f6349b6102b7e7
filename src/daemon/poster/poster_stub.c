/*
 * For: a stub's text from what the keeper knows of a notice. Not for: putting
 * it into a mailbox (poster.c), how it looks (message/stub.h).
 */
#include "daemon/poster/poster_stub.h"

#include "base/err.h"
#include "message/stub.h"

#define ADDRESS_ROOM 512 /* the keeper makes them of less */

int
poster_stub_make(const struct message_post_stub *m, const char *host,
    struct buf *head, struct buf *body)
{
	static struct envelope envelope; /* large, and used by one at a time */
	int told = m->envelope.n > 0
		       ? envelope_parse(m->envelope, &envelope, NULL)
		       : -E_NONE;
	char reply_to[ADDRESS_ROOM];
	bool answers = m->reply_to.n > 0 &&
		       span_copy(m->reply_to, reply_to, sizeof reply_to) == 0;
	const struct stub stub = {
	    .token = m->token,
	    .host = host,
	    .user = m->user,
	    .sender = m->sender,
	    .server = m->server,
	    .how = "confirmed by DNS",
	    .envelope = told == 0 ? &envelope : NULL,
	    .subject = m->subject,
	    .attachments = (unsigned)m->attachments,
	    .has_size = m->has_size != 0,
	    .size = m->size,
	    .created = (int64_t)m->created,
	    .expires_at = (int64_t)m->expires_at,
	    .reply_to = answers ? reply_to : NULL,
	};

	return told == -E_NOMEM ? told : stub_make(&stub, head, body);
}
