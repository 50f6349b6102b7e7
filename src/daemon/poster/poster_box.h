/*
 * A user's mailbox, as its user asks for it (WIRE 10): a page of what is there,
 * one message as a descriptor, one removed. Part of the poster.
 */
#ifndef DAEMON_POSTER_BOX_H
#define DAEMON_POSTER_BOX_H

#include "daemon/role/role.h"

#define POSTER_BOX_PAGE 50 /* messages that are looked into at once */

struct poster_box;

/* ROOT: the mail folder. NULL: no memory. */
struct poster_box *poster_box_new(struct role *role, int root);

/* BOX_LIST, BOX_OPEN, BOX_REMOVE from the keeper; others are left alone. */
void poster_box_message(struct poster_box *x, const struct message *m);

#endif
