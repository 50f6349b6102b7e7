/* When a notice is asked for again. */
#include "receiver/pull_schedule.h"

int64_t
pull_next_try(const struct settings *settings,
    const struct store_notice *notice, int64_t now)
{
	const struct settings_list *pauses = &settings->pull_retries;
	int64_t first = notice->first_try_at > 0 ? notice->first_try_at : now;
	int64_t at = first, pause, last = first + settings->pull_window;

	for (unsigned i = 0; at <= now && i < pauses->n; i++) {
		if (settings_duration(span_of(pauses->v[i]), &pause) < 0)
			return 0;
		at += pause;
	}
	if (notice->expires_at < last)
		last = notice->expires_at;
	return at > now && at <= last ? at : 0;
}

int64_t
pull_next_question(const struct settings *settings,
    const struct store_notice *notice, int64_t now)
{
	const struct settings_list *pauses = &settings->pull_retries;
	unsigned at = notice->tries == 0 ? 0 : notice->tries - 1;
	int64_t pause = PULL_CONFIRM_PAUSE;

	if (at >= pauses->n)
		at = pauses->n - 1;
	if (pauses->n > 0)
		settings_duration(span_of(pauses->v[at]), &pause);
	return now + pause;
}

int64_t
pull_confirm_pause(const struct settings *settings)
{
	const struct settings_list *pauses = &settings->pull_retries;
	int64_t first;

	if (pauses->n > 0 &&
	    settings_duration(span_of(pauses->v[0]), &first) == 0)
		return first;
	return PULL_CONFIRM_PAUSE;
}

int64_t
pull_unasked_pause(const struct settings *settings)
{
	int64_t first = pull_confirm_pause(settings);

	return first < PULL_UNASKED_PAUSE ? first : PULL_UNASKED_PAUSE;
}
