/*
 * Stubs of anything: of any envelope text, or of a notice that said little, and
 * of any sender. Input: decisions, sender, server, subject, then the text.
 */
#include "fuzz.h"

#include "../message/stub_read.h"
#include "base/err.h"
#include "message/stub.h"

#include <stdio.h>
#include <string.h>

#define TOKEN "0123456789abcdefghijklmnopqrstuvwxyz_-ABCDE"

/* Large. */
static struct envelope envelope;

static void
check(struct span head, struct span body)
{
	struct buf text, html;
	const char *why;

	buf_init(&text, STUB_BODY_MAX);
	buf_init(&html, STUB_BODY_MAX);
	why = stub_read(head, body, &text, &html);
	if (why != NULL)
		fprintf(stderr, "%s\n%s\n%s\n", why, buf_string(&text),
		    buf_string(&html));
	assert(why == NULL);
	buf_fini(&text);
	buf_fini(&html);
}

void
fuzz_one(struct span input)
{
	struct fuzz_draws draws = fuzz_draw_line(&input);
	struct stub stub = {.token = span_of(TOKEN),
	    .host = "mx.b.test",
	    .user = span_of("bob@b.test"),
	    .sender = {"", 0},
	    .server = {"", 0},
	    .subject = {"", 0},
	    .how = "its own mail server (MX)",
	    .attachments = fuzz_draw(&draws, 3),
	    .has_size = fuzz_draw(&draws, 2) == 1,
	    .size = fuzz_draw(&draws, 26) * UINT64_C(123456789),
	    .created = 1800000000,
	    .expires_at = fuzz_draw(&draws, 2) == 1 ? 1800003600 : 0};
	struct buf head, body;

	if (fuzz_draw(&draws, 2) == 1)
		stub.reply_to = "answer+" TOKEN "@b.test";
	span_cut(&input, '\n', &stub.sender);
	span_cut(&input, '\n', &stub.server);
	span_cut(&input, '\n', &stub.subject);
	if (fuzz_draw(&draws, 2) == 1)
		stub.user = stub.sender;
	if (envelope_parse(input, &envelope, NULL) == 0)
		stub.envelope = &envelope;
	buf_init(&head, STUB_HEAD_MAX);
	buf_init(&body, STUB_BODY_MAX);
	assert(stub_make(&stub, &head, &body) == 0);
	check(buf_span(&head), buf_span(&body));
	buf_fini(&head);
	buf_fini(&body);
}
