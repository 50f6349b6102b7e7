/* Pieces of command lines that several verbs share. Spans lie in the line. */
#ifndef PROTO_COMMAND_H
#define PROTO_COMMAND_H

#include "base/span.h"

/* A line as verb and argument, both without the spaces around them. */
void
command_split(struct span line, struct span *word_r, struct span *argument_r);

/* The same for a whole line, in which "SIZE=5" is the verb SIZE with "=5". */
void
command_verb(struct span line, struct span *word_r, struct span *argument_r);

/*
 * "FROM:" or "TO:" (KEYWORD, any case), a path, and what follows it. Spaces
 * before the path are let pass, as the papers write them (WIRE 2). 0, or
 * -E_SYNTAX when the keyword is missing or something is glued to the path.
 */
int command_path(struct span argument, const char *keyword, struct span *path_r,
    struct span *params_r);

#endif
