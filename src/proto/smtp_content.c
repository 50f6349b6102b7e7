/*
 * Content that comes in. Where it ends and what malformed means is content.c's
 * business; here it is counted, held against the limits, and handed on. What
 * is spoiled is read to its end, so that the reply stands where the peer
 * expects it, but not endlessly. See smtp_content.h.
 */
#include "proto/smtp_content.h"

#include "proto/smtp_session.h"

void
smtp_content_start(struct smtp_server *x)
{
	struct smtp_content *content = &x->content;

	content_reader_init(&content->reader);
	content->octets = 0;
	content->is_spoiled = false;
	x->rate.is_running = false;
}

/* Octets that are taken: of a message, or of an envelope's text. */
static uint64_t
size_limit(const struct smtp_server *x)
{
	return x->is_envelope ? SMTP_ENVELOPE_MAX : x->setup.message_size;
}

uint64_t
smtp_content_limit(const struct smtp_server *x)
{
	uint64_t most = INT64_MAX - SMTP_OVERRUN_MAX;
	uint64_t size = size_limit(x);

	return (size < most ? size : most) + SMTP_OVERRUN_MAX;
}

void
smtp_content_drop_given(struct smtp_server *x)
{
	if (x->content.run_is_given)
		buf_clear(&x->content.run);
	x->content.run_is_given = false;
}

void
smtp_content_spoil(struct smtp_server *x, enum reply_name reply)
{
	struct smtp_content *content = &x->content;

	if (content->is_spoiled)
		return;
	content->is_spoiled = true;
	content->spoiled_by = reply;
	content->run_is_given = false;
	x->content_is_due = false;
	buf_release(&content->run);
}

static enum reply_name
too_large(const struct smtp_server *x)
{
	return x->is_envelope ? REPLY_ENVELOPE_TOO_LARGE : REPLY_TOO_LARGE;
}

/* Counts and keeps a run that has just been read. */
static void
add(struct smtp_server *x, struct span run)
{
	struct smtp_content *content = &x->content;

	content->octets += run.n;
	if (content->octets > size_limit(x))
		smtp_content_spoil(x, too_large(x));
	if (content->reader.malformed)
		smtp_content_spoil(x, REPLY_BAD_LINE_END);
	if (!content->is_spoiled && buf_put(&content->run, run) < 0)
		smtp_content_spoil(x, REPLY_NO_ROOM);
	x->content_is_due = content->run.n >= SMTP_RUN;
	if (content->octets > smtp_content_limit(x))
		smtp_session_reply(x, REPLY_ENDLESS, (struct span){NULL, 0});
}

/* At most so much that it fits into the run. */
static struct span
fitting(const struct smtp_server *x, struct span in)
{
	return span_part(in, 0, SMTP_RUN - x->content.run.n);
}

size_t
smtp_content_take(struct smtp_server *x, struct span in)
{
	struct span run;
	size_t used;
	int ended =
	    content_read(&x->content.reader, fitting(x, in), &used, &run);

	x->rate.octets += used;
	add(x, run);
	if (ended == 1 && x->state == SMTP_CONTENT)
		smtp_content_finish(x);
	return used;
}

size_t
smtp_content_take_chunk(struct smtp_server *x, struct span in)
{
	struct span run = fitting(x, in);

	content_check(&x->content.reader, run);
	add(x, run);
	return run.n;
}

/*
 * What spoiled content is refused with. Where there are several reasons, the
 * one that was found first depends on the pieces in which it came; this does
 * not.
 */
static enum reply_name
refusal(const struct smtp_server *x)
{
	if (x->content.reader.malformed)
		return REPLY_BAD_LINE_END;
	if (x->content.octets > size_limit(x))
		return too_large(x);
	return x->content.spoiled_by;
}

void
smtp_content_finish(struct smtp_server *x)
{
	struct smtp_content *content = &x->content;

	/* DATA cannot end but behind CRLF; BDAT ends where it likes. */
	if (x->state == SMTP_CHUNK && content->octets > 0 &&
	    !content_is_whole(&content->reader))
		smtp_content_spoil(x, REPLY_BAD_LINE_END);
	if (content->is_spoiled) {
		x->abort_refused = true;
		x->abort_refusal = refusal(x);
		smtp_session_end(x, x->abort_refusal, (struct span){NULL, 0});
		return;
	}
	x->content_is_due = content->run.n > 0;
	x->has_transaction = false;
	x->event.size = content->octets;
	smtp_session_ask(x, ASKED_END, SMTP_SERVER_END);
}
