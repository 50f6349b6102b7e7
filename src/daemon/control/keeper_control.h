/*
 * The operator's socket: one JSON object a line in, one a line out
 * (docs/CONTROL.md). Only root and the keeper's own user may speak here.
 */
#ifndef DAEMON_KEEPER_CONTROL_H
#define DAEMON_KEEPER_CONTROL_H

#include "daemon/keeper/keeper.h"

#include <jansson.h>

#define CONTROL_LINE_MAX    (1u << 20)
#define CONTROL_CLIENTS_MAX 64

int keeper_control_new(struct keeper *k, struct keeper_control **control_r);
void keeper_control_free(struct keeper_control **c);

/* Begins to accept on FD, which it owns from now. 0 or -E_NOMEM. */
int keeper_control_listen(struct keeper_control *c, int fd);

/* What auth sends: hashes it has made. */
void keeper_control_message(struct keeper_control *c, const struct message *m);

/* auth has gone: what it was to hash is refused. */
void keeper_control_auth_lost(struct keeper_control *c);

/* The answer to that client's request, whose reference is taken over; NULL (no
   memory) closes the connection. A client that has gone is no fault. */
void keeper_control_answer(
    struct keeper_control *c, uint64_t client, json_t *answer);

#endif
