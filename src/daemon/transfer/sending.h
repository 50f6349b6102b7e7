/*
 * The content of one message on its way out: head and inline body in memory, or
 * the body from a spool file, written into a client machine as it has room. The
 * digest is summed up on the way and compared before the last octet, so what
 * the disk has changed is never sent as whole.
 */
#ifndef DAEMON_SENDING_H
#define DAEMON_SENDING_H

#include "base/settings.h"
#include "daemon/channel/message.h"
#include "proto/client/smtp_client.h"

struct sending;

/*
 * From a PULL_ANSWER and the PULL_BODY before it (BODY, taken over when not
 * spooled; emptied). Takes m->file. NULL: no memory, or a file is missing.
 */
struct sending *sending_new(struct message *answer, struct buf *body);
void sending_free(struct sending **s);

/* Gives the order SEND for it. 0 or what smtp_client_send said. */
int sending_order(struct sending *s, struct smtp_client *client);

/*
 * Writes what there is room for; at the end says so. 1: all is written; 0: more
 * when there is room again; negative: cannot go on, the client was broken.
 */
int sending_pump(struct sending *s, struct smtp_client *client);

/* How patient a client of ours is, whoever dialled; the rest is zero. */
struct smtp_client_setup sending_setup(const struct settings *settings);

/* Which hold it is, and the ticket of its lease. */
struct key sending_hold(const struct sending *s);
uint64_t sending_ticket(const struct sending *s);

/* Has all of it been written, with its end? */
bool sending_is_whole(const struct sending *s);

/* What the destination's EHLO listed when it took the notice. */
uint64_t sending_capabilities(const struct sending *s);

#endif
