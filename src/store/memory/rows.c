/*
 * Growing arrays of rows, and pages picked from them. No rule of the mail is
 * here; those are in the files named after what they are about.
 */
#include "store/memory/memory.h"

#include <stdlib.h>
#include <string.h>

bool
memory_reserve(struct memory_rows *rows, size_t n)
{
	size_t room = rows->room == 0 ? 16 : rows->room;
	void **at;

	while (room < rows->count + n)
		room *= 2;
	if (room == rows->room)
		return true;
	at = realloc(rows->at, room * sizeof *at);
	if (at == NULL)
		return false;
	rows->at = at;
	rows->room = room;
	return true;
}

void
memory_add(struct memory_rows *rows, void *row)
{
	rows->at[rows->count++] = row;
}

void
memory_remove(struct memory_rows *rows, const void *row)
{
	size_t i = 0;

	while (i < rows->count && rows->at[i] != row)
		i++;
	if (i == rows->count)
		return;
	rows->count--;
	memmove(&rows->at[i], &rows->at[i + 1],
	    (rows->count - i) * sizeof rows->at[0]);
}

bool
memory_pick(const struct memory_rows *rows,
    bool (*fits)(const void *row, const void *arg), const void *arg,
    int (*compare)(const void *a, const void *b), unsigned limit,
    struct memory_picked *picked_r)
{
	size_t found = 0;

	picked_r->count = 0;
	picked_r->at = malloc((rows->count + 1) * sizeof picked_r->at[0]);
	if (picked_r->at == NULL)
		return false;
	for (size_t i = 0; i < rows->count; i++)
		if (fits(rows->at[i], arg))
			picked_r->at[found++] = rows->at[i];
	qsort(picked_r->at, found, sizeof picked_r->at[0], compare);
	if (limit > STORE_PAGE_MAX)
		limit = STORE_PAGE_MAX;
	picked_r->count = found < limit ? (unsigned)found : limit;
	return true;
}

void
memory_picked_free(struct memory_picked *picked)
{
	free(picked->at);
	picked->at = NULL;
	picked->count = 0;
}

int
memory_compare_keys(struct key a, struct key b)
{
	return memcmp(a.b, b.b, sizeof a.b);
}

int
memory_compare_times(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int
memory_compare_texts(struct span a, struct span b)
{
	size_t common = a.n < b.n ? a.n : b.n;
	int r = common == 0 ? 0 : memcmp(a.p, b.p, common);

	return r != 0 ? r : (a.n > b.n) - (a.n < b.n);
}

void
memory_say(struct buf *text, struct span s)
{
	if (s.n == 0)
		return;
	buf_clear(text);
	buf_put(text, s);
}
