/*
 * What the operator asks about peers. Steps of kinds of requests, as
 * keeper_kinds.h says.
 */
#ifndef DAEMON_KEEPER_PEER_H
#define DAEMON_KEEPER_PEER_H

#include "daemon/control/keeper_kinds.h"

int keeper_peer_fill_list(
    struct keeper_request *r, const json_t *q, struct err *err);
json_t *
keeper_peer_answer_list(const struct keeper *k, const struct store_op *op);
int keeper_peer_fill_show(
    struct keeper_request *r, const json_t *q, struct err *err);
json_t *keeper_peer_answer(const struct keeper *k, const struct store_op *op);
int keeper_peer_fill_allow(
    struct keeper_request *r, const json_t *q, struct err *err);
int keeper_peer_fill_deny(
    struct keeper_request *r, const json_t *q, struct err *err);
struct store_op *
keeper_peer_listed(struct keeper_request *r, const struct store_op *op);
int keeper_peer_fill_forget(
    struct keeper_request *r, const json_t *q, struct err *err);
struct store_op *
keeper_peer_unlisted(struct keeper_request *r, const struct store_op *op);
json_t *
keeper_peer_answer_forgotten(const struct keeper *k, const struct store_op *op);
int keeper_peer_fill_guessing(
    struct keeper_request *r, const json_t *q, struct err *err);
json_t *
keeper_peer_answer_guessing(const struct keeper *k, const struct store_op *op);

#endif
