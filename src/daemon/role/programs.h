/* The programs of the roles; each is in the file that bears its name. */
#ifndef DAEMON_PROGRAMS_H
#define DAEMON_PROGRAMS_H

#include "daemon/role/role.h"

extern const struct role_program keeper_program;
extern const struct role_program front_program;
extern const struct role_program caller_program;
extern const struct role_program resolver_program;
extern const struct role_program poster_program;
extern const struct role_program clerk_program;
extern const struct role_program auth_program;
extern const struct role_program sweeper_program;

#endif
