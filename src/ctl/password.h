/* A password from standard input or from a person; never an argument. */
#ifndef CTL_PASSWORD_H
#define CTL_PASSWORD_H

#include "ctl/ctl.h"

#define PASSWORD_MAX 1024 /* octets; what the server takes at most */

/*
 * Reads a password into ROOM: asks twice on the terminal, without showing it;
 * with FROM_INPUT, or when ctl->in is no terminal, it is the first line of
 * that. CTL_DONE, or another exit status, and it is said. The caller wipes
 * ROOM in either case.
 */
int
password_read(struct ctl *ctl, bool from_input, char room[PASSWORD_MAX + 1]);

#endif
