/*
 * A session with the server's side, played in memory: octets of a client go
 * in whole, cut or one by one; a small owner answers every question; what was
 * said and what was told is written down as short words.
 *
 *   replies   "220 250 550": one code for each reply; "DATA" answers GTML
 *   events    "EHLO(c.test) MAIL(a@a.test) ... END(12) CLOSED"
 *
 * The owner says yes, but refuses what is named so: local parts and
 * identifiers that begin with "no" (550), "later" (451), "stop" (421); the
 * sender "nodata@" has its DATA refused, "noend@" its END (554), and
 * "spoil@" is spoiled at the first content. The password is "right".
 */
#ifndef TESTS_SERVER_TALK_H
#define TESTS_SERVER_TALK_H

#include "proto/server/smtp_server.h"
#include "pump.h"

struct talk {
	struct pump pump;
	struct smtp_server *server;
	struct buf replies; /* codes of what was said */
	struct buf events;
	struct buf content; /* of the last message, all runs */
	char sender[ADDRESS_TEXT];
	bool is_mute; /* the owner leaves questions open */
	bool is_over; /* CLOSED was told */
	enum smtp_server_event_kind last;
	/* The promise of smtp_server.h: each MAIL or ENVELOPE has one END, MSID
	 * or ABORT. */
	bool has_transaction;
};

/* The usual: PEER, all keywords, 1,000,000 octets, 10 recipients. */
struct smtp_server_setup talk_setup(enum smtp_server_kind kind);

/* Starts a session and greets with 220 (not when TURNED). */
void talk_init(
    struct talk *t, const struct smtp_server_setup *setup, unsigned keywords);
void talk_fini(struct talk *t);

const char *talk_replies(struct talk *t);
const char *talk_events(struct talk *t);

/* Was TEXT said? */
bool talk_has_said(struct talk *t, const char *text);

/*
 * One whole session: INPUT is sent in each of the three ways, and must each
 * time bring these replies and events.
 */
void talk_expect(const struct smtp_server_setup *setup, struct span input,
    const char *replies, const char *events);

/* The same with other keywords than PULL and GDEL. */
void talk_expect_with(unsigned keywords, const struct smtp_server_setup *setup,
    struct span input, const char *replies, const char *events);

#endif
