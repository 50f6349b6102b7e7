/*
 * Each change of figures is judged as it is committed. Of the domains below a
 * threshold a list is kept here; those to be refused, and the addresses that
 * last spoke for them, are made into k->poor, which is asked like the lists of
 * the operator, and after them: a domain on his list of those allowed is left
 * out. Nothing of it is stored: when the figure rises, or is forgotten, the
 * refusal ends by itself.
 *
 * Not for: what the figures are (store/voting.h), what they mean
 * (trust/quality.h), who is refused when (receiver/admit.c).
 */
#include "daemon/keeper/keeper_quality.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	char *name;
	enum quality_standing standing;
	char (*addresses)[IP_TEXT];
	unsigned address_count;
};

struct keeper_quality {
	struct keeper *keeper;
	struct entry *entries;
	unsigned count, room;
	bool looking;
	bool quiet; /* what is found was told of in an earlier life */
};

/* ---- entries ---- */

static struct entry *
find(const struct keeper_quality *q, struct span name)
{
	for (unsigned i = 0; i < q->count; i++)
		if (span_equals(span_of(q->entries[i].name), name))
			return &q->entries[i];
	return NULL;
}

static int
make_room(struct keeper_quality *q)
{
	unsigned room = q->room == 0 ? 16 : q->room * 2;
	struct entry *entries;

	if (q->count < q->room)
		return 0;
	if (q->count >= KEEPER_QUALITY_MAX)
		return -E_RANGE;
	entries = realloc(q->entries, room * sizeof *entries);
	if (entries == NULL)
		return -E_NOMEM;
	q->entries = entries;
	q->room = room;
	return 0;
}

static struct entry *
add(struct keeper_quality *q, struct span name)
{
	struct entry *e;
	char *copy;

	if (make_room(q) < 0)
		return NULL;
	copy = malloc(name.n + 1);
	if (copy == NULL || span_copy(name, copy, name.n + 1) < 0) {
		free(copy);
		return NULL;
	}
	e = &q->entries[q->count++];
	*e = (struct entry){.name = copy};
	return e;
}

static void
take_out(struct keeper_quality *q, struct entry *e)
{
	free(e->name);
	free(e->addresses);
	*e = q->entries[--q->count];
}

/* ---- the list of those refused ---- */

static bool
is_refused(const struct keeper_quality *q, const struct entry *e)
{
	return e->standing == QUALITY_BLOCK &&
	       !hosts_has_name(q->keeper->allowed, span_of(e->name));
}

void
keeper_quality_rebuild(struct keeper_quality *q)
{
	const char **names;
	struct hosts *fresh;
	struct err err = {0};
	size_t room = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < q->count; i++)
		room += 1 + q->entries[i].address_count;
	names = calloc(room + 1, sizeof *names);
	for (unsigned i = 0; names != NULL && i < q->count; i++) {
		const struct entry *e = &q->entries[i];

		if (!is_refused(q, e))
			continue;
		names[n++] = e->name;
		for (unsigned at = 0; at < e->address_count; at++)
			names[n++] = e->addresses[at];
	}
	fresh = names != NULL ? hosts_new(names, n, &err) : NULL;
	free(names);
	if (fresh == NULL) {
		log_event("quality-not-listed", "why=%s",
		    log_quote(span_of(err.text)));
		return;
	}
	hosts_free(&q->keeper->poor);
	q->keeper->admit.poor = q->keeper->poor = fresh;
}

static void
addresses_found(struct store_op *op, void *arg)
{
	const struct store_peer_list *list = &op->peer_list;
	struct keeper_quality *q = arg;
	struct entry *e = find(q, list->of_domain);

	if (op->outcome == STORE_OK && e != NULL && list->count > 0) {
		free(e->addresses);
		e->address_count = 0;
		e->addresses = calloc(list->count, sizeof *e->addresses);
	}
	for (unsigned i = 0; op->outcome == STORE_OK && e != NULL &&
			     e->addresses != NULL && i < list->count;
	     i++)
		if (list->peers[i].verified_at > 0 &&
		    span_copy(list->peers[i].name,
			e->addresses[e->address_count], IP_TEXT) == 0)
			e->address_count++;
	store_op_free(&op);
	keeper_quality_rebuild(q);
}

/* Those that left notices for the domain are refused as they connect. */
static void
find_addresses(struct keeper_quality *q, const struct entry *e)
{
	struct store_op *op = store_op_new(STORE_PEER_LIST, role_now());

	if (op == NULL)
		return; /* the domain alone is refused */
	op->peer_list.which = PEERS_OF_DOMAIN;
	op->peer_list.of_domain = arena_copy(&op->arena, span_of(e->name));
	op->peer_list.limit = KEEPER_QUALITY_ADDRESSES;
	op->done = addresses_found;
	op->arg = q;
	store_submit(q->keeper->store, op);
}

/* ---- judging ---- */

struct quality_limits
keeper_quality_limits(const struct settings *settings)
{
	struct quality_limits limits = {
	    .least = settings->quality_least,
	    .alert = QUALITY_OFF,
	    .block = QUALITY_OFF,
	};

	settings_threshold(span_of(settings->quality_alert), &limits.alert);
	settings_threshold(span_of(settings->quality_block), &limits.block);
	return limits;
}

static void
tell(const struct store_peer *p, enum quality_standing standing)
{
	log_event("quality",
	    "domain=%s standing=%s messages=%llu accepted=%llu"
	    " refused=%llu",
	    log_quote(p->name), quality_standing_name(standing),
	    (unsigned long long)p->messages, (unsigned long long)p->accepts,
	    (unsigned long long)p->refusals);
	if (standing == QUALITY_ALERT || standing == QUALITY_BLOCK)
		log_event("quality-alert", "domain=%s blocked=%d",
		    log_quote(p->name), standing == QUALITY_BLOCK);
}

/* Only what changes is told and done, so once for each crossing. */
static void
judge(struct keeper_quality *q, const struct store_peer *p)
{
	const struct quality figures = {p->messages, p->accepts, p->refusals};
	const struct quality_limits limits =
	    keeper_quality_limits(q->keeper->role->settings);
	enum quality_standing is = quality_judge(&figures, &limits);
	bool is_low = is == QUALITY_ALERT || is == QUALITY_BLOCK;
	struct entry *e = find(q, p->name);
	enum quality_standing was = e != NULL ? e->standing : QUALITY_GOOD;

	if (is == was || (!is_low && e == NULL))
		return;
	if (!q->quiet)
		tell(p, is);
	if (e == NULL)
		e = add(q, p->name);
	if (e == NULL) {
		log_event("quality-no-room", "domain=%s", log_quote(p->name));
		return;
	}
	e->standing = is;
	if (is == QUALITY_BLOCK)
		find_addresses(q, e);
	if (!is_low)
		take_out(q, e);
	if (is == QUALITY_BLOCK || was == QUALITY_BLOCK)
		keeper_quality_rebuild(q);
}

void
keeper_counted(void *keeper, const struct store_peer *peer)
{
	const struct keeper *k = keeper;

	judge(k->quality, peer);
}

void
keeper_quality_forget(struct keeper_quality *q, struct span domain)
{
	struct entry *e = find(q, domain);

	if (e == NULL)
		return;
	take_out(q, e);
	keeper_quality_rebuild(q);
}

/* ---- all of them ---- */

static void look_after(struct keeper_quality *q, struct span after);

static void
looked(struct store_op *op, void *arg)
{
	const struct store_peer_list *list = &op->peer_list;
	unsigned count = op->outcome == STORE_OK ? list->count : 0;
	struct keeper_quality *q = arg;

	for (unsigned i = 0; i < count; i++)
		judge(q, &list->peers[i]);
	if (count == STORE_PAGE_MAX) {
		look_after(q, list->peers[count - 1].name);
	} else {
		q->looking = q->quiet = false;
	}
	store_op_free(&op);
}

static void
look_after(struct keeper_quality *q, struct span after)
{
	struct store_op *op = store_op_new(STORE_PEER_LIST, role_now());

	q->looking = op != NULL;
	if (op == NULL)
		return; /* each is judged when it is next counted */
	op->peer_list.after = arena_copy(&op->arena, after);
	op->peer_list.limit = STORE_PAGE_MAX;
	op->peer_list.which = PEERS_JUDGED;
	op->done = looked;
	op->arg = q;
	store_submit(q->keeper->store, op);
	keeper_stir(q->keeper);
}

void
keeper_quality_look(struct keeper_quality *q)
{
	if (!q->looking)
		look_after(q, span_of(""));
}

/* ---- life ---- */

int
keeper_quality_new(struct keeper *k, struct keeper_quality **quality_r)
{
	struct keeper_quality *q = calloc(1, sizeof *q);

	*quality_r = q;
	if (q == NULL)
		return -E_NOMEM;
	q->keeper = k;
	q->quiet = true;
	return 0;
}

void
keeper_quality_free(struct keeper_quality **quality)
{
	struct keeper_quality *q = *quality;

	if (q == NULL)
		return;
	while (q->count > 0)
		take_out(q, q->entries);
	free(q->entries);
	free(q);
	*quality = NULL;
}
