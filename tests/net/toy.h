/*
 * For tests of net/: a toy machine that echoes lines, and a party that owns a
 * connection with one. The toy either echoes by itself or asks about each line
 * and takes no input until it is answered, as the SMTP machines do.
 */
#ifndef TESTS_NET_TOY_H
#define TESTS_NET_TOY_H

#include "base/buf.h"
#include "net/conn.h"

#define TOY_LINE_MAX  32768
#define TOY_HEARD_MAX (4u << 20)

struct toy {
	struct buf line;  /* not complete yet */
	struct buf heard; /* all complete lines */
	struct buf out;
	bool asks;     /* waits for toy_answer() after each line */
	bool question; /* a line waits for its answer */
	bool quit;     /* heard "quit": says "bye", wants no more */
	unsigned lines, ticks;
	int64_t deadline;
};

void toy_init(struct toy *t);
void toy_fini(struct toy *t);
struct machine toy_machine(struct toy *t);
void toy_answer(struct toy *t, const char *text);
void toy_say(struct toy *t, const char *text);

struct party {
	struct conn *conn;
	struct toy toy;
	void (*step)(struct party *p);   /* within progress; may be NULL */
	void (*safely)(struct party *p); /* within secured; may be NULL */
	void (*at_end)(struct party *p); /* within over; may be NULL */
	unsigned steps, secured, ends;
	enum conn_end end;
	struct party *other;
	SSL_CTX *tls;
};

/* The clock of all parties, in seconds; tests move it. */
extern int64_t party_now;

/* A party with a conn over FD, which becomes non-blocking. */
void party_init(struct party *p, struct event_base *base, int fd);
void party_fini(struct party *p);

/* One turn of the loop, for what is ready now. */
void party_turn(struct event_base *base);

/* Turns of the loop until nothing is ready. */
void party_turns(struct event_base *base);

/* Turns the loop, waiting for events, until *COUNT is at least N. */
void party_wait(struct event_base *base, const unsigned *count, unsigned n);

#endif
