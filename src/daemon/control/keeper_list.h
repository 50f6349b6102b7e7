/*
 * What the operator asks about users' lists: whose mail they want, and who
 * wants theirs. Steps of kinds of requests, as keeper_kinds.h says.
 */
#ifndef DAEMON_KEEPER_LIST_H
#define DAEMON_KEEPER_LIST_H

#include "daemon/control/keeper_kinds.h"

#define KEEPER_LIST_PUT 1000 /* entries of one request: a few commits */

int
keeper_list_fill(struct keeper_request *r, const json_t *q, struct err *err);
json_t *keeper_list_answer(const struct keeper *k, const struct store_op *op);

int keeper_list_fill_forget(
    struct keeper_request *r, const json_t *q, struct err *err);
json_t *
keeper_list_answer_forgotten(const struct keeper *k, const struct store_op *op);

/* Of a list of nothing, and of what was on none: is there such a user? */
struct store_op *
keeper_list_next(struct keeper_request *r, const struct store_op *done);

/* Never 0: the request is under way, or it makes no sense. */
int keeper_list_put(struct keeper_request *r, const json_t *q, struct err *err);

#endif
