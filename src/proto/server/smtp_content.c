/*
 * For: how much content is wanted, and what follows its end. Not for: taking
 * and counting it (intake.c). See smtp_content.h.
 */
#include "proto/server/smtp_content.h"

#include "proto/server/smtp_session.h"

/* Octets that are taken: of a message, or of an envelope's text. */
static uint64_t
size_limit(const struct smtp_server *x)
{
	return x->is_envelope ? SMTP_ENVELOPE_MAX : x->setup.message_size;
}

uint64_t
smtp_content_most(const struct smtp_server *x)
{
	return intake_most(size_limit(x));
}

void
smtp_content_start(struct smtp_server *x)
{
	intake_begin(&x->content, size_limit(x),
	    x->is_envelope ? REPLY_ENVELOPE_TOO_LARGE : REPLY_TOO_LARGE);
	x->rate.is_running = false;
}

static void
refuse_endless(struct smtp_server *x)
{
	if (intake_is_endless(&x->content))
		smtp_session_reply(x, REPLY_ENDLESS, (struct span){NULL, 0});
}

size_t
smtp_content_take(struct smtp_server *x, struct span in)
{
	size_t used;
	int ended = intake_read(&x->content, in, &used);

	x->rate.octets += used;
	refuse_endless(x);
	if (ended == 1 && x->state == SMTP_CONTENT)
		smtp_content_finish(x);
	return used;
}

size_t
smtp_content_take_chunk(struct smtp_server *x, struct span in)
{
	size_t used = intake_take(&x->content, in);

	refuse_endless(x);
	return used;
}

void
smtp_content_finish(struct smtp_server *x)
{
	struct intake *content = &x->content;

	/* DATA cannot end but behind CRLF; BDAT ends where it likes. */
	if (x->state == SMTP_CHUNK && content->octets > 0 &&
	    !content_is_whole(&content->reader))
		intake_spoil(content, REPLY_BAD_LINE_END);
	if (content->is_spoiled) {
		x->abort_refused = true;
		x->abort_refusal = intake_refusal(content);
		smtp_session_end(x, x->abort_refusal, (struct span){NULL, 0});
		return;
	}
	intake_offer(content);
	x->has_transaction = false;
	x->event.size = content->octets;
	smtp_session_ask(x, ASKED_END, SMTP_SERVER_END);
}
