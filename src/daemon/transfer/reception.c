/*
 * Content in, ARRIVAL out. The order matters: the head must be final before the
 * first octet of the body is summed up, and the keeper must have everything of
 * one message, without a gap, on one channel.
 */
#include "daemon/transfer/reception.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/utf8.h"
#include "daemon/transfer/reception_head.h"
#include "message/digest.h"
#include "message/envelope.h"
#include "message/head.h"
#include "message/preview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INLINE_MAX       MESSAGE_CONTENT_MAX /* larger bodies go to the spool */
#define RECIPIENTS_FIRST 4
#define SUBJECT_MAX      200 /* octets kept to show to people */

struct recipient {
	char *text;
	char *orcpt;
	unsigned notify;
	bool visible; /* named in To or Cc */
	bool whole;   /* wanted at once, without notice */
};

struct reception {
	struct role *role;
	uint64_t number;
	enum arrival_way way;
	struct key message;
	struct arena arena; /* the texts of SETUP */
	const struct own_addresses *own;
	struct span sender, with, helo, results;
	struct span notice_id, notice_domain, notice_named;
	bool keep;
	bool check_from, plain;
	struct params params;
	struct ip address;
	int64_t now;

	struct recipient *recipients;
	unsigned count, room;

	struct head head;      /* as it comes */
	struct buf final_head; /* as it will be kept */
	char subject[SUBJECT_MAX];
	size_t subject_n;
	bool head_done;
	struct buf body; /* in memory, or waiting for the spool file */
	uint64_t body_size;
	struct digest *digest;
	struct preview *preview; /* of what may be announced or shown */
	uint8_t sum[32];
	bool summed;
	int spool; /* -1: none yet */
	bool asked, handed_over, failed;
	unsigned told; /* recipients that the keeper has heard of */
};

/*
 * The one that is being handed over, when its recipients are more than the
 * keeper's channel takes at once: the keeper stages one of a process at a time,
 * so the others wait for it.
 */
static const struct reception *on_its_way;

static size_t in_memory; /* octets of bodies in this process */

#define SETUP_ARENA 16384

struct reception *
reception_new(const struct reception_setup *setup)
{
	struct reception *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->role = setup->role;
	r->number = setup->number;
	r->way = setup->way;
	r->message = key_new(setup->now);
	r->check_from = setup->check_from;
	r->plain = setup->plain;
	r->params = *setup->params;
	r->address = setup->address;
	r->now = setup->now;
	r->spool = -1;
	arena_init(&r->arena, SETUP_ARENA);
	r->own = setup->own;
	r->sender = arena_copy(&r->arena, setup->sender);
	r->with = arena_copy(&r->arena, setup->with);
	r->helo = arena_copy(&r->arena, setup->helo);
	r->results = arena_copy(&r->arena, setup->results);
	r->notice_id = arena_copy(&r->arena, setup->notice_id);
	r->notice_domain = arena_copy(&r->arena, setup->notice_domain);
	r->notice_named = arena_copy(&r->arena, setup->notice_named);
	r->keep = setup->keep;
	head_init(&r->head);
	buf_init(&r->final_head, MESSAGE_CONTENT_MAX);
	buf_init(&r->body, 2 * INLINE_MAX);
	r->digest = digest_new();
	r->preview = preview_new();
	/* an empty sender would mean something */
	if (r->digest == NULL || r->preview == NULL ||
	    arena_has_failed(&r->arena))
		reception_free(&r);
	return r;
}

static void
send_unwanted(struct reception *r)
{
	struct message m;

	message_init(&m, MESSAGE_BODY_UNWANTED);
	m.body_unwanted.message = r->message;
	peer_send(role_peer(r->role, ROLE_KEEPER, 0), &m);
}

void
reception_free(struct reception **reception)
{
	struct reception *r = *reception;

	if (r == NULL)
		return;
	if (on_its_way == r)
		on_its_way = NULL;
	if (r->asked && !r->handed_over)
		send_unwanted(r);
	if (r->spool >= 0)
		close(r->spool);
	for (unsigned i = 0; i < r->count; i++) {
		free(r->recipients[i].text);
		free(r->recipients[i].orcpt);
	}
	free(r->recipients);
	in_memory -= r->body.n;
	buf_fini(&r->body);
	buf_fini(&r->final_head);
	head_fini(&r->head);
	digest_free(&r->digest);
	preview_free(&r->preview);
	arena_fini(&r->arena);
	free(r);
	*reception = NULL;
}

int
reception_recipient(struct reception *r, const struct address *recipient,
    const struct params *params, bool whole)
{
	struct recipient *to;

	if (r->count == r->room) {
		unsigned room = r->room == 0 ? RECIPIENTS_FIRST : r->room * 2;

		to = realloc(r->recipients, room * sizeof *to);
		if (to == NULL)
			return -E_NOMEM;
		r->recipients = to;
		r->room = room;
	}
	to = &r->recipients[r->count];
	to->text = strdup(recipient->text);
	to->orcpt = strdup(params->orcpt);
	to->notify = params->notify;
	to->visible = false;
	to->whole = whole;
	if (r->plain && !utf8_is_ascii(span_of(recipient->text)))
		r->params.smtputf8 = true;
	r->count++;
	return to->text != NULL && to->orcpt != NULL ? 0 : -E_NOMEM;
}

static int
fail(struct reception *r, enum reply_name reply, enum reply_name *fault_r)
{
	r->failed = true;
	*fault_r = reply;
	return -E_DENIED;
}

/* ---- the head ---- */

static int
check_from(const struct reception *r, const struct head_facts *facts)
{
	/* where none is said it is added */
	return !r->check_from || (r->plain && facts->from_fields == 0)
		   ? 0
		   : reception_head_check_from(&r->head, facts, r->own);
}

/* The fields that the origin adds, and To and Cc are looked at. */
static int
finish_submitted(struct reception *r, const struct head_facts *facts,
    struct buf *added, enum reply_name *fault_r)
{
	const struct reception_head_added all = {
	    .hostname = r->role->settings->hostname,
	    .from = r->plain ? r->sender : span_of(""),
	    .with = r->with,
	    .message = r->message,
	    .now = r->now,
	};
	int result;

	if (r->head.cut) /* a Bcc might hide beyond the ceiling */
		return fail(r, REPLY_HEAD_TOO_LARGE, fault_r);
	result = check_from(r, facts);
	if (result < 0)
		return fail(r,
		    result == -E_NOMEM ? REPLY_DELIVERY_LATER
				       : REPLY_NOT_YOUR_FROM,
		    fault_r);
	reception_head_add(&all, facts, added);
	for (unsigned i = 0; i < r->count; i++)
		r->recipients[i].visible = reception_head_names(
		    &r->head, span_of(r->recipients[i].text));
	return 0;
}

static int
finish_head(struct reception *r, enum reply_name *fault_r)
{
	bool submitted = r->way == ARRIVAL_SUBMITTED;
	struct head_facts facts;
	struct buf added;
	int result = 0;

	/* what is missing of it must not be held against its author */
	if (buf_bad(&r->head.text))
		return fail(r, REPLY_DELIVERY_LATER, fault_r);
	head_facts(&r->head, &facts);
	if (facts.received > RECEPTION_LOOP)
		return fail(r, REPLY_LOOP, fault_r);
	buf_init(&added, HEAD_ADDED_MAX);
	if (submitted)
		result = finish_submitted(r, &facts, &added, fault_r);
	if (result == 0 &&
	    (buf_bad(&added) || head_edit(&r->head, buf_span(&added), submitted,
				    &r->final_head) < 0))
		result = fail(r, REPLY_DELIVERY_LATER, fault_r);
	buf_fini(&added);
	if (result < 0)
		return result;
	r->subject_n =
	    reception_head_subject(&r->head, r->subject, sizeof r->subject);
	r->head_done = true;
	if (r->plain && !utf8_is_ascii(buf_span(&r->final_head)))
		r->params.smtputf8 = true;
	digest_add(r->digest, buf_span(&r->final_head));
	return 0;
}

/* ---- the body ---- */

static int
write_all(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -E_SYSTEM;
		s = span_skip(s, (size_t)n);
	}
	return 0;
}

/* Writes what waited in memory into the file. */
static int
spill(struct reception *r, enum reply_name *fault_r)
{
	int result = write_all(r->spool, buf_span(&r->body));

	in_memory -= r->body.n;
	buf_release(&r->body);
	if (result < 0) {
		log_event("spool-write-failed", "errno=%d", errno);
		return fail(r, REPLY_NO_ROOM, fault_r);
	}
	return 0;
}

static int
ask_for_spool(struct reception *r, enum reply_name *fault_r)
{
	struct message m;

	message_init(&m, MESSAGE_BODY_ASK);
	m.body_ask.session = r->number;
	m.body_ask.message = r->message;
	if (!peer_ask(role_peer(r->role, ROLE_KEEPER, 0), &m))
		return fail(r, REPLY_DELIVERY_LATER, fault_r);
	r->asked = true;
	return 0;
}

static int
take_body(struct reception *r, struct span run, enum reply_name *fault_r)
{
	digest_add(r->digest, run);
	r->body_size += run.n;
	if (r->spool >= 0) {
		if (write_all(r->spool, run) == 0)
			return 0;
		log_event("spool-full", "errno=%d", errno);
		return fail(r, REPLY_NO_ROOM, fault_r);
	}
	if (buf_put(&r->body, run) < 0)
		return fail(r, REPLY_DELIVERY_LATER, fault_r);
	in_memory += run.n;
	if (!r->asked &&
	    (r->body.n > INLINE_MAX || in_memory > RECEPTION_MEMORY))
		return ask_for_spool(r, fault_r);
	return 0;
}

int
reception_content(
    struct reception *r, struct span run, enum reply_name *fault_r)
{
	size_t used;

	if (r->way != ARRIVAL_PUSHED && !r->failed)
		preview_feed(r->preview, run);
	if (r->plain && !utf8_is_ascii(run))
		r->params.body_8bit = true;
	if (r->failed || r->head_done)
		return r->failed ? 0 : take_body(r, run, fault_r);
	used = head_feed(&r->head, run);
	if (!r->head.complete)
		return 0;
	if (finish_head(r, fault_r) < 0)
		return -E_DENIED;
	return take_body(r, span_skip(run, used), fault_r);
}

void
reception_renumber(struct reception *r, uint64_t number)
{
	r->number = number;
}

bool
reception_waits(const struct reception *r)
{
	return r->asked && r->spool < 0 && !r->failed;
}

int
reception_body(struct reception *r, struct message *m, enum reply_name *fault_r)
{
	if (r->spool >= 0 || m->body_answer.outcome != 0 || m->file < 0)
		return fail(r, REPLY_NO_ROOM, fault_r);
	r->spool = m->file;
	m->file = -1;
	return spill(r, fault_r);
}

/* ---- the end ---- */

static int
finish_sum(struct reception *r, enum reply_name *fault_r)
{
	if (!r->head_done) {
		head_end(&r->head);
		if (finish_head(r, fault_r) < 0)
			return -E_DENIED;
	}
	if (!r->summed && digest_end(r->digest, r->sum) < 0)
		return fail(r, REPLY_DELIVERY_LATER, fault_r);
	r->summed = true;
	return 0;
}

int
reception_digest(struct reception *r, uint8_t digest_r[32])
{
	enum reply_name fault;

	if (finish_sum(r, &fault) < 0)
		return -E_STATE;
	memcpy(digest_r, r->sum, sizeof r->sum);
	return 0;
}

static bool
send_one(struct reception *r, struct message *m)
{
	int result = peer_send(role_peer(r->role, ROLE_KEEPER, 0), m);

	return result == 0 || result == -E_AGAIN;
}

/* 0; -E_AGAIN: more when the channel has room again; -E_CLOSED. */
static int
send_recipients(struct reception *r, const struct peer *keeper)
{
	for (; r->told < r->count; r->told++) {
		const struct recipient *to = &r->recipients[r->told];
		struct message m;

		if (keeper != NULL && peer_is_full(keeper))
			return -E_AGAIN;
		message_init(&m, MESSAGE_ARRIVAL_RECIPIENT);
		m.arrival_recipient.session = r->number;
		m.arrival_recipient.recipient = span_of(to->text);
		m.arrival_recipient.notify = to->notify;
		m.arrival_recipient.orcpt = span_of(to->orcpt);
		m.arrival_recipient.visible = to->visible;
		m.arrival_recipient.whole = to->whole;
		if (!send_one(r, &m))
			return -E_CLOSED;
	}
	return 0;
}

/* What is told of the message before it is there (WIRE 6). */
static bool
send_envelope(struct reception *r)
{
	const struct envelope_source source = {
	    .head = &r->head,
	    .facts = preview_facts(r->preview),
	    .size = r->final_head.n + r->body_size,
	};
	struct message m;
	struct buf text;
	bool sent;

	if (r->way == ARRIVAL_PUSHED)
		return true;
	preview_end(r->preview);
	buf_init(&text, ENVELOPE_TEXT_MAX);
	/* without memory: later, and not with less to say */
	if (source.facts->broken || envelope_print(&source, &text) < 0) {
		buf_fini(&text);
		return false;
	}
	message_init(&m, MESSAGE_ARRIVAL_ENVELOPE);
	m.arrival_envelope.session = r->number;
	m.arrival_envelope.attachments = source.facts->attachments;
	m.arrival_envelope.text = buf_span(&text);
	sent = send_one(r, &m);
	buf_fini(&text);
	return sent;
}

static bool
send_body(struct reception *r)
{
	struct message m;

	if (r->spool >= 0)
		return true;
	message_init(&m, MESSAGE_ARRIVAL_BODY);
	m.arrival_body.session = r->number;
	m.arrival_body.octets = buf_span(&r->body);
	return send_one(r, &m);
}

static bool
send_arrival(struct reception *r)
{
	struct message m;
	struct message_arrival *a = &m.arrival;

	message_init(&m, MESSAGE_ARRIVAL);
	a->session = r->number;
	a->recipients = r->count;
	a->way = r->way;
	a->message = r->message;
	a->user = span_of(r->own != NULL ? r->own->user : "");
	a->sender = r->sender;
	a->with = r->with;
	a->helo = r->helo;
	a->address = r->address;
	a->results = r->results;
	a->subject = span_make(r->subject, r->subject_n);
	a->envid = span_of(r->params.envid);
	a->ret = r->params.ret;
	a->body_8bit = r->params.body_8bit;
	a->smtputf8 = r->params.smtputf8;
	a->notice_id = r->notice_id;
	a->notice_domain = r->notice_domain;
	a->notice_named = r->notice_named;
	a->keep = r->keep;
	a->size = r->final_head.n + r->body_size;
	memcpy(a->digest.b, r->sum, sizeof r->sum);
	a->spooled = r->spool >= 0;
	a->head = buf_span(&r->final_head);
	return send_one(r, &m);
}

int
reception_end(struct reception *r, enum reply_name *fault_r)
{
	struct peer *keeper = role_peer(r->role, ROLE_KEEPER, 0);
	int result;

	if (finish_sum(r, fault_r) < 0)
		return -E_DENIED;
	if ((on_its_way != NULL && on_its_way != r) ||
	    (keeper != NULL && peer_is_full(keeper)))
		return -E_AGAIN;
	result = send_recipients(r, keeper);
	on_its_way = result == -E_AGAIN ? r : NULL;
	if (result == -E_AGAIN)
		return result;
	if (result < 0 || !send_envelope(r) || !send_body(r) ||
	    !send_arrival(r))
		return fail(r, REPLY_DELIVERY_LATER, fault_r);
	r->handed_over = true;
	return 0;
}

bool
reception_is_on_its_way(void)
{
	return on_its_way != NULL;
}
