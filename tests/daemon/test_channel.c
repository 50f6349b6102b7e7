/* Messages between our own processes: order, floods, descriptors, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "daemon/channel/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLOOD     400
#define HEARD_MAX 4096

struct end {
	struct channel *channel;
	unsigned messages, writables, gones;
	unsigned to_send; /* of a flood, numbered from 0 */
	unsigned sent;
	size_t queue_most;
	bool free_within;
	int passed;       /* the last descriptor that came, or -1 */
	struct span last; /* where the last message lay */
	struct buf heard;
};

struct scene {
	struct event_base *base;
	struct end a, b;
};

static char full[CHANNEL_MESSAGE_MAX];

static void
pour(struct end *e)
{
	int result;

	while (e->sent < e->to_send && !channel_is_full(e->channel)) {
		memcpy(full, &e->sent, sizeof e->sent);
		result =
		    channel_send(e->channel, span_make(full, sizeof full), -1);
		assert_true(result == 0 || result == -E_AGAIN);
		assert_int_equal(
		    result == -E_AGAIN, channel_is_full(e->channel));
		e->sent++;
		if (channel_queued(e->channel) > e->queue_most)
			e->queue_most = channel_queued(e->channel);
	}
}

static void
on_message(void *owner, struct span octets, int passed_fd)
{
	struct end *e = owner;
	unsigned number;

	e->last = octets;
	if (octets.n == sizeof full) {
		memcpy(&number, octets.p, sizeof number);
		assert_int_equal(number, e->messages);
	} else {
		buf_put(&e->heard, octets);
	}
	e->messages++;
	if (passed_fd >= 0 && e->passed >= 0)
		close(e->passed);
	if (passed_fd >= 0)
		e->passed = passed_fd;
	if (e->free_within)
		channel_free(&e->channel);
}

static void
on_writable(void *owner)
{
	struct end *e = owner;

	e->writables++;
	assert_false(channel_is_full(e->channel));
	pour(e);
}

static void
on_gone(void *owner)
{
	struct end *e = owner;

	e->gones++;
	if (e->free_within)
		channel_free(&e->channel);
}

static void
open_end(struct scene *s, struct end *e, int fd)
{
	struct channel_owner owner = {e, on_message, on_writable, on_gone};

	e->passed = -1;
	buf_init(&e->heard, HEARD_MAX);
	assert_int_equal(channel_new(s->base, fd, &owner, &e->channel), 0);
}

static int
start(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	int fd[2];

	alarm(60);
	s->base = event_base_new();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) != 0)
		return -1;
	open_end(s, &s->a, fd[0]);
	open_end(s, &s->b, fd[1]);
	*state = s;
	return 0;
}

static void
close_end(struct end *e)
{
	channel_free(&e->channel);
	if (e->passed >= 0)
		close(e->passed);
	buf_fini(&e->heard);
}

static int
stop(void **state)
{
	struct scene *s = *state;

	close_end(&s->a);
	close_end(&s->b);
	event_base_free(s->base);
	free(s);
	return 0;
}

static void
turn(struct scene *s)
{
	event_base_loop(s->base, EVLOOP_NONBLOCK);
}

static int
say(struct end *e, const char *text)
{
	return channel_send(e->channel, span_of(text), -1);
}

static void
messages_arrive_one_by_one_and_in_order(void **state)
{
	struct scene *s = *state;

	assert_int_equal(say(&s->a, "one,"), 0);
	assert_int_equal(say(&s->a, "two,"), 0);
	assert_int_equal(say(&s->a, "three"), 0);
	assert_int_equal(s->b.messages, 0);
	turn(s);
	assert_int_equal(s->b.messages, 3);
	assert_string_equal(buf_string(&s->b.heard), "one,two,three");
}

static void
what_has_been_heard_does_not_stay_in_memory(void **state)
{
	struct scene *s = *state;

	assert_int_equal(say(&s->a, "a password"), 0);
	turn(s);
	assert_int_equal(s->b.last.n, 10);
	for (size_t i = 0; i < s->b.last.n; i++)
		assert_int_equal(s->b.last.p[i], 0);
}

static void
two_ends_that_flood_each_other_never_stall(void **state)
{
	struct scene *s = *state;
	const size_t bound = CHANNEL_QUEUE_SOFT + CHANNEL_MESSAGE_MAX + 4096;

	s->a.to_send = s->b.to_send = FLOOD;
	pour(&s->a);
	pour(&s->b);
	while (s->a.messages < FLOOD || s->b.messages < FLOOD)
		event_base_loop(s->base, EVLOOP_ONCE);
	assert_true(s->a.writables > 0);
	assert_true(s->a.queue_most <= bound);
	assert_true(s->b.queue_most <= bound);
	assert_int_equal(channel_queued(s->a.channel), 0);
}

static void
one_turn_handles_no_more_than_its_share(void **state)
{
	struct scene *s = *state;

	for (unsigned n = 0; n < 100; n++)
		assert_int_equal(say(&s->a, "x"), 0);
	event_base_loop(s->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
	assert_int_equal(s->b.messages, 32);
	turn(s);
	assert_int_equal(s->b.messages, 100);
}

static void
beyond_the_hard_ceiling_messages_are_refused(void **state)
{
	struct scene *s = *state;
	int result = 0;

	while (result == 0 || result == -E_AGAIN)
		result = channel_send(
		    s->a.channel, span_make(full, sizeof full), -1);
	assert_int_equal(result, -E_NOMEM);
	assert_true(channel_queued(s->a.channel) <= CHANNEL_QUEUE_MAX);
}

static void
empty_and_oversized_messages_are_refused(void **state)
{
	struct scene *s = *state;
	static char more[CHANNEL_MESSAGE_MAX + 1];

	assert_int_equal(say(&s->a, ""), -E_RANGE);
	assert_int_equal(
	    channel_send(s->a.channel, span_make(more, sizeof more), -1),
	    -E_RANGE);
	turn(s);
	assert_int_equal(s->b.messages, 0);
	assert_int_equal(s->b.gones, 0);
}

static void
a_paused_channel_reads_nothing_until_it_goes_on(void **state)
{
	struct scene *s = *state;

	channel_pause(s->b.channel, true);
	say(&s->a, "waits");
	turn(s);
	assert_int_equal(s->b.messages, 0);
	assert_int_equal(say(&s->b, "speaks"), 0);
	turn(s);
	assert_int_equal(s->a.messages, 1);
	channel_pause(s->b.channel, false);
	turn(s);
	assert_int_equal(s->b.messages, 1);
}

static void
a_pause_holds_a_flood_at_its_source(void **state)
{
	struct scene *s = *state;

	channel_pause(s->b.channel, true);
	s->a.to_send = FLOOD;
	pour(&s->a);
	turn(s);
	assert_true(channel_is_full(s->a.channel));
	assert_true(s->a.sent < FLOOD);
	channel_pause(s->b.channel, false);
	while (s->b.messages < FLOOD)
		event_base_loop(s->base, EVLOOP_ONCE);
}

static void
a_descriptor_crosses_and_is_closed_on_exec(void **state)
{
	struct scene *s = *state;
	int pipe_fd[2];
	char octet;

	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(
	    channel_send(s->a.channel, span_of("take"), pipe_fd[1]), 0);
	assert_int_equal(fcntl(pipe_fd[1], F_GETFD), -1);
	turn(s);
	assert_true(s->b.passed >= 0);
	assert_true((fcntl(s->b.passed, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(write(s->b.passed, "x", 1), 1);
	assert_int_equal(read(pipe_fd[0], &octet, 1), 1);
	close(pipe_fd[0]);
}

/* All writers of the pipe are closed when its reader sees the end. */
static void
assert_no_writer(int fd)
{
	char octet;

	assert_int_equal(read(fd, &octet, 1), 0);
	close(fd);
}

static void
a_descriptor_waits_in_the_queue_with_its_message(void **state)
{
	struct scene *s = *state;
	int pipe_fd[2];

	assert_int_equal(pipe(pipe_fd), 0);
	s->a.to_send = FLOOD;
	pour(&s->a);
	s->a.to_send = s->a.sent;
	assert_int_equal(
	    channel_send(s->a.channel, span_of("take"), pipe_fd[1]), -E_AGAIN);
	turn(s);
	assert_true(s->b.passed >= 0);
	close(s->b.passed);
	s->b.passed = -1;
	assert_no_writer(pipe_fd[0]);
}

static void
a_refused_message_closes_its_descriptor(void **state)
{
	struct scene *s = *state;
	int pipe_fd[2];

	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(
	    channel_send(s->a.channel, span_of(""), pipe_fd[1]), -E_RANGE);
	assert_no_writer(pipe_fd[0]);
}

static void
freeing_a_channel_closes_what_waited_in_it(void **state)
{
	struct scene *s = *state;
	int pipe_fd[2];

	assert_int_equal(pipe(pipe_fd), 0);
	s->a.to_send = FLOOD;
	pour(&s->a);
	channel_send(s->a.channel, span_of("take"), pipe_fd[1]);
	channel_free(&s->a.channel);
	assert_no_writer(pipe_fd[0]);
}

static void
the_end_is_told_after_the_last_message(void **state)
{
	struct scene *s = *state;

	say(&s->a, "last words");
	channel_free(&s->a.channel);
	turn(s);
	assert_string_equal(buf_string(&s->b.heard), "last words");
	assert_int_equal(s->b.gones, 1);
	assert_int_equal(say(&s->b, "nobody"), -E_CLOSED);
	turn(s);
	assert_int_equal(s->b.gones, 1);
}

static void
what_a_dead_process_said_is_heard_after_all(void **state)
{
	struct scene *s = *state;

	say(&s->b, "never read");
	say(&s->a, "last words");
	channel_free(&s->a.channel);
	assert_int_equal(say(&s->b, "too late"), -E_CLOSED);
	assert_int_equal(s->b.gones, 0);
	turn(s);
	assert_string_equal(buf_string(&s->b.heard), "last words");
	assert_int_equal(s->b.gones, 1);
}

static void
a_reset_is_not_the_end_of_what_was_said(void **state)
{
	struct scene *s = *state;

	say(&s->b, "never read");
	say(&s->a, "last words");
	channel_free(&s->a.channel);
	turn(s);
	assert_string_equal(buf_string(&s->b.heard), "last words");
	assert_int_equal(s->b.gones, 1);
}

static void
a_message_the_kernel_refuses_ends_both_ends(void **state)
{
	struct scene *s = *state;
	int no_file = 1000000;

	say(&s->a, "before");
	say(&s->b, "before");
	assert_int_equal(
	    channel_send(s->a.channel, span_of("x"), no_file), -E_CLOSED);
	assert_int_equal(say(&s->a, "after"), -E_CLOSED);
	turn(s);
	assert_string_equal(buf_string(&s->a.heard), "before");
	assert_string_equal(buf_string(&s->b.heard), "before");
	assert_int_equal(s->a.gones, 1);
	assert_int_equal(s->b.gones, 1);
}

static void
an_end_that_dies_frees_a_full_queue(void **state)
{
	struct scene *s = *state;

	s->a.to_send = FLOOD;
	pour(&s->a);
	s->a.to_send = s->a.sent;
	channel_pause(s->a.channel, true);
	channel_free(&s->b.channel);
	turn(s);
	assert_int_equal(channel_queued(s->a.channel), 0);
	assert_int_equal(s->a.writables, 1);
	channel_pause(s->a.channel, false);
	turn(s);
	assert_int_equal(s->a.gones, 1);
}

static void
a_channel_may_be_freed_within_its_calls(void **state)
{
	struct scene *s = *state;

	s->a.free_within = s->b.free_within = true;
	say(&s->a, "one");
	say(&s->a, "two");
	turn(s);
	assert_int_equal(s->b.messages, 1);
	assert_null(s->b.channel);
	assert_int_equal(s->a.gones, 1);
	assert_null(s->a.channel);
}

/* Makes B's other end a plain socket, to send what no channel would. */
static int
raw_end(struct scene *s)
{
	int fd[2];

	channel_free(&s->b.channel);
	buf_fini(&s->b.heard);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd), 0);
	open_end(s, &s->b, fd[0]);
	return fd[1];
}

static void
a_short_message_never_overtakes_a_queued_one(void **state)
{
	struct scene *s = *state;
	int raw = raw_end(s);
	unsigned received = 0;
	ssize_t n;

	s->b.to_send = FLOOD;
	pour(&s->b);
	s->b.to_send = s->b.sent;
	/* Now the socket has room, and the queue is not empty. */
	while (recv(raw, full, sizeof full, MSG_DONTWAIT) > 0)
		received++;
	assert_true(received > 0);
	assert_int_equal(say(&s->b, "last"), -E_AGAIN);
	for (; received < s->b.sent; received++) {
		turn(s);
		n = recv(raw, full, sizeof full, MSG_DONTWAIT);
		assert_int_equal(n, sizeof full);
	}
	turn(s);
	assert_int_equal(recv(raw, full, sizeof full, MSG_DONTWAIT), 4);
	close(raw);
}

static void
a_message_that_is_cut_short_ends_the_channel(void **state)
{
	struct scene *s = *state;
	static char more[CHANNEL_MESSAGE_MAX + 1];
	int raw = raw_end(s);

	assert_int_equal(send(raw, more, sizeof more, 0), sizeof more);
	turn(s);
	assert_int_equal(s->b.messages, 0);
	assert_int_equal(s->b.gones, 1);
	close(raw);
}

static void
two_descriptors_end_the_channel_and_are_closed(void **state)
{
	struct scene *s = *state;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} passed = {.room = {0}};
	char text[] = "two";
	struct iovec whole = {text, sizeof text};
	struct msghdr message = {.msg_iov = &whole,
	    .msg_iovlen = 1,
	    .msg_control = &passed,
	    .msg_controllen = sizeof passed};
	int raw = raw_end(s), pipe_fd[2], both[2];

	assert_int_equal(pipe(pipe_fd), 0);
	both[0] = both[1] = pipe_fd[1];
	passed.head.cmsg_level = SOL_SOCKET;
	passed.head.cmsg_type = SCM_RIGHTS;
	passed.head.cmsg_len = CMSG_LEN(sizeof both);
	memcpy(CMSG_DATA(&passed.head), both, sizeof both);
	assert_int_equal(sendmsg(raw, &message, 0), sizeof text);
	close(pipe_fd[1]);
	turn(s);
	assert_int_equal(s->b.messages, 0);
	assert_int_equal(s->b.gones, 1);
	assert_no_writer(pipe_fd[0]);
	close(raw);
}

static void
what_is_no_socket_makes_no_channel(void **state)
{
	struct scene *s = *state;
	struct channel_owner owner = {s, on_message, on_writable, on_gone};
	struct channel *c = NULL;
	int pipe_fd[2];

	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(
	    channel_new(s->base, pipe_fd[1], &owner, &c), -E_SYSTEM);
	assert_null(c);
	assert_no_writer(pipe_fd[0]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(messages_arrive_one_by_one_and_in_order),
	    CASE(what_has_been_heard_does_not_stay_in_memory),
	    CASE(two_ends_that_flood_each_other_never_stall),
	    CASE(one_turn_handles_no_more_than_its_share),
	    CASE(a_short_message_never_overtakes_a_queued_one),
	    CASE(beyond_the_hard_ceiling_messages_are_refused),
	    CASE(empty_and_oversized_messages_are_refused),
	    CASE(a_paused_channel_reads_nothing_until_it_goes_on),
	    CASE(a_pause_holds_a_flood_at_its_source),
	    CASE(a_descriptor_crosses_and_is_closed_on_exec),
	    CASE(a_descriptor_waits_in_the_queue_with_its_message),
	    CASE(a_refused_message_closes_its_descriptor),
	    CASE(freeing_a_channel_closes_what_waited_in_it),
	    CASE(the_end_is_told_after_the_last_message),
	    CASE(what_a_dead_process_said_is_heard_after_all),
	    CASE(a_reset_is_not_the_end_of_what_was_said),
	    CASE(a_message_the_kernel_refuses_ends_both_ends),
	    CASE(an_end_that_dies_frees_a_full_queue),
	    CASE(a_channel_may_be_freed_within_its_calls),
	    CASE(a_message_that_is_cut_short_ends_the_channel),
	    CASE(two_descriptors_end_the_channel_and_are_closed),
	    CASE(what_is_no_socket_makes_no_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
