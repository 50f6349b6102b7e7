/*
 * Between the keeper and trust/penalty.c: the denied are read at the start and
 * written when they are new; each refusal that waits has a timer of ours, since
 * the session it is for may end earlier, and its place in the queue may not.
 *
 * Not for: what a failure is (origin/serve.c), how much it costs (penalty.c),
 * the waiting itself (session_turn.c).
 */
#include "daemon/keeper/keeper_guess.h"

#include "base/log.h"
#include "daemon/keeper/keeper_page.h"
#include "daemon/keeper/keeper_peers.h"
#include "trust/penalty.h"

#include <stdlib.h>

/* A refusal on its way. There are at most PENALTY_WAITING_MAX of a network. */
struct waiting {
	struct list in_guess;
	struct keeper_guess *guess;
	struct event *timer;
	struct ip asker;
};

struct keeper_guess {
	struct keeper *keeper;
	struct penalty *penalty;
	struct list waiting;
};

static struct penalty_settings
settings_of(const struct settings *s)
{
	return (struct penalty_settings){
	    .delay_first = s->fail_delay_first,
	    .delay_max = s->fail_delay_max,
	    .limit = (unsigned)s->fail_limit,
	    .window = s->fail_window,
	    .deny_time = s->deny_time,
	};
}

/* The address, or one for the network, by which NAME is denied. */
static bool
address_of(struct span name, struct ip *ip_r)
{
	struct ip_net net;

	if (ip_net_parse(name, &net) < 0)
		return false;
	*ip_r = net.address;
	return net.bits == (net.address.family == 4 ? 32 : 128) ||
	       net.bits == ip_host(net.address).bits;
}

/* ---- refusals that wait ---- */

static void
waiting_free(struct waiting *w)
{
	list_remove(&w->in_guess);
	if (w->timer != NULL)
		event_free(w->timer);
	free(w);
}

static void
waited(evutil_socket_t fd, short what, void *arg)
{
	struct waiting *w = arg;

	(void)fd;
	(void)what;
	penalty_waited(w->guess->penalty, w->asker);
	waiting_free(w);
}

/* False: no memory. */
static bool
wait_for(struct keeper_guess *g, struct ip asker, int64_t delay)
{
	struct timeval pause = {(time_t)delay, SERVE_REFUSAL_MS * 1000};
	struct waiting *w = calloc(1, sizeof *w);

	if (w == NULL)
		return false;
	w->guess = g;
	w->asker = asker;
	list_init(&w->in_guess);
	w->timer = event_new(g->keeper->role->base, -1, 0, waited, w);
	if (w->timer == NULL || event_add(w->timer, &pause) < 0) {
		waiting_free(w);
		return false;
	}
	list_append(&g->waiting, &w->in_guess);
	return true;
}

/* ---- who is denied ---- */

static void
kept(struct store_op *op, void *arg)
{
	(void)arg;
	if (op->outcome != STORE_OK)
		log_event("guessing-not-kept", "address=%s outcome=%s",
		    log_quote(op->denied_put.address),
		    store_outcome_name(op->outcome));
	store_op_free(&op);
}

/* It must outlive us; it counts already. */
static void
keep(struct keeper_guess *g, const struct penalty_failure *failure)
{
	struct store_op *op = store_op_new(STORE_DENIED_PUT, role_now());
	struct ip_net net = ip_host(failure->address);
	char text[IP_NET_TEXT];

	ip_net_text(&net, text);
	log_event("guessing-denied", "address=%s until=%lld", text,
	    (long long)failure->until);
	if (op != NULL)
		op->denied_put.address = arena_copy(&op->arena, span_of(text));
	if (op == NULL || op->denied_put.address.p == NULL) {
		log_no_memory("guessing");
		store_op_free(&op);
		return;
	}
	op->denied_put.until = failure->until;
	op->done = kept;
	store_submit(g->keeper->store, op);
	keeper_stir(g->keeper);
}

bool
keeper_guess_denies(const struct keeper_guess *g, struct ip asker)
{
	return asker.family == 0 ||
	       penalty_is_denied(g->penalty, asker, role_now());
}

static enum reply_name
fail(struct keeper_guess *g, struct ip asker, uint64_t *delay_r)
{
	struct penalty_failure failure;
	enum penalty_outcome outcome =
	    penalty_failed(g->penalty, asker, role_now(), &failure);

	if (failure.is_denied)
		keep(g, &failure);
	if (outcome == PENALTY_BUSY)
		return REPLY_GUESSED;
	if (!wait_for(g, asker, failure.delay)) {
		penalty_waited(g->penalty, asker);
		return REPLY_GUESSED;
	}
	*delay_r = (uint64_t)failure.delay;
	return REPLY_NOT_FOR_YOU;
}

enum reply_name
keeper_guess_refuse(struct keeper_guess *g, struct ip asker,
    const struct serve_answer *refusal, uint64_t *delay_r)
{
	struct keeper *k = g->keeper;

	*delay_r = 0;
	k->counters.n[COUNTER_PULLS_DENIED]++;
	if (!refusal->is_failure)
		return REPLY_NOT_FOR_YOU;
	keeper_peers_count(k->peers, asker, PEER_FAILURE);
	return fail(g, asker, delay_r);
}

bool
keeper_guess_find(
    const struct keeper_guess *g, struct span name, char row_r[IP_NET_TEXT])
{
	struct ip_net net;
	struct ip ip;

	if (!address_of(name, &ip) ||
	    !penalty_is_denied(g->penalty, ip, role_now()))
		return false;
	net = ip_host(ip);
	ip_net_text(&net, row_r);
	return true;
}

void
keeper_guess_forgive(struct keeper_guess *g, struct span name)
{
	struct ip ip;

	if (address_of(name, &ip) && penalty_forgive(g->penalty, ip))
		log_event("guessing-forgiven", "address=%s", log_quote(name));
}

/* ---- life ---- */

static void
take_row(struct keeper_guess *g, const struct store_denied *row)
{
	struct ip ip;

	if (!address_of(row->address, &ip) ||
	    penalty_deny(g->penalty, ip, row->until, role_now()) == -E_NOMEM)
		log_event(
		    "guessing-not-read", "address=%s", log_quote(row->address));
}

static void
ask_page(void *owner, struct store_op *op, struct span after)
{
	(void)owner;
	op->denied_list.after = after;
	op->denied_list.limit = STORE_PAGE_MAX;
}

static unsigned
take_page(void *owner, const struct store_op *op, struct span *last_r)
{
	const struct store_denied_list *list = &op->denied_list;

	for (unsigned i = 0; i < list->count; i++) {
		take_row(owner, &list->denied[i]);
		*last_r = list->denied[i].address;
	}
	return list->count;
}

int
keeper_guess_new(
    struct keeper *k, struct keeper_guess **guess_r, struct err *err)
{
	struct penalty_settings settings = settings_of(k->role->settings);
	struct keeper_guess *g = calloc(1, sizeof *g);
	const struct keeper_page denied = {
	    k->store, STORE_DENIED_LIST, g, ask_page, take_page};
	int got;

	*guess_r = g;
	if (g == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	g->keeper = k;
	list_init(&g->waiting);
	g->penalty = penalty_new(&settings);
	if (g->penalty == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	got = keeper_page_all(&denied);
	if (got < 0)
		return err_set(err, got, "denied hosts could not be read");
	return 0;
}

void
keeper_guess_settings(struct keeper_guess *g)
{
	struct penalty_settings settings =
	    settings_of(g->keeper->role->settings);

	penalty_set(g->penalty, &settings);
}

void
keeper_guess_free(struct keeper_guess **guess)
{
	struct keeper_guess *g = *guess;

	if (g == NULL)
		return;
	while (!list_empty(&g->waiting))
		waiting_free(
		    LIST_OF(g->waiting.next, struct waiting, in_guess));
	penalty_free(&g->penalty);
	free(g);
	*guess = NULL;
}
