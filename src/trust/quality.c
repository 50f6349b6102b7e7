/* Figures of a peer, and what they mean. */
#include "trust/quality.h"

#include "base/err.h"

/* More than that cannot be told apart in thousandths, nor overflow then. */
#define MOST (INT64_MAX / QUALITY_ONE)

static int64_t
cut(uint64_t n)
{
	return n < MOST ? (int64_t)n : MOST;
}

/* Figures that were kept as they should be never leave the bounds. */
static int64_t
votes_of(const struct quality *q)
{
	int64_t votes = cut(q->accepts) - cut(q->refusals);
	int64_t most = cut(q->messages);

	return votes > most ? most : votes < -most ? -most : votes;
}

int
quality_of(const struct quality *q, int *thousandths_r)
{
	if (q->messages == 0)
		return -E_NONE;
	*thousandths_r = (int)(votes_of(q) * QUALITY_ONE / cut(q->messages));
	return 0;
}

/* Exactly, not by what was rounded. */
static bool
is_below(const struct quality *q, int threshold)
{
	if (threshold == QUALITY_OFF)
		return false;
	return votes_of(q) * QUALITY_ONE < threshold * cut(q->messages);
}

enum quality_standing
quality_judge(const struct quality *q, const struct quality_limits *limits)
{
	if (q->messages == 0 || q->messages < limits->least)
		return QUALITY_FEW;
	if (is_below(q, limits->block))
		return QUALITY_BLOCK;
	return is_below(q, limits->alert) ? QUALITY_ALERT : QUALITY_GOOD;
}

const char *
quality_standing_name(enum quality_standing standing)
{
	static const char *const names[] = {
	    [QUALITY_FEW] = "few",
	    [QUALITY_GOOD] = "good",
	    [QUALITY_ALERT] = "alert",
	    [QUALITY_BLOCK] = "block",
	};

	return names[standing];
}
