/* The subject on an MSID line: what is read of it, and what is said. */
#include "proto/subject.h"

#include "base/err.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UE "\xc3\xbc" /* U+00FC */

static void
reads(const char *raw, const char *text)
{
	char read[SUBJECT_MAX + 1];

	assert_int_equal(subject_read(span_of(raw), read), 0);
	assert_string_equal(read, text);
}

/* DM-15 */
static void
plain_text_is_read_as_it_is(void **state)
{
	(void)state;
	reads("", "");
	reads("Minutes of Monday", "Minutes of Monday");
	reads("gr" UE "n", "gr" UE "n");
	reads("a  b =?", "a  b =?");
}

/* RFC 2047 */
static void
encoded_words_are_decoded(void **state)
{
	(void)state;
	reads("=?UTF-8?Q?gr=C3=BCn?=", "gr" UE "n");
	reads("=?utf-8*de?b?Z3LDvG4=?= Tee", "gr" UE "n Tee");
	reads("=?ISO-8859-1?q?gr=fcn_und?= a", "gr" UE "n und a");
	reads("a =?US-ASCII?Q?b?=  =?UTF-8?Q?_c?=", "a b c");
	reads("=?UTF-8?Q?=C3?= =?UTF-8?Q?=BC?=", UE);
	reads("=?UTF-8?Q?a=b_=?=", "a=b =");
}

static void
what_cannot_be_decoded_stays_as_it_came(void **state)
{
	(void)state;
	reads("=?KOI8-R?Q?=C1?=", "=?KOI8-R?Q?=C1?=");
	reads("=?UTF-8?B?***?= x", "=?UTF-8?B?***?= x");
	reads("=?UTF-8?X?a?=", "=?UTF-8?X?a?=");
	reads("=?UTF-8?Q?a b?=", "=?UTF-8?Q?a b?=");
	reads("=?UTF-8?Q?a?= =?KOI8-R?Q?b?=", "a =?KOI8-R?Q?b?=");
	reads("=??Q?a?=", "=??Q?a?=");
	reads("=?a", "=?a");
}

/* AT-27 */
static void
octets_that_are_no_utf8_are_replaced(void **state)
{
	(void)state;
	reads("a\xff"
	      "b\xc3",
	    "a\xef\xbf\xbd"
	    "b\xef\xbf\xbd");
	reads("=?UTF-8?Q?=FF?=", "\xef\xbf\xbd");
	reads("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

/* AT-27 */
static void
control_characters_are_refused_encoded_or_not(void **state)
{
	static const char *const bad[] = {"a\tb", "\x1b[2J", "a\x7f",
	    "\xc2\x9b", "=?UTF-8?Q?=0D=0ABcc:_x?=", "=?UTF-8?B?AA==?=",
	    "=?ISO-8859-1?Q?=9B?="};
	char read[SUBJECT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    subject_read(span_of(bad[i]), read), -E_SYNTAX);
		assert_string_equal(read, "");
	}
}

static void
a_long_subject_is_cut_between_characters(void **state)
{
	char raw[900], read[SUBJECT_MAX + 1];

	(void)state;
	memset(raw, 'a', sizeof(raw));
	assert_int_equal(subject_read(span_make(raw, sizeof(raw)), read), 0);
	assert_int_equal(strlen(read), SUBJECT_MAX);
	raw[SUBJECT_MAX - 1] = '\xc3';
	raw[SUBJECT_MAX] = '\xbc';
	assert_int_equal(subject_read(span_make(raw, sizeof(raw)), read), 0);
	assert_int_equal(strlen(read), SUBJECT_MAX - 1);
	/* Behind the cut there may still be what nobody may say. */
	raw[899] = '\a';
	assert_int_equal(
	    subject_read(span_make(raw, sizeof(raw)), read), -E_SYNTAX);
}

static void
says(const char *text, bool utf8, const char *said)
{
	struct buf to;

	buf_init(&to, 2000);
	subject_print(span_of(text), utf8, &to);
	assert_string_equal(buf_string(&to), said);
	buf_fini(&to);
}

static void
a_subject_is_said_as_the_peer_can_read_it(void **state)
{
	(void)state;
	says("Minutes", false, "Minutes");
	says("gr" UE "n", true, "gr" UE "n");
	says("gr" UE "n, ja", false, "=?UTF-8?Q?gr=C3=BCn=2C_ja?=");
	says("", false, "");
	/* What only looks encoded must come back as it is. */
	says("=?x", true, "=?UTF-8?Q?=3D=3Fx?=");
}

/* AT-27 */
static void
nothing_said_can_forge_a_line(void **state)
{
	(void)state;
	says("a\r\nQUIT", true, "a  QUIT");
	says(" \t a \x1b ", true, "a");
	says("a\xff", true, "a\xef\xbf\xbd");
	says("\xc2\x85", true, "");
}

/* Whatever is said is read again, at most SUBJECT_MAX octets of it. */
static void
every_subject_comes_back(void **state)
{
	static const char *const pieces[] = {"a", " ", "=", "?", "_", UE,
	    "\xe2\x82\xac", "\xf0\x9f\x90\x9f", "=?UTF-8?Q?"};
	uint32_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		char read[SUBJECT_MAX + 1], plain[SUBJECT_MAX + 1];
		struct buf text, said;

		buf_init(&text, 2000);
		buf_init(&said, 1000);
		for (unsigned n = round % 120; n > 0; n--) {
			seed = seed * 1664525u + 1013904223u;
			buf_text(&text, pieces[(seed >> 8) % 9]);
		}
		subject_print(buf_span(&text), true, &said);
		assert_int_equal(subject_read(buf_span(&said), plain), 0);
		buf_clear(&said);
		subject_print(buf_span(&text), false, &said);
		assert_true(utf8_is_ascii(buf_span(&said)));
		/* MSID, id and CRLF fit beside it. */
		assert_true(!buf_bad(&said) && said.n + 140 < 1012);
		assert_int_equal(subject_read(buf_span(&said), read), 0);
		assert_string_equal(read, plain);
		assert_true(utf8_is_valid(span_of(read)));
		buf_fini(&text);
		buf_fini(&said);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_text_is_read_as_it_is),
	    cmocka_unit_test(encoded_words_are_decoded),
	    cmocka_unit_test(what_cannot_be_decoded_stays_as_it_came),
	    cmocka_unit_test(octets_that_are_no_utf8_are_replaced),
	    cmocka_unit_test(control_characters_are_refused_encoded_or_not),
	    cmocka_unit_test(a_long_subject_is_cut_between_characters),
	    cmocka_unit_test(a_subject_is_said_as_the_peer_can_read_it),
	    cmocka_unit_test(nothing_said_can_forge_a_line),
	    cmocka_unit_test(every_subject_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
