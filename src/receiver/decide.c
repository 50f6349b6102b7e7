/*
 * From an arrival to deliveries. The trace fields made here are the only octets
 * that delivery adds to a message.
 */
#include "receiver/decide.h"

#include "base/buf.h"
#include "base/log.h"
#include "mailbox/folder.h"
#include "message/date.h"
#include "message/digest.h"

#include <stdlib.h>
#include <string.h>

#define POSTMASTER "postmaster"

void
decide_message(
    const struct arrival *a, int64_t now, struct store_message *message_r)
{
	struct store_message m = {
	    .key = a->message,
	    .sender = a->sender,
	    .user = a->user,
	    .envid = a->envid,
	    .subject = a->subject,
	    .envelope = a->way == ARRIVAL_SUBMITTED ? a->envelope : span_of(""),
	    .ret = a->ret,
	    .body_8bit = a->body_8bit,
	    .smtputf8 = a->smtputf8,
	    .head = a->head,
	    .spooled = a->spooled,
	    .body = a->body,
	    .size = a->size,
	    .created = now,
	};

	memcpy(m.digest, a->digest, sizeof m.digest);
	*message_r = m;
}

static void
print_from(const struct arrival *a, struct buf *to)
{
	char ip[IP_TEXT];

	if (a->way == ARRIVAL_SUBMITTED)
		return; /* one of our users: where they are is nobody's business
			 */
	ip_text(a->address, ip);
	buf_text(to, "from ");
	buf_put(to, a->helo);
	buf_print(
	    to, " ([%s%s])\r\n\t", a->address.family == 6 ? "IPv6:" : "", ip);
}

static void
print_trace(const struct settings *s, const struct arrival *a, int64_t now,
    struct buf *to)
{
	char date[DATE_TEXT], key[KEY_TEXT];

	date_message(now, date);
	key_text(a->message, key);
	buf_text(to, "Return-Path: <");
	buf_put(to, a->sender);
	buf_text(to, ">\r\n");
	if (a->results.n > 0) {
		buf_print(to, "Authentication-Results: %s; ", s->hostname);
		buf_put(to, a->results);
		buf_text(to, "\r\n");
	}
	buf_text(to, "Received: ");
	print_from(a, to);
	buf_print(to, "by %s with ", s->hostname);
	buf_put(to, a->with);
	buf_print(to, " id %s;\r\n\t%s\r\n", key, date);
}

/* "postmaster" without a domain is our first domain's (RFC 5321 4.5.1). */
static void
print_user(
    const struct settings *s, const struct address *recipient, struct buf *to)
{
	char folded[ADDRESS_TEXT];

	if (recipient->domain.n == 0) {
		buf_print(to, POSTMASTER "@%s", s->domains.v[0]);
		return;
	}
	address_fold(recipient, folded);
	buf_text(to, folded);
}

int
decide_delivery(const struct settings *settings, const struct arrival *arrival,
    const struct address *recipient, int64_t now, struct arena *arena,
    struct store_delivery *delivery_r)
{
	struct store_delivery d = {
	    .key = key_new(now),
	    .message = arrival->message,
	    .notice_id = arena_copy(arena, arrival->notice_id),
	    .notice_domain = arena_copy(arena, arrival->notice_domain),
	    .created = now,
	    .next_at = now,
	};
	struct buf text;
	bool bad;

	buf_init(&text, DECIDE_TRACE_MAX);
	print_trace(settings, arrival, now, &text);
	bad = buf_bad(&text);
	d.trace = arena_copy(arena, buf_span(&text));
	buf_clear(&text);
	print_user(settings, recipient, &text);
	d.user = arena_copy(arena, buf_span(&text));
	bad = bad || buf_bad(&text);
	buf_fini(&text);
	d.recipient = arena_copy(arena, span_of(recipient->text));
	if (bad || d.trace.p == NULL || d.user.p == NULL ||
	    d.recipient.p == NULL)
		return -E_NOMEM;
	*delivery_r = d;
	return 0;
}

int
decide_deliveries(const struct settings *settings,
    const struct arrival *arrival, int64_t now, struct arena *arena,
    const struct store_delivery **deliveries_r)
{
	const struct address_rules rules = {
	    .utf8 = true, .bare_postmaster = true};
	struct store_delivery *d =
	    arena_take(arena, (arrival->count + 1) * sizeof *d);
	struct address recipient;
	int result = d == NULL ? -E_NOMEM : 0;

	for (unsigned i = 0; result == 0 && i < arrival->count; i++) {
		result = address_parse(
		    arrival->recipients[i].recipient, rules, &recipient);
		if (result == 0)
			result = decide_delivery(
			    settings, arrival, &recipient, now, arena, &d[i]);
	}
	*deliveries_r = d;
	return result;
}

int
decide_pushed(const struct settings *settings, const struct arrival *arrival,
    struct store_op *op)
{
	struct store_message_put *put = &op->message_put;

	decide_message(arrival, op->now, &put->message);
	put->delivery_count = arrival->count;
	return decide_deliveries(
	    settings, arrival, op->now, &op->arena, &put->deliveries);
}

static int
sum_up(struct arrival *a)
{
	struct digest *digest = digest_new();
	int result;

	if (digest == NULL)
		return -E_NOMEM;
	digest_add(digest, a->head);
	digest_add(digest, a->body);
	result = digest_end(digest, a->digest) < 0 ? -E_NOMEM : 0;
	digest_free(&digest);
	return result;
}

int
decide_report(const struct settings *settings,
    const struct decide_report *report, int64_t now, struct arena *arena,
    struct store_message *message_r, struct store_delivery *delivery_r)
{
	const struct address_rules rules = {.utf8 = true};
	struct arrival a = {
	    .way = ARRIVAL_SUBMITTED,
	    .message = key_new(now),
	    .with = span_of("LOCAL"),
	    .body_8bit = report->body_8bit,
	    .smtputf8 = report->smtputf8,
	    .head = arena_copy(arena, report->head),
	    .body = arena_copy(arena, report->body),
	    .size = report->head.n + report->body.n,
	};
	struct address user;
	int result;

	if (address_parse(report->user, rules, &user) < 0)
		return -E_SYNTAX;
	if (a.head.p == NULL || a.body.p == NULL)
		return -E_NOMEM;
	result = sum_up(&a);
	if (result < 0)
		return result;
	decide_message(&a, now, message_r);
	return decide_delivery(settings, &a, &user, now, arena, delivery_r);
}

/* ---- a person's decision ---- */

struct deciding {
	struct store *store;
	struct settings *const *settings;
	struct key key, message;
	char user[ADDRESS_TEXT];
	char folder[FOLDER_NAME_MAX];
	enum store_verdict verdict;
	struct decide_world world;
	decide_answered *answered;
	void *arg;
	bool again; /* a pull was quicker: asked once more */
};

static void look(struct deciding *x, int64_t now);

static void
decided(struct store_op *op, void *arg)
{
	struct deciding *x = arg;
	const struct store_notice_decide *d = &op->notice_decide;
	char key[KEY_TEXT];

	key_text(x->key, key);
	log_event("decided", "notice=%s verdict=%s outcome=%s", key,
	    store_verdict_name(x->verdict), store_outcome_name(op->outcome));
	/* another recipient's pull may have brought a copy since we looked, and
	   then a delivery is needed that was not made */
	if (op->outcome == STORE_CONFLICT && !x->again) {
		x->again = true;
		look(x, op->now);
		store_op_free(&op);
		return;
	}
	if (op->outcome == STORE_OK && d->peer.name.n > 0 &&
	    x->world.counted != NULL)
		x->world.counted(x->world.owner, &d->peer);
	if (op->outcome == STORE_OK && d->body_free)
		x->world.free_body(x->world.owner, d->message);
	x->answered(
	    x->arg, op->outcome, op->outcome == STORE_OK ? &d->notice : NULL);
	store_op_free(&op);
	free(x);
}

static void
fail(struct deciding *x, enum store_outcome outcome)
{
	x->answered(x->arg, outcome, NULL);
	free(x);
}

/* The copy that is here already came from the notice's own address. */
static int
delivery_of(const struct deciding *x, const struct store_notice *n, int64_t now,
    struct arena *arena, struct store_delivery *delivery_r)
{
	const struct address_rules rules = {
	    .utf8 = true, .bare_postmaster = true};
	const struct arrival arrival = {
	    .way = ARRIVAL_PULLED,
	    .message = n->message,
	    .sender = n->sender,
	    .with = span_of(n->dialect == ROUTE_GDEL   ? "GDEL"
			    : n->dialect == ROUTE_MSID ? "MSID"
						       : "ENVELOPE"),
	    .helo = n->domain,
	    .address = n->address,
	    .notice_id = n->id,
	    .notice_domain = n->domain,
	};
	struct address recipient;

	if (address_parse(n->to, rules, &recipient) < 0)
		return -E_SYNTAX;
	return decide_delivery(
	    *x->settings, &arrival, &recipient, now, arena, delivery_r);
}

static void
notice_found(struct store_op *found, void *arg)
{
	struct deciding *x = arg;
	const struct store_notice *n = &found->notice_get.notice;
	enum store_outcome outcome = found->outcome;
	struct store_op *op = store_op_new(STORE_NOTICE_DECIDE, found->now);
	bool copy = outcome == STORE_OK && !key_is_zero(n->message);

	if (outcome == STORE_OK && op != NULL &&
	    (!copy || delivery_of(x, n, op->now, &op->arena,
			  &op->notice_decide.delivery) == 0)) {
		x->key = n->key;
		op->notice_decide.key = x->key;
		op->notice_decide.user = span_of(x->user);
		op->notice_decide.folder = span_of(x->folder);
		op->notice_decide.verdict = x->verdict;
		op->done = decided;
		op->arg = x;
		store_submit(x->store, op);
	} else {
		store_op_free(&op);
		fail(x, outcome == STORE_OK ? STORE_BROKEN : outcome);
	}
	store_op_free(&found);
}

static void
look(struct deciding *x, int64_t now)
{
	struct store_op *op = store_op_new(STORE_NOTICE_GET, now);

	if (op == NULL) {
		fail(x, STORE_BROKEN);
		return;
	}
	op->notice_get.key = x->key;
	op->notice_get.message = x->message;
	op->notice_get.recipient = span_of(x->user);
	op->done = notice_found;
	op->arg = x;
	store_submit(x->store, op);
}

void
decide_verdict(struct store *store, struct settings *const *settings,
    const struct decide_ask *ask, int64_t now, const struct decide_world *world,
    decide_answered *answered, void *arg)
{
	struct deciding *x = calloc(1, sizeof *x);

	if (x == NULL || span_copy(ask->user, x->user, sizeof x->user) < 0 ||
	    span_copy(ask->folder, x->folder, sizeof x->folder) < 0) {
		free(x);
		answered(arg, STORE_BROKEN, NULL);
		return;
	}
	x->store = store;
	x->settings = settings;
	x->key = ask->notice;
	x->message = ask->message;
	x->verdict = ask->verdict;
	x->world = *world;
	x->answered = answered;
	x->arg = arg;
	look(x, now);
}

/* ---- what nobody decided in time ---- */

static void
expired(struct store_op *op, void *arg)
{
	struct decide_expiry *x = arg;
	const struct store_notice_expire *page = &op->notice_expire;
	bool ok = op->outcome == STORE_OK;
	bool more = ok && page->count == DECIDE_EXPIRE_PAGE;
	int64_t now = op->now;

	for (unsigned i = 0; ok && i < page->count; i++)
		log_event("notice-lapsed", "id=%s domain=%s user=%s",
		    log_quote(page->notices[i].id),
		    log_quote(page->notices[i].domain),
		    log_quote(page->notices[i].recipient));
	for (unsigned i = 0; ok && i < page->body_count; i++)
		x->free_body(x->owner, page->bodies[i]);
	if (ok && page->count > 0 && x->lapsed != NULL)
		x->lapsed(x->owner);
	store_op_free(&op);
	x->running = false;
	if (more)
		decide_expire(x, now);
}

void
decide_expire(struct decide_expiry *x, int64_t now)
{
	struct store_op *op;

	if (x->running)
		return;
	op = store_op_new(STORE_NOTICE_EXPIRE, now);
	if (op == NULL)
		return; /* the next tick tries again */
	op->notice_expire.limit = DECIDE_EXPIRE_PAGE;
	op->done = expired;
	op->arg = x;
	x->running = true;
	store_submit(x->store, op);
}
