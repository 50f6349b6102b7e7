/* A count for each host, in the table of numbers. */
#include "daemon/crowd.h"

#include "base/err.h"
#include "base/rand.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

struct crowd {
	struct table counts;
	uint64_t salt; /* so that nobody can choose addresses that collide */
};

struct count {
	uint64_t n;
};

int
crowd_new(struct crowd **c)
{
	*c = calloc(1, sizeof **c);
	if (*c == NULL)
		return -E_NOMEM;
	table_init(&(*c)->counts);
	rand_fill(&(*c)->salt, sizeof(*c)->salt);
	return 0;
}

void
crowd_free(struct crowd **c)
{
	struct count *count;
	uint64_t number;
	size_t at = 0;

	if (*c == NULL)
		return;
	while ((count = table_next(&(*c)->counts, &at, &number)) != NULL)
		free(count);
	table_fini(&(*c)->counts);
	free(*c);
	*c = NULL;
}

static uint64_t
number_of(const struct crowd *c, struct ip ip)
{
	uint64_t part[2];

	ip = ip_host(ip).address;
	memcpy(part, ip.b, sizeof part);
	part[0] = (part[0] ^ c->salt) * UINT64_C(0x9e3779b97f4a7c15);
	/* the family, as 32.1.13.184 is not 2001:db8::/64 */
	part[1] =
	    (part[1] + part[0] + ip.family) * UINT64_C(0xbf58476d1ce4e5b9);
	return (part[1] ^ part[1] >> 31) | 1;
}

uint64_t
crowd_count(const struct crowd *c, struct ip ip)
{
	const struct count *count = table_get(&c->counts, number_of(c, ip));

	return count != NULL ? count->n : 0;
}

bool
crowd_enter(struct crowd *c, struct ip ip)
{
	uint64_t number = number_of(c, ip);
	struct count *count = table_get(&c->counts, number);

	if (count == NULL) {
		if (c->counts.used >= CROWD_MAX ||
		    (count = calloc(1, sizeof *count)) == NULL)
			return false;
		if (table_put(&c->counts, number, count) < 0) {
			free(count);
			return false;
		}
	}
	count->n++;
	return true;
}

void
crowd_leave(struct crowd *c, struct ip ip)
{
	uint64_t number = number_of(c, ip);
	struct count *count = table_get(&c->counts, number);

	if (count != NULL && --count->n == 0) {
		table_take(&c->counts, number);
		free(count);
	}
}
