/*
 * Parameters behind MAIL, RCPT, GDEL and ENVELOPE: "KEY=value" words parted by
 * single spaces. Each may come once (RFC 5321 4.1.2), and only those offered.
 */
#ifndef PROTO_PARAMS_H
#define PROTO_PARAMS_H

#include "base/span.h"

#define PARAMS_ENVID_MAX   100 /* xtext octets, RFC 3461 4.4 */
#define PARAMS_ENVID_ROOM  129 /* an id behind ENVELOPE is longer, and a NUL */
#define PARAMS_ORCPT_MAX   500 /* xtext octets, RFC 3461 4.2 */
#define PARAMS_EXPIRES_MIN 3600
#define PARAMS_EXPIRES_MAX (30 * 24 * 3600)

enum params_notify { /* RFC 3461 4.1; 0: not given */
	NOTIFY_NEVER = 1,
	NOTIFY_SUCCESS = 2,
	NOTIFY_FAILURE = 4,
	NOTIFY_DELAY = 8,
};

enum params_ret { RET_ABSENT, RET_FULL, RET_HDRS }; /* RFC 3461 4.3 */

struct params {
	bool has_size;
	uint64_t size;  /* SIZE=, RFC 1870 */
	bool body_8bit; /* BODY=8BITMIME, RFC 6152 */
	bool smtputf8;  /* RFC 6531 */
	bool dmtp;      /* the word DMTP (DM-14) */
	enum params_ret ret;
	char envid[PARAMS_ENVID_ROOM]; /* xtext as given; on ENVELOPE an id */
	unsigned notify;               /* enum params_notify bits */
	char orcpt[PARAMS_ORCPT_MAX + 1]; /* "type;xtext" as given */
	bool has_digest;
	uint8_t digest[32]; /* DIGEST=sha256: */
	bool has_expires;
	int64_t expires; /* seconds from now; cut to PARAMS_EXPIRES_MAX */
	char from[256];  /* FROM= on GDEL: a domain as A-labels */
};

enum params_verb { PARAMS_MAIL, PARAMS_RCPT, PARAMS_GDEL, PARAMS_ENVELOPE };

/* Which of the optional words are understood here; the rest is refused. */
struct params_rules {
	enum params_verb verb;
	bool utf8; /* SMTPUTF8 offered */
	bool dsn;  /* RET ENVID NOTIFY ORCPT offered */
	bool auth; /* AUTH= may ride on MAIL (RFC 4954 5); it is not used */
};

enum params_fault {
	PARAMS_GOOD,
	PARAMS_UNKNOWN,   /* 555 5.5.4: a parameter that is not offered here */
	PARAMS_MALFORMED, /* 501 5.5.4: a value that cannot be, or twice */
	PARAMS_NO_MEMORY,
};

/* Parses S, the text behind the path or identifier, without leading space. */
enum params_fault
params_parse(struct span s, struct params_rules rules, struct params *params_r);

/* Writes " DIGEST=... EXPIRES=... FROM=..." for those set; for our notices. */
struct buf;
void params_print_notice(const struct params *p, struct buf *to);

#endif
