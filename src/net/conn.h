/*
 * The pump: one connection, its TLS, its buffers, and the machine it serves.
 * The only code that reads and writes sockets. It feeds the machine, sends
 * what the machine has to say, keeps its deadline, and after every step calls
 * PROGRESS, in which the owner takes the machine's events and gives orders.
 *
 * Nothing here blocks. TLS is OpenSSL over memory-less non-blocking sockets
 * (SSL_set_fd); octets read before a handshake are dropped (AT-16).
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/err.h"
#include "proto/machine.h"

#include <event2/event.h>
#include <openssl/ssl.h>

#define CONN_READ_MAX          16384 /* octets at a time, one room for all */
#define CONN_HANDSHAKE_SECONDS 30    /* unless something else is said */
/* How long a finished machine's last words may take to reach a slow reader. */
#define CONN_LAST_WORDS_SECONDS 30

struct conn;

enum conn_end {
	CONN_FINISHED,  /* the machine wanted no more, all was sent */
	CONN_HUNG_UP,   /* the peer closed in good order */
	CONN_LOST,      /* reset, TLS cut short, error of the system */
	CONN_TLS_FAILED /* handshake refused or timed out */
};

struct conn_setup {
	struct event_base *base;
	int fd;                 /* non-blocking; the conn owns it */
	struct machine machine; /* borrowed; the owner frees it */
	void *owner;
	/* After each step: take events, give orders. May call conn_free. */
	void (*progress)(void *owner);
	/* The connection is over; no further call; the owner calls conn_free.
	 */
	void (*over)(void *owner, enum conn_end end);
	/* A handshake asked for with conn_start_tls has succeeded. */
	void (*secured)(void *owner);
	int64_t (*clock)(void);    /* seconds; NULL: time(2) */
	int64_t handshake_timeout; /* seconds; 0: CONN_HANDSHAKE_SECONDS */
};

/*
 * 0, or -E_NOMEM (FD is closed). The first PROGRESS comes from the loop, so a
 * machine may have its greeting ready, or get it later and be kicked.
 */
int conn_new(const struct conn_setup *setup, struct conn **conn_r);

/* Closes at once. Safe within progress, secured and over. */
void conn_free(struct conn **c);

/*
 * The owner gave the machine an order outside PROGRESS: send, feed what was
 * left, call PROGRESS again. Never re-enters; does its work from the loop.
 */
void conn_kick(struct conn *c);

/*
 * Exchanges the machine (the turn, WIRE 4). What the old one had to say has
 * been sent (its TURN event promises that); input it did not take is offered
 * to the new one.
 */
void conn_exchange(struct conn *c, struct machine machine);

/*
 * Begins a handshake after everything out() has is sent; drops unread input.
 * SERVER_SIDE accepts; otherwise connects with NAME for SNI (NULL: none).
 * Whether a peer's certificate must verify is the context's business.
 */
void conn_start_tls(
    struct conn *c, SSL_CTX *tls, bool server_side, const char *name);

bool conn_is_secure(const struct conn *c);

/* Did the machine leave input unread (octets behind its last command)? */
bool conn_has_unread(const struct conn *c);

/* Octets of the protocol through this connection so far (not of TLS). */
uint64_t conn_received(const struct conn *c);
uint64_t conn_sent(const struct conn *c);

#endif
