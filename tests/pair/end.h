/*
 * One end of a connection in memory: the machine that has the floor, and an
 * owner that plays a server's part. It grants whatever it is asked, unless told
 * otherwise, exchanges the machine at each turn, and writes down every event.
 *
 * The end that dialled leaves notices (GDEL, MSID, ENVELOPE), asks for messages
 * (RETR, GTML, ACCEPT) and keeps what it gets; the end that was called holds
 * messages and sends them when it is their turn. Each end can also send by
 * itself (the classical push).
 */
#ifndef TESTS_PAIR_END_H
#define TESTS_PAIR_END_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "proto/client/smtp_client.h"
#include "proto/server/smtp_server.h"

#define END_HOLDS_MAX      8  /* messages that an end may have ready */
#define END_COPIES_MAX     24 /* messages that an end may be given */
#define END_RECIPIENTS_MAX 8  /* of one envelope */
#define END_OCTETS_MAX     (1u << 20)

/* A message that waits here, or is announced from here. */
struct end_hold {
	const char *id, *sender;
	const char *recipient; /* for ENVELOPE several, parted by commas */
	const char *subject;   /* for MSID; NULL: none */
	struct span content; /* borrowed as long as the end; ENVELOPE: the text
			      */
	bool use_bdat;
	bool taken;     /* the final 250 was read: nobody gets it any more */
	unsigned takes; /* how often that was so */
};

/* A message or an envelope text that came in, whole or not. */
struct end_copy {
	struct buf content;
	char id[64];      /* of the RETR, GTML, verdict or ENVELOPE, or "" */
	char to[64];      /* of the GTML or verdict, or "" */
	bool is_envelope; /* a text, not a message */
	bool whole;       /* END was told of it */
	bool stored;      /* and answered 250 */
	bool confirmed;   /* and we know that the origin knows (WIRE 4.7) */
};

struct end {
	bool dialled;
	struct smtp_client *client;
	struct smtp_server *server;
	struct machine machine; /* the one of the two that has the floor */
	struct buf inbox;       /* has arrived, is not taken yet */
	int64_t now;
	bool closed; /* the machine wants no more, or the other end is gone */

	uint64_t capabilities; /* for a TURNED client */
	bool chunking;         /* for a TURNED server */
	struct params notice;  /* said with every notice */
	char asked[64];        /* the id of the last RETR, GTML or verdict */
	char asked_to[64];     /* and for whom, or "" */
	bool asked_gtml;
	bool in_envelope;          /* the transaction that goes on is one */
	struct end_copy *unproved; /* stored, and not yet confirmed */

	/* Orders that are given one by one, as soon as the client is at rest.
	 */
	const char *const *orders; /* NULL ends them */
	size_t piece;              /* octets of content written at a time */

	struct end_hold holds[END_HOLDS_MAX];
	size_t hold_count;
	struct end_hold *sending;
	size_t written;
	bool writing; /* content is asked for */

	struct end_copy copies[END_COPIES_MAX];
	size_t copy_count;

	/* The next question of this kind is answered so; once. */
	bool has_answer;
	enum smtp_server_event_kind answer_to;
	enum reply_name answer;

	struct buf events; /* one line each, oldest first */
};

void end_init_dialled(struct end *e, const char *const *orders);
void end_init_called(struct end *e, unsigned keywords);
void end_fini(struct end *e);

void end_hold_add(struct end *e, const struct end_hold *hold);

/* Octets arrive; the machine takes what it will and the owner answers. */
void end_arrive(struct end *e, struct span in);

/* The other end has closed in good order, all that it sent is here. */
void end_hung_up(struct end *e);

/* What waits to be sent, at most N octets; then they are gone. */
struct span end_waiting(const struct end *e);
void end_depart(struct end *e, size_t n);

/*
 * "GDEL id", "MSID id", "ENVELOPE id", "ENVELOPE-PLAIN id", "SEND id" (these
 * four of a hold of this end), "RETR id", "GTML id address", "ACCEPT id
 * [address] [HAVE]" and the other verdicts, "NOOP", "QUIT", "GIVE-UP", "BREAK".
 * 0 or what the machine says.
 */
int end_order(struct end *e, const char *order);

void end_tick(struct end *e, int64_t seconds);

#endif
