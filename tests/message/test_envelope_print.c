/* Envelope texts as they are written: what is in them, and that they fit. */
#include "message/envelope.h"

#include "base/utf8.h"
#include "corpus_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNKNOWN "\xef\xbf\xbd"

static const struct envelope_source plain = {.size = 48213};

/* SOURCE without head and facts, which are made from MESSAGE. */
static void
print(struct span message, struct envelope_source source, struct buf *to)
{
	struct preview *p = preview_new();
	struct head h;

	assert_non_null(p);
	preview_feed(p, message);
	preview_end(p);
	head_init(&h);
	(void)head_feed(&h, message);
	head_end(&h);
	source.head = &h;
	source.facts = preview_facts(p);
	assert_int_equal(envelope_print(&source, to), 0);
	head_fini(&h);
	preview_free(&p);
}

static void
expect(const char *message, struct envelope_source source, const char *expected)
{
	struct buf to;

	buf_init(&to, ENVELOPE_TEXT_MAX);
	print(span_of(message), source, &to);
	assert_string_equal(buf_string(&to), expected);
	buf_fini(&to);
}

/* SM-16 */
static void
an_envelope_tells_what_the_message_says(void **state)
{
	(void)state;
	expect(
	    "Received: from x by y\r\n"
	    "From: Alice <alice@a.test>\r\n"
	    "To: bob@b.test,\r\n\tcarol@b.test\r\n"
	    "Cc: dave@d.test\r\n"
	    "Bcc: secret@s.test\r\n"
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
	    "Subject: =?utf-8?Q?caf=C3=A9?=\r\n"
	    "Message-ID: <1@a.test>\r\n"
	    "List-Unsubscribe: <https://a.test/u>\r\n"
	    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\n\r\none\r\n\r\ntwo\r\nthree\r\nfour\r\n"
	    "--b\r\nContent-Type: application/pdf; name=\"a \\\"b\\\".pdf\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"
	    "--b\r\nContent-Type: image/png\r\n\r\n123\r\n--b--\r\n",
	    plain,
	    "From: Alice <alice@a.test>\r\n"
	    "To: bob@b.test, carol@b.test\r\n"
	    "Cc: dave@d.test\r\n"
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
	    "Subject: =?utf-8?Q?caf=C3=A9?=\r\n"
	    "Message-ID: <1@a.test>\r\n"
	    "List-Unsubscribe: <https://a.test/u>\r\n"
	    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
	    "Message-Size: 48213\r\n"
	    "Attachment-Status: 2; \"a \\\"b\\\".pdf\" application/pdf 5, \"\""
	    " image/png 3\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n"
	    "one\r\ntwo\r\nthree\r\n");
}

#define TAIL(encoding)                                       \
	"Message-Size: 48213\r\nAttachment-Status: none\r\n" \
	"MIME-Version: 1.0\r\n"                              \
	"Content-Type: text/plain; charset=utf-8\r\n"        \
	"Content-Transfer-Encoding: " encoding "\r\n\r\n"

static void
what_the_message_does_not_say_is_left_out(void **state)
{
	(void)state;
	expect("", plain, TAIL("7bit"));
	expect(
	    "no header section", plain, TAIL("7bit") "no header section\r\n");
	expect("From: a@a.test\r\nMessage-ID: <two words>\r\nSubject:\r\n"
	       "Date: \xe9\r\n\r\n",
	    plain,
	    "From: a@a.test\r\nMessage-ID: <two words>\r\n" TAIL("7bit"));
}

static void
the_identifier_stands_in_front(void **state)
{
	struct envelope_source named = plain;

	(void)state;
	named.id = span_of("7Hk-w");
	expect("From: a@a.test\r\n\r\n", named,
	    "Envelope-Id: 7Hk-w\r\nFrom: a@a.test\r\n" TAIL("7bit"));
}

static void
a_reader_of_seven_bits_gets_ascii(void **state)
{
	static const char message[] =
	    "From: J\xc3\xbcrg <j@a.test>\r\nSubject: caf\xc3\xa9\r\n"
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\n\r\ncaf\xc3\xa9\r\n"
	    "--b\r\nContent-Type: a/b; name=\"\xc3\xbc\"\r\n\r\n--b--\r\n";
	struct envelope_source narrow = plain;

	(void)state;
	expect(message, plain,
	    "From: J\xc3\xbcrg <j@a.test>\r\nSubject: caf\xc3\xa9\r\n"
	    "Message-Size: 48213\r\nAttachment-Status: 1; \"\xc3\xbc\" a/b "
	    "0\r\n"
	    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\ncaf\xc3\xa9\r\n");
	narrow.seven_bit = true;
	expect(message, narrow,
	    "From: J??rg <j@a.test>\r\nSubject: =?UTF-8?B?Y2Fmw6k=?=\r\n"
	    "Message-Size: 48213\r\n"
	    "Attachment-Status: 1; \"=?UTF-8?B?w7w=?=\" a/b 0\r\n"
	    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nY2Fmw6kNCg==\r\n");
}

/* AT-27 */
static void
nothing_in_the_message_can_add_a_field(void **state)
{
	(void)state;
	expect("Subject: a\r\n b\rX-Evil: c\nX-Evil: d\r\n\r\n", plain,
	    "Subject: a b X-Evil: c X-Evil: d\r\n" TAIL("7bit"));
	expect("From: \033[31m\xe2\x80\xae@\r\n"
	       "Content-Type: a/b; name=\"=?utf-8?Q?=0D=0AX:_y=22?=\"\r\n\r\n",
	    plain,
	    "From: " UNKNOWN "[31m" UNKNOWN "@\r\nMessage-Size: 48213\r\n"
	    "Attachment-Status: 1; \"X: y\\\"\" a/b 0\r\n"
	    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n");
}

/* A field with N addresses behind what is in MESSAGE. */
static void
add_list(struct buf *message, const char *name, unsigned n)
{
	(void)buf_print(message, "%s: ", name);
	for (unsigned i = 0; i < n; i++)
		(void)buf_print(
		    message, "%su%05u@b.test", i == 0 ? "" : ",\r\n ", i);
	(void)buf_text(message, "\r\n");
}

static void
check_lines(struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		assert_true(line.n > 0 && line.n <= 999);
		assert_int_equal(line.p[line.n - 1], '\r');
		assert_int_equal(span_find(line, 0, '\r'), line.n - 1);
		assert_int_equal(span_find(line, 0, '\0'), line.n);
	}
}

/* Fits, with an identifier too, in lines of mail; ASCII if SEVEN_BIT. */
static void
check_text(struct span text, const struct envelope_source *source)
{
	const size_t id = source->id.n > 0
			      ? 0
			      : strlen("Envelope-Id: \r\n") + ENVELOPE_ID_MAX;
	uint32_t c;

	assert_true(text.n + id <= ENVELOPE_TEXT_MAX);
	check_lines(text);
	for (struct span rest = text; rest.n > 0;) {
		const size_t n = utf8_read(rest, &c);

		assert_int_not_equal(n, 0);
		assert_true(c < 0x80 || !source->seven_bit);
		rest = span_skip(rest, n);
	}
}

/* SM-16 */
static void
long_lists_are_cut_between_addresses_and_the_rest_is_counted(void **state)
{
	struct buf message, to;
	struct span text, cc;
	size_t at;

	(void)state;
	buf_init(&message, HEAD_MAX);
	buf_init(&to, ENVELOPE_TEXT_MAX);
	add_list(&message, "To", 1000);
	add_list(&message, "Cc", 1000);
	(void)buf_text(&message, "\r\n");
	print(buf_span(&message), plain, &to);
	text = buf_span(&to);
	check_text(text, &plain);
	/* As they stand there, with their folds, 120 of 17 octets fit. */
	assert_true(span_search(text, 0, span_of("u00119@b.test")) < text.n);
	assert_int_equal(
	    span_search(text, 0, span_of("u00120@b.test")), text.n);
	assert_true(span_search(text, 0, span_of("(and 880")) < text.n);
	at = span_search(text, 0, span_of("Cc: "));
	cc = span_skip(text, at);
	assert_true(span_search(cc, 0, span_of("(and 880")) < cc.n);
	buf_fini(&to);
	buf_fini(&message);
}

static void
fields_that_stand_twice_are_joined(void **state)
{
	(void)state;
	expect("From: a@a.test\r\nTo: b@b.test\r\nFrom: c@c.test\r\n"
	       "To: d@d.test\r\nSubject: 1\r\nSubject: 2\r\n\r\n",
	    plain,
	    "From: a@a.test, c@c.test\r\nTo: b@b.test, d@d.test\r\n"
	    "Subject: 1\r\n" TAIL("7bit"));
}

/* As much of everything as a message can have, in each way it can be told. */
static void
the_largest_envelope_fits(void **state)
{
	static const char *const letters[] = {"x", "x y", "\xc3\xa9", "\xff",
	    "\xf0\x9f\x98\x80", "\"", "=?utf-8?q?=F0=9F=98=80?= ", ","};

	(void)state;
	for (unsigned i = 0; i < 4 * 8 * 2; i++) {
		const char *letter = letters[i / 8];
		struct envelope_source source = plain;
		struct buf message, to;
		char id[ENVELOPE_ID_MAX];

		buf_init(&message, 4 * HEAD_MAX);
		buf_init(&to, ENVELOPE_TEXT_MAX);
		memset(id, 'i', sizeof id);
		source.seven_bit = (i & 1) != 0;
		source.size = UINT64_MAX;
		if ((i & 2) != 0)
			source.id = span_make(id, sizeof id);
		add_list(&message, "From", 40);
		add_list(&message, "To", 400);
		add_list(&message, "Cc", 400);
		for (unsigned field = 0; field < 5; field++) {
			static const char *const names[] = {"Subject",
			    "Message-ID", "Date", "List-Unsubscribe",
			    "List-Unsubscribe-Post"};

			/* Just short enough not to be left out, or much. */
			const unsigned much[] = {690, 290, 99, 490, 60};
			const size_t n = ((i & 4) != 0 ? 8000 : much[field]) /
					 strlen(letter);

			(void)buf_print(&message, "%s: ", names[field]);
			for (size_t j = 0; j < n; j++)
				(void)buf_text(&message, letter);
			(void)buf_text(&message, "\r\n");
		}
		(void)buf_text(&message, "Content-Type: multipart/mixed;"
					 " boundary=b\r\n\r\n--b\r\n\r\n");
		for (unsigned j = 0; j < 1000; j++)
			(void)buf_text(&message, letter);
		for (unsigned part = 0; part < 30; part++) {
			(void)buf_text(
			    &message, "\r\n--b\r\nContent-Type: a/b; name=\"");
			for (unsigned j = 0; j < 100 && letter[0] != '"'; j++)
				(void)buf_text(&message, letter);
			(void)buf_text(&message, "\"\r\n");
		}
		assert_false(buf_bad(&message));
		print(buf_span(&message), source, &to);
		check_text(buf_span(&to), &source);
		assert_true(span_search(buf_span(&to), 0,
				span_of("Attachment-Status: 30;")) < to.n);
		buf_fini(&to);
		buf_fini(&message);
	}
}

static void
it_is_written_behind_what_is_there(void **state)
{
	struct buf to;

	(void)state;
	buf_init(&to, ENVELOPE_TEXT_MAX + 8);
	(void)buf_text(&to, "before\r\n");
	print(span_of("From: a@a.test\r\n\r\n"), plain, &to);
	assert_string_equal(
	    buf_string(&to), "before\r\nFrom: a@a.test\r\n" TAIL("7bit"));
	buf_fini(&to);
}

/* Twice the same text tells the same. */
static void
check_message(struct span message)
{
	static struct envelope envelope;
	struct envelope_source source = plain;

	for (unsigned i = 0; i < 2; i++) {
		struct preview *p = preview_new();
		struct buf to;

		assert_non_null(p);
		source.seven_bit = i == 1;
		preview_feed(p, message);
		preview_end(p);
		buf_init(&to, ENVELOPE_TEXT_MAX);
		print(message, source, &to);
		check_text(buf_span(&to), &source);
		assert_int_equal(
		    envelope_parse(buf_span(&to), &envelope, NULL), 0);
		assert_string_equal(envelope.preview, preview_facts(p)->text);
		assert_int_equal(
		    envelope.attachments, preview_facts(p)->attachments);
		assert_int_equal(envelope.listed, preview_facts(p)->listed);
		assert_memory_equal(envelope.list, preview_facts(p)->list,
		    envelope.listed * sizeof *envelope.list);
		assert_int_equal(envelope.size, 48213);
		if (strlen(preview_facts(p)->subject) < 400)
			assert_string_equal(
			    envelope.subject, preview_facts(p)->subject);
		buf_fini(&to);
		preview_free(&p);
	}
}

static void
real_messages_are_told_and_read_again(void **state)
{
	(void)state;
	printf("# %u real messages\n", corpus_walk(check_message));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_envelope_tells_what_the_message_says),
	    cmocka_unit_test(what_the_message_does_not_say_is_left_out),
	    cmocka_unit_test(the_identifier_stands_in_front),
	    cmocka_unit_test(a_reader_of_seven_bits_gets_ascii),
	    cmocka_unit_test(nothing_in_the_message_can_add_a_field),
	    cmocka_unit_test(
		long_lists_are_cut_between_addresses_and_the_rest_is_counted),
	    cmocka_unit_test(fields_that_stand_twice_are_joined),
	    cmocka_unit_test(the_largest_envelope_fits),
	    cmocka_unit_test(it_is_written_behind_what_is_there),
	    cmocka_unit_test(real_messages_are_told_and_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
