/*
 * The inside of a connection, for conn.c and conn_pump.c alone: conn.c decides
 * when something happens (turns of the loop, deadlines), conn_pump.c what
 * (octets between the socket and the machine, the owner's turn, the end).
 */
#ifndef NET_CONN_PUMP_H
#define NET_CONN_PUMP_H

#include "net/conn.h"

#include <event2/event_struct.h>

/*
 *   OPEN --conn_start_tls--> LAST_CLEAR --all is sent--> HANDSHAKE --> OPEN
 *     any of them --> OVER: the owner has been told, nothing moves any more
 */
enum conn_phase { PHASE_OPEN, PHASE_LAST_CLEAR, PHASE_HANDSHAKE, PHASE_OVER };

struct conn_tls;

struct conn {
	struct conn_setup setup;
	struct event readable, writable, alarm;
	struct conn_tls *tls;      /* in use since the handshake began */
	struct conn_tls *tls_next; /* for the handshake that was asked for */
	char *unread;              /* what the machine did not take */
	size_t unread_at, unread_end;
	int64_t now;        /* at the start of this turn */
	int64_t alarm_at;   /* what the alarm is set for; INT64_MAX: not set */
	int64_t give_up_by; /* handshake or last words; INT64_MAX: never */
	uint64_t received, sent;
	enum conn_phase phase;
	bool reading, writing; /* the events are added */
	bool tls_needs_read, tls_needs_write;
	bool write_broken; /* the peer hears nothing, but may have spoken */
	bool secure;
	bool busy;  /* a turn is under way */
	bool freed; /* by the owner in this turn; memory goes at its end */
};

/* False once the owner has freed it or has been told that it is over. */
bool conn_pump_running(const struct conn *c);

/* Is the machine ready for octets from the socket? */
bool conn_pump_may_read(const struct conn *c);

/* Is there something to be sent, and somebody who may hear it? */
bool conn_pump_may_write(const struct conn *c);

/*
 * Each of these may call the owner, who may free C: ask conn_pump_running()
 * after each. RUN lets the owner act and moves what can be moved; READ takes
 * from the socket and runs; SHAKE goes on with the handshake; FINISH ends.
 */
void conn_pump_run(struct conn *c);
void conn_pump_read(struct conn *c);
void conn_pump_shake(struct conn *c);
void conn_pump_finish(struct conn *c, enum conn_end end);

void conn_pump_forget_events(struct conn *c);
void conn_pump_drop_unread(struct conn *c);

#endif
