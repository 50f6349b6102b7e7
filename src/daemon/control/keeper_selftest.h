/*
 * A message for the self-test, which proves on the running server that a person
 * can decide (`restante selftest`). It waits here and is announced here: both
 * ends of one hold. From then on nothing is played: whoever accepts it makes us
 * call our own listener and fetch it.
 */
#ifndef DAEMON_KEEPER_SELFTEST_H
#define DAEMON_KEEPER_SELFTEST_H

#include "daemon/control/keeper_kinds.h"

/* A kind's step, as keeper_kinds.h says. Never 0. */
int
keeper_selftest_put(struct keeper_request *r, const json_t *q, struct err *err);

#endif
