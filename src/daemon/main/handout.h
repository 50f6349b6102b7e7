/*
 * What main gives a role of its ground, over the channel to it: settings,
 * secrets, the folder it will be shut in, sockets; then GO with its identity.
 */
#ifndef DAEMON_HANDOUT_H
#define DAEMON_HANDOUT_H

#include "daemon/channel/peer.h"
#include "daemon/main/ground.h"

#define HANDOUT_CHANNEL_FD 3 /* where a role finds its channel to main */

/* FACES_PEERS: a front of port 25, not of submission. False if not all of it is
   on its way: a role that misses something must not begin. */
bool
handout_ground(struct peer *to, const struct ground *ground, bool faces_peers);
bool handout_go(struct peer *to, const struct ground *ground);

/* New settings, certificate and key. A role that they do not reach goes on with
   what it has. */
void handout_reload(struct peer *to, const struct ground *ground);

#endif
