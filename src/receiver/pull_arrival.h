/*
 * The message of a notice has come: what pull_arrived() puts into the store.
 * Either it is delivered to its recipient, or, when that user is still to be
 * asked, kept here and shown as an envelope (WIRE 10).
 */
#ifndef RECEIVER_PULL_ARRIVAL_H
#define RECEIVER_PULL_ARRIVAL_H

#include "base/settings.h"
#include "proto/arrival.h"
#include "proto/reply.h"
#include "store/store.h"

/* ANSWERED once: REPLY_STORED or why not. ARRIVAL must stay until then. */
void pull_arrival_put(struct store *store, const struct settings *settings,
    const struct arrival *arrival, int64_t now,
    void (*answered)(void *arg, enum reply_name reply, struct span argument),
    void *arg);

#endif
