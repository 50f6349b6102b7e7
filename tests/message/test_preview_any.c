/*
 * The preview of anything: real messages, damaged ones, and ones made of what
 * matters at random. All that comes out is harmless, and the same however they
 * are split.
 */
#include "message/preview.h"

#include "base/utf8.h"
#include "corpus_walk.h"
#include "message/shown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct preview *
look(struct span message, size_t step)
{
	struct preview *p = preview_new();

	assert_non_null(p);
	for (size_t at = 0; at < message.n; at += step)
		preview_feed(p, span_part(message, at, step));
	preview_end(p);
	return p;
}

static void
check_shown(const char *text, const char *allowed)
{
	for (struct span rest = span_of(text); rest.n > 0;) {
		uint32_t c = 0;
		const size_t n = utf8_read(rest, &c);

		assert_int_not_equal(n, 0);
		assert_true(shown_character(c) == c);
		assert_true(c != '\n' || allowed != NULL);
		rest = span_skip(rest, n);
	}
}

/* AT-27 */
static void
check_facts(const struct preview_facts *facts)
{
	check_shown(facts->subject, NULL);
	check_shown(facts->text, "\n");
	assert_true(facts->listed <= facts->attachments);
	for (unsigned i = 0; i < facts->listed; i++) {
		check_shown(facts->list[i].name, NULL);
		check_shown(facts->list[i].type, NULL);
	}
}

static void
check_message(struct span message)
{
	static const size_t steps[] = {1, 7, 500, 4096};
	struct preview *whole = look(message, message.n + 1);

	check_facts(preview_facts(whole));
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct preview *split = look(message, steps[i]);

		assert_memory_equal(preview_facts(whole), preview_facts(split),
		    sizeof *preview_facts(whole));
		preview_free(&split);
	}
	preview_free(&whole);
}

static void
real_messages_give_the_same_however_they_are_split(void **state)
{
	(void)state;
	printf("# %u real messages\n", corpus_walk(check_message));
}

/* Real messages in which octets are changed, lost and doubled. */
static void
check_damaged(struct span message)
{
	char *damaged;
	size_t n = message.n;

	if (n < 2 || n > 20000)
		return;
	damaged = malloc(n);
	assert_non_null(damaged);
	for (unsigned round = 0; round < 4; round++) {
		struct preview *p;

		memcpy(damaged, message.p, n);
		for (unsigned i = 0; i < 1 + n / 100; i++) {
			const size_t at = (size_t)random() % n;
			const size_t from = (size_t)random() % n;
			size_t run = (size_t)random() % 100;

			if (run > n - (at > from ? at : from))
				run = n - (at > from ? at : from);
			if (random() % 2 == 0)
				damaged[at] = (char)random();
			else
				memmove(damaged + at, damaged + from, run);
		}
		p = look(span_make(damaged, n), 1 + (size_t)random() % 300);
		check_facts(preview_facts(p));
		preview_free(&p);
	}
	free(damaged);
}

static void
damaged_messages_do_no_harm(void **state)
{
	(void)state;
	srandom(7);
	(void)corpus_walk(check_damaged);
}

/* Messages made of what matters, at random. */
static void
random_messages_give_the_same_however_they_are_split(void **state)
{
	static const char *const pieces[] = {"\r\n", "\n", "\r", "--", "b", "c",
	    "--b\r\n", "--c\r\n", "--b--\r\n", "--c--\r\n", "\r\n\r\n", " ",
	    "-", "Content-Type: multipart/mixed; boundary=b\r\n",
	    "Content-Type: multipart/digest; boundary=c\r\n",
	    "Content-Type: text/html\r\n", "Content-Type: a/b; name=x\r\n",
	    "Content-Transfer-Encoding: base64\r\n",
	    "Content-Transfer-Encoding: quoted-printable\r\n",
	    "Content-Disposition: attachment\r\n", "Subject: x\r\n", "text",
	    "=C3=A9", "YWJj", "<p>"};

	(void)state;
	srandom(8);
	for (unsigned i = 0; i < 3000; i++) {
		char message[4000];
		size_t n = 0;

		for (unsigned j = (unsigned)random() % 60; j > 0; j--) {
			const char *piece =
			    pieces[(size_t)random() %
				   (sizeof pieces / sizeof *pieces)];

			memcpy(message + n, piece, strlen(piece));
			n += strlen(piece);
		}
		check_message(span_make(message, n));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		real_messages_give_the_same_however_they_are_split),
	    cmocka_unit_test(damaged_messages_do_no_harm),
	    cmocka_unit_test(
		random_messages_give_the_same_however_they_are_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
