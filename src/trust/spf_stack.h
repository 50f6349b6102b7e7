/* Private to SPF: the stack of records under evaluation. */
#ifndef TRUST_SPF_STACK_H
#define TRUST_SPF_STACK_H

#include "trust/spf_state.h"

/* The record being read; there is one until the evaluation is finished. */
struct spf_frame *spf_stack_top(struct spf *x);

/* Room for the record of DOMAIN on top. Not beyond SPF_TERMS_MAX includes. */
void spf_stack_push(struct spf *x, const char *domain);
void spf_stack_pop(struct spf *x);

/* Asks for the record on top; a domain that cannot have one ends it (4.3). */
void spf_stack_ask(struct spf *x);

/* Selects the record (4.5), checks all of it (4.6), and stands before it. */
void spf_stack_take(struct spf *x, const struct dns_answer *answer);

/*
 * The record on top ends with RESULT. An include that passes makes its own
 * term match, and that may end the record below likewise; one that does not
 * pass lets the record below go on; an error ends everything (5.2).
 */
void spf_stack_leave(struct spf *x, enum spf_result result);

/* The term reached matches: its record ends with that term's result. */
void spf_stack_matched(struct spf *x);

/* Ends the evaluation. */
void spf_stack_finish(struct spf *x, enum spf_result result);

#endif
