/* Ends of the items of a group (WIRE 8, "Origin, on the reply"). */
#ifndef ORIGIN_NOTIFY_JUDGE_H
#define ORIGIN_NOTIFY_JUDGE_H

#include "origin/notify_group.h"
#include "origin/push.h"

/* What a reply means for a hold whose call was made. */
void notify_judge(struct notify_group *g, struct notify_group_item *item,
    const struct notify_reply *reply, int64_t now);

/* Later; or, when it was on its way as a message, broken off. */
void notify_judge_retry(struct notify_group *g, struct notify_group_item *item,
    struct span reply, int64_t now);
void notify_judge_refuse(struct notify_group *g, struct notify_group_item *item,
    struct span reply, int64_t now);

/* Nothing more is to be said of it here. */
void notify_judge_done(struct notify_group *g, struct notify_group_item *item);

/* Writes down, with ENDING of push_end_new, how a sending of ours ended. */
void notify_judge_pushed(struct notify *n, struct store_op *ending,
    const struct push_end *end, int64_t now);

/* Asks again for what the store had no room for. */
void notify_judge_again(struct notify *n);
void notify_judge_forget(struct notify *n);

#endif
