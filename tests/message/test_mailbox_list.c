/* The addresses in From, To and Cc, and only those. */
#include "message/mailbox_list.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 320

/* Reads LIST; the addresses have to be those in EXPECTED, one a line. */
static void
expect(struct span list, const char *expected)
{
	struct span lines = span_of(expected), line;
	char to[ROOM];

	while (span_cut(&lines, '\n', &line)) {
		assert_int_equal(mailbox_list_next(&list, to, sizeof to), 1);
		assert_true(span_equals(span_of(to), line));
	}
	assert_int_equal(mailbox_list_next(&list, to, sizeof to), 0);
}

static void
addresses_are_found_in_every_form(void **state)
{
	static const char *const forms[][2] = {
	    {" alice@a.test", "alice@a.test"},
	    {" <alice@a.test>", "alice@a.test"},
	    {" Alice <alice@a.test>", "alice@a.test"},
	    {" \"Smith, Alice\" <alice@a.test>", "alice@a.test"},
	    {" \"A \\\" <x@y.test>\" <alice@a.test>", "alice@a.test"},
	    {" Alice Q. Smith\r\n\t<alice@a.test>", "alice@a.test"},
	    {" =?utf-8?Q?Alice=2C_=40?= <alice@a.test>", "alice@a.test"},
	    {" \xc3\x81lice <\xc3\xa1@a.test>", "\xc3\xa1@a.test"},
	    {" alice@a.test (Alice (A.) <no@a.test>)", "alice@a.test"},
	    {" (a) alice (b) @ (c) a . (d) test (e\\))", "alice@a.test"},
	    {" other@b.test <alice@a.test>", "alice@a.test"},
	    {" \"al ice\"@a.test", "\"al ice\"@a.test"},
	    {" \"al\r\n ice\".x@a.test", "\"al ice\".x@a.test"},
	    {" alice@[192.0.2.1]", "alice@[192.0.2.1]"},
	    {" <@b.test,@c.test:alice@a.test>", "alice@a.test"},
	    {" alice@localhost", "alice@localhost"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		expect(span_of(forms[i][0]), forms[i][1]);
}

static void
lists_and_groups_are_opened(void **state)
{
	(void)state;
	expect(span_of(" a@a.test,\r\n\tB <b@b.test>, , c@c.test,"),
	    "a@a.test\nb@b.test\nc@c.test");
	expect(span_of(" x@x.test, Friends: a@a.test, B <b@b.test>;, y@y.test"),
	    "x@x.test\na@a.test\nb@b.test\ny@y.test");
	expect(span_of(" undisclosed-recipients:;"), "");
	expect(span_of(" \"No, one\": (really) ;, a@a.test"), "a@a.test");
	expect(span_of(""), "");
	expect(span_of(" \r\n\t(nobody)"), "");
	expect(span_of(NULL), "");
}

static void
what_cannot_be_read_is_said(void **state)
{
	static const char *const broken[] = {"alice", "@a.test", "alice@",
	    "alice@a.test bob@b.test", "Alice <alice@a.test", "<>", "< >",
	    "\"alice@a.test", "(alice@a.test", "alice@a.test (", "alice@[a",
	    "<<alice@a.test>>", "<alice@a.test> <bob@b.test>",
	    "<alice@a.test> x", "<alice@a.test>:", "alice@a@b.test",
	    "a..b@a.test", ".a@a.test", "a.@a.test", "a@.test", "a@a.",
	    "a@\"a.test\"", "a[b]@a.test", "alice@a.test>", "a\\b@a.test",
	    "\"a\x01\"@a.test", "a\x7f@a.test", "<@b.test alice@a.test>",
	    "\"a\\"};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct span rest = span_of(broken[i]);
		char to[ROOM];

		assert_int_equal(
		    mailbox_list_next(&rest, to, sizeof to), -E_SYNTAX);
	}
}

/* AT-27 */
static void
control_characters_never_get_through(void **state)
{
	char text[] = "\"a?b\"@a.test", to[ROOM];

	(void)state;
	for (int c = 0; c < ' '; c++) {
		struct span rest = span_make(text, sizeof text - 1);
		int expected = -E_SYNTAX;

		text[2] = (char)c;
		/* A tab is text, and a fold vanishes. */
		if (c == '\t' || c == '\r' || c == '\n')
			expected = 1;
		assert_int_equal(
		    mailbox_list_next(&rest, to, sizeof to), expected);
		if (expected == 1)
			assert_null(strpbrk(to, "\r\n"));
	}
}

static void
an_address_has_to_fit_with_its_nul(void **state)
{
	struct span rest = span_of("a@b.test");
	char to[9];

	(void)state;
	assert_int_equal(mailbox_list_next(&rest, to, 9), 1);
	rest = span_of("a@b.test");
	assert_int_equal(mailbox_list_next(&rest, to, 8), -E_SYNTAX);
	rest = span_of("a@b.test");
	assert_int_equal(mailbox_list_next(&rest, to, 0), -E_SYNTAX);
}

/* Each text is cut everywhere: nothing reads beyond an end (sanitizers see). */
static void
no_cut_reads_beyond_the_end(void **state)
{
	static const char text[] =
	    "G: \"a\\\"b\" (c\\)(d)) <@r.test:x.y@[1.2]>, e@f.test;, \xff@g";

	(void)state;
	for (size_t n = 0; n <= sizeof text - 1; n++) {
		char *copy = malloc(n + 1), to[ROOM];
		struct span rest;

		assert_non_null(copy);
		memcpy(copy, text + (sizeof text - 1 - n), n);
		rest = span_make(copy, n);
		while (mailbox_list_next(&rest, to, sizeof to) == 1)
			assert_true(rest.n <= n);
		memcpy(copy, text, n);
		rest = span_make(copy, n);
		while (mailbox_list_next(&rest, to, sizeof to) == 1)
			assert_true(rest.n <= n);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_are_found_in_every_form),
	    cmocka_unit_test(lists_and_groups_are_opened),
	    cmocka_unit_test(what_cannot_be_read_is_said),
	    cmocka_unit_test(control_characters_never_get_through),
	    cmocka_unit_test(an_address_has_to_fit_with_its_nul),
	    cmocka_unit_test(no_cut_reads_beyond_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
