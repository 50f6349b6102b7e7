/* Accepting connections on sockets that main has bound. */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "base/err.h"
#include "base/ip.h"

#include <event2/event.h>

/*
 * Binds a non-blocking, close-on-exec TCP socket and listens (backlog 1024,
 * SO_REUSEADDR; IPV6_V6ONLY). 0 and the descriptor, or -E_SYSTEM with the
 * address in the text.
 */
int listen_bind(struct ip address, uint16_t port, int *fd_r, struct err *err);

struct listen;

/*
 * Calls ACCEPTED for each connection (non-blocking, close-on-exec,
 * TCP_NODELAY); the callee owns FD. Several processes may accept from one
 * socket. When descriptors run out it pauses for a second instead of spinning.
 * 0, or -E_NOMEM (FD is then still the caller's). Within ACCEPTED the listener
 * may be paused or freed.
 */
int listen_new(struct event_base *base, int fd,
    void (*accepted)(void *owner, int fd, struct ip peer), void *owner,
    struct listen **listen_r);

/* Stops accepting and closes the socket's descriptor. */
void listen_free(struct listen **l);

/* Stops accepting for now (too many sessions), and goes on. */
void listen_pause(struct listen *l, bool paused);

#endif
