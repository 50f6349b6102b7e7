/*
 * What the operator asks about envelopes: notices about which a person decides.
 * Steps of kinds of requests, as keeper_kinds.h says.
 */
#ifndef DAEMON_KEEPER_ENVELOPE_H
#define DAEMON_KEEPER_ENVELOPE_H

#include "daemon/control/keeper_kinds.h"

/* Rows of a page: the longest of them, four KiB each, fit into one line of the
   control socket. */
#define KEEPER_ENVELOPE_PAGE 200

int keeper_envelope_fill_list(
    struct keeper_request *r, const json_t *q, struct err *err);
json_t *
keeper_envelope_answer_list(const struct keeper *k, const struct store_op *op);

int keeper_envelope_fill_show(
    struct keeper_request *r, const json_t *q, struct err *err);
json_t *
keeper_envelope_answer(const struct keeper *k, const struct store_op *op);

/* Never 0: the request is under way, or it makes no sense. */
int keeper_envelope_decide(
    struct keeper_request *r, const json_t *q, struct err *err);

#endif
