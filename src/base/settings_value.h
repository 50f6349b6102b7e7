/*
 * One value of the configuration, from its text to the field of struct
 * settings, by its kind. Private to settings.c.
 */
#ifndef BASE_SETTINGS_VALUE_H
#define BASE_SETTINGS_VALUE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

#include <confuse.h>

/* The kinds of settings.def. */
enum settings_kind {
	SETTINGS_TEXT,
	SETTINGS_LIST,
	SETTINGS_DURATION,
	SETTINGS_SIZE,
	SETTINGS_COUNT,
	SETTINGS_FLAG,
	SETTINGS_CHOICE,
};

struct settings_value {
	const char *key;
	enum settings_kind kind;
	struct span words;    /* of a choice: "accept|reject" */
	const char *range;    /* as settings.def writes it */
	cfg_opt_t *option;    /* as given; NULL: the standard one holds */
	const char *standard; /* as settings.def writes it */
};

/* Is told of each fault: the reason alone. */
struct settings_value_watch {
	void *arg;
	void (*fault)(void *arg, const char *why);
};

/*
 * Checks VALUE and stores it in FIELD, which has the type that settings.h
 * gives to the kind; texts live in ARENA. 0; -E_SYNTAX when WATCH was told of
 * faults (of each word of a list): FIELD then holds what is good; -E_NOMEM.
 */
int settings_value_read(const struct settings_value *value, struct arena *arena,
    void *field, const struct settings_value_watch *watch);

/* ASCII letters of TEXT in lower case. */
void settings_value_lower(char *text);

#endif
