/*
 * One user at the user service of SMDP (WIRE 10): the machine's events become
 * questions to other roles, and their answers become orders. As a session
 * (session.h) it keeps nothing, and decides nothing.
 *
 * Shared by user_session.c (life, signing in, dispatch), user_session_ask.c
 * (questions), user_session_list.c, user_session_text.c (what is given) and
 * user_session_mail.c (what the user writes).
 */
#ifndef DAEMON_USER_SESSION_H
#define DAEMON_USER_SESSION_H

#include "base/list.h"
#include "daemon/front/front_session.h"
#include "proto/user/smdp_user.h"

/* What a session waits for from another role. */
enum user_ask {
	USER_ASK_NOTHING,
	USER_ASK_ADMITTED, /* keeper: may it speak */
	USER_ASK_PASSWORD, /* auth; a right one: keeper */
	/* the keeper: */
	USER_ASK_ITEMS,     /* a page of the list */
	USER_ASK_READ,      /* a text */
	USER_ASK_DECIDED,   /* a verdict, or a message removed */
	USER_ASK_RECIPIENT, /* may they have mail */
	USER_ASK_ARRIVAL,   /* is it ours now */
};

/* The list that is being given: a page at a time, envelopes first. */
struct user_session_list {
	bool open;
	bool said;  /* the machine has heard that it follows */
	bool waits; /* before the page is asked for again */
	unsigned tries;
	enum smdp_user_kind kind;
	bool more;         /* of this kind */
	struct key before; /* where the next page begins */
	char after[256];
	struct list items; /* of the page: struct user_item, not yet given */
};

/* The text that is being given. */
struct user_session_text {
	bool open;
	int file; /* a message; -1: OCTETS */
	struct buf octets;
	uint64_t at;
	bool after_cr;
};

struct user_session {
	struct front_session base;
	enum user_ask ask;
	struct smdp_user *machine;
	uint64_t visit; /* by the keeper's number; 0: nobody has signed in */
	struct user_session_list list;
	struct user_session_text text;
	struct params params; /* of the message that is being written */
};

/* Begins a session on FD. In clear it serves this machine alone. */
void
user_session_begin(struct front_listener *listener, int fd, struct ip peer);

/* Ends it at once, whatever it was doing. */
void user_session_end(struct user_session *s);

/* A message came for whoever is on that visit. */
void user_session_news(struct user_session *s, struct key message);

/* For the other files. */
void user_session_tell(struct user_session *s, enum reply_name reply);

/* user_session_ask.c */
/* Sends a question. False: nobody can be asked. */
bool user_session_ask(struct user_session *s, struct peer *who,
    enum user_ask what, struct message *m);
/* The same to the keeper; 451 at once when it cannot be asked. */
void user_session_ask_keeper(
    struct user_session *s, enum user_ask what, struct message *m);
void user_session_ask_waits(struct user_session *s, enum user_ask what);
void user_session_ask_lost(struct front_session *base, enum role_kind role);
bool user_session_ask_is_overdue(const struct front_session *base, int64_t now);
void user_session_ask_give_up(struct front_session *base);

/* user_session_list.c */
void user_session_list_init(struct user_session *s);
/* SAID: the machine has been told that it follows. */
void user_session_list_begin(struct user_session *s, bool said);
void user_session_list_item(struct user_session *s, const struct message *m);
/* A page has come, or none. */
void user_session_list_page(struct user_session *s, const struct message *m);
/* No page came: it is asked for again, a few times. */
void user_session_list_failed(struct user_session *s);
void user_session_list_again(struct user_session *s);
/* Gives as much as there is room for. */
void user_session_list_pump(struct user_session *s);
void user_session_list_forget(struct user_session *s);

/* user_session_text.c */
void user_session_text_init(struct user_session *s);
void user_session_text_begin(struct user_session *s, struct message *m);
void user_session_text_pump(struct user_session *s);
void user_session_text_forget(struct user_session *s);

/* user_session_mail.c: events of a message, and their answers. */
void user_session_mail(struct user_session *s, const struct address *sender);
void
user_session_mail_recipient(struct user_session *s, const struct address *to);
void user_session_mail_recipient_answered(
    struct user_session *s, const struct message *m);
void user_session_mail_content(struct user_session *s, struct span run);
void user_session_mail_end(struct user_session *s);
void user_session_mail_arrived(struct user_session *s, const struct message *m);

#endif
