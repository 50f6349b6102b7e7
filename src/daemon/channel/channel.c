/*
 * Messages between our own processes. Not for what is in them
 * (messages.def), nor for sockets that strangers reach (net/).
 *
 * What must stay true:
 *   - order: while anything is queued, everything is queued behind it;
 *   - the owner is called from the loop alone, and any call may free the
 *     channel: its memory goes at the end of the turn;
 *   - a channel that cannot send still reads to the end, because what the
 *     other process said before it died is true nevertheless.
 */
#include "daemon/channel/channel.h"

#include "base/list.h"

#include <assert.h>
#include <errno.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGES_A_TURN 32 /* each way, then other channels have their turn */

struct parcel {
	struct list node;
	size_t n;
	int fd; /* -1: none */
	char octets[];
};

struct channel {
	struct channel_owner owner;
	struct event readable, writable;
	struct list queue; /* of struct parcel */
	size_t queued;
	int fd;
	bool full;   /* above the soft ceiling, and not yet called writable */
	bool mute;   /* sending has failed for good */
	bool over;   /* gone has been called */
	bool paused; /* by the owner */
	bool busy, freed;
};

/* Shared by all channels: filled and handed out within one call. */
static char read_room[CHANNEL_MESSAGE_MAX];

/* Room for exactly one descriptor, aligned as cmsg(3) wants it. */
union passed {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

static bool
running(const struct channel *c)
{
	return !c->freed && !c->over;
}

/* Waits for what can happen now, and for nothing else. */
static void
update(struct channel *c)
{
	if (!running(c))
		return;
	if (c->paused)
		event_del(&c->readable);
	else
		event_add(&c->readable, NULL);
	if (list_empty(&c->queue))
		event_del(&c->writable);
	else
		event_add(&c->writable, NULL);
}

/* ---- outgoing ---- */

static size_t
cost_of(size_t n)
{
	return sizeof(struct parcel) + n;
}

static void
drop_parcel(struct channel *c, struct parcel *p)
{
	list_remove(&p->node);
	c->queued -= cost_of(p->n);
	if (p->fd >= 0)
		close(p->fd);
	explicit_bzero(p->octets, p->n); /* perhaps a key or a password */
	free(p);
}

static struct parcel *
first_parcel(struct channel *c)
{
	if (list_empty(&c->queue))
		return NULL;
	return LIST_OF(c->queue.next, struct parcel, node);
}

static void
drop_queue(struct channel *c)
{
	struct parcel *p;

	while ((p = first_parcel(c)) != NULL)
		drop_parcel(c, p);
}

static void
attach(struct msghdr *message, union passed *passed, int fd)
{
	struct cmsghdr *head;

	memset(passed, 0, sizeof *passed);
	message->msg_control = passed->room;
	message->msg_controllen = CMSG_SPACE(sizeof fd);
	head = CMSG_FIRSTHDR(message);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(head), &fd, sizeof fd);
}

/* 0 it is gone, -E_AGAIN not now, -E_CLOSED never. */
static int
push(struct channel *c, struct span octets, int passed_fd)
{
	union { /* sendmsg(2) does not write, but its type cannot say so */
		const char *borrowed;
		char *given;
	} p = {octets.p};
	struct iovec whole = {p.given, octets.n};
	struct msghdr message = {.msg_iov = &whole, .msg_iovlen = 1};
	union passed passed;

	if (passed_fd >= 0)
		attach(&message, &passed, passed_fd);
	if (sendmsg(c->fd, &message, MSG_NOSIGNAL) >= 0)
		return 0;
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
	case ENOMEM:
		return -E_AGAIN;
	default: /* all other numbers of sendmsg(2) */
		return -E_CLOSED;
	}
}

static int
enqueue(struct channel *c, struct span octets, int passed_fd)
{
	size_t cost = cost_of(octets.n);
	struct parcel *p;

	if (c->queued + cost > CHANNEL_QUEUE_MAX)
		return -E_NOMEM;
	p = malloc(cost);
	if (p == NULL)
		return -E_NOMEM;
	p->n = octets.n;
	p->fd = passed_fd;
	memcpy(p->octets, octets.p, octets.n);
	list_append(&c->queue, &p->node);
	c->queued += cost;
	if (c->queued > CHANNEL_QUEUE_SOFT)
		c->full = true;
	update(c);
	return c->full ? -E_AGAIN : 0;
}

static int
done_with(int passed_fd, int result)
{
	if (passed_fd >= 0)
		close(passed_fd);
	return result;
}

/*
 * Nothing can be sent any more, for whatever reason: ends both directions, so
 * that both owners are told, after what had arrived has been read.
 */
static void
fall_silent(struct channel *c)
{
	c->mute = true;
	(void)shutdown(c->fd, SHUT_RDWR);
	drop_queue(c);
}

int
channel_send(struct channel *c, struct span octets, int passed_fd)
{
	int result = -E_AGAIN;

	if (octets.n == 0 || octets.n > CHANNEL_MESSAGE_MAX)
		return done_with(passed_fd, -E_RANGE);
	if (c->mute || !running(c))
		return done_with(passed_fd, -E_CLOSED);
	if (list_empty(&c->queue))
		result = push(c, octets, passed_fd);
	if (result == 0)
		return done_with(passed_fd, 0);
	if (result == -E_CLOSED) {
		fall_silent(c);
		return done_with(passed_fd, -E_CLOSED);
	}
	result = enqueue(c, octets, passed_fd);
	return result == -E_NOMEM ? done_with(passed_fd, result) : result;
}

static void
flush(struct channel *c)
{
	for (unsigned sent = 0; sent < MESSAGES_A_TURN; sent++) {
		struct parcel *p = first_parcel(c);
		int result;

		if (p == NULL)
			return;
		result = push(c, span_make(p->octets, p->n), p->fd);
		if (result == -E_AGAIN)
			return;
		if (result == -E_CLOSED) {
			fall_silent(c);
			return;
		}
		drop_parcel(c, p);
	}
}

/* ---- incoming ---- */

static void
say_gone(struct channel *c)
{
	event_del(&c->readable);
	event_del(&c->writable);
	drop_queue(c);
	c->over = true;
	c->owner.gone(c->owner.owner);
}

/* The descriptor that came along, or -1. There is room for one only. */
static int
detach(struct msghdr *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (head != NULL && head->cmsg_level == SOL_SOCKET &&
	    head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(head), sizeof fd);
	return fd;
}

/* True when there may be another message. */
static bool
receive(struct channel *c)
{
	struct iovec whole = {read_room, sizeof read_room};
	union passed passed;
	struct msghdr message = {
	    .msg_iov = &whole,
	    .msg_iovlen = 1,
	    .msg_control = passed.room,
	    /* Not CMSG_SPACE: its padding would let a second one in. */
	    .msg_controllen = CMSG_LEN(sizeof(int)),
	};
	ssize_t n;
	int fd;

	n = recvmsg(c->fd, &message, MSG_CMSG_CLOEXEC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	/* Said once, by an end that died with messages of ours unread; what it
	   sent before can still be read. */
	if (n < 0 && errno == ECONNRESET)
		return true;
	fd = n < 0 ? -1 : detach(&message);
	/* MSG_CTRUNC without a descriptor: it did not fit into our table; the
	   message itself is whole, and its receiver misses the descriptor. */
	if (n <= 0 || (message.msg_flags & MSG_TRUNC) != 0 ||
	    (fd >= 0 && (message.msg_flags & MSG_CTRUNC) != 0)) {
		(void)done_with(fd, 0);
		say_gone(c);
		return false;
	}
	c->owner.message(c->owner.owner, span_make(read_room, (size_t)n), fd);
	explicit_bzero(read_room, (size_t)n); /* perhaps a secret, too */
	return true;
}

/* ---- turns of the loop ---- */

static void
end_turn(struct channel *c)
{
	update(c);
	c->busy = false;
	if (c->freed)
		free(c);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct channel *c = arg;
	unsigned received = 0;

	(void)fd, (void)what;
	c->busy = true;
	while (received++ < MESSAGES_A_TURN && running(c) && !c->paused)
		if (!receive(c))
			break;
	end_turn(c);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct channel *c = arg;

	(void)fd, (void)what;
	c->busy = true;
	flush(c);
	if (c->full && c->queued <= CHANNEL_QUEUE_SOFT) {
		c->full = false;
		if (c->owner.writable != NULL)
			c->owner.writable(c->owner.owner);
	}
	end_turn(c);
}

/* ---- what the owner calls ---- */

static int
prepare(int fd)
{
	int size = CHANNEL_SOCKET_SIZE;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return -E_SYSTEM;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) != 0)
		return -E_SYSTEM;
	return 0;
}

int
channel_new(struct event_base *base, int fd, const struct channel_owner *owner,
    struct channel **channel_r)
{
	struct channel *c = calloc(1, sizeof *c);
	int failed = c == NULL ? -E_NOMEM : prepare(fd);

	if (failed != 0)
		goto fail;
	c->owner = *owner;
	c->fd = fd;
	list_init(&c->queue);
	event_assign(
	    &c->readable, base, fd, EV_READ | EV_PERSIST, on_readable, c);
	event_assign(
	    &c->writable, base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
	failed = -E_NOMEM;
	if (event_add(&c->readable, NULL) != 0)
		goto fail;
	*channel_r = c;
	return 0;
fail:
	free(c);
	close(fd);
	return failed;
}

void
channel_free(struct channel **channel)
{
	struct channel *c = *channel;

	if (c == NULL)
		return;
	*channel = NULL;
	event_del(&c->readable);
	event_del(&c->writable);
	drop_queue(c);
	close(c->fd);
	c->freed = true;
	if (!c->busy)
		free(c);
}

bool
channel_is_full(const struct channel *c)
{
	return c->full;
}

size_t
channel_queued(const struct channel *c)
{
	return c->queued;
}

void
channel_pause(struct channel *c, bool paused)
{
	c->paused = paused;
	update(c);
}
