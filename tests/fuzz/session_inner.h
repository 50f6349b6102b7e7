/* What the files session*.c share. */
#ifndef TESTS_FUZZ_SESSION_INNER_H
#define TESTS_FUZZ_SESSION_INNER_H

#include "session.h"

/* Exchanges the machine: a client that sends, a server that takes. */
void session_turn_to_client(struct session *s);
void session_turn_to_server(struct session *s);
void session_turn_back(struct session *s);

/* One line of what was told: WORD, and what it is about. */
void session_note(struct session *s, const char *word, struct span about);

/* Answers one event. */
void session_serve(struct session *s, const struct smtp_server_event *event);
void session_hear(struct session *s, const struct smtp_client_event *event);

/* The next order of a dialled client, if it is at rest. True: there was one. */
bool session_order(struct session *s);

/* A message of ours is sent, as decisions will have it. */
void session_send(struct session *s, bool use_bdat);

/* As much of its content as there is room for. True: there was some. */
bool session_write(struct session *s);

#endif
