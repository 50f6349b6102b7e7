/*
 * What waits for a person's decision is shown where they read their mail: as a
 * stub in the folder Waiting of their mailbox (SM-16, SM-17, DM-23, WIRE 10).
 * It is taken away when the message itself is there, or when there is nothing
 * to decide any more. Which stubs are due stands in the store, so none is
 * forgotten; they are put by the processes that write mailboxes, and taken away
 * by the one that speaks with the program that reads them.
 */
#ifndef RECEIVER_SHOW_H
#define RECEIVER_SHOW_H

#include "base/settings.h"
#include "mailbox/folder.h"
#include "proto/address.h"
#include "proto/identifier.h"
#include "receiver/put.h"
#include "store/store.h"

#define SHOW_PAGE      32 /* stubs claimed at once */
#define SHOW_UNDER_WAY 256
/* Seconds after one that failed, doubled with each try. Mostly the program that
   reads mailboxes starts anew: soon; or it is away for long: seldom. */
#define SHOW_RETRY_FIRST 1
#define SHOW_RETRY_MAX   256
#define SHOW_EVERY       60 /* seconds, for what an earlier life left */
#define SHOW_FOLDER      "/.Waiting"
#define SHOW_PREFIX      "answer+"
#define SHOW_ADDRESS_MAX (sizeof SHOW_PREFIX + IDENTIFIER_STUB_TEXT + 256)

/* Borrowed for the call it comes with. */
struct show_stub {
	struct key notice;
	struct span user;   /* whose mailbox, folded */
	const char *folder; /* Waiting, below the mail folder */
	const char *name;   /* of the file, the same for every attempt */
	const char *token;  /* identifier_stub() */
	bool repeated;      /* an earlier attempt may have got through */
	/* Of one that is put: what it tells of, and the address to which its
	   user replies. */
	const struct store_notice *about;
	const char *reply_to;
};

struct show_world {
	void *owner;
	/* The number of the process that has it now; -E_AGAIN: none takes any
	   just now; else negative: it cannot be done. */
	int (*put)(void *owner, const struct show_stub *stub);
	int (*take_away)(void *owner, const struct show_stub *stub);
};

struct show;

/* SECRET: of the server, IDENTIFIER_SECRET octets; borrowed. */
int show_new(struct store *store, const struct settings *settings,
    uint64_t node, const uint8_t *secret, const struct show_world *world,
    struct show **show_r);
void show_free(struct show **s);
void show_settings(struct show *s, const struct settings *settings);
void show_look(struct show *s, int64_t now);
/* Once a second: looks while there may be work, and in any case each minute. */
void show_tick(struct show *s, int64_t now);

/* What was put, or taken away, is so now (DONE), or is to be tried again.
   False: it is none of ours. */
bool show_ended(struct show *s, struct key notice, bool done, int64_t now);

/* The process WHERE that puts (or PUTS false, that takes away) has gone. */
void show_lost(struct show *s, bool puts, int where, int64_t now);

/*
 * Is it the address to which the user of a stub replies, to accept (DM-24)? Of
 * whatever domain; USER: who writes, folded.
 */
bool show_names(const struct address *address, struct span user,
    const uint8_t *secret, struct key *notice_r);

#endif
