/*
 * Failures are counted in slots of a tenth of the window, in a ring for each
 * network and each address. Two books of counts, one of denials.
 *
 * Not for limits on what is legal (limits.c), and it neither waits nor logs.
 *
 * Read on in penalty.h. A book:
 *
 *   entries      number of a network -> struct count
 *   ranks[0..7]  the same entries by their failures when they last failed (1,
 *                2, ... 8 or more), in each rank the one that failed longest
 *                ago in front; but entries with refusals that wait are in no
 *                rank, so that they cannot be pushed out
 */
#include "trust/penalty.h"

#include "base/err.h"
#include "base/list.h"
#include "base/rand.h"
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS         11 /* ten make a window, the newest is not full yet */
#define RANKS         8
#define NETWORK_BITS4 24
#define NETWORK_BITS6 48

struct count {
	struct list in_rank;
	uint64_t number;
	int64_t slot;          /* of the last failure */
	uint16_t slots[SLOTS]; /* failures; slots[s % SLOTS] is slot s */
	unsigned waiting;      /* refusals; of networks */
};

struct book {
	struct table entries;
	struct list ranks[RANKS];
	size_t most;
};

struct denial {
	struct list in_age;
	struct ip address;
	int64_t until;
};

struct penalty {
	struct penalty_settings settings;
	int64_t slot_length;
	struct book networks, addresses;
	struct table denied;  /* number of an address -> struct denial */
	struct list ages;     /* denials, the oldest in front */
	uint64_t salt, twist; /* so that nobody can choose numbers that meet */
};

/*
 * One number for each prefix of at most 64 bits: nothing here loses a bit, so
 * two never share one. IPv4 lies in 0:1::/32, which is nobody's in IPv6.
 */
static uint64_t
number_of(const struct penalty *p, struct ip prefix)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < (prefix.family == 4 ? 4 : 8); i++)
		n = n << 8 | prefix.b[i];
	if (prefix.family == 4)
		n |= UINT64_C(1) << 32;
	n = (n ^ p->salt) * p->twist;
	n = (n ^ n >> 32) * p->twist;
	n ^= n >> 32;
	return n == 0 ? 1 : n; /* a table has no 0 */
}

static uint64_t
network_of(const struct penalty *p, struct ip ip)
{
	return number_of(
	    p, ip_mask(ip, ip.family == 4 ? NETWORK_BITS4 : NETWORK_BITS6));
}

static uint64_t
address_of(const struct penalty *p, struct ip ip)
{
	return number_of(p, ip_host(ip).address);
}

/* A clock that runs back stays in the last slot. */
static void
move_on(struct count *c, int64_t slot)
{
	for (unsigned i = 0; i < SLOTS && c->slot < slot; i++)
		c->slots[++c->slot % SLOTS] = 0;
	if (c->slot < slot)
		c->slot = slot;
}

/* The failures that are not forgotten in SLOT. */
static unsigned
failures(const struct count *c, int64_t slot)
{
	struct count now = *c;
	unsigned sum = 0;

	move_on(&now, slot);
	for (unsigned i = 0; i < SLOTS; i++)
		sum += now.slots[i];
	return sum;
}

static void
book_init(struct book *b, size_t most)
{
	table_init(&b->entries);
	for (unsigned i = 0; i < RANKS; i++)
		list_init(&b->ranks[i]);
	b->most = most;
}

static void
book_drop(struct book *b, struct count *c)
{
	(void)table_take(&b->entries, c->number);
	list_remove(&c->in_rank);
	free(c);
}

/* Behind the others of its rank, as it has just failed. */
static void
book_rank(struct book *b, struct count *c, unsigned failures)
{
	list_remove(&c->in_rank);
	if (c->waiting > 0 || failures == 0)
		return;
	list_append(
	    &b->ranks[(failures < RANKS ? failures : RANKS) - 1], &c->in_rank);
}

/* The one in front of RANK, if any. */
static struct count *
book_first(const struct book *b, unsigned rank)
{
	const struct list *l = &b->ranks[rank];

	return list_empty(l) ? NULL : LIST_OF(l->next, struct count, in_rank);
}

/*
 * Whom a new entry pushes out. Within a rank nobody failed longer ago than the
 * first, so the firsts tell whether anything is forgotten.
 */
static struct count *
book_victim(const struct book *b, int64_t slot)
{
	struct count *c, *least = NULL;

	for (unsigned i = 0; i < RANKS; i++) {
		c = book_first(b, i);
		if (c != NULL && failures(c, slot) == 0)
			return c;
		if (least == NULL)
			least = c;
	}
	return least;
}

static struct count *
book_add(struct book *b, uint64_t number, int64_t slot)
{
	struct count *c;

	if (b->entries.used >= b->most) {
		c = book_victim(b, slot);
		if (c == NULL)
			return NULL;
		book_drop(b, c);
	}
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	c->number = number;
	c->slot = slot;
	list_init(&c->in_rank);
	if (table_put(&b->entries, number, c) < 0) {
		free(c);
		return NULL;
	}
	return c;
}

/* Counts a failure; NULL when there is no memory for it. */
static struct count *
book_fail(struct book *b, uint64_t number, int64_t slot, unsigned *failures_r)
{
	struct count *c = table_get(&b->entries, number);

	if (c == NULL)
		c = book_add(b, number, slot);
	if (c == NULL)
		return NULL;
	move_on(c, slot);
	if (c->slots[c->slot % SLOTS] < UINT16_MAX)
		c->slots[c->slot % SLOTS]++;
	*failures_r = failures(c, slot);
	book_rank(b, c, *failures_r);
	return c;
}

/* Forgets all failures; entries with refusals that wait stay for these. */
static void
book_clear(struct book *b, bool all)
{
	struct count *c;
	uint64_t number;
	size_t at = 0;

	while ((c = table_next(&b->entries, &at, &number)) != NULL) {
		if (all || c->waiting == 0)
			book_drop(b, c);
		else
			*c = (struct count){.in_rank = c->in_rank,
			    .number = c->number,
			    .waiting = c->waiting};
	}
}

struct penalty *
penalty_new(const struct penalty_settings *settings)
{
	struct penalty *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	book_init(&p->networks, PENALTY_NETWORKS_MAX);
	book_init(&p->addresses, PENALTY_ADDRESSES_MAX);
	table_init(&p->denied);
	list_init(&p->ages);
	rand_fill(&p->salt, sizeof p->salt);
	rand_fill(&p->twist, sizeof p->twist);
	p->twist |= 1; /* else bits would be lost */
	penalty_set(p, settings);
	return p;
}

static void
denial_drop(struct penalty *p, struct denial *d)
{
	(void)table_take(&p->denied, address_of(p, d->address));
	list_remove(&d->in_age);
	free(d);
}

/* NULL when there is none. */
static struct denial *
denial_oldest(const struct penalty *p)
{
	return list_empty(&p->ages)
		   ? NULL
		   : LIST_OF(p->ages.next, struct denial, in_age);
}

void
penalty_free(struct penalty **penalty)
{
	struct penalty *p = *penalty;
	struct denial *d;

	if (p == NULL)
		return;
	book_clear(&p->networks, true);
	book_clear(&p->addresses, true);
	table_fini(&p->networks.entries);
	table_fini(&p->addresses.entries);
	while ((d = denial_oldest(p)) != NULL)
		denial_drop(p, d);
	table_fini(&p->denied);
	free(p);
	*penalty = NULL;
}

void
penalty_set(struct penalty *p, const struct penalty_settings *settings)
{
	assert(settings->window > 0 && settings->deny_time > 0);
	if (settings->window != p->settings.window) {
		book_clear(&p->networks, false);
		book_clear(&p->addresses, false);
	}
	p->settings = *settings;
	p->slot_length = (settings->window + SLOTS - 2) / (SLOTS - 1);
}

static int64_t
slot_of(const struct penalty *p, int64_t now)
{
	return now < 0 ? 0 : now / p->slot_length;
}

/* 0 after one failure, then the first delay, doubling. */
static int64_t
delay_after(const struct penalty *p, unsigned failures)
{
	int64_t delay = p->settings.delay_first;

	if (failures < 2 || delay == 0)
		return 0;
	for (; failures > 2 && delay < p->settings.delay_max; failures--)
		delay *= 2;
	return delay < p->settings.delay_max ? delay : p->settings.delay_max;
}

/* A failure of an address that is not denied yet; may make it so. */
static void
fail_address(struct penalty *p, struct ip asker, int64_t now,
    struct penalty_failure *failure)
{
	const uint64_t number = address_of(p, asker);
	const int64_t until = now + p->settings.deny_time;
	unsigned n = 0;
	struct count *c = book_fail(&p->addresses, number, slot_of(p, now), &n);

	if (c == NULL || n < p->settings.limit ||
	    penalty_deny(p, asker, until, now) < 0)
		return;
	book_drop(&p->addresses, c);
	failure->is_denied = true;
	failure->address = ip_host(asker).address;
	failure->until = until;
}

enum penalty_outcome
penalty_failed(struct penalty *p, struct ip asker, int64_t now,
    struct penalty_failure *failure_r)
{
	unsigned n = 0;
	struct count *c =
	    book_fail(&p->networks, network_of(p, asker), slot_of(p, now), &n);

	*failure_r = (struct penalty_failure){.delay = delay_after(p, n)};
	if (p->settings.limit > 0 && !penalty_is_denied(p, asker, now))
		fail_address(p, asker, now, failure_r);
	if (c == NULL || c->waiting >= PENALTY_WAITING_MAX)
		return PENALTY_BUSY;
	c->waiting++;
	list_remove(&c->in_rank);
	return PENALTY_WAIT;
}

void
penalty_waited(struct penalty *p, struct ip asker)
{
	struct count *c = table_get(&p->networks.entries, network_of(p, asker));
	unsigned n;

	assert(c != NULL && c->waiting > 0);
	if (--c->waiting > 0)
		return;
	n = failures(c, c->slot);
	if (n == 0)
		book_drop(&p->networks, c);
	else
		book_rank(&p->networks, c, n);
}

int64_t
penalty_delay(const struct penalty *p, struct ip asker, int64_t now)
{
	const struct count *c =
	    table_get(&p->networks.entries, network_of(p, asker));

	return c == NULL ? 0 : delay_after(p, failures(c, slot_of(p, now)));
}

bool
penalty_is_denied(const struct penalty *p, struct ip asker, int64_t now)
{
	const struct denial *d = table_get(&p->denied, address_of(p, asker));

	return d != NULL && now < d->until;
}

/* Room for one more: those that are over go, else the oldest. */
static void
make_room(struct penalty *p, int64_t now)
{
	struct denial *d;

	while ((d = denial_oldest(p)) != NULL &&
	       (d->until <= now || p->denied.used >= PENALTY_DENIED_MAX))
		denial_drop(p, d);
}

int
penalty_deny(struct penalty *p, struct ip asker, int64_t until, int64_t now)
{
	const uint64_t number = address_of(p, asker);
	struct denial *d = table_get(&p->denied, number);

	if (until <= now)
		return -E_RANGE;
	if (until > now + p->settings.deny_time)
		until = now + p->settings.deny_time;
	if (d == NULL) {
		make_room(p, now);
		d = calloc(1, sizeof *d);
		if (d == NULL)
			return -E_NOMEM;
		list_init(&d->in_age);
		d->address = ip_host(asker).address;
		if (table_put(&p->denied, number, d) < 0) {
			free(d);
			return -E_NOMEM;
		}
	}
	d->until = until;
	list_remove(&d->in_age);
	list_append(&p->ages, &d->in_age);
	return 0;
}

bool
penalty_forgive(struct penalty *p, struct ip asker)
{
	struct denial *d = table_get(&p->denied, address_of(p, asker));

	if (d == NULL)
		return false;
	denial_drop(p, d);
	return true;
}

bool
penalty_next(const struct penalty *p, size_t *at, int64_t now,
    struct ip *address_r, int64_t *until_r)
{
	const struct denial *d;
	uint64_t number;

	while ((d = table_next(&p->denied, at, &number)) != NULL) {
		if (d->until <= now)
			continue;
		*address_r = d->address;
		*until_r = d->until;
		return true;
	}
	return false;
}
