/*
 * The role main: opens the ground, starts the family, and then only waits for
 * signals. It holds the power to start others, so it reads nothing that comes
 * from a stranger.
 */
#include "daemon/main/server.h"

#include "base/log.h"
#include "daemon/main/family.h"
#include "daemon/main/service.h"
#include "daemon/role/confine.h"
#include "daemon/role/drop.h"
#include "daemon/role/programs.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define ROLE_CHANNEL_FD 3

struct server {
	const char *config_path;
	struct event_base *base;
	struct ground ground;
	struct family *family;
	int status;
};

static const struct role_program *const programs[ROLE_KINDS] = {
    [ROLE_KEEPER] = &keeper_program,
    [ROLE_FRONT] = &front_program,
    [ROLE_CALLER] = &caller_program,
    [ROLE_RESOLVER] = &resolver_program,
    [ROLE_POSTER] = &poster_program,
    [ROLE_CLERK] = &clerk_program,
    [ROLE_AUTH] = &auth_program,
    [ROLE_SWEEPER] = &sweeper_program,
};

int
server_role(const char *name)
{
	for (unsigned i = 0; i < ROLE_KINDS; i++)
		if (programs[i] != NULL &&
		    strcmp(role_kind_name((enum role_kind)i), name) == 0)
			return role_run(programs[i], ROLE_CHANNEL_FD);
	fprintf(stderr, "restante: roles are started by `restante serve`\n");
	return 2;
}

static void
all_ready(void *owner)
{
	struct server *s = owner;

	log_event("ready", "hostname=%s", s->ground.settings->hostname);
	service_ready();
}

static void
all_gone(void *owner)
{
	struct server *s = owner;

	event_base_loopbreak(s->base);
}

static void
stillborn(void *owner, enum role_kind kind)
{
	struct server *s = owner;

	log_event(
	    "cannot-begin", "role=%s why=\"see above\"", role_kind_name(kind));
	s->status = 1;
	family_stop(s->family);
}

static void
signal_stop(evutil_socket_t number, short what, void *arg)
{
	struct server *s = arg;

	(void)what;
	log_event("stopping", "signal=%d", (int)number);
	service_stopping();
	family_stop(s->family);
}

static void
signal_reload(evutil_socket_t number, short what, void *arg)
{
	struct server *s = arg;
	struct err err = {0};

	(void)number;
	(void)what;
	service_reloading();
	if (ground_reload(s->config_path, &s->ground, &err) < 0) {
		log_event(
		    "reload-failed", "why=%s", log_quote(span_of(err.text)));
	} else {
		family_reload(s->family);
		log_event(
		    "reloaded", "file=%s", log_quote(span_of(s->config_path)));
	}
	service_ready();
}

static void
signal_child(evutil_socket_t number, short what, void *arg)
{
	struct server *s = arg;

	(void)number;
	(void)what;
	family_reap(s->family);
}

/* As many descriptors as we may have: each session is one. */
static void
raise_limits(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int
watch_signals(struct server *s, struct event *events[4])
{
	const struct {
		int number;
		event_callback_fn what;
	} rows[4] = {{SIGTERM, signal_stop}, {SIGINT, signal_stop},
	    {SIGHUP, signal_reload}, {SIGCHLD, signal_child}};

	signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; i < 4; i++) {
		events[i] =
		    evsignal_new(s->base, rows[i].number, rows[i].what, s);
		if (events[i] == NULL || event_add(events[i], NULL) < 0)
			return -E_NOMEM;
	}
	return 0;
}

static int
run(struct server *s, struct err *err)
{
	const struct family_owner owner = {.owner = s,
	    .all_ready = all_ready,
	    .all_gone = all_gone,
	    .stillborn = stillborn};
	struct event *events[4] = {NULL};
	int result;

	s->base = event_base_new();
	if (s->base == NULL || watch_signals(s, events) < 0 ||
	    family_new(s->base, &s->ground, &owner, &s->family) < 0)
		return err_set(err, -E_NOMEM, "no memory to start");
	result = family_start(s->family, err);
	if (result == 0)
		event_base_dispatch(s->base);
	family_free(&s->family);
	for (unsigned i = 0; i < 4; i++)
		event_free(events[i]);
	event_base_free(s->base);
	return result;
}

int
server_run(const char *config_path)
{
	struct server s = {.config_path = config_path};
	struct err err = {0};

	log_open("main");
	raise_limits();
	if (drop_tracing(&err) < 0 ||
	    ground_open(config_path, &s.ground, &err) < 0) {
		fprintf(stderr, "restante: %s\n", err.text);
		return 1;
	}
	log_event("confined", "filters=%s landlock=%d",
	    confine_filters() ? "on" : "off-in-this-build", confine_landlock());
	if (drop_main(&err) < 0 || run(&s, &err) < 0) {
		fprintf(stderr, "restante: %s\n", err.text);
		s.status = 1;
	}
	ground_close(&s.ground);
	log_event("stopped", "status=%d", s.status);
	return s.status;
}
