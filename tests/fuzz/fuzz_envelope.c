/*
 * Envelope texts, both ways: one of a peer is read into harmless texts; one
 * that we write, of any message, can be sent and is read again, and says what
 * the preview of the message says.
 */
#include "fuzz.h"

#include "base/err.h"
#include "message/envelope.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX 1000 /* RFC 5321 4.5.3.1.6, CRLF included */

/* Large. */
static struct envelope told, told_again;

static void
check(const struct envelope *e)
{
	fuzz_assert_shown(e->from, sizeof e->from, false);
	fuzz_assert_shown(e->to, sizeof e->to, false);
	fuzz_assert_shown(e->cc, sizeof e->cc, false);
	fuzz_assert_shown(e->date, sizeof e->date, false);
	fuzz_assert_shown(e->subject, sizeof e->subject, false);
	fuzz_assert_shown(e->message_id, sizeof e->message_id, false);
	fuzz_assert_shown(e->preview, sizeof e->preview, true);
	assert(strchr(e->message_id, ' ') == NULL);
	assert(e->listed <= PREVIEW_LISTED && e->listed <= e->attachments);
	for (unsigned i = 0; i < e->listed; i++) {
		const struct preview_attachment *a = &e->list[i];

		fuzz_assert_shown(a->name, sizeof a->name, false);
		fuzz_assert_shown(a->type, sizeof a->type, false);
	}
}

static void
check_read(struct span text)
{
	struct err why = {0};
	int rc = envelope_parse(text, &told, &why);

	assert(rc == 0 || (rc == -E_SYNTAX && why.text[0] != '\0'));
	assert(rc != 0 || text.n <= ENVELOPE_TEXT_MAX);
	check(&told);
	assert(envelope_parse(text, &told_again, NULL) == rc);
	assert(memcmp(&told, &told_again, sizeof told) == 0);
}

/* What was written of the message whose preview has FACTS. */
static void
check_written(struct span text, const struct envelope_source *source)
{
	const struct preview_facts *facts = source->facts;
	struct err why;

	assert(text.n <= ENVELOPE_TEXT_MAX);
	fuzz_assert_lines(text, LINE_MAX);
	assert(envelope_parse(text, &told, &why) == 0);
	check(&told);
	assert(told.size == source->size);
	assert(told.attachments == facts->attachments);
	assert(told.from_fields <= 1);
	for (size_t i = 0; source->seven_bit && i < text.n; i++)
		assert((unsigned char)text.p[i] < 128);
}

static void
check_print(struct span message, bool seven_bit)
{
	struct preview *preview = preview_new();
	struct envelope_source source = {
	    .size = 12345, .id = span_of("id-1"), .seven_bit = seven_bit};
	struct head head;
	struct buf text;

	assert(preview != NULL);
	preview_feed(preview, message);
	preview_end(preview);
	head_init(&head);
	(void)head_feed(&head, message);
	if (!head.complete)
		head_end(&head);
	source.head = &head;
	source.facts = preview_facts(preview);
	buf_init(&text, ENVELOPE_TEXT_MAX);
	assert(envelope_print(&source, &text) == 0 && !buf_bad(&text));
	check_written(buf_span(&text), &source);
	buf_fini(&text);
	head_fini(&head);
	preview_free(&preview);
}

void
fuzz_one(struct span input)
{
	struct fuzz_draws draws = fuzz_draw_line(&input);
	char *exact = fuzz_exact(input);
	struct span text = span_make(exact, input.n);

	check_read(text);
	check_print(text, fuzz_draw(&draws, 2) == 1);
	free(exact);
}
