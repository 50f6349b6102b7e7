/*
 * Notices that were left with us, in three dialects, and the verdicts that
 * destinations give on what we hold.
 */
#include "daemon/keeper/keeper.h"

#include "base/log.h"
#include "base/rand.h"
#include "daemon/keeper/keeper_guess.h"
#include "daemon/keeper/keeper_history.h"
#include "daemon/keeper/keeper_peers.h"
#include "origin/serve.h"
#include "proto/params.h"

#include <stdlib.h>
#include <string.h>

#define ANNOUNCED_ARENA (1u << 20) /* recipients of one notice */

/* The recipients of a notice, until the notice itself comes. */
struct announced {
	uint64_t session;
	struct arena arena;
	struct admit_notice_recipient *recipients;
	unsigned count;
};

void
keeper_notice_drop(struct desk *d)
{
	if (d == NULL || d->notice == NULL)
		return;
	arena_fini(&d->notice->arena);
	free(d->notice->recipients);
	free(d->notice);
	d->notice = NULL;
}

static struct announced *
staged(struct desk *d, uint64_t session)
{
	if (d->notice != NULL && d->notice->session != session)
		keeper_notice_drop(d); /* its session ended on the way */
	if (d->notice == NULL) {
		d->notice = calloc(1, sizeof *d->notice);
		if (d->notice == NULL)
			return NULL;
		d->notice->session = session;
		arena_init(&d->notice->arena, ANNOUNCED_ARENA);
		d->notice->recipients = calloc(
		    STORE_RECIPIENTS_PART, sizeof *d->notice->recipients);
	}
	return d->notice->recipients != NULL ? d->notice : NULL;
}

static void
stage_recipient(struct desk *d, const struct message_notice_recipient *r)
{
	struct announced *n = staged(d, r->session);
	struct admit_notice_recipient *to;

	if (n == NULL || n->count == STORE_RECIPIENTS_PART)
		return;
	to = &n->recipients[n->count];
	to->to = arena_copy(&n->arena, r->recipient);
	to->mode = r->mode == MODE_ASK ? MODE_ASK : MODE_SERVER;
	n->count += to->to.p != NULL;
}

static void
notice_answered(void *arg, enum reply_name reply)
{
	struct asker *a = arg;
	struct message m;

	if (reply == REPLY_NOTED) {
		a->keeper->counters.n[COUNTER_NOTICES_TAKEN]++;
		keeper_peers_count(a->keeper->peers, a->address, PEER_NOTICE);
		keeper_history_verified(
		    a->keeper->history, a->address, span_of(a->domain));
		pull_look(a->keeper->pull, role_now());
		show_look(a->keeper->show, role_now());
	}
	message_init(&m, MESSAGE_NOTICE_ANSWER);
	m.notice_answer.session = a->session;
	m.notice_answer.reply = reply;
	keeper_answer(a, &m);
}

/* Could a front of ours have said that, and are its recipients all here? */
static bool
is_plausible(const struct message_notice *n, unsigned recipients)
{
	if (n->recipients != recipients || n->expires > PARAMS_EXPIRES_MAX ||
	    n->envelope.n > STORE_ENVELOPE_MAX)
		return false;
	if (n->dialect == ROUTE_GDEL)
		return recipients == 0;
	return (n->dialect == ROUTE_MSID || n->dialect == ROUTE_ENVELOPE) &&
	       recipients > 0;
}

static struct admit_notice
notice_of(const struct message_notice *n, const struct announced *announced)
{
	struct admit_notice notice = {
	    .address = n->address,
	    .id = n->id,
	    .domain = n->domain,
	    .name = n->name,
	    .spf = (enum spf_result)n->spf,
	    .mx = (enum admit_mx)n->mx,
	    .dialect = (enum store_route)n->dialect,
	    .sender = n->sender,
	    .subject = n->subject,
	    .envelope = n->envelope,
	    .attachments = (unsigned)n->attachments,
	    .has_size = n->has_size != 0,
	    .size = n->size,
	    .has_digest = n->has_digest != 0,
	    .expires = (int64_t)n->expires,
	};

	memcpy(notice.digest, n->digest.b, sizeof notice.digest);
	if (announced != NULL) {
		notice.count = announced->count;
		notice.recipients = announced->recipients;
	}
	return notice;
}

/* Strangers are cheap to make: who never served us a pull gets less (AT-02). */
static bool
is_within_rate(struct keeper *k, const struct ip *address)
{
	const struct settings *s = k->role->settings;

	return limits_take_host(k->notices, *address,
	    keeper_history_has(k->history, *address) ? s->notice_rate
						     : s->notice_rate_new,
	    role_now());
}

static void
notice_left(struct keeper *k, struct peer *from, struct desk *d,
    const struct message_notice *n)
{
	const struct settings *settings = k->role->settings;
	struct announced *announced =
	    n->dialect == ROUTE_GDEL ? NULL : staged(d, n->session);
	int64_t delay =
	    (int64_t)rand_below((uint64_t)settings->pull_delay_max + 1);
	struct asker *a = keeper_asker(k, from, n->session);

	if (a == NULL) {
		notice_answered(
		    keeper_spare(k, from, n->session), REPLY_DELIVERY_LATER);
		keeper_notice_drop(d);
		return;
	}
	a->address = n->address;
	if (span_copy(n->domain, a->domain, sizeof a->domain) < 0)
		a->domain[0] = '\0';
	if (!is_plausible(n, announced != NULL ? announced->count : 0)) {
		notice_answered(a, REPLY_DELIVERY_LATER);
	} else if (!is_within_rate(k, &n->address)) {
		notice_answered(a, REPLY_LATER);
	} else {
		struct admit_notice notice = notice_of(n, announced);

		admit_notice(
		    &k->admit, &notice, delay, role_now(), notice_answered, a);
	}
	keeper_notice_drop(d);
}

/* ---- verdicts ---- */

static void
verdict_answered(void *arg, const struct serve_answer *said)
{
	struct asker *a = arg;
	enum reply_name reply = said->reply;
	struct message m;

	if (said->body_free)
		keeper_free_body(a->keeper, said->message);
	message_init(&m, MESSAGE_VERDICT_ANSWER);
	if (reply == REPLY_NOT_FOR_YOU)
		reply = keeper_guess_refuse(a->keeper->guess, a->address, said,
		    &m.verdict_answer.delay);
	m.verdict_answer.session = a->session;
	m.verdict_answer.reply = reply;
	keeper_answer(a, &m);
}

static void
verdict_given(
    struct keeper *k, struct peer *from, const struct message_verdict *v)
{
	const struct serve_verdict verdict = {
	    .id = v->id,
	    .to = v->to,
	    .asker = v->address,
	    .verdict = (enum store_verdict)v->verdict,
	    .have = v->have != 0,
	};
	const struct serve_answer denied = {.reply = REPLY_GUESSED};
	const struct serve_answer later = {.reply = REPLY_DELIVERY_LATER};
	struct asker *a = keeper_asker(k, from, v->session);

	if (a == NULL) {
		verdict_answered(keeper_spare(k, from, v->session), &later);
		return;
	}
	a->address = v->address;
	if (keeper_guess_denies(k->guess, a->address)) {
		verdict_answered(a, &denied);
		return;
	}
	serve_verdict(&k->serve, &verdict, role_now(), verdict_answered, a);
}

void
keeper_notice_message(struct keeper *k, struct peer *from, struct desk *d,
    const struct message *m)
{
	if (d == NULL)
		return;
	if (m->type == MESSAGE_NOTICE_RECIPIENT)
		stage_recipient(d, &m->notice_recipient);
	else if (m->type == MESSAGE_NOTICE)
		notice_left(k, from, d, &m->notice);
	else if (m->type == MESSAGE_VERDICT)
		verdict_given(k, from, &m->verdict);
}
