/*
 * DNS through libunbound. Every ask waits in one ring, oldest first, which
 * also is the order of their deadlines, so one timer serves them all. A
 * question at the library is a flight of its own: the library cannot be made
 * to forget a question in this mode, so an ask that is overdue leaves its
 * flight, which ends alone.
 *
 *	ask:    queued -> flying -> answered or overdue
 *	flight: flying -> landed (with or without an ask)
 *
 * What must hold: every ask is in `waiting`; one that has no flight is in
 * `queued` as well; `flying` counts the ring of flights. Packets are read in
 * dns_packet.c.
 */
#include "daemon/resolver/lookup.h"

#include "base/list.h"
#include "daemon/resolver/dns_packet.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unbound-event.h>
#include <unbound.h>

#define ESCAPED_ROOM (DNS_NAME_MAX * 4)
#define CLASS_IN     1
#define RCODE_OK     0
#define RCODE_NAME   3
#define SEC_BOGUS    1
#define SEC_SECURE   2

struct flight {
	struct list node;
	struct lookup *lookup;
	struct lookup_ask *ask; /* NULL: nobody waits any more */
};

struct lookup_ask {
	struct list waiting;
	struct list queued;
	struct lookup *lookup;
	struct flight *flight;
	void (*answered)(void *arg, const struct dns_answer *answer);
	void *arg;
	int64_t deadline; /* milliseconds */
	enum dns_type type;
	char name[]; /* no longer than it is: 100,000 of these may wait */
};

struct lookup {
	struct event_base *base;
	struct ub_ctx *library;
	struct event *begin;   /* begins flights */
	struct event *overdue; /* for the oldest ask */
	struct list waiting, queued, flights;
	unsigned waiting_count, flying;
};

/* Room for a few thousand domains; far below the role's 40 MiB. */
static const struct {
	const char *name, *value;
} options[] = {
    {"module-config:", "iterator"},
    {"do-not-query-localhost:", "no"},
    {"msg-cache-size:", "4m"},
    {"rrset-cache-size:", "8m"},
    {"key-cache-size:", "1m"},
    {"neg-cache-size:", "1m"},
    {"infra-cache-numhosts:", "1000"},
    /* One forwarder: whatever it did last, it is asked again soon. */
    {"infra-keep-probing:", "yes"},
    {"infra-host-ttl:", "60"},
    {"outgoing-range:", "512"},
    {"num-queries-per-thread:", "2048"},
    /* Reverse names of private networks: the forwarder knows better. */
    {"unblock-lan-zones:", "yes"},
    {"insecure-lan-zones:", "yes"},
    {"use-syslog:", "no"},
};

/* Zones the library would answer itself: a laboratory uses them. */
static const char *const asked_zones[] = {"test.", "127.in-addr.arpa."};

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Takes the ask out of everything and frees it. */
static void
forget(struct lookup_ask *ask)
{
	if (ask->flight != NULL)
		ask->flight->ask = NULL;
	list_remove(&ask->queued);
	list_remove(&ask->waiting);
	ask->lookup->waiting_count--;
	free(ask);
}

static void
answer(struct lookup_ask *ask, const struct dns_answer *what)
{
	void (*answered)(void *, const struct dns_answer *) = ask->answered;
	void *arg = ask->arg;

	forget(ask);
	answered(arg, what);
}

static void
answer_status(struct lookup_ask *ask, enum dns_status status)
{
	const struct dns_answer what = {.status = status};

	answer(ask, &what);
}

static void
answer_packet(struct lookup_ask *ask, struct span text, bool secure)
{
	struct dns_question question = {.type = ask->type};
	struct dns_packet *packet;

	span_copy(span_of(ask->name), question.name, sizeof(question.name));
	packet = dns_packet_new(text, &question, secure);
	if (packet == NULL) {
		answer_status(ask, DNS_TEMPORARY);
		return;
	}
	answer(ask, dns_packet_answer(packet));
	dns_packet_free(&packet);
}

/* The library's answer. It may come from within ub_resolve_event(). */
static void
landed(void *arg, int rcode, void *packet, int length, int security,
    char *why_bogus, int was_ratelimited)
{
	struct flight *flight = arg;
	struct lookup_ask *ask = flight->ask;
	struct lookup *l = flight->lookup;

	(void)why_bogus;
	(void)was_ratelimited;
	list_remove(&flight->node);
	free(flight);
	l->flying--;
	if (!list_empty(&l->queued))
		event_active(l->begin, 0, 0);
	if (ask == NULL)
		return;
	ask->flight = NULL;
	if (security == SEC_BOGUS || (rcode != RCODE_OK && rcode != RCODE_NAME))
		answer_status(ask, DNS_TEMPORARY);
	else if (packet != NULL && length > 0)
		answer_packet(ask, span_make(packet, (size_t)length),
		    security == SEC_SECURE);
	else
		answer_status(
		    ask, rcode == RCODE_NAME ? DNS_NO_NAME : DNS_TEMPORARY);
}

/* NAME with everything but letters, digits, - and _ as \DDD (RFC 1035 5.1). */
static void
escape(const char *name, char text_r[ESCAPED_ROOM])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	char *to = text_r;

	for (; *name != '\0'; name++) {
		unsigned c = (unsigned char)*name;

		if (strchr(plain, *name) != NULL) {
			*to++ = *name;
			continue;
		}
		*to++ = '\\';
		*to++ = (char)('0' + c / 100);
		*to++ = (char)('0' + c / 10 % 10);
		*to++ = (char)('0' + c % 10);
	}
	*to = '\0';
}

static int
wire_type(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return 1;
	case DNS_AAAA:
		return 28;
	case DNS_MX:
		return 15;
	case DNS_TXT:
		return 16;
	case DNS_PTR:
		break;
	}
	return 12;
}

/* Hands a queued ask to the library. */
static void
fly(struct lookup *l, struct lookup_ask *ask)
{
	struct flight *flight = calloc(1, sizeof(*flight));
	char name[ESCAPED_ROOM];
	int type = wire_type(ask->type);

	if (flight == NULL) {
		answer_status(ask, DNS_TEMPORARY);
		return;
	}
	flight->lookup = l;
	flight->ask = ask;
	ask->flight = flight;
	list_append(&l->flights, &flight->node);
	l->flying++;
	escape(ask->name, name);
	/* When it did not fail, flight and ask may be gone already. */
	if (ub_resolve_event(
		l->library, name, type, CLASS_IN, flight, landed, NULL) != 0)
		landed(flight, -1, NULL, 0, 0, NULL, 0);
}

static void
begin(evutil_socket_t fd, short what, void *arg)
{
	struct lookup *l = arg;
	struct list *node;

	(void)fd;
	(void)what;
	while (l->flying < LOOKUP_FLYING_MAX &&
	       (node = list_shift(&l->queued)) != NULL)
		fly(l, LIST_OF(node, struct lookup_ask, queued));
}

static struct lookup_ask *
oldest(struct lookup *l)
{
	if (list_empty(&l->waiting))
		return NULL;
	return LIST_OF(l->waiting.next, struct lookup_ask, waiting);
}

/* Sets the timer for the oldest ask; without one it stays off. */
static void
set_timer(struct lookup *l)
{
	const struct lookup_ask *ask = oldest(l);
	struct timeval wait = {0, 0};
	int64_t left;

	if (ask == NULL)
		return;
	left = ask->deadline - now();
	if (left > 0) {
		wait.tv_sec = (time_t)(left / 1000);
		wait.tv_usec = (suseconds_t)(left % 1000 * 1000);
	}
	evtimer_add(l->overdue, &wait);
}

static void
overdue(evutil_socket_t fd, short what, void *arg)
{
	struct lookup *l = arg;
	struct lookup_ask *ask;

	(void)fd;
	(void)what;
	while ((ask = oldest(l)) != NULL && ask->deadline <= now())
		answer_status(ask, DNS_TEMPORARY);
	set_timer(l);
}

static void
ignore(void *arg, int rcode, void *packet, int length, int security,
    char *why_bogus, int was_ratelimited)
{
	(void)arg;
	(void)rcode;
	(void)packet;
	(void)length;
	(void)security;
	(void)why_bogus;
	(void)was_ratelimited;
}

static int
configure(struct ub_ctx *library, const char *forwarder, struct err *err)
{
	int code = 0;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		code = ub_ctx_set_option(
		    library, options[i].name, options[i].value);
		if (code != 0)
			return err_set(err, -E_SYSTEM, "libunbound: %s %s: %s",
			    options[i].name, options[i].value,
			    ub_strerror(code));
	}
	ub_ctx_debugout(library, NULL);
	if (forwarder[0] != '\0')
		code = ub_ctx_set_fwd(library, forwarder);
	else
		code = ub_ctx_resolvconf(library, NULL);
	if (code != 0)
		return err_set(err, -E_SYSTEM, "DNS forwarder %s: %s",
		    forwarder[0] != '\0' ? forwarder : "of /etc/resolv.conf",
		    ub_strerror(code));
	/* From here on the library takes no more settings. */
	for (size_t i = 0;
	     code == 0 && i < sizeof(asked_zones) / sizeof(asked_zones[0]); i++)
		code = ub_ctx_zone_remove(library, asked_zones[i]);
	if (code != 0)
		return err_set(
		    err, -E_SYSTEM, "libunbound: %s", ub_strerror(code));
	/*
	 * The first question makes the library read and open whatever it
	 * needs. So one is asked now that it answers by itself.
	 */
	code = ub_resolve_event(library, "localhost", wire_type(DNS_A),
	    CLASS_IN, NULL, ignore, NULL);
	if (code != 0)
		return err_set(
		    err, -E_SYSTEM, "libunbound: %s", ub_strerror(code));
	return 0;
}

int
lookup_new(struct event_base *base, const char *forwarder,
    struct lookup **lookup_r, struct err *err)
{
	struct lookup *l = calloc(1, sizeof(*l));
	int code;

	*lookup_r = NULL;
	if (l == NULL)
		return err_set(err, -E_NOMEM, "no memory for the resolver");
	l->base = base;
	list_init(&l->waiting);
	list_init(&l->queued);
	list_init(&l->flights);
	l->begin = event_new(base, -1, 0, begin, l);
	l->overdue = evtimer_new(base, overdue, l);
	l->library = ub_ctx_create_event(base);
	if (l->begin == NULL || l->overdue == NULL || l->library == NULL)
		code = err_set(err, -E_NOMEM, "no memory for the resolver");
	else
		code = configure(l->library, forwarder, err);
	if (code != 0) {
		lookup_free(&l);
		return code;
	}
	*lookup_r = l;
	return 0;
}

void
lookup_free(struct lookup **l)
{
	struct lookup_ask *ask;
	struct list *node;

	if (*l == NULL)
		return;
	while ((ask = oldest(*l)) != NULL)
		forget(ask);
	/* The library lands what is flying, or just drops it. */
	ub_ctx_delete((*l)->library);
	while ((node = list_shift(&(*l)->flights)) != NULL)
		free(LIST_OF(node, struct flight, node));
	if ((*l)->overdue != NULL)
		event_free((*l)->overdue);
	if ((*l)->begin != NULL)
		event_free((*l)->begin);
	free(*l);
	*l = NULL;
}

struct lookup_ask *
lookup_ask(struct lookup *l, const struct dns_question *question,
    void (*answered)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct span name = span_of(question->name);
	struct lookup_ask *ask;

	if (l->waiting_count == LOOKUP_WAITING_MAX)
		return NULL;
	ask = calloc(1, sizeof(*ask) + name.n + 1);
	if (ask == NULL)
		return NULL;
	ask->lookup = l;
	ask->type = question->type;
	span_copy(name, ask->name, name.n + 1);
	ask->answered = answered;
	ask->arg = arg;
	ask->deadline = now() + LOOKUP_SECONDS * 1000;
	list_append(&l->waiting, &ask->waiting);
	list_append(&l->queued, &ask->queued);
	l->waiting_count++;
	event_active(l->begin, 0, 0);
	if (!evtimer_pending(l->overdue, NULL))
		set_timer(l);
	return ask;
}
