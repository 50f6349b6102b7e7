/*
 * One connection at the front: its machine's events become questions to other
 * roles, and their answers become orders. The front keeps nothing between
 * sessions, and decides nothing.
 *
 * Shared by front.c (which hands out answers; see front.h), session.c (life,
 * greeting, dispatch), session_ask.c (questions), session_mail.c,
 * session_notice.c, and session_turn.c (after RETR, when we are the client).
 */
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

#include "daemon/front/front_session.h"
#include "daemon/transfer/sending.h"
#include "proto/client/smtp_client.h"
#include "proto/identifier.h"
#include "proto/server/smtp_server.h"
#include "receiver/admit.h"

/* What a session waits for from another role. */
enum session_ask {
	ASK_NOTHING,
	ASK_NAME,      /* resolver: the name of the address */
	ASK_ADMITTED,  /* keeper: may it speak */
	ASK_PASSWORD,  /* auth */
	ASK_RECIPIENT, /* keeper */
	ASK_SPEAK,     /* resolver: may this host speak for that domain */
	ASK_NOTICE,    /* keeper */
	ASK_PULL,      /* keeper */
	ASK_VERDICT,   /* keeper: a verdict without a turn */
	ASK_ARRIVAL,   /* keeper: is it ours now */
	ASK_NOTED,     /* keeper: is the end of the turn durable */
};

/* A recipient of a notice that was taken. */
struct session_recipient {
	char *text;
	uint64_t mode; /* of that user: enum store_mode */
};

struct session {
	struct front_session base;
	bool users; /* submission, not port 25 */
	bool counted_notice, counted_pull;
	enum session_ask ask;
	enum admit_standing standing;
	struct smtp_server *server;
	char name[DNS_NAME_MAX]; /* forward-confirmed, if it was asked for */
	char helo[DNS_NAME_MAX];
	bool extended;
	struct params mail, rcpt; /* of the transaction */

	/* the notice that comes, and what DNS said of its domain */
	enum store_route
	    notice_dialect; /* 0: none; MSID, ENVELOPE: a transaction */
	char notice_id[SMTP_MESSAGE_ID_MAX + 1];
	struct params notice;
	uint64_t notice_size; /* said on a line of its own */
	struct session_recipient *recipients;
	unsigned recipient_count, recipient_room;
	struct buf envelope; /* its text */
	char speak_domain[DNS_NAME_MAX];
	bool speak_known;
	uint64_t spf, mx;

	/* the turn */
	bool by_gtml;  /* asked by GTML: content alone, then close */
	bool accepted; /* asked by ACCEPT or AUTHORIZE: a person wants it */
	bool hung_up;  /* the peer closed in good order */
	struct smtp_client *client;
	struct sending *sending;
	struct buf pull_body;
	bool turn_open; /* the keeper waits to hear how it ended */
};

/* Begins a session on FD. */
void session_begin(struct front_listener *listener, int fd, struct ip peer);

/* Ends it at once, whatever it was doing. */
void session_end(struct session *s);

/* For the other files of a session: asking, and answering the client. */
void session_tell(struct session *s, enum reply_name reply);

/* session_ask.c: questions, and those that nobody answers. */
/* Sends a question; 451 to the client at once when nobody can be asked. */
void session_ask(struct session *s, struct peer *who, enum session_ask what,
    struct message *m);
/* The keeper: may it speak? NAMED: NAME is what a reverse look-up gave, be it
   nothing. */
void session_ask_admission(struct session *s, bool named, struct span name);
/* The resolver: how is it called? */
void session_ask_name(struct session *s);
/* A question of that kind is on its way. */
void session_ask_waits(struct session *s, enum session_ask what);
/* Members of the kind: see front.h. */
void session_ask_lost(struct front_session *base, enum role_kind role);
bool session_ask_is_overdue(const struct front_session *base, int64_t now);
void session_ask_give_up(struct front_session *base);

/* session_mail.c: events of a transaction, and their answers. */
void session_mail(struct session *s, const struct smtp_server_event *e);
void
session_mail_recipient(struct session *s, const struct smtp_server_event *e);
void
session_mail_recipient_answered(struct session *s, const struct message *m);
void session_mail_content(struct session *s, struct span run);
void session_mail_end(struct session *s);
void session_mail_arrived(struct session *s, const struct message *m);

/* session_notice.c: notices in three dialects. */
void session_notice_gdel(struct session *s, const struct smtp_server_event *e);
/* MAIL with DMTP, or ENVELOPE: is the sender believed? */
void session_notice_begin(struct session *s, const struct smtp_server_event *e,
    enum store_route dialect);
/* MAIL of a push: nobody is refused for what DNS says, but lists want to know
   (WIRE 10). */
void session_notice_pushed(struct session *s);
/* May this host speak for the domain it was asked about last? */
bool session_notice_believed(const struct session *s);
/* 0 or -E_NOMEM. */
int session_notice_recipient(struct session *s, uint64_t mode);
void session_notice_text(struct session *s, struct span run);
void session_notice_end(struct session *s);
void session_notice_msid(struct session *s, const struct smtp_server_event *e);
void session_notice_forget(struct session *s);
void session_notice_speak(struct session *s, const struct message *m);
void session_notice_answered(struct session *s, const struct message *m);

/* session_turn.c */
/* RETR, GTML (with its address), ACCEPT or AUTHORIZE (with their verdict). */
void session_turn_ask(struct session *s, const struct smtp_server_event *e);
void session_turn_verdict_answered(struct session *s, const struct message *m);
void session_turn_answer(struct session *s, struct message *m);
/* False: it could not begin, and the session is gone. */
bool session_turn_begin(struct session *s);
void session_turn_progress(struct session *s);
void session_turn_noted(struct session *s, const struct message *m);
/* The connection is over: an open turn is told to the keeper. */
void session_turn_over(struct session *s);

#endif
