/*
 * Open addressing with linear probing; removed entries leave a grave, and the
 * map is laid out anew when live entries and graves fill three quarters.
 */
#include "base/table.h"

#include "base/err.h"
#include "base/rand.h"

#include <stdlib.h>

#define TABLE_NUMBERS (UINT64_C(1) << 62) /* the upper bits stay free */
#define TABLE_FIRST   64                  /* slots of the first layout */

struct table_slot {
	uint64_t number; /* 0: free */
	void *thing;     /* NULL with a number: a grave */
};

void
table_init(struct table *t)
{
	/* An answer to a number of an earlier life of this process must find
	   nobody in this one, so each life begins elsewhere. */
	*t = (struct table){.last = rand_below(TABLE_NUMBERS)};
}

void
table_fini(struct table *t)
{
	free(t->slots);
	table_init(t);
}

static size_t
place_of(uint64_t number, size_t cap)
{
	return (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 20) &
	       (cap - 1);
}

/* The slot with NUMBER, or the free one where it would go. */
static struct table_slot *
find(const struct table *t, uint64_t number)
{
	size_t at = place_of(number, t->cap);

	while (t->slots[at].number != 0 && t->slots[at].number != number)
		at = (at + 1) & (t->cap - 1);
	return &t->slots[at];
}

static int
lay_out(struct table *t)
{
	struct table fresh = *t;
	size_t at = 0;
	uint64_t number;
	void *thing;

	fresh.cap = TABLE_FIRST;
	while (fresh.cap < t->used * 4)
		fresh.cap *= 2;
	fresh.slots = calloc(fresh.cap, sizeof *fresh.slots);
	if (fresh.slots == NULL)
		return -E_NOMEM;
	while ((thing = table_next(t, &at, &number)) != NULL)
		*find(&fresh, number) = (struct table_slot){number, thing};
	fresh.worn = fresh.used;
	free(t->slots);
	*t = fresh;
	return 0;
}

int
table_put(struct table *t, uint64_t number, void *thing)
{
	struct table_slot *slot;

	if ((t->worn + 1) * 4 > t->cap * 3 && lay_out(t) < 0)
		return -E_NOMEM;
	slot = find(t, number);
	if (slot->number == 0)
		t->worn++;
	if (slot->thing == NULL)
		t->used++;
	*slot = (struct table_slot){number, thing};
	return 0;
}

uint64_t
table_add(struct table *t, void *thing)
{
	if (table_put(t, t->last + 1, thing) < 0)
		return 0;
	return ++t->last;
}

void *
table_get(const struct table *t, uint64_t number)
{
	if (t->cap == 0 || number == 0)
		return NULL;
	return find(t, number)->thing;
}

void *
table_take(struct table *t, uint64_t number)
{
	struct table_slot *slot;
	void *thing;

	if (t->cap == 0 || number == 0)
		return NULL;
	slot = find(t, number);
	thing = slot->thing;
	if (thing != NULL)
		t->used--;
	slot->thing = NULL;
	return thing;
}

void *
table_next(const struct table *t, size_t *at, uint64_t *number_r)
{
	while (*at < t->cap) {
		const struct table_slot *slot = &t->slots[(*at)++];

		if (slot->thing != NULL) {
			*number_r = slot->number;
			return slot->thing;
		}
	}
	return NULL;
}
