/*
 * The text of a stub, made where mailboxes are written: what it tells of was
 * written by strangers, and is read far from the store (message/stub.h).
 */
#ifndef DAEMON_POSTER_STUB_H
#define DAEMON_POSTER_STUB_H

#include "base/buf.h"
#include "daemon/channel/message.h"

/* HOST: our name. HEAD and BODY are empty and may hold what stub_make() asks
   for. 0, or -E_NOMEM. */
int poster_stub_make(const struct message_post_stub *m, const char *host,
    struct buf *head, struct buf *body);

#endif
