/*
 * Giving up power for good: what every role does once main's descriptors are
 * in its hands and before it reads the first octet from anybody.
 */
#ifndef DAEMON_DROP_H
#define DAEMON_DROP_H

#include "base/err.h"
#include "base/span.h"

#include <sys/resource.h>
#include <sys/types.h>

struct drop_to {
	uid_t uid; /* never 0 */
	gid_t gid;
	/*
	 * A directory that becomes the root, or -1. The caller closes it and
	 * every other directory outside: those would be ways out.
	 */
	int root;
	rlim_t files;     /* RLIMIT_NOFILE; 0: as it is */
	rlim_t processes; /* RLIMIT_NPROC of the new user; 0: as it is */
};

/*
 * Started as root: limits, root directory, groups, user, and a proof that
 * there is no way back. Started as anybody else: user and root directory stay.
 * In both cases: no new privileges by exec, no core, not traceable, umask 077.
 * 0, -E_DENIED (to uid 0; or power was left), -E_SYSTEM. After a failure the
 * process is neither one nor the other and must end.
 */
int drop_privileges(const struct drop_to *to, struct err *err);

/*
 * First of all, in every process: no core, and nobody of the same user may look
 * into it; it will hold keys. (A change of user or program undoes the latter;
 * drop_privileges() does both again.) 0 or -E_SYSTEM.
 */
int drop_tracing(struct err *err);

/*
 * What main gives up when the ground is open: as root all capabilities but
 * those it needs to start, end and reload the roles (docs/TRUST.md), as anybody
 * else all; and new ones by exec. The roles cannot have more. 0, -E_SYSTEM, or
 * -E_DENIED when its own program could not be started any more.
 */
int drop_main(struct err *err);

/*
 * "mail" (a user of the system, with its first group), "64010" or
 * "64010:64010" (numbers need no such user). 0, -E_NONE, -E_SYNTAX, -E_DENIED
 * for anything that means root.
 */
int drop_user(const char *name, uid_t *uid_r, gid_t *gid_r, struct err *err);

#endif
