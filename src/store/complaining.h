/*
 * What a verdict complains about, and what complaints lead to (SM-04, SM-32):
 * the same for every driver.
 */
#ifndef STORE_COMPLAINING_H
#define STORE_COMPLAINING_H

#include "store/store.h"

/* Is VERDICT about mail of USER ("" nobody) a complaint? */
bool complaining_counts(unsigned verdict, struct span user);

/* Later than that, a complaint counts: today's, and none that was forgiven. */
int64_t complaining_since(int64_t lifted_at, int64_t now);

/* What begins with the last of them: the user is not restrained so yet. */
enum store_restraint
complaining_restraint(const struct store_standing *standing, uint64_t slow_at,
    uint64_t suspend_at);

#endif
