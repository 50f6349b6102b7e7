/*
 * Private to SPF: what the machine holds. The parts that work on it are
 * spf.c (the terms in their order), spf_stack.c (records and results) and
 * spf_terms.c (look-ups of one term).
 *
 * What must hold: the stack has a record for every include under way and one
 * more; while something is asked, the machine is not finished; each frame's
 * term borrows from that frame's text.
 */
#ifndef TRUST_SPF_STATE_H
#define TRUST_SPF_STATE_H

#include "trust/spf_macro.h"
#include "trust/spf_record.h"

#define SPF_TERMS_MAX 10 /* terms that look something up: 4.6.4 */
#define SPF_VOIDS_MAX 2  /* of these, terms that found nothing: 4.6.4 */
#define SPF_NAMES_MAX 10 /* hosts of one mx, names of one client: 4.6.4 */

#define SPF_CLIENT_TEXT 64 /* 32 nibbles with dots between, and a NUL */

/* What the question under way is for. */
enum spf_asking {
	SPF_ASK_NOTHING,
	SPF_ASK_RECORD,
	SPF_ASK_ADDRESSES, /* a */
	SPF_ASK_EXISTS,
	SPF_ASK_HOSTS, /* mx, then ASK_HOST for each */
	SPF_ASK_HOST,
	SPF_ASK_NAMES, /* the client's reverse names, then ASK_NAME for each */
	SPF_ASK_NAME,
};

/* One record under evaluation. */
struct spf_frame {
	char domain[DNS_NAME_MAX];
	char *text;           /* the record, owned */
	struct span rest;     /* terms not yet reached */
	struct span redirect; /* domain-spec, or empty */
	struct spf_term term; /* the one reached */
	bool redirected;      /* came here by redirect */
};

/* A list of names in work: MX hosts, or reverse names to be confirmed. */
struct spf_names {
	char name[SPF_NAMES_MAX][DNS_NAME_MAX];
	unsigned count, next;
};

struct spf {
	struct ip client;
	char client_text[SPF_CLIENT_TEXT];
	char sender[SPF_VALUE_MAX + 1];
	char helo[SPF_VALUE_MAX + 1];
	struct span local, origin; /* in sender */

	struct spf_frame stack[SPF_TERMS_MAX + 1];
	unsigned depth;
	unsigned terms, voids;
	bool void_counted; /* for the term reached */

	struct spf_names hosts;     /* being looked up */
	struct spf_names confirmed; /* of the client: 5.5 */
	bool confirmed_known;
	bool confirmed_void;

	enum spf_asking asking;
	struct dns_question question;
	bool finished;
	enum spf_result result;
};

#endif
