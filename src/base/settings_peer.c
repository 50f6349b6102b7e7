/*
 * For: which section `peer` counts for a domain: its own, else the nearest one
 * above it that says anything about the question, else none.
 *
 * Not for: what the words mean; origin/ and receiver/ act upon them.
 *
 * Read on: settings.h.
 */
#include "base/settings.h"

#include <string.h>

/* Is NAME that domain or in it? */
static bool
is_within(struct span name, struct span domain)
{
	if (name.n == domain.n)
		return span_equals_nocase(name, domain);
	return name.n > domain.n && name.p[name.n - domain.n - 1] == '.' &&
	       span_ends_nocase(name, domain);
}

enum question { SPEAK, OFFER };

static const struct settings_list *
list_of(const struct settings_peer *peer, enum question question)
{
	switch (question) {
	case SPEAK:
		return &peer->speak;
	case OFFER:
		return &peer->offer;
	}
	return NULL;
}

/* The list of the nearest section that gives one, or STANDARD. */
static const struct settings_list *
nearest(const struct settings *s, struct span name, enum question question,
    const struct settings_list *standard)
{
	const struct settings_list *best = standard;
	size_t best_n = 0;

	for (unsigned i = 0; i < s->peer_count; i++) {
		struct span domain = span_of(s->peers[i].domain);
		const struct settings_list *list =
		    list_of(&s->peers[i], question);

		if (list->v == NULL || domain.n <= best_n ||
		    !is_within(name, domain))
			continue;
		best = list;
		best_n = domain.n;
	}
	return best;
}

const struct settings_list *
settings_speak(const struct settings *s, struct span domain)
{
	return nearest(s, domain, SPEAK, &s->speak);
}

const struct settings_list *
settings_offer(const struct settings *s, struct span name)
{
	return nearest(s, name, OFFER, &s->offer);
}

uint64_t
settings_ceiling(uint64_t count)
{
	return count == 0 ? UINT64_MAX : count;
}

bool
settings_list_has(const struct settings_list *list, const char *word)
{
	for (unsigned i = 0; i < list->n; i++)
		if (strcmp(list->v[i], word) == 0)
			return true;
	return false;
}
