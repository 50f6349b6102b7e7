/*
 * The server's side of the SMDP user service (SMDP table 5, WIRE 10), as a
 * pure machine: a user signs in, sees envelopes and messages under numbers,
 * reads and decides them, and writes mail.
 *
 * The machine answers faults of form and order by itself; everything else
 * becomes an event that says "may I?", to be answered by exactly one order,
 * now or much later. While a question is open no further command is taken
 * from the input (back-pressure); events are given out one at a time, and
 * nothing is taken while one is waiting: feed again after taking events.
 *
 * Numbers are the machine's: what has none yet gets the next one, in the order
 * in which the owner gives it; who has one keeps it as long as the session
 * lasts, and nobody else gets it. What a list does not name any more, what was
 * deleted, and what the owner answered with REPLY_NO_SUCH_NUMBER has ended:
 * 550 5.1.1 from then on, until it is named again. Of each only its key and
 * its kind are kept.
 *
 * For the owner: every MAIL that was answered by a 2xx is followed by exactly
 * one END (asked) or ABORT (told). CLOSED may come while a question is open,
 * or while a list or a text is being given: then what follows is not wanted
 * any more, and is ignored.
 */
#ifndef PROTO_SMDP_USER_H
#define PROTO_SMDP_USER_H

#include "base/key.h"
#include "proto/address.h"
#include "proto/machine.h"
#include "proto/reply.h"
#include "proto/verdict.h"

#define SMDP_USER_LINE_MAX   1010   /* command line without CRLF, as in SMTP */
#define SMDP_USER_TRIES_MAX  3      /* wrong passwords in a session: then 421 */
#define SMDP_USER_FAULTS_MAX 50     /* 5xx to commands in a session, then 421 */
#define SMDP_USER_ITEMS_MAX  100000 /* numbers in a session, under 4 MiB */

struct smdp_user_setup {
	const char *hostname;  /* A-labels; copied */
	uint64_t message_size; /* octets of what a user writes; more: 552 */
	unsigned recipients_max;
	unsigned verbs_max;      /* commands in one session, then 421 */
	int64_t command_timeout; /* seconds between commands */
	int64_t content_timeout; /* seconds between blocks, both ways */
	uint64_t rate_min;       /* octets a second, both ways; 0: no matter */
};

enum smdp_user_kind { SMDP_USER_ENVELOPE, SMDP_USER_MESSAGE };

/* One line of the list; spans are not kept. */
struct smdp_user_item {
	enum smdp_user_kind kind;
	struct key key;       /* the owner's name for it, never shown */
	struct span state;    /* a word of a-z and "-": "pending", "new" */
	int64_t time;         /* seconds since 1970 */
	uint64_t size;        /* octets */
	struct span sender;   /* without angle brackets; "" is <> */
	unsigned attachments; /* how many */
	/*
	 * UTF-8 for people, made harmless by whoever gives it. The machine cuts
	 * it to SUBJECT_MAX and writes '?' for what is no UTF-8, a control
	 * character, or changes the direction of text; quotes are escaped.
	 */
	struct span subject;
};

enum smdp_user_event_kind {
	SMDP_USER_PASSWORD, /* ask: is this the password of that name? */
	SMDP_USER_LIST,     /* ask: LIST_FOLLOWS or a refusal */
	SMDP_USER_RETR,     /* ask: TEXT_FOLLOWS or a refusal */
	SMDP_USER_VERDICT,  /* ask; ACCEPT and AUTHORIZE only of envelopes */
	SMDP_USER_DELETE,   /* ask; only of messages: DELETED or a refusal */
	SMDP_USER_MAIL,     /* ask: may this user write under that address? */
	SMDP_USER_RCPT,     /* ask */
	SMDP_USER_DATA,     /* ask: SEND_CONTENT or a refusal */
	SMDP_USER_CONTENT,  /* told: some content, dots removed; at most about
			       16 KiB, copied: not part of the input */
	SMDP_USER_END,      /* ask: content is complete and well formed */
	SMDP_USER_ABORT,    /* told: what MAIL began is over without END */
	SMDP_USER_CLOSED,   /* told: no more; close when out() is empty */
};

struct smdp_user_event {
	enum smdp_user_event_kind kind;
	struct span text;     /* PASSWORD: the name, as it was said. CONTENT */
	struct span password; /* PASSWORD: wiped by the next call */
	const struct address *address; /* RCPT; MAIL: NULL for the main one */
	enum smdp_user_kind item_kind; /* RETR, VERDICT, DELETE */
	struct key key;                /* RETR, VERDICT, DELETE */
	uint32_t number;               /* RETR, VERDICT, DELETE: for logs */
	enum verdict verdict;          /* VERDICT */
	uint64_t size;                 /* END: octets of content */
};

struct smdp_user;

/* NOW in seconds. Says nothing until smdp_user_greet(). NULL: no memory. */
struct smdp_user *
smdp_user_new(const struct smdp_user_setup *setup, int64_t now);
void smdp_user_free(struct smdp_user **x);
struct machine smdp_user_machine(struct smdp_user *x);

/* First thing said: REPLY_USER_GREETING, or a 421 which closes. */
void smdp_user_greet(struct smdp_user *x, enum reply_name reply);

/*
 * The next event. 1 and *EVENT_R, whose spans are borrowed until the next call
 * on this machine; 0: none now.
 */
int smdp_user_next(struct smdp_user *x, struct smdp_user_event *event_r);

/*
 * Answers the open question, by a row of reply.def; a 421 closes after it.
 *
 *   PASSWORD   REPLY_SIGNED_IN signs in and opens the list, as LIST_FOLLOWS
 *              does; any 5xx counts as a wrong password, and the last of
 *              SMDP_USER_TRIES_MAX is said as 421 whatever it was. The machine
 *              waits as long as it takes: the pause after a wrong one is made
 *              by answering late.
 *   LIST       REPLY_LIST_FOLLOWS, then each item and smdp_user_list_end().
 *   RETR       REPLY_TEXT_FOLLOWS, then smdp_user_text() and its end.
 *   DATA       REPLY_SEND_CONTENT; all else (no 2xx) ends it, with ABORT.
 *   others     a 2xx is yes. END: REPLY_HELD with the identifier as ARGUMENT.
 *
 * Refusals to all of them: anything with 4xx or 5xx.
 */
void smdp_user_tell(
    struct smdp_user *x, enum reply_name reply, struct span argument);

/*
 * Within a list or a text: octets that may be given now. 0: wait until the
 * pump has sent some, or there is nothing to be given.
 */
size_t smdp_user_room(const struct smdp_user *x);

/*
 * One line of the open list. 0: it is taken; also when SMDP_USER_ITEMS_MAX or
 * memory left no number for it, which the last line of the list tells. An
 * item is the same as before if kind and key are. -E_AGAIN: no room; give it
 * again later. -E_STATE: no list is open.
 */
int smdp_user_item(struct smdp_user *x, const struct smdp_user_item *item);

/* The list was all of it: what it did not name has ended. 0 or -E_STATE. */
int smdp_user_list_end(struct smdp_user *x);

/*
 * Some of the open text, at most smdp_user_room() octets; the machine stuffs
 * dots. -E_STATE: no text is open; -E_AGAIN: more than there is room for,
 * nothing was taken; -E_SYNTAX: a bare CR, bare LF or NUL, which we never send
 * (AT-16): the session is broken off. The end adds a last CRLF if need be.
 */
int smdp_user_text(struct smdp_user *x, struct span octets);
int smdp_user_text_end(struct smdp_user *x);

/*
 * A list or a text cannot be given to its end: closes without the lone dot, so
 * that nobody takes it for whole. Elsewhere it closes just so.
 */
void smdp_user_break(struct smdp_user *x);

/*
 * A message came for this user (SM-18): it gets its number, and "104 new
 * message 4" is said before the next reply, never within content, a list or a
 * text. Nothing is said of one that has a number already. 0; -E_STATE: nobody
 * is signed in; -E_NOMEM: no number is left.
 */
int smdp_user_announce(struct smdp_user *x, struct key message);

/*
 * After CONTENT and before END is given out: give the message up with this
 * reply once its content has been read to its end, unless that turns out
 * malformed or too large. Before the next call nothing else; ABORT follows.
 */
void smdp_user_spoil(struct smdp_user *x, enum reply_name reply);

/* The server stops: 421 and close, at the next moment no reply is owed. */
void smdp_user_stop(struct smdp_user *x);

#endif
