/*
 * The keeper: the only process that holds the store, and the only one that
 * decides. It waits for nobody: every question goes into the store's queue and
 * is answered after the commit that holds it, so whatever arrived while one
 * commit was syncing goes into the next.
 *
 * Not here: parsing of mail (the role that received it has done that), files
 * (posters), passwords (auth).
 */
#include "daemon/keeper/keeper.h"

#include "base/log.h"
#include "daemon/control/keeper_control.h"
#include "daemon/keeper/keeper_guess.h"
#include "daemon/keeper/keeper_history.h"
#include "daemon/keeper/keeper_offers.h"
#include "daemon/keeper/keeper_peers.h"
#include "daemon/keeper/keeper_quality.h"
#include "daemon/keeper/keeper_user.h"
#include "daemon/keeper/keeper_visit.h"
#include "daemon/role/programs.h"
#include "message/digest.h"
#include "store/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY    (24 * 3600)
#define MINUTE 60

static struct asker
asker_of(struct keeper *k, const struct peer *from, uint64_t session)
{
	return (struct asker){
	    .keeper = k,
	    .kind = from->kind,
	    .index = from->index,
	    .session = session,
	    .mode = MODE_SERVER,
	};
}

struct asker *
keeper_asker(struct keeper *k, const struct peer *from, uint64_t session)
{
	struct asker *a = calloc(1, sizeof *a);

	if (a == NULL) {
		log_no_memory("asker");
		return NULL;
	}
	*a = asker_of(k, from, session);
	return a;
}

struct asker *
keeper_spare(struct keeper *k, const struct peer *from, uint64_t session)
{
	k->spare = asker_of(k, from, session);
	return &k->spare;
}

void
keeper_answer(struct asker *a, struct message *m)
{
	peer_send(role_peer(a->keeper->role, a->kind, a->index), m);
	if (a != &a->keeper->spare)
		free(a);
}

void
keeper_stir(struct keeper *k)
{
	if (store_pending(k->store))
		event_active(k->turn, 0, 0);
}

void
keeper_free_body(void *keeper, struct key message)
{
	struct keeper *k = keeper;
	struct message m;

	message_init(&m, MESSAGE_BODY_FREE);
	m.body_free.message = message;
	peer_send(role_peer(k->role, ROLE_SWEEPER, 0), &m);
}

/* ---- the store's turn ---- */

static void
turn(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *k = arg;
	struct err err = {0};

	(void)fd;
	(void)what;
	if (store_turn(k->store, &err) < 0) {
		/* A failed sync is never tried again: what the disk has is only
		   known after a fresh start. */
		log_event(
		    "store-failed", "why=%s", log_quote(span_of(err.text)));
		_exit(1);
	}
	keeper_stir(k);
}

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *k = arg;
	int64_t now = role_now();

	(void)fd;
	(void)what;
	if (k->role->stopping)
		return;
	notify_look(k->notify, now);
	pull_look(k->pull, now);
	put_look(k->put, now);
	show_tick(k->show, now);
	keeper_account_tick(k);
	hold_expire(&k->expiry, now);
	tell_look(&k->tell, now);
	investigate_look(&k->investigate, now);
	decide_expire(&k->lapsing, now);
	keeper_peers_tick(k->peers, now);
	keeper_stir(k);
}

/* ---- lists that come from the settings ---- */

static int
make_hosts(
    const struct settings_list *list, struct hosts **hosts, struct err *err)
{
	struct hosts *fresh =
	    hosts_new((const char *const *)list->v, list->n, err);

	if (fresh == NULL)
		return -E_SYNTAX;
	hosts_free(hosts);
	*hosts = fresh;
	return 0;
}

/* The addresses on which we listen; wildcards are no addresses. */
static int
make_ourselves(const struct settings_list *endpoints, struct hosts **hosts,
    struct err *err)
{
	char text[ROLE_INDEX_MAX][IP_TEXT];
	const char *entries[ROLE_INDEX_MAX];
	struct hosts *fresh;
	unsigned n = 0;

	for (unsigned i = 0; i < endpoints->n && n < ROLE_INDEX_MAX; i++) {
		static const struct ip none;
		struct ip ip;
		uint16_t port;

		if (settings_endpoint(endpoints->v[i], &ip, &port) < 0 ||
		    memcmp(ip.b, none.b, sizeof ip.b) == 0)
			continue;
		ip_text(ip, text[n]);
		entries[n] = text[n];
		n++;
	}
	fresh = hosts_new(entries, n, err);
	if (fresh == NULL)
		return -E_NOMEM;
	hosts_free(hosts);
	*hosts = fresh;
	return 0;
}

static int
make_lists(struct keeper *k, struct err *err)
{
	const struct settings *s = k->role->settings;
	int result;

	if ((result = make_hosts(&s->domains, &k->local, err)) < 0 ||
	    (result = keeper_peers_rebuild(k->peers, err)) < 0 ||
	    (result = make_hosts(&s->callable_networks, &k->callable, err)) <
		0 ||
	    (result = make_ourselves(&s->listen_smtp, &k->ourselves, err)) < 0)
		return result;
	return 0;
}

/* A report lies in the store: it goes the way of all deliveries. */
static void
told(void *owner)
{
	struct keeper *k = owner;

	put_look(k->put, role_now());
}

static bool
may_submit(void *owner, struct span user, uint64_t most, int64_t now)
{
	struct keeper *k = owner;

	return limits_take(k->submits, user, most, now);
}

static void
point_to_settings(struct keeper *k)
{
	const struct settings *s = k->role->settings;
	const uint8_t *secret =
	    (const uint8_t *)k->role->secrets[SECRET_SERVER].p;

	k->accept =
	    (struct accept){k->store, s, k->local, secret, may_submit, k};
	k->admit = (struct admit){k->store, s, k->local, k->allowed, k->denied,
	    k->callable, k->ourselves, k->poor};
	k->serve = (struct serve_setup){
	    .store = k->store,
	    .settings = s,
	    .server_secret = secret,
	    .node = k->node,
	};
	k->expiry.store = k->store;
	k->expiry.settings = s;
	k->expiry.owner = k;
	k->expiry.free_body = keeper_free_body;
	k->lapsing.store = k->store;
	k->lapsing.owner = k;
	k->lapsing.free_body = keeper_free_body;
	k->lapsing.lapsed = keeper_stub_over;
	k->tell.store = k->store;
	k->tell.settings = s;
	k->tell.node = k->node;
	k->tell.owner = k;
	k->tell.told = told;
	k->tell.free_body = keeper_free_body;
	k->investigate.store = k->store;
	k->investigate.settings = s;
	k->investigate.node = k->node;
	k->investigate.owner = k;
	k->investigate.told = told;
}

static void
reloaded(struct role *role, const struct settings *old)
{
	struct keeper *k = role->state;
	struct err err = {0};

	(void)old;
	if (make_lists(k, &err) < 0)
		log_event(
		    "lists-refused", "why=%s", log_quote(span_of(err.text)));
	point_to_settings(k);
	keeper_guess_settings(k->guess);
	keeper_quality_look(k->quality);
	notify_settings(k->notify, role->settings);
	pull_settings(k->pull, role->settings);
	put_settings(k->put, role->settings);
	show_settings(k->show, role->settings);
}

/* ---- life ---- */

/* Claims that an earlier life of this server left behind are free again. */
static int
free_leases(struct keeper *k, struct err *err)
{
	struct store_op *op = store_op_new(STORE_LEASE_FREE, role_now());
	enum store_outcome outcome;

	if (op == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	op->lease_free.node = k->node;
	outcome = store_do(k->store, op);
	store_op_free(&op);
	return outcome == STORE_OK
		   ? 0
		   : err_set(err, -E_SYSTEM, "leases could not be freed");
}

static int
begin(struct role *role, struct err *err)
{
	struct keeper *k = calloc(1, sizeof *k);
	struct timeval second = {1, 0};

	if (k == NULL || digest_prepare() < 0)
		return err_set(err, -E_NOMEM, "no memory");
	role->state = k;
	k->role = role;
	k->node =
	    1; /* one node for each store, until a driver serves several */
	k->started = role_now();
	table_init(&k->seals);
	table_init(&k->boxes);
	if (role->secrets[SECRET_SERVER].n != STORE_SECRET)
		return err_set(err, -E_NONE, "the server's secret is missing");
	k->spool = open("spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (k->spool < 0)
		return err_system(err, "spool");
	if (store_open("sqlite:store", &k->store, err) < 0 ||
	    spool_prepare(k->spool, err) < 0 || free_leases(k, err) < 0 ||
	    keeper_quality_new(k, &k->quality) < 0 ||
	    keeper_peers_new(k, &k->peers, err) < 0 ||
	    keeper_guess_new(k, &k->guess, err) < 0 ||
	    keeper_history_new(k, &k->history, err) < 0 ||
	    keeper_visits_new(&k->visits) < 0 || make_lists(k, err) < 0)
		return err->code != 0 ? err->code
				      : err_set(err, -E_NOMEM, "no memory");
	point_to_settings(k);
	k->turn = event_new(role->base, -1, 0, turn, k);
	k->tick = event_new(role->base, -1, EV_PERSIST, tick, k);
	k->submits = limits_new(DAY);
	k->notices = limits_new(MINUTE);
	if (k->turn == NULL || k->tick == NULL || k->submits == NULL ||
	    k->notices == NULL || event_add(k->tick, &second) < 0 ||
	    keeper_control_new(k, &k->control) < 0)
		return err_set(err, -E_NOMEM, "no memory");
	keeper_quality_look(k->quality);
	return keeper_work_begin(k, err);
}

static void
take_process(struct keeper *k, const struct message *m)
{
	const struct message_process *p = &m->process;

	if (p->role < ROLE_KINDS && p->index < ROLE_INDEX_MAX)
		k->processes[p->role][p->index] =
		    (struct keeper_process){true, p->pid, p->restarts};
}

static void
message(struct role *role, struct peer *from, struct message *m)
{
	struct keeper *k = role->state;

	switch (from->kind) {
	case ROLE_MAIN:
		take_process(k, m);
		break;
	case ROLE_FRONT:
		keeper_mail_message(k, from, m);
		break;
	case ROLE_CALLER:
		if (m->type == MESSAGE_NOTICED || m->type == MESSAGE_PULLED ||
		    m->type == MESSAGE_CALL_OVER)
			keeper_work_message(k, from, m);
		else if (m->type == MESSAGE_PEER_OFFERS)
			keeper_offers_asked(k, from, &m->peer_offers);
		else
			keeper_mail_message(k, from, m);
		break;
	case ROLE_RESOLVER:
	case ROLE_SWEEPER:
		keeper_work_message(k, from, m);
		break;
	case ROLE_POSTER:
		if (m->type == MESSAGE_SEALED)
			keeper_arrival_sealed(k, m);
		else if (m->type != MESSAGE_POSTED &&
			 m->type != MESSAGE_COUNTED)
			keeper_box_message(k, m);
		else
			keeper_work_message(k, from, m);
		break;
	case ROLE_CLERK:
		keeper_stub_message(k, from, m);
		break;
	case ROLE_AUTH:
		if (m->type == MESSAGE_HASH_ANSWER)
			keeper_control_message(k->control, m);
		else if (m->type == MESSAGE_USER_PROVEN)
			keeper_visits_proven(k, m);
		else
			keeper_mail_account(k, from, m);
		break;
	case ROLE_KEEPER:
	case ROLE_KINDS:
		break;
	}
	keeper_stir(k);
}

static bool
listener(struct role *role, enum role_listener which, int fd)
{
	struct keeper *k = role->state;

	if (which == LISTENER_CONTROL)
		return keeper_control_listen(k->control, fd) == 0;
	close(fd);
	return true;
}

static void
peer_gone(struct role *role, struct peer *peer)
{
	struct keeper *k = role->state;

	keeper_mail_gone(k, peer);
	if (peer->kind == ROLE_FRONT)
		keeper_visits_gone(k, peer);
	keeper_work_gone(k, peer);
	if (peer->kind == ROLE_AUTH)
		keeper_control_auth_lost(k->control);
	keeper_stir(k);
}

/* Finishes what is queued, so that nothing said is left half said. */
static void
stop(struct role *role)
{
	struct keeper *k = role->state;
	struct err err = {0};

	keeper_peers_flush(k->peers);
	while (store_pending(k->store))
		if (store_turn(k->store, &err) < 0)
			_exit(1); /* as in turn() */
	keeper_control_free(&k->control);
	keeper_work_end(k);
	keeper_guess_free(&k->guess);
	keeper_peers_free(&k->peers);
	keeper_history_free(&k->history);
	keeper_quality_free(&k->quality);
	keeper_visits_free(&k->visits);
	keeper_box_end(k);
	store_close(&k->store);
	role_finished(role);
}

const struct role_program keeper_program = {
    .kind = ROLE_KEEPER,
    .begin = begin,
    .message = message,
    .listener = listener,
    .peer_gone = peer_gone,
    .reloaded = reloaded,
    .stop = stop,
};
