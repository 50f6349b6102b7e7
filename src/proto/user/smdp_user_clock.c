/*
 * How long a user's program may take: between commands, to send content, to
 * take what it is given, and its last reply (WIRE 11; AT-25). As
 * smtp_clock.c, and for what is given too. The moves are in smdp_user_inner.h.
 */
#include "proto/user/smdp_user_inner.h"

void
smdp_user_clock_restart(struct smdp_user *x)
{
	/*
	 * Orders carry no time. So that a long wait for our own decision is
	 * not held against the peer, its time begins at the next known NOW.
	 */
	x->is_unclocked = true;
}

/* Is it the peer who moves octets now, one way or the other? */
static bool
has_rate(const struct smdp_user *x)
{
	if (x->state == SMDP_USER_READING_CONTENT)
		return !x->is_asked;
	return (x->state & SMDP_USER_GIVES) != 0 && x->out.n > 0;
}

void
smdp_user_clock_set(struct smdp_user *x, int64_t now)
{
	x->now = now;
	if (x->is_unclocked)
		x->since = now;
	x->is_unclocked = false;
	if (has_rate(x))
		rate_run(&x->rate, now);
}

void
smdp_user_clock_given(struct smdp_user *x)
{
	/* Who owes something already does not get more time by it. */
	if (x->out.n == 0)
		smdp_user_clock_restart(x);
}

void
smdp_user_clock_sent(struct smdp_user *x, size_t n)
{
	if ((x->state & SMDP_USER_GIVES) == 0)
		return;
	x->rate.octets += n;
	if (x->out.n == 0)
		x->rate.was_held = true;
	if (n > 0)
		smdp_user_clock_restart(x);
}

/* When the peer has kept us waiting for too long, the rate apart. */
static int64_t
patience(const struct smdp_user *x)
{
	if (x->state == SMDP_USER_OVER)
		return x->out.n == 0 ? INT64_MAX : x->since + SMDP_USER_LINGER;
	if (x->is_asked)
		return INT64_MAX;
	if (has_rate(x))
		return x->since + x->setup.content_timeout;
	if ((x->state & SMDP_USER_READS_LINES) != 0)
		return x->since + x->setup.command_timeout;
	return INT64_MAX;
}

int64_t
smdp_user_clock_deadline(const struct smdp_user *x)
{
	int64_t until = patience(x);

	if (until != INT64_MAX && x->is_unclocked)
		return x->now;
	return has_rate(x) ? rate_deadline(&x->rate, until) : until;
}

static void
give_up(struct smdp_user *x, enum reply_name reply)
{
	/* Within a list or a text a reply would be taken for a part of it. */
	if ((x->state & SMDP_USER_GIVES) != 0)
		smdp_user_close(x);
	else
		smdp_user_reply(x, reply, (struct span){NULL, 0});
}

void
smdp_user_clock_tick(struct smdp_user *x, int64_t now)
{
	if (x->content.is_due) {
		/* The owner keeps the peer waiting. */
		x->rate.was_held = true;
		smdp_user_clock_restart(x);
	}
	smdp_user_clock_set(x, now);
	if (has_rate(x) && rate_is_low(&x->rate, now, x->setup.rate_min))
		give_up(x, REPLY_TOO_SLOW);
	else if (now < patience(x))
		return;
	else if (x->state == SMDP_USER_OVER)
		buf_release(&x->out); /* nobody takes the last reply */
	else
		give_up(x, REPLY_TIMED_OUT);
	smdp_user_clock_set(x, now);
}
