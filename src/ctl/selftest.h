/*
 * What the self-test (src/selftest/) and the server agree upon: users with this
 * prefix are made for it, and for them alone messages are left that nobody has
 * written.
 */
#ifndef CTL_SELFTEST_H
#define CTL_SELFTEST_H

#define SELFTEST_PREFIX "restante-selftest-" /* of the local part of a user */

/* How long such a message waits; what an interrupted self-test leaves is over
   then. Longer than one takes. */
#define SELFTEST_LIFE 900 /* seconds */

#define SELFTEST_PENDING 8 /* such messages that wait for one user */

#endif
