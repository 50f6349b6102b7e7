/*
 * Figures of a domain as JSON, with what they mean by the configuration.
 */
#include "daemon/control/keeper_show_quality.h"

#include "daemon/control/keeper_show.h"
#include "message/date.h"
#include "trust/quality.h"

static json_t *
show_thousandths(int n)
{
	return n == QUALITY_OFF ? json_null()
				: json_real((double)n / QUALITY_ONE);
}

static json_t *
show_day(const struct store_peer_day *day)
{
	char text[DATE_TEXT];

	date_plain(day->day * STORE_DAY, text);
	text[sizeof "2026-11-22" - 1] = '\0';
	return json_pack("{s:s, s:I, s:I, s:I}", "day", text, "messages",
	    (json_int_t)day->messages, "accepted", (json_int_t)day->accepts,
	    "refused", (json_int_t)day->refusals);
}

json_t *
keeper_show_quality(
    const struct store_peer *peer, const struct quality_limits *limits)
{
	const struct quality q = {
	    peer->messages, peer->accepts, peer->refusals};
	int value = QUALITY_OFF;

	if (quality_of(&q, &value) < 0)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:o, s:s, s:I, s:o, s:o}", "messages",
	    (json_int_t)peer->messages, "accepted", (json_int_t)peer->accepts,
	    "refused", (json_int_t)peer->refusals, "value",
	    show_thousandths(value), "standing",
	    quality_standing_name(quality_judge(&q, limits)), "least",
	    (json_int_t)limits->least, "alert_below",
	    show_thousandths(limits->alert), "block_below",
	    show_thousandths(limits->block));
}

void
keeper_show_days(json_t *quality, const struct store_peer_get *get)
{
	json_t *days = json_array();

	for (unsigned i = 0; i < get->day_count; i++)
		json_array_append_new(days, show_day(&get->days[i]));
	if (json_object_set_new(quality, "days", days) < 0)
		return; /* null: there is no quality */
}
