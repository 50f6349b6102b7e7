/*
 * What a user writes, as it comes in behind "data". Where it ends and what
 * malformed means is content.c's business; here it is counted, held against
 * the limit, and handed on, as smtp_content.c does it. What is spoiled is read
 * to its end, so that the reply stands where it is expected, but not endlessly.
 */
#include "proto/smdp_user_inner.h"

static const struct span nothing = {NULL, 0};

void
smdp_user_content_start(struct smdp_user *x)
{
	struct smdp_user_content *content = &x->content;

	content_reader_init(&content->reader);
	content->octets = 0;
	content->is_spoiled = false;
}

void
smdp_user_content_forget(struct smdp_user *x)
{
	x->content.is_due = x->content.run_is_given = false;
	buf_release(&x->content.run);
}

void
smdp_user_content_drop_given(struct smdp_user *x)
{
	if (x->content.run_is_given)
		buf_clear(&x->content.run);
	x->content.run_is_given = false;
}

void
smdp_user_content_spoil(struct smdp_user *x, enum reply_name reply)
{
	struct smdp_user_content *content = &x->content;

	if (content->is_spoiled)
		return;
	content->is_spoiled = true;
	content->spoiled_by = reply;
	smdp_user_content_forget(x);
}

/* Octets that are read at most, wanted or not. */
static uint64_t
read_limit(const struct smdp_user *x)
{
	uint64_t most = INT64_MAX - SMDP_USER_OVERRUN_MAX;
	uint64_t size = x->setup.message_size;

	return (size < most ? size : most) + SMDP_USER_OVERRUN_MAX;
}

/* Counts and keeps a run that has just been read. */
static void
add(struct smdp_user *x, struct span run)
{
	struct smdp_user_content *content = &x->content;

	content->octets += run.n;
	if (content->octets > x->setup.message_size)
		smdp_user_content_spoil(x, REPLY_TOO_LARGE);
	if (content->reader.malformed)
		smdp_user_content_spoil(x, REPLY_BAD_LINE_END);
	if (!content->is_spoiled && buf_put(&content->run, run) < 0)
		smdp_user_content_spoil(x, REPLY_NO_ROOM);
	content->is_due = content->run.n >= SMDP_USER_RUN;
	if (content->octets > read_limit(x))
		smdp_user_reply(x, REPLY_ENDLESS, nothing);
}

/* Of several reasons the same one, in whatever pieces the content came. */
static enum reply_name
refusal(const struct smdp_user *x)
{
	if (x->content.reader.malformed)
		return REPLY_BAD_LINE_END;
	if (x->content.octets > x->setup.message_size)
		return REPLY_TOO_LARGE;
	return x->content.spoiled_by;
}

static void
finish(struct smdp_user *x)
{
	if (x->content.is_spoiled) {
		smdp_user_finish(x, refusal(x), nothing);
		return;
	}
	x->content.is_due = x->content.run.n > 0;
	x->has_message = false;
	x->event.size = x->content.octets;
	smdp_user_ask(x, SMDP_USER_END);
}

size_t
smdp_user_content_take(struct smdp_user *x, struct span in)
{
	struct span part = span_part(in, 0, SMDP_USER_RUN - x->content.run.n);
	struct span run;
	size_t used;
	int ended = content_read(&x->content.reader, part, &used, &run);

	x->rate.octets += used;
	add(x, run);
	if (ended == 1 && x->state == SMDP_USER_READING_CONTENT)
		finish(x);
	return used;
}
