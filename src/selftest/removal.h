/* Takes the mailbox of a self-test's user off the disk. */
#ifndef SELFTEST_REMOVAL_H
#define SELFTEST_REMOVAL_H

#include "base/err.h"
#include "base/settings.h"

/*
 * ADDRESS: a user of the self-test, who is none any more, as the server names
 * it. As root, a process of the mail's own user removes it, and so nothing
 * that is somebody else's. 0, also when there is none; else -E_SYSTEM,
 * -E_NONE, -E_SYNTAX, -E_DENIED with words, and where it lies.
 */
int removal_mailbox(
    const struct settings *settings, const char *address, struct err *err);

/*
 * Those of all other users of self-tests in the domain of ADDRESS, which is not
 * removed: of tests that were killed, and such to which something was delivered
 * after all. The same.
 */
int removal_left_overs(
    const struct settings *settings, const char *address, struct err *err);

#endif
