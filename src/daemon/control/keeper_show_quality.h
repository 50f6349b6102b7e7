/* Figures of a domain as JSON, in the words of docs/CONTROL.md. */
#ifndef DAEMON_KEEPER_SHOW_QUALITY_H
#define DAEMON_KEEPER_SHOW_QUALITY_H

#include "store/store.h"

#include <jansson.h>

struct quality_limits;

/* A new reference; null: nothing was counted. */
json_t *keeper_show_quality(
    const struct store_peer *peer, const struct quality_limits *limits);

/* The days of GET into QUALITY. */
void keeper_show_days(json_t *quality, const struct store_peer_get *get);

#endif
