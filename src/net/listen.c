/*
 * Accepting connections. Not for deciding who may stay (front), nor for what
 * is said to them (conn.c).
 */
#include "net/listen.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTEN_BACKLOG 1024
/* In one turn of the loop; the rest is for other processes, or the next. */
#define LISTEN_ACCEPTS_MAX   16
#define LISTEN_PAUSE_SECONDS 1

struct listen {
	void (*accepted)(void *owner, int fd, struct ip peer);
	void *owner;
	struct event readable, pause_over;
	int fd;
	bool paused;    /* by the owner */
	bool exhausted; /* no descriptors: until the pause is over */
	bool busy, freed;
};

static int
prepare(int fd, struct ip address, uint16_t port)
{
	struct sockaddr_storage at;
	socklen_t n = ip_to_sockaddr(address, port, &at);
	int one = 1;

	/* Without it a restarted server could not bind for a minute. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0)
		return -1;
	/* One family for each socket, or 0.0.0.0 and :: could not both be. */
	if (address.family == 6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) != 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&at, n) != 0)
		return -1;
	return listen(fd, LISTEN_BACKLOG);
}

int
listen_bind(struct ip address, uint16_t port, int *fd_r, struct err *err)
{
	int family = address.family == 6 ? AF_INET6 : AF_INET;
	char text[IP_TEXT];
	int fd, failed;

	ip_text(address, text);
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_system(err, "no socket for %s port %u", text, port);
	if (prepare(fd, address, port) != 0) {
		failed =
		    err_system(err, "cannot listen on %s port %u", text, port);
		close(fd);
		return failed;
	}
	*fd_r = fd;
	return 0;
}

/* Waits for connections, or does not, as things are. */
static void
update(struct listen *l)
{
	if (l->paused || l->exhausted)
		event_del(&l->readable);
	else
		event_add(&l->readable, NULL);
}

/* The queue stays readable while we have no descriptor to take from it. */
static void
run_dry(struct listen *l)
{
	struct timeval pause = {LISTEN_PAUSE_SECONDS, 0};

	/* Without a timer nothing would ever end the pause: spin rather. */
	l->exhausted = event_add(&l->pause_over, &pause) == 0;
	update(l);
}

static void
on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct listen *l = arg;

	(void)fd, (void)what;
	l->exhausted = false;
	update(l);
}

static void
hand_over(struct listen *l, int fd, const struct sockaddr *from)
{
	struct ip peer;
	uint16_t port;
	int one = 1;

	if (ip_from_sockaddr(from, &peer, &port) != 0) {
		close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	l->accepted(l->owner, fd, peer);
}

/* False when there is nothing more to accept now. */
static bool
accept_one(struct listen *l)
{
	struct sockaddr_storage from;
	socklen_t n = sizeof from;
	int fd;

	memset(&from, 0, sizeof from);
	fd = accept4(
	    l->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		hand_over(l, fd, (struct sockaddr *)&from);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM) {
		run_dry(l);
		return false;
	}
	/* All else but "none there" is about one connection that has died
	   in the queue (accept(2) lists them): the next one may be well. */
	return errno != EAGAIN;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct listen *l = arg;
	unsigned accepts = 0;

	(void)fd, (void)what;
	l->busy = true;
	while (accepts++ < LISTEN_ACCEPTS_MAX && !l->paused && !l->freed)
		if (!accept_one(l))
			break;
	l->busy = false;
	if (l->freed)
		free(l);
}

int
listen_new(struct event_base *base, int fd,
    void (*accepted)(void *owner, int fd, struct ip peer), void *owner,
    struct listen **listen_r)
{
	struct listen *l = calloc(1, sizeof *l);

	if (l == NULL)
		return -E_NOMEM;
	l->accepted = accepted;
	l->owner = owner;
	l->fd = fd;
	event_assign(
	    &l->readable, base, fd, EV_READ | EV_PERSIST, on_readable, l);
	event_assign(&l->pause_over, base, -1, 0, on_pause_over, l);
	if (event_add(&l->readable, NULL) != 0) {
		free(l);
		return -E_NOMEM;
	}
	*listen_r = l;
	return 0;
}

void
listen_free(struct listen **listening)
{
	struct listen *l = *listening;

	if (l == NULL)
		return;
	*listening = NULL;
	event_del(&l->readable);
	event_del(&l->pause_over);
	close(l->fd);
	l->freed = true;
	if (!l->busy)
		free(l);
}

void
listen_pause(struct listen *l, bool paused)
{
	l->paused = paused;
	update(l);
}
