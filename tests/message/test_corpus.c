/*
 * Real messages pass through the head unharmed: those in the folder that
 * RESTANTE_CORPUS names (or beside the source, see below), else a few texts
 * that are written here.
 */
#include "message/head.h"

#include "base/err.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CORPUS_STANDARD                                      \
	"../shared/corpus" /* tests run in the source's root \
			    */
#define MESSAGE_MAX  (4u << 20)
#define FOLDERS_OPEN 8

static const char *const built_in[] = {
    ("From alice Mon Nov 22 10:00:00 2026\nFrom: Alice <alice@a.test>\n"
     "To: bob@b.test\nSubject: folded\n over two lines\n\n.\nFrom here\n"),
    ("Received: from a.test\n\tby b.test\nFROM: \"A, B\" <a@a.test> (c)\n\nx"),
    "no header section at all\n\nbut an empty line\n",
    "From: a@a.test\r\nX: \xff\xfe\r\n\r\nCRLF already\r\n",
};

/* The octets as they go over the wire, without the separator of an mbox. */
static void
put_as_message(struct span file, struct buf *to)
{
	char before = '\0';

	if (span_starts_nocase(file, span_of("From ")))
		file = span_skip(file, span_find(file, 0, '\n') + 1);
	for (size_t i = 0; i < file.n; i++) {
		if (file.p[i] == '\n' && before != '\r')
			(void)buf_char(to, '\r');
		before = file.p[i];
		(void)buf_char(to, before);
	}
	assert_false(buf_bad(to));
}

/* Feeds in pieces of STEP octets; head and body go to TO again. */
static void
put_through_head(
    struct span message, size_t step, struct head *h, struct buf *to)
{
	size_t body = 0, taken;

	for (size_t at = 0; at < message.n && !h->complete; at += step) {
		taken = head_feed(h, span_part(message, at, step));
		body += taken;
	}
	head_end(h);
	assert_int_equal(head_edit(h, span_of(NULL), false, to), 0);
	assert_int_equal(buf_put(to, span_skip(message, body)), 0);
}

/* Every field lies in the text, and every author can be asked for. */
static void
walk(const struct head *h)
{
	struct span field, name, value;
	size_t at = 0, end = 0;
	char author[320];

	while (head_next(h, &at, &field, &name, &value) == 1) {
		assert_true(field.p >= h->text.p + end);
		end = (size_t)(field.p - h->text.p) + field.n;
		assert_int_equal(end, at);
		assert_true(name.n > 0 && name.n + value.n < field.n);
	}
	for (at = 0, end = 0; head_from(h, &at, author, sizeof author) != 0;) {
		assert_true(at > end);
		end = at;
	}
}

static void
check_message(struct span message)
{
	static const size_t steps[] = {7, 4096, MESSAGE_MAX};

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct head h;
		struct buf all;

		head_init(&h);
		buf_init(&all, MESSAGE_MAX);
		put_through_head(message, steps[i], &h, &all);
		assert_true(span_equals(buf_span(&all), message));
		walk(&h);
		head_fini(&h);
		buf_fini(&all);
	}
}

static void
check_octets(struct span file)
{
	struct buf message;

	buf_init(&message, MESSAGE_MAX);
	put_as_message(file, &message);
	check_message(buf_span(&message));
	buf_fini(&message);
}

static unsigned files; /* nftw() hands nothing on */

static int
check_file(
    const char *path, const struct stat *status, int kind, struct FTW *where)
{
	struct span name = span_of(path);
	char *text;
	size_t n;
	FILE *file;

	(void)where;
	/* The corpus' own papers lie in its root and in LICENSES. */
	if (kind != FTW_F || where->level < 2 ||
	    span_search(name, 0, span_of("/LICENSES/")) < name.n)
		return 0;
	text = malloc((size_t)status->st_size + 1);
	file = fopen(path, "rb");
	assert_non_null(text);
	assert_non_null(file);
	n = fread(text, 1, (size_t)status->st_size, file);
	(void)fclose(file);
	check_octets(span_make(text, n));
	free(text);
	files++;
	return 0;
}

static void
head_and_rest_are_the_message_again(void **state)
{
	const char *folder = getenv("RESTANTE_CORPUS");

	(void)state;
	for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++)
		check_octets(span_of(built_in[i]));
	if (nftw(folder == NULL ? CORPUS_STANDARD : folder, check_file,
		FOLDERS_OPEN, FTW_PHYS) == 0)
		assert_int_not_equal(files, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(head_and_rest_are_the_message_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
