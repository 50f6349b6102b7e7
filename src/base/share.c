/* Counts by name, kept where the table has pointers. Read on in share.h. */
#include "base/share.h"

void
share_init(struct share *s)
{
	table_init(&s->counts);
}

void
share_fini(struct share *s)
{
	table_fini(&s->counts);
}

/* 0 is no number of a table. */
static uint64_t
number_of(uint64_t hash)
{
	return hash | 1;
}

unsigned
share_of(const struct share *s, uint64_t hash)
{
	return (unsigned)(uintptr_t)table_get(&s->counts, number_of(hash));
}

static void
set(struct share *s, uint64_t hash, unsigned count)
{
	if (count == 0)
		(void)table_take(&s->counts, number_of(hash));
	else
		(void)table_put(
		    &s->counts, number_of(hash), (void *)(uintptr_t)count);
}

void
share_add(struct share *s, uint64_t hash, unsigned count)
{
	set(s, hash, share_of(s, hash) + count);
}

void
share_drop(struct share *s, uint64_t hash, unsigned count)
{
	const unsigned there = share_of(s, hash);

	set(s, hash, there > count ? there - count : 0);
}
