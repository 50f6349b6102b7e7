/*
 * Packing and searching the addresses kept with a hold. Who gets onto the list
 * is decided in origin/; drivers only ask whether an asker is on it.
 */
#include "store/target.h"

#include <string.h>

static size_t
octets_of(unsigned family)
{
	if (family == 4)
		return 4;
	return family == 6 ? 16 : 0;
}

void
target_write(struct ip address, char to_r[STORE_TARGET])
{
	memset(to_r, 0, STORE_TARGET);
	to_r[0] = (char)address.family;
	memcpy(to_r + 1, address.b, octets_of(address.family));
}

struct ip
target_read(const char from[STORE_TARGET])
{
	struct ip address = {0};
	size_t n = octets_of((uint8_t)from[0]);

	if (n == 0)
		return address;
	address.family = (uint8_t)from[0];
	memcpy(address.b, from + 1, n);
	return address;
}

bool
target_has(struct span targets, struct ip asker)
{
	char wanted[STORE_TARGET];

	if (octets_of(asker.family) == 0)
		return false;
	target_write(asker, wanted);
	for (size_t at = 0; at + STORE_TARGET <= targets.n; at += STORE_TARGET)
		if (memcmp(targets.p + at, wanted, STORE_TARGET) == 0)
			return true;
	return false;
}

bool
target_list_fits(struct span targets)
{
	return targets.n % STORE_TARGET == 0 &&
	       targets.n / STORE_TARGET <= STORE_TARGETS_MAX;
}
