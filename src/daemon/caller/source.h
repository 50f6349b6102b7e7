/* From which of our addresses we call others, and where we can call ourselves.
 */
#ifndef DAEMON_SOURCE_H
#define DAEMON_SOURCE_H

#include "base/err.h"
#include "base/ip.h"
#include "base/settings.h"

/*
 * The operator's choice (source-addresses), else one on which we listen, since
 * those we leave notices with call that one back (WIRE 8). Family 0: any.
 */
struct ip source_for(const struct settings *settings, unsigned family);

/*
 * Where we can call ourselves as others call us: at the port of smtp-port, an
 * address on which we listen, and which is also the one we call from. Where
 * all are listened on, that is loopback. 0, or -E_NONE with words.
 */
int source_ourselves(
    const struct settings *settings, struct ip *address_r, struct err *err);

#endif
