/*
 * Claimed investigations are told one by one: the report, its delivery into the
 * administrator's mailbox and the mark that it was told are one commit.
 */
#include "origin/investigate.h"

#include "base/log.h"
#include "base/rand.h"
#include "message/abuse_report.h"
#include "proto/address.h"
#include "receiver/decide.h"

#include <stdio.h>

static void
told(struct store_op *op, void *arg)
{
	const struct store_complaint_told *t = &op->complaint_told;
	struct investigate *i = arg;

	if (op->outcome == STORE_OK)
		log_event("administrator-told", "user=%s nobody=%d",
		    log_quote(t->user), t->nobody || !t->has_report);
	else if (op->outcome != STORE_EXISTS)
		log_event("administrator-not-told", "user=%s outcome=%s",
		    log_quote(t->user), store_outcome_name(op->outcome));
	if (op->outcome == STORE_OK && t->has_report && !t->nobody)
		i->told(i->owner);
	store_op_free(&op);
}

/* The key `administrator`, or postmaster of our first domain. */
static struct span
administrator_of(const struct settings *s, char room[ADDRESS_TEXT])
{
	const struct address_rules rules = {.utf8 = true};
	struct address address;

	if (address_parse(span_of(s->administrator), rules, &address) == 0)
		address_fold(&address, room);
	else
		snprintf(room, ADDRESS_TEXT, "postmaster@%s", s->domains.v[0]);
	return span_of(room);
}

static unsigned
list_items(const struct store_investigation *row,
    struct abuse_report_item items[ABUSE_REPORT_MAX])
{
	unsigned n = 0;

	for (; n < row->complaint_count && n < ABUSE_REPORT_MAX; n++) {
		const struct store_complaint *c = &row->complaints[n];

		items[n] = (struct abuse_report_item){
		    .sender = c->sender,
		    .recipient = c->recipient,
		    .subject = c->subject,
		    .verdict =
			store_verdict_name((enum store_verdict)c->verdict),
		    .at = c->at,
		    .written = c->written,
		};
	}
	return n;
}

/* The report's message and delivery into OP. */
static int
fill_report(const struct investigate *i, const struct store_investigation *row,
    struct store_op *op)
{
	struct abuse_report_item items[ABUSE_REPORT_MAX];
	char room[ADDRESS_TEXT];
	struct abuse_report report = {
	    .host = span_of(i->settings->hostname),
	    .domain = span_of(i->settings->domains.v[0]),
	    .administrator = administrator_of(i->settings, room),
	    .user = row->user,
	    .suspended = row->restraint == RESTRAINT_SUSPEND,
	    .today = row->standing.complaints,
	    .now = op->now,
	    .head = row->complaint_count > 0 ? row->complaints[0].head
					     : span_of(""),
	    .count = list_items(row, items),
	    .items = items,
	};
	struct dsn_text text;
	int result;

	rand_fill(&report.key, sizeof report.key);
	dsn_text_init(&text);
	result = abuse_report_make(&report, &text);
	if (result == 0) {
		const struct decide_report made = {
		    .user = report.administrator,
		    .head = buf_span(&text.head),
		    .body = buf_span(&text.body),
		};

		result = decide_report(i->settings, &made, op->now, &op->arena,
		    &op->complaint_told.message, &op->complaint_told.delivery);
	}
	dsn_text_fini(&text);
	return result;
}

static void
tell(struct investigate *i, const struct store_investigation *row, int64_t now)
{
	struct store_op *op = store_op_new(STORE_COMPLAINT_TOLD, now);
	int result = op != NULL ? fill_report(i, row, op) : -E_NOMEM;

	if (result == -E_NOMEM) {
		store_op_free(&op);
		return; /* its lease runs out */
	}
	log_event("complaints", "user=%s suspended=%d today=%llu",
	    log_quote(row->user), row->restraint == RESTRAINT_SUSPEND,
	    (unsigned long long)row->standing.complaints);
	op->complaint_told.user = arena_copy(&op->arena, row->user);
	op->complaint_told.restraint = row->restraint;
	/* without one it is told by the log alone */
	op->complaint_told.has_report = result == 0;
	op->done = told;
	op->arg = i;
	store_submit(i->store, op);
}

static void
claimed(struct store_op *op, void *arg)
{
	const struct store_complaint_claim *page = &op->complaint_claim;
	struct investigate *i = arg;
	bool ok = op->outcome == STORE_OK;
	bool more = ok && page->count == INVESTIGATE_PAGE;
	int64_t now = op->now;

	for (unsigned at = 0; ok && at < page->count; at++)
		tell(i, &page->rows[at], now);
	store_op_free(&op);
	i->running = false;
	if (more)
		investigate_look(i, now);
}

void
investigate_look(struct investigate *i, int64_t now)
{
	struct store_op *op;

	if (i->running)
		return;
	op = store_op_new(STORE_COMPLAINT_CLAIM, now);
	if (op == NULL)
		return;
	op->complaint_claim.claim.node = i->node;
	op->complaint_claim.claim.lease_until = now + i->settings->lease_time;
	op->complaint_claim.claim.limit = INVESTIGATE_PAGE;
	op->complaint_claim.complaint_limit = ABUSE_REPORT_MAX;
	op->done = claimed;
	op->arg = i;
	i->running = true;
	store_submit(i->store, op);
}
