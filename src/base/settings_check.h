/*
 * What the values of the configuration may be, beyond their kind and range.
 * Pure; each function puts the reason alone ("must begin with /") into WHY and
 * returns 0 or -E_SYNTAX. Private to settings.c, but for the domain name.
 */
#ifndef BASE_SETTINGS_CHECK_H
#define BASE_SETTINGS_CHECK_H

#include "base/settings.h"

/* One text, or one word of a list, of KEY. */
int settings_check_text(const char *key, struct span value, struct err *why);

/* A whole list of KEY: how many words it has. */
int settings_check_count(const char *key, unsigned words, struct err *why);

/* WORD, which is good by itself, behind those that LIST of KEY has. */
int settings_check_another(const char *key, const struct settings_list *list,
    const char *word, struct err *why);

/* Texts of KEY are names of hosts or domains, so that case means nothing. */
bool settings_check_is_name(const char *key);

/*
 * Values that need each other. FAULT is told of each pair that does not fit;
 * nothing is said of keys that IS_BAD says have a fault of their own.
 */
struct settings_check_watch {
	void *arg;
	bool (*is_bad)(void *arg, const char *key);
	void (*fault)(void *arg, const char *key, const char *why);
};
void settings_check_together(
    const struct settings *settings, const struct settings_check_watch *watch);

/* A domain name in ASCII (A-labels), without a dot at its end. */
int settings_check_domain(struct span value, struct err *why);

#endif
