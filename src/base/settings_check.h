/*
 * What the values of the configuration may be, beyond their kind. Pure; each
 * function puts the reason alone ("must begin with /") into WHY and returns 0
 * or -E_SYNTAX. Private to settings.c, but for the domain name.
 */
#ifndef BASE_SETTINGS_CHECK_H
#define BASE_SETTINGS_CHECK_H

#include "base/settings.h"

/* One text, or one word of a list, of KEY. */
int settings_check_text(const char *key, struct span value, struct err *why);

/* A duration, size or count of KEY. */
int settings_check_number(const char *key, int64_t value, struct err *why);

/* Texts of KEY are names of hosts or domains, so that case means nothing. */
bool settings_check_is_name(const char *key);

/*
 * Values that need each other. *KEY_R is the key to blame.
 */
int settings_check_together(
    const struct settings *settings, const char **key_r, struct err *why);

/* A domain name in ASCII (A-labels), without a dot at its end. */
int settings_check_domain(struct span value, struct err *why);

#endif
