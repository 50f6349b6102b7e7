/* How complaints stand about a user as JSON. */
#include "daemon/control/keeper_show_standing.h"

#include "daemon/control/keeper_show.h"

static const char *
submission_of(const struct store_standing *s, uint64_t slow_at)
{
	if (s->suspended_at > 0)
		return "suspended";
	return slow_at > 0 && s->complaints >= slow_at ? "slowed" : "on";
}

static json_t *
show_complaint(const struct store_complaint *c)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:o}", "at",
	    keeper_show_time(c->at), "verdict",
	    store_verdict_name((enum store_verdict)c->verdict), "recipient",
	    keeper_show_text(c->recipient), "subject",
	    keeper_show_text(c->subject), "sent", keeper_show_time(c->written));
}

void
keeper_show_standing(json_t *user, const struct store_user_get *get,
    const struct settings *settings)
{
	const struct store_standing *s = &get->standing;
	json_t *rows = json_array();

	for (unsigned i = 0; i < get->complaint_count; i++)
		json_array_append_new(
		    rows, show_complaint(&get->complaints[i]));
	json_object_set_new(user, "submission",
	    json_string(submission_of(s, settings->complaints_slow)));
	json_object_set_new(
	    user, "suspended", keeper_show_time(s->suspended_at));
	json_object_set_new(
	    user, "complaints_today", json_integer((json_int_t)s->complaints));
	json_object_set_new(user, "complaints", rows);
}
