/* The pump under TLS: the handshake, what crosses, and how it may end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "certificate.h"
#include "net/tls.h"
#include "toy.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "mx.b.test"

struct scene {
	struct event_base *base;
	struct buf certificate, key;
	SSL_CTX *server_tls;
	struct party server, client;
	int raw; /* the client's end where a test speaks by hand */
};

static int
start(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	party_now = 1000;
	s->base = event_base_new();
	s->raw = -1;
	certificate_make(HOST, &s->certificate, &s->key);
	*state = s;
	return tls_server(
	    buf_span(&s->certificate), buf_span(&s->key), &s->server_tls, NULL);
}

static int
stop(void **state)
{
	struct scene *s = *state;

	party_fini(&s->server);
	party_fini(&s->client);
	if (s->raw >= 0)
		close(s->raw);
	SSL_CTX_free(s->server_tls);
	SSL_CTX_free(s->client.tls);
	buf_fini(&s->certificate);
	buf_fini(&s->key);
	event_base_free(s->base);
	free(s);
	return 0;
}

/* As the SMTP machines do it: the word, the answer, the handshake. */
static void
start_tls_when_asked(struct party *p)
{
	if (!p->toy.question || conn_is_secure(p->conn))
		return;
	toy_answer(&p->toy, "220 go\n");
	conn_start_tls(p->conn, p->tls, true, NULL);
}

static void
pair(struct scene *s, int *client_r)
{
	int fd[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	party_init(&s->server, s->base, fd[0]);
	s->server.tls = s->server_tls;
	s->server.toy.asks = true;
	s->server.step = start_tls_when_asked;
	*client_r = fd[1];
}

/* A server and a client, both under TLS as soon as the loop turns. */
static void
both(struct scene *s, bool must_verify, const char *name)
{
	int fd;

	pair(s, &fd);
	s->server.toy.asks = false;
	conn_start_tls(s->server.conn, s->server_tls, true, NULL);
	party_init(&s->client, s->base, fd);
	assert_int_equal(tls_client(buf_span(&s->certificate), must_verify,
			     &s->client.tls, NULL),
	    0);
	conn_start_tls(s->client.conn, s->client.tls, false, name);
}

static void
wait_until_secure(struct scene *s)
{
	party_wait(s->base, &s->client.secured, 1);
	party_wait(s->base, &s->server.secured, 1);
}

static void
say(struct party *p, const char *text)
{
	toy_say(&p->toy, text);
	conn_kick(p->conn);
}

static void
lines_cross_where_the_name_verifies(void **state)
{
	struct scene *s = *state;

	both(s, true, HOST);
	wait_until_secure(s);
	s->client.toy.asks = true;
	say(&s->server, "over tls\n");
	party_wait(s->base, &s->client.toy.lines, 1);
	assert_string_equal(buf_string(&s->client.toy.heard), "over tls\n");
	assert_true(conn_is_secure(s->client.conn));
	assert_true(conn_is_secure(s->server.conn));
	assert_int_equal(s->client.secured, 1);
	assert_int_equal(s->server.secured, 1);
}

static void
stuff(struct toy *t, size_t lines)
{
	for (size_t line = 0; line < lines; line++)
		toy_say(t, "0123456789abcde\n");
}

static void
swallow(struct party *p)
{
	p->toy.question = false;
}

static void
long_texts_cross_both_ways_at_once(void **state)
{
	struct scene *s = *state;
	const unsigned lines = 30000;

	both(s, true, HOST);
	s->server.toy.asks = s->client.toy.asks = true;
	s->server.step = s->client.step = swallow;
	wait_until_secure(s);
	stuff(&s->server.toy, lines);
	stuff(&s->client.toy, lines);
	conn_kick(s->server.conn);
	conn_kick(s->client.conn);
	party_wait(s->base, &s->server.toy.lines, lines);
	party_wait(s->base, &s->client.toy.lines, lines);
	assert_int_equal(conn_received(s->client.conn), lines * 16);
	assert_int_equal(conn_received(s->server.conn), lines * 16);
}

static void
another_name_does_not_hinder_opportunistic_tls(void **state)
{
	struct scene *s = *state;

	both(s, false, "mx.other.test");
	party_wait(s->base, &s->client.secured, 1);
	assert_true(conn_is_secure(s->client.conn));
}

static void
another_name_is_refused_where_it_must_verify(void **state)
{
	struct scene *s = *state;

	both(s, true, "mx.other.test");
	party_wait(s->base, &s->client.ends, 1);
	party_wait(s->base, &s->server.ends, 1);
	assert_int_equal(s->client.end, CONN_TLS_FAILED);
	assert_int_equal(s->client.secured, 0);
	assert_false(conn_is_secure(s->client.conn));
}

static void
an_impossible_name_fails_the_handshake(void **state)
{
	struct scene *s = *state;
	char name[1000];

	memset(name, 'a', sizeof name);
	name[sizeof name - 1] = '\0';
	both(s, false, name);
	party_wait(s->base, &s->client.ends, 1);
	assert_int_equal(s->client.end, CONN_TLS_FAILED);
}

static void
an_older_protocol_is_refused(void **state)
{
	struct scene *s = *state;
	SSL_CTX *old;
	int fd;

	pair(s, &fd);
	party_init(&s->client, s->base, fd);
	assert_int_equal(
	    tls_client(buf_span(&s->certificate), false, &old, NULL), 0);
	s->client.tls = old;
	/* Debian's level 2 alone would refuse it: the minimum is tested. */
	SSL_CTX_set_security_level(s->server_tls, 0);
	SSL_CTX_set_security_level(old, 0);
	SSL_CTX_set_min_proto_version(old, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
	conn_start_tls(s->server.conn, s->server_tls, true, NULL);
	conn_start_tls(s->client.conn, old, false, HOST);
	party_wait(s->base, &s->server.ends, 1);
	assert_int_equal(s->server.end, CONN_TLS_FAILED);
}

static void
say_by_hand(struct scene *s, const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(send(s->raw, text, n, MSG_NOSIGNAL), (ssize_t)n);
}

static void
hear_by_hand(struct scene *s, const char *text)
{
	char room[100];
	ssize_t n = recv(s->raw, room, sizeof room - 1, 0);

	room[n < 0 ? 0 : n] = '\0';
	assert_string_equal(room, text);
}

/* The raw client becomes a party that does the handshake properly. */
static void
go_on_properly(struct scene *s)
{
	party_init(&s->client, s->base, s->raw);
	s->raw = -1;
	assert_int_equal(
	    tls_client(buf_span(&s->certificate), true, &s->client.tls, NULL),
	    0);
	conn_start_tls(s->client.conn, s->client.tls, false, HOST);
}

/* AT-16 */
static void
commands_injected_behind_starttls_are_dropped(void **state)
{
	struct scene *s = *state;

	pair(s, &s->raw);
	say_by_hand(s, "starttls\ninjected\ninjected again\n");
	party_turns(s->base);
	hear_by_hand(s, "220 go\n");
	go_on_properly(s);
	wait_until_secure(s);
	say(&s->client, "proper\n");
	party_wait(s->base, &s->server.toy.lines, 2);
	assert_string_equal(
	    buf_string(&s->server.toy.heard), "starttls\nproper\n");
}

/* AT-16 */
static void
half_a_command_injected_behind_starttls_is_dropped(void **state)
{
	struct scene *s = *state;

	pair(s, &s->raw);
	say_by_hand(s, "starttls\nhalf of a com");
	party_turns(s->base);
	hear_by_hand(s, "220 go\n");
	go_on_properly(s);
	wait_until_secure(s);
	say(&s->client, "proper\n");
	party_wait(s->base, &s->server.toy.lines, 2);
	assert_string_equal(
	    buf_string(&s->server.toy.heard), "starttls\nproper\n");
}

/* AT-16 */
static void
commands_injected_before_the_handshake_fail_it(void **state)
{
	struct scene *s = *state;

	pair(s, &s->raw);
	say_by_hand(s, "starttls\n");
	party_turns(s->base);
	hear_by_hand(s, "220 go\n");
	say_by_hand(s, "injected\n");
	party_turns(s->base);
	assert_int_equal(s->server.ends, 1);
	assert_int_equal(s->server.end, CONN_TLS_FAILED);
	assert_string_equal(buf_string(&s->server.toy.heard), "starttls\n");
}

static void
a_handshake_has_its_time(void **state)
{
	struct scene *s = *state;

	pair(s, &s->raw);
	say_by_hand(s, "starttls\n");
	party_turns(s->base);
	party_now += CONN_HANDSHAKE_SECONDS - 1;
	conn_kick(s->server.conn);
	party_turns(s->base);
	assert_int_equal(s->server.ends, 0);
	party_now += 1;
	conn_kick(s->server.conn);
	party_turns(s->base);
	assert_int_equal(s->server.ends, 1);
	assert_int_equal(s->server.end, CONN_TLS_FAILED);
}

static void
the_handshakes_time_ends_with_the_handshake(void **state)
{
	struct scene *s = *state;

	both(s, true, HOST);
	wait_until_secure(s);
	party_now += CONN_HANDSHAKE_SECONDS;
	conn_kick(s->server.conn);
	party_turns(s->base);
	assert_int_equal(s->server.ends, 0);
}

static void
the_machines_deadline_sleeps_during_the_handshake(void **state)
{
	struct scene *s = *state;

	pair(s, &s->raw);
	say_by_hand(s, "starttls\n");
	s->server.toy.deadline = party_now + 5;
	party_turns(s->base);
	party_now += 6;
	conn_kick(s->server.conn);
	party_turns(s->base);
	assert_int_equal(s->server.toy.ticks, 0);
}

static void
an_orderly_close_is_a_hang_up(void **state)
{
	struct scene *s = *state;

	both(s, true, HOST);
	wait_until_secure(s);
	say(&s->client, "quit\n");
	party_wait(s->base, &s->client.ends, 1);
	assert_int_equal(s->server.end, CONN_FINISHED);
	assert_string_equal(buf_string(&s->client.toy.heard), "bye\n");
	assert_int_equal(s->client.end, CONN_HUNG_UP);
}

static void
a_stream_that_is_cut_short_is_lost(void **state)
{
	struct scene *s = *state;

	both(s, true, HOST);
	wait_until_secure(s);
	conn_free(&s->server.conn);
	party_wait(s->base, &s->client.ends, 1);
	assert_int_equal(s->client.end, CONN_LOST);
}

static void
free_conn(struct party *p)
{
	conn_free(&p->conn);
}

static void
a_conn_may_be_freed_when_it_is_secured(void **state)
{
	struct scene *s = *state;

	both(s, true, HOST);
	s->client.safely = s->server.safely = free_conn;
	party_wait(s->base, &s->client.secured, 1);
	assert_null(s->client.conn);
	party_turns(s->base);
}

static void
a_conn_may_be_freed_when_its_handshake_failed(void **state)
{
	struct scene *s = *state;

	both(s, true, "mx.other.test");
	s->client.at_end = s->server.at_end = free_conn;
	party_wait(s->base, &s->client.ends, 1);
	party_wait(s->base, &s->server.ends, 1);
	assert_null(s->client.conn);
	assert_null(s->server.conn);
}

static void
a_peer_that_changes_its_keys_is_followed(void **state)
{
	struct scene *s = *state;
	SSL *ssl;

	pair(s, &s->raw);
	s->server.toy.asks = false;
	conn_start_tls(s->server.conn, s->server_tls, true, NULL);
	assert_int_equal(
	    tls_client(buf_span(&s->certificate), true, &s->client.tls, NULL),
	    0);
	ssl = SSL_new(s->client.tls);
	SSL_set_fd(ssl, s->raw);
	while (SSL_connect(ssl) != 1)
		party_turn(s->base);
	for (unsigned line = 1; line <= 5; line++) {
		assert_int_equal(
		    SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_write(ssl, "line\n", 5), 5);
		party_wait(s->base, &s->server.toy.lines, line);
	}
	SSL_free(ssl);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(lines_cross_where_the_name_verifies),
	    CASE(long_texts_cross_both_ways_at_once),
	    CASE(another_name_does_not_hinder_opportunistic_tls),
	    CASE(another_name_is_refused_where_it_must_verify),
	    CASE(an_impossible_name_fails_the_handshake),
	    CASE(an_older_protocol_is_refused),
	    CASE(commands_injected_behind_starttls_are_dropped),
	    CASE(half_a_command_injected_behind_starttls_is_dropped),
	    CASE(commands_injected_before_the_handshake_fail_it),
	    CASE(a_handshake_has_its_time),
	    CASE(the_handshakes_time_ends_with_the_handshake),
	    CASE(the_machines_deadline_sleeps_during_the_handshake),
	    CASE(an_orderly_close_is_a_hang_up),
	    CASE(a_stream_that_is_cut_short_is_lost),
	    CASE(a_conn_may_be_freed_when_it_is_secured),
	    CASE(a_conn_may_be_freed_when_its_handshake_failed),
	    CASE(a_peer_that_changes_its_keys_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
