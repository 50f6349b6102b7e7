/*
 * One end of a connection whose other end is the input of a fuzz target: the
 * machine that has the floor, exchanged at each turn, and an owner whose
 * answers and orders are drawn from the input. What is promised of every
 * session (smtp_server.h, smtp_client.h) is asserted while it is played.
 */
#ifndef TESTS_FUZZ_SESSION_H
#define TESTS_FUZZ_SESSION_H

#include "fuzz.h"
#include "proto/client/smtp_client.h"
#include "proto/server/smtp_server.h"

struct session {
	bool is_dialled;
	bool is_over;       /* CLOSED or BROKEN was told */
	bool is_alike;      /* pieces of any size must bring the same */
	bool was_turned_to; /* a server without a greeting has been here */
	struct smtp_client *client;
	struct smtp_server *server;
	struct machine machine; /* the one of the two that has the floor */
	struct fuzz_draws draws;
	struct span words; /* of the input, to be said where words are needed */
	size_t flight_end; /* of the input: see flight() */
	struct buf unread;
	int64_t now;

	/* What a test compares: replies, commands and content, events. */
	struct buf replies, commands, events;
	struct buf content; /* of all transactions that had their END */

	/* The owner of a server. */
	bool has_transaction; /* an END, MSID or ABORT is owed */
	bool is_bdat, is_to_be_spoiled;
	size_t content_at; /* where that of this transaction begins */

	/* The owner of a client. */
	uint64_t capabilities;
	bool is_ready, is_quitting, is_broken;
	bool is_gtml; /* the last turn was by GTML */
	bool is_sending, is_writing;
	size_t written;
	uint64_t tag, answered; /* of the next order, and of the next answer */
};

/* Called: a server that has greeted, or has been turned to. */
void session_init_called(
    struct session *s, struct fuzz_draws draws, struct span words);
/* Dialled: a client before its greeting, or to which it was turned. */
void session_init_dialled(
    struct session *s, struct fuzz_draws draws, struct span words);
void session_fini(struct session *s);

/* Octets of the other end arrive, and all is done that follows from them. */
void session_arrive(struct session *s, struct span octets);

/* Time passes until the machine wants no more. */
void session_outlast(struct session *s);

/* The server is told to stop. */
void session_stop(struct session *s);

/* Everything that was said is well formed. */
void session_check(const struct session *s);

/*
 * Plays INPUT against what INIT makes, in pieces as large as makes no
 * difference and in small ones: the same must be said and told. The first line
 * of the input is decisions.
 */
void session_play(
    struct span input, void (*init)(struct session *s, struct fuzz_draws draws,
			   struct span words));

#endif
