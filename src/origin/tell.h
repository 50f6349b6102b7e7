/*
 * The origin's last duty: telling the author (GD-14, RF-08). A hold that ended
 * without being taken, or that waits long for a person or for a server that
 * cannot be told, gets a report if its author asked for one; reports go to
 * users of this server only, so a forged sender never gets any (AT-22). Which
 * reports are due is in the store, so none is forgotten and none is sent twice.
 */
#ifndef ORIGIN_TELL_H
#define ORIGIN_TELL_H

#include "base/settings.h"
#include "store/store.h"

#define TELL_PAGE 32 /* reports made at once */

struct tell {
	struct store *store;
	const struct settings *settings;
	uint64_t node;
	void *owner;
	/* A report was put: there are deliveries to make. */
	void (*told)(void *owner);
	/* A spooled body may be removed. */
	void (*free_body)(void *owner, struct key message);
	bool running;
};

/* Looks for reports that are due, unless it is looking already. */
void tell_look(struct tell *t, int64_t now);

#endif
