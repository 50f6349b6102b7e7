/*
 * The client's side of SMTP, as a pure machine. Two starts:
 *
 *   DIALLED  we called: waits for the greeting, says EHLO (HELO after a 5xx),
 *            then STARTTLS when it is offered, EHLO again, and is READY.
 *   TURNED   after we answered RETR, ACCEPT or AUTHORIZE with 250: no greeting,
 *            no EHLO; exactly one SEND, in lock step, and then the turn is back
 *            (WIRE 4). After GTML (`after_gtml`) DATA has been said already:
 *            SEND waits for 354, sends the content, and behind its answer we
 *            close (WIRE 5).
 *
 * READY machines take orders, any number of any kind, one after the other
 * (SM-42). GDEL and the verdicts that do not turn may be queued and are
 * pipelined when the peer offers PIPELINING, and so are the recipients of one
 * ENVELOPE; everything else goes in lock step. RETR, GTML, ACCEPT and AUTHORIZE
 * end a pipelined group, and nothing follows them before their answer (WIRE 3,
 * 4.2).
 */
#ifndef PROTO_SMTP_CLIENT_H
#define PROTO_SMTP_CLIENT_H

#include "proto/machine.h"
#include "proto/params.h"
#include "proto/reply.h"
#include "proto/verdict.h"

#define SMTP_CLIENT_WINDOW 64 /* pipelined commands on their way at once */
#define SMTP_CLIENT_ENVELOPE_MAX                    \
	8192 /* octets of an envelope text (WIRE 6) \
	      */
/* Recipients of one ENVELOPE: their lines are kept until they are said. */
#define SMTP_CLIENT_RECIPIENTS_MAX 1000

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
	const char *hostname;       /* our EHLO name; copied */
	int64_t greeting_timeout;   /* seconds: 5 min, RFC 5321 4.5.3.2.1 */
	int64_t command_timeout;    /* 5 min */
	int64_t content_timeout;    /* 3 min for a block to go */
	int64_t last_reply_timeout; /* after all of it; 0: as RFC 5321 says */
	/* octets a second of content that the peer must take (AT-25); 0: no
	   matter */
	uint64_t rate_min;
	bool secure;           /* TLS is on already */
	bool use_starttls;     /* take it when offered */
	bool require_starttls; /* without it: BROKEN */
	uint64_t capabilities; /* TURNED: what the peer's EHLO once listed */
	bool after_gtml;       /* TURNED: DATA is said, the content is next */
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

struct smtp_client_gtml {
	struct span id, recipient; /* without angle brackets */
	uint64_t tag;
};

struct smtp_client_verdict {
	enum verdict verdict;
	struct span id; /* or a Message-ID with its angle brackets */
	struct span to; /* without angle brackets; "": there was but one */
	bool have;      /* we have the content: said only if the peer can */
	uint64_t tag;
};

/*
 * MAIL with DMTP, RCPT, MSID (WIRE 5). Of PARAMS are said SIZE, BODY, SMTPUTF8,
 * RET, ENVID, NOTIFY and ORCPT if the peer can, DIGEST and EXPIRES if its PULL
 * line lists them. SMTPUTF8 is added where an address or the subject needs it.
 */
struct smtp_client_msid {
	struct span sender, recipient; /* without angle brackets; "" is <> */
	struct span id;
	struct span subject; /* UTF-8; subject.h says what is made of it */
	const struct params *params;
	uint64_t tag;
};

/*
 * ENVELOPE, RCPT for each recipient, DATA, the text (WIRE 6). Of PARAMS are
 * said SIZE, and DIGEST and EXPIRES if the peer's PULL line lists them. When
 * IS_PLAIN all is said as the paper prints it: no parameters, and SIZE on a
 * line of its own, whose refusal is let be unless it is 552.
 */
struct smtp_client_envelope {
	struct span sender; /* without angle brackets; "" is <> */
	struct span envid;  /* an id, "" for none */
	const struct params *params;
	const struct span *recipients; /* without angle brackets */
	size_t count;                  /* 1 to SMTP_CLIENT_RECIPIENTS_MAX */
	struct span text; /* CRLF lines, at most SMTP_CLIENT_ENVELOPE_MAX */
	bool is_plain;
	uint64_t tag;
};

enum smtp_client_event_kind {
	SMTP_CLIENT_START_TLS, /* 220 was read: do the handshake, then secured()
				*/
	SMTP_CLIENT_READY,     /* greeting and EHLO are through; capabilities */
	SMTP_CLIENT_REPLY,     /* answer to the oldest GDEL, RETR, GTML, verdict
				  or NOOP; or MSID or ENVELOPE is over: taken
				  only if reply.code is 2xx and `final` */
	SMTP_CLIENT_RECIPIENT, /* ENVELOPE: the answer to one RCPT; when it is
				  2xx and so is the final REPLY, this recipient
				  has the envelope, else not */
	SMTP_CLIENT_TURN,      /* RETR, ACCEPT or AUTHORIZE was answered 250, or
				  GTML with DATA: exchange the machine; input
				  behind the answer belongs to the other one;
				  this one takes none until resume(). After GTML
				  it never comes back */
	SMTP_CLIENT_CONTENT,   /* once, at 354 (or BDAT): write content now, and
				  again each time smtp_client_room() says so */
	SMTP_CLIENT_SENT,   /* SEND is over: reply; accepted only if reply.code
			       is 2xx and `final` (the answer to the content);
			       TURNED: the turn is back, exchange the machine
			       (never before BROKEN);
			       after GTML: say finish() once that is durable */
	SMTP_CLIENT_BROKEN, /* protocol broken, timed out, refused greeting, or
			       421: `reason`, reply if there was one */
	SMTP_CLIENT_CLOSED, /* after QUIT: the peer said goodbye */
};

struct smtp_client_event {
	enum smtp_client_event_kind kind;
	uint64_t capabilities; /* READY */
	uint64_t size_limit;   /* READY: SIZE's number, 0 unknown */
	struct reply reply;    /* REPLY, RECIPIENT, TURN, SENT, CLOSED, BROKEN
				  (code 0: there was none; GTML's TURN: DATA) */
	uint64_t tag;          /* REPLY, RECIPIENT, TURN: the order's tag */
	size_t index;          /* RECIPIENT: which of them */
	bool final;         /* SENT: the reply is to the content; REPLY: to the
			       MSID, or to the envelope's text */
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
 * -E_STATE when not legal now; -E_AGAIN when the window is full (GDEL, RETR,
 * GTML, verdicts; without PIPELINING it holds one; try after the next REPLY);
 * -E_SYNTAX when a span has octets that no command may hold, or a text bare
 * line ends; -E_RANGE when a command or a text would be too long, or there are
 * too many recipients or none. TAG comes back with the reply. Spans and params
 * are not kept. What needs SMTPUTF8 and a peer that lacks it: nothing is said,
 * the answer is 550 5.6.7, not final.
 */
int smtp_client_gdel(struct smtp_client *x, struct span id,
    const struct params *params, uint64_t tag);
int smtp_client_retr(struct smtp_client *x, struct span id, uint64_t tag);
int
smtp_client_gtml(struct smtp_client *x, const struct smtp_client_gtml *order);
int smtp_client_verdict(
    struct smtp_client *x, const struct smtp_client_verdict *order);
int
smtp_client_msid(struct smtp_client *x, const struct smtp_client_msid *order);
int smtp_client_envelope(
    struct smtp_client *x, const struct smtp_client_envelope *order);
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
 * After GTML that is so from the start.
 */
int smtp_client_give_up(struct smtp_client *x);
void smtp_client_break(struct smtp_client *x);

/*
 * When the connection is over (HUNG_UP: the peer closed it in good order): did
 * the peer leave, or say something else, instead of answering MAIL (WIRE 4.9)?
 * Not when it was only silent.
 */
bool smtp_client_is_left_at_mail(const struct smtp_client *x, bool hung_up);

/*
 * After GTML and SENT: what the answer meant is durable, so the connection may
 * be closed in good order, which tells the other side (WIRE 4.7). 0 or
 * -E_STATE.
 */
int smtp_client_finish(struct smtp_client *x);

void smtp_client_secured(struct smtp_client *x);

/* After a turn came back to this DIALLED machine: it takes orders again. */
void smtp_client_resume(struct smtp_client *x, int64_t now);

#endif
