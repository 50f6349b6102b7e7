/* All commands: the rows of commands.def, and the functions that do them. */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "ctl/ctl.h"

/* Does the command; words[0] is the first behind noun and verb. Exit status. */
typedef int commands_run(struct ctl *ctl, const struct arguments *arguments);

#define COMMAND(noun, verb, run, words, least, most, options, summary, help) \
	commands_run run;
#include "ctl/commands.def"
#undef COMMAND

#endif
