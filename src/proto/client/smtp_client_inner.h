/*
 * What the files smtp_client*.c share, and nobody else may see. The states and
 * their legal moves are drawn at the head of smtp_client.c.
 */
#ifndef PROTO_SMTP_CLIENT_INNER_H
#define PROTO_SMTP_CLIENT_INNER_H

#include "base/buf.h"
#include "base/list.h"
#include "proto/address.h"
#include "proto/client/smtp_client.h"
#include "proto/content.h"
#include "proto/rate.h"

/* Waiting output: a block of content, or a window of GDEL commands. */
#define SMTP_CLIENT_OUT_MAX 65536

/* One command line with its CRLF (WIRE 2). */
#define SMTP_CLIENT_LINE_MAX 1012

/* What one order must remember until it is all said. */
#define SMTP_CLIENT_LATER_MAX (512u << 10)

/* An order of the group that is on its way, in the order of saying. */
struct smtp_client_owed {
	uint64_t tag;
	bool turns;      /* RETR, ACCEPT, AUTHORIZE: a 250 turns */
	bool gtml;       /* the line DATA turns, no 250 is legal */
	bool ends_group; /* nothing may follow before the answer */
};

/* Which order a transaction belongs to. */
enum smtp_client_task { CLIENT_SENDS, CLIENT_NAMES, CLIENT_SHOWS };

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
	CLIENT_MSID,
	CLIENT_ENVELOPE,
	CLIENT_RCPTS,
	CLIENT_SIZE,
};

struct smtp_client {
	struct smtp_client_setup setup;
	char hostname[ADDRESS_DOMAIN_MAX + 1]; /* where setup has it */
	enum smtp_client_state state;
	struct buf out;
	struct reply_reader reader;
	bool unasked; /* octets came when no answer was owed */

	int64_t now;      /* of the last step */
	int64_t since;    /* when the present wait began */
	struct rate rate; /* at which the peer takes content */
	bool restart; /* an order began a wait; the next step says when that was
		       */

	struct list events; /* struct told, oldest first */
	bool broken_untold;
	bool left_at_mail; /* broken by the peer, instead of answering MAIL */
	struct smtp_client_event broken; /* told behind all others */

	uint64_t capabilities, size_limit; /* of the last EHLO that counts */
	uint64_t heard, heard_limit;       /* of the EHLO reply being read */
	unsigned ehlo_lines;

	struct smtp_client_owed owed[SMTP_CLIENT_WINDOW]; /* a ring */
	unsigned owed_first, owed_count;

	/* The one SEND, MSID or ENVELOPE that is going on. */
	enum smtp_client_task task;
	uint64_t tag;
	struct buf later; /* its lines that are said later, from LATER_AT on */
	size_t later_at;
	bool bdat, giving_up;
	bool has_refusal; /* refused, and RSET is being said about it */
	struct reply refusal;
	uint64_t size, written;
	struct content_reader checker;
	struct content_writer writer;

	/* Of an ENVELOPE. */
	struct buf text;
	size_t recipients, said, answered, accepted;
	bool has_size_line;
};

/* Moves to STATE, which must be legal, and begins its wait. */
void smtp_client_enter(struct smtp_client *x, enum smtp_client_state state);

/* A wait begins now; if an order began it, the next step tells the time. */
void smtp_client_begin_wait(struct smtp_client *x);

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

/* Does the peer's EHLO list it? */
bool
smtp_client_can(const struct smtp_client *x, enum smtp_capability capability);

/* Is this machine at rest, so that a command in lock step may be said? */
bool smtp_client_is_at_rest(const struct smtp_client *x);

/* smtp_client_order.c: the orders of a session, one line each. */
void smtp_client_order_reply(struct smtp_client *x, const struct reply *reply);
/* " DIGEST=... EXPIRES=...", as far as set and as the PULL line lists them. */
void smtp_client_order_print(
    const struct smtp_client *x, const struct params *params, struct buf *to);

/* smtp_client_hello.c: greeting, EHLO, HELO, STARTTLS. */
void smtp_client_hello_line(struct smtp_client *x, struct span line);
void smtp_client_hello_reply(struct smtp_client *x, const struct reply *reply);
void smtp_client_hello_say(struct smtp_client *x);

/* smtp_client_send.c: MAIL, RCPT, DATA or BDAT, content, RSET. */
void smtp_client_send_reply(struct smtp_client *x, const struct reply *reply);
void smtp_client_send_reset(struct smtp_client *x);
/* " SIZE=... BODY=... SMTPUTF8 RET=... ENVID=..." of MAIL, as the peer can. */
struct smtp_client_mail {
	bool has_size, body_8bit, smtputf8;
	uint64_t size;
	enum params_ret ret;
	struct span envid;
};
void smtp_client_send_print_mail(const struct smtp_client *x,
    const struct smtp_client_mail *mail, struct buf *to);
/* "RCPT TO:<...> NOTIFY=... ORCPT=..." with CRLF. */
struct smtp_client_rcpt {
	struct span recipient;
	unsigned notify;
	struct span orcpt;
};
void smtp_client_send_print_rcpt(const struct smtp_client *x,
    const struct smtp_client_rcpt *rcpt, struct buf *to);
/* The transaction of TASK is over: tells REPLY, and says whose turn it is. */
void smtp_client_send_conclude(
    struct smtp_client *x, const struct reply *reply, bool final);
/* Only tells it: SENT, or REPLY with the order's tag. NULL: broken. */
struct smtp_client_event *smtp_client_send_tell(
    struct smtp_client *x, const struct reply *reply, bool final);
/* It is refused for REPLY, and RSET must be said about it. */
void smtp_client_send_refuse(struct smtp_client *x, const struct reply *reply);
/* The same, when nothing has been said: the peer lacks SMTPUTF8. */
void smtp_client_send_refuse_utf8(struct smtp_client *x);
/* Says the next line of LATER and enters the state that awaits its answer. */
void smtp_client_send_next(struct smtp_client *x, enum smtp_client_state state);

/* smtp_client_notice.c: MSID, and ENVELOPE with its recipients and text. */
void smtp_client_notice_reply(struct smtp_client *x, const struct reply *reply);
/* RCPT was taken, or 354 said: what an MSID or ENVELOPE goes on with. */
void smtp_client_notice_go_on(struct smtp_client *x);

#endif
