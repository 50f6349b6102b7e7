/*
 * For: octets to and from a machine. Not for: its events, which are its owner's
 * (server_talk.c, user_talk.c). See pump.h.
 */
#include "pump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void
pump_init(struct pump *p, struct machine machine, bool (*work)(struct pump *p))
{
	*p = (struct pump){
	    .machine = machine, .work = work, .now = PUMP_START, .seed = 1};
	buf_init(&p->said, PUMP_ALL_MAX);
	buf_init(&p->unread, PUMP_ALL_MAX);
}

void
pump_fini(struct pump *p)
{
	buf_fini(&p->said);
	buf_fini(&p->unread);
}

static bool
drain(struct pump *p)
{
	struct span out = p->machine.ops->out(p->machine.self);
	bool any = out.n > 0;

	while (out.n > 0) {
		/* Never all at once, so that offsets are kept well. */
		size_t n = out.n > 7 ? 7 : out.n;

		buf_put(&p->said, span_part(out, 0, n));
		p->machine.ops->sent(p->machine.self, n);
		out = p->machine.ops->out(p->machine.self);
	}
	return any;
}

static bool
feed_unread(struct pump *p)
{
	struct span all = buf_span(&p->unread);
	char *exact;
	size_t used;

	if (all.n == 0)
		return false;
	/* A copy of exactly that size: reading beyond it is seen. */
	exact = malloc(all.n);
	if (exact == NULL) /* a test lets one fail, and meant another */
		exact = malloc(all.n);
	assert_non_null(exact);
	memcpy(exact, all.p, all.n);
	used = p->machine.ops->feed(
	    p->machine.self, span_make(exact, all.n), p->now);
	memset(exact, 'x', all.n);
	free(exact);
	assert_true(used <= all.n);
	buf_drop(&p->unread, used);
	return used > 0;
}

void
pump_run(struct pump *p)
{
	bool moved = true;

	while (moved) {
		moved = feed_unread(p);
		moved = p->work(p) || moved;
		if (!p->is_deaf)
			moved = drain(p) || moved;
	}
}

static size_t
slice_length(struct pump *p, enum pump_slices slices, size_t left)
{
	size_t n = 1;

	if (slices == PUMP_WHOLE)
		return left;
	if (slices == PUMP_RANDOM) {
		p->seed = p->seed * 1103515245u + 12345u;
		n = 1 + (p->seed >> 16) % 23;
	}
	return n < left ? n : left;
}

void
pump_send(struct pump *p, struct span input, enum pump_slices slices)
{
	size_t at = 0;

	while (at < input.n) {
		size_t n = slice_length(p, slices, input.n - at);

		buf_put(&p->unread, span_part(input, at, n));
		at += n;
		pump_run(p);
	}
}

void
pump_say(struct pump *p, const char *text)
{
	pump_send(p, span_of(text), PUMP_WHOLE);
}

bool
pump_tick(struct pump *p)
{
	int64_t deadline = p->machine.ops->deadline(p->machine.self);

	if (deadline == INT64_MAX)
		return false;
	if (deadline > p->now)
		p->now = deadline;
	p->machine.ops->tick(p->machine.self, p->now);
	pump_run(p);
	return true;
}
