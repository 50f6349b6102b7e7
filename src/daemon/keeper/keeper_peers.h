/*
 * Hosts, networks and domains that the operator lists while the server runs,
 * together with those of the configuration; and what each host has done.
 */
#ifndef DAEMON_KEEPER_PEERS_H
#define DAEMON_KEEPER_PEERS_H

#include "daemon/keeper/keeper.h"

#define KEEPER_PEERS_MAX     100000  /* listed at run time */
#define KEEPER_PEERS_ROWS    1000000 /* listed or counted, in the store */
#define KEEPER_PEERS_SECONDS 10      /* figures reach the store so often */

struct keeper_peers;

/* Reads what is listed, before the loop; keeper_peers_rebuild() follows. 0,
 * -E_NOMEM, -E_SYSTEM. */
int keeper_peers_new(
    struct keeper *k, struct keeper_peers **peers_r, struct err *err);
void keeper_peers_free(struct keeper_peers **peers);

/*
 * Makes k->allowed and k->denied anew, and lets k->admit use them. On failure
 * the old lists stay. 0, -E_NOMEM, -E_SYNTAX.
 */
int keeper_peers_rebuild(struct keeper_peers *peers, struct err *err);

/* May one more be listed? */
bool keeper_peers_have_room(const struct keeper_peers *peers, struct span name);

/* The store has this row now; or no row of that name. It counts at once. */
void keeper_peers_put(struct keeper_peers *peers, const struct store_peer *row);
void keeper_peers_drop(struct keeper_peers *peers, struct span name);

/* The figures so far are submitted to the store. */
void keeper_peers_flush(struct keeper_peers *peers);

/* Once a second: lists whose time is over, figures for the store. */
void keeper_peers_tick(struct keeper_peers *peers, int64_t now);

enum keeper_peers_deed { PEER_NOTICE, PEER_PULL, PEER_FAILURE, PEER_DEEDS };

/* That host did so. An address of no family is nobody. */
void keeper_peers_count(
    struct keeper_peers *peers, struct ip address, enum keeper_peers_deed deed);

#endif
