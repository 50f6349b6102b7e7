/*
 * The front: accepts connections, owns the sessions, and brings each answer of
 * another role to the session that asked. Half of the fronts face other
 * servers, half our users (main decides by the sockets it hands out).
 */
#include "base/log.h"
#include "daemon/front/session.h"
#include "daemon/front/user_session.h"
#include "daemon/role/programs.h"
#include "message/charset.h"
#include "message/digest.h"
#include "net/tls.h"

#include <stdlib.h>
#include <unistd.h>

#define STOP_SECONDS 1 /* for sessions to hear their 421 */
#define LOOK_SECONDS 5 /* between two looks for questions nobody answered */

void
front_forget(struct front *f, uint64_t number)
{
	table_take(&f->sessions, number);
	for (unsigned i = 0; i < f->listener_count; i++)
		listen_pause(f->listeners[i].listen, false);
	if (f->role->stopping && f->count == 0)
		role_finished(f->role);
}

static void
accepted(void *owner, int fd, struct ip peer)
{
	struct front_listener *l = owner;
	struct front *f = l->front;
	uint64_t most = f->role->settings->sessions_total;

	if (l->which == LISTENER_SMDP)
		user_session_begin(l, fd, peer);
	else
		session_begin(l, fd, peer);
	if (most != 0 && f->count >= most)
		listen_pause(l->listen, true);
}

static bool
listener(struct role *role, enum role_listener which, int fd)
{
	struct front *f = role->state;
	struct front_listener *l = &f->listeners[f->listener_count];

	if (f->listener_count == FRONT_LISTENERS_MAX) {
		close(fd);
		return true;
	}
	l->front = f;
	l->which = which;
	if (listen_new(role->base, fd, accepted, l, &l->listen) < 0)
		return false;
	f->listener_count++;
	return true;
}

/* Whoever asked has hung up meanwhile. What the keeper has written down for
   them must not stay: a place among the sessions, a visit, a message that is
   leased. */
static void
give_back(struct peer *keeper, const struct message *m)
{
	struct message back;

	if (m->type == MESSAGE_ADMITTED && m->admitted.entered) {
		message_init(&back, MESSAGE_DISCONNECTED);
		back.disconnected.session = m->admitted.session;
		back.disconnected.address = m->admitted.address;
		peer_send(keeper, &back);
	}
	if (m->type == MESSAGE_USER_ENTERED && m->user_entered.visit != 0) {
		message_init(&back, MESSAGE_USER_LEFT);
		back.user_left.visit = m->user_entered.visit;
		peer_send(keeper, &back);
	}
	if (m->type != MESSAGE_PULL_ANSWER ||
	    m->pull_answer.reply != REPLY_YOUR_TURN)
		return;
	message_init(&back, MESSAGE_PULL_END);
	back.pull_end.session = m->pull_answer.session;
	back.pull_end.hold = m->pull_answer.hold;
	back.pull_end.ticket = m->pull_answer.ticket;
	back.pull_end.state = HOLD_NOTICED;
	back.pull_end.reply = span_of("the asker hung up");
	peer_send(keeper, &back);
}

static void
news(struct front *f, const struct message *m)
{
	struct user_session *s = table_get(&f->visits, m->user_news.visit);

	if (s != NULL)
		user_session_news(s, m->user_news.message);
}

static void
message(struct role *role, struct peer *from, struct message *m)
{
	struct front *f = role->state;
	/* all else begins with the number of whoever asked */
	struct front_session *s = table_get(&f->sessions, m->admitted.session);

	if (m->type == MESSAGE_USER_NEWS)
		news(f, m);
	else if (s != NULL)
		s->kind->answer(s, m);
	else
		give_back(from, m);
}

static void
peer_gone(struct role *role, struct peer *peer)
{
	struct front *f = role->state;
	struct front_session *s;
	uint64_t number;
	size_t at = 0;

	while ((s = table_next(&f->sessions, &at, &number)) != NULL)
		s->kind->lost(s, peer->kind);
}

/* One that is given up gets another number, so the walk begins anew. */
static struct front_session *
find_overdue(struct front *f, int64_t now)
{
	struct front_session *s;
	uint64_t number;
	size_t at = 0;

	while ((s = table_next(&f->sessions, &at, &number)) != NULL)
		if (s->kind->is_overdue(s, now))
			return s;
	return NULL;
}

void
front_look(struct front *f)
{
	int64_t now = role_now();
	struct front_session *s;

	while ((s = find_overdue(f, now)) != NULL)
		s->kind->give_up(s);
}

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	front_look(arg);
}

static void
unstall_all(struct front *f)
{
	struct front_session *s;
	uint64_t number;
	size_t at = 0;

	while ((s = table_next(&f->sessions, &at, &number)) != NULL)
		if (s->stalled)
			s->kind->unstall(s);
}

static void
peer_writable(struct role *role, struct peer *peer)
{
	bool was_on_its_way;

	if (peer->kind != ROLE_KEEPER)
		return;
	/* those that waited for a large one to be handed over are next */
	do {
		was_on_its_way = reception_is_on_its_way();
		unstall_all(role->state);
	} while (was_on_its_way && !reception_is_on_its_way() &&
		 !peer_is_full(peer));
}

/* ---- what comes from the settings ---- */

static int
make_tls(struct front *f, struct err *err)
{
	const struct role *role = f->role;
	SSL_CTX *fresh = NULL;

	if (role->secrets[SECRET_CERTIFICATE].n > 0 &&
	    tls_server(role->secrets[SECRET_CERTIFICATE],
		role->secrets[SECRET_PRIVATE_KEY], &fresh, err) < 0)
		return err->code;
	SSL_CTX_free(f->tls);
	f->tls = fresh;
	return 0;
}

static void
reloaded(struct role *role, const struct settings *old)
{
	struct front *f = role->state;
	struct err err = {0};

	(void)old;
	if (make_tls(f, &err) < 0)
		log_event("front-reload-refused", "why=%s",
		    log_quote(span_of(err.text)));
}

static int
begin(struct role *role, struct err *err)
{
	struct front *f = calloc(1, sizeof *f);
	struct timeval pause = {LOOK_SECONDS, 0};

	if (f == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	f->role = role;
	role->state = f;
	table_init(&f->sessions);
	table_init(&f->visits);
	f->tick = event_new(role->base, -1, EV_PERSIST, tick, f);
	if (f->tick == NULL || event_add(f->tick, &pause) < 0)
		return err_set(err, -E_NOMEM, "no memory");
	return make_tls(f, err);
}

/* ---- the end ---- */

static void
stop_now(evutil_socket_t fd, short what, void *arg)
{
	struct front *f = arg;

	(void)fd;
	(void)what;
	role_finished(f->role);
}

static void
stop_all(struct front *f)
{
	struct front_session *s;
	uint64_t number;
	size_t at = 0;

	while ((s = table_next(&f->sessions, &at, &number)) != NULL)
		s->kind->stop(s);
}

static void
stop(struct role *role)
{
	struct front *f = role->state;
	struct timeval pause = {STOP_SECONDS, 0};

	for (unsigned i = 0; i < f->listener_count; i++)
		listen_free(&f->listeners[i].listen);
	f->listener_count = 0;
	if (f->count == 0) {
		role_finished(role);
		return;
	}
	stop_all(f);
	f->stop_timer = event_new(role->base, -1, 0, stop_now, f);
	if (f->stop_timer != NULL)
		event_add(f->stop_timer, &pause);
	else
		role_finished(role);
}

static int
prepare(struct role *role, struct err *err)
{
	(void)role;
	(void)charset_prepare(); /* what is not there is shown as U+FFFD */
	if (digest_prepare() < 0)
		return err_set(err, -E_NOMEM, "no memory for digests");
	return tls_prepare(err);
}

const struct role_program front_program = {
    .kind = ROLE_FRONT,
    .prepare = prepare,
    .begin = begin,
    .message = message,
    .listener = listener,
    .peer_gone = peer_gone,
    .peer_writable = peer_writable,
    .reloaded = reloaded,
    .stop = stop,
};
