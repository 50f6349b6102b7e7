/*
 * Asking DNS without blocking: libunbound inside a libevent loop, through one
 * forwarder. For the resolver role, which gives files up after start: whatever
 * is read from files is read in lookup_new().
 */
#ifndef DAEMON_LOOKUP_H
#define DAEMON_LOOKUP_H

#include "base/err.h"
#include "trust/dns.h"

#define LOOKUP_SECONDS     20     /* then the answer is DNS_TEMPORARY */
#define LOOKUP_FLYING_MAX  1024   /* questions at the library at once */
#define LOOKUP_WAITING_MAX 100000 /* questions not answered, in all */

struct event_base;
struct lookup;
struct lookup_ask;

/*
 * FORWARDER is "address@port" or "address" (port 53), or "" for those of
 * /etc/resolv.conf. BASE must outlive it. 0; -E_SYSTEM with the cause in ERR;
 * -E_NOMEM.
 */
int lookup_new(struct event_base *base, const char *forwarder,
    struct lookup **lookup_r, struct err *err);

/* Drops what is unanswered. Not from within an answer. */
void lookup_free(struct lookup **l);

/*
 * Asks QUESTION (copied; its name has passed dns_name()). ANSWERED is called
 * exactly once, from the loop and never from within this call; its answer is
 * borrowed for that call, and the ask is gone when it is called. NULL: memory
 * or LOOKUP_WAITING_MAX is used up, ANSWERED will not be called; the caller
 * acts as upon DNS_TEMPORARY.
 */
struct lookup_ask *
lookup_ask(struct lookup *l, const struct dns_question *question,
    void (*answered)(void *arg, const struct dns_answer *answer), void *arg);

#endif
