/* From verdicts to restraints. */
#include "store/complaining.h"

bool
complaining_counts(unsigned verdict, struct span user)
{
	return (verdict == VERDICT_SPAM || verdict == VERDICT_SPAMMER) &&
	       user.n > 0;
}

int64_t
complaining_since(int64_t lifted_at, int64_t now)
{
	int64_t yesterday = now - now % STORE_DAY - 1;

	return lifted_at > yesterday ? lifted_at : yesterday;
}

enum store_restraint
complaining_restraint(const struct store_standing *standing, uint64_t slow_at,
    uint64_t suspend_at)
{
	if (standing->suspended_at > 0)
		return RESTRAINT_NONE;
	if (suspend_at > 0 && standing->complaints >= suspend_at)
		return RESTRAINT_SUSPEND;
	return slow_at > 0 && standing->complaints >= slow_at ? RESTRAINT_SLOW
							      : RESTRAINT_NONE;
}
