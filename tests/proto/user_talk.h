/*
 * A session with the SMDP user service, played in memory: octets of a user's
 * program go in whole, cut or one by one; a small owner answers every question
 * and gives lists and texts; what was said and told is written down.
 *
 * The owner is Bob's server: bob@b.test signs in with "correct horse". Item 1
 * is an envelope, item 2 a message, as WIRE 10 prints them; user_put() puts
 * more. He may write as bob@b.test and robert@b.test; recipients that begin
 * with "no" do not exist; what he writes is held as id-7.
 *
 * Events are words: "PASSWORD(bob@b.test) LIST ACCEPT(1) END(12) CLOSED".
 */
#ifndef TESTS_USER_TALK_H
#define TESTS_USER_TALK_H

#include "proto/user/smdp_user.h"
#include "pump.h"

#define USER_ITEMS 8

struct user_talk {
	struct pump pump;
	struct smdp_user *user;
	struct buf events;
	struct buf content; /* of the last message, all runs */
	bool is_mute;       /* the owner leaves questions open */
	bool is_slow;       /* he gives nothing of lists and texts */
	bool is_late;       /* he does not take events */
	bool spoils;        /* he does not want the content */
	bool is_over;       /* CLOSED was told */
	bool has_message;
	enum smdp_user_event_kind last;
	struct smdp_user_item items[USER_ITEMS];
	unsigned item_count;
	struct span text;        /* what retr gives; NULL: what is printed */
	enum reply_name refusal; /* of LIST, RETR, verdicts, del, if not OK */
	/* What is being given: the next item, or the next octet. */
	enum { GIVES_NOTHING, GIVES_LIST, GIVES_TEXT } gives;
	size_t given;
};

extern const char user_envelope_text[];

/* The usual: 1,000 octets of content, 3 recipients. */
struct smdp_user_setup user_setup(void);

/* A key that nobody else has. */
struct key user_key(unsigned number);

/* Starts a session and greets. NULL: the usual setup. */
void user_init(struct user_talk *t, const struct smdp_user_setup *setup);
void user_fini(struct user_talk *t);

/* The same, and Bob is signed in; what was said and told is forgotten. */
void
user_init_signed_in(struct user_talk *t, const struct smdp_user_setup *setup);

/* One item more in Bob's list: message or envelope KEY. */
void user_put(struct user_talk *t, enum smdp_user_kind kind, unsigned key);

/* Answers the question that was left open. */
void user_answer(struct user_talk *t, enum reply_name reply);

/* What was said since the last time is exactly this. */
void user_expect_said(struct user_talk *t, const char *said);

/* What was told since the last time is exactly this. */
void user_expect_events(struct user_talk *t, const char *events);

/* A session of a signed-in user, played in each of three ways. */
void user_expect(const char *input, const char *said, const char *events);

#endif
