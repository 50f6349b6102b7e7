/*
 * What smtp_client.c, smtp_client_hello.c and smtp_client_send.c share, and
 * nobody else may see. The states and their legal moves are drawn at the head
 * of smtp_client.c.
 */
#ifndef PROTO_SMTP_CLIENT_INNER_H
#define PROTO_SMTP_CLIENT_INNER_H

#include "base/buf.h"
#include "base/list.h"
#include "proto/content.h"
#include "proto/smtp_client.h"

/* Waiting output: a block of content, or a window of GDEL commands. */
#define SMTP_CLIENT_OUT_MAX 65536

/* One command line with its CRLF (WIRE 2). */
#define SMTP_CLIENT_LINE_MAX 1012

/* An order of the group that is on its way, in the order of saying. */
struct smtp_client_owed {
	uint64_t tag;
	bool turns;      /* RETR: a 250 turns the connection */
	bool ends_group; /* nothing may follow before the answer */
};

enum smtp_client_state {
	CLIENT_GREETING,
	CLIENT_EHLO,
	CLIENT_HELO,
	CLIENT_STARTTLS,
	CLIENT_HANDSHAKE,
	CLIENT_READY,
	CLIENT_AWAY,
	CLIENT_FLOOR,
	CLIENT_MAIL,
	CLIENT_RCPT,
	CLIENT_DATA,
	CLIENT_CONTENT,
	CLIENT_FINAL,
	CLIENT_RESET,
	CLIENT_BACK,
	CLIENT_QUIT,
	CLIENT_CLOSED,
	CLIENT_BROKEN,
};

struct smtp_client {
	struct smtp_client_setup setup;
	enum smtp_client_state state;
	struct buf out;
	struct reply_reader reader;
	bool unasked; /* octets came when no answer was owed */

	int64_t now;   /* of the last step */
	int64_t since; /* when the present wait began */
	bool restart; /* an order began a wait; the next step says when that was
		       */

	struct list events; /* struct told, oldest first */
	bool broken_untold;
	struct smtp_client_event broken; /* told behind all others */

	uint64_t capabilities, size_limit; /* of the last EHLO that counts */
	uint64_t heard, heard_limit;       /* of the EHLO reply being read */
	unsigned ehlo_lines;

	struct smtp_client_owed owed[SMTP_CLIENT_WINDOW]; /* a ring */
	unsigned owed_first, owed_count;

	/* The one SEND that is going on. */
	struct buf rcpt_line;
	bool bdat, giving_up;
	bool has_verdict; /* refused, and RSET is being said about it */
	struct reply verdict;
	uint64_t size, written;
	struct content_reader checker;
	struct content_writer writer;
};

/* Moves to STATE, which must be legal, and begins its wait. */
void smtp_client_enter(struct smtp_client *x, enum smtp_client_state state);

/* Queues an event of KIND with REPLY (may be NULL). NULL: broken instead. */
struct smtp_client_event *smtp_client_emit(struct smtp_client *x,
    enum smtp_client_event_kind kind, const struct reply *reply);

/* Ends it all. REASON is static; REPLY may be NULL. */
void smtp_client_fail(
    struct smtp_client *x, const char *reason, const struct reply *reply);

/* An answer that the command at hand cannot have. */
void smtp_client_surprise(struct smtp_client *x, const struct reply *reply);

/* May S stand in a command line: no control octets, spaces only if SPACES? */
bool smtp_client_may_say(struct span s, bool spaces);

/*
 * Ends the command line that began at octet START of the output with CRLF. 0,
 * or -E_RANGE when it is too long or did not fit; then it is taken out again.
 */
int smtp_client_line_end(struct smtp_client *x, size_t start);

/* smtp_client_hello.c: greeting, EHLO, HELO, STARTTLS. */
void smtp_client_hello_line(struct smtp_client *x, struct span line);
void smtp_client_hello_reply(struct smtp_client *x, const struct reply *reply);
void smtp_client_hello_say(struct smtp_client *x);

/* smtp_client_send.c: MAIL, RCPT, DATA or BDAT, content, RSET. */
void smtp_client_send_reply(struct smtp_client *x, const struct reply *reply);
void smtp_client_send_reset(struct smtp_client *x);
void smtp_client_send_fini(struct smtp_client *x);

#endif
