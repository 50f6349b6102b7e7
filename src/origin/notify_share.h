/* How much each domain has under way, so that a slow one leaves room for all
   others (NOTIFY_SHARE). */
#ifndef ORIGIN_NOTIFY_SHARE_H
#define ORIGIN_NOTIFY_SHARE_H

#include "origin/notify_group.h"

/* All items of G are under way; one of them is not any more. */
void notify_share_begin(struct notify_group *g);
void notify_share_end(struct notify_group *g);

/* CLAIM, which is OP's, leaves out the domains that have their share. */
void notify_share_leave_out(struct notify *n, struct store_op *op);

#endif
