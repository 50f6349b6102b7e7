/* Counts for the running window; a new window begins with none. */
#include "trust/limits.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

struct limits {
	int64_t window, began;
	struct table counts;  /* number of a name -> struct count */
	struct count *others; /* what all names beyond the ceiling share */
	struct hash_salt salt;
};

struct count {
	uint64_t n;
};

static void
forget(struct limits *l)
{
	struct count *c;
	uint64_t number;
	size_t at = 0;

	while ((c = table_next(&l->counts, &at, &number)) != NULL)
		free(c);
	table_fini(&l->counts);
	table_init(&l->counts);
	l->others->n = 0;
}

struct limits *
limits_new(int64_t window)
{
	struct limits *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	l->window = window;
	l->others = calloc(1, sizeof *l->others);
	table_init(&l->counts);
	hash_salt_fill(&l->salt);
	if (l->others == NULL)
		limits_free(&l);
	return l;
}

void
limits_free(struct limits **limits)
{
	struct limits *l = *limits;

	if (l == NULL)
		return;
	if (l->others != NULL)
		forget(l);
	table_fini(&l->counts);
	free(l->others);
	free(l);
	*limits = NULL;
}

/* Two that collide share a count. */
static uint64_t
number_of(const struct limits *l, struct span name)
{
	return hash_span(&l->salt, name) | 1;
}

static struct count *
count_of(struct limits *l, struct span name)
{
	uint64_t number = number_of(l, name);
	struct count *c = table_get(&l->counts, number);

	if (c != NULL)
		return c;
	if (l->counts.used >= LIMITS_NAMES_MAX ||
	    (c = calloc(1, sizeof *c)) == NULL)
		return l->others;
	if (table_put(&l->counts, number, c) < 0) {
		free(c);
		return l->others;
	}
	return c;
}

bool
limits_take(struct limits *l, struct span name, uint64_t most, int64_t now)
{
	struct count *c;

	if (most == 0)
		return true;
	if (now >= l->began + l->window || now < l->began) {
		forget(l);
		l->began = now - now % l->window;
	}
	c = count_of(l, name);
	if (c->n >= most)
		return false;
	c->n++;
	return true;
}

bool
limits_take_host(struct limits *l, struct ip host, uint64_t most, int64_t now)
{
	uint8_t name[1 + sizeof host.b];

	host = ip_host(host).address;
	name[0] = host.family; /* 32.1.13.184 is not 2001:db8::/64 */
	memcpy(name + 1, host.b, sizeof host.b);
	return limits_take(l, span_make(name, sizeof name), most, now);
}
