/* What two drivers answered, compared field by field. */
#include "same.h"

#include "fixture.h"

static void
same_span(struct span a, struct span b)
{
	assert_int_equal(a.n, b.n);
	if (a.n > 0)
		assert_memory_equal(a.p, b.p, a.n);
}

static void
same_key(struct key a, struct key b)
{
	assert_memory_equal(a.b, b.b, sizeof a.b);
}

static void
same_user(const struct store_user *a, const struct store_user *b)
{
	same_span(a->address, b->address);
	same_span(a->password, b->password);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->from_check, b->from_check);
	assert_int_equal(a->answers, b->answers);
	assert_int_equal(a->trash, b->trash);
	assert_memory_equal(a->secret, b->secret, sizeof a->secret);
	assert_int_equal(a->created, b->created);
}

static void
same_entries(const struct store_entry *a, const struct store_entry *b,
    unsigned count, unsigned other_count)
{
	assert_int_equal(count, other_count);
	for (unsigned i = 0; i < count; i++, a++, b++) {
		same_span(a->user, b->user);
		assert_int_equal(a->side, b->side);
		same_span(a->address, b->address);
		same_span(a->server, b->server);
		assert_int_equal(a->list, b->list);
		assert_int_equal(a->by, b->by);
		assert_int_equal(a->created, b->created);
		assert_int_equal(a->told_at, b->told_at);
	}
}

static void
same_message(const struct store_message *a, const struct store_message *b)
{
	same_key(a->key, b->key);
	same_span(a->sender, b->sender);
	same_span(a->user, b->user);
	same_span(a->envid, b->envid);
	same_span(a->subject, b->subject);
	assert_int_equal(a->spooled, b->spooled);
	assert_int_equal(a->body_8bit, b->body_8bit);
	assert_int_equal(a->created, b->created);
	assert_memory_equal(a->digest, b->digest, sizeof a->digest);
	same_span(a->envelope, b->envelope);
	same_span(a->head, b->head);
	same_span(a->body, b->body);
}

static void
same_hold_rows(const struct store_hold_row *x, const struct store_hold_row *y,
    unsigned count, unsigned other_count)
{
	assert_int_equal(count, other_count);
	for (unsigned i = 0; i < count; i++) {
		const struct store_hold *a = &x[i].hold, *b = &y[i].hold;

		same_key(a->key, b->key);
		same_key(a->message, b->message);
		same_span(a->id, b->id);
		same_span(a->recipient, b->recipient);
		same_span(a->reply, b->reply);
		same_span(a->targets, b->targets);
		assert_int_equal(a->state, b->state);
		assert_int_equal(a->route, b->route);
		assert_int_equal(a->tries, b->tries);
		assert_int_equal(a->created, b->created);
		assert_int_equal(a->next_at, b->next_at);
		assert_int_equal(a->expires_at, b->expires_at);
		assert_int_equal(a->ended_at, b->ended_at);
		assert_int_equal(a->capabilities, b->capabilities);
		assert_int_equal(a->visible, b->visible);
		same_key(a->envelope, b->envelope);
		assert_int_equal(a->verdict, b->verdict);
		assert_int_equal(a->sent_whole, b->sent_whole);
		assert_int_equal(a->report_at, b->report_at);
		assert_int_equal(a->reported, b->reported);
		same_span(a->report, b->report);
		same_message(&x[i].message, &y[i].message);
	}
}

static void
same_notices(const struct store_notice *a, const struct store_notice *b,
    unsigned count, unsigned other_count)
{
	assert_int_equal(count, other_count);
	for (unsigned i = 0; i < count; i++, a++, b++) {
		same_span(a->id, b->id);
		same_span(a->domain, b->domain);
		same_span(a->server, b->server);
		same_key(a->key, b->key);
		same_span(a->named, b->named);
		same_span(a->recipient, b->recipient);
		same_span(a->to, b->to);
		same_span(a->sender, b->sender);
		same_span(a->subject, b->subject);
		same_span(a->envelope, b->envelope);
		assert_int_equal(a->attachments, b->attachments);
		assert_int_equal(a->verdict, b->verdict);
		assert_int_equal(a->decided_at, b->decided_at);
		assert_int_equal(a->verdict_due, b->verdict_due);
		assert_true(ip_equals(a->address, b->address));
		assert_int_equal(a->state, b->state);
		assert_int_equal(a->unconfirmed, b->unconfirmed);
		assert_int_equal(a->has_digest, b->has_digest);
		assert_int_equal(a->has_size, b->has_size);
		assert_int_equal(a->size, b->size);
		assert_int_equal(a->tries, b->tries);
		assert_int_equal(a->first_try_at, b->first_try_at);
		assert_int_equal(a->next_at, b->next_at);
		assert_int_equal(a->expires_at, b->expires_at);
		same_key(a->message, b->message);
		same_span(a->reply, b->reply);
		same_span(a->folder, b->folder);
		assert_int_equal(a->shown, b->shown);
		assert_int_equal(a->stub_tries, b->stub_tries);
		assert_int_equal(a->counted_at, b->counted_at);
		assert_int_equal(a->vote, b->vote);
	}
}

static void
same_deliveries(
    const struct store_delivery_claim *x, const struct store_delivery_claim *y)
{
	assert_int_equal(x->count, y->count);
	assert_int_equal(x->more, y->more);
	for (unsigned i = 0; i < x->count; i++) {
		same_key(x->rows[i].delivery.key, y->rows[i].delivery.key);
		same_span(x->rows[i].delivery.notice_id,
		    y->rows[i].delivery.notice_id);
		same_span(
		    x->rows[i].delivery.folder, y->rows[i].delivery.folder);
		assert_int_equal(
		    x->rows[i].delivery.tries, y->rows[i].delivery.tries);
		assert_int_equal(
		    x->rows[i].delivery.next_at, y->rows[i].delivery.next_at);
		same_message(&x->rows[i].message, &y->rows[i].message);
	}
}

static void
same_keys(const struct key *x, const struct key *y, unsigned count,
    unsigned other_count)
{
	assert_int_equal(count, other_count);
	for (unsigned i = 0; i < count; i++)
		same_key(x[i], y[i]);
}

static void
same_expired(
    const struct store_hold_expire *x, const struct store_hold_expire *y)
{
	same_hold_rows(x->rows, y->rows, x->count, y->count);
	same_keys(x->bodies, y->bodies, x->body_count, y->body_count);
}

static void
same_expired_notices(
    const struct store_notice_expire *x, const struct store_notice_expire *y)
{
	same_notices(x->notices, y->notices, x->count, y->count);
	same_keys(x->bodies, y->bodies, x->body_count, y->body_count);
}

static void
same_puts(const struct store_notice_put *x, const struct store_notice_put *y)
{
	for (unsigned i = 0; i < x->count; i++)
		assert_int_equal(x->outcomes[i], y->outcomes[i]);
	assert_int_equal(x->lapsed, y->lapsed);
	same_keys(x->bodies, y->bodies, x->body_count, y->body_count);
}

static void
same_verdicts(
    const struct store_hold_verdict *x, const struct store_hold_verdict *y)
{
	assert_int_equal(x->again, y->again);
	assert_int_equal(x->late, y->late);
	assert_int_equal(x->restraint, y->restraint);
	assert_int_equal(x->body_free, y->body_free);
	same_key(x->message, y->message);
	same_hold_rows(&x->row, &y->row, 1, 1);
}

static void
same_denied(
    const struct store_denied_list *x, const struct store_denied_list *y)
{
	assert_int_equal(x->count, y->count);
	for (unsigned i = 0; i < x->count; i++) {
		same_span(x->denied[i].address, y->denied[i].address);
		assert_int_equal(x->denied[i].until, y->denied[i].until);
	}
}

static void
same_users(const struct store_user_list *x, const struct store_user_list *y)
{
	assert_int_equal(x->count, y->count);
	for (unsigned i = 0; i < x->count; i++)
		same_user(&x->users[i], &y->users[i]);
}

static void
same_peers(const struct store_peer *a, const struct store_peer *b,
    unsigned count, unsigned other_count)
{
	assert_int_equal(count, other_count);
	for (unsigned i = 0; i < count; i++, a++, b++) {
		same_span(a->name, b->name);
		assert_int_equal(a->list, b->list);
		assert_int_equal(a->until, b->until);
		assert_int_equal(a->notices, b->notices);
		assert_int_equal(a->pulls, b->pulls);
		assert_int_equal(a->failures, b->failures);
		assert_int_equal(a->messages, b->messages);
		assert_int_equal(a->accepts, b->accepts);
		assert_int_equal(a->refusals, b->refusals);
		assert_int_equal(a->created, b->created);
		assert_int_equal(a->seen, b->seen);
		same_span(a->domain, b->domain);
		assert_int_equal(a->verified_at, b->verified_at);
		assert_int_equal(a->pulled_at, b->pulled_at);
		assert_int_equal(a->tls_at, b->tls_at);
		assert_int_equal(a->keyword_at, b->keyword_at);
	}
}

static void
same_decisions(
    const struct store_notice_decide *x, const struct store_notice_decide *y)
{
	assert_int_equal(x->have, y->have);
	assert_int_equal(x->again, y->again);
	assert_int_equal(x->body_free, y->body_free);
	same_key(x->message, y->message);
	same_notices(&x->notice, &y->notice, 1, 1);
	same_peers(&x->peer, &y->peer, 1, 1);
}

static void
same_got(const struct store_peer_get *x, const struct store_peer_get *y)
{
	same_peers(&x->peer, &y->peer, 1, 1);
	assert_int_equal(x->day_count, y->day_count);
	for (unsigned i = 0; i < x->day_count; i++) {
		assert_int_equal(x->days[i].day, y->days[i].day);
		assert_int_equal(x->days[i].messages, y->days[i].messages);
		assert_int_equal(x->days[i].accepts, y->days[i].accepts);
		assert_int_equal(x->days[i].refusals, y->days[i].refusals);
	}
}

static void
same_settled_delivery(const struct store_delivery_settle *x,
    const struct store_delivery_settle *y)
{
	assert_int_equal(x->body_free, y->body_free);
	same_peers(&x->peer, &y->peer, 1, 1);
}

static void
same_seen(const struct store_peer_seen *x, const struct store_peer_seen *y)
{
	same_peers(&x->peer, &y->peer, 1, 1);
	same_peers(&x->before, &y->before, 1, 1);
}

/* Both are clean, always. */
static void
same_checks(const struct store_check *x, const struct store_check *y)
{
	if (x->problems + y->problems > 0)
		fail_msg("memory: %.*s sqlite: %.*s", (int)x->text.n, x->text.p,
		    (int)y->text.n, y->text.p);
}

static void
same_settled(
    const struct store_hold_settle *x, const struct store_hold_settle *y)
{
	assert_int_equal(x->unlisted, y->unlisted);
	assert_int_equal(x->body_free, y->body_free);
}

static void
same_standing(const struct store_standing *a, const struct store_standing *b)
{
	assert_int_equal(a->complaints, b->complaints);
	assert_int_equal(a->suspended_at, b->suspended_at);
	assert_int_equal(a->lifted_at, b->lifted_at);
}

static void
same_complaints(const struct store_complaint *a,
    const struct store_complaint *b, unsigned count, unsigned other_count)
{
	assert_int_equal(count, other_count);
	for (unsigned i = 0; i < count; i++, a++, b++) {
		same_key(a->hold, b->hold);
		same_span(a->user, b->user);
		same_span(a->sender, b->sender);
		same_span(a->recipient, b->recipient);
		same_span(a->domain, b->domain);
		same_span(a->subject, b->subject);
		same_span(a->head, b->head);
		assert_int_equal(a->verdict, b->verdict);
		assert_int_equal(a->at, b->at);
		assert_int_equal(a->written, b->written);
	}
}

static void
same_investigations(const struct store_complaint_claim *x,
    const struct store_complaint_claim *y)
{
	assert_int_equal(x->count, y->count);
	for (unsigned i = 0; i < x->count; i++) {
		const struct store_investigation *a = &x->rows[i],
						 *b = &y->rows[i];

		same_span(a->user, b->user);
		assert_int_equal(a->restraint, b->restraint);
		assert_int_equal(a->at, b->at);
		same_standing(&a->standing, &b->standing);
		same_complaints(a->complaints, b->complaints,
		    a->complaint_count, b->complaint_count);
	}
}

static void
same_identities(const struct store_identity *a, const struct store_identity *b,
    unsigned count, unsigned other_count)
{
	assert_int_equal(count, other_count);
	for (unsigned i = 0; i < count; i++, a++, b++) {
		same_span(a->address, b->address);
		same_span(a->user, b->user);
		same_span(a->password, b->password);
		assert_int_equal(a->created, b->created);
	}
}

static void
same_got_user(const struct store_user_get *x, const struct store_user_get *y)
{
	same_user(&x->user, &y->user);
	assert_int_equal(x->listed, y->listed);
	same_identities(
	    x->identities, y->identities, x->identity_count, y->identity_count);
	same_standing(&x->standing, &y->standing);
	same_complaints(x->complaints, y->complaints, x->complaint_count,
	    y->complaint_count);
}

/* The operations about holds; false: it is about something else. */
static bool
same_about_holds(const struct store_op *x, const struct store_op *y)
{
	if (x->verb == STORE_HOLD_CLAIM)
		same_hold_rows(x->hold_claim.rows, y->hold_claim.rows,
		    x->hold_claim.count, y->hold_claim.count);
	else if (x->verb == STORE_HOLD_LEASE)
		same_hold_rows(&x->hold_lease.row, &y->hold_lease.row, 1, 1);
	else if (x->verb == STORE_HOLD_PUSH)
		same_hold_rows(&x->hold_push.row, &y->hold_push.row, 1, 1);
	else if (x->verb == STORE_HOLD_SETTLE)
		same_settled(&x->hold_settle, &y->hold_settle);
	else if (x->verb == STORE_HOLD_VERDICT)
		same_verdicts(&x->hold_verdict, &y->hold_verdict);
	else if (x->verb == STORE_HOLD_END)
		assert_int_equal(x->hold_end.body_free, y->hold_end.body_free);
	else if (x->verb == STORE_HOLD_EXPIRE)
		same_expired(&x->hold_expire, &y->hold_expire);
	else if (x->verb == STORE_HOLD_GET)
		same_hold_rows(&x->hold_get.row, &y->hold_get.row, 1, 1);
	else if (x->verb == STORE_HOLD_LIST)
		same_hold_rows(x->hold_list.rows, y->hold_list.rows,
		    x->hold_list.count, y->hold_list.count);
	else if (x->verb == STORE_REPORT_CLAIM)
		same_hold_rows(x->report_claim.rows, y->report_claim.rows,
		    x->report_claim.count, y->report_claim.count);
	else if (x->verb == STORE_REPORT_PUT)
		assert_int_equal(
		    x->report_put.body_free, y->report_put.body_free);
	else if (x->verb == STORE_REPORT_NONE)
		assert_int_equal(
		    x->report_none.body_free, y->report_none.body_free);
	else
		return false;
	return true;
}

static bool
same_about_notices(const struct store_op *x, const struct store_op *y)
{
	if (x->verb == STORE_NOTICE_PUT)
		same_puts(&x->notice_put, &y->notice_put);
	else if (x->verb == STORE_NOTICE_CLAIM)
		same_notices(x->notice_claim.notices, y->notice_claim.notices,
		    x->notice_claim.count, y->notice_claim.count);
	else if (x->verb == STORE_NOTICE_DECIDE)
		same_decisions(&x->notice_decide, &y->notice_decide);
	else if (x->verb == STORE_NOTICE_EXPIRE)
		same_expired_notices(&x->notice_expire, &y->notice_expire);
	else if (x->verb == STORE_NOTICE_GET)
		same_notices(
		    &x->notice_get.notice, &y->notice_get.notice, 1, 1);
	else if (x->verb == STORE_NOTICE_LIST)
		same_notices(x->notice_list.notices, y->notice_list.notices,
		    x->notice_list.count, y->notice_list.count);
	else if (x->verb == STORE_STUB_CLAIM)
		same_notices(x->stub_claim.notices, y->stub_claim.notices,
		    x->stub_claim.count, y->stub_claim.count);
	else if (x->verb == STORE_ENVELOPE_LIST)
		same_notices(x->envelope_list.notices, y->envelope_list.notices,
		    x->envelope_list.count, y->envelope_list.count);
	else
		return false;
	return true;
}

static void
same_about_others(const struct store_op *x, const struct store_op *y)
{
	if (x->verb == STORE_USER_GET)
		same_got_user(&x->user_get, &y->user_get);
	else if (x->verb == STORE_COMPLAINT_CLAIM)
		same_investigations(&x->complaint_claim, &y->complaint_claim);
	else if (x->verb == STORE_COMPLAINT_TOLD)
		assert_int_equal(
		    x->complaint_told.nobody, y->complaint_told.nobody);
	else if (x->verb == STORE_ENTRY_FIND)
		same_entries(&x->entry_find.entry, &y->entry_find.entry, 1, 1);
	else if (x->verb == STORE_ENTRY_LIST)
		same_entries(x->entry_list.entries, y->entry_list.entries,
		    x->entry_list.count, y->entry_list.count);
	else if (x->verb == STORE_IDENTITY_LIST)
		same_identities(x->identity_list.identities,
		    y->identity_list.identities, x->identity_list.count,
		    y->identity_list.count);
	else if (x->verb == STORE_USER_LIST)
		same_users(&x->user_list, &y->user_list);
	else if (x->verb == STORE_DELIVERY_CLAIM)
		same_deliveries(&x->delivery_claim, &y->delivery_claim);
	else if (x->verb == STORE_DELIVERY_SETTLE)
		same_settled_delivery(&x->delivery_settle, &y->delivery_settle);
	else if (x->verb == STORE_PEER_PUT)
		same_peers(&x->peer_put.peer, &y->peer_put.peer, 1, 1);
	else if (x->verb == STORE_PEER_GET)
		same_got(&x->peer_get, &y->peer_get);
	else if (x->verb == STORE_PEER_SEEN)
		same_seen(&x->peer_seen, &y->peer_seen);
	else if (x->verb == STORE_PEER_LIST)
		same_peers(x->peer_list.peers, y->peer_list.peers,
		    x->peer_list.count, y->peer_list.count);
	else if (x->verb == STORE_DENIED_LIST)
		same_denied(&x->denied_list, &y->denied_list);
	else if (x->verb == STORE_SWEEP)
		assert_int_equal(x->sweep.removed, y->sweep.removed);
	else if (x->verb == STORE_COUNT)
		assert_memory_equal(&x->count, &y->count, sizeof x->count);
	else if (x->verb == STORE_CHECK)
		same_checks(&x->check, &y->check);
}

void
same_results(const struct store_op *x, const struct store_op *y)
{
	if (x->outcome != y->outcome)
		fail_msg("%s: %s in memory, %s in sqlite",
		    store_verb_name(x->verb), store_outcome_name(x->outcome),
		    store_outcome_name(y->outcome));
	if (x->verb == STORE_HOLD_LEASE) {
		assert_int_equal(
		    x->hold_lease.entitled, y->hold_lease.entitled);
		assert_int_equal(
		    x->hold_lease.needs_to, y->hold_lease.needs_to);
	} else if (x->verb == STORE_HOLD_VERDICT) {
		assert_int_equal(
		    x->hold_verdict.entitled, y->hold_verdict.entitled);
		assert_int_equal(
		    x->hold_verdict.needs_to, y->hold_verdict.needs_to);
	}
	if (x->outcome == STORE_OK && !same_about_holds(x, y) &&
	    !same_about_notices(x, y))
		same_about_others(x, y);
}
