/*
 * The last step: into the mailbox. Due deliveries are claimed with their
 * content and handed to the processes that do slow disk work; each ends as
 * delivered or again later. A repeated attempt bears the same name, so the
 * mailbox itself tells whether an earlier one got through.
 */
#ifndef RECEIVER_PUT_H
#define RECEIVER_PUT_H

#include "base/settings.h"
#include "store/store.h"

#define PUT_PAGE        32         /* deliveries claimed at once */
#define PUT_OCTETS      (4u << 20) /* content claimed at once */
#define PUT_UNDER_WAY   128
#define PUT_RETRY_FIRST 10 /* seconds; doubles */
#define PUT_RETRY_MAX   3600
#define PUT_PATH_MAX    512

/* Borrowed for the call of `deliver` only. */
struct put_delivery {
	const struct store_delivery *delivery;
	const struct store_message *message; /* head, body unless spooled */
	const char *folder; /* of the mailbox, below the mail folder */
	const char *name;   /* the same for every attempt */
	bool repeated;
};

struct put_world {
	void *owner;
	/* The number of the process that has it now; -E_AGAIN: none takes any
	   just now; else negative: this one cannot be delivered. */
	int (*deliver)(void *owner, const struct put_delivery *delivery);
	void (*free_body)(void *owner, struct key message);
	/* The figures of a domain, where a delivery changed them; may be NULL.
	 */
	void (*counted)(void *owner, const struct store_peer *peer);
	/* It is in the mailbox of USER now. May be NULL. */
	void (*delivered)(void *owner, struct span user, struct key delivery);
};

struct put;

int put_new(struct store *store, const struct settings *settings, uint64_t node,
    const struct put_world *world, struct put **put_r);
void put_free(struct put **p);
void put_settings(struct put *p, const struct settings *settings);
void put_look(struct put *p, int64_t now);

/* How it ended. WHY for people, when not DONE. */
void put_ended(struct put *p, struct key delivery, bool done, struct span why,
    int64_t now);

/* The process WHERE has gone: what it had is tried again. */
void put_lost(struct put *p, int where, int64_t now);

/*
 * The folder of a local user's mailbox, "b.test/bob/Maildir"; -E_SYNTAX when
 * the address has characters no folder may have ("/", leading ".").
 */
int put_folder(struct span user, char folder_r[PUT_PATH_MAX]);

#endif
