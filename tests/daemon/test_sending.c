/*
 * A message on its way out: what leaves is octet for octet what was announced,
 * from memory or from a file, and what the disk has changed never looks whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "daemon/transfer/sending.h"
#include "message/digest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "From: alice@a.test\r\nSubject: minutes\r\n\r\n"
#define BODY "Here they are.\r\n.\r\n..\r\nand that is all.\r\n"
#define NOW  1800000000

/* Both ends: the machine that sends, and what it has said. */
struct fixture {
	struct message answer;
	struct buf body;
	struct buf said; /* since the last look */
	struct smtp_client *client;
	struct machine machine;
	struct sending *sending;
};

static void
sum_up(struct fixture *f, struct span head, struct span body)
{
	struct digest *digest = digest_new();

	assert_non_null(digest);
	digest_add(digest, head);
	digest_add(digest, body);
	assert_int_equal(digest_end(digest, f->answer.pull_answer.digest.b), 0);
	digest_free(&digest);
}

/* The keeper's answer for a message of HEAD and BODY. */
static void
prepare(struct fixture *f, struct span body, uint64_t capabilities)
{
	struct message_pull_answer *a = &f->answer.pull_answer;

	memset(f, 0, sizeof *f);
	message_init(&f->answer, MESSAGE_PULL_ANSWER);
	a->hold.b[0] = 1;
	a->ticket = 99;
	a->sender = span_of("alice@a.test");
	a->recipient = span_of("bob@b.test");
	a->head = span_of(HEAD);
	a->size = a->head.n + body.n;
	a->capabilities = capabilities;
	sum_up(f, a->head, body);
	buf_init(&f->said, 4u << 20);
	buf_init(&f->body, MESSAGE_CONTENT_MAX);
}

static void
prepare_inline(struct fixture *f, struct span body, uint64_t capabilities)
{
	prepare(f, body, capabilities);
	buf_put(&f->body, body);
}

/* A file of OCTETS that has no name any more. */
static int
file_of(struct span octets)
{
	char name[] = "/tmp/restante-sending-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(write(fd, octets.p, octets.n), (ssize_t)octets.n);
	return fd;
}

static void
prepare_spooled(struct fixture *f, struct span body, struct span in_file)
{
	prepare(f, body, 0);
	f->answer.pull_answer.spooled = 1;
	f->answer.file = file_of(in_file);
}

static void
finish(struct fixture *f)
{
	sending_free(&f->sending);
	smtp_client_free(&f->client);
	buf_fini(&f->body);
	buf_fini(&f->said);
}

/* Takes what the machine wants to send. */
static void
hear_machine(struct fixture *f)
{
	struct span out = f->machine.ops->out(f->machine.self);

	buf_put(&f->said, out);
	f->machine.ops->sent(f->machine.self, out.n);
}

static void
assert_said(struct fixture *f, const char *text)
{
	hear_machine(f);
	assert_string_equal(buf_string(&f->said), text);
	buf_clear(&f->said);
}

static void
reply(struct fixture *f, const char *line)
{
	struct span in = span_of(line);

	assert_int_equal(f->machine.ops->feed(f->machine.self, in, NOW), in.n);
}

static enum smtp_client_event_kind
next(struct fixture *f, struct smtp_client_event *e)
{
	assert_int_equal(smtp_client_next(f->client, e), 1);
	return e->kind;
}

/* Begins to send, after the turn. */
static void
begin(struct fixture *f)
{
	const struct smtp_client_setup setup = {
	    .kind = SMTP_CLIENT_TURNED,
	    .hostname = "mx.a.test",
	    .greeting_timeout = 300,
	    .command_timeout = 300,
	    .content_timeout = 180,
	    .capabilities = f->answer.pull_answer.capabilities,
	};

	f->sending = sending_new(&f->answer, &f->body);
	assert_non_null(f->sending);
	assert_int_equal(f->body.n, 0); /* it was taken over */
	f->client = smtp_client_new(&setup, NOW);
	assert_non_null(f->client);
	f->machine = smtp_client_machine(f->client);
	assert_int_equal(sending_order(f->sending, f->client), 0);
}

/* Up to the place where content may be written. */
static void
begin_content(struct fixture *f)
{
	struct smtp_client_event e;

	begin(f);
	assert_said(f, "MAIL FROM:<alice@a.test>\r\n");
	reply(f, "250 OK\r\n");
	assert_said(f, "RCPT TO:<bob@b.test>\r\n");
	reply(f, "250 OK\r\n");
	assert_said(f, "DATA\r\n");
	reply(f, "354 go on\r\n");
	assert_int_equal(next(f, &e), SMTP_CLIENT_CONTENT);
}

/* Pumps until all is written; how many rounds it took, or negative. */
static int
pump(struct fixture *f)
{
	int result = 0, rounds = 0;

	while (result == 0) {
		result = sending_pump(f->sending, f->client);
		hear_machine(f);
		assert_in_range(++rounds, 1, 100000);
	}
	return result < 0 ? result : rounds;
}

static void
assert_taken(struct fixture *f)
{
	struct smtp_client_event e;

	reply(f, "250 2.0.0 stored\r\n");
	assert_int_equal(next(f, &e), SMTP_CLIENT_SENT);
	assert_true(e.final);
	assert_int_equal(e.reply.code, 250);
}

/* The machine is broken, and no end of content was sent. */
static void
assert_broken(struct fixture *f)
{
	struct smtp_client_event e;
	struct span said;

	hear_machine(f);
	said = buf_span(&f->said);
	assert_int_equal(next(f, &e), SMTP_CLIENT_BROKEN);
	assert_int_equal(span_search(said, 0, span_of("\r\n.\r\n")), said.n);
	assert_int_equal(f->machine.ops->wants(f->machine.self), 0);
}

/* ---- whole messages ---- */

/* GD-26 */
static void
a_message_in_memory_is_sent_as_it_is(void **state)
{
	struct fixture f;

	(void)state;
	prepare_inline(&f, span_of(BODY), 0);
	begin_content(&f);
	assert_true(pump(&f) > 0);
	assert_string_equal(buf_string(&f.said),
	    HEAD "Here they are.\r\n..\r\n...\r\nand that is all.\r\n.\r\n");
	assert_taken(&f);
	finish(&f);
}

static void
a_message_in_the_spool_is_sent_as_it_is(void **state)
{
	struct fixture f;

	(void)state;
	prepare_spooled(&f, span_of(BODY), span_of(BODY));
	begin_content(&f);
	assert_true(pump(&f) > 0);
	assert_string_equal(buf_string(&f.said),
	    HEAD "Here they are.\r\n..\r\n...\r\nand that is all.\r\n.\r\n");
	assert_taken(&f);
	finish(&f);
}

/* RF-06 */
static void
a_peer_that_takes_chunks_gets_one_chunk(void **state)
{
	struct smtp_client_event e;
	struct fixture f;
	char expected[128];

	(void)state;
	prepare_inline(&f, span_of(BODY), SMTP_CAN_CHUNKING);
	begin(&f);
	assert_said(&f, "MAIL FROM:<alice@a.test>\r\n");
	reply(&f, "250 OK\r\n");
	assert_said(&f, "RCPT TO:<bob@b.test>\r\n");
	reply(&f, "250 OK\r\n");
	assert_int_equal(next(&f, &e), SMTP_CLIENT_CONTENT);
	snprintf(expected, sizeof expected, "BDAT %zu LAST\r\n%s%s",
	    strlen(HEAD BODY), HEAD, BODY);
	assert_true(pump(&f) > 0);
	assert_string_equal(buf_string(&f.said), expected);
	assert_taken(&f);
	finish(&f);
}

/* 1 MiB of lines; dots at some of their beginnings. */
static char *
long_body(size_t *n_r)
{
	const size_t n = 1u << 20;
	char *body = malloc(n + 1);

	assert_non_null(body);
	for (size_t i = 0; i < n; i += 64) {
		memset(body + i, 'a' + (int)(i / 64 % 26), 62);
		if (i % 192 == 0)
			body[i] = '.';
		memcpy(body + i + 62, "\r\n", 2);
	}
	body[n] = '\0';
	*n_r = n;
	return body;
}

/* Removes what dot-stuffing added, and the end. */
static size_t
unstuff(char *text, size_t n)
{
	size_t to = 0;

	for (size_t from = 0; from < n; from++) {
		bool at_start = to == 0 || text[to - 1] == '\n';

		if (at_start && text[from] == '.')
			from++;
		text[to++] = text[from];
	}
	return to - 2; /* what is left of ".\r\n" */
}

static void
a_large_message_passes_in_small_pieces(void **state)
{
	struct fixture f;
	size_t n, left;
	char *body = long_body(&n);

	(void)state;
	prepare_spooled(&f, span_make(body, n), span_make(body, n));
	begin_content(&f);
	assert_true(pump(&f) > 10);
	left = unstuff(f.said.p, f.said.n);
	assert_int_equal(left, strlen(HEAD) + n);
	assert_memory_equal(f.said.p, HEAD, strlen(HEAD));
	assert_memory_equal(f.said.p + strlen(HEAD), body, n);
	assert_taken(&f);
	finish(&f);
	free(body);
}

static void
a_message_without_a_body_is_whole(void **state)
{
	struct fixture f;

	(void)state;
	prepare_inline(&f, span_of(""), 0);
	begin_content(&f);
	assert_true(pump(&f) > 0);
	assert_string_equal(buf_string(&f.said), HEAD ".\r\n");
	assert_taken(&f);
	finish(&f);
}

static void
when_all_is_written_pumping_does_nothing(void **state)
{
	struct fixture f;

	(void)state;
	prepare_inline(&f, span_of(BODY), 0);
	begin_content(&f);
	assert_true(pump(&f) > 0);
	buf_clear(&f.said);
	assert_int_equal(sending_pump(f.sending, f.client), 1);
	assert_said(&f, "");
	finish(&f);
}

static void
who_and_which_lease_it_is_comes_back(void **state)
{
	struct fixture f;

	(void)state;
	prepare_inline(&f, span_of(BODY), SMTP_CAN_CHUNKING | SMTP_CAN_DSN);
	begin(&f);
	assert_true(
	    key_equals(sending_hold(f.sending), f.answer.pull_answer.hold));
	assert_int_equal(sending_ticket(f.sending), 99);
	assert_int_equal(
	    sending_capabilities(f.sending), SMTP_CAN_CHUNKING | SMTP_CAN_DSN);
	finish(&f);
}

/* ---- what the disk has changed ---- */

/* AT-07: the digest is looked at before the last octet. */
static void
a_changed_octet_is_never_sent_as_whole(void **state)
{
	(void)state;
	for (size_t at = 0; at < strlen(BODY); at += 7) {
		char changed[] = BODY;
		struct fixture f;

		if (changed[at] == '\r' || changed[at] == '\n')
			continue;
		changed[at] ^= 1;
		prepare_spooled(&f, span_of(BODY), span_of(changed));
		begin_content(&f);
		assert_true(pump(&f) < 0);
		assert_broken(&f);
		finish(&f);
	}
}

static void
a_file_that_is_too_short_is_never_sent_as_whole(void **state)
{
	struct span body = span_of(BODY);

	(void)state;
	for (size_t n = 0; n < body.n; n += 5) {
		struct fixture f;

		prepare_spooled(&f, body, span_part(body, 0, n));
		begin_content(&f);
		assert_true(pump(&f) < 0);
		assert_broken(&f);
		finish(&f);
	}
}

static void
memory_that_is_too_short_is_never_sent_as_whole(void **state)
{
	struct span body = span_of(BODY);
	struct fixture f;

	(void)state;
	prepare(&f, body, 0);
	buf_put(&f.body, span_part(body, 0, body.n - 3));
	begin_content(&f);
	assert_true(pump(&f) < 0);
	assert_broken(&f);
	finish(&f);
}

static void
a_file_that_cannot_be_read_is_never_sent_as_whole(void **state)
{
	int unreadable[2];
	struct fixture f;

	(void)state;
	assert_int_equal(pipe(unreadable), 0); /* has no place to read at */
	prepare(&f, span_of(BODY), 0);
	f.answer.pull_answer.spooled = 1;
	f.answer.file = unreadable[0];
	begin_content(&f);
	assert_true(pump(&f) < 0);
	assert_broken(&f);
	finish(&f);
	close(unreadable[1]);
}

/* More in the file than was said: only what was said is sent. */
static void
what_lies_behind_the_end_is_not_sent(void **state)
{
	struct fixture f;

	(void)state;
	prepare_spooled(&f, span_of("one\r\n"), span_of("one\r\ntwo\r\n"));
	begin_content(&f);
	if (pump(&f) < 0)
		assert_broken(&f);
	else
		assert_string_equal(buf_string(&f.said), HEAD "one\r\n.\r\n");
	finish(&f);
}

/* ---- descriptors ---- */

static void
a_spooled_message_needs_its_file(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f, span_of(BODY), 0);
	f.answer.pull_answer.spooled = 1;
	assert_null(sending_new(&f.answer, &f.body));
	finish(&f);
}

static void
the_file_is_taken_and_closed_at_the_end(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	prepare_spooled(&f, span_of(BODY), span_of(BODY));
	fd = f.answer.file;
	begin(&f);
	assert_int_equal(f.answer.file, -1);
	assert_int_not_equal(fcntl(fd, F_GETFD), -1);
	finish(&f);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_in_memory_is_sent_as_it_is),
	    cmocka_unit_test(a_message_in_the_spool_is_sent_as_it_is),
	    cmocka_unit_test(a_peer_that_takes_chunks_gets_one_chunk),
	    cmocka_unit_test(a_large_message_passes_in_small_pieces),
	    cmocka_unit_test(a_message_without_a_body_is_whole),
	    cmocka_unit_test(when_all_is_written_pumping_does_nothing),
	    cmocka_unit_test(who_and_which_lease_it_is_comes_back),
	    cmocka_unit_test(a_changed_octet_is_never_sent_as_whole),
	    cmocka_unit_test(a_file_that_is_too_short_is_never_sent_as_whole),
	    cmocka_unit_test(memory_that_is_too_short_is_never_sent_as_whole),
	    cmocka_unit_test(a_file_that_cannot_be_read_is_never_sent_as_whole),
	    cmocka_unit_test(what_lies_behind_the_end_is_not_sent),
	    cmocka_unit_test(a_spooled_message_needs_its_file),
	    cmocka_unit_test(the_file_is_taken_and_closed_at_the_end),
	};

	return cmocka_run_group_tests_name("sending", tests, NULL, NULL);
}
