/*
 * The wire of the control socket: who may speak, lines in and out, one question
 * at a time. What clients send is hostile until it is parsed, root or not.
 *
 * Not for: what is asked (keeper_request.c).
 */
#include "daemon/control/keeper_control.h"

#include "daemon/control/keeper_request.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct keeper_control {
	struct keeper *keeper;
	struct keeper_requests *requests;
	struct event *listener;
	int fd;
	struct table clients; /* number -> struct client */
};

struct client {
	struct keeper_control *control;
	uint64_t number;
	struct bufferevent *wire;
	bool waits; /* its question is not answered yet */
};

static void
client_free(struct client *c)
{
	table_take(&c->control->clients, c->number);
	bufferevent_free(c->wire);
	free(c);
}

void
keeper_control_answer(
    struct keeper_control *control, uint64_t number, json_t *answer)
{
	struct client *c = table_get(&control->clients, number);
	char *text = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;

	if (c != NULL && text != NULL &&
	    bufferevent_write(c->wire, text, strlen(text)) == 0 &&
	    bufferevent_write(c->wire, "\n", 1) == 0) {
		c->waits = false;
		bufferevent_enable(c->wire, EV_READ);
	} else if (c != NULL) {
		client_free(c);
	}
	free(text);
	json_decref(answer);
}

/* ---- lines ---- */

static void
take_line(struct client *c, const char *line, size_t n)
{
	struct keeper_control *control = c->control;
	json_t *q = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);

	keeper_request(control->requests, c->number, q);
	json_decref(q);
	keeper_stir(control->keeper);
}

static void
readable(struct bufferevent *wire, void *arg)
{
	struct client *c = arg;
	struct evbuffer *in = bufferevent_get_input(wire);
	size_t n;
	char *line;

	if (c->waits)
		return;
	line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF);
	if (line == NULL) {
		if (evbuffer_get_length(in) > CONTROL_LINE_MAX)
			client_free(c);
		return;
	}
	bufferevent_disable(wire, EV_READ); /* one question at a time */
	c->waits = true;
	take_line(c, line, n);
	explicit_bzero(line, n); /* it may hold a password */
	free(line);
}

/* An answer is out: a next question may be waiting in the buffer. */
static void
written(struct bufferevent *wire, void *arg)
{
	if (evbuffer_get_length(bufferevent_get_input(wire)) > 0)
		readable(wire, arg);
}

static void
ended(struct bufferevent *wire, short what, void *arg)
{
	(void)wire;
	(void)what;
	client_free(arg);
}

/* ---- clients ---- */

static bool
may_speak(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	       (who.uid == 0 || who.uid == geteuid());
}

/* FD stays the caller's when this fails. */
static int
add_client(struct keeper_control *control, int fd)
{
	struct client *c = calloc(1, sizeof *c);

	if (c == NULL)
		return -E_NOMEM;
	c->control = control;
	c->number = table_add(&control->clients, c);
	if (c->number != 0)
		c->wire = bufferevent_socket_new(control->keeper->role->base,
		    fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (c->wire == NULL) {
		table_take(&control->clients, c->number);
		free(c);
		return -E_NOMEM;
	}
	bufferevent_setcb(c->wire, readable, written, ended, c);
	bufferevent_enable(c->wire, EV_READ | EV_WRITE);
	return 0;
}

static void
accepted(evutil_socket_t fd, short what, void *arg)
{
	struct keeper_control *control = arg;
	int client = accept4((int)fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (client < 0)
		return;
	if (!may_speak(client) ||
	    control->clients.used >= CONTROL_CLIENTS_MAX ||
	    add_client(control, client) < 0)
		close(client);
}

void
keeper_control_message(struct keeper_control *control, const struct message *m)
{
	keeper_request_hashed(control->requests, m);
}

void
keeper_control_auth_lost(struct keeper_control *control)
{
	keeper_request_auth_lost(control->requests);
}

/* ---- life ---- */

int
keeper_control_new(struct keeper *k, struct keeper_control **control_r)
{
	struct keeper_control *c = calloc(1, sizeof *c);

	*control_r = c;
	if (c == NULL)
		return -E_NOMEM;
	c->keeper = k;
	c->fd = -1;
	table_init(&c->clients);
	return keeper_request_new(k, c, &c->requests);
}

int
keeper_control_listen(struct keeper_control *c, int fd)
{
	c->fd = fd;
	c->listener = event_new(
	    c->keeper->role->base, fd, EV_READ | EV_PERSIST, accepted, c);
	return c->listener != NULL && event_add(c->listener, NULL) == 0
		   ? 0
		   : -E_NOMEM;
}

void
keeper_control_free(struct keeper_control **control)
{
	struct keeper_control *c = *control;
	struct client *client;
	uint64_t number;
	size_t at = 0;

	if (c == NULL)
		return;
	while ((client = table_next(&c->clients, &at, &number)) != NULL)
		client_free(client);
	keeper_request_free(&c->requests);
	table_fini(&c->clients);
	if (c->listener != NULL)
		event_free(c->listener);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
	*control = NULL;
}
