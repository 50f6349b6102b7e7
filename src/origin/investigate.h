/*
 * When mail of a user was called spam too often, the administrator gets one
 * mail with the evidence (SM-04, SM-11, SM-32): for each restraint that began.
 * Which are due is in the store, so none is forgotten and none is sent twice.
 */
#ifndef ORIGIN_INVESTIGATE_H
#define ORIGIN_INVESTIGATE_H

#include "base/settings.h"
#include "store/store.h"

#define INVESTIGATE_PAGE 8 /* reports made at once */

struct investigate {
	struct store *store;
	const struct settings *settings;
	uint64_t node;
	void *owner;
	/* A report was put: there are deliveries to make. */
	void (*told)(void *owner);
	bool running;
};

/* Looks for what is due, unless it is looking already. */
void investigate_look(struct investigate *i, int64_t now);

#endif
