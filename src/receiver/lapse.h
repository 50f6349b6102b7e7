/*
 * A message that a person accepted could not be fetched (GD-17, WIRE 8): they
 * are told, in the commit in which its notice lapses. Whoever was not asked
 * hears nothing: to them it was never announced.
 */
#ifndef RECEIVER_LAPSE_H
#define RECEIVER_LAPSE_H

#include "base/settings.h"
#include "store/store.h"

#define LAPSE_HEAD_MAX 4096 /* octets of what is told: fields */
#define LAPSE_BODY_MAX 8192 /* and words */

/*
 * If NOTICE was accepted by a person: a mail for them into OP, a notice_settle
 * that lets it lapse. REPLY is the last thing its origin said, or words of
 * ours. 0; -E_NOMEM: it is to lapse another time. What cannot be told at all
 * lapses untold, and the log says so.
 */
int lapse_tell(const struct settings *settings,
    const struct store_notice *notice, struct span reply, struct store_op *op);

#endif
