/* Users' lists, in memory. */
#include "store/memory/memory.h"

#include "store/listing.h"

#include <stdlib.h>

void
memory_entry_free(struct memory_entry *row)
{
	arena_fini(&row->text);
	free(row);
}

static bool
is_of(const struct store_entry *e, struct span user, enum store_side side,
    struct span address)
{
	return e->side == side && span_equals(e->user, user) &&
	       span_equals(e->address, address);
}

static struct memory_entry *
find_named(const struct memory *m, const struct store_entry *name)
{
	for (size_t i = 0; i < m->entries.count; i++) {
		struct memory_entry *entry = m->entries.at[i];

		if (is_of(&entry->row, name->user, name->side, name->address) &&
		    span_equals(entry->row.server, name->server))
			return entry;
	}
	return NULL;
}

static void
take_off(struct memory *m, struct memory_entry *entry)
{
	memory_remove(&m->entries, entry);
	memory_entry_free(entry);
}

enum store_outcome
memory_entry_set(struct memory *m, const struct store_entry *row)
{
	struct memory_entry *old = find_named(m, row), *entry;

	if (!memory_reserve(&m->entries, 1))
		return STORE_FULL;
	entry = calloc(1, sizeof *entry);
	if (entry == NULL)
		return STORE_FULL;
	arena_init(&entry->text, STORE_OP_ARENA);
	if (!copy_entry(&entry->text, row, &entry->row)) {
		memory_entry_free(entry);
		return STORE_FULL;
	}
	if (old != NULL)
		entry->row.told_at = old->row.told_at;
	if (old != NULL)
		take_off(m, old);
	memory_add(&m->entries, entry);
	return STORE_OK;
}

void
memory_entries_drop(struct memory *m, struct span user)
{
	for (size_t i = m->entries.count; i > 0; i--) {
		struct memory_entry *entry = m->entries.at[i - 1];

		if (span_equals(entry->row.user, user))
			take_off(m, entry);
	}
}

enum store_outcome
store_memory_entry_put(struct memory *m, struct store_op *op)
{
	const struct store_entry_put *put = &op->entry_put;
	const struct store_entry *row = &put->entry;
	bool has_address = false;
	unsigned count = 0;

	for (size_t i = 0; i < m->entries.count; i++) {
		const struct memory_entry *entry = m->entries.at[i];

		has_address |=
		    is_of(&entry->row, row->user, row->side, row->address);
		count += entry->row.side == row->side &&
			 span_equals(entry->row.user, row->user);
	}
	if (put->only_new && has_address)
		return STORE_EXISTS;
	if (put->user_max > 0 && count >= put->user_max &&
	    find_named(m, row) == NULL)
		return STORE_FULL;
	return memory_entry_set(m, row);
}

enum store_outcome
store_memory_entry_drop(struct memory *m, struct store_op *op)
{
	const struct store_entry_drop *drop = &op->entry_drop;
	enum store_outcome outcome = STORE_NONE;

	for (size_t i = m->entries.count; i > 0; i--) {
		struct memory_entry *entry = m->entries.at[i - 1];

		if (!is_of(
			&entry->row, drop->user, drop->side, drop->address) ||
		    (!drop->any_server &&
			!span_equals(entry->row.server, drop->server)))
			continue;
		take_off(m, entry);
		outcome = STORE_OK;
	}
	return outcome;
}

/* ---- which entry counts ---- */

static bool
counts(const struct store_entry *e, const struct store_entry_find *find,
    struct span address)
{
	if (!is_of(e, find->user, find->side, address))
		return false;
	if (span_equals(e->server, find->server))
		return true;
	return e->server.n == 0 && (e->list == LISTED_DENY || find->verified);
}

/* Of two that count: denying first, then the one with a server. */
static bool
is_before(const struct store_entry *a, const struct store_entry *b)
{
	return a->list != b->list ? a->list > b->list
				  : a->server.n > b->server.n;
}

static struct memory_entry *
best(const struct memory *m, const struct store_entry_find *find,
    struct span address)
{
	struct memory_entry *found = NULL;

	for (size_t i = 0; i < m->entries.count; i++) {
		struct memory_entry *entry = m->entries.at[i];

		if (counts(&entry->row, find, address) &&
		    (found == NULL || is_before(&entry->row, &found->row)))
			found = entry;
	}
	return found;
}

enum store_outcome
memory_entry_find(
    struct memory *m, struct arena *a, struct store_entry_find *find)
{
	struct memory_entry *entry = best(m, find, find->address);
	struct span domain = span_from_last(find->address, '@');
	bool exact = entry != NULL;
	struct store_entry row;

	if (entry == NULL && domain.n > 0)
		entry = best(m, find, domain);
	if (entry == NULL)
		return STORE_NONE;
	row = entry->row;
	if (exact && row.side == SIDE_INCOMING && row.server.n == 0 &&
	    row.list == LISTED_ALLOW && find->server.n > 0)
		row.server = find->server;
	if (!copy_entry(a, &row, &find->entry))
		return STORE_FULL;
	if (row.server.n == entry->row.server.n)
		return STORE_OK;
	if (memory_entry_set(m, &row) != STORE_OK)
		return STORE_FULL;
	take_off(m, entry);
	return STORE_OK;
}

enum store_outcome
store_memory_entry_find(struct memory *m, struct store_op *op)
{
	return memory_entry_find(m, &op->arena, &op->entry_find);
}

/* ---- what verdicts say ---- */

enum store_outcome
memory_learn_of_notice(struct memory *m, const struct store_notice *notice,
    unsigned verdict, int64_t now)
{
	struct store_entry entry;
	char room[LISTING_ROOM];

	return listing_of_notice(notice, verdict, now, room, &entry)
		   ? memory_entry_set(m, &entry)
		   : STORE_OK;
}

enum store_outcome
memory_learn_of_hold(struct memory *m, const struct memory_hold *hold,
    unsigned verdict, int64_t now)
{
	struct store_entry entry;
	char room[LISTING_ROOM];

	return listing_of_hold(&hold->row, hold->message->row.user, verdict,
		   now, room, &entry)
		   ? memory_entry_set(m, &entry)
		   : STORE_OK;
}

bool
memory_unlearn_of_hold(struct memory *m, const struct memory_hold *hold)
{
	struct store_entry name;
	char room[LISTING_ROOM];
	struct memory_entry *entry;

	if (!listing_of_hold(&hold->row, hold->message->row.user,
		VERDICT_AUTHORIZE, 0, room, &name))
		return false;
	entry = find_named(m, &name);
	if (entry == NULL || entry->row.list != LISTED_ALLOW)
		return false;
	take_off(m, entry);
	return true;
}

bool
memory_may_tell(const struct memory *m, const struct store_notice *notice)
{
	struct store_entry pair;
	char room[LISTING_ROOM];
	bool may = false;

	if (!listing_of_notice(
		notice, VERDICT_SPAMMER, notice->created, room, &pair))
		return false;
	for (size_t i = 0; i < m->entries.count; i++) {
		struct store_entry *e =
		    &((struct memory_entry *)m->entries.at[i])->row;

		if (e->list != LISTED_DENY ||
		    (!is_of(e, pair.user, pair.side, pair.address) &&
			!is_of(e, pair.user, pair.side,
			    span_from_last(pair.address, '@'))) ||
		    (e->server.n > 0 && !span_equals(e->server, pair.server)) ||
		    e->told_at > notice->created - LISTING_TELL_AGAIN)
			continue;
		e->told_at = notice->created;
		may = true;
	}
	return may;
}

/* ---- a page ---- */

static int
compare_names(const struct store_entry *a, const struct store_entry *b)
{
	int r;

	if (a->side != b->side)
		return a->side < b->side ? -1 : 1;
	r = memory_compare_texts(a->address, b->address);
	return r != 0 ? r : memory_compare_texts(a->server, b->server);
}

static bool
is_listed(const void *row, const void *arg)
{
	const struct memory_entry *entry = row;
	const struct store_entry_list *list = arg;
	const struct store_entry after = {
	    .side = list->after_side,
	    .address = list->after_address,
	    .server = list->after_server,
	};

	return span_equals(entry->row.user, list->user) &&
	       (list->side == 0 || entry->row.side == list->side) &&
	       (list->address.n == 0 ||
		   span_equals(entry->row.address, list->address)) &&
	       compare_names(&entry->row, &after) > 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct memory_entry *const *x = a, *const *y = b;

	return compare_names(&(*x)->row, &(*y)->row);
}

enum store_outcome
store_memory_entry_list(struct memory *m, struct store_op *op)
{
	struct store_entry_list *list = &op->entry_list;
	enum store_outcome outcome = STORE_OK;
	struct memory_picked picked;

	if (!memory_pick(
		&m->entries, is_listed, list, by_name, list->limit, &picked))
		return STORE_FULL;
	list->count = 0;
	list->entries =
	    arena_take(&op->arena, picked.count * sizeof list->entries[0]);
	if (list->entries == NULL)
		outcome = STORE_FULL;
	for (unsigned i = 0; outcome == STORE_OK && i < picked.count; i++) {
		const struct memory_entry *entry = picked.at[i];

		if (copy_entry(&op->arena, &entry->row, &list->entries[i]))
			list->count++;
		else
			outcome = STORE_FULL;
	}
	memory_picked_free(&picked);
	return outcome;
}
