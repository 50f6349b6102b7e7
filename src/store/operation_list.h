/*
 * The lists of users: whose mail they want, and who wants theirs (SM-26 to
 * SM-37, WIRE 6 and 10). See operation.h.
 */
#ifndef STORE_OPERATION_LIST_H
#define STORE_OPERATION_LIST_H

#include "store/outcome.h"
#include "store/record.h"

/*
 * Sets list, by and time of the entry of this name, and makes it when there is
 * none. With `only_new`: EXISTS, and nothing changes, when there is an entry of
 * that user, side and address, whatever its server. FULL: more than `user_max`
 * (0: no ceiling) of this user and side. OK.
 */
struct store_entry_put {
	struct store_entry entry;
	bool only_new;
	uint64_t user_max;
};

/* One entry, or with `any_server` all of that user, side and address. OK,
   NONE. */
struct store_entry_drop {
	struct span user;
	enum store_side side;
	struct span address, server;
	bool any_server;
};

/*
 * The entry that counts for mail from (or to) this address. The address itself
 * comes before "@domain"; of two that are equally near, one that denies comes
 * first. One without a server that allows counts only for a `verified` one, and
 * takes its name in doing so if it names an address; so this may write. OK with
 * entry; NONE.
 */
struct store_entry_find {
	struct span user;
	enum store_side side;
	struct span address, server;
	bool verified; /* SPF passed for the server */

	struct store_entry entry;
};

/* Entries of `user` after the one named, in order of side, address, server.
   `side` 0: both. `address` "": all, else only those that name it. OK. */
struct store_entry_list {
	struct span user;
	enum store_side side;
	struct span address;
	enum store_side after_side; /* 0: from the start */
	struct span after_address, after_server;
	unsigned limit;

	unsigned count;
	struct store_entry *entries;
};

#endif
