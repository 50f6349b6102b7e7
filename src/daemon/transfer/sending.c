/* Reading a message out again, for whoever pulls it. */
#include "daemon/transfer/sending.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "message/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_OCTETS 16384

struct sending {
	struct arena arena; /* the texts of the order */
	struct key hold;
	uint64_t ticket;
	struct smtp_client_send order;
	uint64_t capabilities;
	uint8_t announced[DIGEST_SIZE];
	struct digest *digest;
	struct buf head, body;
	int file;    /* -1: the body is in memory */
	uint64_t at; /* octets written so far */
	bool ended;
};

#define ORDER_ARENA (MESSAGE_TEXT_MAX + 1024)

static void
copy_order(struct sending *s, const struct message_pull_answer *a)
{
	struct smtp_client_send *o = &s->order;

	s->hold = a->hold;
	s->ticket = a->ticket;
	s->capabilities = a->capabilities;
	memcpy(s->announced, a->digest.b, sizeof s->announced);
	o->sender = arena_copy(&s->arena, a->sender);
	o->recipient = arena_copy(&s->arena, a->recipient);
	o->size = a->size;
	o->body_8bit = a->body_8bit != 0;
	o->smtputf8 = a->smtputf8 != 0;
	o->ret = (enum params_ret)a->ret;
	o->envid = arena_copy(&s->arena, a->envid);
	o->notify = (unsigned)a->notify;
	o->orcpt = arena_copy(&s->arena, a->orcpt);
	o->use_bdat = (a->capabilities & SMTP_CAN_CHUNKING) != 0;
}

struct sending *
sending_new(struct message *answer, struct buf *body)
{
	const struct message_pull_answer *a = &answer->pull_answer;
	struct sending *s;

	if (a->spooled != 0 && answer->file < 0)
		return NULL;
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return NULL;
	s->file = -1;
	arena_init(&s->arena, ORDER_ARENA);
	buf_init(&s->head, MESSAGE_CONTENT_MAX);
	buf_put(&s->head, a->head);
	copy_order(s, a);
	s->digest = digest_new();
	s->body = *body;
	buf_init(body, body->max);
	if (a->spooled != 0) {
		s->file = answer->file;
		answer->file = -1;
	}
	/* an empty sender would mean something */
	if (s->digest == NULL || buf_bad(&s->head) ||
	    arena_has_failed(&s->arena))
		sending_free(&s);
	return s;
}

void
sending_free(struct sending **sending)
{
	struct sending *s = *sending;

	if (s == NULL)
		return;
	if (s->file >= 0)
		close(s->file);
	digest_free(&s->digest);
	buf_fini(&s->head);
	buf_fini(&s->body);
	arena_fini(&s->arena);
	free(s);
	*sending = NULL;
}

int
sending_order(struct sending *s, struct smtp_client *client)
{
	return smtp_client_send(client, &s->order);
}

struct key
sending_hold(const struct sending *s)
{
	return s->hold;
}

uint64_t
sending_ticket(const struct sending *s)
{
	return s->ticket;
}

bool
sending_is_whole(const struct sending *s)
{
	return s->ended;
}

uint64_t
sending_capabilities(const struct sending *s)
{
	return s->capabilities;
}

/* The next octets, at most MAX; empty at the end, p NULL when they cannot be
   read. Borrowed until the next call. */
static struct span
next_octets(struct sending *s, size_t max)
{
	static char octets[READ_OCTETS];
	uint64_t in_body = s->at - s->head.n;
	ssize_t n;

	if (s->at < s->head.n)
		return span_part(buf_span(&s->head), (size_t)s->at, max);
	if (s->file < 0)
		return in_body < s->body.n
			   ? span_part(buf_span(&s->body), (size_t)in_body, max)
			   : span_of("");
	n = pread(s->file, octets, max < sizeof octets ? max : sizeof octets,
	    (off_t)in_body);
	if (n < 0) {
		log_event("spool-read-failed", "errno=%d", errno);
		return span_make(NULL, 0);
	}
	return span_make(octets, (size_t)n);
}

static int
finish(struct sending *s, struct smtp_client *client)
{
	uint8_t sum[DIGEST_SIZE];

	if (digest_end(s->digest, sum) < 0 ||
	    memcmp(sum, s->announced, sizeof sum) != 0) {
		log_event("content-changed", "octets=%llu",
		    (unsigned long long)s->at);
		return -E_STATE;
	}
	s->ended = true;
	return smtp_client_end(client);
}

int
sending_pump(struct sending *s, struct smtp_client *client)
{
	size_t room;
	int result = 0;

	if (s->ended)
		return 1;
	while (result == 0 && (room = smtp_client_room(client)) > 0 &&
	       s->at < s->order.size) {
		struct span run = next_octets(s, room);

		if (run.n == 0) {
			result = -E_SYSTEM; /* shorter than it was */
			break;
		}
		digest_add(s->digest, run);
		result = smtp_client_write(client, run);
		s->at += run.n;
	}
	if (result == 0 && s->at == s->order.size)
		result = finish(s, client);
	if (result < 0) {
		smtp_client_break(client);
		return result;
	}
	return s->ended;
}

struct smtp_client_setup
sending_setup(const struct settings *settings)
{
	return (struct smtp_client_setup){
	    .hostname = settings->hostname,
	    .greeting_timeout = settings->command_timeout,
	    .command_timeout = settings->command_timeout,
	    .content_timeout = settings->content_timeout,
	    .last_reply_timeout = settings->last_reply_timeout,
	    .rate_min = settings->minimum_rate,
	};
}
