/* The configuration looked through for faults, by `check` and before `serve`.
 */
#ifndef CTL_CONFIGURATION_H
#define CTL_CONFIGURATION_H

#include "ctl/ctl.h"

/*
 * Says each fault of ctl->config on the error stream, with file and line, in
 * the order of the file. CTL_DONE: there is none; else CTL_CONFIGURATION, and
 * with --json the faults are the document.
 */
int configuration_examine(struct ctl *ctl);

#endif
