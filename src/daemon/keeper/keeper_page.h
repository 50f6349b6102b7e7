/* Reading a list of the store to its end, page by page, before there is a loop
   to wait in. */
#ifndef DAEMON_KEEPER_PAGE_H
#define DAEMON_KEEPER_PAGE_H

#include "store/store.h"

struct keeper_page {
	struct store *store;
	enum store_verb verb;
	void *owner;
	/* Asks for up to STORE_PAGE_MAX rows behind the one called AFTER. */
	void (*ask)(void *owner, struct store_op *op, struct span after);
	/* The rows have come. LAST_R: what the last of them is called. Returns
	   how many there were, or 0 to see no more. */
	unsigned (*take)(
	    void *owner, const struct store_op *op, struct span *last_r);
};

/* 0, -E_NOMEM, or -E_SYSTEM: the store did not answer. */
int keeper_page_all(const struct keeper_page *page);

#endif
