/*
 * The clock of one session: who is waited for, and since when. Private to the
 * server's side.
 */
#ifndef PROTO_SMTP_CLOCK_H
#define PROTO_SMTP_CLOCK_H

#include "proto/server/smtp_server.h"

/*
 * It is NOW. Gives the peer's time its beginning, when an order began it
 * without knowing the time (smtp_session_restart_clock).
 */
void smtp_clock_set(struct smtp_server *x, int64_t now);

/* When tick wants to be called: INT64_MAX for never. */
int64_t smtp_clock_deadline(const struct smtp_server *x);

/* Gives up what has taken too long: 421, or drops what nobody takes. */
void smtp_clock_tick(struct smtp_server *x, int64_t now);

/* Are octets of content what comes next? */
bool smtp_clock_runs_in_content(const struct smtp_server *x);

#endif
