/*
 * The life of a role, as role.h tells it. Not for what any role does: each has
 * a file of its own. main's side of the same story is in main.c.
 */
#include "daemon/role/role.h"

#include "base/log.h"
#include "daemon/channel/channel.h"
#include "daemon/role/confine.h"
#include "daemon/role/drop.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct role_private {
	struct peer main;
	struct peer *peers[ROLE_KINDS][ROLE_INDEX_MAX];
	struct buf secrets[SECRET_COUNT];
	int folder;                    /* -1: not here yet, or used up */
	int listeners[ROLE_INDEX_MAX]; /* those that came before begin() */
	enum role_listener listener_kinds[ROLE_INDEX_MAX];
	unsigned listener_count;
	bool begun;
	int status;
	struct event *alone; /* looks for peers that stay away */
};

int64_t
role_now(void)
{
	static int64_t latest, ahead; /* of the clock */
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (t.tv_sec >= latest)
		ahead = 0;
	else if (t.tv_sec + ahead < latest)
		ahead = latest - t.tv_sec; /* it was put back */
	if (t.tv_sec + ahead > latest)
		latest = t.tv_sec + ahead;
	return latest;
}

unsigned
role_most(uint64_t setting)
{
	return setting == 0 || setting > UINT_MAX ? UINT_MAX
						  : (unsigned)setting;
}

struct peer *
role_peer(struct role *role, enum role_kind kind, unsigned index)
{
	struct peer *p;

	if (kind == ROLE_MAIN)
		return &role->private->main;
	if (index >= ROLE_INDEX_MAX)
		return NULL;
	p = role->private->peers[kind][index];
	return p != NULL && p->channel != NULL ? p : NULL;
}

void
role_each_peer(struct role *role, enum role_kind kind,
    void (*each)(void *arg, struct peer *peer), void *arg)
{
	for (unsigned i = 0; i < ROLE_INDEX_MAX; i++) {
		struct peer *p = role_peer(role, kind, i);

		if (p != NULL)
			each(arg, p);
	}
}

void
role_finished(struct role *role)
{
	event_base_loopbreak(role->base);
}

static void
role_fail(struct role *role, const char *what, const struct err *err)
{
	log_event(
	    "role-failed", "at=%s why=%s", what, log_quote(span_of(err->text)));
	role->private->status = 1;
	if (role->base != NULL)
		role_finished(role);
}

/* ---- what main sends ---- */

static int
read_all(int fd, struct buf *to, struct err *err)
{
	struct stat st;
	char *room;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return err_system(err, "settings");
	if (st.st_size < 0 || (size_t)st.st_size > to->max)
		return err_set(err, -E_RANGE, "settings are too long");
	room = buf_room(to, (size_t)st.st_size);
	if (room == NULL)
		return err_set(err, -E_NOMEM, "no memory for settings");
	n = pread(fd, room, (size_t)st.st_size, 0);
	if (n != st.st_size)
		return err_system(err, "settings");
	buf_grow(to, (size_t)n);
	return 0;
}

static int
load_settings(int fd, struct settings **settings_r, struct err *err)
{
	struct buf text;
	int result;

	buf_init(&text, SETTINGS_TEXT_MAX);
	result = read_all(fd, &text, err);
	if (result == 0)
		result = settings_parse(
		    buf_span(&text), "settings", settings_r, err);
	buf_fini(&text);
	return result;
}

static void
take_setup(struct role *role, struct message *m)
{
	struct err err = {0};

	role->index = (unsigned)m->setup.index;
	if (m->file < 0 || load_settings(m->file, &role->settings, &err) < 0)
		role_fail(role, "setup", &err);
}

static void
take_reload(struct role *role, struct message *m)
{
	struct settings *old = role->settings, *new;
	struct err err = {0};

	if (m->file < 0 || load_settings(m->file, &new, &err) < 0) {
		log_event(
		    "reload-refused", "why=%s", log_quote(span_of(err.text)));
		return;
	}
	role->settings = new;
	if (role->program->reloaded != NULL)
		role->program->reloaded(role, old);
	settings_free(&old);
}

/* A longer one that follows would move: what it leaves is wiped before. */
static void
take_secret(struct role *role, const struct message *m)
{
	struct err err = {0};
	struct buf *b;

	if (m->secret.which >= SECRET_COUNT)
		return;
	b = &role->private->secrets[m->secret.which];
	buf_wipe(b);
	buf_init(b, MESSAGE_CONTENT_MAX);
	if (buf_put(b, m->secret.octets) < 0) {
		err_set(&err, -E_NOMEM, "no memory for a secret");
		role_fail(role, "secret", &err);
	}
	role->secrets[m->secret.which] = buf_span(b);
}

static void
take_folder(struct role *role, struct message *m)
{
	if (role->private->folder >= 0 || m->file < 0)
		return;
	role->private->folder = m->file;
	m->file = -1;
}

static void
give_listener(struct role *role, enum role_listener which, int fd)
{
	struct err err = {0};

	if (role->program->listener == NULL) {
		close(fd);
	} else if (!role->program->listener(role, which, fd)) {
		err_set(&err, -E_NOMEM, "no memory to listen");
		role_fail(role, "listener", &err);
	}
}

static void
take_listener(struct role *role, struct message *m)
{
	struct role_private *p = role->private;

	if (m->file < 0)
		return;
	if (p->begun) {
		give_listener(
		    role, (enum role_listener)m->listener.which, m->file);
	} else if (p->listener_count < ROLE_INDEX_MAX) {
		p->listener_kinds[p->listener_count] =
		    (enum role_listener)m->listener.which;
		p->listeners[p->listener_count++] = m->file;
	} else {
		return;
	}
	m->file = -1;
}

/* ---- other roles ---- */

static void
peer_gone(void *owner)
{
	struct peer *peer = owner;

	channel_free(&peer->channel);
	peer->gone_at = role_now();
	if (peer->role->program->peer_gone != NULL)
		peer->role->program->peer_gone(peer->role, peer);
}

static void
peer_message(void *owner, struct span octets, int file)
{
	struct peer *peer = owner;
	struct role *role = peer->role;
	struct message m;

	if (message_decode(octets, file, &m) < 0 ||
	    !message_is_legal(m.type, peer->kind, role->program->kind)) {
		log_event("message-illegal", "from=%s octets=%zu",
		    role_kind_name(peer->kind), octets.n);
		if (file >= 0)
			close(file);
		peer_gone(peer);
		return;
	}
	role->program->message(role, peer, &m);
	if (m.file >= 0)
		close(m.file);
}

static void
peer_writable(void *owner)
{
	struct peer *peer = owner;

	if (peer->role->program->peer_writable != NULL)
		peer->role->program->peer_writable(peer->role, peer);
}

/* A role that cannot be joined to another would wait for it in vain. */
static void
fail_link(struct role *role)
{
	struct err err = {0};

	err_set(&err, -E_NOMEM, "no memory for a channel");
	role_fail(role, "link", &err);
}

static void
take_link(struct role *role, struct message *m)
{
	struct channel_owner owner = {
	    .message = peer_message,
	    .writable = peer_writable,
	    .gone = peer_gone,
	};
	struct peer **place, *p;
	int fd = m->file;

	if (fd < 0 || m->link.role >= ROLE_KINDS ||
	    m->link.index >= ROLE_INDEX_MAX)
		return;
	place = &role->private->peers[m->link.role][m->link.index];
	if (*place == NULL)
		*place = calloc(1, sizeof **place);
	p = *place;
	if (p == NULL) {
		fail_link(role);
		return;
	}
	if (p->channel != NULL)
		peer_gone(p); /* its successor is here before the news */
	p->role = role;
	p->kind = (enum role_kind)m->link.role;
	p->index = (unsigned)m->link.index;
	p->faces_users = m->link.faces_users != 0;
	owner.owner = p;
	m->file = -1; /* closed also when it fails */
	if (channel_new(role->base, fd, &owner, &p->channel) < 0) {
		fail_link(role);
		return;
	}
	/* nothing is read before the role can answer */
	channel_pause(p->channel, !role->private->begun);
	if (role->private->begun && role->program->peer_here != NULL)
		role->program->peer_here(role, p);
}

/*
 * A process that died is back within seconds, and joined to us anew. A peer
 * that stays away while main lives means that the channel broke and not the
 * process: then only a fresh start of ours brings a new one.
 */
static void
look_for_lost(evutil_socket_t fd, short what, void *arg)
{
	struct role *role = arg;
	int64_t long_ago = role_now() - ROLE_ALONE_SECONDS;

	(void)fd;
	(void)what;
	for (unsigned k = 0; k < ROLE_KINDS; k++)
		for (unsigned i = 0; i < ROLE_INDEX_MAX; i++) {
			const struct peer *p = role->private->peers[k][i];

			if (p == NULL || p->channel != NULL ||
			    p->gone_at > long_ago)
				continue;
			log_event("peer-lost", "role=%s index=%u",
			    role_kind_name(p->kind), p->index);
			role->private->status = 1;
			role_finished(role);
		}
}

/* ---- beginning and end ---- */

static int
drop_power(struct role *role, const struct message *m, struct err *err)
{
	struct drop_to to = {
	    .uid = (uid_t)m->go.uid,
	    .gid = (gid_t)m->go.gid,
	    .root = m->go.drop ? role->private->folder : -1,
	};
	int result;

	if (role->private->folder < 0)
		return err_set(err, -E_NONE, "no folder came");
	if (!m->go.drop && fchdir(role->private->folder) < 0)
		return err_system(err, "fchdir");
	result = drop_privileges(&to, err);
	close(role->private->folder);
	role->private->folder = -1;
	return result == 0 ? confine_role(role->program->kind,
				 role->settings->listen_smdp.n > 0, err)
			   : result;
}

static void
here_all(struct role *role)
{
	for (unsigned k = 0; k < ROLE_KINDS; k++)
		for (unsigned i = 0; i < ROLE_INDEX_MAX; i++) {
			struct peer *p = role->private->peers[k][i];

			if (p == NULL || p->channel == NULL)
				continue;
			channel_pause(p->channel, false);
			if (role->program->peer_here != NULL)
				role->program->peer_here(role, p);
		}
}

static void
take_go(struct role *role, const struct message *m)
{
	static const struct timeval alone_pause = {ROLE_ALONE_SECONDS / 6, 0};
	struct role_private *p = role->private;
	struct message ready;
	struct err err = {0};

	if (role->settings == NULL || p->begun)
		return;
	confine_prepare();
	if (role->program->prepare != NULL &&
	    role->program->prepare(role, &err) < 0) {
		role_fail(role, "prepare", &err);
		return;
	}
	if (drop_power(role, m, &err) < 0) {
		role_fail(role, "drop", &err);
		return;
	}
	if (role->program->begin != NULL &&
	    role->program->begin(role, &err) < 0) {
		role_fail(role, "begin", &err);
		return;
	}
	if (event_add(p->alone, &alone_pause) < 0) {
		err_set(&err, -E_NOMEM, "no memory for a timer");
		role_fail(role, "begin", &err);
		return;
	}
	p->begun = true;
	here_all(role);
	for (unsigned i = 0; i < p->listener_count; i++)
		give_listener(role, p->listener_kinds[i], p->listeners[i]);
	if (p->status != 0)
		return;
	message_init(&ready, MESSAGE_READY);
	ready.ready.index = role->index;
	if (!peer_ask(&p->main, &ready)) {
		err_set(&err, -E_CLOSED, "main cannot be told");
		role_fail(role, "ready", &err);
	}
}

static void
take_stop(struct role *role)
{
	if (role->stopping)
		return;
	role->stopping = true;
	if (role->private->begun && role->program->stop != NULL)
		role->program->stop(role);
	else
		role_finished(role);
}

static void
main_message(void *owner, struct span octets, int file)
{
	struct role *role = owner;
	struct message m;

	/* after a failure the loop still hands out what had come behind it,
	   to a program that may not have begun */
	if (role->private->status != 0 ||
	    message_decode(octets, file, &m) < 0 ||
	    !message_is_legal(m.type, ROLE_MAIN, role->program->kind)) {
		if (file >= 0)
			close(file);
		return;
	}
	if (m.type == MESSAGE_SETUP)
		take_setup(role, &m);
	else if (m.type == MESSAGE_SECRET)
		take_secret(role, &m);
	else if (m.type == MESSAGE_FOLDER)
		take_folder(role, &m);
	else if (m.type == MESSAGE_LISTENER)
		take_listener(role, &m);
	else if (m.type == MESSAGE_LINK)
		take_link(role, &m);
	else if (m.type == MESSAGE_GO)
		take_go(role, &m);
	else if (m.type == MESSAGE_RELOAD)
		take_reload(role, &m);
	else if (m.type == MESSAGE_STOP)
		take_stop(role);
	else
		role->program->message(role, &role->private->main, &m);
	if (m.file >= 0)
		close(m.file);
}

/* Without main there is nobody to restart or stop us: end. */
static void
main_gone(void *owner)
{
	struct role *role = owner;

	channel_free(&role->private->main.channel);
	role_finished(role);
}

static void
role_close(struct role *role)
{
	struct role_private *p = role->private;

	for (unsigned k = 0; k < ROLE_KINDS; k++)
		for (unsigned i = 0; i < ROLE_INDEX_MAX; i++)
			if (p->peers[k][i] != NULL) {
				channel_free(&p->peers[k][i]->channel);
				free(p->peers[k][i]);
			}
	channel_free(&p->main.channel);
	for (unsigned i = 0; i < SECRET_COUNT; i++)
		buf_wipe(&p->secrets[i]);
	settings_free(&role->settings);
	event_base_free(role->base);
}

/* The loop, and in it what every role waits for. */
static int
open_loop(struct role *role, int fd, struct err *err)
{
	struct channel_owner owner = {
	    .owner = role, .message = main_message, .gone = main_gone};
	struct role_private *p = role->private;

	role->base = event_base_new();
	if (role->base == NULL ||
	    channel_new(role->base, fd, &owner, &p->main.channel) < 0)
		return err_set(err, -E_NOMEM, "no memory to begin");
	p->alone = event_new(role->base, -1, EV_PERSIST, look_for_lost, role);
	if (p->alone == NULL)
		return err_set(err, -E_NOMEM, "no memory for a timer");
	return 0;
}

int
role_run(const struct role_program *program, int fd)
{
	struct role_private private = {.folder = -1};
	struct role role = {.program = program, .private = &private};
	struct err err = {0};

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* the terminal's Ctrl-C is for main */
	signal(SIGHUP, SIG_IGN);
	log_open(role_kind_name(program->kind));
	log_never_block();
	prctl(PR_SET_NAME, role_kind_name(program->kind)); /* for ps and top */
	for (unsigned i = 0; i < SECRET_COUNT; i++)
		buf_init(&private.secrets[i], MESSAGE_CONTENT_MAX);
	private.main.role = &role;
	private.main.kind = ROLE_MAIN;
	if (drop_tracing(&err) < 0 || open_loop(&role, fd, &err) < 0) {
		role_fail(&role, "start", &err);
		return private.status;
	}
	event_base_dispatch(role.base);
	event_free(private.alone);
	role_close(&role);
	return private.status;
}
