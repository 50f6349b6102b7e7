/* Transfer encodings: decoded, measured, and however they are split. */
#include "message/transfer.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_MAX (64 * 1024)

static void
expect_kind(const char *value, enum transfer_kind kind)
{
	assert_int_equal(transfer_kind(span_of(value)), kind);
}

static void
the_field_says_which_encoding_it_is(void **state)
{
	(void)state;
	expect_kind(" base64", TRANSFER_BASE64);
	expect_kind("BASE64 \r\n", TRANSFER_BASE64);
	expect_kind("\"base64\"", TRANSFER_BASE64);
	expect_kind("base64; x=y", TRANSFER_BASE64);
	expect_kind("Quoted-Printable (comment)", TRANSFER_QUOTED);
	expect_kind("7bit", TRANSFER_PLAIN);
	expect_kind("base65", TRANSFER_PLAIN);
	expect_kind("base64x", TRANSFER_PLAIN);
	expect_kind("", TRANSFER_PLAIN);
	expect_kind("\"", TRANSFER_PLAIN);
}

static void
decode(enum transfer_kind kind, struct span in, size_t step, struct buf *to)
{
	struct transfer t;

	transfer_init(&t, kind);
	for (size_t at = 0; at < in.n; at += step)
		assert_int_equal(
		    transfer_feed(&t, span_part(in, at, step), to), 0);
	assert_int_equal(transfer_end(&t, to), 0);
}

static uint64_t
measure(enum transfer_kind kind, struct span in, size_t step, bool boundary)
{
	struct transfer_meter m;

	transfer_meter_init(&m, kind);
	for (size_t at = 0; at < in.n; at += step)
		transfer_meter_add(&m, span_part(in, at, step));
	return transfer_meter_size(&m, boundary);
}

static void
expect(enum transfer_kind kind, const char *in, const char *expected)
{
	for (size_t step = 1; step <= strlen(in) + 1; step++) {
		struct buf to;

		buf_init(&to, TEXT_MAX);
		decode(kind, span_of(in), step, &to);
		assert_string_equal(buf_string(&to), expected);
		buf_fini(&to);
	}
}

static void
base64_is_decoded_with_tolerance(void **state)
{
	(void)state;
	expect(TRANSFER_BASE64, "", "");
	expect(TRANSFER_BASE64, "aGVsbG8=", "hello");
	expect(TRANSFER_BASE64, "aGVs\r\nbG8=\r\n", "hello");
	expect(TRANSFER_BASE64, "aGVsbG8", "hello");
	expect(TRANSFER_BASE64, "aG!V s*bG8=", "hello");
	/* One text behind the other. */
	expect(TRANSFER_BASE64, "aGVsbG8=aGVsbG8=", "hellohello");
	expect(TRANSFER_BASE64, "a", "");
	expect(TRANSFER_BASE64, "====", "");
}

static void
quoted_printable_is_decoded_with_tolerance(void **state)
{
	(void)state;
	expect(TRANSFER_QUOTED, "caf=C3=a9", "caf\xc3\xa9");
	expect(TRANSFER_QUOTED, "one =\r\nline", "one line");
	expect(TRANSFER_QUOTED, "one =\nline", "one line");
	expect(TRANSFER_QUOTED, "one = \t\r\nline", "one line");
	expect(TRANSFER_QUOTED, "blanks  \t\r\ngo", "blanks\r\ngo");
	expect(TRANSFER_QUOTED, "in  between", "in  between");
	/* What begins nothing stays. */
	expect(TRANSFER_QUOTED, "1+1=2", "1+1=2");
	expect(TRANSFER_QUOTED, "a=Xb==41=4", "a=Xb=A=4");
	expect(TRANSFER_QUOTED, "a=4=41", "a=4A");
	expect(TRANSFER_QUOTED, "a= b", "a=b");
}

static void
other_octets_stay_as_they_are(void **state)
{
	(void)state;
	expect(TRANSFER_PLAIN, "a=41 \r\n\xff", "a=41 \r\n\xff");
}

static void
many_blanks_in_a_line_are_kept(void **state)
{
	char in[3 * TRANSFER_BLANKS + 2];

	(void)state;
	memset(in, ' ', sizeof in);
	in[sizeof in - 2] = 'x';
	in[sizeof in - 1] = '\0';
	expect(TRANSFER_QUOTED, in, in);
}

static void
a_full_buffer_is_told(void **state)
{
	struct transfer t;
	struct buf to;

	(void)state;
	buf_init(&to, 2);
	transfer_init(&t, TRANSFER_BASE64);
	assert_int_equal(transfer_feed(&t, span_of("aGVsbG8="), &to), -E_NOMEM);
	buf_fini(&to);
}

static void
what_was_encoded_is_decoded_again(void **state)
{
	char octets[400];

	(void)state;
	for (size_t n = 0; n < sizeof octets; n++) {
		struct buf encoded, decoded;
		struct span rest, line;

		octets[n] = (char)(n * 7);
		buf_init(&encoded, TEXT_MAX);
		buf_init(&decoded, TEXT_MAX);
		assert_int_equal(
		    transfer_base64(span_make(octets, n), &encoded), 0);
		decode(TRANSFER_BASE64, buf_span(&encoded), TEXT_MAX, &decoded);
		assert_true(
		    span_equals(buf_span(&decoded), span_make(octets, n)));
		for (rest = buf_span(&encoded); span_cut(&rest, '\n', &line);)
			assert_true(line.n <= 77);
		assert_int_equal(
		    measure(TRANSFER_BASE64, buf_span(&encoded), 17, true), n);
		buf_fini(&encoded);
		buf_fini(&decoded);
	}
}

static void
expect_size(enum transfer_kind kind, const char *in, bool boundary, size_t n)
{
	for (size_t step = 1; step <= strlen(in) + 1; step++)
		assert_int_equal(measure(kind, span_of(in), step, boundary), n);
}

static void
sizes_are_those_of_the_decoded_octets(void **state)
{
	(void)state;
	expect_size(TRANSFER_PLAIN, "", true, 0);
	expect_size(TRANSFER_PLAIN, "\r\n", true, 0);
	expect_size(TRANSFER_PLAIN, "\n", true, 0);
	expect_size(TRANSFER_PLAIN, "hello\r\n", true, 5);
	expect_size(TRANSFER_PLAIN, "hello\n", true, 5);
	expect_size(TRANSFER_PLAIN, "hello\r\n", false, 7);
	expect_size(TRANSFER_PLAIN, "hello", true, 5);
	expect_size(TRANSFER_BASE64, "aGVsbG8=\r\n", true, 5);
	expect_size(TRANSFER_BASE64, "aGVsbG8\r\n", false, 5);
	expect_size(TRANSFER_QUOTED, "caf=C3=A9\r\n", true, 5);
	expect_size(TRANSFER_QUOTED, "a=\r\nb\r\nc\r\n", true, 5);
	expect_size(TRANSFER_QUOTED, "====", true, 0);
}

/* Long enough for the loops over blocks, and with every beginning. */
static void
long_parts_are_measured_as_short_ones_are(void **state)
{
	static const char letters[] = "ABCxyz019+/=\r\n -_.~@[`{";
	char *text = malloc(TEXT_MAX);

	(void)state;
	assert_non_null(text);
	srandom(2);
	for (unsigned i = 0; i < 300; i++) {
		const size_t n = (size_t)random() % 2000;
		const size_t from = (size_t)random() % 64;
		const struct span in = span_make(text + from, n);

		for (size_t j = 0; j < from + n; j++)
			text[j] = i % 8 == 0 ? (char)random()
					     : letters[(size_t)random() %
						       (sizeof letters - 1)];
		for (int kind = TRANSFER_PLAIN; kind <= TRANSFER_QUOTED; kind++)
			assert_int_equal(measure(kind, in, TEXT_MAX, true),
			    measure(kind, in, 1, true));
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_field_says_which_encoding_it_is),
	    cmocka_unit_test(base64_is_decoded_with_tolerance),
	    cmocka_unit_test(quoted_printable_is_decoded_with_tolerance),
	    cmocka_unit_test(other_octets_stay_as_they_are),
	    cmocka_unit_test(many_blanks_in_a_line_are_kept),
	    cmocka_unit_test(a_full_buffer_is_told),
	    cmocka_unit_test(what_was_encoded_is_decoded_again),
	    cmocka_unit_test(sizes_are_those_of_the_decoded_octets),
	    cmocka_unit_test(long_parts_are_measured_as_short_ones_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
