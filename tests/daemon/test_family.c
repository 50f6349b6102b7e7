/*
 * A role that does not get ready in its time is ended, and at any but the first
 * start another is begun. The roles here are this program itself, which main's
 * family starts as it starts every role: one that is told to be silent never
 * says READY. The clock is ours, so that nobody waits a minute.
 */
#include "daemon/main/family.h"

#include "base/log.h"
#include "daemon/channel/channel.h"
#include "daemon/main/handout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TOLD_GO      0
#define TOLD_SILENCE 1

/* ---- the clock ---- */

static int64_t seconds = 1000000; /* on every clock of this program */

int clock_gettime(clockid_t clock, struct timespec *now_r);

/* In the place of the C library's, for libevent, too. It stands still. */
int
clock_gettime(clockid_t clock, struct timespec *now_r)
{
	(void)clock;
	*now_r = (struct timespec){.tv_sec = seconds};
	return 0;
}

int64_t
role_now(void)
{
	return seconds;
}

/* ---- what main would give ---- */

static bool silent[ROLE_KINDS];
static unsigned begun[ROLE_KINDS];
static struct peer *latest[ROLE_KINDS];

bool
handout_ground(struct peer *to, const struct ground *ground, bool faces_peers)
{
	(void)to;
	(void)ground;
	(void)faces_peers;
	return true;
}

bool
handout_go(struct peer *to, const struct ground *ground)
{
	struct message m;

	(void)ground;
	begun[to->kind]++;
	latest[to->kind] = to;
	message_init(&m, MESSAGE_GO);
	m.go.drop = silent[to->kind] ? TOLD_SILENCE : TOLD_GO;
	return peer_ask(to, &m);
}

void
handout_reload(struct peer *to, const struct ground *ground)
{
	(void)to;
	(void)ground;
}

/* ---- the log, in the place of base/log.c ---- */

static unsigned ended, not_ready;

void
log_event(const char *event, const char *format, ...)
{
	(void)format;
	ended += strcmp(event, "role-ended") == 0;
	not_ready += strcmp(event, "role-not-ready") == 0;
}

const char *
log_quote(struct span s)
{
	(void)s;
	return "";
}

/* ---- a role ---- */

static void
answer_main(void)
{
	struct message m;
	struct buf octets;

	buf_init(&octets, MESSAGE_MAX);
	message_init(&m, MESSAGE_READY);
	if (message_encode(&m, &octets) < 0 ||
	    send(HANDOUT_CHANNEL_FD, octets.p, octets.n, 0) < 0)
		_exit(1);
	buf_fini(&octets);
}

/* Ends when main does, or says so. */
static int
be_role(void)
{
	static char octets[CHANNEL_MESSAGE_MAX];
	struct message m;
	ssize_t n;

	fcntl(HANDOUT_CHANNEL_FD, F_SETFL, 0); /* it may block */
	while ((n = read(HANDOUT_CHANNEL_FD, octets, sizeof octets)) > 0) {
		if (message_decode(span_make(octets, (size_t)n), -1, &m) < 0)
			continue;
		if (m.type == MESSAGE_STOP)
			return 0;
		if (m.type == MESSAGE_GO && m.go.drop == TOLD_GO)
			answer_main();
	}
	return 0;
}

/* ---- main ---- */

struct fixture {
	struct event_base *base;
	struct settings settings;
	struct ground ground;
	struct family *family;
	struct event *child;
	unsigned ready, stillborn, gone;
};

static void
note_ready(void *owner)
{
	((struct fixture *)owner)->ready++;
}

static void
note_gone(void *owner)
{
	((struct fixture *)owner)->gone++;
}

static void
note_stillborn(void *owner, enum role_kind kind)
{
	(void)kind;
	((struct fixture *)owner)->stillborn++;
}

static void
on_child(evutil_socket_t number, short what, void *arg)
{
	struct fixture *f = arg;

	(void)number;
	(void)what;
	family_reap(f->family);
}

/* The roles are other processes, which answer when they do. */
static void
until(struct fixture *f, const unsigned *what, unsigned count)
{
	while (*what < count)
		event_base_loop(f->base, EVLOOP_ONCE);
}

static int
open_family(void **state)
{
	static struct fixture f;
	const struct family_owner owner = {
	    &f, note_ready, note_gone, note_stillborn};

	f = (struct fixture){.base = event_base_new()};
	assert_non_null(f.base);
	f.settings.fronts = 1;
	f.ground.settings = &f.settings;
	f.child = evsignal_new(f.base, SIGCHLD, on_child, &f);
	assert_int_equal(event_add(f.child, NULL), 0);
	assert_int_equal(family_new(f.base, &f.ground, &owner, &f.family), 0);
	memset(silent, 0, sizeof silent);
	memset(begun, 0, sizeof begun);
	ended = not_ready = 0;
	*state = &f;
	return 0;
}

static int
close_family(void **state)
{
	struct fixture *f = *state;

	family_stop(f->family);
	until(f, &f->gone, 1);
	family_free(&f->family);
	event_free(f->child);
	event_base_free(f->base);
	return 0;
}

static void
start(struct fixture *f)
{
	struct err err = {0};

	if (family_start(f->family, &err) < 0)
		fail_msg("%s", err.text);
}

/* The clock goes on, and whatever is due then happens. */
static void
pass(struct fixture *f, int64_t by)
{
	seconds += by;
	event_base_loop(f->base, EVLOOP_NONBLOCK);
}

/* GD-03 */
static void
a_start_with_roles_that_do_not_get_ready_ends(void **state)
{
	struct fixture *f = *state;

	memset(silent, true, sizeof silent);
	start(f);
	pass(f, FAMILY_READY - 1);
	assert_int_equal(not_ready, 0);
	pass(f, 1);
	assert_true(not_ready > 0);
	until(f, &f->stillborn, 1);
	assert_int_equal(f->ready, 0);
}

/* GD-03 */
static void
a_successor_that_does_not_get_ready_is_followed_by_another(void **state)
{
	struct fixture *f = *state;
	struct message stop;

	start(f);
	until(f, &f->ready, 1);
	silent[ROLE_AUTH] = true;
	message_init(&stop, MESSAGE_STOP);
	assert_int_equal(peer_send(latest[ROLE_AUTH], &stop), 0);
	until(f, &ended, 1);
	pass(f, FAMILY_PAUSE_FIRST);
	assert_int_equal(begun[ROLE_AUTH], 2);
	pass(f, FAMILY_READY - 1);
	assert_int_equal(not_ready, 0);
	pass(f, 1);
	assert_int_equal(not_ready, 1);
	until(f, &ended, 2);
	silent[ROLE_AUTH] = false;
	pass(f, FAMILY_PAUSE_MAX);
	assert_int_equal(begun[ROLE_AUTH], 3);
	assert_int_equal(f->stillborn, 0);
}

int
main(int argc, char **argv)
{
#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_family, close_family)
	const struct CMUnitTest tests[] = {
	    CASE(a_start_with_roles_that_do_not_get_ready_ends),
	    CASE(a_successor_that_does_not_get_ready_is_followed_by_another),
	};

	if (argc > 1 && strcmp(argv[1], "role") == 0)
		return be_role();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
