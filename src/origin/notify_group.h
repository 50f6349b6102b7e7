/*
 * The inside of notify: itself, and what one domain gets in one call, the holds
 * that were claimed for it, laid out for that. Records only; notify.c moves
 * groups from state to state, notify_judge.c ends their items.
 */
#ifndef ORIGIN_NOTIFY_GROUP_H
#define ORIGIN_NOTIFY_GROUP_H

#include "base/hash.h"
#include "base/list.h"
#include "base/share.h"
#include "base/table.h"
#include "origin/notify.h"

struct notify {
	struct store *store;
	const struct settings *settings;
	uint64_t node;
	struct notify_world world;
	struct table groups;
	struct list calling; /* those of the groups that are called */
	unsigned calls;      /* how many these are */
	unsigned under_way;
	struct share share; /* of these, by domain */
	struct hash_salt salt;
	bool left_out;         /* some domain had its share at the last look */
	struct list unsettled; /* operations that found no room: asked again */
	bool looking, again;
};

struct notify_group_item {
	struct notify_item notice;
	unsigned tries;
	struct store_op *ending; /* of its sending; NULL: the call does not
				  * send it */
	bool settled;
};

struct notify_group {
	struct notify *notify;
	uint64_t number; /* as question, then as call */
	struct list in_calling;
	struct arena arena;
	struct span domain;
	uint64_t domain_hash; /* once it is under way */
	struct span targets;
	struct notify_group_item *items;
	struct notify_item *notices; /* the same, laid out for the call */
	struct key *keys;            /* the same, laid out for hold_aim */
	unsigned count, left;
	bool aimed, called;
	bool cut_short; /* our own fault: no pause before the next try */
};

/* Empty, with room for so many. NULL: no memory. */
struct notify_group *notify_group_new(struct span domain, unsigned room);
void notify_group_free(struct notify_group **g);

/* Adds a claimed hold; there is room. Without memory none is added. */
void notify_group_add(struct notify_group *g, const struct store_hold_row *row);

/*
 * After the last was added: who is announced in whose envelope, and that one's
 * text. An envelope needs its leader, whose identifier is its ENVID: where that
 * is not of this call, a hold is announced by itself. 0; -E_NOMEM: a text would
 * be missing.
 */
int notify_group_lay_out(
    struct notify_group *g, const struct store_hold_claim *page);

/*
 * TO takes over the items of FROM, which goes to the same domain and targets,
 * and was not called; FROM is then empty. 0, or -E_NOMEM: nothing has changed.
 */
int notify_group_join(struct notify_group *to, struct notify_group *from);

/* Or NULL. */
struct notify_group_item *
notify_group_find(struct notify_group *g, struct key hold);

#endif
