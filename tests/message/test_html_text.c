/* HTML reduced to text, however it is split; and its entities. */
#include "message/html_text.h"

#include "base/utf8.h"
#include "message/html_entity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNKNOWN "\xef\xbf\xbd"

static void
reduce(struct span in, size_t step, struct buf *to)
{
	struct html_text h;

	html_text_init(&h);
	for (size_t at = 0; at < in.n; at += step)
		assert_int_equal(
		    html_text_feed(&h, span_part(in, at, step), to), 0);
	assert_int_equal(html_text_end(&h, to), 0);
}

static void
expect(const char *html, const char *expected)
{
	for (size_t step = 1; step <= strlen(html) + 1; step++) {
		struct buf to;

		buf_init(&to, 3 * (strlen(html) + HTML_TEXT_NAME));
		reduce(span_of(html), step, &to);
		assert_string_equal(buf_string(&to), expected);
		buf_fini(&to);
	}
}

static void
tags_go_and_text_stays(void **state)
{
	(void)state;
	expect("", "");
	expect("hello", "hello");
	expect("a <b>bold</b> word", "a bold word");
	expect("x<i>y</i>z", "xyz");
	expect("<a href=\"x>y\" title='a\">b'>link</a>", "link");
	expect("caf\xc3\xa9", "caf\xc3\xa9");
	expect("<A HREF=x/y>link</A >", "link");
}

static void
blanks_are_one_and_blocks_are_lines(void **state)
{
	(void)state;
	expect("  a \r\n\t b  ", "a b");
	expect("<p>one</p> <p>two</p>", "one\ntwo");
	expect("one<br>two<BR/>three<br />four", "one\ntwo\nthree\nfour");
	expect("<div><div>deep</div></div><div>next</div>", "deep\nnext");
	expect(
	    "<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "a b\nc");
	expect("<ul><li>x<li>y</ul>", "x\ny");
	expect("<pre>a\r\nb  c</pre>d\ne", "a\nb c\nd e");
}

static void
what_nobody_reads_goes(void **state)
{
	(void)state;
	expect("<style>p { x: y }</style>text", "text");
	expect("<SCRIPT type='a'>if (a<b) x=\"</p>\"</Script >text", "text");
	expect("<script>a</scripty>b</script>c", "c");
	expect("<script>'<</script>c", "c");
	expect("<title>never</title>text", "text");
	expect("a<!-- <p> -- > -->b", "ab");
	expect("a<!-->b", "ab");
	expect("a<!---->b", "ab");
	expect("<!DOCTYPE html><?xml x?>text", "text");
	expect("<style>without an end", "");
	expect("a<b", "a");
}

static void
less_than_may_be_text(void **state)
{
	(void)state;
	expect("1 < 2", "1 < 2");
	expect("a <3 b", "a <3 b");
	expect("<<b>x", "<x");
	expect("a<", "a<");
	expect("->&<-", "->&<-");
}

static void
entities_are_decoded(void **state)
{
	(void)state;
	expect("a &amp; b&lt;c&gt;", "a & b<c>");
	expect("caf&eacute; &euro;5 &#8364;&#x20AC;",
	    "caf\xc3\xa9 \xe2\x82\xac"
	    "5 \xe2\x82\xac\xe2\x82\xac");
	expect("a&nbsp;&#160; b", "a b");
	expect("&#147;x&#148;", "\xe2\x80\x9cx\xe2\x80\x9d");
	/* Without a semicolon, and what is none. */
	expect("a &amp b &copy", "a & b \xc2\xa9");
	expect("&unknown; & &; &", "&unknown; & &; &");
	expect("AT&T &&amp;", "AT&T &&");
	expect("?a=1&b=2", "?a=1&b=2");
	expect("&amp;lt;", "&lt;");
	expect("&verylongnamethatisnone;", "&verylongnamethatisnone;");
	expect("&#0;&#xD800;&#99999999999;", UNKNOWN UNKNOWN UNKNOWN);
	expect("&#;&#x;&#12a;", "&#;&#x;&#12a;");
}

static void
names_of_entities_are_exact(void **state)
{
	(void)state;
	assert_int_equal(html_entity_character(span_of("nbsp")), 0xa0);
	assert_int_equal(html_entity_character(span_of("yuml")), 0xff);
	assert_int_equal(html_entity_character(span_of("Auml")), 0xc4);
	assert_int_equal(html_entity_character(span_of("auml")), 0xe4);
	assert_int_equal(html_entity_character(span_of("quot")), '"');
	assert_int_equal(html_entity_character(span_of("apos")), '\'');
	assert_int_equal(html_entity_character(span_of("thetasym")), 0x3d1);
	assert_int_equal(html_entity_character(span_of("AMP")), 0);
	assert_int_equal(html_entity_character(span_of("")), 0);
	assert_int_equal(html_entity_character(span_of("#")), 0);
	assert_int_equal(html_entity_character(span_make("a\0b", 3)), 0);
}

static void
random_html_stays_in_bounds_and_splitting_is_nothing(void **state)
{
	static const char pieces[][12] = {"<", ">", "</", "<!--", "-->", "&",
	    "amp", ";", "#", "x41", "script", "style", "\"", "'", "=", " ",
	    "\r\n", "p", "pre", "td", "text", "-", "!", "\xc3\xa9"};

	(void)state;
	srandom(6);
	for (unsigned i = 0; i < 30000; i++) {
		char html[400];
		size_t n = 0;
		struct buf whole, split;

		for (unsigned j = (unsigned)random() % 40; j > 0; j--) {
			const char *piece = pieces[random() % 24];

			memcpy(html + n, piece, strlen(piece));
			n += strlen(piece);
		}
		buf_init(&whole, 3 * (n + HTML_TEXT_NAME));
		buf_init(&split, 3 * (n + HTML_TEXT_NAME));
		reduce(span_make(html, n), n + 1, &whole);
		reduce(span_make(html, n), 1, &split);
		assert_true(span_equals(buf_span(&whole), buf_span(&split)));
		buf_fini(&whole);
		buf_fini(&split);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tags_go_and_text_stays),
	    cmocka_unit_test(blanks_are_one_and_blocks_are_lines),
	    cmocka_unit_test(what_nobody_reads_goes),
	    cmocka_unit_test(less_than_may_be_text),
	    cmocka_unit_test(entities_are_decoded),
	    cmocka_unit_test(names_of_entities_are_exact),
	    cmocka_unit_test(
		random_html_stays_in_bounds_and_splitting_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
