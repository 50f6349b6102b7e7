/*
 * Octets between one socket and one machine, the owner's turn in between, and
 * the end of it. Not for events and deadlines: conn.c calls this from there.
 * Read README.md in this folder first.
 *
 * What must stay true:
 *   - a socket is read only while nothing unread is kept, so the memory of a
 *     connection is bounded and an end of input comes after all input;
 *   - nothing of a conn is touched after a call to its owner before
 *     conn_pump_running() has been asked: any call may free it.
 */
#include "net/conn_pump.h"

#include "net/conn_tls.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define READS_MAX  4     /* of one conn in one turn of the loop */
#define ROUNDS_MAX 16    /* of progress in one turn, then others */
#define SAY_MAX    65536 /* octets sent in one round */

/* A whole record is taken by one read, so OpenSSL never holds decrypted input
   back that no event of the socket would announce. */
_Static_assert(CONN_READ_MAX >= SSL3_RT_MAX_PLAIN_LENGTH, "see above");

/* Shared by all connections: filled and taken within one turn. */
static char read_room[CONN_READ_MAX];

bool
conn_pump_running(const struct conn *c)
{
	return !c->freed && c->phase != PHASE_OVER;
}

static struct span
out_of(const struct conn *c)
{
	return c->setup.machine.ops->out(c->setup.machine.self);
}

static int
wants_of(const struct conn *c)
{
	return c->setup.machine.ops->wants(c->setup.machine.self);
}

/* Passwords pass here, so what is given back is wiped first. */
void
conn_pump_drop_unread(struct conn *c)
{
	if (c->unread != NULL)
		explicit_bzero(c->unread, c->unread_end);
	free(c->unread);
	c->unread = NULL;
	c->unread_at = c->unread_end = 0;
}

/* ---- the socket, in clear or not ---- */

static enum conn_io
clear_outcome(void)
{
	return errno == EINTR || errno == EAGAIN ? CONN_IO_WANT_READ
						 : CONN_IO_BROKEN;
}

static enum conn_io
wire_read(struct conn *c, size_t *n_r)
{
	ssize_t n;

	if (c->tls != NULL)
		return conn_tls_read(c->tls, read_room, sizeof read_room, n_r);
	n = recv(c->setup.fd, read_room, sizeof read_room, 0);
	if (n < 0)
		return clear_outcome();
	*n_r = (size_t)n;
	return n == 0 ? CONN_IO_END : CONN_IO_DONE;
}

static enum conn_io
wire_write(struct conn *c, struct span out, size_t *n_r)
{
	ssize_t n;

	if (c->tls != NULL)
		return conn_tls_write(c->tls, out.p, out.n, n_r);
	n = send(c->setup.fd, out.p, out.n, MSG_NOSIGNAL);
	if (n >= 0) {
		*n_r = (size_t)n;
		return CONN_IO_DONE;
	}
	return clear_outcome() == CONN_IO_BROKEN ? CONN_IO_BROKEN
						 : CONN_IO_WANT_WRITE;
}

/* ---- the end ---- */

void
conn_pump_forget_events(struct conn *c)
{
	event_del(&c->readable);
	event_del(&c->writable);
	event_del(&c->alarm);
	c->reading = c->writing = false;
	c->alarm_at = INT64_MAX;
}

/*
 * Says that nothing follows. What the peer has sent meanwhile is read and
 * thrown away, because closing a socket with unread input resets it, and a
 * reset can destroy the last reply before the peer has read it.
 */
static void
say_goodbye(struct conn *c)
{
	ssize_t n;

	if (c->tls != NULL)
		conn_tls_goodbye(c->tls);
	(void)shutdown(c->setup.fd, SHUT_WR);
	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		n = recv(c->setup.fd, read_room, sizeof read_room, 0);
		if (n <= 0)
			return;
	}
}

void
conn_pump_finish(struct conn *c, enum conn_end end)
{
	c->phase = PHASE_OVER;
	conn_pump_forget_events(c);
	if (end == CONN_FINISHED)
		say_goodbye(c);
	c->setup.over(c->setup.owner, end);
}

/*
 * In clear, what the peer said before it closed can still be read although
 * nothing can be sent: a 5xx in the middle of content is an answer, and
 * trying again would not be. OpenSSL does not go on after a failed write.
 */
static void
write_failed(struct conn *c)
{
	if (c->tls != NULL)
		conn_pump_finish(c, CONN_LOST);
	else
		c->write_broken = true;
}

/* ---- one round: owner, input, output ---- */

/* Offers what the machine did not take before; returns what it takes now. */
static size_t
offer(struct conn *c)
{
	struct machine m = c->setup.machine;
	size_t left = c->unread_end - c->unread_at, taken;

	if (c->phase != PHASE_OPEN || left == 0)
		return 0;
	if ((wants_of(c) & MACHINE_READ) == 0)
		return 0;
	taken = m.ops->feed(
	    m.self, span_make(c->unread + c->unread_at, left), c->now);
	assert(taken <= left);
	/* Freed later: events may borrow from it until the next round. */
	c->unread_at += taken;
	return taken;
}

/* Hands out() to the system as far as it goes; returns how much went. */
static size_t
say(struct conn *c)
{
	struct machine m = c->setup.machine;
	size_t said = 0, n = 0;
	enum conn_io io = CONN_IO_DONE;
	struct span out;

	while (io == CONN_IO_DONE && said < SAY_MAX && !c->write_broken) {
		out = m.ops->out(m.self);
		if (out.n == 0)
			return said;
		io = wire_write(c, out, &n);
		if (io != CONN_IO_DONE)
			break;
		m.ops->sent(m.self, n);
		c->sent += n;
		said += n;
	}
	if (io == CONN_IO_WANT_READ)
		c->tls_needs_read = true;
	if (io == CONN_IO_END || io == CONN_IO_BROKEN)
		write_failed(c);
	return said;
}

/* One step of the handshake, and on into the protocol when it succeeds. */
void
conn_pump_shake(struct conn *c)
{
	enum conn_io io = conn_tls_handshake(c->tls);

	c->tls_needs_read = io == CONN_IO_WANT_READ;
	c->tls_needs_write = io == CONN_IO_WANT_WRITE;
	if (io == CONN_IO_END || io == CONN_IO_BROKEN)
		conn_pump_finish(c, CONN_TLS_FAILED);
	if (io != CONN_IO_DONE)
		return;
	c->phase = PHASE_OPEN;
	c->secure = true;
	c->give_up_by = INT64_MAX;
	c->setup.secured(c->setup.owner);
	if (conn_pump_running(c))
		conn_pump_run(c);
}

static void
begin_handshake(struct conn *c)
{
	c->tls = c->tls_next;
	c->tls_next = NULL;
	if (c->tls == NULL) {
		conn_pump_finish(c, CONN_TLS_FAILED);
		return;
	}
	c->phase = PHASE_HANDSHAKE;
	c->give_up_by = c->now + (c->setup.handshake_timeout != 0
					 ? c->setup.handshake_timeout
					 : CONN_HANDSHAKE_SECONDS);
	conn_pump_shake(c);
}

/* Nothing moves any more for now: was that all? */
static void
conclude(struct conn *c)
{
	bool all_said = out_of(c).n == 0;
	bool may_hear =
	    c->phase == PHASE_OPEN && (wants_of(c) & MACHINE_READ) != 0;

	if (c->write_broken && !may_hear)
		conn_pump_finish(c, CONN_LOST);
	else if (wants_of(c) == 0 && all_said)
		conn_pump_finish(c, CONN_FINISHED);
	else if (c->phase == PHASE_LAST_CLEAR && all_said)
		begin_handshake(c);
	else if (wants_of(c) == 0 && c->give_up_by == INT64_MAX)
		c->give_up_by = c->now + CONN_LAST_WORDS_SECONDS;
}

/*
 * Lets the owner act and moves what can be moved, until nothing moves. Ends
 * with a round in which nothing moved, so nothing that happened goes unseen
 * by the owner.
 */
void
conn_pump_run(struct conn *c)
{
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		size_t moved;

		c->setup.progress(c->setup.owner);
		if (!conn_pump_running(c))
			return;
		moved = offer(c);
		moved += say(c);
		if (!conn_pump_running(c))
			return;
		if (moved == 0) {
			conclude(c);
			return;
		}
	}
	conn_kick(c);
}

/* ---- input ---- */

bool
conn_pump_may_read(const struct conn *c)
{
	return conn_pump_running(c) && c->phase == PHASE_OPEN &&
	       c->unread_at == c->unread_end &&
	       (wants_of(c) & MACHINE_READ) != 0;
}

bool
conn_pump_may_write(const struct conn *c)
{
	return conn_pump_running(c) && c->phase != PHASE_HANDSHAKE &&
	       !c->write_broken && out_of(c).n > 0;
}

/* Feeds the machine and keeps what it does not take. */
static void
take_in(struct conn *c, struct span in)
{
	struct machine m = c->setup.machine;
	size_t taken;

	c->received += in.n;
	taken = m.ops->feed(m.self, in, c->now);
	assert(taken <= in.n);
	in = span_skip(in, taken);
	conn_pump_drop_unread(c);
	if (in.n > 0) {
		c->unread = malloc(in.n);
		if (c->unread == NULL) {
			conn_pump_finish(c, CONN_LOST);
			return;
		}
		memcpy(c->unread, in.p, in.n);
		c->unread_end = in.n;
	}
	conn_pump_run(c);
}

static void
read_stopped(struct conn *c, enum conn_io io)
{
	switch (io) {
	case CONN_IO_DONE:
	case CONN_IO_WANT_READ:
		return;
	case CONN_IO_WANT_WRITE:
		c->tls_needs_write = true;
		return;
	case CONN_IO_END:
		conn_pump_finish(c, c->write_broken ? CONN_LOST : CONN_HUNG_UP);
		return;
	case CONN_IO_BROKEN:
		conn_pump_finish(c, CONN_LOST);
		return;
	}
}

void
conn_pump_read(struct conn *c)
{
	size_t n = 0, dirty = 0;

	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		enum conn_io io;

		if (!conn_pump_may_read(c))
			break;
		io = wire_read(c, &n);
		if (io != CONN_IO_DONE) {
			read_stopped(c, io);
			break;
		}
		dirty = n > dirty ? n : dirty;
		take_in(c, span_make(read_room, n));
		if (n < sizeof read_room && c->tls == NULL)
			break; /* that was all there is: spare the call */
	}
	explicit_bzero(read_room, dirty);
}
