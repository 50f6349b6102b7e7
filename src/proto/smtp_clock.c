/*
 * How long a peer may take: between commands, within content, to take its last
 * reply (RFC 5321 4.5.3.2; AT-25). The time itself comes in from outside; what
 * happens on it besides giving up is nobody's business here. See smtp_clock.h.
 */
#include "proto/smtp_clock.h"

#include "proto/smtp_session.h"

bool
smtp_clock_runs_in_content(const struct smtp_server *x)
{
	return (x->state & SMTP_READS_CONTENT) != 0 &&
	       x->question == ASKED_NOTHING;
}

/* Gives the clock its time, when an order restarted it without one. */
void
smtp_clock_set(struct smtp_server *x, int64_t now)
{
	x->now = now;
	if (x->is_unclocked)
		x->since = now;
	x->is_unclocked = false;
	if (!smtp_clock_runs_in_content(x) || x->rate.is_running)
		return;
	x->rate = (struct smtp_rate){.is_running = true, .since = now};
}

/* When the peer has kept us waiting for too long, content rate apart. */
static int64_t
patience(const struct smtp_server *x)
{
	if (x->state == SMTP_CLOSED)
		return x->out.n == 0 ? INT64_MAX : x->since + SMTP_LINGER;
	if (x->question != ASKED_NOTHING)
		return INT64_MAX;
	if (smtp_clock_runs_in_content(x))
		return x->since + x->setup.content_timeout;
	if ((x->state & (SMTP_READS_LINES | SMTP_PARTING)) != 0 ||
	    (x->state == SMTP_FLOOR && x->out.n > 0))
		return x->since + x->setup.command_timeout;
	return INT64_MAX;
}

int64_t
smtp_clock_deadline(const struct smtp_server *x)
{
	int64_t until = patience(x);
	int64_t window = x->rate.since + SMTP_RATE_SECONDS;

	if (until != INT64_MAX && x->is_unclocked)
		return x->now;
	if (smtp_clock_runs_in_content(x) && x->rate.is_running &&
	    window < until)
		return window;
	return until;
}

/* A window of the content's rate is over: was it too slow (AT-25)? */
static bool
is_too_slow(struct smtp_server *x, int64_t now)
{
	struct smtp_rate last = x->rate;

	if (!last.is_running || now < last.since + SMTP_RATE_SECONDS)
		return false;
	x->rate = (struct smtp_rate){.is_running = true, .since = now};
	/* Silence is content_timeout's business; ours is nobody's fault. */
	return last.octets > 0 &&
	       last.octets < SMTP_RATE_SECONDS * x->setup.rate_min &&
	       !last.was_held;
}

void
smtp_clock_tick(struct smtp_server *x, int64_t now)
{
	if (x->content_is_due) {
		/* The owner keeps the peer waiting. */
		x->rate.was_held = true;
		smtp_session_restart_clock(x);
	}
	smtp_clock_set(x, now);
	if (smtp_clock_runs_in_content(x) && is_too_slow(x, now))
		smtp_session_reply(x, REPLY_TOO_SLOW, (struct span){NULL, 0});
	else if (now < patience(x))
		return;
	else if (x->state == SMTP_CLOSED)
		buf_release(&x->out); /* nobody takes the last reply */
	else
		smtp_session_reply(x, REPLY_TIMED_OUT, (struct span){NULL, 0});
	smtp_clock_set(x, now);
}
