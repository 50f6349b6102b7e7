/* Arguments of operations about users' lists and identities, drawn from a seed.
 */
#include "drawn.h"

struct span
drawn_listed(struct draws *d)
{
	static const char *const addresses[] = {
	    "alice@a.test", "mallory@a.test", "@a.test", "bob@b.test"};

	return span_of(addresses[draw(d, 4)]);
}

struct span
drawn_server(struct draws *d)
{
	static const char *const servers[] = {"", "a.test", "c.test"};

	return span_of(servers[draw(d, 3)]);
}

static struct span
draw_lister(struct draws *d)
{
	static const char *const users[] = {
	    "ab@a.test", "b@a.test", "bob@b.test", "alice@a.test"};

	return span_of(users[draw(d, 4)]);
}

static enum store_side
draw_side(struct draws *d)
{
	return draw(d, 3) ? SIDE_INCOMING : SIDE_OUTGOING;
}

static void
fill_user_put(struct store_op *op, struct draws *d)
{
	static const char *const addresses[] = {"a@a.test", "ab@a.test",
	    "b@a.test", "\xc3\xa4@a.test", "alice@a.test"};

	op->user_put.user = user_of(addresses[draw(d, 5)]);
	if (draw(d, 8) == 0)
		op->user_put.submission = SUBMISSION_OFF;
	else if (draw(d, 4) > 0) /* else kept */
		op->user_put.submission = SUBMISSION_ON;
	op->user_put.user.mode = (enum store_mode)draw(d, 3);
	op->user_put.user.answers = (enum store_answers)draw(d, 3);
	op->user_put.user.trash = (enum store_trash)draw(d, 3);
	if (draw(d, 2))
		op->user_put.user.password = span_of("");
	op->user_put.only_new = draw(d, 3) == 0;
	op->user_put.only_old = draw(d, 3) == 0;
}

static void
fill_entry_put(struct store_op *op, struct draws *d)
{
	op->entry_put.entry = (struct store_entry){
	    .user = draw_lister(d),
	    .side = draw_side(d),
	    .address = drawn_listed(d),
	    .server = drawn_server(d),
	    .list = draw(d, 2) ? LISTED_ALLOW : LISTED_DENY,
	    .by = (enum store_entry_by)(1 + draw(d, 3)),
	    .created = op->now,
	};
	op->entry_put.only_new = draw(d, 3) == 0;
	op->entry_put.user_max = draw(d, 3) == 0 ? 3 : 0;
}

static void
fill_complaint_told(struct store_op *op, struct draws *d)
{
	struct store_complaint_told *told = &op->complaint_told;
	/* A range of its own, in which some meet. */
	unsigned message = 6000 + draw(d, 1000);

	told->user = span_of("alice@a.test");
	told->restraint = (enum store_restraint)(1 + draw(d, 2));
	told->has_report = draw(d, 4) > 0;
	told->message = message_of(message);
	told->message.spooled = draw(d, 20) == 0;
	told->delivery = delivery_of(70000 + message, message);
	told->delivery.user = span_of("a@a.test");
}

/* Addresses that are accounts at times, and others. */
static struct span
draw_identity(struct draws *d)
{
	static const char *const addresses[] = {
	    "b@a.test", "bob@b.test", "c@a.test", "d@a.test"};

	return span_of(addresses[draw(d, 4)]);
}

static bool
fill_identity(struct store_op *op, struct draws *d)
{
	if (op->verb == STORE_IDENTITY_PUT) {
		op->identity_put.identity.address = draw_identity(d);
		op->identity_put.identity.user = draw_lister(d);
		op->identity_put.identity.created = op->now;
		op->identity_put.user_max = draw(d, 3);
	} else if (op->verb == STORE_IDENTITY_DROP) {
		op->identity_drop.address = draw_identity(d);
	} else if (op->verb == STORE_IDENTITY_LIST) {
		op->identity_list.user =
		    draw(d, 2) ? draw_lister(d) : span_of("");
		op->identity_list.after =
		    draw(d, 2) ? draw_identity(d) : span_of("");
		op->identity_list.limit = draw(d, 5);
	} else {
		return false;
	}
	return true;
}

bool
drawn_fill_list(struct store_op *op, struct draws *d)
{
	if (op->verb == STORE_USER_PUT) {
		fill_user_put(op, d);
	} else if (op->verb == STORE_ENTRY_PUT) {
		fill_entry_put(op, d);
	} else if (op->verb == STORE_ENTRY_DROP) {
		op->entry_drop.user = draw_lister(d);
		op->entry_drop.side = draw_side(d);
		op->entry_drop.address = drawn_listed(d);
		op->entry_drop.server = drawn_server(d);
		op->entry_drop.any_server = draw(d, 4) == 0;
	} else if (op->verb == STORE_ENTRY_FIND) {
		op->entry_find.user = draw_lister(d);
		op->entry_find.side = draw_side(d);
		op->entry_find.address = drawn_listed(d);
		op->entry_find.server = drawn_server(d);
		op->entry_find.verified = draw(d, 2);
	} else if (op->verb == STORE_ENTRY_LIST) {
		op->entry_list.user = draw_lister(d);
		op->entry_list.side = (enum store_side)draw(d, 3);
		op->entry_list.after_side = (enum store_side)draw(d, 3);
		op->entry_list.after_address = drawn_listed(d);
		op->entry_list.after_server = drawn_server(d);
		op->entry_list.limit = draw(d, 5);
		if (draw(d, 3) == 0)
			op->entry_list.address = drawn_listed(d);
	} else if (op->verb == STORE_COMPLAINT_CLAIM) {
		op->complaint_claim.claim = (struct store_claim){
		    1 + draw(d, 2), op->now + 1 + draw(d, 300), draw(d, 3)};
		op->complaint_claim.complaint_limit = draw(d, 4);
	} else if (op->verb == STORE_COMPLAINT_TOLD) {
		fill_complaint_told(op, d);
	} else {
		return fill_identity(op, d);
	}
	return true;
}
