/*
 * Judgements at the door. Everything here is decided from what the connection
 * showed and what DNS said; nothing is fetched yet.
 */
#include "receiver/admit.h"

#include "base/log.h"
#include "proto/address.h"
#include "proto/identifier.h"
#include "proto/smtp_server.h"

#include <stdlib.h>
#include <string.h>

#define EXPIRES_DEFAULT_SERVER (48 * 3600) /* WIRE 2: EXPIRES absent */
#define EXPIRES_DEFAULT_USER   (14 * 24 * 3600)

enum admit_standing
admit_host(const struct admit *a, struct ip address, struct span name)
{
	if (hosts_has_ip(a->denied, address) ||
	    (name.n > 0 && hosts_has_name(a->denied, name)))
		return STANDING_DENIED;
	if (hosts_has_ip(a->allowed, address) ||
	    (name.n > 0 && hosts_has_name(a->allowed, name)))
		return STANDING_ALLOWED;
	return STANDING_STRANGER;
}

unsigned
admit_keywords(
    const struct admit *a, enum admit_standing standing, struct span name)
{
	unsigned words = 0;

	switch (standing) {
	case STANDING_DENIED:
		return 0;
	case STANDING_ALLOWED:
		return SMTP_KEYWORD_PULL;
	case STANDING_STRANGER:
		words = SMTP_KEYWORD_PULL;
		break;
	}
	if (settings_list_has(settings_offer(a->settings, name), "gdel"))
		words |= SMTP_KEYWORD_GDEL;
	return words;
}

/* ---- recipients ---- */

struct asking {
	void (*answered)(void *arg, enum reply_name reply);
	void *arg;
};

static struct asking *
asking_new(void (*answered)(void *arg, enum reply_name reply), void *arg)
{
	struct asking *x = malloc(sizeof *x);

	if (x != NULL) {
		x->answered = answered;
		x->arg = arg;
	}
	return x;
}

static void
user_looked_up(struct store_op *op, void *arg)
{
	struct asking *x = arg;
	enum reply_name reply = op->outcome == STORE_OK ? REPLY_RECIPIENT_OK
				: op->outcome == STORE_NONE
				    ? REPLY_NO_SUCH_USER
				    : REPLY_DELIVERY_LATER;

	store_op_free(&op);
	x->answered(x->arg, reply);
	free(x);
}

static void
look_up_user(const struct admit *a, const struct address *address, int64_t now,
    struct asking *x)
{
	struct store_op *op = store_op_new(STORE_USER_GET, now);
	char folded[ADDRESS_TEXT];

	if (op == NULL) {
		x->answered(x->arg, REPLY_DELIVERY_LATER);
		free(x);
		return;
	}
	address_fold(address, folded);
	op->user_get.address = arena_copy(&op->arena, span_of(folded));
	op->done = user_looked_up;
	op->arg = x;
	store_submit(a->store, op);
}

/* 0: look the user up; else the answer. */
static enum reply_name
judge_recipient(const struct admit *a, const struct admit_recipient *ask,
    const struct address *address)
{
	if (!hosts_has_name(a->local, address->domain))
		return ask->way == ARRIVAL_SUBMITTED ? REPLY_RECIPIENT_OK
						     : REPLY_NO_RELAY;
	if (ask->way == ARRIVAL_PUSHED && ask->standing != STANDING_ALLOWED &&
	    a->settings->strangers == STRANGERS_REJECT)
		return REPLY_STRANGER;
	/* postmaster is always there (RFC 5321 4.5.1) */
	return span_equals_nocase(address->local, span_of("postmaster"))
		   ? REPLY_RECIPIENT_OK
		   : REPLY_NOTED;
}

void
admit_recipient(const struct admit *a, const struct admit_recipient *ask,
    int64_t now, void (*answered)(void *arg, enum reply_name reply), void *arg)
{
	const struct address_rules rules = {
	    .utf8 = true, .bare_postmaster = true};
	struct address address;
	enum reply_name reply;
	struct asking *x;

	if (address_parse(ask->recipient, rules, &address) < 0) {
		answered(arg, REPLY_BAD_RECIPIENT);
		return;
	}
	reply = address.domain.n == 0 ? REPLY_RECIPIENT_OK /* postmaster */
				      : judge_recipient(a, ask, &address);
	if (reply != REPLY_NOTED) {
		answered(arg, reply);
		return;
	}
	x = asking_new(answered, arg);
	if (x == NULL)
		answered(arg, REPLY_DELIVERY_LATER);
	else
		look_up_user(a, &address, now, x);
}

/* ---- notices ---- */

static bool
is_accepted(const struct settings *s, enum spf_result result)
{
	for (unsigned i = 0; i < s->spf_accept.n; i++)
		if (strcmp(s->spf_accept.v[i], spf_result_name(result)) == 0)
			return true;
	return false;
}

static enum reply_name
belief_of_mx(enum admit_mx mx)
{
	switch (mx) {
	case MX_IS_HOST:
		return REPLY_NOTED;
	case MX_NOT_KNOWN:
		return REPLY_DNS_LATER;
	case MX_NOT_ASKED:
	case MX_IS_NOT_HOST:
		break;
	}
	return REPLY_MAY_NOT_SPEAK;
}

enum reply_name
admit_belief(const struct settings *s, enum spf_result spf, enum admit_mx mx)
{
	if (is_accepted(s, spf))
		return REPLY_NOTED;
	switch (spf) {
	case SPF_TEMPERROR:
		return REPLY_DNS_LATER;
	case SPF_PERMERROR:
		return REPLY_SPF_BROKEN;
	case SPF_NONE:
		return s->spf_mx_fallback ? belief_of_mx(mx)
					  : REPLY_MAY_NOT_SPEAK;
	case SPF_NEUTRAL:
	case SPF_PASS: /* the operator took "pass" off the list */
	case SPF_FAIL:
	case SPF_SOFTFAIL:
		break;
	}
	return REPLY_MAY_NOT_SPEAK;
}

bool
admit_callable(const struct admit *a, struct ip address)
{
	if (hosts_has_ip(a->callable, address))
		return true;
	return !ip_is_special(address) && !hosts_has_ip(a->ourselves, address);
}

static enum reply_name
judge_notice(const struct admit *a, const struct admit_notice *n)
{
	if (!identifier_is_legal(n->id))
		return REPLY_BAD_ARGUMENT;
	if (hosts_has_name(a->local, n->domain) ||
	    !admit_callable(a, n->address))
		return REPLY_MAY_NOT_SPEAK;
	return admit_belief(a->settings, n->spf, n->mx);
}

static void
notice_put(struct store_op *op, void *arg)
{
	struct asking *x = arg;
	enum store_outcome outcome = op->outcome;
	enum reply_name reply = REPLY_DELIVERY_LATER;

	store_op_free(&op);
	switch (outcome) {
	case STORE_OK:
	case STORE_EXISTS: /* the same again: 250 (WIRE 3) */
		reply = REPLY_NOTED;
		break;
	case STORE_FULL:
		reply = REPLY_NO_ROOM;
		break;
	case STORE_NONE:
	case STORE_CONFLICT:
	case STORE_BUSY:
	case STORE_UNSURE:
	case STORE_BROKEN:
		break;
	}
	x->answered(x->arg, reply);
	free(x);
}

static int64_t
expiry_of(const struct admit_notice *n)
{
	if (n->expires > 0)
		return n->expires;
	return n->dialect == ROUTE_GDEL ? EXPIRES_DEFAULT_SERVER
					: EXPIRES_DEFAULT_USER;
}

static void
fill_notice(const struct admit *a, const struct admit_notice *n, int64_t delay,
    int64_t now, struct store_op *op)
{
	struct store_notice_put *put = &op->notice_put;

	put->notice = (struct store_notice){
	    .id = arena_copy(&op->arena, n->id),
	    .domain = arena_copy(&op->arena, n->domain),
	    .key = key_new(now),
	    .address = n->address,
	    .dialect = n->dialect,
	    .state = NOTICE_WANTED, /* policy decides at once (GD-10) */
	    .has_digest = n->has_digest,
	    .created = now,
	    .next_at = now + delay,
	    .expires_at = now + expiry_of(n),
	};
	memcpy(put->notice.digest, n->digest, STORE_DIGEST);
	put->pending_max = a->settings->pending_per_source;
	put->total_max = a->settings->pending_total;
}

void
admit_notice(const struct admit *a, const struct admit_notice *n, int64_t delay,
    int64_t now, void (*answered)(void *arg, enum reply_name reply), void *arg)
{
	enum reply_name reply = judge_notice(a, n);
	struct asking *x = asking_new(answered, arg);
	struct store_op *op = store_op_new(STORE_NOTICE_PUT, now);
	char ip[IP_TEXT];

	ip_text(n->address, ip);
	log_event("notice-left", "id=%s domain=%s address=%s spf=%s code=%d",
	    log_quote(n->id), log_quote(n->domain), ip, spf_result_name(n->spf),
	    reply_code(reply));
	if (reply != REPLY_NOTED || x == NULL || op == NULL) {
		free(x);
		store_op_free(&op);
		answered(
		    arg, reply != REPLY_NOTED ? reply : REPLY_DELIVERY_LATER);
		return;
	}
	fill_notice(a, n, delay, now, op);
	op->done = notice_put;
	op->arg = x;
	store_submit(a->store, op);
}
