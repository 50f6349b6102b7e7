/*
 * A message that has come in whole: by submission, by push, or because we
 * pulled it. A record only, with borrowed spans; how long they last is said by
 * whoever passes one.
 */
#ifndef PROTO_ARRIVAL_H
#define PROTO_ARRIVAL_H

#include "base/ip.h"
#include "base/key.h"

enum arrival_way {
	ARRIVAL_SUBMITTED = 1, /* by a user of ours who signed in */
	ARRIVAL_PUSHED,        /* classical SMTP from another server */
	ARRIVAL_PULLED,        /* after a notice, by our own RETR */
	ARRIVAL_ANNOUNCED,     /* not here yet: only a notice of it */
};

struct arrival_recipient {
	struct span recipient; /* as given */
	unsigned notify;       /* enum params_notify bits */
	struct span orcpt;
	bool visible; /* SUBMITTED: named in To or Cc */
	bool whole;   /* SUBMITTED: wants it at once, without notice (SM-34) */
};

struct arrival {
	enum arrival_way way;
	struct key message;
	struct span user;    /* SUBMITTED: whose */
	struct span sender;  /* envelope; "" is the null path */
	struct span with;    /* the `with` clause: "ESMTPSA", "GDEL" */
	struct span helo;    /* the other side's name, as it said */
	struct ip address;   /* of the other side */
	struct span results; /* Authentication-Results value, or "" */
	struct span
	    subject; /* raw, unfolded, cut; for people to recognise it */
	struct span envid;
	unsigned ret;
	bool body_8bit, smtputf8;
	struct span notice_id, notice_domain, notice_named; /* PULLED */
	bool keep;            /* PULLED: its user is still to be asked */
	struct span envelope; /* envelope text of it, or "" */
	unsigned attachments; /* as that says */
	uint64_t size;        /* of head + body */
	uint8_t digest[32];
	bool spooled; /* the body is in the spool, not in `body` */
	struct span head, body;
	unsigned count;
	const struct arrival_recipient *recipients;
};

#endif
