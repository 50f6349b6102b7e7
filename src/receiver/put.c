/*
 * Claimed deliveries lie in a small list until a poster has answered; what they
 * carried is gone from memory as soon as it was handed on.
 */
#include "receiver/put.h"

#include "base/list.h"
#include "base/log.h"
#include "mailbox/folder.h"
#include "proto/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct under_way {
	struct list node;
	struct key key;
	unsigned tries;
	int where; /* the process that has it */
	char user[ADDRESS_TEXT];
};

struct put {
	struct store *store;
	const struct settings *settings;
	uint64_t node;
	struct put_world world;
	struct list under_way;
	unsigned count;
	bool looking, again;
	bool blocked; /* the last was not taken */
};

int
put_new(struct store *store, const struct settings *settings, uint64_t node,
    const struct put_world *world, struct put **put_r)
{
	struct put *p = calloc(1, sizeof *p);

	if (p == NULL)
		return -E_NOMEM;
	p->store = store;
	p->settings = settings;
	p->node = node;
	p->world = *world;
	list_init(&p->under_way);
	*put_r = p;
	return 0;
}

void
put_free(struct put **put)
{
	struct put *p = *put;
	struct list *node;

	if (p == NULL)
		return;
	while ((node = list_shift(&p->under_way)) != NULL)
		free(LIST_OF(node, struct under_way, node));
	free(p);
	*put = NULL;
}

void
put_settings(struct put *p, const struct settings *settings)
{
	p->settings = settings;
}

static bool
is_folder_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '/' || s.p[i] == '\0' ||
		    (unsigned char)s.p[i] < 0x20)
			return false;
	return s.n > 0 && s.p[0] != '.';
}

int
put_folder(struct span user, char folder_r[PUT_PATH_MAX])
{
	size_t at = user.n;
	struct span local, domain;
	int n;

	while (at > 0 && user.p[at - 1] != '@')
		at--;
	if (at == 0)
		return -E_SYNTAX;
	local = span_part(user, 0, at - 1);
	domain = span_skip(user, at);
	if (!is_folder_name(local) || !is_folder_name(domain))
		return -E_SYNTAX;
	n = snprintf(folder_r, PUT_PATH_MAX, "%.*s/%.*s/Maildir", (int)domain.n,
	    domain.p, (int)local.n, local.p);
	return n > 0 && n < PUT_PATH_MAX ? 0 : -E_SYNTAX;
}

/* ---- settling ---- */

static void
settled(struct store_op *op, void *arg)
{
	const struct store_peer *peer = &op->delivery_settle.peer;
	struct put *p = arg;

	if (op->outcome == STORE_OK && peer->name.n > 0 &&
	    p->world.counted != NULL)
		p->world.counted(p->world.owner, peer);
	if (op->outcome == STORE_OK && op->delivery_settle.body_free)
		p->world.free_body(p->world.owner, op->delivery_settle.message);
	else if (op->outcome != STORE_OK)
		log_event("delivery-unsettled", "outcome=%s",
		    store_outcome_name(op->outcome));
	store_op_free(&op);
}

static int64_t
pause_after(unsigned tries)
{
	int64_t pause = PUT_RETRY_FIRST;

	while (tries-- > 1 && pause < PUT_RETRY_MAX)
		pause *= 2;
	return pause < PUT_RETRY_MAX ? pause : PUT_RETRY_MAX;
}

static void
settle(
    struct put *p, struct under_way *u, bool done, int64_t pause, int64_t now)
{
	struct store_op *op = store_op_new(STORE_DELIVERY_SETTLE, now);

	if (op != NULL) {
		op->delivery_settle.key = u->key;
		op->delivery_settle.done = done;
		op->delivery_settle.next_at = now + pause;
		op->done = settled;
		op->arg = p;
		store_submit(p->store, op);
	}
	list_remove(&u->node);
	p->count--;
	free(u);
}

void
put_ended(
    struct put *p, struct key delivery, bool done, struct span why, int64_t now)
{
	char key[KEY_TEXT];

	for (struct list *l = p->under_way.next; l != &p->under_way;
	     l = l->next) {
		struct under_way *u = LIST_OF(l, struct under_way, node);

		if (!key_equals(u->key, delivery))
			continue;
		key_text(delivery, key);
		log_event(done ? "delivered" : "not-delivered",
		    "delivery=%s why=%s", key, log_quote(why));
		if (done && p->world.delivered != NULL)
			p->world.delivered(
			    p->world.owner, span_of(u->user), delivery);
		settle(p, u, done, pause_after(u->tries), now);
		break;
	}
	if (p->again)
		put_look(p, now);
}

void
put_lost(struct put *p, int where, int64_t now)
{
	struct list *next;

	for (struct list *l = p->under_way.next; l != &p->under_way; l = next) {
		struct under_way *u = LIST_OF(l, struct under_way, node);

		next = l->next;
		if (u->where == where)
			settle(p, u, false, 1, now);
	}
}

/* ---- claiming ---- */

/* The folder that the user chose, or the inbox. */
static int
place_of(const struct store_delivery *delivery, char folder_r[PUT_PATH_MAX])
{
	struct span chosen = delivery->folder;
	size_t at;

	if (put_folder(delivery->user, folder_r) < 0)
		return -E_SYNTAX;
	at = strlen(folder_r);
	if (chosen.n == 0 || !folder_is_on_disk(chosen) ||
	    at + chosen.n + 2 > PUT_PATH_MAX)
		return 0;
	snprintf(
	    folder_r + at, PUT_PATH_MAX - at, "/%.*s", (int)chosen.n, chosen.p);
	return 0;
}

static void
hand_on(struct put *p, const struct store_delivery_row *row, int64_t now)
{
	struct under_way *u = calloc(1, sizeof *u);
	char folder[PUT_PATH_MAX], name[PUT_PATH_MAX], key[KEY_TEXT];
	const struct put_delivery delivery = {
	    .delivery = &row->delivery,
	    .message = &row->message,
	    .folder = folder,
	    .name = name,
	    .repeated = row->delivery.tries > 1,
	};

	if (u == NULL)
		return; /* its lease runs out */
	u->key = row->delivery.key;
	u->tries = row->delivery.tries;
	(void)span_copy(row->delivery.user, u->user, sizeof u->user);
	list_append(&p->under_way, &u->node);
	p->count++;
	key_text(row->delivery.key, key);
	/* the same for each attempt, whatever our host is called by then */
	snprintf(name, sizeof name, "%lld.R%s.restante",
	    (long long)row->delivery.created, key);
	u->where = place_of(&row->delivery, folder) < 0
		       ? -E_SYNTAX
		       : p->world.deliver(p->world.owner, &delivery);
	if (u->where >= 0)
		return;
	/* nobody takes any now: no more is claimed until somebody may */
	p->blocked = u->where == -E_AGAIN;
	settle(p, u, false, p->blocked ? 1 : pause_after(u->tries), now);
}

static void
claimed(struct store_op *op, void *arg)
{
	struct put *p = arg;
	const struct store_delivery_claim *page = &op->delivery_claim;
	bool ok = op->outcome == STORE_OK;
	int64_t now = op->now;

	p->looking = false;
	p->again = p->again || (ok && page->more);
	for (unsigned i = 0; ok && i < page->count; i++)
		hand_on(p, &page->rows[i], now);
	store_op_free(&op);
	if (p->again && !p->blocked)
		put_look(p, now);
}

void
put_look(struct put *p, int64_t now)
{
	struct store_op *op;

	p->again = true;
	p->blocked = false;
	if (p->looking || p->count > PUT_UNDER_WAY - PUT_PAGE)
		return;
	op = store_op_new(STORE_DELIVERY_CLAIM, now);
	if (op == NULL)
		return;
	p->again = false;
	p->looking = true;
	op->delivery_claim.claim.node = p->node;
	op->delivery_claim.claim.lease_until = now + p->settings->lease_time;
	op->delivery_claim.claim.limit = PUT_PAGE;
	op->delivery_claim.octets = PUT_OCTETS;
	op->done = claimed;
	op->arg = p;
	store_submit(p->store, op);
}
