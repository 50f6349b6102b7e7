/*
 * Sender Policy Framework, RFC 7208 whole, as a pure module: it asks for
 * look-ups one at a time and ends with a result. The limits of section 4.6.4
 * hold (10 terms with look-ups, 2 void look-ups, 10 names for mx, 10 for ptr);
 * the names here are the standard's. Papers: General Delivery 4.4 (GD-51 to
 * GD-55), which asks exactly this of a notice.
 */
#ifndef TRUST_SPF_H
#define TRUST_SPF_H

#include "trust/dns.h"

enum spf_result {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR,
};

struct spf_query {
	struct ip client;   /* the connecting address: <ip> */
	struct span sender; /* <sender>: "local@domain"; "postmaster@helo" when
			       the path is empty or has no local part (2.4) */
	struct span domain; /* <domain>: where to begin, A-labels */
	struct span helo;   /* for the macro %{h} */
	/* For %{r} and %{t}. Not used as long as exp is not fetched. */
	struct span receiver; /* our host name */
	int64_t now;
};

struct spf;

/* Copies what it needs. NULL: no memory. */
struct spf *spf_new(const struct spf_query *query);
void spf_free(struct spf **x);

/* 1: *QUESTION_R must be looked up and answered; 0: finished. */
int spf_wants(const struct spf *x, struct dns_question *question_r);

/* The answer to that question. */
void spf_answer(struct spf *x, const struct dns_answer *answer);

/* After spf_wants() said 0. */
enum spf_result spf_result(const struct spf *x);

/* "pass", "softfail", ...: the words of RFC 7208 2.6, for logs and fields. */
const char *spf_result_name(enum spf_result r);

#endif
