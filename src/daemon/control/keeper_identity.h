/*
 * What the operator asks about other addresses of users (SM-08). Steps of kinds
 * of requests, as keeper_kinds.h says.
 */
#ifndef DAEMON_KEEPER_IDENTITY_H
#define DAEMON_KEEPER_IDENTITY_H

#include "daemon/control/keeper_kinds.h"

int keeper_identity_fill_add(
    struct keeper_request *r, const json_t *q, struct err *err);
json_t *
keeper_identity_answer(const struct keeper *k, const struct store_op *op);

int keeper_identity_fill_remove(
    struct keeper_request *r, const json_t *q, struct err *err);
json_t *keeper_identity_answer_removed(
    const struct keeper *k, const struct store_op *op);

int keeper_identity_fill_list(
    struct keeper_request *r, const json_t *q, struct err *err);
json_t *
keeper_identity_answer_list(const struct keeper *k, const struct store_op *op);

/* Of a list of nothing: is there such a user? */
struct store_op *
keeper_identity_next(struct keeper_request *r, const struct store_op *done);

/*
 * DONE looked for the account behind an address: when that is filed under
 * another one, what is said to whoever takes the address for an account. NULL:
 * it is the account, or DONE is something else.
 */
json_t *keeper_identity_of_another(const struct store_op *done);

#endif
