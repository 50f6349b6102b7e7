/* Connecting: what works, what is refused, what is given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/dial.h"
#include "net/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct scene {
	struct event_base *base;
	struct dial *dial;
	int listener;
	uint16_t port;
	unsigned answers;
	int fd;
	char why[100];
	bool free_within;
};

static struct ip
address(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	return ip;
}

static int
start(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	struct sockaddr_in at;
	socklen_t n = sizeof at;

	alarm(60);
	s->base = event_base_new();
	s->fd = -1;
	if (listen_bind(address("127.0.0.1"), 0, &s->listener, NULL) != 0)
		return -1;
	getsockname(s->listener, (struct sockaddr *)&at, &n);
	s->port = ntohs(at.sin_port);
	*state = s;
	return 0;
}

static void
stop_listening(struct scene *s)
{
	if (s->listener >= 0)
		close(s->listener);
	s->listener = -1;
}

static int
stop(void **state)
{
	struct scene *s = *state;

	dial_free(&s->dial);
	if (s->fd >= 0)
		close(s->fd);
	stop_listening(s);
	event_base_free(s->base);
	free(s);
	return 0;
}

static void
on_done(void *owner, int fd, const char *why)
{
	struct scene *s = owner;

	s->answers++;
	s->fd = fd;
	assert_int_equal(span_copy(span_of(why), s->why, sizeof s->why), 0);
	if (s->free_within)
		dial_free(&s->dial);
}

static int
dial(struct scene *s, const char *from, const char *to, struct err *err)
{
	struct dial_setup setup = {
	    .base = s->base,
	    .to = address(to),
	    .port = s->port,
	    .owner = s,
	    .done = on_done,
	};

	if (from != NULL)
		setup.from = address(from);
	return dial_new(&setup, &s->dial, err);
}

static void
wait_for_answer(struct scene *s)
{
	assert_int_equal(s->answers, 0);
	while (s->answers == 0)
		event_base_loop(s->base, EVLOOP_ONCE);
	assert_int_equal(s->answers, 1);
}

static void
a_listening_server_is_reached(void **state)
{
	struct scene *s = *state;
	struct sockaddr_in from;
	socklen_t n = sizeof from;

	assert_int_equal(dial(s, "127.0.0.1", "127.0.0.1", NULL), 0);
	wait_for_answer(s);
	assert_true(s->fd >= 0);
	getsockname(s->fd, (struct sockaddr *)&from, &n);
	assert_int_equal(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

static void
the_callers_own_address_is_used(void **state)
{
	struct scene *s = *state;
	struct sockaddr_in from;
	socklen_t n = sizeof from;

	assert_int_equal(dial(s, "127.0.0.9", "127.0.0.1", NULL), 0);
	wait_for_answer(s);
	getsockname(s->fd, (struct sockaddr *)&from, &n);
	assert_string_equal(inet_ntoa(from.sin_addr), "127.0.0.9");
}

static void
a_closed_port_is_a_refusal(void **state)
{
	struct scene *s = *state;

	stop_listening(s);
	assert_int_equal(dial(s, NULL, "127.0.0.1", NULL), 0);
	wait_for_answer(s);
	assert_int_equal(s->fd, -E_CLOSED);
	assert_string_equal(s->why, "Connection refused");
}

static void
an_address_that_is_not_ours_fails_at_once(void **state)
{
	struct scene *s = *state;
	struct err err = {0};

	assert_int_equal(dial(s, "192.0.2.1", "127.0.0.1", &err), -E_SYSTEM);
	assert_non_null(strstr(err.text, "192.0.2.1"));
	assert_null(s->dial);
	assert_int_equal(s->answers, 0);
}

static void
two_families_do_not_mix(void **state)
{
	struct scene *s = *state;
	struct err err = {0};

	assert_int_equal(dial(s, "::1", "127.0.0.1", &err), -E_SYSTEM);
	assert_int_equal(s->answers, 0);
}

static void
a_dial_may_be_freed_within_its_answer(void **state)
{
	struct scene *s = *state;

	s->free_within = true;
	assert_int_equal(dial(s, NULL, "127.0.0.1", NULL), 0);
	wait_for_answer(s);
	assert_null(s->dial);
	assert_true(s->fd >= 0);
}

static void
a_dial_that_is_given_up_never_answers(void **state)
{
	struct scene *s = *state;

	assert_int_equal(dial(s, NULL, "127.0.0.1", NULL), 0);
	dial_free(&s->dial);
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_int_equal(s->answers, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_listening_server_is_reached),
	    CASE(the_callers_own_address_is_used),
	    CASE(a_closed_port_is_a_refusal),
	    CASE(an_address_that_is_not_ours_fails_at_once),
	    CASE(two_families_do_not_mix),
	    CASE(a_dial_may_be_freed_within_its_answer),
	    CASE(a_dial_that_is_given_up_never_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
