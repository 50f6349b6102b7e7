/*
 * Two things about hosts. The lists: a copy of every listed row of the store is
 * kept here, and the two `struct hosts` are made anew from it and from the
 * configuration when either changes or a time is over; look-ups go to those.
 * And figures: summed up for each address and added to the store now and then,
 * so that a flood of notices is no flood of writes.
 *
 * Not for: what being listed means (receiver/admit.c).
 */
#include "daemon/keeper/keeper_peers.h"

#include "base/hash.h"
#include "base/log.h"
#include "daemon/keeper/keeper_page.h"
#include "daemon/keeper/keeper_quality.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 2048u /* places for figures; a power of two */
#define FULL  1000u /* of them; then they go to the store at once */

/* A domain is listed with all below it, so ".domain" and "domain" are needed:
   TEXT is the first, NAME (in TEXT) the second. */
struct entry {
	char *text;
	const char *name;
	bool domain;
	enum store_listed list;
	int64_t until;
};

struct figures {
	struct ip address; /* family 0: free */
	uint64_t n[PEER_DEEDS];
};

struct keeper_peers {
	struct keeper *keeper;
	struct entry *entries;
	unsigned count, room;
	int64_t next_until; /* when a list of one is over; INT64_MAX: never */
	struct figures figures[SLOTS];
	unsigned figures_count;
	struct hash_salt salt; /* of the places */
	int64_t flush_at;
};

/* ---- entries ---- */

static struct entry *
find(const struct keeper_peers *p, struct span name)
{
	for (unsigned i = 0; i < p->count; i++)
		if (span_equals(span_of(p->entries[i].name), name))
			return &p->entries[i];
	return NULL;
}

static int
make_room(struct keeper_peers *p)
{
	unsigned room = p->room == 0 ? 16 : p->room * 2;
	struct entry *entries;

	if (p->count < p->room)
		return 0;
	entries = realloc(p->entries, room * sizeof *entries);
	if (entries == NULL)
		return -E_NOMEM;
	p->entries = entries;
	p->room = room;
	return 0;
}

/* One that no list takes must not keep all others from being listed. */
static int
check_entry(const char *name)
{
	struct err err = {0};
	struct hosts *list = hosts_new(&name, 1, &err);

	hosts_free(&list);
	return err.code;
}

static int
add(struct keeper_peers *p, const struct store_peer *row)
{
	struct entry *e;
	struct ip_net net;
	char *text;
	int error;

	if (p->count >= KEEPER_PEERS_MAX || make_room(p) < 0)
		return -E_NOMEM;
	text = malloc(row->name.n + 2);
	if (text == NULL)
		return -E_NOMEM;
	text[0] = '.';
	error = span_copy(row->name, text + 1, row->name.n + 1) < 0
		    ? -E_SYNTAX
		    : check_entry(text + 1);
	if (error != 0) {
		free(text);
		return error;
	}
	e = &p->entries[p->count++];
	*e = (struct entry){
	    .text = text,
	    .name = text + 1,
	    .domain = ip_net_parse(row->name, &net) < 0,
	    .list = row->list,
	    .until = row->until,
	};
	return 0;
}

static void
add_or_say(struct keeper_peers *p, const struct store_peer *row)
{
	int error = add(p, row);

	if (error == -E_SYNTAX)
		log_event(
		    "peers-not-understood", "peer=%s", log_quote(row->name));
	else if (error != 0)
		log_event("peers-no-memory", "peer=%s", log_quote(row->name));
}

static void
take_out(struct keeper_peers *p, struct entry *e)
{
	free(e->text);
	*e = p->entries[--p->count];
}

/* ---- lists ---- */

struct gathered {
	const char **names;
	unsigned n;
};

static void
gather(struct keeper_peers *p, const struct settings_list *settings,
    enum store_listed list, struct gathered *g)
{
	int64_t now = role_now();

	g->n = 0;
	for (unsigned i = 0; i < settings->n; i++)
		g->names[g->n++] = settings->v[i];
	for (unsigned i = 0; i < p->count; i++) {
		const struct entry *e = &p->entries[i];

		if (e->list != list || (e->until != 0 && e->until <= now))
			continue;
		g->names[g->n++] = e->name;
		if (e->domain)
			g->names[g->n++] = e->text;
	}
}

static struct hosts *
make_list(struct keeper_peers *p, const struct settings_list *settings,
    enum store_listed list, struct err *err)
{
	struct gathered g = {
	    calloc(settings->n + 2 * (size_t)p->count + 1, sizeof *g.names), 0};
	struct hosts *hosts;

	if (g.names == NULL) {
		err_set(err, -E_NOMEM, "no memory for lists of hosts");
		return NULL;
	}
	gather(p, settings, list, &g);
	hosts = hosts_new(g.names, g.n, err);
	free(g.names);
	return hosts;
}

static void
note_next_until(struct keeper_peers *p)
{
	int64_t now = role_now();

	p->next_until = INT64_MAX;
	for (unsigned i = 0; i < p->count; i++) {
		int64_t until = p->entries[i].until;

		if (until > now && until < p->next_until)
			p->next_until = until;
	}
}

int
keeper_peers_rebuild(struct keeper_peers *p, struct err *err)
{
	struct keeper *k = p->keeper;
	const struct settings *s = k->role->settings;
	struct hosts *allowed, *denied;

	allowed = make_list(p, &s->allow_hosts, LISTED_ALLOW, err);
	denied = make_list(p, &s->deny_hosts, LISTED_DENY, err);
	if (allowed == NULL || denied == NULL) {
		hosts_free(&allowed);
		hosts_free(&denied);
		return err->code;
	}
	hosts_free(&k->allowed);
	hosts_free(&k->denied);
	k->admit.allowed = k->allowed = allowed;
	k->admit.denied = k->denied = denied;
	note_next_until(p);
	keeper_quality_rebuild(k->quality);
	return 0;
}

static void
rebuild_or_say(struct keeper_peers *p)
{
	struct err err = {0};

	if (keeper_peers_rebuild(p, &err) < 0)
		log_event(
		    "peers-not-listed", "why=%s", log_quote(span_of(err.text)));
}

bool
keeper_peers_have_room(const struct keeper_peers *p, struct span name)
{
	return p->count < KEEPER_PEERS_MAX || find(p, name) != NULL;
}

void
keeper_peers_put(struct keeper_peers *p, const struct store_peer *row)
{
	struct entry *e = find(p, row->name);

	if (e != NULL) {
		e->list = row->list;
		e->until = row->until;
	} else {
		add_or_say(p, row);
	}
	rebuild_or_say(p);
}

void
keeper_peers_drop(struct keeper_peers *p, struct span name)
{
	struct entry *e = find(p, name);

	if (e == NULL)
		return;
	take_out(p, e);
	rebuild_or_say(p);
}

/* ---- figures ---- */

static unsigned
slot_of(const struct keeper_peers *p, struct ip address)
{
	unsigned i = (unsigned)hash_ip(&p->salt, address) & (SLOTS - 1);

	while (p->figures[i].address.family != 0 &&
	       !ip_equals(p->figures[i].address, address))
		i = (i + 1) & (SLOTS - 1);
	return i;
}

static void
counted(struct store_op *op, void *arg)
{
	(void)arg; /* figures for people: what is lost is lost */
	store_op_free(&op);
}

static void
fill_row(struct store_op *op, const struct figures *f, struct store_peer *row)
{
	char text[IP_TEXT];

	ip_text(f->address, text);
	row->name = arena_copy(&op->arena, span_of(text));
	row->notices = f->n[PEER_NOTICE];
	row->pulls = f->n[PEER_PULL];
	row->failures = f->n[PEER_FAILURE];
}

void
keeper_peers_flush(struct keeper_peers *p)
{
	struct store_op *op;
	struct store_peer *rows = NULL;
	unsigned n = 0;

	if (p->figures_count == 0)
		return;
	op = store_op_new(STORE_PEER_COUNT, role_now());
	if (op != NULL)
		rows = arena_take(&op->arena, p->figures_count * sizeof *rows);
	for (unsigned i = 0; rows != NULL && i < SLOTS; i++)
		if (p->figures[i].address.family != 0)
			fill_row(op, &p->figures[i], &rows[n++]);
	memset(p->figures, 0, sizeof p->figures);
	p->figures_count = 0;
	if (rows == NULL) {
		store_op_free(&op);
		return;
	}
	op->peer_count.count = n;
	op->peer_count.peers = rows;
	op->peer_count.total_max = KEEPER_PEERS_ROWS;
	op->done = counted;
	store_submit(p->keeper->store, op);
	keeper_stir(p->keeper);
}

void
keeper_peers_count(
    struct keeper_peers *p, struct ip address, enum keeper_peers_deed deed)
{
	struct figures *f;

	if (address.family == 0)
		return;
	if (p->figures_count == FULL)
		keeper_peers_flush(p);
	f = &p->figures[slot_of(p, address)];
	if (f->address.family == 0) {
		f->address = address;
		p->figures_count++;
	}
	f->n[deed]++;
}

void
keeper_peers_tick(struct keeper_peers *p, int64_t now)
{
	if (now >= p->next_until)
		rebuild_or_say(p);
	if (now < p->flush_at)
		return;
	p->flush_at = now + KEEPER_PEERS_SECONDS;
	keeper_peers_flush(p);
}

/* ---- life ---- */

static void
ask_page(void *owner, struct store_op *op, struct span after)
{
	(void)owner;
	op->peer_list.after = after;
	op->peer_list.limit = STORE_PAGE_MAX;
	op->peer_list.which = PEERS_LISTED;
}

static unsigned
take_page(void *owner, const struct store_op *op, struct span *last_r)
{
	const struct store_peer_list *list = &op->peer_list;

	for (unsigned i = 0; i < list->count; i++) {
		add_or_say(owner, &list->peers[i]);
		*last_r = list->peers[i].name;
	}
	return list->count;
}

int
keeper_peers_new(
    struct keeper *k, struct keeper_peers **peers_r, struct err *err)
{
	struct keeper_peers *p = calloc(1, sizeof *p);
	const struct keeper_page listed = {
	    k->store, STORE_PEER_LIST, p, ask_page, take_page};
	int got;

	*peers_r = p;
	if (p == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	p->keeper = k;
	hash_salt_fill(&p->salt);
	got = keeper_page_all(&listed);
	if (got < 0)
		return err_set(err, got, "listed peers could not be read");
	return 0;
}

void
keeper_peers_free(struct keeper_peers **peers)
{
	struct keeper_peers *p = *peers;

	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->count; i++)
		free(p->entries[i].text);
	free(p->entries);
	free(p);
	*peers = NULL;
}
