/*
 * The preview: what is told of a message, however it is split, however broken
 * it is. Real messages, damaged and random ones: test_preview_any.c; compared
 * with another implementation: test_preview_oracle.py.
 */
#include "message/preview.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIXED                                                         \
	"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n" \
	"\r\npreamble\r\n"
#define TEXT "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
#define PDF                                                    \
	"--b\r\nContent-Type: application/pdf; name=x.pdf\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"
#define END "--b--\r\nepilogue\r\n"

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

/* MESSAGE gives the same in pieces of every size up to MOST. */
static struct preview *
look_in_pieces(struct span message, size_t most)
{
	struct preview *whole = look(message, message.n + 1);

	for (size_t step = 1; step <= most; step++) {
		struct preview *split = look(message, step);

		assert_memory_equal(preview_facts(whole), preview_facts(split),
		    sizeof *preview_facts(whole));
		preview_free(&split);
	}
	return whole;
}

static void
expect(const char *message, unsigned attachments, const char *text)
{
	struct preview *p = look_in_pieces(span_of(message), 40);

	assert_string_equal(preview_facts(p)->text, text);
	assert_int_equal(preview_facts(p)->attachments, attachments);
	preview_free(&p);
}

static void
expect_list(const char *message, const char *expected)
{
	struct preview *p = look_in_pieces(span_of(message), 40);
	const struct preview_facts *facts = preview_facts(p);
	char list[1024] = "";
	size_t n = 0;

	for (unsigned i = 0; i < facts->listed; i++)
		n += (size_t)snprintf(list + n, sizeof list - n, "%s %s %d;",
		    facts->list[i].name, facts->list[i].type,
		    (int)facts->list[i].size);
	assert_string_equal(list, expected);
	preview_free(&p);
}

static void
expect_subject(const char *message, const char *expected)
{
	struct preview *p = look_in_pieces(span_of(message), 40);

	assert_string_equal(preview_facts(p)->subject, expected);
	preview_free(&p);
}

/* SM-16 */
static void
the_subject_is_decoded(void **state)
{
	(void)state;
	expect_subject("Subject: hello\r\n\r\n", "hello");
	expect_subject("SUBJECT :\r\n =?utf-8?Q?caf=C3=A9?=\r\n =?utf-8?Q?!?="
		       "\r\n\r\n",
	    "caf\xc3\xa9!");
	expect_subject(
	    "Subject: one\r\n two\r\n\tthree\r\n\r\n", "one two three");
	expect_subject("X-Subject: x\r\nFrom: a@a.test\r\n\r\nSubject: y", "");
	expect_subject("Subject: first\r\nSubject: second\r\n\r\n", "first");
	expect_subject("Subject: no body", "no body");
	expect_subject("", "");
	/* AT-27 */
	expect_subject("Subject: \033[2J\xe2\x80\xaex\r\n\r\n",
	    "\xef\xbf\xbd[2J\xef\xbf\xbdx");
	/* Only the message's own. */
	expect_subject("From: a@a.test\r\nContent-Type: multipart/mixed;"
		       " boundary=b\r\n\r\n--b\r\nSubject: inner\r\n\r\n",
	    "");
}

/* SM-16 */
static void
the_first_three_lines_of_the_text_are_kept(void **state)
{
	(void)state;
	expect(
	    "Subject: s\r\n\r\none\r\n\r\n  two  \r\n \t\r\nthree\r\nfour\r\n",
	    0, "one\ntwo\nthree");
	expect("Subject: s\r\n\r\nonly", 0, "only");
	expect("Subject: s\r\n\r\n\r\n\r\n", 0, "");
	expect("\r\nno fields\r\n", 0, "no fields");
	expect(
	    "no header section\r\nat all\r\n", 0, "no header section\nat all");
	expect(MIXED TEXT END, 0, "hello");
	expect("Content-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n", 0,
	    "hello");
	expect("Content-Type: text/plain; charset=iso-8859-1\r\n"
	       "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	       "caf=E9 =\r\nau lait\r\n",
	    0, "caf\xc3\xa9 au lait");
}

/* SM-16 */
static void
html_is_reduced_and_plain_text_is_better(void **state)
{
	(void)state;
	expect("Content-Type: text/html\r\n\r\n<p>one &amp; <b>two</b><p>three",
	    0, "one & two\nthree");
	expect("Content-Type: multipart/alternative; boundary=b\r\n\r\n"
	       "--b\r\nContent-Type: text/html\r\n\r\n<p>html\r\n" TEXT END,
	    0, "hello");
	expect("Content-Type: multipart/alternative; boundary=b\r\n\r\n" TEXT
	       "--b\r\nContent-Type: text/html\r\n\r\n<p>html\r\n" END,
	    0, "hello");
	/* A plain part in which nothing stands. */
	expect("Content-Type: multipart/alternative; boundary=b\r\n\r\n"
	       "--b\r\nContent-Type: text/plain\r\n\r\n \r\n"
	       "--b\r\nContent-Type: text/html\r\n\r\n<p>html\r\n" END,
	    0, "html");
	/* What is attached is not what was written. */
	expect(MIXED
	    "--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\nfile\r\n"
	    "--b\r\nContent-Type: text/html\r\n\r\n<p>html\r\n" END,
	    1, "html");
	expect(MIXED
	    "--b\r\nContent-Disposition: attachment\r\n\r\nfile\r\n" END,
	    1, "");
	expect(MIXED
	    "--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\nfile\r\n" END,
	    1, "file");
}

static void
a_long_text_is_cut_at_four_hundred_characters(void **state)
{
	char message[4000] = "Subject: s\r\n\r\n";
	size_t n = strlen(message);
	struct preview *p;

	(void)state;
	for (unsigned i = 0; i < 900; i++)
		n += utf8_write(0x1f600, message + n);
	p = look_in_pieces(span_make(message, n), 9);
	assert_int_equal(
	    strlen(preview_facts(p)->text), 4 * PREVIEW_TEXT_CHARACTERS);
	preview_free(&p);
	/* Nothing is left at the end that was to separate. */
	n = strlen("Subject: s\r\n\r\n");
	memset(message + n, 'x', 399);
	memcpy(message + n + 399, "\r\nyy", 5);
	p = look_in_pieces(span_make(message, n + 403), 9);
	assert_int_equal(strlen(preview_facts(p)->text), 399);
	preview_free(&p);
}

/* SM-16 */
static void
attachments_have_names_types_and_sizes(void **state)
{
	(void)state;
	expect_list(MIXED TEXT PDF END, "x.pdf application/pdf 5;");
	expect_list(MIXED
	    "--b\r\nContent-Disposition: attachment;\r\n"
	    " filename*=utf-8''%C3%BC.txt\r\n\r\nabc\r\nd\r\n" END,
	    "\xc3\xbc.txt text/plain 6;");
	expect_list(MIXED "--b\r\nContent-Type: image/png; name=a\r\n"
			  "Content-Disposition: inline; filename=b\r\n\r\n" END,
	    "b image/png 0;");
	expect_list(MIXED "--b\r\nContent-Type: image/png\r\n"
			  "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
			  "=89PNG=\r\n=0D=0A\r\n" END,
	    " image/png 6;");
	expect_list("Content-Type: application/pdf\r\n\r\n12345",
	    " application/pdf 5;");
	/* The end of the message is the end of the part. */
	expect_list(MIXED PDF, "x.pdf application/pdf 5;");
	expect_list(MIXED "--b\r\nContent-Type: a/b\r\n\r\n1\r\n-", " a/b 4;");
	expect_list(
	    MIXED "--b\r\nContent-Type: a/b\r\n\r\n1\r\n--b", " a/b 1;");
	expect_list(MIXED "--b\r\nContent-Type: a/b", " a/b 0;");
	expect_list(MIXED "--b\r\nContent-Type: a/b\r\n--b--\r\n", " a/b 0;");
}

static void
forms_of_the_same_and_named_texts_are_told_apart(void **state)
{
	(void)state;
	expect(
	    "Content-Type: multipart/alternative; boundary=b\r\n\r\n" TEXT
	    "--b\r\nContent-Type: text/calendar\r\n\r\nx\r\n"
	    "--b\r\nContent-Type: application/ics; name=a.ics\r\n\r\nx\r\n" END,
	    1, "hello");
	expect(
	    "Content-Type: text/plain; name=body.txt\r\n\r\nhello", 0, "hello");
	expect(MIXED "--b\r\nContent-Type: nonsense\r\n\r\nhello\r\n" END, 0,
	    "hello");
	expect(MIXED "--b\r\n\r\nhello\r\n" END, 0, "hello");
}

static void
an_attached_message_is_one_attachment(void **state)
{
	(void)state;
	expect_list(MIXED TEXT
	    "--b\r\nContent-Type: message/rfc822\r\n\r\n"
	    "Subject: inner\r\nContent-Type: multipart/mixed;"
	    " boundary=c\r\n\r\n--c\r\nContent-Type: a/b\r\n"
	    "\r\nx\r\n--c--\r\n" END,
	    " message/rfc822 95;");
	expect_list("Content-Type: multipart/digest; boundary=b\r\n\r\n"
		    "--b\r\n\r\nSubject: one\r\n\r\n"
		    "--b\r\n\r\nSubject: two\r\n\r\n" END,
	    " message/rfc822 14; message/rfc822 14;");
}

static void
inner_multiparts_end_with_outer_ones(void **state)
{
	static const char inner[] =
	    "--b\r\nContent-Type: multipart/related; boundary=c\r\n\r\n"
	    "--c\r\nContent-Type: text/plain\r\n\r\ninner\r\n"
	    "--c\r\nContent-Type: image/png\r\n\r\n1234\r\n";
	char message[1024];

	(void)state;
	snprintf(message, sizeof message, MIXED "%s" PDF END, inner);
	expect(message, 2, "inner");
	snprintf(
	    message, sizeof message, MIXED "%s--c--\r\nx\r\n" PDF END, inner);
	expect(message, 2, "inner");
	/* Behind its end an inner boundary is a line like any other. */
	snprintf(message, sizeof message,
	    MIXED "%s--c--\r\n--c\r\nContent-Type: a/b\r\n\r\n" PDF END, inner);
	expect(message, 2, "inner");
}

static void
only_whole_lines_are_boundaries(void **state)
{
	(void)state;
	expect_list(MIXED
	    "--b\r\nContent-Type: a/b\r\n\r\n--bc\r\n--b-\r\n--B\r\n"
	    " --b\r\n-- b\r\n---b\r\n--\r\n-\r\n--b x\r\n" END,
	    " a/b 47;");
	expect_list(MIXED "--b \t \r\nContent-Type: a/b\r\n\r\n1\r\n--b-- \r\n",
	    " a/b 1;");
	expect_list(
	    "Content-Type: multipart/mixed; boundary=\"b \"\r\n\r\n" PDF END,
	    "x.pdf application/pdf 5;");
	expect_list("Content-Type: multipart/mixed; boundary=\"=:b\"\r\n\r\n"
		    "--=:b\r\nContent-Type: a/b\r\n--=:b\r\nContent-Type: c/d",
	    " a/b 0; c/d 0;");
	/* Nothing behind the last boundary counts. */
	expect(MIXED TEXT END PDF END, 0, "hello");
}

static void
a_multipart_without_boundary_is_text(void **state)
{
	(void)state;
	expect("Content-Type: multipart/mixed\r\n\r\nhello", 0, "hello");
	expect("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\nhello", 0,
	    "hello");
}

static void
boundaries_have_a_ceiling(void **state)
{
	char message[3000], boundary[PREVIEW_BOUNDARY + 2];

	(void)state;
	for (size_t n = PREVIEW_BOUNDARY - 1; n <= PREVIEW_BOUNDARY + 1; n++) {
		memset(boundary, 'b', sizeof boundary);
		boundary[n] = '\0';
		snprintf(message, sizeof message,
		    "Content-Type: multipart/mixed; boundary=%s\r\n\r\n"
		    "--%s\r\nContent-Type: a/b\r\n\r\n12\r\n--%s--\r\n",
		    boundary, boundary, boundary);
		if (n <= PREVIEW_BOUNDARY)
			expect_list(message, " a/b 2;");
		else
			expect(message, 1, "");
	}
}

/* Header sections that nobody should write. */
static void
broken_header_sections_are_read(void **state)
{
	(void)state;
	expect("Subject: s\r\nno field\r\n continued\r\nX: y\r\n\r\nhello", 0,
	    "hello");
	expect(" continues nothing\r\nSubject: s\r\n\r\nhello", 0,
	    "continues nothing\nSubject: s\nhello");
	expect(MIXED "--b\r\nno field\r\nhello\r\n" END, 0, "no field\nhello");
	expect(MIXED "--b\r\nX: y\r\nno field\r\n" END, 0, "no field");
	expect(
	    "Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
	    "bare line feeds\n--b\nContent-Type: a/b\n\n--b--\n",
	    1, "bare line feeds");
	expect(
	    "Content-Type: text/html\r\nContent-Type: text/plain\r\n\r\n<p>x",
	    0, "x");
	expect("\xff\xfe: x\r\n\r\n", 0, "\xef\xbf\xbd\xef\xbf\xbd: x");
}

static void
a_nul_is_an_octet_like_others(void **state)
{
	static const char message[] =
	    "Subject: a\0b\r\nContent-Type: multipart/mixed; "
	    "boundary=\"b\0c\"\r\n"
	    "\r\n--b\r\n\r\n--b\0c\r\nContent-Type: a/b; name=\"x\0y\"\r\n\r\n"
	    "1\0002\r\n--b\0c--\r\n";
	struct preview *p =
	    look_in_pieces(span_make(message, sizeof message - 1), 40);
	const struct preview_facts *facts = preview_facts(p);

	(void)state;
	assert_string_equal(facts->subject, "a\xef\xbf\xbd"
					    "b");
	assert_int_equal(facts->attachments, 1);
	assert_string_equal(facts->list[0].name, "x\xef\xbf\xbdy");
	assert_int_equal(facts->list[0].size, 3);
	preview_free(&p);
}

/* A message that is made by repeating: BEGIN, then N times PART. */
static struct preview *
look_at_many(const char *begin, const char *part, unsigned n)
{
	struct preview *p = preview_new();

	assert_non_null(p);
	preview_feed(p, span_of(begin));
	for (unsigned i = 0; i < n; i++)
		preview_feed(p, span_of(part));
	preview_end(p);
	return p;
}

static void
many_attachments_are_counted_and_the_first_are_listed(void **state)
{
	struct preview *p = look_at_many(MIXED, PDF, 10000);

	(void)state;
	assert_int_equal(preview_facts(p)->attachments, 10000);
	assert_int_equal(preview_facts(p)->listed, PREVIEW_LISTED);
	preview_free(&p);
	p = look_at_many(MIXED, PDF, PREVIEW_PARTS + 9);
	assert_int_equal(preview_facts(p)->attachments, PREVIEW_PARTS);
	preview_free(&p);
}

static void
deep_multiparts_end_somewhere(void **state)
{
	char part[200];
	struct preview *p = preview_new();

	(void)state;
	assert_non_null(p);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(part, sizeof part,
		    "Content-Type: multipart/mixed; "
		    "boundary=b%u\r\n\r\n--b%u\r\n",
		    i, i);
		preview_feed(p, span_of(part));
	}
	preview_feed(p, span_of("\r\nhello\r\n"));
	for (unsigned i = 1000; i-- > 0;) {
		snprintf(part, sizeof part, "--b%u--\r\n", i);
		preview_feed(p, span_of(part));
	}
	preview_end(p);
	assert_int_equal(preview_facts(p)->attachments, 1);
	assert_string_equal(preview_facts(p)->list[0].type, "multipart/mixed");
	preview_free(&p);
}

static void
long_lines_and_long_fields_change_nothing(void **state)
{
	static char line[100000];
	struct preview *p;

	(void)state;
	memset(line, 'x', sizeof line - 1);
	p = preview_new();
	assert_non_null(p);
	preview_feed(p, span_of("Subject: "));
	for (unsigned i = 0; i < 50; i++)
		preview_feed(p, span_of(line));
	preview_feed(
	    p, span_of("\r\nContent-Type: multipart/mixed; boundary=b;"));
	preview_feed(p, span_of(line));
	preview_feed(p, span_of("\r\n\r\n--b"));
	preview_feed(p, span_of(line));
	preview_feed(p, span_of("\r\n" PDF "--b"));
	preview_feed(p, span_of(line));
	preview_feed(p, span_of("\r\n" TEXT));
	preview_end(p);
	assert_int_equal(
	    strlen(preview_facts(p)->subject), PREVIEW_SUBJECT_ROOM - 1);
	assert_int_equal(preview_facts(p)->attachments, 1);
	assert_string_equal(preview_facts(p)->text, "hello");
	preview_free(&p);
}

static void
text_that_never_comes_is_not_waited_for(void **state)
{
	struct preview *p = look_at_many(
	    "Subject: s\r\n\r\n", "\r\n  \r\n", PREVIEW_TEXT_OCTETS);

	(void)state;
	assert_string_equal(preview_facts(p)->text, "");
	preview_free(&p);
}

static void
one_that_is_given_up_leaves_nothing(void **state)
{
	struct preview *p = preview_new();

	(void)state;
	assert_non_null(p);
	preview_feed(p, span_of("Content-Type: text/plain; charset=koi8-r\r\n"
				"\r\nx"));
	preview_free(&p);
	assert_null(p);
	preview_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_subject_is_decoded),
	    cmocka_unit_test(the_first_three_lines_of_the_text_are_kept),
	    cmocka_unit_test(html_is_reduced_and_plain_text_is_better),
	    cmocka_unit_test(a_long_text_is_cut_at_four_hundred_characters),
	    cmocka_unit_test(attachments_have_names_types_and_sizes),
	    cmocka_unit_test(forms_of_the_same_and_named_texts_are_told_apart),
	    cmocka_unit_test(an_attached_message_is_one_attachment),
	    cmocka_unit_test(inner_multiparts_end_with_outer_ones),
	    cmocka_unit_test(only_whole_lines_are_boundaries),
	    cmocka_unit_test(a_multipart_without_boundary_is_text),
	    cmocka_unit_test(boundaries_have_a_ceiling),
	    cmocka_unit_test(broken_header_sections_are_read),
	    cmocka_unit_test(a_nul_is_an_octet_like_others),
	    cmocka_unit_test(
		many_attachments_are_counted_and_the_first_are_listed),
	    cmocka_unit_test(deep_multiparts_end_somewhere),
	    cmocka_unit_test(long_lines_and_long_fields_change_nothing),
	    cmocka_unit_test(text_that_never_comes_is_not_waited_for),
	    cmocka_unit_test(one_that_is_given_up_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
