/*
 * The client's side of SMTP, as a pure machine. Three starts:
 *
 *   DIALLED  we called: waits for the greeting, says EHLO (HELO after a 5xx),
 *            then STARTTLS when it is offered, EHLO again, and is READY.
 *   TURNED   after we answered RETR with 250: no greeting, no EHLO; exactly one
 *            SEND, in lock step, and then the turn is back (WIRE 4).
 *
 * READY machines take orders. GDEL orders may be queued and are pipelined when
 * the peer offers PIPELINING; everything else goes in lock step. RETR ends a
 * pipelined group, and nothing follows it before its answer (WIRE 3, 4.2).
 */
#ifndef PROTO_SMTP_CLIENT_H
#define PROTO_SMTP_CLIENT_H

#include "proto/machine.h"
#include "proto/params.h"
#include "proto/reply.h"

#define SMTP_CLIENT_WINDOW 64 /* GDEL commands on their way at once */

/* Seconds for the answer to the whole content: RFC 5321 4.5.3.2.6. */
#define SMTP_CLIENT_LAST_REPLY_TIMEOUT 600

enum smtp_client_kind { SMTP_CLIENT_DIALLED, SMTP_CLIENT_TURNED };

enum smtp_capability { /* what the peer's EHLO listed */
	SMTP_CAN_PIPELINING = 1,
	SMTP_CAN_SIZE = 2,
	SMTP_CAN_8BITMIME = 4,
	SMTP_CAN_UTF8 = 8,
	SMTP_CAN_ENHANCED = 16,
	SMTP_CAN_CHUNKING = 32,
	SMTP_CAN_DSN = 64,
	SMTP_CAN_STARTTLS = 128,
	SMTP_CAN_RETR = 256,
	SMTP_CAN_GTML = 512,
	SMTP_CAN_GDEL = 1024,
	SMTP_CAN_MSID = 2048,
	SMTP_CAN_ENVELOPE = 4096,
	SMTP_CAN_PULL_DIGEST = 8192, /* words of the PULL line */
	SMTP_CAN_PULL_EXPIRES = 16384,
	SMTP_CAN_PULL_FROM = 32768,
	SMTP_CAN_PULL_HAVE = 65536,
};

struct smtp_client_setup {
	enum smtp_client_kind kind;
	const char
	    *hostname; /* our EHLO name; borrowed as long as the machine */
	int64_t greeting_timeout; /* seconds: 5 min, RFC 5321 4.5.3.2.1 */
	int64_t command_timeout;  /* 5 min */
	int64_t content_timeout;  /* 3 min for a block to go */
	bool secure;              /* TLS is on already */
	bool use_starttls;        /* take it when offered */
	bool require_starttls;    /* without it: BROKEN */
	uint64_t capabilities;    /* TURNED: what the peer's EHLO once listed */
};

struct smtp_client_send {
	struct span sender, recipient; /* without angle brackets; "" is <> */
	uint64_t size;                 /* exact octets that will be written */
	bool body_8bit, smtputf8;      /* said only if the peer can */
	enum params_ret ret;
	struct span envid; /* xtext, "" for none */
	unsigned notify;
	struct span orcpt;
	bool use_bdat; /* one BDAT LAST of exactly SIZE octets */
};

enum smtp_client_event_kind {
	SMTP_CLIENT_START_TLS, /* 220 was read: do the handshake, then secured()
				*/
	SMTP_CLIENT_READY,     /* greeting and EHLO are through; capabilities */
	SMTP_CLIENT_REPLY,     /* answer to the oldest GDEL, RETR or NOOP */
	SMTP_CLIENT_TURN,      /* RETR was answered 250: exchange the machine;
				  input behind the 250 belongs to the other one;
				  this one takes none until resume() */
	SMTP_CLIENT_CONTENT,   /* once, at 354 (or BDAT): write content now, and
				  again each time smtp_client_room() says so */
	SMTP_CLIENT_SENT,   /* SEND is over: reply; accepted only if reply.code
			       is 2xx and `final` (the answer to the content);
			       TURNED: the turn is back, exchange the machine */
	SMTP_CLIENT_BROKEN, /* protocol broken, timed out, refused greeting, or
			       421: `reason`, reply if there was one */
	SMTP_CLIENT_CLOSED, /* after QUIT: the peer said goodbye */
};

struct smtp_client_event {
	enum smtp_client_event_kind kind;
	uint64_t capabilities; /* READY */
	uint64_t size_limit;   /* READY: SIZE's number, 0 unknown */
	struct reply reply; /* REPLY, TURN, SENT, CLOSED, BROKEN (code 0: there
			       was none) */
	uint64_t tag;       /* REPLY, TURN: the order's tag */
	bool final;         /* SENT: the reply is to the content */
	const char *reason; /* BROKEN: static text for people */
};

struct smtp_client;

struct smtp_client *
smtp_client_new(const struct smtp_client_setup *setup, int64_t now);
void smtp_client_free(struct smtp_client **x);
struct machine smtp_client_machine(struct smtp_client *x);

/* 1 and an event, or 0. Spans inside are borrowed until the next call. */
int smtp_client_next(struct smtp_client *x, struct smtp_client_event *event_r);

/*
 * Orders; legal after READY (SEND in TURNED: at once, exactly once). 0, or
 * -E_STATE when not legal now; -E_AGAIN when the window is full (GDEL, RETR;
 * without PIPELINING it holds one; try after the next REPLY); -E_SYNTAX when a
 * span has octets that no command may hold; -E_RANGE when the command would be
 * too long. TAG comes back with the reply. Spans are not kept.
 */
int smtp_client_gdel(struct smtp_client *x, struct span id,
    const struct params *params, uint64_t tag);
int smtp_client_retr(struct smtp_client *x, struct span id, uint64_t tag);
int smtp_client_noop(struct smtp_client *x, uint64_t tag);
int smtp_client_send(struct smtp_client *x, const struct smtp_client_send *s);
int smtp_client_quit(struct smtp_client *x);

/*
 * Content after CONTENT: how many octets may be written now (0: wait until the
 * pump has sent some), then the writing, at most that many, and the end. The
 * machine stuffs dots. -E_STATE: not now; -E_AGAIN: more than there is room
 * for, nothing was taken. Writing more than `size` or ending with less:
 * -E_RANGE; a bare CR, bare LF or NUL: -E_SYNTAX; both leave the machine BROKEN
 * (a cut message must never look whole, and we send no bare line ends: AT-16).
 */
size_t smtp_client_room(const struct smtp_client *x);
int smtp_client_write(struct smtp_client *x, struct span octets);
int smtp_client_end(struct smtp_client *x);

/*
 * TURNED, instead of or within SEND before DATA: give up (RSET, which turns
 * back; SENT comes all the same, not final). 0, or -E_STATE: from DATA on only
 * breaking the connection is left, smtp_client_break(), which is told BROKEN.
 */
int smtp_client_give_up(struct smtp_client *x);
void smtp_client_break(struct smtp_client *x);

void smtp_client_secured(struct smtp_client *x);

/* After a turn came back to this DIALLED machine: it takes orders again. */
void smtp_client_resume(struct smtp_client *x, int64_t now);

#endif
