/*
 * The operator's socket: one JSON object a line in, one a line out
 * (docs/CONTROL.md). Only root and the keeper's own user may speak here.
 */
#ifndef DAEMON_KEEPER_CONTROL_H
#define DAEMON_KEEPER_CONTROL_H

#include "daemon/keeper.h"

#define CONTROL_LINE_MAX    (1u << 20)
#define CONTROL_CLIENTS_MAX 64

int keeper_control_new(struct keeper *k, struct keeper_control **control_r);
void keeper_control_free(struct keeper_control **c);

/* Begins to accept on FD, which it owns from now. */
void keeper_control_listen(struct keeper_control *c, int fd);

/* What auth sends: passwords to look up, and hashes it has made. */
void keeper_control_message(
    struct keeper_control *c, struct peer *from, struct message *m);

#endif
