/*
 * Connections as their owners see them, and the turns of the loop: which event
 * of the socket or the clock makes which step, and what is waited for next.
 * Not for moving octets (conn_pump.c), contexts of TLS (tls.c), nor for making
 * connections (dial.c, listen.c). Read README.md in this folder first.
 *
 * What must stay true: an owner is only called from the loop, never from a
 * call of its own; memory that a turn still uses goes at the turn's end.
 */
#include "net/conn.h"

#include "net/conn_pump.h"
#include "net/conn_tls.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ALARM_SECONDS_MAX 86400 /* a later deadline is looked at again then */

_Static_assert(sizeof(struct conn) <= 1024, "idle sessions must be cheap");

/* ---- turns of the loop ---- */

/*
 * Sets the alarm for AT unless it rings earlier anyway. It is always set
 * between turns, so that then a kick cannot fail. False: no memory.
 */
static bool
set_alarm(struct conn *c, int64_t at)
{
	struct timeval delay = {0, 0};

	if (at >= c->alarm_at)
		return true;
	if (at > c->now)
		delay.tv_sec = at - c->now;
	if (event_add(&c->alarm, &delay) != 0)
		return false;
	c->alarm_at = at;
	return true;
}

/*
 * The next deadline, at least a second ahead: a machine that does not move its
 * deadline when it is ticked must not make the loop spin.
 */
static int64_t
next_alarm(const struct conn *c)
{
	struct machine m = c->setup.machine;
	int64_t at = c->give_up_by;

	if (c->phase != PHASE_HANDSHAKE && m.ops->deadline(m.self) < at)
		at = m.ops->deadline(m.self);
	if (at <= c->now)
		return c->now + 1;
	return at - c->now < ALARM_SECONDS_MAX ? at
					       : c->now + ALARM_SECONDS_MAX;
}

/* Adds or removes EV so that it is as WANTED; *IS remembers. */
static void
listen_for(struct conn *c, struct event *ev, bool *is, bool wanted)
{
	int failed = 0;

	if (!conn_pump_running(c) || *is == wanted)
		return;
	*is = wanted;
	if (wanted)
		failed = event_add(ev, NULL);
	else
		event_del(ev);
	if (failed != 0)
		conn_pump_finish(c, CONN_LOST);
}

static void
wait_for_more(struct conn *c)
{
	bool read = c->tls_needs_read;
	bool write = c->tls_needs_write;

	/* A read that waits for a write must not be tried again before. */
	if (conn_pump_may_read(c) && !c->tls_needs_write)
		read = true;
	if (conn_pump_may_write(c) && !c->tls_needs_read)
		write = true;
	if (c->unread_at == c->unread_end)
		conn_pump_drop_unread(c);
	if (!set_alarm(c, next_alarm(c)))
		conn_pump_finish(c, CONN_LOST);
	listen_for(c, &c->readable, &c->reading, read);
	listen_for(c, &c->writable, &c->writing, write);
}

static void
begin_turn(struct conn *c)
{
	int64_t now =
	    c->setup.clock != NULL ? c->setup.clock() : (int64_t)time(NULL);

	c->busy = true;
	if (now > c->now) /* machines are promised that it never runs back */
		c->now = now;
}

static void
end_turn(struct conn *c)
{
	if (conn_pump_running(c))
		wait_for_more(c);
	c->busy = false;
	if (c->freed)
		free(c);
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	bool tls_waited = c->tls_needs_read || c->tls_needs_write;

	(void)fd;
	begin_turn(c);
	c->tls_needs_read = c->tls_needs_write = false;
	if (c->phase == PHASE_HANDSHAKE) {
		conn_pump_shake(c);
	} else {
		if ((what & EV_WRITE) != 0 || tls_waited)
			conn_pump_run(c);
		if ((what & EV_READ) != 0 || tls_waited)
			conn_pump_read(c);
	}
	end_turn(c);
}

static void
on_alarm(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct machine m;

	(void)fd, (void)what;
	begin_turn(c);
	c->alarm_at = INT64_MAX;
	if (c->now >= c->give_up_by) {
		conn_pump_finish(c,
		    c->phase == PHASE_HANDSHAKE ? CONN_TLS_FAILED : CONN_LOST);
	} else if (c->phase != PHASE_HANDSHAKE) {
		m = c->setup.machine;
		if (c->now >= m.ops->deadline(m.self))
			m.ops->tick(m.self, c->now);
		conn_pump_run(c);
	}
	end_turn(c);
}

/* ---- what the owner calls ---- */

int
conn_new(const struct conn_setup *setup, struct conn **conn_r)
{
	struct conn *c = calloc(1, sizeof *c);
	int fd = setup->fd;

	if (c == NULL) {
		close(fd);
		return -E_NOMEM;
	}
	c->setup = *setup;
	c->now = INT64_MIN;
	c->alarm_at = c->give_up_by = INT64_MAX;
	event_assign(
	    &c->readable, setup->base, fd, EV_READ | EV_PERSIST, on_socket, c);
	event_assign(
	    &c->writable, setup->base, fd, EV_WRITE | EV_PERSIST, on_socket, c);
	event_assign(&c->alarm, setup->base, -1, 0, on_alarm, c);
	if (!set_alarm(c, INT64_MIN)) {
		conn_free(&c);
		return -E_NOMEM;
	}
	*conn_r = c;
	return 0;
}

void
conn_free(struct conn **conn)
{
	struct conn *c = *conn;

	if (c == NULL)
		return;
	*conn = NULL;
	conn_pump_forget_events(c);
	conn_pump_drop_unread(c);
	conn_tls_free(&c->tls);
	conn_tls_free(&c->tls_next);
	close(c->setup.fd);
	c->freed = true;
	if (!c->busy)
		free(c);
}

/*
 * A timer of zero rather than event_active(): libevent runs activated events
 * before it looks at sockets again, so owners that kick each other could keep
 * the loop from everybody else.
 */
void
conn_kick(struct conn *c)
{
	if (conn_pump_running(c))
		(void)set_alarm(c, INT64_MIN); /* in a turn: see its end */
}

void
conn_exchange(struct conn *c, struct machine machine)
{
	c->setup.machine = machine;
	conn_kick(c);
}

void
conn_start_tls(struct conn *c, SSL_CTX *tls, bool server_side, const char *name)
{
	if (!conn_pump_running(c))
		return;
	assert(c->phase == PHASE_OPEN && c->tls == NULL);
	/* Reading stops here, so what a stranger put behind STARTTLS is either
	   dropped now or meets OpenSSL, which refuses it (AT-16). */
	conn_pump_drop_unread(c);
	c->tls_next = conn_tls_new(tls, c->setup.fd, server_side, name);
	c->phase = PHASE_LAST_CLEAR;
	conn_kick(c);
}

bool
conn_is_secure(const struct conn *c)
{
	return c->secure;
}

bool
conn_has_unread(const struct conn *c)
{
	return c->unread_at < c->unread_end;
}

uint64_t
conn_received(const struct conn *c)
{
	return c->received;
}

uint64_t
conn_sent(const struct conn *c)
{
	return c->sent;
}
