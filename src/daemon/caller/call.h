/*
 * One connection that we make: dialling the targets in turn, greeting, TLS, and
 * then, if the peer offers no less than before (call_peer.c), the work it was
 * made for: leaving notices (call_notice.c), sending messages to who takes none
 * (call_push.c), or pulling messages (call_pull.c).
 * Shared by those files, call.c and caller.c only.
 */
#ifndef DAEMON_CALL_H
#define DAEMON_CALL_H

#include "base/table.h"
#include "daemon/transfer/reception.h"
#include "daemon/transfer/sending.h"
#include "net/conn.h"
#include "net/dial.h"
#include "origin/notify.h"
#include "proto/client/smtp_client.h"
#include "proto/server/smtp_server.h"
#include "receiver/admit.h"
#include "receiver/pull.h"
#include "store/target.h"

#define CALL_ARENA     (16u << 20)
#define CALL_ITEMS_MAX 1024
#define CALL_DONE      "done"
#define CALL_WAYS      4 /* words of the setting `speak` */
#define CALL_WEAKER    192

struct caller {
	struct role *role;
	struct table calls;     /* the keeper's number -> struct call */
	struct table questions; /* ours, for the resolver and arrivals */
	SSL_CTX *tls;
};

struct call_item {
	struct key key; /* of the hold, or of the notice */
	struct span id, domain;
	struct params params;
	bool sent, plain, ended;
	/* NOTICE */
	struct key envelope; /* items of one envelope share it */
	struct span envid, sender, recipient, subject;
	bool body_8bit, smtputf8;
	bool push;           /* to be sent, whatever the peer offers */
	unsigned way;        /* of the call's ways, the one it is at */
	struct reply answer; /* to its RCPT */
	/* PULL; sender as above */
	enum store_route dialect;
	enum store_verdict verdict;
	struct span named; /* third part of the notice's name */
	struct span to;
	struct span server; /* of the pair, if the host is it; or "" */
	bool confirm;       /* fetched before; only to be settled */
	bool tell;          /* its verdict is to be told, and nothing else */
	bool have;
};

/* The text of an envelope that is to be left. */
struct call_text {
	struct key envelope;
	struct span text;
};

enum call_ask {
	CALL_ASK_NOTHING,
	CALL_ASK_PEER,
	CALL_ASK_SPEAK,
	CALL_ASK_RECIPIENT,
	CALL_ASK_ARRIVAL
};

struct call {
	struct caller *caller;
	uint64_t number; /* the keeper's */
	bool pulls;
	struct arena arena;
	bool broken; /* some of what it is for found no memory */
	struct span domain, targets;
	unsigned target;   /* the next to be dialled */
	struct ip address; /* the one we speak with */
	struct call_item *items;
	unsigned count, room, next;
	struct call_text *texts;
	unsigned text_count, text_room;
	/* those of the setting `speak` that the peer offers; the one of now */
	enum store_route ways[CALL_WAYS];
	unsigned way_count, way;
	struct call_item
	    *said[SMTP_CLIENT_RECIPIENTS_MAX]; /* in this envelope */
	unsigned said_count;

	struct dial *dial;
	struct conn *conn;
	struct smtp_client *client;
	uint64_t capabilities;
	bool ready, leaving;  /* ready: may be served */
	const char *farewell; /* what the keeper is told after QUIT */
	/* why no target was served; "": none was weaker than before */
	char weaker[CALL_WEAKER];

	/* a message that we send (push) */
	struct call_item *pushed; /* asked for, or on its way; or NULL */
	struct sending *sending;
	struct buf push_body;

	/* a turn (pull): the other side sends, we are the server */
	struct smtp_server *server;
	struct call_item *turned;   /* whose message is coming */
	struct call_item *unproved; /* taken, and not yet answered after it */
	enum pull_end end;          /* how the turn would end now */
	enum reply_name told;       /* the last that we said in it */
	uint64_t octets;            /* of its content, so far */
	enum call_ask ask;
	uint64_t question;
	struct reception *reception;
	struct address sender, recipient;
	struct params mail, rcpt;
	enum store_mode mode; /* of the recipient: how they decide */
	char speak_domain[DNS_NAME_MAX];
	bool speak_known;
	uint64_t spf, mx;
};

/* call.c */

/* NULL without memory: then the keeper has been told that it is over. */
struct call *call_new(struct caller *caller, const struct message_call *m);
void call_add_notice(struct call *c, const struct message_call_notice *m);
void call_add_pull(struct call *c, const struct message_call_pull *m);
void call_add_text(struct call *c, const struct message_call_envelope *m);
/* Begins, or ends, if any of that found no memory: an empty text in its place
   could mean something. */
void call_go(struct call *c);
/* Tells the keeper and frees the call. */
void call_over(struct call *c, const char *reason);
void call_free(struct call *c);
/* Says QUIT: there is nothing more to do, and why (static). */
void call_leave(struct call *c, const char *farewell);
/* A new number for the next question; 0: no memory. */
uint64_t call_question(struct call *c);
/* The peer may be served: the work begins. */
void call_work(struct call *c);

/* call_peer.c: does the peer offer less than it did? Then it is not served. */
void call_peer_ask(struct call *c);
void call_peer_judged(struct call *c, const struct message_peer_judged *m);

/* call_notice.c: false when the peer offers no way of `speak`; then called
   whenever orders may be given, and for each reply. */
bool call_notice_begin(struct call *c);
void call_notice_recipient(struct call *c, const struct smtp_client_event *e);
void call_notice_work(struct call *c);
void call_notice_reply(struct call *c, const struct smtp_client_event *e);
/* Tells the keeper how ITEM was answered; it is over with that. */
void call_notice_report(struct call *c, struct call_item *item,
    const struct reply *reply, bool sent_whole);

/* call_push.c: asks for the content; 0 or negative: it cannot be asked for. */
int call_push_say(struct call *c, struct call_item *item);
void call_push_answer(struct call *c, struct message *m);
void call_push_event(struct call *c, const struct smtp_client_event *e);
/* Content is written as the connection takes it. */
void call_push_progress(struct call *c);
/* The call ends: what was on its way broke off. */
void call_push_over(struct call *c);

/* call_pull.c */
void call_pull_work(struct call *c);
void call_pull_reply(struct call *c, const struct smtp_client_event *e);
void call_pull_turn(struct call *c);
void call_pull_progress(struct call *c);
void call_pull_answer(struct call *c, struct message *m);
void call_pull_lost(struct call *c, enum role_kind role);
/* The origin has answered after our 250, or never will. */
void call_pull_prove(struct call *c, bool proved);

#endif
