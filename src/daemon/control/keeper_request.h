/* What the operator asks of the keeper: docs/CONTROL.md has every request. */
#ifndef DAEMON_KEEPER_REQUEST_H
#define DAEMON_KEEPER_REQUEST_H

#include "daemon/keeper/keeper.h"

#include <jansson.h>

struct keeper_requests;

/* Answers go through CONTROL. 0 or -E_NOMEM. */
int keeper_request_new(struct keeper *k, struct keeper_control *control,
    struct keeper_requests **requests_r);

/* Those still open get no answer. To be called before the store is closed only
   when the store has nothing pending. */
void keeper_request_free(struct keeper_requests **requests);

/* QUESTION (any JSON, or NULL) of that client; answered once, now or later. */
void keeper_request(
    struct keeper_requests *requests, uint64_t client, const json_t *question);

/* auth has hashed a password, or could not. */
void keeper_request_hashed(
    struct keeper_requests *requests, const struct message *m);

/* auth has gone, and with it what it was to hash. */
void keeper_request_auth_lost(struct keeper_requests *requests);

#endif
