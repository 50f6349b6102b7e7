/*
 * Stubs (DM-23, SM-16): a plain one word for word, and strangers' words kept
 * within their place (AT-27). What holds of each is in stub_read.c.
 */
#include "message/stub.h"

#include "base/err.h"
#include "stub_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW     1795341600 /* Sun, 22 Nov 2026 10:00:00 +0000 */
#define TOKEN   "7HkT_w-0123456789"
#define UNKNOWN "\xef\xbf\xbd"
#define ALEF    "\xd7\x90" /* written from right to left */

static const char plain[] =
    "From: Alice Smith <alice@a.test>\r\n"
    "To: bob@b.test\r\n"
    "Subject: Minutes of Monday\r\n"
    "Message-Size: 48213\r\n"
    "Attachment-Status: 3; \"minutes.pdf\" application/pdf 31000,"
    " \"\" image/png 900\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "\r\n"
    "Dear Bob,\r\n"
    "> attached are the minutes.\r\n";

/* A stub to be changed by each test, and what was made of it. */
struct scene {
	struct stub stub;
	struct envelope envelope;
	struct buf head, body, text, html;
};

static int
scene_open(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->stub = (struct stub){
	    .token = span_of(TOKEN),
	    .host = "mx.b.test",
	    .user = span_of("bob@b.test"),
	    .sender = span_of("alice@a.test"),
	    .server = span_of("a.test"),
	    .how = "SPF pass",
	    .created = NOW,
	    .expires_at = NOW + 14 * 86400,
	    .reply_to = "answer+" TOKEN "@b.test",
	};
	buf_init(&s->head, STUB_HEAD_MAX);
	buf_init(&s->body, STUB_BODY_MAX);
	buf_init(&s->text, STUB_BODY_MAX);
	buf_init(&s->html, STUB_BODY_MAX);
	*state = s;
	return 0;
}

static int
scene_close(void **state)
{
	struct scene *s = *state;

	buf_fini(&s->head);
	buf_fini(&s->body);
	buf_fini(&s->text);
	buf_fini(&s->html);
	free(s);
	return 0;
}

static void
make(struct scene *s)
{
	const char *why;

	buf_clear(&s->head);
	buf_clear(&s->body);
	buf_clear(&s->text);
	buf_clear(&s->html);
	assert_int_equal(stub_make(&s->stub, &s->head, &s->body), 0);
	why = stub_read(
	    buf_span(&s->head), buf_span(&s->body), &s->text, &s->html);
	if (why != NULL)
		fail_msg("%s\n%s\n%s\n%s", why, buf_string(&s->head),
		    buf_string(&s->text), buf_string(&s->html));
	assert_null(strstr(buf_string(&s->text), TOKEN));
	assert_null(strstr(buf_string(&s->html), TOKEN));
}

static void
tell_octets(struct scene *s, struct span text)
{
	assert_int_equal(envelope_parse(text, &s->envelope, NULL), 0);
	s->stub.envelope = &s->envelope;
	make(s);
}

/* Makes the stub of an envelope. */
static void
tell(struct scene *s, const char *text)
{
	tell_octets(s, span_of(text));
}

static void
assert_has(struct buf *text, const char *wanted)
{
	if (strstr(buf_string(text), wanted) == NULL)
		fail_msg("%s\nlacks: %s", buf_string(text), wanted);
}

static void
assert_lacks(struct buf *text, const char *unwanted)
{
	if (strstr(buf_string(text), unwanted) != NULL)
		fail_msg("%s\nhas: %s", buf_string(text), unwanted);
}

static void
a_stub_is_written_word_for_word(void **state)
{
	struct scene *s = *state;

	tell(s, plain);
	assert_string_equal(buf_string(&s->head),
	    "From: \"alice@a.test (waiting)\"\r\n"
	    " <alice@a.test>\r\n"
	    "To: <bob@b.test>\r\n"
	    "Subject: Minutes of Monday\r\n"
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
	    "Message-ID: <" TOKEN "@mx.b.test>\r\n"
	    "Reply-To: <answer+" TOKEN "@b.test>\r\n"
	    "X-Restante-Envelope: " TOKEN "\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative; boundary=\"=_stub\"\r\n"
	    "\r\n");
	assert_string_equal(buf_string(&s->text),
	    "A message waits at its sender's server for you to decide.\r\n"
	    "\r\n"
	    "From: alice@a.test, vouched for by a.test: SPF pass\r\n"
	    "Says it is (not verified): Alice Smith <alice@a.test>\r\n"
	    "Subject: Minutes of Monday\r\n"
	    "Came: 2026-11-22 10:00 UTC\r\n"
	    "Size: 47.0 KiB\r\n"
	    "Attachments: 3\r\n"
	    "  minutes.pdf (application/pdf, 30.2 KiB)\r\n"
	    "  (no name) (image/png, 900 octets)\r\n"
	    "  and 1 more\r\n"
	    "First lines:\r\n"
	    "> Dear Bob,\r\n"
	    "> > attached are the minutes.\r\n"
	    "Waits until: 2026-12-06 10:00 UTC\r\n"
	    "\r\n"
	    "Move this to any folder to accept it, to Junk to refuse it as "
	    "spam,\r\n"
	    "to Waiting/Trusted to accept it and always trust this sender,\r\n"
	    "to Waiting/Blocked to block the sender; or reply to it to "
	    "accept.\r\n");
}

static void
a_notice_that_said_little_makes_a_stub(void **state)
{
	struct scene *s = *state;

	s->stub.subject = span_of("=?utf-8?Q?caf=C3=A9?=");
	s->stub.attachments = 2;
	s->stub.expires_at = 0;
	s->stub.reply_to = NULL;
	make(s);
	assert_has(&s->head, "Subject: =?UTF-8?B?Y2Fmw6k=?=\r\n");
	assert_lacks(&s->head, "Reply-To");
	assert_has(&s->text, "Subject: caf\xc3\xa9\r\n");
	assert_has(&s->text, "Size: not told\r\nAttachments: 2\r\n\r\n");
	assert_has(&s->text, "to block the sender.\r\n");
	s->stub.has_size = true;
	s->stub.size = 5u << 20;
	make(s);
	assert_has(&s->text, "Size: 5.0 MiB\r\n");
	s->stub.size = UINT64_MAX;
	make(s);
	s->stub.subject = span_of(" ");
	make(s);
	assert_has(&s->head, "Subject: (no subject)\r\n");
	s->stub.subject = span_of("\v");
	make(s);
	assert_has(&s->head, "Subject: (no subject)\r\n");
	tell(s, "Subject: \v\r\n\r\n");
	assert_has(&s->text, "Subject: (no subject)\r\n");
}

static void
no_sender_is_the_postmaster_of_its_server(void **state)
{
	struct scene *s = *state;

	s->stub.sender = span_of("");
	s->stub.server = span_of("mx.a.test");
	tell(s, plain);
	assert_has(&s->head, "From: \"mail system at mx.a.test (waiting)\"\r\n"
			     " <postmaster@mx.a.test>\r\n");
	assert_has(&s->text, "From: mail system at mx.a.test (no return "
			     "address), vouched for by "
			     "mx.a.test: SPF pass\r\n");
	s->stub.server = span_of("");
	make(s);
	assert_has(&s->head,
	    "From: \"mail system at an unnamed server (waiting)\"\r\n"
	    " <unwritable@address.invalid>\r\n");
}

static void
whatever_from_says_the_verified_sender_stands_in_the_head(void **state)
{
	struct scene *s = *state;
	struct buf many;

	tell(s, "From: Your bank <ceo@bank.test>\r\n\r\n");
	assert_has(&s->head, "From: \"alice@a.test (waiting)\"\r\n");
	assert_lacks(&s->head, "bank");
	assert_has(&s->text,
	    "Says it is (not verified): Your bank <ceo@bank.test>\r\n");
	tell(s, "From: <alice@a.test>\r\n\r\n");
	assert_lacks(&s->text, "Says it is");
	tell(s, "Subject: no author\r\n\r\n");
	assert_lacks(&s->text, "Says it is");
	buf_init(&many, ENVELOPE_TEXT_MAX);
	for (unsigned i = 0; i < 10; i++)
		buf_print(&many, "From: Nobody %u <%u@bank.test>\r\n", i, i);
	buf_text(&many, "\r\n");
	tell_octets(s, buf_span(&many));
	assert_has(&s->text, "Says it is (not verified): Nobody 0 <0@bank");
	assert_has(&s->text, "...\r\nSubject:");
	assert_lacks(&s->head, "bank");
	buf_fini(&many);
}

static void
senders_that_could_mislead_are_not_shown_as_they_are(void **state)
{
	static const char *const senders[] = {
	    "\"x\r\nBcc: eve@e.test\r\n\r\n\"@a.test",
	    "a@b.test> <eve@e.test@a.test",
	    "\"ceo@bank.test\"@a.test",
	    "=?utf-8?Q?ceo=40bank.test?=@a.test",
	    "\342\200\256abc@a.test", /* bidi override */
	    "\x1b[2J@a.test",
	    "\xff\xfe@a.test",
	    "<script>@a.test",
	    "@a.test",
	};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		s->stub.sender = span_of(senders[i]);
		make(s);
		assert_has(&s->head, "From: \"someone at a.test (waiting)\"\r\n"
				     " <unwritable@address.invalid>\r\n");
		assert_has(&s->text, "From: someone at a.test, vouched");
		assert_has(&s->text, "Address as written: ");
	}
	s->stub.sender = span_of("b\xc3\xb6"
				 "b@a.test");
	make(s);
	assert_has(&s->head,
	    "From: =?UTF-8?B?YsO2YkBhLnRlc3QgKHdhaXRpbmcp?=\r\n"
	    " <unwritable@address.invalid>\r\n");
	assert_has(&s->text, "From: b\xc3\xb6"
			     "b@a.test, vouched");
}

static void
subjects_stay_within_their_field(void **state)
{
	static const struct {
		const char *subject, *shown;
	} cases[] = {
	    {"x\r\nBcc: eve@e.test", "x Bcc: eve@e.test"},
	    {"=?utf-8?Q?x=0D=0ABcc:_eve=40e.test?=", "x Bcc: eve@e.test"},
	    {"Content-Type: text/html", "Content-Type: text/html"},
	    {"<script>alert('1')</script>", "<script>alert('1')</script>"},
	    {"</style></div> & \"", "</style></div> & \""},
	    {"\x1b[2J\x07 bell", UNKNOWN "[2J" UNKNOWN " bell"},
	    {"a \xe2\x80\xae"
	     "b",
		"a " UNKNOWN "b"},
	    {"\xff\xc3(", UNKNOWN UNKNOWN "("},
	    {"=?unheard-of?Q?x?=", "x"},
	    {"=?utf-8?B?PT91dGYtOD9RP3g/PQ==?=", "=?utf-8?Q?x?="},
	    {"--=_stub--", "--=_stub--"},
	    {"x " ALEF, "x " ALEF},
	    {"see https://evil.test/x or WWW.evil.test",
		"see https: //evil.test/x or WWW. evil.test"},
	};
	struct scene *s = *state;
	char wanted[128];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		s->stub.subject = span_of(cases[i].subject);
		make(s);
		snprintf(wanted, sizeof wanted, "\r\nSubject: %s\r\n",
		    cases[i].shown);
		assert_has(&s->text, wanted);
	}
	/* A NUL ends nothing. */
	s->stub.subject = span_make("a\0b", 3);
	make(s);
	assert_has(&s->text, "\r\nSubject: a" UNKNOWN "b\r\n");
}

static void
what_is_written_in_html_is_text(void **state)
{
	struct scene *s = *state;

	tell(s,
	    "From: <script>alert(\"1\")</script>\r\n"
	    "Subject: </b></bdi><a href='https://e.test'>x</a>&amp;\r\n"
	    "Attachment-Status: 1; \"<img src=x onerror=y>\" text/html 1\r\n"
	    "\r\n<iframe src=\"//e.test\">'\"&lt;\r\n");
	assert_lacks(&s->html, "<script");
	assert_lacks(&s->html, "<a ");
	assert_lacks(&s->html, "<img");
	assert_lacks(&s->html, "<iframe");
	assert_has(&s->html, "&lt;iframe src=&#34;//e.test&#34;&gt;&#39;&#34;");
	assert_has(&s->html, "&amp;amp;");
}

static void
attachments_have_harmless_names(void **state)
{
	struct scene *s = *state;

	tell(s, "Attachment-Status: 2; \"x\r\n"
		" Bcc: eve@e.test\" text/plain 1,"
		" \"=?utf-8?B?4oCuZnBkLmV4ZQ==?=\" application/pdf 2\r\n\r\n");
	assert_has(&s->text, "  x Bcc: eve@e.test (text/plain, 1 octets)\r\n");
	assert_has(
	    &s->text, "  " UNKNOWN "fpd.exe (application/pdf, 2 octets)\r\n");
}

static void
text_in_any_charset_or_in_html_alone_is_shown(void **state)
{
	struct scene *s = *state;

	tell(s, "Subject: x\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/html\r\n\r\n"
		"<script>bad()</script><p>Dear <b>Bob</b>\r\n");
	assert_has(&s->text, "First lines:\r\n> Dear Bob\r\n");
	tell(s, "Subject: x\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n\r\n"
		"caf\xe9\r\n");
	assert_has(&s->text, "> caf");
	tell_octets(s, span_make("Subject: a\0b\r\n\r\nc\0\x1b[1m\r\n", 25));
	assert_has(&s->text, "> c" UNKNOWN UNKNOWN "[1m\r\n");
}

static void
nothing_makes_a_stub_large(void **state)
{
	struct scene *s = *state;
	struct envelope *e = &s->envelope;
	const size_t n = 1u << 20;
	char *long_text = malloc(n), address[400];

	assert_non_null(long_text);
	for (const char *c = "&'\" a=\xff<"; *c != '\0'; c++) {
		memset(long_text, *c, n);
		s->stub.subject = span_make(long_text, n);
		s->stub.sender = span_make(long_text, n);
		s->stub.user = span_make(long_text, n);
		s->stub.server = span_make(long_text, n);
		make(s);
	}
	memset(address, '&', sizeof address);
	memcpy(address + sizeof address - 7, "@a.test", 7);
	s->stub.sender = span_make(address, sizeof address);
	memset(long_text, 'a', 255);
	s->stub.server = span_make(long_text, 255);
	memset(e->from, '\'', sizeof e->from - 1);
	memset(e->subject, '\'', sizeof e->subject - 1);
	memset(e->preview, '\'', PREVIEW_TEXT_CHARACTERS);
	e->attachments = UINT32_MAX;
	e->listed = PREVIEW_LISTED;
	for (unsigned i = 0; i < e->listed; i++) {
		memset(e->list[i].name, '\'', sizeof e->list[i].name - 1);
		memset(e->list[i].type, '\'', sizeof e->list[i].type - 1);
		e->list[i].size = UINT64_MAX;
	}
	s->stub.envelope = e;
	make(s);
	for (size_t i = 0; i < PREVIEW_TEXT_CHARACTERS; i++)
		memcpy(e->preview + 4 * i, "\xf0\x9f\x98\x80", 4);
	make(s);
	free(long_text);
}

static void
without_memory_it_says_so(void **state)
{
	struct scene *s = *state;

	buf_fini(&s->head);
	buf_init(&s->head, 100);
	assert_int_equal(stub_make(&s->stub, &s->head, &s->body), -E_NOMEM);
	buf_fini(&s->head);
	buf_init(&s->head, STUB_HEAD_MAX);
	buf_fini(&s->body);
	buf_init(&s->body, 100);
	assert_int_equal(stub_make(&s->stub, &s->head, &s->body), -E_NOMEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_stub_is_written_word_for_word, scene_open, scene_close),
	    cmocka_unit_test_setup_teardown(
		a_notice_that_said_little_makes_a_stub, scene_open,
		scene_close),
	    cmocka_unit_test_setup_teardown(
		no_sender_is_the_postmaster_of_its_server, scene_open,
		scene_close),
	    cmocka_unit_test_setup_teardown(
		whatever_from_says_the_verified_sender_stands_in_the_head,
		scene_open, scene_close),
	    cmocka_unit_test_setup_teardown(
		senders_that_could_mislead_are_not_shown_as_they_are,
		scene_open, scene_close),
	    cmocka_unit_test_setup_teardown(
		subjects_stay_within_their_field, scene_open, scene_close),
	    cmocka_unit_test_setup_teardown(
		what_is_written_in_html_is_text, scene_open, scene_close),
	    cmocka_unit_test_setup_teardown(
		attachments_have_harmless_names, scene_open, scene_close),
	    cmocka_unit_test_setup_teardown(
		text_in_any_charset_or_in_html_alone_is_shown, scene_open,
		scene_close),
	    cmocka_unit_test_setup_teardown(
		nothing_makes_a_stub_large, scene_open, scene_close),
	    cmocka_unit_test_setup_teardown(
		without_memory_it_says_so, scene_open, scene_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
