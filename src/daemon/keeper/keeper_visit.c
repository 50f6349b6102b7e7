/*
 * Visits, by number and by user. Not for what a visit asks: keeper_user.c.
 */
#include "daemon/keeper/keeper_visit.h"

#include "base/hash.h"
#include "base/log.h"
#include "proto/address.h"

#include <stdlib.h>

struct visit {
	uint64_t number;
	uint64_t by_user; /* where its ring is filed */
	struct list ring; /* all whose user has the same hash */
	unsigned front;
	char user[ADDRESS_TEXT];
};

struct keeper_visits {
	struct table all;     /* number -> struct visit */
	struct table by_user; /* hash -> one of the ring */
	struct hash_salt salt;
};

int
keeper_visits_new(struct keeper_visits **v)
{
	*v = calloc(1, sizeof **v);
	if (*v == NULL)
		return -E_NOMEM;
	table_init(&(*v)->all);
	table_init(&(*v)->by_user);
	hash_salt_fill(&(*v)->salt);
	return 0;
}

/* It is in no table any more. */
static void
end(struct keeper_visits *v, struct visit *visit)
{
	struct visit *next = LIST_OF(visit->ring.next, struct visit, ring);

	table_take(&v->all, visit->number);
	if (table_get(&v->by_user, visit->by_user) == visit) {
		table_take(&v->by_user, visit->by_user);
		/* in the place that has just become free */
		if (next != visit)
			(void)table_put(&v->by_user, visit->by_user, next);
	}
	list_remove(&visit->ring);
	free(visit);
}

void
keeper_visits_free(struct keeper_visits **v)
{
	struct visit *visit;
	uint64_t number;
	size_t at = 0;

	if (*v == NULL)
		return;
	while ((visit = table_next(&(*v)->all, &at, &number)) != NULL)
		end(*v, visit);
	table_fini(&(*v)->all);
	table_fini(&(*v)->by_user);
	free(*v);
	*v = NULL;
}

static uint64_t
place_of(const struct keeper_visits *v, struct span user)
{
	return hash_span(&v->salt, user) | 1;
}

static int
file_by_user(struct keeper_visits *v, struct visit *visit)
{
	struct visit *other = table_get(&v->by_user, visit->by_user);

	if (other == NULL)
		return table_put(&v->by_user, visit->by_user, visit);
	list_append(&other->ring, &visit->ring);
	return 0;
}

/* NULL: there are too many, or there is no memory. */
static struct visit *
begin(struct keeper_visits *v, unsigned front, struct span user)
{
	struct visit *visit =
	    v->all.used < KEEPER_VISITS_MAX ? calloc(1, sizeof *visit) : NULL;

	if (visit == NULL)
		return NULL;
	list_init(&visit->ring);
	visit->front = front;
	visit->by_user = place_of(v, user);
	if (span_copy(user, visit->user, sizeof visit->user) < 0 ||
	    (visit->number = table_add(&v->all, visit)) == 0) {
		free(visit);
		return NULL;
	}
	if (file_by_user(v, visit) < 0) {
		table_take(&v->all, visit->number);
		free(visit);
		return NULL;
	}
	return visit;
}

void
keeper_visits_proven(struct keeper *k, const struct message *m)
{
	const struct message_user_proven *p = &m->user_proven;
	struct peer *front =
	    p->front < ROLE_INDEX_MAX
		? role_peer(k->role, ROLE_FRONT, (unsigned)p->front)
		: NULL;
	struct visit *visit =
	    front != NULL ? begin(k->visits, front->index, p->address) : NULL;
	struct message answer;

	message_init(&answer, MESSAGE_USER_ENTERED);
	answer.user_entered.session = p->session;
	answer.user_entered.reply =
	    visit != NULL ? REPLY_SIGNED_IN : REPLY_AUTH_LATER;
	if (visit != NULL) {
		answer.user_entered.visit = visit->number;
		answer.user_entered.address = p->address;
		answer.user_entered.from_check = p->from_check;
		answer.user_entered.others = p->others;
	}
	if (!peer_ask(front, &answer) && visit != NULL)
		end(k->visits, visit);
}

static struct visit *
visit_of(const struct keeper *k, const struct peer *from, uint64_t number)
{
	struct visit *visit = table_get(&k->visits->all, number);

	return visit != NULL && visit->front == from->index ? visit : NULL;
}

void
keeper_visits_left(
    struct keeper *k, const struct peer *from, const struct message *m)
{
	struct visit *visit = visit_of(k, from, m->user_left.visit);

	if (visit != NULL)
		end(k->visits, visit);
}

void
keeper_visits_gone(struct keeper *k, const struct peer *front)
{
	struct visit *visit;
	uint64_t number;
	size_t at = 0;

	while ((visit = table_next(&k->visits->all, &at, &number)) != NULL)
		if (visit->front == front->index)
			end(k->visits, visit);
}

struct span
keeper_visits_user(
    const struct keeper *k, const struct peer *from, uint64_t visit)
{
	const struct visit *v = visit_of(k, from, visit);

	return v != NULL ? span_of(v->user) : span_of("");
}

static void
tell(struct keeper *k, const struct visit *visit, struct key message)
{
	struct message m;

	message_init(&m, MESSAGE_USER_NEWS);
	m.user_news.visit = visit->number;
	m.user_news.message = message;
	peer_send(role_peer(k->role, ROLE_FRONT, visit->front), &m);
}

void
keeper_visits_news(struct keeper *k, struct span user, struct key message)
{
	const struct visit *first =
	    table_get(&k->visits->by_user, place_of(k->visits, user));
	const struct visit *v = first;

	if (first == NULL)
		return;
	do {
		if (span_equals(span_of(v->user), user))
			tell(k, v, message);
		v = LIST_OF(v->ring.next, struct visit, ring);
	} while (v != first);
}
