/*
 * What a keeper would answer, without one: for the command line while no server
 * runs. It takes the server's place, by the lock on its folder, for as long as
 * the process lives.
 */
#ifndef DAEMON_STOPPED_H
#define DAEMON_STOPPED_H

#include "base/settings.h"

#include <jansson.h>

/*
 * The answer to REQUEST, which is "user-add" or "check". Started as root, the
 * process becomes the keeper's user, shut in the folder `state`, and can do
 * little else afterwards. 0; -E_AGAIN a server runs with this folder;
 * -E_SYSTEM, -E_NONE, -E_DENIED: no folder, no such user; -E_NOMEM.
 */
int stopped_answer(const struct settings *settings, const json_t *request,
    json_t **answer_r, struct err *err);

#endif
