/*
 * Notifications of anything: of any message, with anything that other servers
 * have said. They are lines that can be sent, and a header section that says
 * what they are. Input: decisions, address, reply, ENVID, then the message.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/utf8.h"
#include "message/dsn.h"
#include "message/head.h"
#include "message/preview.h"

#include <string.h>

#define LINE_MAX   1000 /* RFC 5321 4.5.3.1.6, CRLF included */
#define RECIPIENTS 3

static void
check_head(const struct dsn_text *text)
{
	struct head head;
	struct head_facts facts;

	head_init(&head);
	assert(head_feed(&head, buf_span(&text->head)) == text->head.n);
	assert(head.complete && !head.none && !head.cut);
	head_facts(&head, &facts);
	assert(facts.has_date && facts.has_message_id && !facts.has_bcc);
	assert(facts.from_fields == 1 && facts.received == 0);
	assert(dsn_is_automatic(buf_span(&text->head)));
	head_fini(&head);
}

static void
check(const struct dsn_text *text)
{
	assert(text->head.n <= DSN_HEAD_MAX && text->body.n <= DSN_BODY_MAX);
	fuzz_assert_lines(buf_span(&text->head), LINE_MAX);
	fuzz_assert_lines(buf_span(&text->body), LINE_MAX);
	assert(text->body_8bit || utf8_is_ascii(buf_span(&text->body)));
	assert(text->smtputf8 || utf8_is_ascii(buf_span(&text->head)));
	check_head(text);
}

static void
fill(struct dsn_recipient *r, struct fuzz_draws *draws, struct span address,
    struct span reply)
{
	*r = (struct dsn_recipient){.address = address,
	    .cause = (enum dsn_cause)fuzz_draw(draws, DSN_CAUSES),
	    .maybe_delivered = fuzz_draw(draws, 2) == 1,
	    .reply = reply,
	    .last_attempt = fuzz_draw(draws, 2) == 1 ? 1800000000 : 0,
	    .retry_until = fuzz_draw(draws, 2) == 1 ? 1800003600 : 0};
	if (r->cause == 0)
		r->cause = DSN_EXPIRED;
	if (fuzz_draw(draws, 2) == 1)
		r->remote = reply;
	if (fuzz_draw(draws, 2) == 1)
		r->orcpt = address;
	if (fuzz_draw(draws, 2) == 1)
		r->withdraw = address;
}

void
fuzz_one(struct span input)
{
	struct fuzz_draws draws = fuzz_draw_line(&input);
	struct span address = {"", 0}, reply = {"", 0};
	struct dsn_recipient recipients[RECIPIENTS];
	struct dsn dsn = {.key = {.b = {1, 2, 3}},
	    .host = span_of("mx.a.test"),
	    .domain = span_of("a.test"),
	    .author = span_of("alice@a.test"),
	    .now = 1800000000,
	    .arrived = 1700000000,
	    .whole = fuzz_draw(&draws, 2) == 0,
	    .ret_full = fuzz_draw(&draws, 2) == 0,
	    .count = 1 + fuzz_draw(&draws, RECIPIENTS),
	    .recipients = recipients};
	struct dsn_text text;
	struct head head;
	size_t n;
	int rc;

	span_cut(&input, '\n', &address);
	span_cut(&input, '\n', &reply);
	span_cut(&input, '\n', &dsn.envid);
	for (unsigned i = 0; i < dsn.count; i++)
		fill(&recipients[i], &draws, address, reply);
	head_init(&head);
	n = head_feed(&head, input);
	dsn.head = buf_span(&head.text);
	if (dsn.whole)
		dsn.body = span_skip(input, n);
	dsn_text_init(&text);
	rc = dsn_make(&dsn, &text);
	assert(rc == 0 || rc == -E_EXISTS);
	if (rc == 0)
		check(&text);
	dsn_text_fini(&text);
	head_fini(&head);
}
