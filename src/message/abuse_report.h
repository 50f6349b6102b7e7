/*
 * What the administrator is told of a user whose mail was called spam (SM-11,
 * SM-32): words for people, an RFC 5965 report for programs, and the header of
 * the latest message. A pure builder, modelled on message/dsn.h. All that
 * others said comes out as ASCII on lines of its own, without controls and of
 * bounded length.
 */
#ifndef MESSAGE_ABUSE_REPORT_H
#define MESSAGE_ABUSE_REPORT_H

#include "base/key.h"
#include "message/dsn.h"

#define ABUSE_REPORT_MAX  20  /* messages named in one */
#define ABUSE_REPORT_WORD 200 /* octets of an address or subject */

struct abuse_report_item {
	struct span sender, recipient, subject;
	const char *verdict; /* "spam", "spammer" */
	int64_t at, written; /* complained about, accepted by us */
};

/* All borrowed for the call. */
struct abuse_report {
	struct key key;            /* new and random: Message-ID, boundary */
	struct span host, domain;  /* this server's name; of its postmaster */
	struct span administrator; /* who gets it */
	struct span user;
	bool suspended; /* else slowed */
	uint64_t today; /* complaints of this day */
	int64_t now;
	struct span head; /* of the latest message, or its start; or "" */
	unsigned count;   /* 1 to ABUSE_REPORT_MAX, the latest first */
	const struct abuse_report_item *items;
};

/* Into TEXT_R, which is empty. 0; -E_RANGE no item, or too many, or no
   room for them; -E_NOMEM. */
int abuse_report_make(const struct abuse_report *r, struct dsn_text *text_r);

#endif
