/* Private to SPF: terms that look something up. */
#ifndef TRUST_SPF_TERMS_H
#define TRUST_SPF_TERMS_H

#include "trust/spf_state.h"

/*
 * Counts a term that looks something up (4.6.4). False: that was one too many,
 * and the evaluation is finished. %{p} alone counts nothing: it looks up the
 * client's names once, whatever asks for them.
 */
bool spf_terms_count(struct spf *x);

/*
 * Begins the look-up of the term reached, or goes on with it once the client's
 * names are known. Afterwards something is asked, or the term did not match,
 * or it ended its record.
 */
void spf_terms_look_up(struct spf *x);

/* The answer to what was ASKED for a term. */
void spf_terms_take(
    struct spf *x, enum spf_asking asked, const struct dns_answer *answer);

/* Whether the client is in the network of BITS around ADDRESS. */
bool spf_terms_near(const struct spf *x, struct ip address, unsigned bits);

#endif
