/*
 * Content that comes in, by DATA or by BDAT (intake.h): how much of it, and
 * what follows its end. Private to the server's side.
 */
#ifndef PROTO_SMTP_CONTENT_H
#define PROTO_SMTP_CONTENT_H

#include "proto/server/smtp_server.h"

/* The first octet of a message's content is next. */
void smtp_content_start(struct smtp_server *x);

/* Octets of DATA or of a chunk: how many were taken. */
size_t smtp_content_take(struct smtp_server *x, struct span in);
size_t smtp_content_take_chunk(struct smtp_server *x, struct span in);

/* All content is there: asks END, or says what spoiled it. */
void smtp_content_finish(struct smtp_server *x);

/* Octets that are read at most, wanted or not; below 2^63. */
uint64_t smtp_content_most(const struct smtp_server *x);

#endif
