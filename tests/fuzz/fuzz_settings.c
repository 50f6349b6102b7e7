/*
 * Configurations: taken or refused with a reason that names the fault, the same
 * by both ways to read them, and what was taken has what a server needs.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/settings.h"

#include <stdlib.h>
#include <string.h>

struct told {
	struct span text;
	unsigned faults, lines;
};

static void
tell(void *arg, const struct settings_fault *fault)
{
	struct told *told = arg;

	assert(strcmp(fault->name, "t") == 0);
	assert(fault->why != NULL && fault->why[0] != '\0');
	assert(fault->line <= told->lines);
	told->faults++;
}

static void
check_list(const struct settings_list *list)
{
	assert((list->v != NULL) || list->n == 0);
	for (unsigned i = 0; i < list->n; i++) {
		assert(list->v[i] != NULL);
		assert(settings_list_has(list, list->v[i]));
	}
}

static void
check(const struct settings *s)
{
	assert(s->hostname != NULL && s->hostname[0] != '\0');
	assert(s->domains.n > 0 && s->peer_count <= SETTINGS_PEERS_MAX);
	check_list(&s->domains);
	for (unsigned i = 0; i < s->peer_count; i++) {
		struct span domain = span_of(s->peers[i].domain);

		check_list(&s->peers[i].speak);
		check_list(&s->peers[i].offer);
		check_list(settings_speak(s, domain));
		check_list(settings_offer(s, domain));
	}
}

static void
check_values(struct span text)
{
	int64_t seconds;
	uint64_t octets;

	if (settings_duration(text, &seconds) == 0)
		assert(seconds >= 0);
	(void)settings_size(text, &octets);
}

void
fuzz_one(struct span input)
{
	char *exact = fuzz_exact(input);
	struct span text = span_make(exact, input.n);
	struct told told = {.text = text, .lines = 1};
	struct settings *parsed, *examined;
	struct err err = {0}, none = {0};
	int rc;

	for (size_t i = 0; i < text.n; i++)
		told.lines += text.p[i] == '\n';
	rc = settings_parse(text, "t", &parsed, &err);
	assert((rc == 0) == (parsed != NULL));
	assert((rc == 0) == (err.text[0] == '\0'));
	assert(
	    settings_examine(text, "t", tell, &told, &examined, &none) == rc);
	assert((rc == -E_SYNTAX) == (told.faults > 0));
	if (rc == 0) {
		check(parsed);
		check(examined);
	}
	check_values(text);
	settings_free(&parsed);
	settings_free(&examined);
	free(exact);
}
