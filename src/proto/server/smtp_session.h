/*
 * What is inside a struct smtp_server: its state, and the few moves that the
 * verbs (verb_*.c) and the machine (smtp_server.c) make on it. Private to
 * these files.
 *
 * The states, and what moves between them:
 *
 *   WAITING ──greet──► FRESH ──EHLO──► IDLE ◄──► TRANSACTION ◄──► CHUNKS
 *      │                 ▲           │  │ │         │               │
 *      └─554─► DENIED    │           │  │ └─AUTH    └─DATA─► CONTENT│
 *                        │           │  │     │                  BDAT
 *            secured()   │  STARTTLS │  │ DIALOGUE             CHUNK┘
 *                        │ RETR GTML ▼  ▼ (TURNED: end of transaction)
 *              AWAY ◄────┴──────── FLOOR ──► PARTING
 *                                                every state ──► CLOSED
 *
 * WAITING   for greet(); nothing is read.
 * FRESH     greeted; no EHLO yet. IDLE: between transactions.
 * TRANSACTION  MAIL or ENVELOPE was accepted. CHUNKS: between two BDATs of one
 *           message. A server that begins after GTML begins here.
 * DIALOGUE  within AUTH: the next line is a response, not a command.
 * CONTENT   octets of DATA. CHUNK: octets of one BDAT, wanted or not.
 * FLOOR     a last reply is on its way, then the peer has the floor: the
 *           event floor_event is given out once out() is empty.
 * AWAY      another machine, or a handshake, has the connection.
 * PARTING   after GTML all is said: the other side closes.
 * DENIED    only QUIT is served. CLOSED: nothing is read any more.
 *
 * While a question is open the state stays what it was and nothing is read.
 *
 * Invariants, asserted by smtp_session_check():
 *   - a question is open only where its verb is legal, never when CLOSED;
 *   - accepted recipients exist only between an accepted MAIL or ENVELOPE and
 *     its end;
 *   - each of these is followed by exactly one END, MSID or ABORT;
 *   - memory of content and of secrets is held only while it is needed.
 */
#ifndef PROTO_SMTP_SESSION_H
#define PROTO_SMTP_SESSION_H

#include "proto/identifier.h"
#include "proto/intake.h"
#include "proto/rate.h"
#include "proto/server/smtp_server.h"
#include "proto/server/verb.h"
#include "proto/subject.h"

/* Replies that wait unsent beyond this hold up reading (back-pressure). */
#define SMTP_OUT_HIGH 4096
/* Above it, the longest single reply (EHLO with a long host name) fits. */
#define SMTP_OUT_MAX 8192
/* How long a closed session waits for its last reply to be taken. */
#define SMTP_LINGER 30

enum smtp_state {
	SMTP_WAITING = 1,
	SMTP_FRESH = 2,
	SMTP_IDLE = 4,
	SMTP_TRANSACTION = 8,
	SMTP_CHUNKS = 16,
	SMTP_DIALOGUE = 32,
	SMTP_CONTENT = 64,
	SMTP_CHUNK = 128,
	SMTP_FLOOR = 256,
	SMTP_AWAY = 512,
	SMTP_DENIED = 1024,
	SMTP_CLOSED = 2048,
	SMTP_PARTING = 4096,
};

/* The states in which the next octets are a line. */
#define SMTP_READS_LINES                                           \
	(SMTP_FRESH | SMTP_IDLE | SMTP_TRANSACTION | SMTP_CHUNKS | \
	    SMTP_DIALOGUE | SMTP_DENIED)
#define SMTP_READS_CONTENT (SMTP_CONTENT | SMTP_CHUNK)

enum smtp_question {
	ASKED_NOTHING,
	ASKED_AUTH,
	ASKED_MAIL,
	ASKED_RCPT,
	ASKED_DATA,
	ASKED_BDAT, /* DATA, by BDAT */
	ASKED_END,
	ASKED_GDEL,
	ASKED_RETR,
	ASKED_GTML,
	ASKED_MSID,
	ASKED_ENVELOPE,
	ASKED_VERDICT,
};

enum smtp_mechanism { SMTP_PLAIN, SMTP_LOGIN };

/* What AUTH collects: secrets, wiped by verb_auth_forget(). */
struct smtp_login {
	enum smtp_mechanism mechanism;
	bool has_initial;  /* the response came with the command */
	bool has_identity; /* LOGIN: the name is there, the password is next */
	struct buf identity; /* decoded; PLAIN: all three fields */
	struct buf password; /* decoded */
	struct buf response; /* as it came: base64 */
};

/* One BDAT, from its command to its last octet. */
struct smtp_chunk {
	uint64_t left;
	bool last;
	bool is_refused; /* octets are thrown away, then REFUSAL is sent */
	bool ends;       /* and that refusal ends the transaction */
	enum smtp_state after; /* else the state to go back to */
	enum reply_name refusal;
	char text[REPLY_ARGUMENT_MAX + 1];
};

struct smtp_server {
	struct smtp_server_setup setup;
	char hostname[ADDRESS_DOMAIN_MAX + 1]; /* where setup has it */
	unsigned keywords;
	enum smtp_state state;
	enum smtp_question question;

	/* What is given out next: content, then abort, then event, then closed.
	 */
	struct smtp_server_event event;
	bool event_is_due, abort_is_due, closed_is_due;
	bool abort_refused; /* all of the content came, and got this reply */
	enum reply_name abort_refusal;
	enum smtp_server_event_kind floor_event;
	size_t floor_at;     /* where the last reply begins in OUT */
	bool floor_is_begun; /* some of it is sent: it cannot be taken back */

	struct line line;
	struct buf out;
	int64_t now;
	int64_t since;     /* when the peer's time began */
	bool is_unclocked; /* it begins at the next octets or tick: see restart
			    */
	unsigned verbs, faults;
	enum verb verb; /* of the command that came last */
	bool is_stopping;

	char name[ADDRESS_DOMAIN_MAX + 3]; /* EHLO's argument */
	bool is_extended;
	bool is_authenticated;
	bool has_transaction; /* the owner has still to hear END or ABORT */
	bool has_utf8;        /* MAIL said SMTPUTF8, or it is an envelope */
	bool has_dmtp;        /* MAIL said DMTP: MSID may come */
	bool is_envelope;     /* ENVELOPE began it */
	bool has_size;        /* the message's size was said: */
	uint64_t size;
	unsigned recipients; /* accepted in this transaction */
	struct address address;
	struct params params;
	char id[SMTP_MESSAGE_ID_MAX + 1]; /* an id, or a Message-ID */
	char subject[SUBJECT_MAX + 1];
	enum verdict verdict;
	bool has_to, has_have; /* of the verdict: ADDRESS, and HAVE */
	enum verb help_about;  /* VERB_COUNT: all of them */
	struct smtp_login login;
	struct smtp_chunk chunk;
	struct intake content; /* of this transaction so far */
	struct rate rate;      /* at which it comes */
};

void smtp_session_init(
    struct smtp_server *x, const struct smtp_server_setup *setup, int64_t now);
void smtp_session_fini(struct smtp_server *x);

/* The only way into a state: asserts that the move is one of the diagram. */
void smtp_session_enter(struct smtp_server *x, enum smtp_state state);
void smtp_session_check(const struct smtp_server *x);

bool smtp_session_is_turned(const struct smtp_server *x);
bool smtp_session_may_start_tls(const struct smtp_server *x);

/* Is the next octet taken? Not while something waits for owner or pump. */
bool smtp_session_listens(const struct smtp_server *x);

/* Is it our turn alone, so that any octet is out of turn (WIRE 4.2)? */
bool smtp_session_holds_floor(const struct smtp_server *x);

/* Says REPLY; a 5xx is counted, a 421 closes. TEXT as in reply_print(). */
void smtp_session_reply(
    struct smtp_server *x, enum reply_name reply, struct span text);
void smtp_session_refuse(struct smtp_server *x, struct verb_refusal refusal);

/* Says REPLY, and gives out KIND once it is sent. */
void smtp_session_give_floor(struct smtp_server *x, enum reply_name reply,
    enum smtp_server_event_kind kind);

/*
 * Says REPLY, which ends the transaction: IDLE, or back goes the turn. The
 * owner hears ABORT unless END was asked.
 */
void smtp_session_end(
    struct smtp_server *x, enum reply_name reply, struct span text);

/* Opens a question. The caller has filled what EVENT needs besides its kind. */
void smtp_session_ask(struct smtp_server *x, enum smtp_question question,
    enum smtp_server_event_kind kind);

/* Gives out an event that needs no answer. */
void smtp_session_tell(struct smtp_server *x, enum smtp_server_event_kind kind);

/* The transaction is over without END. Nothing when there was none. */
void smtp_session_abort(struct smtp_server *x);

/* Nothing is read any more; whatever is in OUT is still sent. */
void smtp_session_close(struct smtp_server *x);

/* Octets out of turn: takes back the last reply if it can, 421, closes. */
void smtp_session_interrupt(struct smtp_server *x);

/* The peer's time begins anew, at the NOW of the next feed or tick. */
void smtp_session_restart_clock(struct smtp_server *x);

#endif
