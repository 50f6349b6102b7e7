/*
 * A carrier of messages between two of our own processes: AF_UNIX,
 * SOCK_SEQPACKET, so a message arrives whole or not at all and in order, and
 * may bring one descriptor. What a message means is the owner's business.
 *
 * Nothing here blocks and nobody waits for a process that does not read: what
 * the socket does not take is queued, the owner is told when that is much
 * (soft ceiling) and stops what feeds the channel; beyond the hard ceiling
 * messages are refused. So two ends that flood each other never lock up.
 */
#ifndef DAEMON_CHANNEL_H
#define DAEMON_CHANNEL_H

#include "base/err.h"
#include "base/span.h"

#include <event2/event.h>

/* 64 KiB of content, 8 KiB of texts, the numbers and lengths. */
#define CHANNEL_MESSAGE_MAX (65536 + 8192 + 1024)
#define CHANNEL_QUEUE_SOFT  (1u << 20)
#define CHANNEL_QUEUE_MAX   (8u << 20)
#define CHANNEL_SOCKET_SIZE 262144 /* SO_SNDBUF, a few full messages */

struct channel;

/*
 * How the owner is called: always from the loop, never from a call of its own.
 * It may send, pause and free within each of them.
 */
struct channel_owner {
	void *owner;
	/*
	 * OCTETS are borrowed until the call returns. PASSED_FD is a
	 * descriptor (close-on-exec) that is now the callee's, or -1: one that
	 * was not expected must be closed.
	 */
	void (*message)(void *owner, struct span octets, int passed_fd);
	/* The queue was above the soft ceiling and is below it now. May be
	   NULL for an owner that never sends much. */
	void (*writable)(void *owner);
	/* The other end is gone or has sent what was cut short. Once, last. */
	void (*gone)(void *owner);
};

/*
 * FD becomes non-blocking and the channel's; on failure it is closed. 0, or
 * -E_NOMEM, or -E_SYSTEM when FD is not a socket.
 */
int channel_new(struct event_base *base, int fd,
    const struct channel_owner *owner, struct channel **channel_r);

/* Closes, and forgets what was not sent. */
void channel_free(struct channel **c);

/*
 * Sends a copy of OCTETS (1 to CHANNEL_MESSAGE_MAX), and PASSED_FD unless it
 * is -1; the descriptor is closed here in every case, once it is not needed.
 *   0          on its way
 *   -E_AGAIN   on its way, but the queue is above the soft ceiling: send no
 *              more until WRITABLE
 *   -E_NOMEM   refused: hard ceiling, or memory
 *   -E_CLOSED  refused: the other end is gone; GONE has been or will be called
 *   -E_RANGE   refused: empty or too long
 */
int channel_send(struct channel *c, struct span octets, int passed_fd);

bool channel_is_full(const struct channel *c);

/* Octets that wait in the queue (with what they cost besides). */
size_t channel_queued(const struct channel *c);

/*
 * Stops reading, and goes on. While paused neither messages nor the end of the
 * other process are noticed; what the other end sends piles up there.
 */
void channel_pause(struct channel *c, bool paused);

#endif
