/*
 * Judgements at the door. Everything here is decided from what the connection
 * showed and what DNS said; nothing is fetched yet.
 */
#include "receiver/admit.h"

#include "base/log.h"
#include "proto/address.h"
#include "proto/identifier.h"
#include "proto/server/smtp_server.h"

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
	if (a->poor != NULL && hosts_has_ip(a->poor, address))
		return STANDING_DENIED;
	return STANDING_STRANGER;
}

bool
admit_is_poor(const struct admit *a, struct span domain)
{
	return a->poor != NULL && hosts_has_name(a->poor, domain) &&
	       !hosts_has_name(a->allowed, domain);
}

/* Allowed by the operator, as a host or as a domain. */
static bool
is_exempt(const struct admit *a, const struct admit_notice *n)
{
	return hosts_has_ip(a->allowed, n->address) ||
	       (n->name.n > 0 && hosts_has_name(a->allowed, n->name));
}

/* Of a notice that names nobody; of others each recipient's list comes first.
 */
static bool
is_too_poor(const struct admit *a, const struct admit_notice *n)
{
	return n->count == 0 && !is_exempt(a, n) && admit_is_poor(a, n->domain);
}

unsigned
admit_keywords(
    const struct admit *a, enum admit_standing standing, struct span name)
{
	static const struct {
		const char *word;
		unsigned bit;
	} keywords[] = {
	    {"gdel", SMTP_KEYWORD_GDEL},
	    {"msid", SMTP_KEYWORD_MSID},
	    {"envelope", SMTP_KEYWORD_ENVELOPE},
	};
	const struct settings_list *offer;
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
	offer = settings_offer(a->settings, name);
	for (unsigned i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (settings_list_has(offer, keywords[i].word))
			words |= keywords[i].bit;
	return words;
}

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
	enum reply_name reply;

	if (!identifier_is_legal(n->id) && n->dialect != ROUTE_ENVELOPE)
		return REPLY_BAD_ARGUMENT;
	/* the lists may have changed since the host was greeted */
	if (hosts_has_ip(a->denied, n->address))
		return REPLY_DENIED;
	if (hosts_has_name(a->local, n->domain) ||
	    !admit_callable(a, n->address))
		return REPLY_MAY_NOT_SPEAK;
	reply = admit_belief(a->settings, n->spf, n->mx);
	return reply == REPLY_NOTED && is_too_poor(a, n) ? REPLY_LOW_QUALITY
							 : reply;
}

/* Taken when it was taken for anybody; the same again counts (WIRE 3). */
static enum reply_name
reply_of_rows(const struct store_notice_put *put)
{
	bool full = false;

	for (unsigned i = 0; i < put->count; i++) {
		if (put->outcomes[i] == STORE_OK ||
		    put->outcomes[i] == STORE_EXISTS)
			return REPLY_NOTED;
		full = full || put->outcomes[i] == STORE_FULL;
	}
	return full ? REPLY_NO_ROOM : REPLY_DELIVERY_LATER;
}

static void
notice_put(struct store_op *op, void *arg)
{
	struct asking *x = arg;
	enum reply_name reply = op->outcome == STORE_OK
				    ? reply_of_rows(&op->notice_put)
				    : REPLY_DELIVERY_LATER;

	store_op_free(&op);
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

/* What all rows of one notice share. */
static struct store_notice
row_of(const struct admit *a, const struct admit_notice *n, int64_t delay,
    int64_t now, struct arena *arena)
{
	const struct admit_speaker speaker = {
	    .address = n->address,
	    .domain = n->domain,
	    .verified = true,
	    .name = n->name,
	};
	char server[DNS_NAME_MAX];
	struct store_notice row = {
	    .id = arena_copy(arena, n->id),
	    .domain = arena_copy(arena, n->domain),
	    .server =
		arena_copy(arena, admit_server(a->settings, &speaker, server)),
	    .address = n->address,
	    .dialect = n->dialect,
	    .state = NOTICE_WANTED, /* policy decides at once (GD-10) */
	    .sender = arena_copy(arena, n->sender),
	    .subject = arena_copy(arena, n->subject),
	    .envelope = arena_copy(arena, n->envelope),
	    .attachments = n->attachments,
	    .has_digest = n->has_digest,
	    .has_size = n->has_size,
	    .size = n->size,
	    .created = now,
	    .next_at = now + delay,
	    .expires_at = now + expiry_of(n),
	};

	memcpy(row.digest, n->digest, STORE_DIGEST);
	return row;
}

/* A recipient who asks is asked; for the others policy accepts. */
static int
name_recipient(const struct admit_notice_recipient *r, struct arena *arena,
    struct store_notice *row)
{
	const struct address_rules rules = {
	    .utf8 = true, .bare_postmaster = true};
	struct address address;
	char folded[ADDRESS_TEXT];

	if (address_parse(r->to, rules, &address) < 0)
		return -E_SYNTAX;
	address_fold(&address, folded);
	row->named = arena_copy(arena, span_of(folded));
	row->to = arena_copy(arena, r->to);
	if (r->mode == MODE_ASK)
		row->state = NOTICE_PENDING;
	else if (row->dialect == ROUTE_ENVELOPE)
		row->verdict = VERDICT_ACCEPT;
	return row->named.p != NULL && row->to.p != NULL ? 0 : -E_NOMEM;
}

static int
fill_notice(const struct admit *a, const struct admit_notice *n, int64_t delay,
    int64_t now, struct store_op *op)
{
	struct store_notice_put *put = &op->notice_put;
	unsigned count = n->count > 0 ? n->count : 1; /* GDEL names nobody */
	struct store_notice *rows =
	    arena_take(&op->arena, count * sizeof *rows);

	if (rows == NULL)
		return -E_NOMEM;
	for (unsigned i = 0; i < count; i++) {
		rows[i] = row_of(a, n, delay, now, &op->arena);
		rows[i].key = key_new(now);
		if (n->count > 0 &&
		    name_recipient(&n->recipients[i], &op->arena, &rows[i]) < 0)
			return -E_SYNTAX;
	}
	if (arena_has_failed(&op->arena))
		return -E_NOMEM;
	put->count = count;
	put->notices = rows;
	put->pending_max = a->settings->pending_per_source;
	put->domain_max = a->settings->pending_per_domain;
	put->user_max = a->settings->pending_per_user;
	put->total_max = a->settings->pending_total;
	return 0;
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
	if (reply != REPLY_NOTED || x == NULL || op == NULL ||
	    fill_notice(a, n, delay, now, op) < 0) {
		free(x);
		store_op_free(&op);
		answered(
		    arg, reply != REPLY_NOTED ? reply : REPLY_DELIVERY_LATER);
		return;
	}
	op->done = notice_put;
	op->arg = x;
	store_submit(a->store, op);
}
