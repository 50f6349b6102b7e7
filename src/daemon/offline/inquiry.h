/*
 * One question about a sender's policy (SPF), asked of DNS by a process that is
 * no server: for the command line.
 */
#ifndef DAEMON_INQUIRY_H
#define DAEMON_INQUIRY_H

#include "ctl/ctl.h"

#define INQUIRY_SECONDS 60 /* for all look-ups together; then temperror */

/* Takes its time. 0; -E_SYNTAX a word of ASK makes no sense; -E_SYSTEM,
   -E_NOMEM. */
int inquiry_policy(const struct ctl_policy_ask *ask,
    struct ctl_policy_answer *answer_r, struct err *err);

#endif
