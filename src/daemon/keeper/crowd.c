/* A count for each host, in the table of numbers. */
#include "daemon/keeper/crowd.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/table.h"

#include <stdlib.h>

struct crowd {
	struct table counts;
	struct hash_salt salt;
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
	hash_salt_fill(&(*c)->salt);
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
	return hash_ip(&c->salt, ip_host(ip).address) | 1;
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
