/*
 * BDAT (RFC 3030): content in counted chunks. A chunk follows its command
 * without waiting, so a refused one is read to its end too. See verb.h.
 *
 *   bdat = "BDAT" SP 1*19DIGIT [ SP "LAST" ]
 */
#include "proto/server/smtp_content.h"
#include "proto/server/smtp_session.h"

#include "base/err.h"
#include "proto/command.h"

static int
parse(struct span argument, struct smtp_chunk *chunk)
{
	struct span number, last;

	command_split(argument, &number, &last);
	chunk->last = last.n > 0;
	if (last.n > 0 && !span_equals_nocase(last, span_of("LAST")))
		return -E_SYNTAX;
	return span_number(number, INT64_MAX, &chunk->left);
}

bool
verb_bdat_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	if (parse(argument, &x->chunk) < 0)
		return verb_refuse(
		    refusal_r, REPLY_BAD_ARGUMENT, "BDAT octets [LAST]");
	if (verb_msid_is_awaited(x))
		return verb_refuse(refusal_r, REPLY_SEND_MSID, "");
	if (x->recipients == 0)
		return verb_refuse(refusal_r, REPLY_NO_RECIPIENTS, "");
	return true;
}

static bool
is_endless(const struct smtp_server *x)
{
	uint64_t room = smtp_content_most(x);

	/* Both are below 2^63. */
	return x->chunk.left > room ||
	       (x->state == SMTP_CHUNKS &&
		   x->content.octets + x->chunk.left > room);
}

/* The last octet of the chunk has been read. */
static void
finish(struct smtp_server *x)
{
	struct smtp_chunk *chunk = &x->chunk;

	if (chunk->is_refused && chunk->ends) {
		smtp_session_end(x, chunk->refusal, span_of(chunk->text));
	} else if (chunk->is_refused) {
		smtp_session_enter(x, chunk->after);
		smtp_session_reply(x, chunk->refusal, span_of(chunk->text));
	} else if (chunk->last || x->content.is_spoiled) {
		smtp_content_finish(x);
	} else {
		/* Let the owner see it before the next chunk is read. */
		intake_offer(&x->content);
		smtp_session_enter(x, SMTP_CHUNKS);
		smtp_session_reply(x, REPLY_CHUNK_OK, (struct span){NULL, 0});
	}
}

static void
begin(struct smtp_server *x)
{
	if (is_endless(x)) {
		smtp_session_reply(x, REPLY_ENDLESS, (struct span){NULL, 0});
		return;
	}
	smtp_session_enter(x, SMTP_CHUNK);
	x->rate.is_running = false;
	if (x->chunk.left == 0)
		finish(x);
}

void
verb_bdat_proceed(struct smtp_server *x)
{
	x->chunk.is_refused = false;
	if (x->state == SMTP_CHUNKS) {
		begin(x);
		return;
	}
	x->event.bdat = true;
	smtp_session_ask(x, ASKED_BDAT, SMTP_SERVER_DATA);
}

static void
discard(struct smtp_server *x, enum reply_name reply, struct span text)
{
	x->chunk.is_refused = true;
	x->chunk.refusal = reply;
	span_copy(span_part(text, 0, REPLY_ARGUMENT_MAX), x->chunk.text,
	    sizeof(x->chunk.text));
	begin(x);
}

void
verb_bdat_answer(struct smtp_server *x, enum reply_name reply, struct span text)
{
	if (reply == REPLY_SEND_CONTENT) {
		smtp_content_start(x);
		begin(x);
	} else if (reply_code(reply) == 421) {
		smtp_session_reply(x, reply, text);
	} else {
		x->chunk.ends = true;
		discard(x, reply, text);
	}
}

void
verb_bdat_discard(struct smtp_server *x, struct span argument,
    struct verb_refusal refusal, bool ends)
{
	/* Without its length nobody knows where the next command begins. */
	if (parse(argument, &x->chunk) < 0) {
		smtp_session_reply(
		    x, REPLY_BAD_ARGUMENT, span_of("BDAT octets [LAST]"));
		smtp_session_close(x);
		return;
	}
	x->chunk.ends = ends;
	x->chunk.after = x->state;
	discard(x, refusal.reply, span_of(refusal.text));
}

size_t
verb_bdat_take(struct smtp_server *x, struct span in)
{
	struct smtp_chunk *chunk = &x->chunk;
	size_t n = in.n < chunk->left ? in.n : (size_t)chunk->left;

	if (!chunk->is_refused)
		n = smtp_content_take_chunk(x, span_part(in, 0, n));
	x->rate.octets += n;
	chunk->left -= n;
	if (chunk->left == 0 && x->state == SMTP_CHUNK)
		finish(x);
	return n;
}
