/*
 * Content between DATA and the lone dot: every form of a false end (AT-16),
 * whole, octet by octet and split in two at every place; dots off and on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/content.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536

struct outcome {
	struct buf text;
	bool ended;
	bool malformed;
	size_t used; /* octets taken up to the end */
};

/* Feeds one piece until it is used up or the end has come. */
static void
read_piece(struct content_reader *r, struct span piece, struct outcome *o)
{
	size_t used = 0, rounds = 0;
	struct span run;

	while (piece.n > 0 && !o->ended) {
		o->ended = content_read(r, piece, &used, &run) == 1;
		assert_true(used <= piece.n);
		assert_true(run.n > 0 || used > 0);
		assert_true(rounds++ <= 2 * TEXT_MAX);
		buf_put(&o->text, run);
		o->used += used;
		piece = span_skip(piece, used);
	}
}

/* Reads WIRE with cuts after FIRST octets and then after every STEP. */
static void
read_cut(struct span wire, size_t first, size_t step, struct outcome *o)
{
	struct content_reader r;
	size_t at = first;

	content_reader_init(&r);
	buf_init(&o->text, TEXT_MAX);
	o->ended = false;
	o->used = 0;
	read_piece(&r, span_part(wire, 0, first), o);
	for (; at < wire.n; at += step)
		read_piece(&r, span_part(wire, at, step), o);
	o->malformed = r.malformed;
	assert_false(buf_bad(&o->text));
	assert_int_equal(r.size, o->text.n);
}

struct expected {
	const char *text;
	size_t n;
	bool ended, malformed;
	size_t used;
};

static void
expect(struct span wire, const struct expected *e, size_t first, size_t step)
{
	struct outcome o;

	read_cut(wire, first, step, &o);
	assert_int_equal(o.ended, e->ended);
	assert_int_equal(o.malformed, e->malformed);
	assert_int_equal(o.used, e->used);
	assert_int_equal(o.text.n, e->n);
	assert_memory_equal(buf_string(&o.text), e->text, e->n);
	buf_fini(&o.text);
}

/* Whole, octet by octet, and cut in two at every place. */
static void
expect_everyhow(struct span wire, struct expected e)
{
	expect(wire, &e, wire.n, 1);
	expect(wire, &e, 0, 1);
	for (size_t cut = 1; cut < wire.n; cut++)
		expect(wire, &e, cut, wire.n);
}

#define WIRE(text) span_make(text, sizeof(text) - 1)

/*
 * FORM stands between two lines and is no end: everything up to the true end
 * is read, and the second mail that an attacker put there stays content. What
 * is expected of "Hello\r\n" or "Hello" + FORM + "bye\r\n.\r\n" is GIVEN.
 */
static void
is_no_end(struct span form, struct span given)
{
	struct buf wire, text;

	buf_init(&wire, TEXT_MAX);
	buf_init(&text, TEXT_MAX);
	buf_text(&wire, "Hello");
	buf_put(&wire, form);
	buf_text(&wire, "MAIL FROM:<eve@e.test>\r\n.\r\n");
	buf_text(&text, "Hello");
	buf_put(&text, given);
	buf_text(&text, "MAIL FROM:<eve@e.test>\r\n");
	expect_everyhow(
	    buf_span(&wire), (struct expected){.text = buf_string(&text),
				 .n = text.n,
				 .ended = true,
				 .malformed = true,
				 .used = wire.n});
	buf_fini(&wire);
	buf_fini(&text);
}

/* AT-16 */
static void
lf_dot_lf_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\n.\n"), WIRE("\n.\n"));
}

/* AT-16 */
static void
lf_dot_cr_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\n.\r"), WIRE("\n.\r"));
}

/* AT-16 */
static void
lf_dot_crlf_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\n.\r\n"), WIRE("\n.\r\n"));
}

/* AT-16 */
static void
cr_dot_lf_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\r.\n"), WIRE("\r.\n"));
}

/* AT-16 */
static void
cr_dot_cr_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\r.\r"), WIRE("\r.\r"));
}

/* AT-16 */
static void
cr_dot_crlf_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\r.\r\n"), WIRE("\r.\r\n"));
}

/* AT-16 */
static void
crlf_dot_lf_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\r\n.\n"), WIRE("\r\n\n"));
}

/* AT-16 */
static void
crlf_dot_cr_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\r\n.\r"), WIRE("\r\n\r"));
}

/* AT-16 */
static void
crlf_nul_dot_crlf_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\r\n\0.\r\n"), WIRE("\r\n\0.\r\n"));
}

/* AT-16 */
static void
crlf_dot_nul_crlf_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\r\n.\0\r\n"), WIRE("\r\n\0\r\n"));
}

/* AT-16 */
static void
crlf_dot_cr_crlf_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\r\n.\r\r\n"), WIRE("\r\n\r\r\n"));
}

/* AT-16: the bare CR is malformed, but behind it stands a true end. */
static void
cr_crlf_dot_crlf_ends_malformed_content(void **state)
{
	(void)state;
	expect_everyhow(WIRE("Hello\r\r\n.\r\nQUIT\r\n"),
	    (struct expected){.text = "Hello\r\r\n",
		.n = 8,
		.ended = true,
		.malformed = true,
		.used = 11});
}

/* AT-16 */
static void
cr_crlf_dot_cr_crlf_is_no_end(void **state)
{
	(void)state;
	is_no_end(WIRE("\r\r\n.\r\r\n"), WIRE("\r\r\n\r\r\n"));
}

static void
a_lone_dot_at_the_start_is_the_empty_message(void **state)
{
	(void)state;
	expect_everyhow(WIRE(".\r\nQUIT\r\n"),
	    (struct expected){.text = "", .ended = true, .used = 3});
}

static void
the_last_line_end_belongs_to_the_message(void **state)
{
	(void)state;
	expect_everyhow(WIRE("a\r\nb\r\n.\r\n.\r\n"),
	    (struct expected){
		.text = "a\r\nb\r\n", .n = 6, .ended = true, .used = 9});
}

static void
a_leading_dot_is_removed_once(void **state)
{
	(void)state;
	expect_everyhow(WIRE("..\r\n...a\r\nb.c\r\n.d\r\n\r\n.\r\n"),
	    (struct expected){.text = ".\r\n..a\r\nb.c\r\nd\r\n\r\n",
		.n = 18,
		.ended = true,
		.used = 24});
}

static void
content_without_its_end_is_not_ended(void **state)
{
	(void)state;
	expect_everyhow(WIRE("a\r\n.\r"),
	    (struct expected){.text = "a\r\n", .n = 3, .used = 5});
}

static void
a_nul_behind_the_end_is_not_looked_at(void **state)
{
	(void)state;
	expect_everyhow(WIRE("a\r\n.\r\n\0\n\r"),
	    (struct expected){
		.text = "a\r\n", .n = 3, .ended = true, .used = 6});
}

static void
a_reader_at_its_end_takes_nothing_more(void **state)
{
	struct content_reader r;
	struct span run;
	size_t used;

	(void)state;
	content_reader_init(&r);
	assert_int_equal(content_read(&r, WIRE(".\r\n"), &used, &run), 1);
	assert_int_equal(content_read(&r, WIRE("..\r\n"), &used, &run), 1);
	assert_int_equal(used, 0);
	assert_int_equal(run.n, 0);
}

static void
a_run_goes_on_to_the_next_dot_that_starts_a_line(void **state)
{
	struct content_reader r;
	struct span run;
	size_t used;

	(void)state;
	content_reader_init(&r);
	assert_int_equal(
	    content_read(&r, WIRE("a\r\nb.\r\n\r\n.."), &used, &run), 0);
	assert_int_equal(used, 9);
	assert_int_equal(run.n, 9);
}

/* What content_check() finds of TEXT, fed whole and octet by octet. */
static void
chunk_is(struct span text, bool malformed, bool whole)
{
	struct content_reader r;

	content_reader_init(&r);
	content_check(&r, text);
	assert_int_equal(r.malformed, malformed);
	assert_int_equal(content_is_whole(&r), whole);
	assert_int_equal(r.size, text.n);
	content_reader_init(&r);
	for (size_t i = 0; i < text.n; i++)
		content_check(&r, span_part(text, i, 1));
	assert_int_equal(r.malformed, malformed);
	assert_int_equal(content_is_whole(&r), whole);
}

static void
a_chunk_may_have_dots_and_must_have_whole_lines(void **state)
{
	(void)state;
	chunk_is(WIRE(".\r\n..\r\n.\r\n"), false, true);
	chunk_is(WIRE(""), false, true);
	chunk_is(WIRE("a\r\nb"), false, false);
	chunk_is(WIRE("a\r"), false, false);
	chunk_is(WIRE("."), false, false);
}

/* AT-16 */
static void
a_chunk_with_a_bare_line_end_or_a_nul_is_malformed(void **state)
{
	(void)state;
	chunk_is(WIRE("a\nb\r\n"), true, true);
	chunk_is(WIRE("\na\r\n"), true, true);
	chunk_is(WIRE("a\rb\r\n"), true, true);
	chunk_is(WIRE("a\r\r\n"), true, true);
	chunk_is(WIRE("a\0\r\n"), true, true);
}

/* What is written for TEXT in pieces of STEP octets. */
static void
write_stepwise(struct span text, size_t step, struct buf *to)
{
	struct content_writer w;

	buf_init(to, TEXT_MAX);
	content_writer_init(&w);
	for (size_t at = 0; at < text.n; at += step)
		assert_int_equal(
		    content_write(&w, span_part(text, at, step), to), 0);
	assert_int_equal(content_write_end(&w, to), 0);
}

static void
expect_written(struct span text, struct span wire)
{
	struct buf to;

	for (size_t step = 1; step <= text.n + 1; step++) {
		write_stepwise(text, step, &to);
		assert_int_equal(to.n, wire.n);
		assert_memory_equal(to.p, wire.p, wire.n);
		buf_fini(&to);
	}
}

static void
dots_are_stuffed_at_line_starts_only(void **state)
{
	(void)state;
	expect_written(WIRE(".\r\n..a\r\nb.\r\n\r\n.c\r\n"),
	    WIRE("..\r\n...a\r\nb.\r\n\r\n..c\r\n.\r\n"));
}

static void
the_empty_message_is_a_lone_dot(void **state)
{
	(void)state;
	expect_written(WIRE(""), WIRE(".\r\n"));
}

static void
a_missing_last_line_end_is_added(void **state)
{
	(void)state;
	expect_written(WIRE("a"), WIRE("a\r\n.\r\n"));
	expect_written(WIRE("a\r"), WIRE("a\r\r\n.\r\n"));
}

/* AT-16: what another server might take for an end gets its dot all the same */
static void
outgoing_false_ends_are_stuffed(void **state)
{
	(void)state;
	expect_written(
	    WIRE("a\r\n.\r\r\nb\r\n"), WIRE("a\r\n..\r\r\nb\r\n.\r\n"));
	expect_written(
	    WIRE("a\r\r\n.\r\r\nb\r\n"), WIRE("a\r\r\n..\r\r\nb\r\n.\r\n"));
}

static void
a_buffer_that_is_full_is_told(void **state)
{
	struct content_writer w;
	struct buf to;

	(void)state;
	buf_init(&to, 4);
	content_writer_init(&w);
	assert_true(content_write(&w, WIRE(".abcd\r\n"), &to) < 0);
	assert_true(buf_bad(&to));
	buf_fini(&to);
}

/* A number below LIMIT from SEED, the same on every machine. */
static uint32_t
next_random(uint32_t *seed, uint32_t limit)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % limit;
}

/* Lines of dots, letters and high octets, most of them short. */
static void
make_message(uint32_t *seed, struct buf *to)
{
	static const char letters[] = "..ab\xc3\xa4 ";
	uint32_t lines = next_random(seed, 20);

	for (uint32_t i = 0; i < lines; i++) {
		uint32_t n = next_random(seed, 8);
		for (uint32_t k = 0; k < n; k++)
			buf_char(to,
			    letters[next_random(seed, sizeof(letters) - 1)]);
		buf_text(to, "\r\n");
	}
}

static void
what_was_stuffed_comes_back_octet_for_octet(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 500; round++) {
		struct buf message, wire;
		struct outcome o;

		buf_init(&message, TEXT_MAX);
		make_message(&seed, &message);
		write_stepwise(
		    buf_span(&message), 1 + next_random(&seed, 40), &wire);
		read_cut(buf_span(&wire), next_random(&seed, 5) % wire.n,
		    1 + next_random(&seed, 40), &o);
		assert_true(o.ended);
		assert_false(o.malformed);
		assert_int_equal(o.used, wire.n);
		assert_true(span_equals(buf_span(&o.text), buf_span(&message)));
		buf_fini(&message);
		buf_fini(&wire);
		buf_fini(&o.text);
	}
}

/* The same rules, one octet at a time and without any cleverness: an oracle. */
static void
read_slowly(struct span wire, struct outcome *o)
{
	bool malformed = false;
	size_t at = 0;

	buf_init(&o->text, TEXT_MAX);
	o->ended = false;
	while (at < wire.n && !o->ended) {
		size_t end = span_search(wire, at, span_of("\r\n"));
		bool has_end = end < wire.n;
		struct span s = span_part(wire, at, end - at);

		at = has_end ? end + 2 : wire.n;
		o->ended = has_end && span_equals(s, span_of("."));
		if (o->ended)
			break;
		if (span_find(s, 0, '\n') < s.n ||
		    span_find(s, 0, '\0') < s.n || span_find(s, 0, '\r') < s.n)
			malformed = true;
		buf_put(&o->text, span_skip(s, s.n > 0 && s.p[0] == '.'));
		buf_put(&o->text, span_of(has_end ? "\r\n" : ""));
	}
	o->used = at;
	o->malformed = malformed;
}

/* AT-16 */
static void
random_octets_are_read_as_the_plain_rules_say(void **state)
{
	static const char alphabet[] = "\r\n..a\r\n\0";
	uint32_t seed = 11;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		char text[64];
		size_t n = next_random(&seed, 40);
		struct outcome fast, slow;

		for (size_t i = 0; i < n; i++)
			text[i] =
			    alphabet[next_random(&seed, sizeof(alphabet) - 1)];
		/* A true end, so that nothing is still undecided. */
		memcpy(text + n, "x\r\n.\r\n", 6);
		read_slowly(span_make(text, n + 6), &slow);
		read_cut(span_make(text, n + 6), next_random(&seed, 6),
		    1 + next_random(&seed, 9), &fast);
		assert_int_equal(fast.ended, slow.ended);
		assert_int_equal(fast.used, slow.used);
		assert_int_equal(fast.malformed, slow.malformed);
		assert_true(
		    span_equals(buf_span(&fast.text), buf_span(&slow.text)));
		buf_fini(&fast.text);
		buf_fini(&slow.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lf_dot_lf_is_no_end),
	    cmocka_unit_test(lf_dot_cr_is_no_end),
	    cmocka_unit_test(lf_dot_crlf_is_no_end),
	    cmocka_unit_test(cr_dot_lf_is_no_end),
	    cmocka_unit_test(cr_dot_cr_is_no_end),
	    cmocka_unit_test(cr_dot_crlf_is_no_end),
	    cmocka_unit_test(crlf_dot_lf_is_no_end),
	    cmocka_unit_test(crlf_dot_cr_is_no_end),
	    cmocka_unit_test(crlf_nul_dot_crlf_is_no_end),
	    cmocka_unit_test(crlf_dot_nul_crlf_is_no_end),
	    cmocka_unit_test(crlf_dot_cr_crlf_is_no_end),
	    cmocka_unit_test(cr_crlf_dot_crlf_ends_malformed_content),
	    cmocka_unit_test(cr_crlf_dot_cr_crlf_is_no_end),
	    cmocka_unit_test(a_lone_dot_at_the_start_is_the_empty_message),
	    cmocka_unit_test(the_last_line_end_belongs_to_the_message),
	    cmocka_unit_test(a_leading_dot_is_removed_once),
	    cmocka_unit_test(content_without_its_end_is_not_ended),
	    cmocka_unit_test(a_nul_behind_the_end_is_not_looked_at),
	    cmocka_unit_test(a_reader_at_its_end_takes_nothing_more),
	    cmocka_unit_test(a_run_goes_on_to_the_next_dot_that_starts_a_line),
	    cmocka_unit_test(a_chunk_may_have_dots_and_must_have_whole_lines),
	    cmocka_unit_test(
		a_chunk_with_a_bare_line_end_or_a_nul_is_malformed),
	    cmocka_unit_test(dots_are_stuffed_at_line_starts_only),
	    cmocka_unit_test(the_empty_message_is_a_lone_dot),
	    cmocka_unit_test(a_missing_last_line_end_is_added),
	    cmocka_unit_test(outgoing_false_ends_are_stuffed),
	    cmocka_unit_test(a_buffer_that_is_full_is_told),
	    cmocka_unit_test(what_was_stuffed_comes_back_octet_for_octet),
	    cmocka_unit_test(random_octets_are_read_as_the_plain_rules_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
