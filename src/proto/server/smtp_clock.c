/*
 * How long a peer may take: between commands, within content, to take its last
 * reply (RFC 5321 4.5.3.2; AT-25). The time itself comes in from outside; what
 * happens on it besides giving up is nobody's business here. See smtp_clock.h.
 */
#include "proto/server/smtp_clock.h"

#include "proto/server/smtp_session.h"

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
	if (smtp_clock_runs_in_content(x))
		rate_run(&x->rate, now);
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

	if (until != INT64_MAX && x->is_unclocked)
		return x->now;
	return smtp_clock_runs_in_content(x) ? rate_deadline(&x->rate, until)
					     : until;
}

void
smtp_clock_tick(struct smtp_server *x, int64_t now)
{
	if (x->content.is_due) {
		/* The owner keeps the peer waiting. */
		x->rate.was_held = true;
		smtp_session_restart_clock(x);
	}
	smtp_clock_set(x, now);
	if (smtp_clock_runs_in_content(x) &&
	    rate_is_low(&x->rate, now, x->setup.rate_min))
		smtp_session_reply(x, REPLY_TOO_SLOW, (struct span){NULL, 0});
	else if (now < patience(x))
		return;
	else if (x->state == SMTP_CLOSED)
		buf_release(&x->out); /* nobody takes the last reply */
	else
		smtp_session_reply(x, REPLY_TIMED_OUT, (struct span){NULL, 0});
	smtp_clock_set(x, now);
}
