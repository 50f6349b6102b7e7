/*
 * The last step of giving up power: a filter of system calls (seccomp) and a
 * list of folders (Landlock), made from the role's rows of confine.def. For
 * good, and for whatever the process might become.
 */
#ifndef DAEMON_CONFINE_H
#define DAEMON_CONFINE_H

#include "base/err.h"
#include "daemon/channel/role_kind.h"

#include <stdbool.h>

/*
 * Before power is dropped: what libraries would read from a file later (time
 * zone, settings of OpenSSL) is read now.
 */
void confine_prepare(void);

/*
 * Confines this process, whose working directory is the role's own folder.
 * Needs no_new_privs. 0 or -E_SYSTEM; after a failure the process must end.
 * SMDP: users read their mail here. A call that ROLE has no row for ends the
 * process with SIGSYS. A kernel without Landlock leaves the folders to root
 * directory and user.
 */
int confine_role(enum role_kind role, bool smdp, struct err *err);

/* False in builds with sanitizers, which make calls of their own. */
bool confine_filters(void);

/* The version of the kernel's Landlock; 0: it has none. */
int confine_landlock(void);

#endif
