/*
 * For: content as it comes in, against its limit. Not for: where it ends and
 * what malformed means (content.c), what is said to it (the machines). See
 * intake.h.
 */
#include "proto/intake.h"

/* A run may end with octets that the reader held back. */
#define HELD_BACK 8

void
intake_init(struct intake *i)
{
	*i = (struct intake){.limit = 0};
	buf_init(&i->run, INTAKE_RUN + HELD_BACK);
}

void
intake_fini(struct intake *i)
{
	buf_fini(&i->run);
}

void
intake_begin(struct intake *i, uint64_t limit, enum reply_name too_large)
{
	content_reader_init(&i->reader);
	i->limit = limit;
	i->too_large = too_large;
	i->octets = 0;
	i->is_spoiled = false;
}

uint64_t
intake_most(uint64_t limit)
{
	uint64_t most = INT64_MAX - INTAKE_OVERRUN_MAX;

	return (limit < most ? limit : most) + INTAKE_OVERRUN_MAX;
}

bool
intake_is_endless(const struct intake *i)
{
	return i->octets > intake_most(i->limit);
}

bool
intake_has_room(const struct intake *i)
{
	return i->run.n < INTAKE_RUN;
}

/* ---- taking ---- */

/* Counts and keeps a run that has just been read. */
static void
add(struct intake *i, struct span run)
{
	i->octets += run.n;
	if (i->octets > i->limit)
		intake_spoil(i, i->too_large);
	if (i->reader.malformed)
		intake_spoil(i, REPLY_BAD_LINE_END);
	if (!i->is_spoiled && buf_put(&i->run, run) < 0)
		intake_spoil(i, REPLY_NO_ROOM);
	i->is_due = !intake_has_room(i);
}

/* At most so much that it fits into the run. */
static struct span
fitting(const struct intake *i, struct span in)
{
	return span_part(in, 0, INTAKE_RUN - i->run.n);
}

int
intake_read(struct intake *i, struct span in, size_t *used_r)
{
	struct span run;
	int ended = content_read(&i->reader, fitting(i, in), used_r, &run);

	add(i, run);
	return ended;
}

size_t
intake_take(struct intake *i, struct span in)
{
	struct span run = fitting(i, in);

	content_check(&i->reader, run);
	add(i, run);
	return run.n;
}

/* ---- handing on ---- */

void
intake_offer(struct intake *i)
{
	if (i->run.n > 0)
		i->is_due = true;
}

struct span
intake_lend(struct intake *i)
{
	i->is_due = false;
	i->is_lent = true;
	return buf_span(&i->run);
}

void
intake_drop_lent(struct intake *i)
{
	if (i->is_lent)
		buf_clear(&i->run);
	i->is_lent = false;
}

/* ---- refusing ---- */

void
intake_spoil(struct intake *i, enum reply_name reply)
{
	if (i->is_spoiled)
		return;
	i->is_spoiled = true;
	i->spoiled_by = reply;
	intake_forget(i);
}

enum reply_name
intake_refusal(const struct intake *i)
{
	if (i->reader.malformed)
		return REPLY_BAD_LINE_END;
	if (i->octets > i->limit)
		return i->too_large;
	return i->spoiled_by;
}

void
intake_forget(struct intake *i)
{
	i->is_due = i->is_lent = false;
	buf_release(&i->run);
}
