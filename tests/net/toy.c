/* The toy machine and the party of toy.h. */
#include "toy.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A test that waits in vain is killed instead of hanging for ever. */
#define PATIENCE_SECONDS 60

int64_t party_now = 1000;

void
toy_init(struct toy *t)
{
	memset(t, 0, sizeof *t);
	buf_init(&t->line, TOY_LINE_MAX);
	buf_init(&t->heard, TOY_HEARD_MAX);
	buf_init(&t->out, TOY_HEARD_MAX);
	t->deadline = INT64_MAX;
}

void
toy_fini(struct toy *t)
{
	buf_fini(&t->line);
	buf_fini(&t->heard);
	buf_fini(&t->out);
}

void
toy_say(struct toy *t, const char *text)
{
	buf_text(&t->out, text);
}

void
toy_answer(struct toy *t, const char *text)
{
	t->question = false;
	toy_say(t, text);
}

static void
hear(struct toy *t)
{
	struct span line = buf_span(&t->line);

	t->lines++;
	buf_put(&t->heard, line);
	if (span_equals(line, span_of("quit\n"))) {
		t->quit = true;
		toy_say(t, "bye\n");
	} else if (t->asks) {
		t->question = true;
	} else {
		buf_put(&t->out, line);
	}
	buf_clear(&t->line);
}

static size_t
toy_feed(void *self, struct span in, int64_t now)
{
	struct toy *t = self;
	size_t taken = 0;

	(void)now;
	while (taken < in.n && !t->question && !t->quit) {
		buf_char(&t->line, in.p[taken]);
		if (in.p[taken++] == '\n')
			hear(t);
	}
	return taken;
}

static struct span
toy_out(const void *self)
{
	const struct toy *t = self;

	return buf_span(&t->out);
}

static void
toy_sent(void *self, size_t n)
{
	struct toy *t = self;

	buf_drop(&t->out, n);
}

static int64_t
toy_deadline(const void *self)
{
	const struct toy *t = self;

	return t->deadline;
}

static void
toy_tick(void *self, int64_t now)
{
	struct toy *t = self;

	(void)now;
	t->ticks++;
}

static int
toy_wants(const void *self)
{
	const struct toy *t = self;

	return t->quit ? 0 : MACHINE_READ | MACHINE_WRITE;
}

struct machine
toy_machine(struct toy *t)
{
	static const struct machine_ops ops = {
	    .feed = toy_feed,
	    .out = toy_out,
	    .sent = toy_sent,
	    .deadline = toy_deadline,
	    .tick = toy_tick,
	    .wants = toy_wants,
	};

	return (struct machine){&ops, t};
}

static void
on_progress(void *owner)
{
	struct party *p = owner;

	p->steps++;
	if (p->step != NULL)
		p->step(p);
}

static void
on_secured(void *owner)
{
	struct party *p = owner;

	p->secured++;
	if (p->safely != NULL)
		p->safely(p);
}

static void
on_over(void *owner, enum conn_end end)
{
	struct party *p = owner;

	p->ends++;
	p->end = end;
	if (p->at_end != NULL)
		p->at_end(p);
}

static int64_t
party_clock(void)
{
	return party_now;
}

void
party_init(struct party *p, struct event_base *base, int fd)
{
	struct conn_setup setup = {
	    .base = base,
	    .fd = fd,
	    .owner = p,
	    .progress = on_progress,
	    .over = on_over,
	    .secured = on_secured,
	    .clock = party_clock,
	};

	alarm(PATIENCE_SECONDS);
	memset(p, 0, sizeof *p);
	toy_init(&p->toy);
	setup.machine = toy_machine(&p->toy);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (conn_new(&setup, &p->conn) != 0)
		_exit(1);
}

void
party_fini(struct party *p)
{
	conn_free(&p->conn);
	toy_fini(&p->toy);
}

void
party_turn(struct event_base *base)
{
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

void
party_turns(struct event_base *base)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
}

void
party_wait(struct event_base *base, const unsigned *count, unsigned n)
{
	while (*count < n)
		event_base_loop(base, EVLOOP_ONCE);
}
