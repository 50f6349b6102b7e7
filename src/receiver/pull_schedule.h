/*
 * When a notice is asked for again, by the schedule of the setting pull-retries
 * (GD-15 to GD-17, WIRE 4). Pure.
 */
#ifndef RECEIVER_PULL_SCHEDULE_H
#define RECEIVER_PULL_SCHEDULE_H

#include "base/settings.h"
#include "store/store.h"

#define PULL_CONFIRM_PAUSE 600 /* seconds, where pull-retries has none */
#define PULL_UNASKED_PAUSE 60  /* and for what a broken call did not ask */

/* The time of the next try, or 0: no more. The schedule counts from the first
   try, so that a call that was cut short costs none of the others. */
int64_t pull_next_try(const struct settings *settings,
    const struct store_notice *notice, int64_t now);

/* Of an unconfirmed one the next question: on the same schedule; behind its
   end, with its last pause, until the origin answers or the record expires. */
int64_t pull_next_question(const struct settings *settings,
    const struct store_notice *notice, int64_t now);

/* Seconds until we ask again about what we took: the first pause. */
int64_t pull_confirm_pause(const struct settings *settings);

/* Seconds until what a broken call did not ask for is asked for: a minute, or
   the first pause when that is shorter. */
int64_t pull_unasked_pause(const struct settings *settings);

#endif
