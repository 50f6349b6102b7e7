/* Bodies that do not fit into memory, and a keeper that does not answer. */
#include "receiving.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGE (MESSAGE_CONTENT_MAX + 1)

/* ---- large bodies ---- */

/* A head and LARGE octets of body have come; the spool was asked for. */
static char *
feed_large(struct fixture *f)
{
	char *body = malloc(LARGE);

	assert_non_null(body);
	memset(body, 'x', LARGE);
	as_from_outside(f);
	begin(f);
	assert_int_equal(feed(f, span_of("From: x@y.test\r\n\r\n")), 0);
	assert_int_equal(feed(f, span_make(body, LARGE)), 0);
	return body;
}

static int
file(void)
{
	char name[] = "/tmp/restante-reception-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	return fd;
}

static int
give_file(struct fixture *f, uint64_t outcome, int fd)
{
	struct message m;
	int result;

	message_init(&m, MESSAGE_BODY_ANSWER);
	m.body_answer.outcome = outcome;
	m.file = fd;
	result = reception_body(f->reception, &m, &f->fault);
	if (result == 0)
		assert_int_equal(m.file, -1); /* it was taken */
	return result;
}

static void
a_body_of_64_kib_stays_in_memory(void **state)
{
	struct fixture *f = *state;
	char *body = calloc(1, LARGE);

	assert_non_null(body);
	memset(body, 'x', LARGE - 1);
	as_from_outside(f);
	begin(f);
	assert_int_equal(feed(f, span_of("From: x@y.test\r\n\r\n")), 0);
	assert_int_equal(feed(f, span_make(body, LARGE - 1)), 0);
	assert_false(reception_waits(f->reception));
	assert_int_equal(reception_end(f->reception, &f->fault), 0);
	assert_int_equal(
	    sent(2, MESSAGE_ARRIVAL_BODY)->arrival_body.octets.n, LARGE - 1);
	assert_false(sent(3, MESSAGE_ARRIVAL)->arrival.spooled);
	free(body);
}

static void
a_larger_body_waits_for_its_file(void **state)
{
	struct fixture *f = *state;
	char *body = feed_large(f), *back = malloc(LARGE + 4);
	const struct message_arrival *a;
	struct key message;
	int fd = file(), copy = dup(fd);

	assert_true(reception_waits(f->reception));
	message = sent(0, MESSAGE_BODY_ASK)->body_ask.message;
	assert_int_equal(give_file(f, 0, fd), 0);
	assert_false(reception_waits(f->reception));
	assert_int_equal(feed(f, span_of("end\n")), 0);
	assert_int_equal(reception_end(f->reception, &f->fault), 0);
	sent(1, MESSAGE_ARRIVAL_RECIPIENT);
	sent(2, MESSAGE_ARRIVAL_ENVELOPE);
	a = &sent(3, MESSAGE_ARRIVAL)->arrival;
	assert_int_equal(keeper.count, 4); /* no body on the channel */
	assert_true(a->spooled);
	assert_true(key_equals(a->message, message));
	assert_int_equal(a->size, a->head.n + LARGE + 4);
	assert_int_equal(pread(copy, back, LARGE + 4, 0), LARGE + 4);
	assert_memory_equal(back, body, LARGE);
	assert_memory_equal(back + LARGE, "end\n", 4);
	/* handed over: the file is the keeper's business now */
	reception_free(&f->reception);
	assert_int_equal(keeper.count, 4);
	close(copy);
	free(body);
	free(back);
}

static void
no_file_means_no_room(void **state)
{
	struct fixture *f = *state;
	char *body = feed_large(f);

	assert_true(give_file(f, 1, -1) < 0);
	assert_int_equal(f->fault, REPLY_NO_ROOM);
	assert_false(reception_waits(f->reception));
	/* the rest is read and forgotten */
	assert_int_equal(feed(f, span_make(body, LARGE)), 0);
	free(body);
}

static void
a_second_file_is_not_taken(void **state)
{
	struct fixture *f = *state;
	char *body = feed_large(f);
	int second = file();

	assert_int_equal(give_file(f, 0, file()), 0);
	assert_true(give_file(f, 0, second) < 0);
	assert_int_not_equal(fcntl(second, F_GETFD), -1); /* still ours */
	close(second);
	free(body);
}

/* AT-13: a full disk, as a file that takes nothing. */
static void
a_disk_that_takes_nothing_means_no_room(void **state)
{
	struct fixture *f = *state;
	char *body = feed_large(f);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(full >= 0);
	assert_true(give_file(f, 0, full) < 0);
	assert_int_equal(f->fault, REPLY_NO_ROOM);
	free(body);
}

static void
a_body_that_is_given_up_is_unwanted(void **state)
{
	struct fixture *f = *state;
	char *body = feed_large(f);
	struct key message = sent(0, MESSAGE_BODY_ASK)->body_ask.message;
	int fd = file();

	assert_int_equal(give_file(f, 0, fd), 0);
	reception_free(&f->reception);
	assert_int_equal(keeper.count, 2);
	assert_true(key_equals(
	    sent(1, MESSAGE_BODY_UNWANTED)->body_unwanted.message, message));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	free(body);
}

static void
a_body_in_memory_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;

	begin(f);
	assert_int_equal(feed(f, span_of("From: alice@a.test\r\n\r\nx")), 0);
	reception_free(&f->reception);
	assert_int_equal(keeper.count, 0);
}

/* ---- a keeper that is behind, or gone ---- */

static void
a_keeper_that_is_behind_is_asked_again(void **state)
{
	struct fixture *f = *state;

	begin(f);
	assert_int_equal(feed(f, span_of("From: alice@a.test\r\n\r\n")), 0);
	keeper.full = true;
	assert_int_equal(reception_end(f->reception, &f->fault), -E_AGAIN);
	assert_int_equal(reception_end(f->reception, &f->fault), -E_AGAIN);
	assert_int_equal(keeper.count, 0);
	keeper.full = false;
	assert_int_equal(reception_end(f->reception, &f->fault), 0);
	assert_int_equal(keeper.count, 4);
}

static void
a_keeper_that_is_gone_means_later(void **state)
{
	struct fixture *f = *state;
	char *body;

	keeper.gone = true;
	expect_refusal(f, "From: alice@a.test\r\n\r\n", REPLY_DELIVERY_LATER);
	body = malloc(LARGE);
	assert_non_null(body);
	memset(body, 'x', LARGE);
	as_from_outside(f);
	begin(f);
	assert_int_equal(feed(f, span_of("From: x@y.test\r\n\r\n")), 0);
	assert_true(feed(f, span_make(body, LARGE)) < 0);
	assert_int_equal(f->fault, REPLY_DELIVERY_LATER);
	free(body);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_body_of_64_kib_stays_in_memory),
	    CASE(a_larger_body_waits_for_its_file),
	    CASE(no_file_means_no_room),
	    CASE(a_second_file_is_not_taken),
	    CASE(a_disk_that_takes_nothing_means_no_room),
	    CASE(a_body_that_is_given_up_is_unwanted),
	    CASE(a_body_in_memory_leaves_nothing_behind),
	    CASE(a_keeper_that_is_behind_is_asked_again),
	    CASE(a_keeper_that_is_gone_means_later),
	};

	return cmocka_run_group_tests_name(
	    "reception_spool", tests, NULL, NULL);
}
