/* Gathering holds for one call. Not here: any state, any store. */
#include "origin/notify_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_ARENA (16u << 20)

/* Arrays for ROOM items; those that are there come along. */
static int
make_room(struct notify_group *g, unsigned room)
{
	struct notify_group_item *items =
	    arena_take(&g->arena, room * sizeof *items);
	struct notify_item *notices =
	    arena_take(&g->arena, room * sizeof *notices);
	struct key *keys = arena_take(&g->arena, room * sizeof *keys);

	if (items == NULL || notices == NULL || keys == NULL)
		return -E_NOMEM;
	if (g->count > 0) {
		memcpy(items, g->items, g->count * sizeof *items);
		memcpy(notices, g->notices, g->count * sizeof *notices);
		memcpy(keys, g->keys, g->count * sizeof *keys);
	}
	g->items = items;
	g->notices = notices;
	g->keys = keys;
	return 0;
}

struct notify_group *
notify_group_new(struct span domain, unsigned room)
{
	struct notify_group *g = calloc(1, sizeof *g);

	if (g == NULL)
		return NULL;
	list_init(&g->in_calling);
	arena_init(&g->arena, GROUP_ARENA);
	g->domain = arena_copy(&g->arena, domain);
	if (g->domain.p == NULL || make_room(g, room) < 0)
		notify_group_free(&g);
	return g;
}

void
notify_group_free(struct notify_group **g)
{
	if (*g == NULL)
		return;
	for (unsigned i = 0; i < (*g)->count; i++)
		store_op_free(&(*g)->items[i].ending);
	arena_fini(&(*g)->arena);
	free(*g);
	*g = NULL;
}

/*
 * It was accepted, and whoever did cannot turn (WIRE 4.9); or its recipient
 * wants all that its sender writes (SM-34). Should the first try of that fail,
 * it is announced as other messages are.
 */
static bool
wants_push(const struct store_hold *hold)
{
	return hold->route == ROUTE_PUSH &&
	       (hold->tries == 0 || hold->verdict == VERDICT_ACCEPT ||
		   hold->verdict == VERDICT_AUTHORIZE);
}

void
notify_group_add(struct notify_group *g, const struct store_hold_row *row)
{
	struct notify_group_item *item = &g->items[g->count];
	struct notify_item *to = &item->notice;

	to->hold = row->hold.key;
	to->id = arena_copy(&g->arena, row->hold.id);
	memcpy(to->digest, row->message.digest, STORE_DIGEST);
	to->envelope = row->hold.envelope;
	to->sender = arena_copy(&g->arena, row->message.sender);
	to->recipient = arena_copy(&g->arena, row->hold.recipient);
	to->subject = arena_copy(&g->arena, row->message.subject);
	to->size = row->message.size;
	to->body_8bit = row->message.body_8bit;
	to->smtputf8 = row->message.smtputf8;
	to->push = wants_push(&row->hold);
	item->tries = row->hold.tries;
	item->ending = NULL;
	item->settled = false;
	if (arena_has_failed(&g->arena))
		return; /* an empty text would mean something: to its lease */
	g->count++;
	g->left++;
}

struct notify_group_item *
notify_group_find(struct notify_group *g, struct key hold)
{
	for (unsigned i = 0; i < g->count; i++)
		if (key_equals(g->items[i].notice.hold, hold))
			return &g->items[i];
	return NULL;
}

/* TEXT, as it was printed with the message, with the name it has now. */
static struct span
named(struct arena *arena, struct span id, struct span text)
{
	const size_t room = sizeof "Envelope-Id: \r\n" + id.n + text.n;
	char *p = text.n == 0 ? NULL : arena_take(arena, room);

	if (p == NULL)
		return span_of("");
	snprintf(p, room, "Envelope-Id: %.*s\r\n", (int)id.n, id.p);
	memcpy(p + room - 1 - text.n, text.p, text.n);
	return (struct span){p, room - 1};
}

/* The envelope text of HOLD, kept once. */
static struct span
text_of(struct notify_group *g, const struct store_hold_claim *page,
    const struct notify_item *leader)
{
	for (unsigned i = 0; i < page->count; i++)
		if (key_equals(page->rows[i].hold.key, leader->hold))
			return named(&g->arena, leader->id,
			    page->rows[i].message.envelope);
	return span_of("");
}

int
notify_group_lay_out(
    struct notify_group *g, const struct store_hold_claim *page)
{
	for (unsigned i = 0; i < g->count; i++) {
		struct notify_item *to = &g->items[i].notice;
		struct notify_group_item *leader =
		    notify_group_find(g, to->envelope);

		if (leader == NULL) {
			to->envelope = to->hold;
			leader = &g->items[i];
		}
		to->envid = leader->notice.id;
		to->text =
		    leader == &g->items[i] ? text_of(g, page, to) : span_of("");
	}
	for (unsigned i = 0; i < g->count; i++) {
		g->notices[i] = g->items[i].notice;
		g->keys[i] = g->items[i].notice.hold;
	}
	return arena_has_failed(&g->arena) ? -E_NOMEM : 0;
}

/* TO's own copy of what ITEM borrows from its group. */
static void
copy_texts(struct notify_group *to, struct notify_item *item)
{
	struct span *const texts[] = {&item->id, &item->envid, &item->sender,
	    &item->recipient, &item->subject, &item->text};

	for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
		*texts[i] = arena_copy(&to->arena, *texts[i]);
}

int
notify_group_join(struct notify_group *to, struct notify_group *from)
{
	if (make_room(to, to->count + from->count) < 0)
		return -E_NOMEM;
	for (unsigned i = 0; i < from->count; i++) {
		unsigned at = to->count + i;

		to->items[at] = from->items[i];
		copy_texts(to, &to->items[at].notice);
		to->notices[at] = to->items[at].notice;
		to->keys[at] = to->items[at].notice.hold;
	}
	if (arena_has_failed(&to->arena))
		return -E_NOMEM;
	to->count += from->count;
	to->left += from->count;
	from->count = from->left = 0;
	return 0;
}
