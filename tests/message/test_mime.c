/* Types and parameters, as the standards have them and as they come. */
#include "message/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNKNOWN "\xef\xbf\xbd"

static void
expect_type(const char *value, const char *expected)
{
	char type[MIME_TYPE_ROOM];

	assert_int_equal(mime_type(span_of(value), type), expected[0] != '\0');
	assert_string_equal(type, expected);
}

static void
types_are_read_in_lower_case(void **state)
{
	char long_type[300];

	(void)state;
	expect_type(" text/plain", "text/plain");
	expect_type("Text/HTML; charset=utf-8", "text/html");
	expect_type("text/plain (comment)", "text/plain");
	expect_type("application/vnd.x+json;", "application/vnd.x+json");
	expect_type("text/html charset=utf-8", "text/html");
	expect_type("", "");
	expect_type("text", "");
	expect_type("text/", "");
	expect_type("/plain", "");
	expect_type("a/b/c", "");
	expect_type("text/pl\033ain", "");
	expect_type("text/pl\xc3\xa4in", "");
	memset(long_type, 'a', sizeof long_type - 1);
	long_type[1] = '/';
	long_type[sizeof long_type - 1] = '\0';
	expect_type(long_type, "");
}

static void
a_word_is_a_whole_word(void **state)
{
	(void)state;
	assert_true(mime_is(span_of(" Attachment; filename=x"), "attachment"));
	assert_true(mime_is(span_of("attachment"), "attachment"));
	assert_true(mime_is(span_of("attachment\r\n ;x"), "attachment"));
	assert_false(mime_is(span_of("attachments"), "attachment"));
	assert_false(mime_is(span_of("inline"), "attachment"));
	assert_false(mime_is(span_of(""), "attachment"));
}

static void
expect_octets(const char *value, const char *expected)
{
	char octets[80];
	size_t n;

	assert_int_equal(
	    mime_octets(span_of(value), "boundary", octets, sizeof octets, &n),
	    expected[0] != '\0');
	assert_string_equal(octets, expected);
	assert_int_equal(n, strlen(expected));
}

static void
boundaries_are_found(void **state)
{
	(void)state;
	expect_octets("multipart/mixed; boundary=abc", "abc");
	expect_octets("multipart/mixed;\r\n\tBoundary=\"a b;c\"", "a b;c");
	expect_octets("multipart/mixed; x=\"y;boundary=z\"; boundary=b", "b");
	expect_octets("multipart/mixed; boundary = \"a\\\"b\" ; x=y", "a\"b");
	expect_octets("multipart/mixed; boundary=a (comment)", "a");
	expect_octets(
	    "multipart/mixed; boundary=first; boundary=second", "first");
	expect_octets("multipart/mixed; boundary*0=ab; boundary*1=cd", "abcd");
	expect_octets("multipart/mixed; boundary*=us-ascii'en'a%20b", "a b");
	expect_octets("multipart/mixed; boundary=\"open", "open");
	expect_octets("multipart/mixed; boundary=\"\"", "");
	expect_octets("multipart/mixed; boundary=", "");
	expect_octets("multipart/mixed; boundary", "");
	expect_octets("multipart/mixed", "");
	expect_octets("boundary=abc", "");
	expect_octets("multipart/mixed; xboundary=abc", "");
	/* 80 octets do not fit with their NUL. */
	expect_octets("a/b; boundary=1234567890123456789012345678901234567890"
		      "1234567890123456789012345678901234567890",
	    "");
}

static void
expect_text(const char *value, const char *expected)
{
	char text[256];
	const size_t n =
	    mime_text(span_of(value), "filename", text, sizeof text);

	assert_string_equal(text, expected);
	assert_int_equal(n, strlen(expected));
	assert_int_equal(
	    mime_has(span_of(value), "filename"), expected[0] != '\0');
}

static void
names_in_plain_form_are_read(void **state)
{
	(void)state;
	expect_text("attachment; filename=report.pdf", "report.pdf");
	expect_text("attachment; filename=\"a report; last.pdf\"",
	    "a report; last.pdf");
	expect_text(
	    "attachment; filename=my own file.pdf; size=3", "my own file.pdf");
	expect_text(
	    "attachment; filename=\"C:\\dir\\file.txt\"", "C:\\dir\\file.txt");
	expect_text(
	    "attachment; filename=5\" disk.txt; size=3", "5\" disk.txt");
	expect_text("attachment; filename=\"folded\r\n name\"", "folded name");
	expect_text("attachment", "");
}

static void
names_in_encoded_words_are_read(void **state)
{
	(void)state;
	expect_text("attachment; filename=\"=?utf-8?Q?caf=C3=A9.txt?=\"",
	    "caf\xc3\xa9.txt");
	expect_text("attachment; filename==?utf-8?B?Y2Fmw6k=?=", "caf\xc3\xa9");
	expect_text("attachment; filename=\"caf\xc3\xa9\"", "caf\xc3\xa9");
	expect_text("attachment; filename=\"caf\xe9\"", "caf" UNKNOWN);
}

/* The examples of RFC 2231 3, 4 and 4.1. */
static void
extended_and_continued_names_are_read(void **state)
{
	(void)state;
	expect_text("x; filename*0=\"ftp://\"; filename*1=\"cs.utk.edu/x\"",
	    "ftp://cs.utk.edu/x");
	expect_text("x; filename*=us-ascii'en-us'This%20is%20%2A%2A%2Afun",
	    "This is ***fun");
	expect_text("x; filename*0*=us-ascii'en'This%20is%20even%20more%20;\r\n"
		    " filename*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n"
		    " filename*2=\"isn't it!\"",
	    "This is even more ***fun*** isn't it!");
	expect_text("x; filename*1=b; filename*0=a", "ab");
	expect_text("x; filename*=iso-8859-1''caf%E9", "caf\xc3\xa9");
	expect_text("x; filename*0*=utf-8''%C3; filename*1*=%A9", "\xc3\xa9");
	/* Better than the plain form beside it (RFC 6266 4.3). */
	expect_text(
	    "x; filename=cafe; filename*=utf-8''caf%C3%A9", "caf\xc3\xa9");
	/* As it comes. */
	expect_text("x; filename*=caf%C3%A9", "caf\xc3\xa9");
	expect_text("x; filename*=\"utf-8''caf%C3%A9\"", "caf\xc3\xa9");
	expect_text("x; filename*=utf-8''100%; filename*7=x", "100%");
	expect_text("x; filename*=utf-8''%4", "%4");
}

/* AT-27 */
static void
names_are_harmless(void **state)
{
	(void)state;
	expect_text("x; filename*=utf-8''%1B%5B31m", UNKNOWN "[31m");
	expect_text("x; filename*=utf-8''a%0D%0Ab%00", "a b" UNKNOWN);
	expect_text("x; filename=\"\xe2\x80\xae"
		    "fdp.exe\"",
	    UNKNOWN "fdp.exe");
}

static void
random_values_do_no_harm(void **state)
{
	static const char pieces[][12] = {"; ", "filename", "boundary", "=",
	    "\"", "*", "*0", "*1*", "'", "utf-8", "%C3", "\\", "(", " ",
	    "\r\n ", "text/plain"};

	(void)state;
	srandom(5);
	for (unsigned i = 0; i < 20000; i++) {
		char value[400], text[64];
		size_t n = 0, ignored;
		char *exact;

		for (unsigned j = (unsigned)random() % 30; j > 0; j--) {
			const char *piece = pieces[random() % 16];

			memcpy(value + n, piece, strlen(piece));
			n += strlen(piece);
		}
		/* Memory that ends where the value does. */
		exact = malloc(n + 1);
		assert_non_null(exact);
		memcpy(exact + 1, value, n);
		(void)mime_text(
		    span_make(exact + 1, n), "filename", text, sizeof text);
		(void)mime_octets(span_make(exact + 1, n), "boundary", text,
		    sizeof text, &ignored);
		free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(types_are_read_in_lower_case),
	    cmocka_unit_test(a_word_is_a_whole_word),
	    cmocka_unit_test(boundaries_are_found),
	    cmocka_unit_test(names_in_plain_form_are_read),
	    cmocka_unit_test(names_in_encoded_words_are_read),
	    cmocka_unit_test(extended_and_continued_names_are_read),
	    cmocka_unit_test(names_are_harmless),
	    cmocka_unit_test(random_values_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
