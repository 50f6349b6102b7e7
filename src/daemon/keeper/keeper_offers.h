/*
 * What a peer that is called offers, compared with what it offered before
 * (WIRE 8, Downgrade; AT-26).
 */
#ifndef DAEMON_KEEPER_OFFERS_H
#define DAEMON_KEEPER_OFFERS_H

#include "daemon/keeper/keeper.h"

/* Remembers it, and answers with PEER_JUDGED. */
void keeper_offers_asked(struct keeper *k, const struct peer *from,
    const struct message_peer_offers *offers);

#endif
