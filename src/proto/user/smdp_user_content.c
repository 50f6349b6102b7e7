/*
 * What a user writes, as it comes in behind "data" (intake.h), and what follows
 * its end.
 */
#include "proto/user/smdp_user_inner.h"

static const struct span nothing = {NULL, 0};

static void
finish(struct smdp_user *x)
{
	if (x->content.is_spoiled) {
		smdp_user_finish(x, intake_refusal(&x->content), nothing);
		return;
	}
	intake_offer(&x->content);
	x->has_message = false;
	x->event.size = x->content.octets;
	smdp_user_ask(x, SMDP_USER_END);
}

size_t
smdp_user_content_take(struct smdp_user *x, struct span in)
{
	size_t used;
	int ended = intake_read(&x->content, in, &used);

	x->rate.octets += used;
	if (intake_is_endless(&x->content))
		smdp_user_reply(x, REPLY_ENDLESS, nothing);
	if (ended == 1 && x->state == SMDP_USER_READING_CONTENT)
		finish(x);
	return used;
}
