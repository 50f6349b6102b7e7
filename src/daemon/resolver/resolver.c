/*
 * The resolver: the only process that asks DNS, and the one that evaluates SPF.
 * The pure modules of trust/ say what must be looked up; here it is looked up,
 * one question after another, until they have a result. It decides nothing:
 * what a result means is judged in receiver/admit.c.
 */
#include "base/log.h"
#include "daemon/resolver/lookup.h"
#include "daemon/role/programs.h"
#include "receiver/admit.h"
#include "store/target.h"
#include "trust/mx.h"
#include "trust/spf.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 20000 /* under way at once; more are told: later */

struct resolver {
	struct role *role;
	struct lookup *lookup;
	unsigned jobs;
};

enum job_kind {
	JOB_SPEAK, /* SPF, then perhaps MX: may this host speak for that domain
		    */
	JOB_NAME,  /* PTR and back: the forward-confirmed name of an address */
	JOB_MX,    /* where mail for a domain goes */
};

struct job {
	struct resolver *resolver;
	enum job_kind kind;
	enum role_kind asker;
	unsigned index;
	uint64_t question;
	struct ip address;
	char domain[DNS_NAME_MAX];
	struct spf *spf;
	struct mx *mx;
	enum spf_result spf_result;
	char name[DNS_NAME_MAX]; /* JOB_NAME: to be confirmed */
};

static void step(struct job *job);

static void
job_free(struct job *job)
{
	job->resolver->jobs--;
	spf_free(&job->spf);
	mx_free(&job->mx);
	free(job);
}

static void
send_back(struct job *job, struct message *m)
{
	peer_send(role_peer(job->resolver->role, job->asker, job->index), m);
	job_free(job);
}

/* ---- results ---- */

static void
speak_done(struct job *job, enum admit_mx mx)
{
	struct message m;

	message_init(&m, MESSAGE_SPEAK_ANSWER);
	m.speak_answer.question = job->question;
	m.speak_answer.spf = job->spf_result;
	m.speak_answer.mx = mx;
	send_back(job, &m);
}

static void
name_done(struct job *job, bool confirmed)
{
	struct message m;

	message_init(&m, MESSAGE_NAME_ANSWER);
	m.name_answer.question = job->question;
	m.name_answer.name = span_of(confirmed ? job->name : "");
	send_back(job, &m);
}

static enum admit_mx
is_mx_host(const struct job *job)
{
	const struct mx_address *addresses;
	unsigned count;

	switch (mx_result(job->mx, &addresses, &count)) {
	case MX_FOUND:
		for (unsigned i = 0; i < count; i++)
			if (ip_equals(addresses[i].ip, job->address))
				return MX_IS_HOST;
		/* one lost answer must not become a permanent no */
		return mx_is_partial(job->mx) ? MX_NOT_KNOWN : MX_IS_NOT_HOST;
	case MX_TEMPORARY:
		return MX_NOT_KNOWN;
	case MX_NULL:
	case MX_NONE:
	case MX_OURSELVES:
		break;
	}
	return MX_IS_NOT_HOST;
}

static void
mx_done(struct job *job)
{
	char targets[STORE_TARGETS_MAX * STORE_TARGET];
	const struct mx_address *addresses;
	struct message m;
	unsigned count, n = 0;

	message_init(&m, MESSAGE_MX_ANSWER);
	m.mx_answer.question = job->question;
	m.mx_answer.outcome = mx_result(job->mx, &addresses, &count);
	if (m.mx_answer.outcome == MX_FOUND)
		for (; n < count && n < STORE_TARGETS_MAX; n++)
			target_write(
			    addresses[n].ip, targets + n * STORE_TARGET);
	m.mx_answer.targets = span_make(targets, n * STORE_TARGET);
	send_back(job, &m);
}

/* ---- one question after another ---- */

static int
start_mx(struct job *job, const char *ourselves)
{
	const struct mx_query query = {
	    .domain = span_of(job->domain),
	    .ourselves = span_of(ourselves),
	    .seed = job->question,
	};

	job->mx = mx_new(&query);
	return job->mx != NULL ? 0 : -E_NOMEM;
}

/* SPF is through: a domain without a record is asked for its MX hosts. */
static void
spf_through(struct job *job)
{
	job->spf_result = spf_result(job->spf);
	if (job->spf_result != SPF_NONE ||
	    !job->resolver->role->settings->spf_mx_fallback)
		speak_done(job, MX_NOT_ASKED);
	else if (start_mx(job, "") < 0)
		speak_done(job, MX_NOT_KNOWN);
	else
		step(job);
}

static void
reverse_name(struct ip ip, char to[DNS_NAME_MAX])
{
	int at = 0;

	if (ip.family == 4) {
		snprintf(to, DNS_NAME_MAX, "%u.%u.%u.%u.in-addr.arpa", ip.b[3],
		    ip.b[2], ip.b[1], ip.b[0]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		at += snprintf(to + at, DNS_NAME_MAX - (size_t)at, "%x.%x.",
		    ip.b[i] & 15u, ip.b[i] >> 4);
	snprintf(to + at, DNS_NAME_MAX - (size_t)at, "ip6.arpa");
}

static void
name_answered(struct job *job, const struct dns_answer *a)
{
	bool confirmed = false;

	if (job->name[0] == '\0') {
		if (a->status == DNS_FOUND &&
		    span_copy(
			a->records[0].name, job->name, sizeof job->name) == 0 &&
		    job->name[0] != '\0')
			step(job);
		else
			name_done(job, false);
		return;
	}
	for (unsigned i = 0; a->status == DNS_FOUND && i < a->count; i++)
		confirmed =
		    confirmed || ip_equals(a->records[i].ip, job->address);
	name_done(job, confirmed);
}

static void
answered(void *arg, const struct dns_answer *answer)
{
	struct job *job = arg;

	if (job->kind == JOB_NAME) {
		name_answered(job, answer);
		return;
	}
	if (job->mx != NULL)
		mx_answer(job->mx, answer);
	else
		spf_answer(job->spf, answer);
	step(job);
}

/* The next question of JOB; 0 when its module is through. */
static int
next_question(struct job *job, struct dns_question *q)
{
	if (job->kind != JOB_NAME)
		return job->mx != NULL ? mx_wants(job->mx, q)
				       : spf_wants(job->spf, q);
	if (job->name[0] == '\0') {
		reverse_name(job->address, q->name);
		q->type = DNS_PTR;
	} else {
		snprintf(q->name, sizeof q->name, "%s", job->name);
		q->type = job->address.family == 6 ? DNS_AAAA : DNS_A;
	}
	return 1;
}

static void
through(struct job *job)
{
	switch (job->kind) {
	case JOB_SPEAK:
		if (job->mx != NULL)
			speak_done(job, is_mx_host(job));
		else
			spf_through(job);
		return;
	case JOB_MX:
		mx_done(job);
		return;
	case JOB_NAME:
		name_done(job, false);
		return;
	}
}

static void
step(struct job *job)
{
	static const struct dns_answer no_answer = {.status = DNS_TEMPORARY};
	struct dns_question q;

	if (next_question(job, &q) == 0)
		through(job);
	else if (lookup_ask(job->resolver->lookup, &q, answered, job) == NULL)
		answered(job, &no_answer);
}

/* ---- what is asked of us ---- */

static struct job *
job_new(struct resolver *r, struct peer *from, enum job_kind kind,
    uint64_t question)
{
	struct job *job = r->jobs < JOBS_MAX ? calloc(1, sizeof *job) : NULL;

	if (job == NULL)
		return NULL;
	job->resolver = r;
	job->kind = kind;
	job->asker = from->kind;
	job->index = from->index;
	job->question = question;
	r->jobs++;
	return job;
}

/* Too much is asked at once: "later", at once. */
static void
put_off(struct resolver *r, struct peer *from, enum job_kind kind,
    uint64_t question)
{
	struct message m;

	log_event("dns-busy", "jobs=%u", r->jobs);
	switch (kind) {
	case JOB_SPEAK:
		message_init(&m, MESSAGE_SPEAK_ANSWER);
		m.speak_answer.question = question;
		m.speak_answer.spf = SPF_TEMPERROR;
		m.speak_answer.mx = MX_NOT_KNOWN;
		break;
	case JOB_NAME:
		message_init(&m, MESSAGE_NAME_ANSWER);
		m.name_answer.question = question;
		break;
	case JOB_MX:
		message_init(&m, MESSAGE_MX_ANSWER);
		m.mx_answer.question = question;
		m.mx_answer.outcome = MX_TEMPORARY;
		break;
	}
	peer_send(from, &m);
}

static void
speak_asked(struct resolver *r, struct peer *from, const struct message *m)
{
	const struct message_speak_ask *ask = &m->speak_ask;
	const struct spf_query query = {
	    .client = ask->address,
	    .sender = ask->sender,
	    .domain = ask->domain,
	    .helo = ask->helo,
	    .receiver = span_of(r->role->settings->hostname),
	    .now = role_now(),
	};
	struct job *job = job_new(r, from, JOB_SPEAK, ask->question);

	if (job == NULL) {
		put_off(r, from, JOB_SPEAK, ask->question);
		return;
	}
	job->address = ask->address;
	job->spf_result = SPF_TEMPERROR;
	job->spf = spf_new(&query);
	if (job->spf == NULL ||
	    span_copy(ask->domain, job->domain, sizeof job->domain) < 0)
		speak_done(job, MX_NOT_KNOWN);
	else
		step(job);
}

static void
name_asked(struct resolver *r, struct peer *from, const struct message *m)
{
	struct job *job = job_new(r, from, JOB_NAME, m->name_ask.question);

	if (job == NULL) {
		put_off(r, from, JOB_NAME, m->name_ask.question);
		return;
	}
	job->address = m->name_ask.address;
	step(job);
}

static void
mx_asked(struct resolver *r, struct peer *from, const struct message *m)
{
	struct job *job = job_new(r, from, JOB_MX, m->mx_ask.question);

	if (job == NULL) {
		put_off(r, from, JOB_MX, m->mx_ask.question);
		return;
	}
	if (span_copy(m->mx_ask.domain, job->domain, sizeof job->domain) < 0 ||
	    start_mx(job, r->role->settings->hostname) < 0) {
		job_free(job);
		put_off(r, from, JOB_MX, m->mx_ask.question);
		return;
	}
	step(job);
}

static void
message(struct role *role, struct peer *from, struct message *m)
{
	struct resolver *r = role->state;

	if (m->type == MESSAGE_SPEAK_ASK)
		speak_asked(r, from, m);
	else if (m->type == MESSAGE_NAME_ASK)
		name_asked(r, from, m);
	else if (m->type == MESSAGE_MX_ASK)
		mx_asked(r, from, m);
}

/* resolv.conf is read here, before the door shuts. */
static int
prepare(struct role *role, struct err *err)
{
	struct resolver *r = calloc(1, sizeof *r);

	if (r == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	r->role = role;
	role->state = r;
	return lookup_new(
	    role->base, role->settings->resolver, &r->lookup, err);
}

const struct role_program resolver_program = {
    .kind = ROLE_RESOLVER,
    .prepare = prepare,
    .message = message,
};
