/* From a verdict to the figures of a domain. */
#include "store/voting.h"

#include "store/driver.h"

struct voting
voting_of_verdict(const struct store_notice *notice, unsigned verdict,
    int64_t since, int64_t now)
{
	bool is_known = notice->counted_at > 0 && notice->counted_at >= since;
	int was = is_known ? notice->vote : 0;
	int is = store_is_refusal(verdict) ? -1 : 1;

	return (struct voting){
	    .messages = is_known ? 0 : 1,
	    .accepts = (is > 0) - (was > 0),
	    .refusals = (is < 0) - (was < 0),
	    .day = now / STORE_DAY,
	    .undone = notice->decided_at / STORE_DAY,
	};
}

struct voting
voting_of_delivery(int64_t now)
{
	return (struct voting){.messages = 1, .day = now / STORE_DAY};
}

uint64_t
voting_add(uint64_t n, int more)
{
	if (more >= 0)
		return n + (uint64_t)more;
	return n > 0 ? n - 1 : 0;
}
