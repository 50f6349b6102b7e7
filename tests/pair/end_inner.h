/* What end.c and end_owner.c share. */
#ifndef TESTS_PAIR_END_INNER_H
#define TESTS_PAIR_END_INNER_H

#include "end.h"

/* The machines: TURNED ones as the last order (or question) will have it. */
void end_start_client(struct end *e, enum smtp_client_kind kind);
void end_start_server(struct end *e, enum smtp_server_kind kind);

/* The hold of this name, for TO unless that is empty; NULL for none. */
struct end_hold *end_find_hold(struct end *e, struct span id, struct span to);

/* Orders SEND of it. */
int end_send_hold(struct end *e, struct end_hold *hold);

/* Answers one event. */
void end_serve(struct end *e, const struct smtp_server_event *event);
void end_hear(struct end *e, const struct smtp_client_event *event);

/* As much content as there is room for now. */
void end_write_content(struct end *e);

#endif
