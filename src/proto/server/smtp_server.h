/*
 * The server's side of SMTP (RFC 5321), of submission (RFC 6409) and of the
 * notice, pull and verdict verbs (WIRE 3 to 6), as a pure machine. Three kinds
 * share one grammar:
 *
 *   PEER        port 25: other servers. Notices, pulls and verdicts live here.
 *   SUBMISSION  587 and 465: our own users. AUTH, over TLS only.
 *   TURNED      after RETR, ACCEPT or AUTHORIZE, on the side that asked: no
 *               greeting, no EHLO, one transaction (MAIL, RCPT, DATA, BDAT,
 *               RSET, NOOP, QUIT; all else 503). Ends after the first reply
 *               that ends the transaction (WIRE 4.3, 4.4). After GTML
 *               (`after_gtml`) there is no MAIL and no RCPT: 354 is said at
 *               once, the content comes, and behind its answer the other side
 *               closes (WIRE 5).
 *
 * The machine decides what is legal and well formed and answers faults by
 * itself; everything else becomes an event that says "may I?", to be answered
 * by exactly one order. While a question is open no further command is taken
 * from the input (back-pressure); events are given out one at a time, and
 * nothing is taken while one is waiting: feed again after taking events.
 *
 * For the owner: every MAIL or ENVELOPE that was answered by a 2xx, and every
 * start with `after_gtml`, is followed by exactly one END or MSID (asked) or
 * ABORT (told). CLOSED may come while a question is open
 * (octets out of turn): then the answer is not wanted any more, and one that
 * still comes is ignored.
 */
#ifndef PROTO_SMTP_SERVER_H
#define PROTO_SMTP_SERVER_H

#include "proto/address.h"
#include "proto/machine.h"
#include "proto/params.h"
#include "proto/reply.h"
#include "proto/verdict.h"

#define SMTP_ENVELOPE_MAX 8192 /* octets of an envelope text (WIRE 6) */
/* A Message-ID by which a verdict names its envelope, brackets included. */
#define SMTP_MESSAGE_ID_MAX 500

#define SMTP_LINE_MAX      1010  /* command line without CRLF: 1,012 in all */
#define SMTP_AUTH_LINE_MAX 12286 /* RFC 4954 4.5.3.1: 12,288 in all */
#define SMTP_FAULTS_MAX    50    /* 5xx to commands in a session, then 421 */

enum smtp_server_kind {
	SMTP_SERVER_PEER,
	SMTP_SERVER_SUBMISSION,
	SMTP_SERVER_TURNED,
};

enum smtp_keyword {            /* what EHLO shows besides the usual (WIRE 1) */
	SMTP_KEYWORD_PULL = 1, /* RETR, GTML, and the PULL parameter line */
	SMTP_KEYWORD_GDEL = 2,
	SMTP_KEYWORD_STARTTLS = 4, /* the same as setup.starttls, for some */
	SMTP_KEYWORD_MSID = 8, /* and DATA after MAIL with DMTP: "send MSID" */
	SMTP_KEYWORD_ENVELOPE = 16
};

struct smtp_server_setup {
	enum smtp_server_kind kind;
	const char *hostname;  /* A-labels; copied */
	uint64_t message_size; /* octets; SIZE= above it: 552 */
	unsigned recipients_max;
	unsigned verbs_max; /* commands in one session, then 421 */
	int64_t
	    command_timeout; /* seconds between commands: RFC 5321 4.5.3.2 */
	int64_t content_timeout; /* seconds between blocks of content */
	uint64_t rate_min;       /* octets a second of content; 0: no matter */
	bool secure;             /* TLS is on already */
	bool starttls;           /* a certificate is there */
	bool chunking;           /* TURNED: BDAT allowed */
	bool after_gtml;         /* TURNED: content alone, 354 at once */
				 /*
				  * TURNED: octets that arrived with or behind the 250 that turned are
				  * legal; PEER: octets behind RETR, GTML, ACCEPT, AUTHORIZE
				  * before their answer are not (AT-16).
				  */
};

enum smtp_server_event_kind {
	SMTP_SERVER_EHLO,      /* told, not asked: the peer's name */
	SMTP_SERVER_START_TLS, /* 220 is sent: do the handshake, then say
				  secured() */
	SMTP_SERVER_AUTH,      /* ask: identity and password */
	SMTP_SERVER_MAIL,      /* ask */
	SMTP_SERVER_RCPT,      /* ask */
	SMTP_SERVER_DATA, /* ask: may content come? SEND_CONTENT or a refusal */
	SMTP_SERVER_CONTENT,  /* told: some content, dots removed; at most
				 about 16 KiB, copied: not part of the input */
	SMTP_SERVER_END,      /* ask: content is complete and well formed */
	SMTP_SERVER_ABORT,    /* told: the transaction is over without END:
				 RSET, EHLO, QUIT, DATA refused, broken or
				 too large content, session closed */
	SMTP_SERVER_GDEL,     /* ask */
	SMTP_SERVER_RETR,     /* ask: YOUR_TURN or a refusal */
	SMTP_SERVER_GTML,     /* ask: YOUR_DATA or a refusal */
	SMTP_SERVER_MSID,     /* ask; whatever the answer, the transaction ends:
				 neither END nor ABORT follows */
	SMTP_SERVER_ENVELOPE, /* ask: begins a transaction like MAIL, whose
				 content is the envelope text */
	SMTP_SERVER_SIZE,     /* told: the transaction's message has this size,
				 said on a line of its own; well formed, and
				 not too large */
	SMTP_SERVER_VERDICT,  /* ask: see smtp_server_tell() */
	SMTP_SERVER_TURN,     /* told: YOUR_TURN or YOUR_DATA is sent; exchange
				 the machine */
	SMTP_SERVER_TURN_BACK, /* told, TURNED only: the transaction's last
				  reply is sent; exchange the machine back.
				  After GTML: keep it and wait until the other
				  side closes, which is its answer */
	SMTP_SERVER_CLOSED,    /* told: no more; close when out() is empty */
};

struct smtp_server_event {
	enum smtp_server_event_kind kind;
	bool extended;        /* EHLO: not HELO */
	struct span text;     /* EHLO: name. CONTENT: run. GDEL, RETR, GTML,
				 MSID: id. VERDICT: id, or a Message-ID in its
				 angle brackets. AUTH: the identity (authcid,
				 or authzid which must equal it) */
	struct span password; /* AUTH */
	struct span subject;  /* MSID: UTF-8, at most SUBJECT_MAX octets */
	const struct address *address; /* MAIL, RCPT, ENVELOPE, GTML; VERDICT:
					  its To, NULL when there is none */
	const struct params *params;   /* MAIL, RCPT, ENVELOPE, GDEL */
	uint64_t size;                 /* END: octets of content. SIZE */
	bool refused; /* ABORT: all of the content came, and got REFUSAL */
	enum reply_name refusal;
	bool bdat;            /* DATA: by BDAT; a grant sends no 354 */
	enum verdict verdict; /* VERDICT */
	bool have;            /* VERDICT: the peer has the content already */
};

struct smtp_server;

/*
 * NOW in seconds. PEER and SUBMISSION say nothing until smtp_server_greet().
 * NULL: no memory.
 */
struct smtp_server *
smtp_server_new(const struct smtp_server_setup *setup, int64_t now);
void smtp_server_free(struct smtp_server **x);
struct machine smtp_server_machine(struct smtp_server *x);

/*
 * First thing said: REPLY_GREETING, or DENIED_AT_CONNECT after which only QUIT
 * is served (others: 503), or a 421 which closes. KEYWORDS as in smtp_keyword.
 */
void smtp_server_greet(
    struct smtp_server *x, enum reply_name reply, unsigned keywords);

/*
 * The next event. 1 and *EVENT_R, whose spans are borrowed until the next call
 * on this machine; 0: none now.
 */
int smtp_server_next(struct smtp_server *x, struct smtp_server_event *event_r);

/*
 * Answers the open question. For MAIL, RCPT, AUTH, GDEL, ENVELOPE, MSID, END
 * any row of reply.def; a 2xx goes on, a 421 closes after it. For DATA:
 * REPLY_SEND_CONTENT grants, anything else (no 2xx) ends the transaction, with
 * ABORT. For RETR: REPLY_YOUR_TURN turns; for GTML: REPLY_YOUR_DATA. For a
 * VERDICT that turns (ACCEPT, AUTHORIZE): REPLY_YOUR_TURN, or REPLY_HAVE_IT
 * and refusals, which do not; no other 250, since the peer would wait for its
 * message. For the other verdicts: anything else. With recipients refused one
 * by one, DATA without any accepted is answered NO_RECIPIENTS by the machine.
 */
void smtp_server_tell(
    struct smtp_server *x, enum reply_name reply, struct span argument);

/*
 * After CONTENT and before END is given out: give the transaction up with this
 * reply once the content has been read to its end (no room, message not as
 * announced), unless it turns out malformed or too large. Before the next call
 * nothing else; ABORT follows.
 */
void smtp_server_spoil(struct smtp_server *x, enum reply_name reply);

/* TLS is up: forget everything said in clear (RFC 3207 4.2). */
void smtp_server_secured(struct smtp_server *x);

/* After the turn came back to this machine: it takes commands again. */
void smtp_server_resume(struct smtp_server *x, int64_t now);

/* The server stops: 421 and close, at the next moment no reply is owed. */
void smtp_server_stop(struct smtp_server *x);

#endif
