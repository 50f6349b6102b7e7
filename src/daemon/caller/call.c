/* A call from the first dialling to its last word, whatever it is for. */
#include "daemon/caller/call.h"

#include "base/crash.h"
#include "base/log.h"
#include "daemon/caller/source.h"
#include "daemon/role/counters.h"
#include "net/tls.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void dial_next(struct call *c);

/* What of the call has not ended is tried again. */
static void
tell_over(
    struct caller *caller, uint64_t call, bool reached, const char *reason)
{
	struct message m;

	message_init(&m, MESSAGE_CALL_OVER);
	m.call_over.call = call;
	m.call_over.reached = reached;
	m.call_over.reason = span_of(reason);
	peer_send(role_peer(caller->role, ROLE_KEEPER, 0), &m);
}

struct call *
call_new(struct caller *caller, const struct message_call *m)
{
	struct call *c = calloc(1, sizeof *c);

	if (c == NULL) {
		tell_over(caller, m->call, false, "out of memory");
		return NULL;
	}
	c->caller = caller;
	c->number = m->call;
	c->pulls = m->pulls != 0;
	arena_init(&c->arena, CALL_ARENA);
	buf_init(&c->push_body, MESSAGE_CONTENT_MAX);
	c->domain = arena_copy(&c->arena, m->domain);
	c->targets = arena_copy(&c->arena, m->targets);
	if (table_put(&caller->calls, c->number, c) < 0) {
		tell_over(caller, m->call, false, "out of memory");
		arena_fini(&c->arena);
		free(c);
		return NULL;
	}
	return c;
}

static struct call_item *
add_item(struct call *c)
{
	if (c->count == CALL_ITEMS_MAX)
		return NULL;
	if (c->count == c->room) {
		unsigned room = c->room == 0 ? 16 : c->room * 2;
		struct call_item *items =
		    realloc(c->items, room * sizeof *items);

		if (items == NULL) {
			c->broken = true;
			return NULL;
		}
		c->items = items;
		c->room = room;
	}
	memset(&c->items[c->count], 0, sizeof *c->items);
	return &c->items[c->count++];
}

void
call_add_text(struct call *c, const struct message_call_envelope *m)
{
	if (c->text_count == c->text_room) {
		unsigned room = c->text_room == 0 ? 16 : c->text_room * 2;
		struct call_text *texts =
		    realloc(c->texts, room * sizeof *texts);

		if (texts == NULL) {
			c->broken = true;
			return;
		}
		c->texts = texts;
		c->text_room = room;
	}
	c->texts[c->text_count].envelope = m->envelope;
	c->texts[c->text_count].text = arena_copy(&c->arena, m->text);
	c->text_count++;
}

void
call_add_notice(struct call *c, const struct message_call_notice *m)
{
	struct call_item *item = add_item(c);

	if (item == NULL)
		return;
	item->key = m->hold;
	item->envelope = m->envelope;
	item->id = arena_copy(&c->arena, m->id);
	item->envid = arena_copy(&c->arena, m->envid);
	item->sender = arena_copy(&c->arena, m->sender);
	item->recipient = arena_copy(&c->arena, m->recipient);
	item->subject = arena_copy(&c->arena, m->subject);
	item->body_8bit = m->body_8bit != 0;
	item->smtputf8 = m->smtputf8 != 0;
	item->push = m->push != 0;
	item->params.has_size = true;
	item->params.size = m->size;
	item->params.has_digest = true;
	memcpy(item->params.digest, m->digest.b, sizeof item->params.digest);
	item->params.has_expires = true;
}

void
call_add_pull(struct call *c, const struct message_call_pull *m)
{
	struct call_item *item = add_item(c);

	if (item == NULL)
		return;
	item->key = m->notice;
	item->id = arena_copy(&c->arena, m->id);
	item->domain = arena_copy(&c->arena, m->domain);
	item->named = arena_copy(&c->arena, m->named);
	item->to = arena_copy(&c->arena, m->to);
	item->sender = arena_copy(&c->arena, m->sender);
	item->server = arena_copy(&c->arena, m->server);
	item->dialect = (enum store_route)m->dialect;
	item->verdict = (enum store_verdict)m->verdict;
	item->confirm = m->confirm != 0;
	item->tell = m->tell != 0;
	item->have = m->have != 0;
	item->params.has_size = m->has_size != 0;
	item->params.size = m->size;
	item->params.has_digest = m->has_digest != 0;
	memcpy(item->params.digest, m->digest.b, sizeof item->params.digest);
}

uint64_t
call_question(struct call *c)
{
	table_take(&c->caller->questions, c->question);
	c->question = table_add(&c->caller->questions, c);
	return c->question;
}

/* ---- the end ---- */

void
call_free(struct call *c)
{
	table_take(&c->caller->calls, c->number);
	table_take(&c->caller->questions, c->question);
	reception_free(&c->reception);
	sending_free(&c->sending);
	buf_fini(&c->push_body);
	dial_free(&c->dial);
	conn_free(&c->conn);
	smtp_client_free(&c->client);
	smtp_server_free(&c->server);
	free(c->items);
	free(c->texts);
	arena_fini(&c->arena);
	free(c);
}

static void
count_octets(struct call *c)
{
	struct message m;

	message_init(&m, MESSAGE_COUNTED);
	m.counted.counter =
	    c->pulls ? COUNTER_OCTETS_PULLS : COUNTER_OCTETS_NOTICES;
	m.counted.amount = conn_received(c->conn) + conn_sent(c->conn);
	peer_send(role_peer(c->caller->role, ROLE_KEEPER, 0), &m);
}

void
call_over(struct call *c, const char *reason)
{
	char ip[IP_TEXT];

	if (c->weaker[0] != '\0')
		reason = c->weaker;
	ip_text(c->address, ip);
	log_event("call-over", "call=%llu address=%s pulls=%d items=%u why=%s",
	    (unsigned long long)(c->number << 1 >> 1), ip, c->pulls, c->count,
	    log_quote(span_of(reason)));
	if (c->conn != NULL)
		count_octets(c);
	call_pull_prove(c, false);
	call_push_over(c);
	tell_over(c->caller, c->number, c->ready, reason);
	call_free(c);
}

void
call_leave(struct call *c, const char *farewell)
{
	if (c->leaving)
		return;
	c->leaving = true;
	c->farewell = farewell;
	if (smtp_client_quit(c->client) < 0)
		call_over(c, farewell);
	else
		conn_kick(c->conn);
}

/* A target with which no session came about: the next one, or the end. */
static void
give_up_target(struct call *c, const char *reason)
{
	if (c->ready || c->pulls ||
	    (c->target + 1) * STORE_TARGET > c->targets.n) {
		call_over(c, c->leaving ? c->farewell : reason);
		return;
	}
	log_event("target-given-up", "why=%s", log_quote(span_of(reason)));
	if (c->conn != NULL)
		count_octets(c);
	conn_free(&c->conn);
	smtp_client_free(&c->client);
	c->leaving = false;
	c->ask = CALL_ASK_NOTHING;
	dial_next(c);
}

/* ---- the session ---- */

void
call_work(struct call *c)
{
	c->ready = true;
	crash_point("caller-", c->pulls ? "ready-to-pull" : "ready-to-tell");
	if (c->pulls)
		call_pull_work(c);
	else if (!call_notice_begin(c))
		call_leave(c, "offers no way of the setting `speak`");
	else
		call_notice_work(c);
}

static void
broken(struct call *c, const struct smtp_client_event *e)
{
	give_up_target(c, e->reply.code != 0 ? e->reply.text : e->reason);
}

/* The call may be gone after this, or the machine not the client's any more. */
static void
client_event(struct call *c, const struct smtp_client_event *e)
{
	switch (e->kind) {
	case SMTP_CLIENT_START_TLS:
		conn_start_tls(c->conn, c->caller->tls, false, NULL);
		return;
	case SMTP_CLIENT_READY:
		c->capabilities = e->capabilities;
		call_peer_ask(c);
		return;
	case SMTP_CLIENT_REPLY:
		if (c->pulls)
			call_pull_reply(c, e);
		else
			call_notice_reply(c, e);
		return;
	case SMTP_CLIENT_RECIPIENT:
		call_notice_recipient(c, e);
		return;
	case SMTP_CLIENT_TURN:
		call_pull_turn(c);
		return;
	case SMTP_CLIENT_BROKEN:
		broken(c, e);
		return;
	case SMTP_CLIENT_CLOSED:
		if (!c->ready) {
			give_up_target(c, c->weaker);
			return;
		}
		call_pull_prove(c, true);
		call_over(c, c->farewell);
		return;
	case SMTP_CLIENT_CONTENT:
	case SMTP_CLIENT_SENT:
		call_push_event(c, e);
		return;
	}
}

static void
progress(void *owner)
{
	struct call *c = owner;
	struct caller *caller = c->caller;
	uint64_t number = c->number;
	struct smtp_client_event e;

	/* each event may end the call, so it is looked up again after each */
	while ((c = table_get(&caller->calls, number)) != NULL &&
	       c->server == NULL && c->client != NULL &&
	       smtp_client_next(c->client, &e) > 0)
		client_event(c, &e);
	if (c != NULL && c->server != NULL)
		call_pull_progress(c);
	else if (c != NULL && c->sending != NULL)
		call_push_progress(c);
}

static void
over(void *owner, enum conn_end end)
{
	static const char *const names[] = {
	    [CONN_FINISHED] = "finished",
	    [CONN_HUNG_UP] = "the other side closed",
	    [CONN_LOST] = "the connection was lost",
	    [CONN_TLS_FAILED] = "TLS failed",
	};
	struct call *c = owner;

	/* after GTML an orderly close is the origin's last word (WIRE 4.7) */
	if (c->turned != NULL && c->turned->dialect == ROUTE_MSID &&
	    end == CONN_HUNG_UP)
		call_pull_prove(c, true);
	give_up_target(c, names[end]);
}

static void
secured(void *owner)
{
	struct call *c = owner;

	smtp_client_secured(c->client);
	conn_kick(c->conn);
}

static int
make_session(struct call *c, int fd)
{
	const struct settings *set = c->caller->role->settings;
	struct smtp_client_setup client = sending_setup(set);
	struct conn_setup conn = {
	    .base = c->caller->role->base,
	    .fd = fd,
	    .owner = c,
	    .progress = progress,
	    .over = over,
	    .secured = secured,
	    .clock = role_now,
	    .handshake_timeout = set->handshake_timeout,
	};

	client.kind = SMTP_CLIENT_DIALLED;
	client.use_starttls = true;
	c->client = smtp_client_new(&client, role_now());
	if (c->client == NULL) {
		close(fd);
		return -E_NOMEM;
	}
	conn.machine = smtp_client_machine(c->client);
	return conn_new(&conn, &c->conn);
}

/* ---- dialling ---- */

static void
dialled(void *owner, int fd, const char *why)
{
	struct call *c = owner;

	if (fd < 0)
		give_up_target(c, why);
	else if (make_session(c, fd) < 0)
		call_over(c, "no memory");
}

static void
dial_next(struct call *c)
{
	const struct settings *s = c->caller->role->settings;
	struct dial_setup setup = {
	    .base = c->caller->role->base,
	    .port = (uint16_t)s->smtp_port,
	    .owner = c,
	    .done = dialled,
	};
	struct err err = {0};

	dial_free(&c->dial);
	if ((c->target + 1) * STORE_TARGET > c->targets.n) {
		call_over(c, "no target answered");
		return;
	}
	c->address = target_read(c->targets.p + c->target * STORE_TARGET);
	c->target++;
	setup.to = c->address;
	setup.from = source_for(s, c->address.family);
	if (dial_new(&setup, &c->dial, &err) < 0)
		give_up_target(c, err.text);
}

void
call_go(struct call *c)
{
	if (c->broken || arena_has_failed(&c->arena))
		call_over(c, "out of memory");
	else
		dial_next(c);
}
