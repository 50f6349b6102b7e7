#include "wire.h"

#include <string.h>

uint32_t
wire_random(uint32_t *seed, uint32_t limit)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % limit;
}

void
wire_split(struct wire *w, uint32_t seed)
{
	w->splits = seed != WIRE_WHOLE;
	w->seed = seed;
}

/* How many of N octets go at once: all, or as chance will have it. */
static size_t
share(struct wire *w, size_t n)
{
	uint32_t most;

	if (!w->splits || n == 0)
		return n;
	most = 1 + wire_random(&w->seed, 90);
	most = 1 + wire_random(&w->seed, most);
	return n < most ? n : most;
}

static void
lane_init(struct wire_lane *lane, struct end *from, struct end *to)
{
	*lane = (struct wire_lane){.from = from, .to = to, .limit = SIZE_MAX};
	buf_init(&lane->flight, END_OCTETS_MAX);
	buf_init(&lane->history, END_OCTETS_MAX);
}

void
wire_init(struct wire *w, const char *const *orders, unsigned keywords)
{
	*w = (struct wire){.splits = false};
	end_init_dialled(&w->asker, orders);
	end_init_called(&w->origin, keywords);
	lane_init(&w->up, &w->asker, &w->origin);
	lane_init(&w->down, &w->origin, &w->asker);
}

void
wire_fini(struct wire *w)
{
	end_fini(&w->asker);
	end_fini(&w->origin);
	buf_fini(&w->up.flight);
	buf_fini(&w->up.history);
	buf_fini(&w->down.flight);
	buf_fini(&w->down.history);
}

void
wire_cut(struct wire *w, bool up, size_t limit)
{
	if (up)
		w->up.limit = limit;
	else
		w->down.limit = limit;
}

bool
wire_is_cut(const struct wire *w)
{
	return w->up.history.n >= w->up.limit ||
	       w->down.history.n >= w->down.limit;
}

static bool
depart(struct wire *w, struct wire_lane *lane)
{
	struct span out = end_waiting(lane->from);
	size_t left = lane->limit - lane->history.n;
	size_t n = share(w, out.n < left ? out.n : left);

	if (n == 0 || wire_is_cut(w))
		return false;
	buf_put(&lane->flight, span_part(out, 0, n));
	buf_put(&lane->history, span_part(out, 0, n));
	end_depart(lane->from, n);
	return true;
}

static bool
arrive(struct wire *w, struct wire_lane *lane)
{
	static const char noise[] = "\r\n. 0123459-\0\xff";
	char octets[4096];
	size_t n = share(w, lane->flight.n);

	if (n > sizeof(octets))
		n = sizeof(octets);
	if (n == 0)
		return false;
	/* Each arrival in memory of its own, that reading beyond it shows. */
	memcpy(octets, lane->flight.p, n);
	buf_drop(&lane->flight, n);
	if (w->noise && wire_random(&w->seed, 8) == 0)
		octets[wire_random(&w->seed, (uint32_t)n)] =
		    noise[wire_random(&w->seed, sizeof(noise) - 1)];
	end_arrive(lane->to, span_make(octets, n));
	return true;
}

/* Has the end that sends here closed, and is all of it there? */
static bool
hang_up(struct wire *w, struct wire_lane *lane)
{
	if (wire_is_cut(w) || !lane->from->closed || lane->to->closed ||
	    lane->flight.n > 0 || end_waiting(lane->from).n > 0)
		return false;
	end_hung_up(lane->to);
	return true;
}

void
wire_run(struct wire *w)
{
	bool moved = true;

	while (moved) {
		moved = false;
		while (depart(w, &w->down))
			moved = true;
		moved |= depart(w, &w->up);
		moved |= arrive(w, &w->down);
		moved |= arrive(w, &w->up);
		if (!moved)
			moved = hang_up(w, &w->down) || hang_up(w, &w->up);
	}
	assert_false(buf_bad(&w->up.history) || buf_bad(&w->down.history));
}

static bool
is_copy_of(const struct end_copy *copy, const struct end_hold *hold)
{
	return !copy->is_envelope && strcmp(copy->id, hold->id) == 0 &&
	       (copy->to[0] == '\0' || strcmp(copy->to, hold->recipient) == 0);
}

void
wire_responsibility_holds(struct wire *w)
{
	for (size_t i = 0; i < w->origin.hold_count; i++) {
		const struct end_hold *hold = &w->origin.holds[i];
		bool is_stored = false;

		assert_true(hold->takes <= 1);
		for (size_t k = 0; k < w->asker.copy_count; k++) {
			const struct end_copy *copy = &w->asker.copies[k];

			if (!is_copy_of(copy, hold))
				continue;
			if (copy->whole)
				assert_true(span_equals(
				    buf_span(&copy->content), hold->content));
			is_stored = is_stored || (copy->whole && copy->stored);
			if (copy->confirmed)
				assert_true(hold->taken);
		}
		if (hold->taken)
			assert_true(is_stored);
	}
}

void
wire_events_are(struct end *e, const char *events)
{
	assert_string_equal(buf_string(&e->events), events);
}
