/*
 * One attempt to connect: a socket, a wait until it is writable, one answer.
 * Not for choosing addresses (trust/mx), nor for what is said (conn.c).
 */
#include "net/dial.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dial {
	struct dial_setup setup;
	struct event ready;
	int fd; /* -1 once it has been handed over or closed */
};

/* Takes the descriptor away from D and tells the owner, who may free D. */
static void
answer(struct dial *d, int result, const char *why)
{
	struct dial_setup setup = d->setup;
	int fd = d->fd;

	event_del(&d->ready);
	d->fd = -1;
	if (result < 0)
		close(fd);
	setup.done(setup.owner, result < 0 ? result : fd, why);
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	int error = 0;
	socklen_t n = sizeof error;

	if ((what & EV_TIMEOUT) != 0) {
		answer(d, -E_AGAIN, "no answer in time");
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		error = errno;
	if (error != 0)
		answer(d, -E_CLOSED, strerror(error));
	else
		answer(d, 0, "connected");
}

static int
bind_from(struct dial *d, struct err *err)
{
	struct sockaddr_storage from;
	socklen_t n;
	int one = 1;
	char text[IP_TEXT];

	if (d->setup.from.family == 0)
		return 0;
	/* Lets the port be chosen when the target is known, so that many
	   connections to different targets can share one (ip(7)). */
	(void)setsockopt(
	    d->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	n = ip_to_sockaddr(d->setup.from, 0, &from);
	if (bind(d->fd, (struct sockaddr *)&from, n) == 0)
		return 0;
	ip_text(d->setup.from, text);
	return err_system(err, "cannot dial from %s", text);
}

static int
open_socket(struct dial *d, struct err *err)
{
	int family = d->setup.to.family == 6 ? AF_INET6 : AF_INET;
	int one = 1;

	d->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0)
		return err_system(err, "no socket to dial with");
	/* Commands are answered one by one: waiting to fill segments hurts. */
	(void)setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return bind_from(d, err);
}

static int
start(struct dial *d, struct err *err)
{
	struct timeval patience = {DIAL_SECONDS, 0};
	struct sockaddr_storage to;
	char text[IP_TEXT];
	socklen_t n = ip_to_sockaddr(d->setup.to, d->setup.port, &to);

	if (connect(d->fd, (struct sockaddr *)&to, n) != 0 &&
	    errno != EINPROGRESS) {
		ip_text(d->setup.to, text);
		return err_system(
		    err, "cannot dial %s port %u", text, d->setup.port);
	}
	event_assign(&d->ready, d->setup.base, d->fd, EV_WRITE, on_ready, d);
	if (event_add(&d->ready, &patience) != 0)
		return err_system(err, "cannot wait for a connection");
	return 0;
}

int
dial_new(const struct dial_setup *setup, struct dial **dial_r, struct err *err)
{
	struct dial *d = calloc(1, sizeof *d);
	int failed;

	if (d == NULL)
		return err_system(err, "no memory to dial with");
	d->setup = *setup;
	failed = open_socket(d, err);
	if (failed == 0)
		failed = start(d, err);
	if (failed != 0) {
		if (d->fd >= 0)
			close(d->fd);
		free(d);
		return failed;
	}
	*dial_r = d;
	return 0;
}

void
dial_free(struct dial **dial)
{
	struct dial *d = *dial;

	if (d == NULL)
		return;
	*dial = NULL;
	event_del(&d->ready);
	if (d->fd >= 0)
		close(d->fd);
	free(d);
}
