/*
 * Starting, joining, restarting and stopping the roles. Who talks to whom
 * stands in the table `links`; what each is given, in handout.c.
 */
#include "daemon/main/family.h"

#include "base/crash.h"
#include "base/log.h"
#include "daemon/channel/channel.h"
#include "daemon/main/handout.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct process {
	struct family *family;
	struct peer peer; /* its kind, index, channel */
	pid_t pid;        /* 0: not running */
	int64_t started;
	int64_t pause; /* before the next restart */
	uint64_t restarts;
	struct event *restart;
	bool ready;
};

struct family {
	struct event_base *base;
	struct ground *ground;
	struct family_owner owner;
	struct process processes[FAMILY_MAX];
	unsigned count;
	unsigned fronts; /* of each kind */
	bool all_ready, stopping, inner_stopped;
	struct event *stop_timer;
	int64_t stop_began;
};

static const enum role_kind links[][2] = {
    {ROLE_KEEPER, ROLE_FRONT},
    {ROLE_KEEPER, ROLE_CALLER},
    {ROLE_KEEPER, ROLE_RESOLVER},
    {ROLE_KEEPER, ROLE_POSTER},
    {ROLE_KEEPER, ROLE_CLERK},
    {ROLE_KEEPER, ROLE_AUTH},
    {ROLE_KEEPER, ROLE_SWEEPER},
    {ROLE_FRONT, ROLE_RESOLVER},
    {ROLE_FRONT, ROLE_AUTH},
    {ROLE_CALLER, ROLE_RESOLVER},
};

static int start_process(struct process *p, struct err *err);
static void stop_tick(evutil_socket_t fd, short what, void *arg);

/* Fronts of the first half face peers, those of the second half users. */
static bool
faces_peers(const struct process *p)
{
	return p->peer.kind == ROLE_FRONT && p->peer.index < p->family->fronts;
}

/* ---- joining ---- */

static bool
are_linked(enum role_kind a, enum role_kind b)
{
	for (unsigned i = 0; i < sizeof links / sizeof links[0]; i++)
		if ((links[i][0] == a && links[i][1] == b) ||
		    (links[i][0] == b && links[i][1] == a))
			return true;
	return false;
}

/* False if TO lives and is not told. */
static bool
send_link(struct process *to, const struct process *other, int fd)
{
	struct message m;
	int result;

	message_init(&m, MESSAGE_LINK);
	m.link.role = other->peer.kind;
	m.link.index = other->peer.index;
	m.link.faces_users =
	    other->peer.kind == ROLE_FRONT && !faces_peers(other);
	m.file = fd;
	result = peer_send(&to->peer, &m);
	return result == 0 || result == -E_AGAIN || result == -E_CLOSED;
}

static int
join(struct process *a, struct process *b, struct err *err)
{
	int pair[2];
	bool told;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, pair) < 0)
		return err_system(err, "socketpair");
	told = send_link(a, b, pair[0]);
	told = send_link(b, a, pair[1]) && told;
	return told ? 0 : err_set(err, -E_NOMEM, "no memory to join roles");
}

static int
join_all(struct process *p, struct err *err)
{
	struct family *f = p->family;

	for (unsigned i = 0; i < f->count; i++) {
		struct process *other = &f->processes[i];

		if (other != p && other->pid != 0 &&
		    are_linked(p->peer.kind, other->peer.kind) &&
		    join(p, other, err) < 0)
			return err->code;
	}
	return 0;
}

/* The keeper shows the processes to the operator (`restante status`). */
static void
tell_keeper(struct family *f, const struct process *p)
{
	for (unsigned i = 0; i < f->count; i++) {
		struct process *keeper = &f->processes[i];
		struct message m;

		if (keeper->peer.kind != ROLE_KEEPER || keeper->pid == 0)
			continue;
		message_init(&m, MESSAGE_PROCESS);
		m.process.role = p->peer.kind;
		m.process.index = p->peer.index;
		m.process.pid = (uint64_t)p->pid;
		m.process.restarts = p->restarts;
		peer_send(&keeper->peer, &m);
	}
}

static void
tell_all(struct family *f, const struct process *started)
{
	struct process self = {.peer.kind = ROLE_MAIN, .pid = getpid()};

	if (started->peer.kind != ROLE_KEEPER) {
		tell_keeper(f, started);
		return;
	}
	tell_keeper(f, &self);
	for (unsigned i = 0; i < f->count; i++)
		if (f->processes[i].pid != 0)
			tell_keeper(f, &f->processes[i]);
}

/* ---- starting ---- */

static void
check_ready(struct family *f)
{
	for (unsigned i = 0; i < f->count; i++)
		if (!f->processes[i].ready)
			return;
	if (f->all_ready)
		return;
	f->all_ready = true;
	f->owner.all_ready(f->owner.owner);
}

static void
process_message(void *owner, struct span octets, int file)
{
	struct process *p = owner;
	struct message m;

	if (message_decode(octets, file, &m) == 0 && m.type == MESSAGE_READY) {
		p->ready = true;
		event_del(p->restart);
		check_ready(p->family);
	}
	if (file >= 0)
		close(file);
}

static void
process_gone(void *owner)
{
	struct process *p = owner;

	channel_free(&p->peer.channel); /* SIGCHLD tells the rest */
}

#ifdef CRASH_POINTS
/* Only the first life of a role stops at the point that a test has chosen. */
static char *
crash_choice(const struct process *p)
{
	static char choice[128];
	const char *chosen = getenv(CRASH_ENVIRONMENT);

	if (chosen == NULL || p->restarts > 0)
		return NULL;
	snprintf(choice, sizeof choice, CRASH_ENVIRONMENT "=%s", chosen);
	return choice;
}
#else
static char *
crash_choice(const struct process *p)
{
	(void)p;
	return NULL;
}
#endif

/* In the child: nothing but calls that are safe after fork. */
static void
become_role(const struct process *p, int fd)
{
	char program[] = "restante", word[] = "role", name[16];
	char *arguments[] = {program, word, name, NULL};
	char *environment[] = {crash_choice(p), NULL};
	sigset_t none;

	strncpy(name, role_kind_name(p->peer.kind), sizeof name - 1);
	name[sizeof name - 1] = '\0';
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fd == HANDOUT_CHANNEL_FD)
		fcntl(fd, F_SETFD, 0);
	else if (dup2(fd, HANDOUT_CHANNEL_FD) < 0)
		_exit(127);
	close_range(HANDOUT_CHANNEL_FD + 1, ~0u, 0);
	execve("/proc/self/exe", arguments, environment);
	_exit(127);
}

static int
fork_process(struct process *p, struct err *err)
{
	struct channel_owner owner = {
	    .owner = p, .message = process_message, .gone = process_gone};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, pair) < 0)
		return err_system(err, "socketpair");
	p->pid = fork();
	if (p->pid == 0)
		become_role(p, pair[1]);
	close(pair[1]);
	if (p->pid < 0) {
		p->pid = 0;
		close(pair[0]);
		return err_system(err, "fork");
	}
	if (channel_new(p->family->base, pair[0], &owner, &p->peer.channel) < 0)
		return err_set(err, -E_NOMEM, "no memory for a channel");
	return 0;
}

/* All that it needs to begin, and the word to do so. */
static int
hand_out(struct process *p, struct err *err)
{
	struct family *f = p->family;

	if (!handout_ground(&p->peer, f->ground, faces_peers(p)))
		return err_set(err, -E_CLOSED,
		    "role %s cannot be given what it needs",
		    role_kind_name(p->peer.kind));
	if (join_all(p, err) < 0)
		return err->code;
	if (!handout_go(&p->peer, f->ground))
		return err_set(err, -E_CLOSED, "role %s cannot be told to go",
		    role_kind_name(p->peer.kind));
	return 0;
}

/* Without memory a library may hang: then nobody would ever hear of it. */
static int
start_process(struct process *p, struct err *err)
{
	const struct timeval patience = {FAMILY_READY, 0};
	int result;

	p->ready = false;
	p->started = role_now();
	if (fork_process(p, err) < 0)
		return err->code;
	result = event_add(p->restart, &patience) == 0
		     ? hand_out(p, err)
		     : err_set(err, -E_NOMEM, "no memory for a timer");
	if (result < 0) {
		channel_free(&p->peer.channel); /* without us it ends */
		return result;
	}
	tell_all(p->family, p);
	return 0;
}

/* The pause grows with each life that was short. */
static void
restart_later(struct process *p)
{
	struct timeval pause = {.tv_sec = p->pause};

	if (role_now() - p->started >= FAMILY_LONG_LIFE)
		pause.tv_sec = p->pause = FAMILY_PAUSE_FIRST;
	p->pause *= 2;
	if (p->pause > FAMILY_PAUSE_MAX)
		p->pause = FAMILY_PAUSE_MAX;
	event_add(p->restart, &pause);
}

static void
restart_due(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;
	struct err err = {0};

	(void)fd;
	(void)what;
	if (p->pid != 0 && !p->ready) {
		log_event("role-not-ready", "role=%s index=%u pid=%d",
		    role_kind_name(p->peer.kind), p->peer.index, (int)p->pid);
		kill(p->pid, SIGKILL); /* its end is told as any other */
	}
	if (p->family->stopping || p->pid != 0)
		return;
	p->restarts++;
	if (start_process(p, &err) == 0) {
		log_event("role-started", "role=%s index=%u pid=%d",
		    role_kind_name(p->peer.kind), p->peer.index, (int)p->pid);
		return;
	}
	log_event("role-start-failed", "role=%s why=%s",
	    role_kind_name(p->peer.kind), log_quote(span_of(err.text)));
	if (p->pid == 0)
		restart_later(p); /* else its end is told, and it begins anew */
}

static int
add_process(
    struct family *f, enum role_kind kind, unsigned index, struct err *err)
{
	struct process *p = &f->processes[f->count];

	if (f->count == FAMILY_MAX)
		return err_set(err, -E_RANGE, "too many processes");
	p->family = f;
	p->peer.kind = kind;
	p->peer.index = index;
	p->pause = FAMILY_PAUSE_FIRST;
	p->restart = event_new(f->base, -1, 0, restart_due, p);
	if (p->restart == NULL)
		return err_set(err, -E_NOMEM, "no memory for a timer");
	f->count++;
	return 0;
}

static unsigned
count_of(const struct family *f, enum role_kind kind)
{
	switch (kind) {
	case ROLE_FRONT:
		return 2 * f->fronts;
	case ROLE_POSTER:
		return 4;
	case ROLE_KEEPER:
	case ROLE_CALLER:
	case ROLE_RESOLVER:
	case ROLE_CLERK:
	case ROLE_AUTH:
	case ROLE_SWEEPER:
		return 1;
	case ROLE_MAIN:
	case ROLE_KINDS:
		break;
	}
	return 0;
}

int
family_start(struct family *f, struct err *err)
{
	for (unsigned kind = 0; kind < ROLE_KINDS; kind++)
		for (unsigned i = 0; i < count_of(f, (enum role_kind)kind); i++)
			if (add_process(f, (enum role_kind)kind, i, err) < 0)
				return err->code;
	for (unsigned i = 0; i < f->count; i++)
		if (start_process(&f->processes[i], err) < 0)
			return err->code;
	return 0;
}

int
family_new(struct event_base *base, struct ground *ground,
    const struct family_owner *owner, struct family **family_r)
{
	struct family *f = calloc(1, sizeof *f);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (f == NULL)
		return -E_NOMEM;
	f->stop_timer = event_new(base, -1, EV_PERSIST, stop_tick, f);
	if (f->stop_timer == NULL) {
		free(f);
		return -E_NOMEM;
	}
	f->base = base;
	f->ground = ground;
	f->owner = *owner;
	f->fronts = (unsigned)ground->settings->fronts;
	if (f->fronts == 0)
		f->fronts = cores > 0 ? (unsigned)cores : 1;
	if (f->fronts > ROLE_INDEX_MAX / 2)
		f->fronts = ROLE_INDEX_MAX / 2;
	*family_r = f;
	return 0;
}

void
family_free(struct family **family)
{
	struct family *f = *family;

	if (f == NULL)
		return;
	for (unsigned i = 0; i < f->count; i++) {
		channel_free(&f->processes[i].peer.channel);
		event_free(f->processes[i].restart);
	}
	event_free(f->stop_timer);
	free(f);
	*family = NULL;
}

void
family_reload(struct family *f)
{
	for (unsigned i = 0; i < f->count; i++)
		handout_reload(&f->processes[i].peer, f->ground);
}

/* ---- ends ---- */

static bool
is_outer(enum role_kind kind)
{
	return kind == ROLE_FRONT || kind == ROLE_CALLER;
}

static unsigned
running(const struct family *f, bool outer_only)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->count; i++)
		n += f->processes[i].pid != 0 &&
		     (!outer_only || is_outer(f->processes[i].peer.kind));
	return n;
}

static void
stop_those(struct family *f, bool outer)
{
	for (unsigned i = 0; i < f->count; i++) {
		struct message m;

		if (is_outer(f->processes[i].peer.kind) != outer)
			continue;
		message_init(&m, MESSAGE_STOP);
		peer_send(&f->processes[i].peer, &m);
	}
}

static void
stop_step(struct family *f)
{
	int64_t waited = role_now() - f->stop_began;

	if (running(f, false) == 0) {
		f->owner.all_gone(f->owner.owner);
		return;
	}
	if (!f->inner_stopped &&
	    (running(f, true) == 0 || waited >= FAMILY_STOP_SECONDS / 2)) {
		f->inner_stopped = true;
		stop_those(f, false);
	}
	if (waited >= FAMILY_STOP_SECONDS)
		for (unsigned i = 0; i < f->count; i++)
			if (f->processes[i].pid != 0)
				kill(f->processes[i].pid, SIGKILL);
}

static void
stop_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	stop_step(arg);
}

void
family_stop(struct family *f)
{
	struct timeval tick = {0, 200000};

	if (f->stopping)
		return;
	f->stopping = true;
	f->stop_began = role_now();
	stop_those(f, true);
	event_add(f->stop_timer, &tick);
	stop_step(f);
}

static void
process_ended(struct process *p, int status)
{
	struct family *f = p->family;
	bool was_ready = p->ready;

	log_event("role-ended", "role=%s index=%u pid=%d %s=%d",
	    role_kind_name(p->peer.kind), p->peer.index, (int)p->pid,
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		log_event("role-confined",
		    "role=%s why=\"it made a system call that confine.def "
		    "does not give it\"",
		    role_kind_name(p->peer.kind));
	p->pid = 0;
	p->ready = false;
	channel_free(&p->peer.channel);
	if (f->stopping)
		return;
	tell_keeper(f, p);
	if (!f->all_ready && !was_ready)
		f->owner.stillborn(f->owner.owner, p->peer.kind);
	else
		restart_later(p);
}

void
family_reap(struct family *f)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < f->count; i++)
			if (f->processes[i].pid == pid)
				process_ended(&f->processes[i], status);
	if (f->stopping)
		stop_step(f);
}
