/*
 * The addresses under which the user of a session may write (SM-08 to SM-10):
 * the main one, under which everything of theirs is filed, and the others, as
 * they were when the user signed in. Nobody has signed in: none.
 */
#ifndef DAEMON_OWN_ADDRESSES_H
#define DAEMON_OWN_ADDRESSES_H

#include "base/buf.h"
#include "proto/address.h"

struct own_addresses {
	char user[ADDRESS_TEXT]; /* the main one, folded; "": nobody */
	char *others;            /* folded, a line each; NULL: none */
	size_t others_n;         /* octets */
};

/* One more, at the end of what crosses between processes as OTHERS below. */
void own_addresses_add(struct buf *others, struct span address);

/* 0; -E_RANGE: MAIN is no address of a user; -E_NOMEM. Then they are nobody's.
   What was there before goes. */
int own_addresses_set(
    struct own_addresses *own, struct span main, struct span others);

bool own_addresses_has(
    const struct own_addresses *own, const struct address *address);

void own_addresses_free(struct own_addresses *own);

#endif
