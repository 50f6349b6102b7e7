/*
 * Who waits under which number: a map from 64-bit numbers (sessions, questions,
 * calls) to pointers. Numbers cross between processes, pointers never do; an
 * answer to a number that is not here any more finds nobody.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table {
	struct table_slot *slots;
	size_t cap;    /* a power of two, or 0 */
	size_t used;   /* live entries */
	size_t worn;   /* live entries and graves */
	uint64_t last; /* the last number given out */
};

void table_init(struct table *t);
void table_fini(struct table *t); /* frees the map, not what it points to */

/* Files THING (not NULL) under a number never used before in this table, nor,
   but by a chance of one in millions of millions, in one of an earlier process;
   0: no memory. */
uint64_t table_add(struct table *t, void *thing);

/* Files THING under NUMBER (not 0) of the caller's choosing. 0 or -E_NOMEM. */
int table_put(struct table *t, uint64_t number, void *thing);

void *table_get(const struct table *t, uint64_t number); /* or NULL */
void *table_take(struct table *t, uint64_t number);      /* and removes it */

/* Walks: *AT starts at 0; NULL at the end. The table must not grow meanwhile;
   entries may be taken out. */
void *table_next(const struct table *t, size_t *at, uint64_t *number_r);

#endif
