/* The pump in clear: what crosses, when it stops, and how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/listen.h"
#include "toy.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MANY 1000

struct scene {
	struct event_base *base;
	struct party party;
	int peer; /* the test's end; -1 when closed */
};

static int
start(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	int fd[2];

	party_now = 1000;
	s->base = event_base_new();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) != 0)
		return -1;
	s->peer = fd[1];
	party_init(&s->party, s->base, fd[0]);
	*state = s;
	return 0;
}

static void
hang_up(struct scene *s)
{
	if (s->peer >= 0)
		close(s->peer);
	s->peer = -1;
}

static int
stop(void **state)
{
	struct scene *s = *state;

	party_fini(&s->party);
	hang_up(s);
	event_base_free(s->base);
	free(s);
	return 0;
}

static void
peer_says(struct scene *s, const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(send(s->peer, text, n, MSG_NOSIGNAL), (ssize_t)n);
}

static void
peer_hears(struct scene *s, const char *text)
{
	char room[4096];
	ssize_t n = recv(s->peer, room, sizeof room - 1, 0);

	room[n < 0 ? 0 : n] = '\0';
	assert_string_equal(room, text);
}

static void
assert_heard(struct toy *t, const char *text)
{
	assert_string_equal(buf_string(&t->heard), text);
}

static void
lines_are_echoed_however_they_dribble_in(void **state)
{
	struct scene *s = *state;
	const char *text = "one\ntwo\n";

	for (const char *p = text; *p != '\0'; p++) {
		char octet[2] = {*p, '\0'};

		peer_says(s, octet);
		party_turns(s->base);
	}
	peer_hears(s, text);
	assert_int_equal(conn_received(s->party.conn), strlen(text));
	assert_int_equal(conn_sent(s->party.conn), strlen(text));
}

static void
a_greeting_is_sent_before_anything_is_read(void **state)
{
	struct scene *s = *state;

	toy_say(&s->party.toy, "220 hello\n");
	party_turns(s->base);
	peer_hears(s, "220 hello\n");
}

static void
a_kick_works_from_the_loop_and_never_at_once(void **state)
{
	struct scene *s = *state;
	unsigned steps;

	party_turns(s->base);
	steps = s->party.steps;
	toy_say(&s->party.toy, "said later\n");
	conn_kick(s->party.conn);
	conn_kick(s->party.conn);
	assert_int_equal(s->party.steps, steps);
	party_turns(s->base);
	assert_true(s->party.steps > steps);
	peer_hears(s, "said later\n");
}

static size_t
fill(int fd)
{
	static char line[1000];
	size_t total = 0;
	ssize_t n;

	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\n';
	while ((n = send(fd, line, sizeof line, MSG_NOSIGNAL)) > 0)
		total += (size_t)n;
	assert_int_equal(errno, EAGAIN);
	return total;
}

static void
a_machine_that_waits_for_an_order_stops_the_peer(void **state)
{
	struct scene *s = *state;

	s->party.toy.asks = true;
	(void)fill(s->peer);
	party_turns(s->base);
	assert_int_equal(s->party.toy.lines, 1);
	assert_true(conn_has_unread(s->party.conn));
	assert_true(conn_received(s->party.conn) <= CONN_READ_MAX);
	(void)fill(s->peer);
	party_turns(s->base);
	assert_true(conn_received(s->party.conn) <= CONN_READ_MAX);
}

static void
each_order_lets_in_the_next_line(void **state)
{
	struct scene *s = *state;

	s->party.toy.asks = true;
	peer_says(s, "a\nb\nc\n");
	for (unsigned line = 1; line <= 3; line++) {
		party_turns(s->base);
		assert_int_equal(s->party.toy.lines, line);
		toy_answer(&s->party.toy, "ok\n");
		conn_kick(s->party.conn);
	}
	party_turns(s->base);
	assert_false(conn_has_unread(s->party.conn));
	peer_hears(s, "ok\nok\nok\n");
}

static void
answer_at_once(struct party *p)
{
	if (p->toy.question)
		toy_answer(&p->toy, "ok\n");
}

static void
orders_given_within_progress_drain_all_input(void **state)
{
	struct scene *s = *state;
	size_t filled;

	s->party.toy.asks = true;
	s->party.step = answer_at_once;
	filled = fill(s->peer);
	party_turns(s->base);
	assert_int_equal(conn_received(s->party.conn), filled);
	assert_int_equal(s->party.toy.lines, filled / 1000);
}

static void
one_turn_reads_no_more_than_its_share(void **state)
{
	struct scene *s = *state;

	party_turns(s->base);
	assert_true(fill(s->peer) > 5 * CONN_READ_MAX);
	party_turn(s->base);
	assert_int_equal(conn_received(s->party.conn), 4 * CONN_READ_MAX);
}

static void
input_that_one_machine_left_goes_to_the_next(void **state)
{
	struct scene *s = *state;
	struct toy next;

	toy_init(&next);
	s->party.toy.asks = true;
	peer_says(s, "turn\nfirst\nsecond\n");
	party_turns(s->base);
	assert_heard(&s->party.toy, "turn\n");
	conn_exchange(s->party.conn, toy_machine(&next));
	assert_int_equal(next.lines, 0);
	party_turns(s->base);
	assert_heard(&next, "first\nsecond\n");
	assert_heard(&s->party.toy, "turn\n");
	peer_hears(s, "first\nsecond\n");
	conn_free(&s->party.conn);
	toy_fini(&next);
}

static void
a_deadline_ticks_when_its_second_comes(void **state)
{
	struct scene *s = *state;

	s->party.toy.deadline = party_now + 100;
	party_turns(s->base);
	party_now += 99;
	conn_kick(s->party.conn);
	party_turns(s->base);
	assert_int_equal(s->party.toy.ticks, 0);
	party_now += 1;
	conn_kick(s->party.conn);
	party_turns(s->base);
	assert_int_equal(s->party.toy.ticks, 1);
}

static void
a_deadline_that_stays_in_the_past_does_not_spin(void **state)
{
	struct scene *s = *state;

	s->party.toy.deadline = party_now;
	party_turn(s->base);
	assert_int_equal(s->party.toy.ticks, 1);
	party_turn(s->base);
	assert_int_equal(s->party.toy.ticks, 1);
}

static void
the_clock_never_runs_backwards_for_a_machine(void **state)
{
	struct scene *s = *state;

	s->party.toy.deadline = 1000;
	party_turns(s->base);
	assert_int_equal(s->party.toy.ticks, 1);
	party_now = 500;
	conn_kick(s->party.conn);
	party_turns(s->base);
	assert_int_equal(s->party.toy.ticks, 2);
}

static void
last_words_are_sent_before_the_end(void **state)
{
	struct scene *s = *state;

	peer_says(s, "quit\nignored\n");
	party_turns(s->base);
	assert_int_equal(s->party.ends, 1);
	assert_int_equal(s->party.end, CONN_FINISHED);
	peer_hears(s, "bye\n");
	peer_hears(s, "");
}

static void
stuff(struct toy *t, size_t lines)
{
	for (size_t line = 0; line < lines; line++)
		toy_say(t, "0123456789abcde\n");
}

static void
a_long_text_reaches_a_slow_reader_whole(void **state)
{
	struct scene *s = *state;
	static char room[5000];
	size_t total = 0;
	ssize_t n;

	stuff(&s->party.toy, 100000);
	party_turns(s->base);
	while (total < 1600000) {
		n = recv(s->peer, room, sizeof room, 0);
		assert_true(n > 0);
		for (ssize_t i = 0; i < n; i++, total++)
			assert_int_equal(
			    room[i], "0123456789abcde\n"[total % 16]);
		party_turn(s->base);
	}
	assert_int_equal(conn_sent(s->party.conn), 1600000);
}

static void
last_words_wait_only_so_long_for_a_reader(void **state)
{
	struct scene *s = *state;

	stuff(&s->party.toy, 100000);
	peer_says(s, "quit\n");
	party_turns(s->base);
	assert_int_equal(s->party.ends, 0);
	party_now += CONN_LAST_WORDS_SECONDS;
	conn_kick(s->party.conn);
	party_turns(s->base);
	assert_int_equal(s->party.ends, 1);
	assert_int_equal(s->party.end, CONN_LOST);
}

static void
a_half_close_waits_until_pending_input_is_taken(void **state)
{
	struct scene *s = *state;

	s->party.toy.asks = true;
	peer_says(s, "a\nb\n");
	shutdown(s->peer, SHUT_WR);
	party_turns(s->base);
	assert_int_equal(s->party.ends, 0);
	toy_answer(&s->party.toy, "ok a\n");
	conn_kick(s->party.conn);
	party_turns(s->base);
	assert_heard(&s->party.toy, "a\nb\n");
	assert_int_equal(s->party.ends, 1);
	assert_int_equal(s->party.end, CONN_HUNG_UP);
	peer_hears(s, "ok a\n");
}

static void
a_peer_that_quits_and_closes_has_finished_in_order(void **state)
{
	struct scene *s = *state;

	peer_says(s, "quit\n");
	shutdown(s->peer, SHUT_WR);
	party_turns(s->base);
	assert_int_equal(s->party.end, CONN_FINISHED);
	peer_hears(s, "bye\n");
}

static void
what_a_peer_said_is_heard_though_it_no_longer_listens(void **state)
{
	struct scene *s = *state;

	toy_say(&s->party.toy, "content it will never read\n");
	peer_says(s, "552 too large\n");
	hang_up(s);
	party_turns(s->base);
	assert_heard(&s->party.toy, "552 too large\n");
	assert_int_equal(s->party.ends, 1);
	assert_int_equal(s->party.end, CONN_LOST);
}

static void
nothing_is_told_after_the_end(void **state)
{
	struct scene *s = *state;
	unsigned steps;

	peer_says(s, "quit\n");
	party_turns(s->base);
	steps = s->party.steps;
	conn_kick(s->party.conn);
	hang_up(s);
	party_turns(s->base);
	assert_int_equal(s->party.steps, steps);
	assert_int_equal(s->party.ends, 1);
}

static void
free_conn(struct party *p)
{
	conn_free(&p->conn);
}

static void
free_after_a_line(struct party *p)
{
	if (p->toy.lines > 0)
		conn_free(&p->conn);
}

static void
a_conn_may_be_freed_within_its_first_progress(void **state)
{
	struct scene *s = *state;

	s->party.step = free_conn;
	party_turns(s->base);
	assert_null(s->party.conn);
	assert_int_equal(s->party.steps, 1);
	peer_hears(s, "");
}

static void
a_conn_may_be_freed_while_input_is_handled(void **state)
{
	struct scene *s = *state;

	s->party.toy.asks = true;
	s->party.step = free_after_a_line;
	peer_says(s, "one\ntwo\n");
	party_turns(s->base);
	assert_null(s->party.conn);
	assert_heard(&s->party.toy, "one\n");
	assert_int_equal(s->party.ends, 0);
}

static void
a_conn_may_be_freed_at_its_end(void **state)
{
	struct scene *s = *state;

	s->party.at_end = free_conn;
	peer_says(s, "quit\n");
	party_turns(s->base);
	assert_null(s->party.conn);
	peer_hears(s, "bye\n");
}

static void
free_other(struct party *p)
{
	conn_free(&p->other->conn);
}

static void
a_conn_may_free_another_one_that_is_ready_too(void **state)
{
	struct scene *s = *state;
	struct party other;
	int fd[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	party_init(&other, s->base, fd[0]);
	party_turns(s->base);
	other.other = &s->party;
	s->party.other = &other;
	other.step = s->party.step = free_other;
	peer_says(s, "ready\n");
	assert_int_equal(send(fd[1], "ready\n", 6, 0), 6);
	party_turn(s->base);
	assert_true(other.conn == NULL || s->party.conn == NULL);
	party_fini(&other);
	close(fd[1]);
}

/* Two ends of a TCP connection over the loopback address. */
static void
tcp_pair(int *one_r, int *other_r)
{
	struct ip loopback;
	struct sockaddr_in at;
	socklen_t n = sizeof at;
	int listener;

	assert_int_equal(ip_parse(span_of("127.0.0.1"), &loopback), 0);
	assert_int_equal(listen_bind(loopback, 0, &listener, NULL), 0);
	getsockname(listener, (struct sockaddr *)&at, &n);
	*one_r = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(*one_r, (struct sockaddr *)&at, sizeof at), 0);
	*other_r = accept(listener, NULL, NULL);
	assert_true(*other_r >= 0);
	close(listener);
}

static void
a_reset_is_told_as_lost(void **state)
{
	struct scene *s = *state;
	struct linger at_once = {1, 0};
	struct party party;
	int ours, theirs;

	tcp_pair(&ours, &theirs);
	party_init(&party, s->base, ours);
	setsockopt(theirs, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(theirs);
	party_wait(s->base, &party.ends, 1);
	assert_int_equal(party.end, CONN_LOST);
	party_fini(&party);
}

static bool
may_open(rlim_t files)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	return limit.rlim_max >= files && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static void
a_thousand_connections_are_served_at_once(void **state)
{
	struct scene *s = *state;
	static struct party party[MANY];
	static int peer[MANY];
	char room[16];
	int fd[2];

	if (!may_open(MANY * 2 + 20))
		skip();
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
		party_init(&party[i], s->base, fd[0]);
		peer[i] = fd[1];
		assert_int_equal(send(peer[i], "hello\nquit\n", 11, 0), 11);
	}
	for (unsigned i = 0; i < MANY; i++) {
		party_wait(s->base, &party[i].ends, 1);
		assert_int_equal(recv(peer[i], room, sizeof room, 0), 10);
		assert_memory_equal(room, "hello\nbye\n", 10);
		party_fini(&party[i]);
		close(peer[i]);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(lines_are_echoed_however_they_dribble_in),
	    CASE(a_greeting_is_sent_before_anything_is_read),
	    CASE(a_kick_works_from_the_loop_and_never_at_once),
	    CASE(a_machine_that_waits_for_an_order_stops_the_peer),
	    CASE(each_order_lets_in_the_next_line),
	    CASE(orders_given_within_progress_drain_all_input),
	    CASE(one_turn_reads_no_more_than_its_share),
	    CASE(input_that_one_machine_left_goes_to_the_next),
	    CASE(a_deadline_ticks_when_its_second_comes),
	    CASE(a_deadline_that_stays_in_the_past_does_not_spin),
	    CASE(the_clock_never_runs_backwards_for_a_machine),
	    CASE(last_words_are_sent_before_the_end),
	    CASE(a_long_text_reaches_a_slow_reader_whole),
	    CASE(last_words_wait_only_so_long_for_a_reader),
	    CASE(a_half_close_waits_until_pending_input_is_taken),
	    CASE(a_peer_that_quits_and_closes_has_finished_in_order),
	    CASE(what_a_peer_said_is_heard_though_it_no_longer_listens),
	    CASE(nothing_is_told_after_the_end),
	    CASE(a_conn_may_be_freed_within_its_first_progress),
	    CASE(a_conn_may_be_freed_while_input_is_handled),
	    CASE(a_conn_may_be_freed_at_its_end),
	    CASE(a_conn_may_free_another_one_that_is_ready_too),
	    CASE(a_reset_is_told_as_lost),
	    CASE(a_thousand_connections_are_served_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
