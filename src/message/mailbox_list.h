/*
 * The addresses in a header field that lists mailboxes (RFC 5322 3.4): From,
 * To, Cc. Display names, comments, groups and old routes are passed over.
 */
#ifndef MESSAGE_MAILBOX_LIST_H
#define MESSAGE_MAILBOX_LIST_H

#include "base/span.h"

/*
 * Takes the next mailbox from *REST, which is the folded value of a field, and
 * writes its addr-spec ("a@b.test") with a NUL into ROOM octets at TO. 1: there
 * is one; 0: no more; -E_SYNTAX: it cannot be read, holds control characters or
 * does not fit, and *REST says nothing any more. The address is well formed by
 * RFC 5322, which is not yet what SMTP allows: see proto/address.h.
 */
int mailbox_list_next(struct span *rest, char *to, size_t room);

#endif
