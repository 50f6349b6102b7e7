/* Counts by address, kept where the table has pointers. */
#include "receiver/pull_share.h"

#include <string.h>

void
pull_share_init(struct pull_share *s)
{
	table_init(&s->counts);
}

void
pull_share_fini(struct pull_share *s)
{
	table_fini(&s->counts);
}

uint64_t
pull_share_number(struct ip ip)
{
	uint64_t high, low;

	memcpy(&high, ip.b, sizeof high);
	memcpy(&low, ip.b + sizeof high, sizeof low);
	return (high ^ (low * UINT64_C(0x9e3779b97f4a7c15))) | 1;
}

unsigned
pull_share_of(const struct pull_share *s, struct ip address)
{
	return (unsigned)(uintptr_t)table_get(
	    &s->counts, pull_share_number(address));
}

static void
set(struct pull_share *s, struct ip address, unsigned count)
{
	const uint64_t number = pull_share_number(address);

	if (count == 0)
		(void)table_take(&s->counts, number);
	else
		(void)table_put(&s->counts, number, (void *)(uintptr_t)count);
}

void
pull_share_add(struct pull_share *s, struct ip address)
{
	set(s, address, pull_share_of(s, address) + 1);
}

void
pull_share_drop(struct pull_share *s, struct ip address)
{
	const unsigned count = pull_share_of(s, address);

	if (count > 0)
		set(s, address, count - 1);
}
