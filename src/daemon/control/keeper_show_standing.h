/* How complaints stand about a user as JSON, in the words of docs/CONTROL.md.
 */
#ifndef DAEMON_KEEPER_SHOW_STANDING_H
#define DAEMON_KEEPER_SHOW_STANDING_H

#include "base/settings.h"
#include "store/store.h"

#include <jansson.h>

/* The members of it into USER. */
void keeper_show_standing(json_t *user, const struct store_user_get *get,
    const struct settings *settings);

#endif
