/*
 * The message of a stub: its head, and a body of two parts that say the same.
 *
 * Not for what they say (stub_words.c), nor for what becomes of the stub.
 *
 * Read on in stub.h. What must stay true: nothing of a stranger reaches the
 * head but as an address without any freedom, or as an encoded word.
 */
#include "message/stub.h"

#include "base/err.h"
#include "base/utf8.h"
#include "message/date.h"
#include "message/encoded_word.h"
#include "message/stub_inner.h"
#include "message/transfer.h"

#include <assert.h>
#include <string.h>

/* No line of base64 begins with "-", so it cannot be within a part. */
#define BOUNDARY     "=_stub"
#define SUBJECT_MAX  200 /* octets; the text has more */
#define LINE_COLUMNS 76
#define WORD_COLUMNS 60 /* of one that needs no encoding to be folded */
#define TEXT_MAX     (8 * 1024)
#define HTML_MAX     (18 * 1024)

static bool
is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z') && c != '-' && c != '_')
			return false;
	}
	return s.n > 0 && s.n <= STUB_TOKEN_MAX;
}

/*
 * The verified sender first, never what the message says of itself. An address
 * that cannot stand in a head of ASCII, and that of whoever did not verify
 * well, is one that leads nowhere (RFC 6858 2.1 does the same). For the null
 * sender its server's postmaster speaks (RFC 7208 2.4).
 */
static void
put_from(const struct stub *s, struct buf *to)
{
	char name[STUB_NAME];
	bool plain;

	stub_name(s, name, &plain);
	(void)buf_text(to, "From: ");
	if (utf8_is_ascii(span_of(name))) {
		(void)buf_print(to, "\"%s (waiting)\"", name);
	} else {
		memcpy(name + strlen(name), " (waiting)", 11);
		(void)encoded_word_print(span_of(name), to);
	}
	if (stub_is_address(s->sender))
		(void)buf_print(
		    to, "\r\n <%.*s>\r\n", (int)s->sender.n, s->sender.p);
	else if (s->sender.n == 0 && stub_is_domain(s->server))
		(void)buf_print(to, "\r\n <postmaster@%.*s>\r\n",
		    (int)s->server.n, s->server.p);
	else
		(void)buf_text(to, "\r\n <unwritable@address.invalid>\r\n");
}

static void
put_to(const struct stub *s, struct buf *to)
{
	if (stub_is_address(s->user))
		(void)buf_print(
		    to, "To: <%.*s>\r\n", (int)s->user.n, s->user.p);
	else
		(void)buf_text(to, "To: undisclosed-recipients:;\r\n");
}

/* As it is, if it is ASCII, short words, and nobody would decode it. */
static bool
is_foldable(struct span text)
{
	struct span word, rest = text;

	while (span_cut(&rest, ' ', &word)) {
		if (word.n > WORD_COLUMNS)
			return false;
	}
	return utf8_is_ascii(text) &&
	       span_search(text, 0, span_of("=?")) == text.n;
}

static void
put_folded(struct span text, size_t column, struct buf *to)
{
	struct span word;
	bool first = true;

	while (span_cut(&text, ' ', &word)) {
		if (!first && column + 1 + word.n > LINE_COLUMNS) {
			(void)buf_text(to, "\r\n");
			column = 0;
		}
		if (!first)
			(void)buf_char(to, ' ');
		(void)buf_put(to, word);
		column += word.n + !first;
		first = false;
	}
}

static void
put_subject(const struct stub *s, struct buf *to)
{
	char subject[STUB_SUBJECT];
	struct span shown;

	stub_subject(s, subject);
	shown = utf8_part(span_of(subject), SUBJECT_MAX);
	if (shown.n < strlen(subject)) {
		memcpy(subject + shown.n, "...", 4);
		shown = span_of(subject);
	}
	shown = span_trim(shown);
	(void)buf_text(to, "Subject: ");
	if (is_foldable(shown))
		put_folded(shown, strlen("Subject: "), to);
	else
		(void)encoded_word_print(shown, to);
	(void)buf_text(to, "\r\n");
}

/*
 * Reply-To has no name beside it: programs that remember whom their user wrote
 * to would offer the token as that person's address for ever.
 *
 * auto-generated keeps machines from answering (RFC 3834 2), which would
 * accept the message. It does not concern a person's reply.
 */
static void
put_head(const struct stub *s, struct buf *to)
{
	char date[DATE_TEXT];

	put_from(s, to);
	put_to(s, to);
	put_subject(s, to);
	date_message(s->created, date);
	(void)buf_print(to, "Date: %s\r\nMessage-ID: <%.*s@%s>\r\n", date,
	    (int)s->token.n, s->token.p, s->host);
	if (s->reply_to != NULL)
		(void)buf_print(to, "Reply-To: <%s>\r\n", s->reply_to);
	(void)buf_print(to,
	    "X-Restante-Envelope: %.*s\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative; boundary=\"" BOUNDARY
	    "\"\r\n\r\n",
	    (int)s->token.n, s->token.p);
}

static void
put_part(const char *type, struct span content, struct buf *to)
{
	(void)buf_print(to,
	    "--" BOUNDARY "\r\n"
	    "Content-Type: %s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n",
	    type);
	(void)transfer_base64(content, to);
}

static int
put_body(const struct stub *s, struct buf *to)
{
	struct buf lines, text, html;
	struct span line, rest;
	bool bad;

	buf_init(&lines, TEXT_MAX);
	buf_init(&text, TEXT_MAX);
	buf_init(&html, HTML_MAX);
	stub_words(s, &lines, &html);
	rest = buf_span(&lines);
	while (span_cut(&rest, '\n', &line)) {
		(void)buf_put(&text, line);
		(void)buf_text(&text, "\r\n");
	}
	put_part("text/plain", buf_span(&text), to);
	put_part("text/html", buf_span(&html), to);
	(void)buf_text(to, "--" BOUNDARY "--\r\n");
	bad = buf_bad(&lines) || buf_bad(&text) || buf_bad(&html);
	buf_fini(&lines);
	buf_fini(&text);
	buf_fini(&html);
	return bad || buf_bad(to) ? -E_NOMEM : 0;
}

int
stub_make(const struct stub *stub, struct buf *head, struct buf *body)
{
	assert(is_token(stub->token));
	assert(
	    stub->reply_to == NULL || stub_is_address(span_of(stub->reply_to)));
	put_head(stub, head);
	return put_body(stub, body) != 0 || buf_bad(head) ? -E_NOMEM : 0;
}
