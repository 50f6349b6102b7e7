/*
 * The pump: octets in, events and orders, octets out, until nothing moves; and
 * the comparison of two ways to cut the input. Not for the owner
 * (session_owner.c) and his orders (session_orders.c).
 */
#include "session_inner.h"

#include "proto/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAID_MAX  (4u << 20)
#define LINE_MAX  512 /* RFC 5321 4.5.3.1.5: a reply with CRLF */
#define STEPS_MAX 200000
#define TICKS_MAX 40
#define HOSTNAME  "mx.test"

static void
init(struct session *s, struct fuzz_draws draws, struct span words)
{
	*s = (struct session){.now = 1000, .draws = draws, .is_alike = true};
	s->words = span_part(words, 0, 200);
	buf_init(&s->unread, SAID_MAX);
	buf_init(&s->replies, SAID_MAX);
	buf_init(&s->commands, SAID_MAX);
	buf_init(&s->events, SAID_MAX);
	buf_init(&s->content, SAID_MAX);
}

void
session_fini(struct session *s)
{
	smtp_client_free(&s->client);
	smtp_server_free(&s->server);
	buf_fini(&s->unread);
	buf_fini(&s->replies);
	buf_fini(&s->commands);
	buf_fini(&s->events);
	buf_fini(&s->content);
}

/* --- machines --- */

static void
start_server(struct session *s, enum smtp_server_kind kind)
{
	bool is_narrow = fuzz_draw(&s->draws, 2) == 1;
	struct smtp_server_setup setup = {.kind = kind,
	    .hostname = HOSTNAME,
	    .message_size = is_narrow ? 20 : 100000,
	    .recipients_max = is_narrow ? 2 : 10,
	    .verbs_max = is_narrow ? 12 : 1000,
	    .command_timeout = 300,
	    .content_timeout = 180,
	    .rate_min = 1024,
	    .secure = kind == SMTP_SERVER_SUBMISSION,
	    .starttls = true,
	    .chunking = fuzz_draw(&s->draws, 2) == 0,
	    .after_gtml = kind == SMTP_SERVER_TURNED && s->is_gtml};

	s->server = smtp_server_new(&setup, s->now);
	assert(s->server != NULL);
	s->machine = smtp_server_machine(s->server);
	s->was_turned_to = kind == SMTP_SERVER_TURNED;
	s->has_transaction = setup.after_gtml;
	s->content_at = s->content.n;
	s->is_to_be_spoiled = false;
}

static void
start_client(struct session *s, enum smtp_client_kind kind)
{
	struct smtp_client_setup setup = {.kind = kind,
	    .hostname = HOSTNAME,
	    .greeting_timeout = 300,
	    .command_timeout = 300,
	    .content_timeout = 180,
	    .rate_min = 1024,
	    .use_starttls = fuzz_draw(&s->draws, 2) == 0,
	    .require_starttls = fuzz_draw(&s->draws, 4) == 3,
	    .capabilities = s->capabilities,
	    .after_gtml = kind == SMTP_CLIENT_TURNED && s->is_gtml};

	s->client = smtp_client_new(&setup, s->now);
	assert(s->client != NULL);
	s->machine = smtp_client_machine(s->client);
	s->is_sending = s->is_writing = false;
}

void
session_init_called(
    struct session *s, struct fuzz_draws draws, struct span words)
{
	static const enum reply_name greetings[] = {
	    REPLY_GREETING, REPLY_DENIED_AT_CONNECT, REPLY_TOO_MANY_SESSIONS};
	enum smtp_server_kind kind;
	unsigned greeting, keywords;

	init(s, draws, words);
	kind = (enum smtp_server_kind)fuzz_draw(&s->draws, 3);
	greeting = fuzz_draw(&s->draws, 16);
	keywords = fuzz_draw(&s->draws, 32) ^ 31;
	s->capabilities =
	    fuzz_draw(&s->draws, 2) == 0 ? UINT64_MAX : SMTP_CAN_SIZE;
	s->is_gtml = kind == SMTP_SERVER_TURNED && greeting > 2;
	start_server(s, kind);
	if (kind != SMTP_SERVER_TURNED)
		smtp_server_greet(s->server,
		    greetings[greeting < 3 ? greeting : 0], keywords);
}

void
session_init_dialled(
    struct session *s, struct fuzz_draws draws, struct span words)
{
	init(s, draws, words);
	s->is_dialled = fuzz_draw(&s->draws, 2) == 0;
	s->capabilities =
	    fuzz_draw(&s->draws, 2) == 0 ? UINT64_MAX : SMTP_CAN_SIZE;
	s->is_gtml = !s->is_dialled && fuzz_draw(&s->draws, 2) == 1;
	if (s->is_dialled)
		start_client(s, SMTP_CLIENT_DIALLED);
	else
		session_turn_to_client(s);
}

void
session_turn_to_client(struct session *s)
{
	assert(!s->is_dialled && s->client == NULL);
	start_client(s, SMTP_CLIENT_TURNED);
	session_send(s, fuzz_draw(&s->draws, 2) == 1);
}

void
session_turn_to_server(struct session *s)
{
	assert(s->is_dialled && s->server == NULL);
	start_server(s, SMTP_SERVER_TURNED);
}

void
session_turn_back(struct session *s)
{
	if (s->is_dialled) {
		smtp_server_free(&s->server);
		s->machine = smtp_client_machine(s->client);
		smtp_client_resume(s->client, s->now);
		return;
	}
	s->is_over = s->server == NULL;
	if (s->is_over)
		return;
	smtp_client_free(&s->client);
	s->machine = smtp_server_machine(s->server);
	smtp_server_resume(s->server, s->now);
}

void
session_note(struct session *s, const char *word, struct span about)
{
	buf_text(&s->events, word);
	buf_char(&s->events, ' ');
	buf_put(&s->events, about);
	buf_char(&s->events, '\n');
}

/* --- the pump --- */

static bool
has_floor(const struct session *s, const void *machine)
{
	return machine != NULL && s->machine.self == machine;
}

static bool
take_events(struct session *s)
{
	struct smtp_server_event served;
	struct smtp_client_event heard;
	bool any = false;

	while (s->server != NULL && smtp_server_next(s->server, &served) == 1) {
		session_serve(s, &served);
		any = true;
	}
	while (s->client != NULL && smtp_client_next(s->client, &heard) == 1) {
		session_hear(s, &heard);
		any = true;
	}
	return any;
}

static bool
feed(struct session *s)
{
	struct span all = buf_span(&s->unread);
	char *exact;
	size_t used;

	if (all.n == 0 || s->machine.self == NULL)
		return false;
	exact = fuzz_exact(all);
	used = s->machine.ops->feed(
	    s->machine.self, span_make(exact, all.n), s->now);
	memset(exact, 'x', all.n);
	free(exact);
	assert(used <= all.n);
	buf_drop(&s->unread, used);
	return used > 0;
}

static bool
drain(struct session *s)
{
	struct buf *to = has_floor(s, s->client) ? &s->commands : &s->replies;
	struct span out = s->machine.ops->out(s->machine.self);
	bool any = out.n > 0;

	while (out.n > 0) {
		/* Never all at once, so that offsets are kept well. */
		size_t n = out.n > 7 ? 7 : out.n;

		assert(buf_put(to, span_part(out, 0, n)) == 0);
		s->machine.ops->sent(s->machine.self, n);
		out = s->machine.ops->out(s->machine.self);
	}
	return any;
}

static void
run(struct session *s)
{
	bool moved = true;

	for (unsigned steps = 0; moved; steps++) {
		assert(steps < STEPS_MAX);
		moved = feed(s);
		moved = take_events(s) || moved;
		moved = session_order(s) || moved;
		moved = session_write(s) || moved;
		moved = drain(s) || moved;
	}
}

void
session_arrive(struct session *s, struct span octets)
{
	assert(buf_put(&s->unread, octets) == 0);
	run(s);
}

void
session_outlast(struct session *s)
{
	unsigned ticks = 0;
	int64_t at = s->machine.ops->deadline(s->machine.self);

	while (s->machine.ops->wants(s->machine.self) != 0 && at != INT64_MAX) {
		assert(++ticks <= TICKS_MAX);
		s->now = at > s->now ? at : s->now;
		s->machine.ops->tick(s->machine.self, s->now);
		run(s);
		at = s->machine.ops->deadline(s->machine.self);
	}
	/* Somebody is always waited for, who may not take for ever. */
	assert(s->is_over || !has_floor(s, s->server));
}

void
session_stop(struct session *s)
{
	if (s->server != NULL && has_floor(s, s->server))
		smtp_server_stop(s->server);
	run(s);
}

/* --- what was said --- */

/* Every line belongs to a reply that can be read. */
static void
check_replies(struct span said)
{
	struct reply_reader reader;
	struct span line;
	struct reply reply;
	bool is_last = true;
	size_t used;

	reply_reader_init(&reader);
	reader.command = "DATA";
	while (said.n > 0) {
		assert(reply_feed(
			   &reader, said, &used, &line, &is_last, &reply) == 1);
		said = span_skip(said, used);
	}
	assert(is_last);
	reply_reader_fini(&reader);
}

void
session_check(const struct session *s)
{
	struct span commands = buf_span(&s->commands);

	fuzz_assert_lines(buf_span(&s->replies), LINE_MAX);
	check_replies(buf_span(&s->replies));
	/* A client that breaks off may have said half a line. */
	while (s->is_broken && commands.n > 0 &&
	       commands.p[commands.n - 1] != '\n')
		commands.n--;
	fuzz_assert_lines(commands, SAID_MAX);
	if (s->is_over && s->server != NULL)
		assert(!s->has_transaction || s->is_dialled);
}

/* --- pieces --- */

static bool
holds(struct span s, const char *word)
{
	for (size_t at = 0; at < s.n; at++) {
		if (span_starts_nocase(span_skip(s, at), span_of(word)))
			return true;
	}
	return false;
}

/* What the other end must not say anything behind (WIRE 4.2). */
static bool
ends_a_flight(struct span line)
{
	static const char *const verbs[] = {
	    "retr", "gtml", "accept", "authorize", "starttls"};

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (holds(line, verbs[i]))
			return true;
	}
	return false;
}

/*
 * How much of INPUT behind AT may come at once, so that it makes no difference
 * whether it does: an answer never comes before its question is said, and
 * nothing behind what gives up the floor.
 */
static size_t
flight(const struct session *s, struct span input, size_t at)
{
	bool by_lines = has_floor(s, s->client) || s->was_turned_to;
	size_t start = at, end;

	while (start > 0 && input.p[start - 1] != '\n')
		start--;
	for (end = at; end < input.n; start = end) {
		end = span_find(input, end, '\n');
		end = end < input.n ? end + 1 : end;
		if (by_lines ||
		    ends_a_flight(span_part(input, start, end - start)))
			break;
	}
	return end - at;
}

static void
play(struct session *s, struct span input, bool whole)
{
	struct fuzz_pieces pieces = fuzz_pieces(input);
	bool is_stopped = fuzz_draw(&s->draws, 4) == 3;
	bool coarse = fuzz_draw(&s->draws, 8) == 7;

	s->is_alike = s->is_alike && !coarse;
	run(s);
	for (size_t at = 0, n = 0; at < input.n && !s->is_over; at += n) {
		if (at >= s->flight_end || has_floor(s, s->client))
			s->flight_end = at + flight(s, input, at);
		n = (coarse ? input.n : s->flight_end) - at;
		if (!whole)
			n = fuzz_piece(&pieces, n);
		session_arrive(s, span_part(input, at, n));
	}
	if (is_stopped)
		session_stop(s);
	if (s->has_transaction)
		s->content.n = s->content_at;
}

/* Whatever is still owed comes, or is not waited for any more. */
static void
end(struct session *s)
{
	session_outlast(s);
	session_check(s);
	session_fini(s);
}

static void
show(const char *name, const struct session *s)
{
	fprintf(stderr, "--- %s: events, replies, commands\n", name);
	fwrite(s->events.p, 1, s->events.n, stderr);
	fwrite(s->replies.p, 1, s->replies.n, stderr);
	fwrite(s->commands.p, 1, s->commands.n, stderr);
}

static void
assert_alike(const struct session *a, const struct session *b)
{
	if (fuzz_same(&a->events, &b->events) &&
	    fuzz_same(&a->replies, &b->replies) &&
	    fuzz_same(&a->commands, &b->commands) &&
	    fuzz_same(&a->content, &b->content))
		return;
	show("whole", a);
	show("in pieces", b);
	abort();
}

void
session_play(struct span input, void (*init_end)(struct session *s,
				    struct fuzz_draws draws, struct span words))
{
	struct fuzz_draws draws = fuzz_draw_line(&input);
	struct session whole, split;

	init_end(&whole, draws, input);
	init_end(&split, draws, input);
	play(&whole, input, true);
	play(&split, input, false);
	/* The end of a chunk is no end of a line: see flight(). */
	if ((whole.was_turned_to || split.was_turned_to) &&
	    holds(input, "bdat"))
		whole.is_alike = false;
	if (whole.is_alike && split.is_alike)
		assert_alike(&whole, &split);
	end(&whole);
	end(&split);
}
