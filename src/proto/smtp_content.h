/*
 * Content that comes in, by DATA or by BDAT: read, counted, looked at, handed
 * on in runs. Private to the server's side.
 */
#ifndef PROTO_SMTP_CONTENT_H
#define PROTO_SMTP_CONTENT_H

#include "proto/smtp_server.h"

/* The first octet of a message's content is next. */
void smtp_content_start(struct smtp_server *x);

/* Octets of DATA or of a chunk: how many were taken. */
size_t smtp_content_take(struct smtp_server *x, struct span in);
size_t smtp_content_take_chunk(struct smtp_server *x, struct span in);

/* All content is there: asks END, or says what spoiled it. */
void smtp_content_finish(struct smtp_server *x);

/*
 * The first reason is the one that is told at the end, unless the content is
 * malformed or else too large: that is told before all others.
 */
void smtp_content_spoil(struct smtp_server *x, enum reply_name reply);

/* Octets that are read at most, wanted or not; below 2^63. */
uint64_t smtp_content_limit(const struct smtp_server *x);

/* The run that the last event lent is not needed any more. */
void smtp_content_drop_given(struct smtp_server *x);

#endif
