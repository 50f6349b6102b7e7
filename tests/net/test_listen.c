/* Accepting: who comes in, when nobody does, and the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 40

struct scene {
	struct event_base *base;
	struct listen *listen;
	int fd; /* the listener's */
	struct sockaddr_in at;
	int client[CLIENTS];
	unsigned clients, accepted;
	struct ip peer;
	bool free_within, pause_within;
};

static struct ip
address(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	return ip;
}

static void
on_accepted(void *owner, int fd, struct ip peer)
{
	struct scene *s = owner;
	int on = 0;
	socklen_t n = sizeof on;

	s->accepted++;
	s->peer = peer;
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &n);
	assert_true(on != 0);
	close(fd);
	if (s->free_within)
		listen_free(&s->listen);
	else if (s->pause_within)
		listen_pause(s->listen, true);
}

static int
start(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	socklen_t n = sizeof s->at;

	alarm(60);
	s->base = event_base_new();
	if (listen_bind(address("127.0.0.1"), 0, &s->fd, NULL) != 0)
		return -1;
	getsockname(s->fd, (struct sockaddr *)&s->at, &n);
	*state = s;
	return listen_new(s->base, s->fd, on_accepted, s, &s->listen);
}

static int
stop(void **state)
{
	struct scene *s = *state;

	listen_free(&s->listen);
	while (s->clients > 0)
		close(s->client[--s->clients]);
	event_base_free(s->base);
	free(s);
	return 0;
}

static void
come(struct scene *s)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&s->at, sizeof s->at), 0);
	s->client[s->clients++] = fd;
}

static void
everybody_who_comes_is_accepted(void **state)
{
	struct scene *s = *state;
	char text[IP_TEXT];

	while (s->clients < CLIENTS)
		come(s);
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_int_equal(s->accepted, CLIENTS);
	ip_text(s->peer, text);
	assert_string_equal(text, "127.0.0.1");
}

static void
one_turn_accepts_no_more_than_its_share(void **state)
{
	struct scene *s = *state;

	while (s->clients < CLIENTS)
		come(s);
	event_base_loop(s->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
	assert_int_equal(s->accepted, 16);
}

static void
nobody_is_accepted_during_a_pause(void **state)
{
	struct scene *s = *state;

	listen_pause(s->listen, true);
	come(s);
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_int_equal(s->accepted, 0);
	listen_pause(s->listen, false);
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_int_equal(s->accepted, 1);
}

static void
a_pause_works_at_once_within_accepted(void **state)
{
	struct scene *s = *state;

	s->pause_within = true;
	come(s);
	come(s);
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_int_equal(s->accepted, 1);
}

static void
a_listener_may_be_freed_within_accepted(void **state)
{
	struct scene *s = *state;

	s->free_within = true;
	come(s);
	come(s);
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_int_equal(s->accepted, 1);
	assert_null(s->listen);
}

/* The lowest limit at which nothing more can be opened. */
static rlim_t
exhausted(void)
{
	int next = dup(0);

	assert_true(next >= 0);
	close(next);
	return (rlim_t)next;
}

static void
without_descriptors_it_pauses_and_then_goes_on(void **state)
{
	struct scene *s = *state;
	struct rlimit before, none;

	come(s);
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = exhausted();
	setrlimit(RLIMIT_NOFILE, &none);
	/* A listener that spins would never come back from this. */
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(s->accepted, 0);
	while (s->accepted == 0)
		event_base_loop(s->base, EVLOOP_ONCE);
	assert_int_equal(s->accepted, 1);
}

static void
an_address_that_is_taken_is_named_in_the_error(void **state)
{
	struct scene *s = *state;
	struct err err = {0};
	int fd;

	assert_int_equal(
	    listen_bind(address("127.0.0.1"), ntohs(s->at.sin_port), &fd, &err),
	    -E_SYSTEM);
	assert_non_null(strstr(err.text, "127.0.0.1"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(everybody_who_comes_is_accepted),
	    CASE(one_turn_accepts_no_more_than_its_share),
	    CASE(nobody_is_accepted_during_a_pause),
	    CASE(a_pause_works_at_once_within_accepted),
	    CASE(a_listener_may_be_freed_within_accepted),
	    CASE(without_descriptors_it_pauses_and_then_goes_on),
	    CASE(an_address_that_is_taken_is_named_in_the_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
