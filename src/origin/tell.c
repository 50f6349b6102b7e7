/*
 * Claimed reports are made one by one: either the report itself, with its
 * delivery into the author's mailbox and the mark on the hold in one commit, or
 * the reason why there is none.
 */
#include "origin/tell.h"

#include "base/log.h"
#include "base/rand.h"
#include "message/dsn.h"
#include "origin/withdraw.h"
#include "proto/params.h"
#include "receiver/decide.h"

#define NO_REPORT_NOTIFY    "no report: NOTIFY did not ask for one"
#define NO_REPORT_AUTOMATIC "no report: the message is itself automatic"
#define NO_REPORT_POSSIBLE  "no report: it could not be made"

#define HEAD_START 8192 /* octets of a head for which there is no room */

static void
put_done(struct store_op *op, void *arg)
{
	struct tell *t = arg;
	bool put = op->verb == STORE_REPORT_PUT;
	bool body_free =
	    put ? op->report_put.body_free : op->report_none.body_free;
	struct key body = put ? op->report_put.body : op->report_none.body;
	bool ok = op->outcome == STORE_OK;

	if (!ok && op->outcome != STORE_EXISTS)
		log_event("report-unsettled", "outcome=%s",
		    store_outcome_name(op->outcome));
	store_op_free(&op);
	if (ok && body_free)
		t->free_body(t->owner, body);
	if (ok && put)
		t->told(t->owner);
}

static void
submit(struct tell *t, struct store_op *op)
{
	op->done = put_done;
	op->arg = t;
	store_submit(t->store, op);
}

/* ---- what happened ---- */

static bool
is_verdict(const struct store_hold *hold)
{
	return hold->verdict >= VERDICT_REJECT;
}

static enum dsn_cause
cause_of(const struct store_hold *hold)
{
	bool noticed = hold->expires_at != INT64_MAX;

	switch (hold->state) {
	case HOLD_REFUSED:
		return is_verdict(hold) ? DSN_DECLINED : DSN_REFUSED;
	case HOLD_EXPIRED:
		return noticed ? DSN_EXPIRED : DSN_UNNOTICED;
	case HOLD_WITHDRAWN:
		return DSN_WITHDRAWN;
	case HOLD_HELD:
	case HOLD_NOTICED:
	case HOLD_LEASED:
	case HOLD_TAKEN:
		break;
	}
	return noticed ? DSN_WAITING : DSN_UNREACHED;
}

static enum store_report
reported_of(enum dsn_action action)
{
	return action == DSN_FAILED ? REPORT_FAILED : REPORT_DELAYED;
}

/* ---- one report ---- */

static void
put_none(
    struct tell *t, const struct store_hold *hold, const char *why, int64_t now)
{
	struct store_op *op = store_op_new(STORE_REPORT_NONE, now);

	log_event("report-none", "id=%.*s why=%s", (int)hold->id.n, hold->id.p,
	    log_quote(span_of(why)));
	if (op == NULL)
		return; /* its lease runs out */
	op->report_none.hold = hold->key;
	op->report_none.reported = reported_of(dsn_action(cause_of(hold)));
	op->report_none.report = span_of(why);
	submit(t, op);
}

/* Of the author's message: all that it may, its header, the start of that. */
enum give_back { GIVE_ALL, GIVE_HEAD, GIVE_START };

static struct span
start_of(struct span head)
{
	size_t n = head.n < HEAD_START ? head.n : HEAD_START;

	while (n > 0 && head.p[n - 1] != '\n')
		n--;
	return span_part(head, 0, n);
}

static int
make_text(const struct tell *t, const struct store_hold_row *row,
    enum give_back give, int64_t now, struct dsn_text *text)
{
	const struct store_hold *hold = &row->hold;
	char withdraw[WITHDRAW_ADDRESS];
	struct dsn_recipient recipient = {
	    .address = hold->recipient,
	    .orcpt = hold->orcpt,
	    .cause = cause_of(hold),
	    .maybe_delivered = hold->sent_whole,
	    .remote = hold->domain,
	    .reply = is_verdict(hold) ? span_of("") : hold->reply,
	    .retry_until = hold->expires_at != INT64_MAX ? hold->expires_at : 0,
	};
	struct dsn dsn = {
	    .host = span_of(t->settings->hostname),
	    .domain = span_of(t->settings->domains.v[0]),
	    .author = row->message.sender,
	    .now = now,
	    .head = give == GIVE_START ? start_of(row->message.head)
				       : row->message.head,
	    .body = row->message.body,
	    .whole = !row->message.spooled,
	    .ret_full = give == GIVE_ALL && row->message.ret == RET_FULL,
	    .envid = row->message.envid,
	    .arrived = row->message.created,
	    .count = 1,
	    .recipients = &recipient,
	};
	int result;

	withdraw_address(hold->id, t->settings->domains.v[0], withdraw);
	recipient.withdraw = span_of(withdraw);
	do {
		rand_fill(&dsn.key, sizeof dsn.key);
		result = dsn_make(&dsn, text);
	} while (result == -E_EXISTS);
	return result;
}

/* As much of the message as a report has room for: it lies in the store. */
static int
make_fitting(const struct tell *t, const struct store_hold_row *row,
    int64_t now, struct dsn_text *text)
{
	int result = -E_RANGE;

	for (int give = GIVE_ALL; result == -E_RANGE && give <= GIVE_START;
	     give++) {
		dsn_text_fini(text);
		dsn_text_init(text);
		result = make_text(t, row, (enum give_back)give, now, text);
		if (result == 0 && text->body.n > STORE_INLINE_MAX)
			result = -E_RANGE;
	}
	return result;
}

/* The report's message and delivery into OP. */
static int
fill_report(const struct tell *t, const struct store_hold_row *row,
    const struct dsn_text *text, struct store_op *op)
{
	const struct decide_report report = {
	    .user = row->message.sender,
	    .head = buf_span(&text->head),
	    .body = buf_span(&text->body),
	    .body_8bit = text->body_8bit,
	    .smtputf8 = text->smtputf8,
	};

	return decide_report(t->settings, &report, op->now, &op->arena,
	    &op->report_put.message, &op->report_put.delivery);
}

static void
put_report(struct tell *t, const struct store_hold_row *row,
    enum dsn_cause cause, int64_t now)
{
	struct store_op *op = store_op_new(STORE_REPORT_PUT, now);
	bool failed = dsn_action(cause) == DSN_FAILED;
	struct dsn_text text;
	int result;

	if (op == NULL)
		return; /* its lease runs out */
	dsn_text_init(&text);
	result = make_fitting(t, row, now, &text);
	if (result == 0)
		result = fill_report(t, row, &text, op);
	dsn_text_fini(&text);
	if (result < 0) {
		store_op_free(&op);
		if (result != -E_NOMEM) /* else its lease runs out */
			put_none(t, &row->hold, NO_REPORT_POSSIBLE, now);
		return;
	}
	log_event("report", "id=%.*s action=%s", (int)row->hold.id.n,
	    row->hold.id.p, failed ? "failed" : "delayed");
	op->report_put.hold = row->hold.key;
	op->report_put.reported = reported_of(dsn_action(cause));
	op->report_put.report =
	    span_of(failed ? "failed report sent" : "delayed report sent");
	submit(t, op);
}

static void
report(struct tell *t, const struct store_hold_row *row, int64_t now)
{
	enum dsn_cause cause = cause_of(&row->hold);

	if (!dsn_wanted(
		row->hold.notify, dsn_action(cause), row->message.sender))
		put_none(t, &row->hold, NO_REPORT_NOTIFY, now);
	else if (dsn_is_automatic(row->message.head))
		put_none(t, &row->hold, NO_REPORT_AUTOMATIC, now);
	else
		put_report(t, row, cause, now);
}

static void
claimed(struct store_op *op, void *arg)
{
	struct tell *t = arg;
	const struct store_report_claim *page = &op->report_claim;
	bool more = op->outcome == STORE_OK && page->count == TELL_PAGE;
	int64_t now = op->now;

	for (unsigned i = 0; op->outcome == STORE_OK && i < page->count; i++)
		report(t, &page->rows[i], now);
	store_op_free(&op);
	t->running = false;
	if (more)
		tell_look(t, now);
}

void
tell_look(struct tell *t, int64_t now)
{
	struct store_op *op;

	if (t->running)
		return;
	op = store_op_new(STORE_REPORT_CLAIM, now);
	if (op == NULL)
		return;
	op->report_claim.claim.node = t->node;
	op->report_claim.claim.lease_until = now + t->settings->lease_time;
	op->report_claim.claim.limit = TELL_PAGE;
	op->done = claimed;
	op->arg = t;
	t->running = true;
	store_submit(t->store, op);
}
